"""Laws of the per-frame table: what may change of layout and frames without changing a number, and what must."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import arrival_stats, frame_stats
from analytics.columns import arrival_columns
from analytics.frames.basic_set import FINISHED_AT_ONCE, basic_set, chunks, weights
from barograph import Block, Curve, Layout, Recording
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT

PLATE = Layout(rows=4, cols=6, unit="kPa", pitch_mm=(10.0, 20.0), cop_floor_n=0.0)


def recording(frames: Any, layout: Layout) -> Recording:
    frames = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    return Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)


def counts(n: int, layout: Layout, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (n, layout.rows, layout.cols)
    return np.where(rng.random(shape) < 0.4, 0, rng.integers(1, 200, shape)).astype(layout.numpy_dtype)


def per_cell(seed: int, low: float, high: float) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).uniform(low, high, 24).tolist())


CALIBRATIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a scale": {"scale": 0.3},
    "a falling scale": {"scale": -0.3, "offset": 60.0},
    "an offset": {"offset": -7.0},
    "a factor for each cell": {"cell_factors": per_cell(1, 0.5, 2.0)},
    "a tare for each cell": {"tare": per_cell(2, 0.0, 90.0)},
    "tare, factor and scale": {"tare": per_cell(2, 0.0, 90.0), "cell_factors": per_cell(1, 0.5, 2.0), "scale": 0.7},
    "a curve": {"curve": Curve(kind="polynomial", numbers=((0.1, 0.02, -1e-4, 2e-6),)), "scale": 0.7, "offset": -1.0},
    "a curve a cell, factor and tare": {
        "curve": Curve(kind="power", numbers=tuple((0.3, 1.0 + 0.01 * cell) for cell in range(24))),
        "cell_factors": per_cell(1, 0.5, 2.0), "tare": per_cell(2, 0.0, 90.0),
    },
    "a table that ends": {"curve": Curve(kind="table", numbers=((0.0, 0.0, 50.0, 10.0, 190.0, 90.0),))},
    "a falling curve": {"curve": Curve(kind="exponential", numbers=((90.0, -0.02, 0.0),))},
}  # fmt: skip
PLACES: dict[str, dict[str, Any]] = {
    "areas by the pitch": {},
    "one area": {"cell_area_mm2": 150.0},
    "areas of their own": {"cell_area_mm2": per_cell(3, 50.0, 300.0)},
    "areas that are all alike": {"cell_area_mm2": (150.0,) * 24},
    "a mask": {"mask": (0, 1, 1, 1, 1, 0) + (1,) * 17 + (0,)},
    "no pitch": {"pitch_mm": None, "cell_area_mm2": 150.0},
    "neither pitch nor area": {"pitch_mm": None},
}


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("places", PLACES)
def test_stored_values_and_their_calibration_have_the_numbers_of_the_pressures_that_they_mean(
    calibration: str, places: str
) -> None:
    for dtype, unit in (("uint8", "psi"), ("float32", "kPa")):
        layout = replace(PLATE, dtype=dtype, unit=unit, **CALIBRATIONS[calibration], **PLACES[places])
        stored = recording(counts(12, layout), layout)
        meant = recording(stored.kpa(), replace(PLATE, **PLACES[places]))
        ours, plain = (frame_stats(each, loaded_above=8.0).drop(columns="n_saturated") for each in (stored, meant))
        pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("step", [0.0, 0.001, 0.25, 0.499])
def test_a_threshold_between_two_steps_of_a_sensor_is_the_lower_one(step: float) -> None:
    layout = Layout(rows=1, cols=3, dtype="uint16", unit="kPa", scale=0.5, pitch_mm=(10, 10), cop_floor_n=0.0)
    stats = frame_stats(recording([[20, 21, 22]], layout), loaded_above=10.0 + step).iloc[0]
    assert stats["contact_area_cm2"] == 2.0
    assert stats["min_loaded_kpa"] == 10.5


def test_a_threshold_of_cells_that_are_no_whole_numbers_is_taken_as_it_is() -> None:
    layout = Layout(rows=1, cols=3, dtype="float32", unit="kPa", pitch_mm=(10, 10), cop_floor_n=0.0)
    stats = frame_stats(recording([[10.2, 10.3, 10.4]], layout), loaded_above=10.35).iloc[0]
    assert (stats["contact_area_cm2"], stats["min_loaded_kpa"]) == (1.0, pytest.approx(10.4, rel=1e-6))


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (1, 7), (1, 8), (3, 3), (45, 46), (64, 64), (100, 101)])
def test_every_loaded_cell_is_counted_however_many_there_are(rows: int, cols: int) -> None:
    layout = Layout(rows=rows, cols=cols, dtype="uint8", unit="kPa", pitch_mm=(10.0, 10.0))
    frames = np.full((3, rows, cols), 200, np.uint8)
    frames[1, 0, 0] = 0
    stats = frame_stats(recording(frames, layout))
    assert stats["contact_area_cm2"].tolist() == [rows * cols, rows * cols - 1, rows * cols]
    assert stats["contact_pct"].tolist() == pytest.approx([100.0, 100.0 * (1 - 1 / (rows * cols)), 100.0])
    own = replace(layout, cell_area_mm2=tuple(np.arange(1.0, rows * cols + 1)))
    whole = np.arange(1.0, rows * cols + 1).sum() / 100
    assert frame_stats(recording(frames, own))["contact_area_cm2"].tolist() == pytest.approx(
        [whole, whole - 0.01, whole]
    )


def test_a_long_recording_has_the_rows_of_its_parts() -> None:
    layout = Layout(rows=1, cols=3, unit="kPa", pitch_mm=(10.0, 10.0), cop_floor_n=0.0)
    frames = np.random.default_rng(4).uniform(0, 90, (9_000, 1, 3))
    frames[8_999, 0, 1] = frames[4_096, 0, 0] = np.nan
    whole = frame_stats(recording(frames, layout))
    parts = pd.concat([frame_stats(recording(part, layout)) for part in np.array_split(frames, 7)])
    np.testing.assert_allclose(whole.to_numpy(), parts.to_numpy(), rtol=1e-12)
    assert whole["n_dead"].sum() == 2


def test_cells_that_are_missing_in_some_chunks_alone_are_missing_there_and_nowhere_else() -> None:
    layout = Layout(rows=8, cols=8, unit="kPa", pitch_mm=(10.0, 10.0), cop_floor_n=0.0)
    frames = np.full((5_000, 8, 8), 50.0)
    frames[3_000, 2, :4], frames[3_001], frames[4_500, 0, 0] = np.nan, np.nan, np.nan
    frames[3_000, 0, :6] = 0.0
    found = frame_stats(recording(frames, layout))
    assert found["n_dead"].iloc[[0, 3_000, 3_001, 3_002, 4_500]].tolist() == [0, 4, 64, 0, 1]
    pct = found["contact_pct"].to_numpy()
    assert (pct[[0, 2_999, 3_002, 4_500, 4_999]] == 100.0).all()
    assert pct[3_000] == pytest.approx(100 * 54 / 60)
    assert np.flatnonzero(np.isnan(pct)).tolist() == [3_001]
    assert np.flatnonzero(found["total_force_n"] != 0.1 * 50 * 64).tolist() == [3_000, 3_001, 4_500]
    frames[:, 0, 0] = np.nan
    assert (frame_stats(recording(frames, layout))["contact_pct"].drop(found.index[[3_000, 3_001]]) == 100.0).all()


@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 9), st.integers(1, 200))
def test_chunks_are_all_frames_in_order_and_none_is_larger_than_asked_but_for_one_frame(
    n: int, rows: int, cols: int, cells: int
) -> None:
    frames = np.arange(n * rows * cols).reshape(n, rows, cols)
    found = [frames[part] for part in chunks(frames, cells)]
    assert np.concatenate([frames[:0], *found]).tolist() == frames.tolist()
    assert all(0 < part.size <= cells or len(part) == 1 for part in found)


def test_the_basic_set_goes_into_an_array_that_is_given() -> None:
    frames = counts(5, PLATE)
    out = np.full((5, 10), 7.0)
    assert basic_set(frames, weights(PLATE), out=out) is out
    np.testing.assert_array_equal(out, basic_set(frames, weights(PLATE)))


def test_what_is_wrong_with_the_input_is_named() -> None:
    block = Block(e=0, seq=0, times_us=np.array([0]), received_us=0, frames=np.zeros((1, 4, 6)))
    with pytest.raises(ValueError, match=r"^layout: expected the layout of the block's stream, got none$"):
        frame_stats(block)
    with pytest.raises(ValueError, match=r"^frames: expected cells of 2 x 3, got \(4, 6\)$"):
        frame_stats(block, Layout(rows=2, cols=3))
    for shape in ((4, 6), (1, 6, 4), (2, 4, 5)):
        with pytest.raises(ValueError, match=r"^frames: expected \(n, 4, 6\), got \(.*\)$"):
            arrival_stats(np.zeros(shape), PLATE)


def test_another_layout_than_the_recordings_is_taken_for_it() -> None:
    plain = recording(counts(3, PLATE), PLATE)
    doubled = frame_stats(plain, replace(PLATE, scale=2.0))
    assert doubled["total_force_n"].tolist() == pytest.approx((2 * frame_stats(plain)["total_force_n"]).tolist())
    block = Block(e=0, seq=0, times_us=plain.times_us, received_us=0, frames=plain.frames)
    pd.testing.assert_frame_equal(frame_stats(block, PLATE), frame_stats(plain))


@pytest.mark.parametrize(
    ("layout", "floor"),
    [
        (replace(PLATE, cop_floor_n=None), 20.0),
        (replace(PLATE, cop_floor_n=3.0), 3.0),
        (Layout(rows=4, cols=6, unit="kPa"), None),
        (Layout(rows=4, cols=6, pitch_mm=(10, 20)), None),
    ],
    ids=["usual", "its own", "without areas", "raw"],
)
def test_the_floor_is_said_where_there_is_a_force_and_nowhere_else(layout: Layout, floor: float | None) -> None:
    low = np.zeros((1, 4, 6))
    low[0, 1, 1] = 5.0
    stats = frame_stats(recording(low, layout))
    assert stats.attrs["cop_floor_n"] == floor
    assert stats.attrs["metric"] == "frame_stats"
    assert stats.attrs["saturation"] is None
    centre = arrival_columns(layout)[4]
    assert np.isnan(stats[centre].iloc[0]) == (floor is not None)
    # Without a force there is no floor to ask for.
    asked = frame_stats(recording(low, layout), cop_floor_n=0.5)
    assert asked.attrs["cop_floor_n"] == (None if floor is None else 0.5)
    assert not np.isnan(asked[centre].iloc[0])


def test_a_centre_is_there_from_the_floor_on() -> None:
    layout = replace(PLATE, cop_floor_n=10.0)
    at = np.zeros((2, 4, 6))
    at[:, 2, 2] = [50.0, 49.999]
    assert frame_stats(recording(at, layout))["cop_x_mm"].isna().tolist() == [False, True]


@pytest.mark.parametrize("unit", ["kPa", "raw"])
def test_where_there_is_no_force_the_least_load_has_a_centre(unit: str) -> None:
    layout = Layout(rows=4, cols=6, unit=unit, pitch_mm=(10, 20) if unit == "raw" else None)
    low = np.zeros((1, 4, 6))
    low[0, 1, 1] = 0.25
    stats = arrival_stats(low, layout)[0]
    assert stats[0] == 0.25
    np.testing.assert_allclose(stats[4:6], [layout.x[1], layout.y[1]])


def test_an_offset_of_one_is_an_offset() -> None:
    layout = replace(PLATE, dtype="uint8", offset=1.0)
    stats = frame_stats(recording(np.zeros((1, 4, 6)), layout)).iloc[0]
    assert (stats["peak_kpa"], stats["contact_pct"]) == (1.0, 100.0)
    assert stats["total_force_n"] == pytest.approx(0.1 * 48)


@pytest.mark.parametrize("raw", [True, False])
def test_loads_that_cancel_out_have_no_centre_and_no_split(raw: bool) -> None:
    layout = Layout(rows=4, cols=6) if raw else PLATE
    level = np.zeros((1, 4, 6))
    level[0, 0, 0], level[0, 3, 5] = 5.0, -5.0
    stats = arrival_stats(level, layout)[0]
    assert stats[0] == 0.0
    assert np.isnan(stats[4:]).all()


def test_of_more_frames_than_are_finished_at_once_each_has_its_own_row() -> None:
    n = 2 * FINISHED_AT_ONCE + 5
    layout = Layout(rows=1, cols=2, dtype="uint16")
    frames = np.stack([np.arange(n), np.arange(n)[::-1] * 3], axis=1).reshape(n, 1, 2)
    stats = basic_set(frames.astype(np.uint16), weights(layout))
    np.testing.assert_array_equal(stats[:, 0], frames.sum(axis=(1, 2)))
    np.testing.assert_array_equal(stats[:, 1], frames.max(axis=(1, 2)))
    np.testing.assert_allclose(stats[:, 6], 100.0 * frames[:, 0, 0] / frames.sum(axis=(1, 2)))


def test_of_all_negative_frames_the_peak_is_the_largest_and_nothing_is_loaded() -> None:
    stats = frame_stats(recording(np.full((1, 4, 6), -3.0), PLATE)).iloc[0]
    assert (stats["peak_kpa"], stats["contact_area_cm2"]) == (-3.0, 0.0)
    assert stats["total_force_n"] == pytest.approx(-0.1 * 3 * 48)
    assert stats[["mean_loaded_kpa", "peak_x_mm", "load_left_pct", "cop_x_mm"]].isna().all()


@pytest.mark.parametrize("axis", ["x", "y"])
def test_the_place_of_a_peak_leans_to_its_neighbours_by_their_load_and_area(axis: str) -> None:
    areas = np.full((4, 6), 100.0)
    areas[2, 3] = 300.0
    layout = replace(PLATE, cell_area_mm2=tuple(areas.ravel().tolist()))
    frame = np.zeros((4, 6))
    frame[1, 2], frame[2, 3] = 60.0, 20.0
    found = frame_stats(recording(frame, layout)).iloc[0]
    places = {"x": (25.0, 35.0), "y": (30.0, 50.0)}[axis]
    assert found[f"peak_{axis}_mm"] == pytest.approx((60 * places[0] + 20 * 3 * places[1]) / 120)


def test_the_first_cell_of_the_grid_draws_a_peak_as_any_other_does() -> None:
    frame = np.zeros((4, 6))
    frame[0, 1], frame[0, 0], frame[1, 1] = 300.0, 100.0, 50.0
    found = frame_stats(recording(frame, PLATE)).iloc[0]
    assert found["peak_x_mm"] == pytest.approx((350 * 15 + 100 * 5) / 450)
    assert found["peak_y_mm"] == pytest.approx((400 * 10 + 50 * 30) / 450)


def test_a_cell_that_does_not_exist_or_is_missing_draws_no_peak() -> None:
    frame = np.zeros((4, 6))
    frame[1, 2], frame[1, 3] = 60.0, 30.0
    masked = replace(PLATE, mask=tuple((np.arange(24) != 9).astype(int).tolist()))
    assert frame_stats(recording(frame, masked))["peak_x_mm"].tolist() == [25.0]
    frame[1, 3] = np.nan
    assert frame_stats(recording(frame, PLATE))["peak_x_mm"].tolist() == [25.0]
    assert frame_stats(recording([frame, np.nan_to_num(frame)], PLATE))["n_dead"].tolist() == [1, 0]


def test_only_a_block_of_its_shape_makes_a_table() -> None:
    with pytest.raises(InvalidData):
        Recording(np.zeros((2, 4, 5)), np.arange(2), PLATE)


KINDS = {"insole": 10.0, "plate": 10.0, "mat": 0.667, "seat": 0.667, "saddle": 0.667}
# Cells in kPa, from hardly any load to a foot's.
LADDER = np.array([[[0.0, 0.5, 0.6, 0.7], [5.0, 9.9, 10.1, 30.0]]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("unit", "kpa"), KPA_PER_UNIT.items())
def test_a_cell_is_loaded_above_the_threshold_of_its_kind_whatever_the_unit(kind: Any, unit: str, kpa: float) -> None:
    layout = Layout(rows=2, cols=4, kind=kind, unit=unit, pitch_mm=(10.0, 10.0))
    loaded = LADDER[KINDS[kind] < LADDER]
    stats = frame_stats(recording(LADDER / kpa, layout))
    row = stats.iloc[0]
    assert (row["contact_area_cm2"], row["contact_pct"]) == (len(loaded), 12.5 * len(loaded))
    assert row["mean_loaded_kpa"] == pytest.approx(loaded.mean())
    assert row["min_loaded_kpa"] == pytest.approx(loaded.min())
    assert row["sd_loaded_kpa"] == pytest.approx(loaded.std())
    assert stats.attrs["loaded_above"] == KINDS[kind]
    # What is no question of contact counts every cell.
    assert row["total_force_n"] == pytest.approx(0.1 * LADDER.sum())


@pytest.mark.parametrize(("asked", "cells"), [(0.0, 7), (0.55, 6), (9.0, 3), (100.0, 0)])
def test_a_threshold_that_is_asked_for_is_the_one_whatever_the_layout_says(asked: float, cells: int) -> None:
    for contact_kpa in (None, 0.0, 20.0):
        layout = Layout(rows=2, cols=4, kind="plate", unit="kPa", pitch_mm=(10.0, 10.0), contact_kpa=contact_kpa)
        stats = frame_stats(recording(LADDER, layout), loaded_above=asked)
        assert (stats["contact_area_cm2"].iloc[0], stats.attrs["loaded_above"]) == (cells, asked)


def test_statistics_on_arrival_have_the_threshold_of_the_layout() -> None:
    area = arrival_columns(PLATE).index("contact_area_cm2")
    for contact_kpa, cells in ((None, 2), (0.0, 7), (9.0, 3)):
        layout = Layout(rows=2, cols=4, kind="insole", unit="kPa", pitch_mm=(10.0, 10.0), contact_kpa=contact_kpa)
        assert arrival_stats(LADDER, layout)[0, area : area + 2].tolist() == [cells, 12.5 * cells]
    counts = Layout(rows=2, cols=4, kind="insole", pitch_mm=(10.0, 10.0), contact_kpa=9.0)
    assert arrival_stats(LADDER, counts)[0, area] == 7
