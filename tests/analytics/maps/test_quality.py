"""Cells that are dead, stuck or saturated are found, and repaired beside the raw values."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics import bad_cells, frame_stats, repair, sim, tare
from barograph import Layout, Recording
from barograph.errors import InvalidData

PLATE = Layout(rows=8, cols=8, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")


def recording(frames: Any, layout: Layout = PLATE) -> Recording:
    frames = np.asarray(frames, layout.numpy_dtype)
    return Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)


def breathing(n: int = 300) -> np.ndarray:
    load = 50.0 + 20.0 * np.sin(np.arange(n) / 20)
    return load[:, None, None] * np.linspace(0.5, 1.5, 64).reshape(8, 8)


def test_a_sound_sensor_has_no_bad_cells() -> None:
    assert bad_cells(recording(breathing())).empty
    for recording_ in sim.walk(10.0).values():
        assert bad_cells(recording_).empty


def test_a_cell_that_never_answers_among_loaded_ones_is_dead() -> None:
    frames = breathing()
    frames[:, 3, 4], frames[:, 6, 2] = 0.0, np.nan
    found = bad_cells(recording(frames))
    assert found[["row", "col"]].to_numpy().tolist() == [[3, 4], [6, 2]]
    assert found["dead"].all()
    assert not found["stuck"].any()


def test_a_quiet_cell_is_dead_only_after_a_second_of_loaded_neighbours() -> None:
    frames = breathing(300)
    frames[:, 3, 4] = 0.0
    frames[99:] = 0.0
    assert bad_cells(recording(frames)).empty
    assert len(bad_cells(recording(frames), dead_s=0.9)) == 1


def test_the_edge_of_a_contact_is_not_dead() -> None:
    frames = breathing()
    frames[:, :, 5:] = 0.0
    assert bad_cells(recording(frames)).empty


def test_a_cell_that_holds_one_value_while_the_load_varies_is_stuck() -> None:
    frames = breathing()
    frames[:, 2, 2] = 77.0
    found = bad_cells(recording(frames))
    assert found[["row", "col", "stuck", "dead"]].to_numpy().tolist() == [[2, 2, True, False]]
    assert bad_cells(recording(np.full((100, 8, 8), 50.0))).empty


def test_saturation_is_the_largest_count_or_what_is_said() -> None:
    counts = np.full((4, 8, 8), 100, np.uint8)
    counts[1:, 0, 7] = 255
    found = bad_cells(recording(counts, replace(PLATE, dtype="uint8", scale=0.5)))
    assert found[["row", "col", "saturated"]].to_numpy().tolist() == [[0, 7, 0.75]]
    assert found.attrs["saturation"] == 127.5
    assert bad_cells(recording(breathing())).attrs["saturation"] is None
    assert (bad_cells(recording(breathing(3)), saturation=0.0)["saturated"] == 1).sum() == 64


def test_cells_that_do_not_exist_are_not_bad_and_nothing_is_known_of_no_frames() -> None:
    layout = replace(PLATE, mask=(0,) + (1,) * 63)
    frames = breathing()
    frames[:, 0, 0] = np.nan
    assert bad_cells(recording(frames, layout)).empty
    assert bad_cells(recording(np.zeros((0, 8, 8)))).empty


def test_a_repaired_cell_is_the_mean_of_its_neighbours_and_the_raw_one_stays() -> None:
    frames = breathing()
    frames[:, 3, 4] = 0.0
    raw = recording(frames)
    fixed = repair(raw, bad_cells(raw))
    around = frames[:, 2:5, 3:6].sum(axis=(1, 2)) / 8
    np.testing.assert_allclose(fixed.frames[:, 3, 4], around)
    np.testing.assert_array_equal(
        np.delete(fixed.frames.reshape(300, -1), 28, 1), np.delete(frames.reshape(300, -1), 28, 1)
    )
    assert fixed.provenance["repaired"] == [[3, 4]]
    assert (raw.frames[:, 3, 4] == 0).all()


def test_bad_neighbours_do_not_help_and_a_lonely_cell_stays_missing() -> None:
    bad = np.zeros((8, 8), bool)
    bad[:2, :2] = True
    fixed = repair(recording(np.ones((2, 8, 8)) * 9), bad)
    assert np.isnan(fixed.frames[:, 0, 0]).all()
    np.testing.assert_allclose(fixed.frames[:, 1, 1], 9.0)
    with pytest.raises(InvalidData, match=r"expected \(8, 8\) bool"):
        repair(recording(np.ones((2, 8, 8))), np.ones(64, bool))


def test_repairing_counts_gives_pressures_of_the_same_force() -> None:
    layout = replace(PLATE, dtype="uint16", scale=0.1)
    counts = recording(np.full((5, 8, 8), 400), layout)
    fixed = repair(counts, np.eye(8, dtype=bool))
    assert fixed.layout.scale == 1.0
    np.testing.assert_allclose(frame_stats(fixed)["total_force_n"], frame_stats(counts)["total_force_n"])


def test_a_tare_takes_what_the_unloaded_sensor_shows_and_never_goes_below_zero() -> None:
    offset = np.linspace(0, 5, 64).reshape(8, 8)
    frames = np.zeros((100, 8, 8)) + offset
    frames[40:80] += 60.0
    clean = tare(recording(frames))
    np.testing.assert_allclose(clean.frames[40:80], 60.0)
    assert (clean.frames[:40] == 0).all()
    assert clean.provenance["tare"] == {"frames": 60, "reference_max": 5.0, "drift": 0.0}


def test_a_drift_of_the_unloaded_sensor_is_reported() -> None:
    frames = np.full((100, 8, 8), 1.0)
    frames[40:60] = 80.0
    frames[60:] = 3.0
    early = np.zeros(100, bool)
    early[:40] = True
    assert tare(recording(frames), early).provenance["tare"]["drift"] == 0.0
    early[90:] = True
    assert tare(recording(frames), early).provenance["tare"]["drift"] == pytest.approx(2.0)


def test_a_tare_needs_an_unloaded_frame() -> None:
    with pytest.raises(InvalidData, match="unloaded: expected"):
        tare(recording(breathing(5)), np.zeros(5, bool))
    with pytest.raises(InvalidData, match="unloaded: expected"):
        tare(recording(np.zeros((0, 8, 8))))


def test_a_cell_without_a_value_has_no_tare() -> None:
    frames = np.full((10, 8, 8), 2.0)
    frames[:, 1, 1] = np.nan
    clean = tare(recording(frames))
    assert np.isnan(clean.frames[:, 1, 1]).all()
    assert np.nanmax(clean.frames) == 0
