"""Maps and the three pressure-time integrals, against plates and steps that are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import frame_stats, mean_map, peak_map, pti, pti_map, pti_map_max, pti_mean, pti_peak_curve, sim, stances
from analytics.maps.maps import in_stances
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData

PLATE = Layout(rows=2, cols=3, unit="kPa", pitch_mm=(10.0, 20.0))


def recording(frames: Any, layout: Layout = PLATE, seconds: Any = None) -> Recording:
    frames = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    seconds = np.arange(len(frames)) / 100 if seconds is None else np.asarray(seconds)
    return Recording(frames=frames, times_us=np.rint(seconds * 1e6).astype(np.int64), layout=layout)


def noisy(n: int, layout: Layout, seed: int = 0, missing: float = 0.0) -> Recording:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 200, (n, layout.rows, layout.cols)).astype(float)
    cells[rng.random(cells.shape) < missing] = np.nan
    return recording(cells, layout)


def test_a_plate_under_even_pressure_has_even_maps() -> None:
    plate = recording(np.full((101, 2, 3), 50.0))
    np.testing.assert_array_equal(peak_map(plate), np.full((2, 3), 50.0))
    np.testing.assert_array_equal(mean_map(plate), np.full((2, 3), 50.0))
    np.testing.assert_allclose(pti_map(plate), np.full((2, 3), 50.0), rtol=1e-12)
    assert [each(plate).attrs["unit"] for each in (peak_map, mean_map, pti_map)] == ["kPa", "kPa", "kPa·s"]


def test_a_map_has_the_places_of_its_cells() -> None:
    found = peak_map(recording(np.zeros((1, 2, 3)), replace(PLATE, y_axis="up")))
    assert found.index.name == "y_mm"
    assert found.index.tolist() == [30.0, 10.0]
    assert found.columns.tolist() == [5.0, 15.0, 25.0]
    bare = peak_map(recording(np.zeros((1, 2, 2)), Layout(rows=2, cols=2)))
    assert (bare.columns.name, bare.attrs["unit"]) == ("x_cell", "counts")


@pytest.mark.parametrize("unit", ["mmHg", "N/cm2"])
def test_maps_are_in_kpa_whatever_the_unit(unit: str) -> None:
    kpa = {"mmHg": 0.133322387, "N/cm2": 10.0}[unit]
    other = recording(np.full((3, 2, 3), 30.0), replace(PLATE, unit=unit))
    np.testing.assert_allclose(peak_map(other), np.full((2, 3), 30 * kpa))


def test_maps_are_what_plain_numpy_computes_cell_by_cell_and_know_no_seams() -> None:
    layout = Layout(rows=40, cols=40, unit="kPa", pitch_mm=(5, 5))
    whole = noisy(150, layout, missing=0.05)
    np.testing.assert_allclose(peak_map(whole), np.nanmax(whole.frames, axis=0))
    np.testing.assert_allclose(mean_map(whole, np.ones(150, bool)), np.nanmean(whole.frames, axis=0), rtol=1e-12)
    steps = (whole.frames[1:] + whole.frames[:-1]) / 2 * 0.01
    np.testing.assert_allclose(pti_map(whole), np.nansum(steps, axis=0), rtol=1e-12)


def test_cells_that_do_not_exist_are_missing_and_cells_never_seen_too() -> None:
    layout = replace(PLATE, mask=(0, 1, 1, 1, 1, 1))
    frames = np.full((4, 2, 3), 10.0)
    frames[:, 1, 1] = np.nan
    for found in (peak_map(recording(frames, layout)), mean_map(recording(frames, layout), np.ones(4, bool))):
        assert np.isnan(found.to_numpy()).tolist() == [[True, False, False], [False, True, False]]
    assert np.isnan(pti_map(recording(frames, layout)).to_numpy()).sum() == 2


def test_a_step_beside_a_missing_value_is_left_out_of_that_cell_only() -> None:
    frames = np.full((4, 2, 3), 10.0)
    frames[1, 0, 0] = np.nan
    found = pti_map(recording(frames, seconds=np.arange(4) / 10)).to_numpy()
    assert found[0, 0] == pytest.approx(1.0)
    assert found[0, 1] == pytest.approx(3.0)


def test_integrals_go_by_real_times_and_stop_at_gaps() -> None:
    frames = np.arange(5.0).reshape(5, 1, 1) * np.ones((1, 2, 3))
    seconds = [0.0, 0.1, 0.4, 3.0, 3.2]
    expected = 0.5 * 0.1 + 1.5 * 0.3 + 3.5 * 0.2
    uneven = recording(frames, seconds=seconds)
    np.testing.assert_allclose(pti_map(uneven), np.full((2, 3), expected))
    # Frame by frame: each stands for the time until the next, the last and the one before the gap for the median step.
    sums = 0.0 * 0.1 + 1.0 * 0.3 + 2.0 * 0.2 + 3.0 * 0.2 + 4.0 * 0.2
    assert pti_peak_curve(uneven) == pytest.approx(sums)
    np.testing.assert_allclose(pti_map(uneven, rule="frames"), np.full((2, 3), sums))
    with pytest.raises(InvalidData, match="expected trapezoid or frames"):
        pti_map(uneven, rule="simpson")  # type: ignore[arg-type]
    np.testing.assert_allclose(pti_map(uneven, gap_s=5.0), np.full((2, 3), expected + 2.5 * 2.6))


def test_an_empty_or_single_frame_has_no_integral() -> None:
    for n in (0, 1):
        short = recording(np.full((n, 2, 3), 5.0))
        assert np.isnan(pti_map(short).to_numpy()).all()
        assert np.isnan(pti_map_max(short))
        assert np.isnan(pti_peak_curve(short))
        assert np.isnan(pti_mean(short))
    assert np.isnan(peak_map(recording(np.zeros((0, 2, 3)))).to_numpy()).all()
    assert np.isnan(mean_map(recording(np.zeros((0, 2, 3)))).to_numpy()).all()
    missing = recording(np.full((4, 2, 3), np.nan))
    assert np.isnan(pti(missing).iloc[0, :4]).all()


def test_the_mean_is_over_the_frames_in_contact() -> None:
    frames = np.zeros((100, 2, 3))
    frames[20:60] = 100.0
    frames[60:70] = 1.0  # 1.2 N: nobody stands there
    plate = recording(frames)
    assert mean_map(plate).iloc[0, 0] == 100.0
    assert mean_map(plate).attrs["n"] == 40
    chosen = stances(frame_stats(plate), on=1.0, off=1.0)
    assert mean_map(plate, chosen).iloc[0, 0] == pytest.approx((40 * 100 + 10) / 50)
    assert np.isnan(mean_map(plate, np.zeros(100, bool)).to_numpy()).all()
    with pytest.raises(InvalidData, match=r"expected \(100,\) bool"):
        mean_map(plate, np.ones(99, bool))
    with pytest.raises(InvalidData, match="stances of 50 rows"):
        in_stances(chosen, 50)


def test_three_integrals_of_a_load_that_moves_on_are_three_numbers() -> None:
    # One cell after another carries 100 kPa for a second.
    frames = np.zeros((301, 1, 3))
    for cell in range(3):
        frames[100 * cell : 100 * (cell + 1), 0, cell] = 100.0
    layout = Layout(rows=1, cols=3, unit="kPa", pitch_mm=(10.0, 10.0))
    table = pti(recording(frames, layout)).iloc[0]
    assert table["pti_map_max_kpa_s"] == pytest.approx(100.0, rel=0.01)
    assert table["pti_peak_curve_kpa_s"] == pytest.approx(300.0, rel=0.01)
    assert table["pti_mean_kpa_s"] == pytest.approx(100.0, rel=0.01)
    assert table["ever_loaded_cm2"] == pytest.approx(3.0)
    assert table["impulse_ns"] == pytest.approx(30.0, rel=0.01)
    whole = recording(frames, layout)
    assert (pti_map_max(whole), pti_peak_curve(whole), pti_mean(whole)) == pytest.approx(tuple(table.iloc[:3]))


def test_a_raw_stream_has_counts_and_no_mean_over_an_area() -> None:
    raw = recording(np.full((11, 2, 3), 7.0), Layout(rows=2, cols=3))
    table = pti(raw)
    assert table.columns.tolist()[:4] == [
        "pti_map_max_raw_s",
        "pti_peak_curve_raw_s",
        "pti_mean_raw_s",
        "impulse_raw_s",
    ]
    assert table["pti_map_max_raw_s"].iloc[0] == pytest.approx(0.77)
    assert table[["pti_mean_raw_s", "ever_loaded_cm2"]].isna().all(axis=None)
    with pytest.raises(InvalidData, match="expected pressures and cell areas"):
        pti_mean(raw)


def test_turning_and_mirroring_the_cells_turns_and_mirrors_the_map() -> None:
    whole = noisy(30, PLATE, seed=1)
    turned = Recording(frames=whole.frames[:, ::-1, ::-1], times_us=whole.times_us, layout=PLATE)
    for each in (peak_map, pti_map):
        np.testing.assert_allclose(each(turned).to_numpy(), each(whole).to_numpy()[::-1, ::-1], rtol=1e-12)
    assert pti_map_max(turned) == pytest.approx(pti_map_max(whole))


def test_finer_cells_keep_the_impulse_and_the_mean_integral() -> None:
    path = np.column_stack([np.linspace(120, 180, 101), np.linspace(110, 190, 101)])
    coarse, fine = (
        sim.gaussian(path, Layout(rows=int(300 / p), cols=int(300 / p), unit="kPa", pitch_mm=(p, p)), sd_mm=15.0)
        for p in (10.0, 5.0)
    )
    one, other = pti(coarse).iloc[0], pti(fine).iloc[0]
    assert one["impulse_ns"] == pytest.approx(500.0, rel=1e-6)
    assert other["impulse_ns"] == pytest.approx(500.0, rel=1e-6)
    assert one["pti_map_max_kpa_s"] == pytest.approx(other["pti_map_max_kpa_s"], rel=0.01)


def test_attributes_of_a_map_travel_with_it(tmp_path: Path) -> None:
    assert pti_map(noisy(5, PLATE), gap_s=0.2).attrs == {
        "metric": "pti_map",
        "unit": "kPa·s",
        "gap_s": 0.2,
        "rule": "trapezoid",
    }


def test_a_vendors_pair_of_insoles_has_its_maps(vendor: Callable[[str], Path]) -> None:
    left = read_file(vendor("tekscan-fscan/FrasP01L.asf"))[0]
    assert np.nanmax(peak_map(left)) == pd.Series(frame_stats(left)["peak_kpa"]).max()
    assert np.isnan(peak_map(left).to_numpy()).sum() == 60 * 21 - 955
    area = 0.258064
    impulse = np.nansum(pti_map(left)) * area * 0.1
    assert impulse == pytest.approx(pti(left)["impulse_ns"].iloc[0], rel=1e-9)
