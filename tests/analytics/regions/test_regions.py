"""Regions against sensors whose parts are known, and loads that lie in one of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import arch_index, frame_stats, pti, region_curves, region_stats, sim, usual_regions
from analytics.regions.presets import FOOT, foot, grid, overlap, thirds
from analytics.regions.whole_cells import drawn
from analytics.sim.foot import PARTS
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData

SEAT = Layout(rows=6, cols=4, unit="kPa", pitch_mm=(10.0, 10.0), kind="seat")


def recording(frames: Any, layout: Layout = SEAT) -> Recording:
    frames = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    return Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)


def test_a_seat_has_six_parts_of_the_same_size() -> None:
    parts = grid(SEAT)
    assert parts.names == (
        "front_left", "front_right", "middle_left", "middle_right", "rear_left", "rear_right",
    )  # fmt: skip
    assert parts.shares.sum(axis=(1, 2)).tolist() == [4.0] * 6
    assert parts.of("front_left")[:2, :2].all()
    assert parts.of("rear_right")[4:, 2:].all()
    with pytest.raises(KeyError):
        parts.of("front")


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**20))
def test_thirds_and_grids_of_any_outline_add_up_to_it(rows: int, cols: int, seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 2, rows * cols)
    mask[seed % mask.size] = 1
    layout = Layout(rows=rows, cols=cols, mask=tuple(mask.tolist()))
    for parts in (thirds(layout), grid(layout)):
        np.testing.assert_allclose(parts.shares.sum(axis=0), layout.valid, atol=1e-12)


def test_a_line_that_a_border_cuts_is_shared_by_overlap() -> None:
    np.testing.assert_allclose(overlap(4, 0, 4, 3), [[1, 1 / 3, 0, 0], [0, 2 / 3, 2 / 3, 0], [0, 0, 1 / 3, 1]])
    np.testing.assert_allclose(overlap(3, 0, 3, 2), [[1, 0.5, 0], [0, 0.5, 1]])
    np.testing.assert_allclose(overlap(1, 0, 1, 3), [[1 / 3]] * 3)


@pytest.mark.parametrize("side", sim.SIDES)
@pytest.mark.parametrize("shape", [(60, 21), (32, 16)])
def test_each_part_of_the_simulated_sole_presses_where_its_region_is(side: Any, shape: tuple[int, int]) -> None:
    rows, cols = shape
    layout = sim.layouts(rows=rows, cols=cols, progression_deg=0.0)[side]
    parts = foot(layout)
    named = {"metatarsal": "mt", "toe": "toes", "hallux": "hallux", "heel": "heel", "midfoot": "midfoot"}
    for part in PARTS:
        kind = named[part.name.split(",")[0].split()[0]]
        expected = kind + part.name.split()[1] if kind == "mt" else kind
        across = part.across if side == "right" else 1 - part.across
        row, col = int((1 - part.along) * rows), int(across * cols)
        assert parts.of(expected)[row, col] == 1, part.name


def test_each_cell_of_a_foot_is_in_one_region() -> None:
    layout = sim.layouts()["left"]
    parts = foot(layout)
    assert parts.names == FOOT
    np.testing.assert_array_equal(parts.shares.sum(axis=0), layout.valid)
    mirrored = foot(sim.layouts()["right"]).shares[:, :, ::-1]
    np.testing.assert_array_equal(parts.shares, mirrored)


def test_a_footprint_on_a_plate_is_divided_by_its_own_length() -> None:
    plate = Layout(rows=40, cols=30, unit="kPa", pitch_mm=(5, 5), kind="plate")
    print_ = np.zeros((40, 30), bool)
    print_[10:30, 8:16] = True
    rows, cols = np.nonzero(foot(plate, print_, "right").of("heel"))
    assert (rows.min(), rows.max()) == (25, 29)
    assert (cols.min(), cols.max()) == (8, 15)
    hallux = foot(plate, print_, "right").of("hallux")
    assert np.flatnonzero(hallux.any(axis=0)).tolist() == [8, 9, 10]
    assert np.flatnonzero(foot(plate, print_, "left").of("hallux").any(axis=0)).tolist() == [13, 14, 15]


def test_a_drawn_region_takes_the_cells_whose_centres_it_holds() -> None:
    parts = drawn(
        SEAT,
        {
            "corner": [(0, 0), (20, 0), (20, 20), (0, 20)],
            "triangle": [(0, 0), (40, 0), (0, 40)],
            "outside": [(100, 100), (120, 100), (110, 120)],
        },
    )
    assert np.argwhere(parts.of("corner")).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert parts.of("triangle").sum() == 6 + 0
    assert parts.of("outside").sum() == 0
    hollow = drawn(SEAT, {"l": [(0, 0), (40, 0), (40, 10), (10, 10), (10, 60), (0, 60)]}).of("l")
    assert hollow.sum() == 4 + 5
    assert drawn(SEAT, {}).shares.shape == (0, 6, 4)


@pytest.mark.parametrize("points", [[(0, 0), (1, 1)], [(0, 0, 0)] * 3, [(0, 0), (1, np.nan), (1, 1)]])
def test_a_polygon_that_is_none_is_refused(points: Any) -> None:
    with pytest.raises(InvalidData, match="polygon knee: expected three points"):
        drawn(SEAT, {"knee": points})


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(InvalidData, match="expected left or right"):
        foot(SEAT)
    with pytest.raises(InvalidData, match="expected a cell or more"):
        thirds(SEAT, np.zeros((6, 4), bool))
    with pytest.raises(InvalidData, match=r"expected \(6, 4\) bool"):
        grid(SEAT, np.ones((4, 6), bool))


def test_the_usual_regions_go_by_what_the_sensor_is() -> None:
    zero = np.zeros((1, 6, 4))
    assert len(usual_regions(recording(zero))) == 6
    assert len(usual_regions(recording(zero, replace(SEAT, kind="mat")))) == 3
    assert usual_regions(recording(zero, replace(SEAT, kind="insole", side="left"))).names == FOOT
    plate = replace(SEAT, kind="plate")
    assert usual_regions(recording(zero, plate)).shares.sum() == 24
    part = zero.copy()
    part[0, 1:4, 1] = 15.0
    assert usual_regions(recording(part, plate)).shares.sum() == 3
    assert usual_regions(recording(part, replace(plate, contact_kpa=20.0))).shares.sum() == 24


def test_curves_of_regions_add_up_to_the_whole_sensors() -> None:
    left = sim.walk(3.0, seed=2)["left"]
    curves, whole = region_curves(left), frame_stats(left)
    force = sum(table["total_force_n"] for table in curves.values())
    area = sum(table["contact_area_cm2"] for table in curves.values())
    np.testing.assert_allclose(force, whole["total_force_n"], rtol=1e-12)
    np.testing.assert_allclose(area, whole["contact_area_cm2"], rtol=1e-12)
    peak = np.max([table["peak_kpa"] for table in curves.values()], axis=0)
    np.testing.assert_array_equal(peak, whole["peak_kpa"])
    assert curves["heel"].attrs["region"] == "heel"
    assert set(curves["heel"].attrs["units"]) == set(curves["heel"].columns)


def test_a_region_of_every_cell_is_the_recording() -> None:
    left = sim.walk(3.0, seed=2)["left"]
    layout = left.layout
    box = [(-1, -1), (1000, -1), (1000, 1000), (-1, 1000)]
    everything = drawn(layout, {"all": box})
    stats, row = frame_stats(left), region_stats(left, everything).loc["all"]
    assert row["max_total_force_n"] == pytest.approx(stats["total_force_n"].max())
    assert row["max_peak_kpa"] == stats["peak_kpa"].max()
    assert row["mean_mean_loaded_kpa"] == pytest.approx(stats["mean_loaded_kpa"].mean())
    assert row["impulse_ns"] == pytest.approx(pti(left)["impulse_ns"].iloc[0])
    assert row["pti_peak_curve_kpa_s"] == pytest.approx(pti(left)["pti_peak_curve_kpa_s"].iloc[0])
    assert row["contact_time_s"] == pytest.approx((stats["contact_area_cm2"].iloc[:-1] > 0).sum() / 100)


def test_a_load_on_one_quarter_is_measured_there_and_nowhere_else() -> None:
    frames = np.zeros((101, 6, 4))
    frames[:51, :2, 2:] = 40.0
    table = region_stats(recording(frames))
    assert table.loc["front_right"].tolist() == pytest.approx([16.0, 40.0, 40.0, 4.0, 16 * 0.505, 40 * 0.51, 0.51])
    others = table.drop("front_right")
    assert (others.drop(columns="mean_mean_loaded_kpa") == 0).all(axis=None)
    assert others["mean_mean_loaded_kpa"].isna().all()
    assert table.attrs["regions"] == "2 × 3"
    assert set(table.attrs["units"]) == set(table.columns)


def test_the_threshold_decides_what_is_loaded() -> None:
    frames = np.full((3, 6, 4), 5.0)
    frames[:, 0, 0] = 50.0
    table = region_stats(recording(frames), loaded_above=10.0)
    assert table["max_contact_area_cm2"].tolist() == [1.0, 0, 0, 0, 0, 0]
    assert table["mean_mean_loaded_kpa"].iloc[0] == 50.0


def test_missing_cells_and_missing_frames_are_left_out_of_regions() -> None:
    frames = np.full((4, 6, 4), 10.0)
    frames[1] = np.nan
    frames[:, 0, 0] = np.nan
    table = region_stats(recording(frames))
    assert table.loc["front_left", "max_total_force_n"] == pytest.approx(3.0)
    assert table.loc["rear_left", "impulse_ns"] == pytest.approx(4 * 0.03)
    nothing = region_stats(recording(np.full((4, 6, 4), np.nan)))
    assert nothing.isna().all(axis=None)
    assert region_stats(recording(np.zeros((0, 6, 4)))).isna().all(axis=None)
    assert region_stats(recording(np.zeros((1, 6, 4))))["impulse_ns"].isna().all()


def test_raw_streams_have_regions_in_counts() -> None:
    raw = recording(np.full((11, 2, 3), 7.0), Layout(rows=2, cols=3))
    table = region_stats(raw)
    assert list(table.columns) == [
        "max_raw_sum", "max_raw_peak", "mean_mean_loaded_raw", "max_contact_area_cell", "impulse_raw_s",
        "pti_peak_curve_raw_s", "contact_time_s",
    ]  # fmt: skip
    np.testing.assert_allclose(table["max_raw_sum"], 14.0)
    with pytest.raises(InvalidData, match="expected cells of 2 x 3"):
        region_stats(raw, grid(SEAT))


def test_the_arch_index_of_a_drawn_print_is_its_middles_share() -> None:
    plate = Layout(rows=60, cols=30, unit="kPa", pitch_mm=(5, 5), kind="plate")
    frame = np.zeros((60, 30))
    frame[5:55, 8:18] = 100.0  # 50 rows without a valley: toes are the front 12
    whole = arch_index(recording(frame, plate)).iloc[0]
    third = 10 * 38 / 3 * 0.25
    assert whole.iloc[1:].tolist() == pytest.approx([third, third, third])
    assert whole["arch_index"] == pytest.approx(third / whole.iloc[1:].sum())
    high = frame.copy()
    high[30:42, 8:18] = 0.0
    found = arch_index(recording(high, plate)).iloc[0]
    middle = 10 * (38 / 3 - 12) * 0.25
    assert found["middle_cm2"] == pytest.approx(middle)
    assert found["arch_index"] == pytest.approx(middle / (middle + third + whole["front_cm2"]))
    assert arch_index(recording(np.zeros((60, 30)), plate)).isna().all(axis=None)
    assert arch_index(recording(frame, plate), side="left").equals(arch_index(recording(frame, plate), side="right"))


@pytest.mark.parametrize("kind", ["insole", "mat", "seat", "saddle"])
def test_only_a_barefoot_plate_has_an_arch_index(kind: Any) -> None:
    with pytest.raises(InvalidData, match="expected a plate"):
        arch_index(recording(np.ones((1, 6, 4)), replace(SEAT, kind=kind, side="left")))


def test_a_vendors_insole_is_loaded_in_the_order_of_a_step(vendor: Callable[[str], Path]) -> None:
    right = read_file(vendor("tekscan-fscan/FrasP01R.asf"))[0]
    right = replace(right, layout=replace(right.layout, side="right"))
    curves = region_curves(right.part(44, 72))
    at = {name: int(table["total_force_n"].to_numpy().argmax()) for name, table in curves.items()}
    assert at["heel"] < at["midfoot"] < min(at[f"mt{i}"] for i in range(1, 6)) < at["toes"]
    total = pd.concat([table["total_force_n"] for table in curves.values()], axis=1).sum(axis=1)
    np.testing.assert_allclose(total, frame_stats(right)["total_force_n"].iloc[44:72], rtol=1e-9)


def test_contact_of_regions_and_prints_is_above_the_layouts_threshold_unless_another_is_asked_for() -> None:
    frames = np.full((50, 6, 4), 5.0)
    frames[:, :, :2] = 15.0
    for kind, contact_kpa, cells in (("plate", None, 12), ("plate", 0.0, 24), ("mat", None, 24), ("mat", 9.0, 12)):
        pressed = recording(frames, replace(SEAT, kind=kind, contact_kpa=contact_kpa))
        table = region_stats(pressed, thirds(pressed.layout))
        assert table["max_contact_area_cm2"].sum() == cells * pressed.layout.area_cm2.flat[0]
        assert table["mean_mean_loaded_kpa"].tolist() == [15.0 if cells == 12 else 10.0] * 3
        assert table.attrs["loaded_above"] == pressed.layout.loaded_above
        assert region_stats(pressed, thirds(pressed.layout), loaded_above=0.0)["max_contact_area_cm2"].sum() == (
            24 * pressed.layout.area_cm2.flat[0]
        )
        assert pti(pressed)["ever_loaded_cm2"].iloc[0] == table["max_contact_area_cm2"].sum()
    light = recording(np.full((50, 6, 4), 5.0), replace(SEAT, kind="plate"))
    assert region_stats(light, thirds(light.layout))["contact_time_s"].tolist() == [0.0] * 3
    assert np.isnan(arch_index(light)["arch_index"].iloc[0])
    assert arch_index(light, loaded_above=1.0).attrs["loaded_above"] == 1.0
