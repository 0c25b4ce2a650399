"""Per-frame statistics against truths that can be worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import arrival_stats, frame_stats
from analytics.columns import arrival_columns, definition, frame_columns
from barograph import Block, Layout, Recording
from barograph.errors import InvalidData

PLATE = Layout(rows=4, cols=6, unit="kPa", pitch_mm=(10.0, 20.0), cop_floor_n=0.0)
CM2 = 2.0
SPLITS = ["load_left_pct", "load_right_pct", "load_front_pct", "load_back_pct"]
QUADRANTS = ["load_front_left_pct", "load_front_right_pct", "load_back_left_pct", "load_back_right_pct"]


def recording(frames: Any, layout: Layout) -> Recording:
    frames = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    return Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)


def row(frames: Any, layout: Layout, **parameters: Any) -> pd.Series:
    return frame_stats(recording(frames, layout), **parameters).iloc[0]


def one_cell(layout: Layout, r: int, c: int, value: float = 100.0) -> np.ndarray:
    frame = np.zeros((layout.rows, layout.cols))
    frame[r, c] = value
    return frame


def gait_like(n: int, layout: Layout, seed: int, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (n, layout.rows, layout.cols)
    cells = np.where(rng.random(shape) < 0.5, 0, rng.integers(1, 255, shape)).astype(layout.numpy_dtype)
    if missing:
        cells[rng.random(shape) < missing] = np.nan
    return cells


def test_a_uniform_plate_has_the_force_of_its_pressure_and_area() -> None:
    stats = row(np.full((4, 6), 50.0), PLATE)
    assert stats["total_force_n"] == pytest.approx(0.1 * 50 * 24 * CM2, rel=1e-15)
    assert stats["peak_kpa"] == 50
    assert stats["mean_loaded_kpa"] == 50
    assert stats["min_loaded_kpa"] == 50
    assert stats["sd_loaded_kpa"] == 0
    assert stats["contact_area_cm2"] == 24 * CM2
    assert stats["contact_pct"] == 100
    assert (stats["cop_x_mm"], stats["cop_y_mm"]) == pytest.approx((30.0, 40.0), abs=1e-12)
    assert stats[SPLITS].tolist() == pytest.approx([50.0] * 4, abs=1e-12)
    assert stats["n_dead"] == 0


def test_a_contact_of_one_cell_lies_at_its_centre() -> None:
    stats = row(one_cell(PLATE, 3, 1), PLATE)
    assert (stats["cop_x_mm"], stats["cop_y_mm"]) == (15.0, 70.0)
    assert (stats["peak_x_mm"], stats["peak_y_mm"]) == (15.0, 70.0)
    assert stats[SPLITS].tolist() == [100.0, 0.0, 0.0, 100.0]
    assert stats["sd_loaded_kpa"] == 0
    assert stats["contact_area_cm2"] == CM2


def test_no_contact_is_zero_force_and_everything_undefined_is_missing() -> None:
    stats = row(np.zeros((4, 6)), PLATE)
    zero = ["total_force_n", "peak_kpa", "contact_area_cm2", "contact_pct", "gradient_kpa_cm", "n_dead"]
    assert stats[zero].tolist() == [0] * 6
    others = stats.drop(zero)
    assert others.isna().all()


def test_a_frame_without_any_value_has_only_dead_cells() -> None:
    stats = row(np.full((4, 6), np.nan), PLATE)
    assert stats["n_dead"] == 24
    assert stats.drop("n_dead").isna().all()
    assert np.isnan(arrival_stats(np.full((1, 4, 6), np.nan), PLATE)).all()


def test_missing_cells_are_left_out_and_counted() -> None:
    frame = np.full((4, 6), 50.0)
    frame[:, 3:] = np.nan
    stats = row(frame, PLATE)
    assert stats["n_dead"] == 12
    assert stats["total_force_n"] == pytest.approx(0.1 * 50 * 12 * CM2)
    assert stats["contact_pct"] == 100
    assert stats["cop_x_mm"] == pytest.approx(15.0)
    assert stats["peak_kpa"] == 50
    assert stats["load_left_pct"] == 100


def test_a_missing_cell_changes_only_its_own_frame() -> None:
    frames = gait_like(9, PLATE, seed=1)
    hurt = frames.copy()
    hurt[4, 2, 2] = np.nan
    kept = np.arange(9) != 4
    whole, part = frame_stats(recording(frames, PLATE)), frame_stats(recording(hurt, PLATE))
    pd.testing.assert_frame_equal(whole[kept], part[kept], check_exact=True)
    assert part["n_dead"].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_cells_outside_the_mask_never_count_whatever_they_hold() -> None:
    mask = np.ones((4, 6), int)
    mask[:, 0] = 0
    layout = replace(PLATE, mask=tuple(mask.ravel().tolist()), dtype="uint16")
    frames = gait_like(5, layout, seed=2)
    frames[:, :, 0] = 9_999
    clean = frames.copy()
    clean[:, :, 0] = 0
    pd.testing.assert_frame_equal(
        frame_stats(recording(frames, layout)), frame_stats(recording(clean, layout)), check_exact=True
    )
    assert frame_stats(recording(frames, layout))["peak_kpa"].max() < 255


def test_masked_cells_are_not_dead_cells() -> None:
    layout = replace(PLATE, mask=(0,) + (1,) * 23)
    frame = np.full((4, 6), 50.0)
    frame[0, 0] = np.nan
    assert row(frame, layout)["n_dead"] == 0
    assert row(frame, layout)["contact_pct"] == 100


def test_a_layout_without_any_cell_has_no_numbers() -> None:
    layout = replace(PLATE, mask=(0,) * 24, dtype="uint8")
    stats = row(np.zeros((4, 6)), layout)
    assert stats.drop("n_dead").isna().all()
    assert stats["n_dead"] == 0


@pytest.mark.parametrize(
    ("rows", "cols", "r", "c", "expected"),
    [
        (3, 3, 1, 1, [50, 50, 50, 50]),
        (3, 5, 0, 2, [50, 50, 100, 0]),
        (5, 4, 2, 1, [100, 0, 50, 50]),
        (1, 1, 0, 0, [50, 50, 50, 50]),
    ],
)
def test_a_middle_line_of_cells_is_shared(rows: int, cols: int, r: int, c: int, expected: Sequence[float]) -> None:
    layout = replace(PLATE, rows=rows, cols=cols)
    assert row(one_cell(layout, r, c), layout)[SPLITS].tolist() == pytest.approx(expected, abs=1e-12)


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 9), cols=st.integers(1, 9))
def test_the_halves_of_the_load_add_up_to_a_hundred(seed: int, rows: int, cols: int) -> None:
    layout = replace(PLATE, rows=rows, cols=cols)
    stats = frame_stats(recording(gait_like(4, layout, seed), layout))
    sums = stats[["load_left_pct", "load_front_pct"]].to_numpy() + stats[["load_right_pct", "load_back_pct"]].to_numpy()
    loaded = stats["total_force_n"].to_numpy() > 0
    np.testing.assert_allclose(sums[loaded], 100.0, rtol=0, atol=1e-9)
    assert np.isnan(sums[~loaded]).all()


def test_the_centre_of_a_gaussian_is_found_to_a_nanometre() -> None:
    layout = Layout(rows=40, cols=40, unit="kPa", pitch_mm=(5.0, 4.0), cop_floor_n=0.0)
    x, y = 97.3, 81.9
    frame = 200 * np.exp(-((layout.x[None, :] - x) ** 2) / (2 * 10**2) - (layout.y[:, None] - y) ** 2 / (2 * 8**2))
    stats = row(frame, layout)
    assert (stats["cop_x_mm"], stats["cop_y_mm"]) == pytest.approx((x, y), abs=1e-6)
    assert stats["total_force_n"] == pytest.approx(200 * 2 * np.pi * 10 * 8 / 1000, rel=1e-9)
    assert abs(stats["peak_x_mm"] - x) < 2.5
    assert abs(stats["peak_y_mm"] - y) < 2.0


def test_mirroring_cells_and_axis_together_leaves_the_place_and_turns_the_halves() -> None:
    frames = gait_like(20, PLATE, seed=3)
    plain = frame_stats(recording(frames, PLATE))
    mirrored = frame_stats(recording(frames[:, :, ::-1], replace(PLATE, x_axis="left")))
    same = [name for name in plain if name not in (*SPLITS, *QUADRANTS, "peak_x_mm", "peak_y_mm", "spread_angle_deg")]
    np.testing.assert_allclose(mirrored[same], plain[same], rtol=1e-12)
    np.testing.assert_allclose(mirrored["load_left_pct"], plain["load_right_pct"], rtol=1e-10)
    np.testing.assert_allclose(mirrored["load_front_pct"], plain["load_front_pct"], rtol=1e-10)


def test_turning_the_sensor_half_around_moves_the_centre_to_the_other_side() -> None:
    frames = gait_like(20, PLATE, seed=4)
    plain = frame_stats(recording(frames, PLATE))
    turned = frame_stats(recording(frames[:, ::-1, ::-1], PLATE))
    np.testing.assert_allclose(turned["cop_x_mm"], 60.0 - plain["cop_x_mm"], rtol=1e-12)
    np.testing.assert_allclose(turned["cop_y_mm"], 80.0 - plain["cop_y_mm"], rtol=1e-12)
    np.testing.assert_allclose(turned["load_back_pct"], plain["load_front_pct"], rtol=1e-10)


def test_an_axis_that_grows_upwards_puts_the_heel_at_the_origin() -> None:
    layout = replace(PLATE, y_axis="up", origin_mm=(5.0, 7.0))
    stats = row(one_cell(layout, 3, 0), layout)
    assert (stats["cop_x_mm"], stats["cop_y_mm"]) == (10.0, 17.0)


@pytest.mark.parametrize(("unit", "kpa"), [("kPa", 1.0), ("N/cm2", 10.0), ("mmHg", 0.133322387), ("psi", 6.894757)])
def test_every_unit_of_pressure_gives_the_same_newtons(unit: str, kpa: float) -> None:
    frames = gait_like(6, PLATE, seed=5)
    plain = frame_stats(recording(frames, PLATE))
    other = frame_stats(recording(frames / kpa, replace(PLATE, unit=unit)))
    np.testing.assert_allclose(other, plain, rtol=1e-9)


def test_scale_turns_stored_counts_into_pressure() -> None:
    counts = gait_like(8, replace(PLATE, dtype="uint16"), seed=6)
    scaled = frame_stats(recording(counts, replace(PLATE, dtype="uint16", scale=0.1)))
    assert (scaled.pop("n_saturated") == 0).all()
    np.testing.assert_allclose(
        scaled, frame_stats(recording(counts * 0.1, PLATE)).drop(columns="n_saturated"), rtol=1e-10
    )


@pytest.mark.parametrize(("scale", "offset"), [(0.5, -20.0), (-0.5, 100.0), (2.0, 3.0)])
def test_offset_and_falling_scale_are_applied_before_anything_is_counted(scale: float, offset: float) -> None:
    layout = replace(PLATE, dtype="uint8", scale=scale, offset=offset)
    counts = gait_like(8, layout, seed=7)
    whole, floats = (
        frame_stats(each) for each in (recording(counts, layout), recording(counts * scale + offset, PLATE))
    )
    assert whole.pop("n_saturated").notna().all()
    np.testing.assert_allclose(whole, floats.drop(columns="n_saturated"), rtol=1e-9)


def test_cells_of_their_own_area_weigh_by_it() -> None:
    layout = Layout(rows=1, cols=2, unit="kPa", pitch_mm=(10, 10), cell_area_mm2=(100.0, 300.0), cop_floor_n=0.0)
    stats = row([[80.0, 80.0]], layout)
    assert stats["total_force_n"] == pytest.approx(0.1 * 80 * 4)
    assert stats["contact_area_cm2"] == pytest.approx(4.0)
    assert stats["contact_pct"] == 100
    assert stats["cop_x_mm"] == pytest.approx((5 * 1 + 15 * 3) / 4)
    assert stats["load_right_pct"] == pytest.approx(75)
    assert stats["peak_x_mm"] == pytest.approx(12.5)


def test_a_raw_sum_counts_every_cell_once_whatever_its_area() -> None:
    layout = Layout(rows=1, cols=2, dtype="uint16", pitch_mm=(10, 10), cell_area_mm2=(100.0, 300.0))
    stats = row([[80, 80]], layout)
    assert stats["raw_sum"] == 160
    assert stats["load_right_pct"] == pytest.approx(75)


def test_below_the_floor_the_centre_is_missing_and_the_halves_are_not() -> None:
    layout = Layout(rows=1, cols=1, unit="kPa", cell_area_mm2=100.0)
    stats = frame_stats(recording([[[199.0]], [[200.0]]], layout))
    assert stats["total_force_n"].tolist() == pytest.approx([19.9, 20.0])
    assert stats["cop_x_cell"].isna().tolist() == [True, False]
    assert stats["load_left_pct"].tolist() == [50.0, 50.0]
    assert not frame_stats(recording([[[199.0]]], layout), cop_floor_n=5.0)["cop_x_cell"].isna().any()


def test_a_raw_stream_has_a_centre_as_soon_as_it_has_a_sum() -> None:
    layout = Layout(rows=2, cols=2, dtype="uint8")
    stats = frame_stats(recording([[[0, 0], [0, 1]], [[0, 0], [0, 0]]], layout))
    assert stats["cop_x_cell"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert stats["raw_sum"].tolist() == [1, 0]


def test_the_threshold_of_contact_is_exclusive_and_in_the_units_of_the_stream() -> None:
    layout = replace(PLATE, dtype="uint16", scale=0.5)
    frame = np.zeros((4, 6), "<u2")
    frame[0, :4] = [4, 20, 21, 60]
    stats = row(frame, layout, loaded_above=10.0)
    assert stats["contact_area_cm2"] == 2 * CM2
    assert stats["min_loaded_kpa"] == 10.5
    assert stats["mean_loaded_kpa"] == pytest.approx((10.5 + 30) / 2)
    assert stats["total_force_n"] == pytest.approx(0.1 * CM2 * 0.5 * 105)
    # Of 24 cells the four above 0; what carries nothing is never in contact.
    assert row(frame, layout, loaded_above=0.0)["contact_pct"] == pytest.approx(100 * 4 / 24)
    with pytest.raises(InvalidData, match=r"loaded_above: expected a number of 0 or more, got -1\.0"):
        row(frame, layout, loaded_above=-1.0)


def test_the_spread_of_large_values_does_not_cancel() -> None:
    layout = Layout(rows=1, cols=3, unit="kPa")
    assert row([[1e9, 1e9 + 1, 1e9 + 2]], layout)["sd_loaded_kpa"] == pytest.approx(np.sqrt(2 / 3), rel=1e-9)


def test_of_equal_peaks_the_lowest_row_then_column_is_taken() -> None:
    frame = one_cell(PLATE, 1, 4) + one_cell(PLATE, 3, 0) + one_cell(PLATE, 1, 1)
    stats = row(frame, PLATE)
    assert (stats["peak_x_mm"], stats["peak_y_mm"]) == (15.0, 30.0)


def test_the_peak_is_located_between_its_neighbours() -> None:
    frame = one_cell(PLATE, 0, 0, 300.0) + one_cell(PLATE, 0, 1, 100.0) + one_cell(PLATE, 0, 5, 200.0)
    assert row(frame, PLATE)["peak_x_mm"] == pytest.approx((300 * 5 + 100 * 15) / 400)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("unit", ["raw", "kPa"])
def test_what_ingest_stores_is_what_the_analyst_computes(dtype: Any, unit: str) -> None:
    layout = Layout(rows=7, cols=5, dtype=dtype, unit=unit, pitch_mm=(5, 6), scale=0.5, cop_floor_n=100.0)
    frames = gait_like(300, layout, seed=8, missing=0.02 if "float" in dtype else 0.0)
    stored = arrival_stats(frames, layout)
    assert stored.dtype == np.float32
    computed = frame_stats(recording(frames, layout))[list(arrival_columns(layout))]
    np.testing.assert_array_equal(stored, computed.to_numpy().astype(np.float32))


@given(st.lists(st.integers(0, 60), max_size=6), st.booleans())
def test_any_cutting_into_blocks_gives_the_same_rows(cuts: list[int], masked: bool) -> None:
    layout = replace(PLATE, mask=(0, 0) + (1,) * 22 if masked else None)
    frames = gait_like(60, layout, seed=9, missing=0.01)
    times = np.arange(60, dtype=np.int64) * 10_000
    whole = frame_stats(Recording(frames=frames, times_us=times, layout=layout))
    edges = sorted({0, 60, *cuts})
    blocks = [Block(e=0, seq=a, times_us=times[a:b], received_us=0, frames=frames[a:b]) for a, b in pairwise(edges)]
    parts = pd.concat([frame_stats(block, layout) for block in blocks])
    pd.testing.assert_frame_equal(parts, whole, check_exact=False, rtol=1e-12)


def test_rows_are_indexed_by_utc_time_and_columns_are_in_order() -> None:
    stats = frame_stats(recording(gait_like(3, PLATE, seed=10), PLATE))
    assert stats.index.name == "time"
    assert stats.index[2] == pd.Timestamp("1970-01-01T00:00:00.020Z")
    assert tuple(stats.columns) == frame_columns(PLATE)
    assert (stats.dtypes == np.float64).all()


def test_parameters_and_units_travel_with_the_table() -> None:
    stats = frame_stats(recording(gait_like(1, PLATE, seed=11), PLATE), loaded_above=5.0, cop_floor_n=30.0)
    assert stats.attrs["loaded_above"] == 5.0
    assert stats.attrs["cop_floor_n"] == 30.0
    assert stats.attrs["units"] == {name: definition(name).unit for name in stats.columns}
    raw = frame_stats(recording(np.zeros((1, 2, 2)), Layout(rows=2, cols=2)))
    assert raw.attrs["cop_floor_n"] is None


def test_an_empty_recording_has_an_empty_table() -> None:
    stats = frame_stats(recording(np.zeros((0, 4, 6)), PLATE))
    assert len(stats) == 0
    assert tuple(stats.columns) == frame_columns(PLATE)


def test_negative_pressures_count_in_sums_and_never_as_contact() -> None:
    stats = row([[-10.0, 30.0]], Layout(rows=1, cols=2, unit="kPa", cell_area_mm2=100.0, cop_floor_n=0.0))
    assert stats["total_force_n"] == pytest.approx(2.0)
    assert stats["contact_pct"] == 50
    assert stats["peak_x_cell"] == 1.0
    below = row([[-30.0, 10.0]], Layout(rows=1, cols=2, unit="kPa", cell_area_mm2=100.0, cop_floor_n=-100.0))
    assert below[["cop_x_cell", "load_left_pct", "load_right_pct"]].isna().all()


def test_a_block_needs_its_layout_and_frames_their_shape() -> None:
    block = Block(e=0, seq=0, times_us=np.array([0]), received_us=0, frames=np.zeros((1, 4, 6)))
    with pytest.raises(ValueError, match="expected the layout of the block's stream"):
        frame_stats(block)
    with pytest.raises(ValueError, match="expected cells of 2 x 2"):
        frame_stats(block, Layout(rows=2, cols=2))
    with pytest.raises(ValueError, match=r"expected \(n, 4, 6\)"):
        arrival_stats(np.zeros((4, 6)), PLATE)


def test_a_plain_loop_over_cells_computes_the_same() -> None:
    layout = Layout(rows=5, cols=3, unit="mmHg", pitch_mm=(4, 6), origin_mm=(-3, 9), y_axis="up", cop_floor_n=1.0)
    frames = gait_like(6, layout, seed=12, missing=0.05)
    for frame, (_, stats) in zip(frames, frame_stats(recording(frames, layout)).iterrows(), strict=True):
        force = moment_x = moment_y = left = front = 0.0
        for r in range(5):
            for c in range(3):
                if np.isnan(frame[r, c]):
                    continue
                newtons = 0.1 * frame[r, c] * 0.133322387 * 0.24
                force += newtons
                moment_x += newtons * (-3 + 4 * (c + 0.5))
                moment_y += newtons * (9 + 6 * (5 - r - 0.5))
                left += newtons * (1.0, 0.5, 0.0)[c]
                front += newtons * (1.0, 1.0, 0.5, 0.0, 0.0)[r]
        assert stats["total_force_n"] == pytest.approx(force)
        assert stats["cop_x_mm"] == pytest.approx(moment_x / force)
        assert stats["cop_y_mm"] == pytest.approx(moment_y / force)
        assert stats["load_left_pct"] == pytest.approx(100 * left / force)
        assert stats["load_front_pct"] == pytest.approx(100 * front / force)
        loaded = frame[frame * 0.133322387 > 0.667] * 0.133322387
        assert stats["mean_loaded_kpa"] == pytest.approx(loaded.mean())
        assert stats["sd_loaded_kpa"] == pytest.approx(loaded.std())
        assert stats["n_dead"] == np.isnan(frame).sum()


@pytest.mark.parametrize(("rows", "cols", "n"), [(64, 64, 40), (300, 300, 3)])
def test_frames_are_worked_through_in_chunks_without_a_seam(rows: int, cols: int, n: int) -> None:
    layout = Layout(rows=rows, cols=cols, dtype="uint16", unit="kPa", pitch_mm=(5, 5))
    whole = recording(gait_like(n, layout, seed=13), layout)
    parts = pd.concat([frame_stats(part) for _, part in whole.blocks(1)])
    pd.testing.assert_frame_equal(frame_stats(whole), parts, check_exact=False, rtol=1e-12)


def test_frames_that_do_not_lie_in_one_piece_give_the_same() -> None:
    frames = gait_like(40, PLATE, seed=14)
    expected = frame_stats(recording(frames[::2, ::-1, ::-1].copy(), PLATE))
    strided = Recording(frames=frames[::2, ::-1, ::-1], times_us=np.arange(20) * 10_000, layout=PLATE)
    pd.testing.assert_frame_equal(frame_stats(strided), expected, check_exact=False, rtol=1e-12)
    fortran = Recording(
        frames=np.asfortranarray(frames[::2, ::-1, ::-1]), times_us=np.arange(20) * 10_000, layout=PLATE
    )
    pd.testing.assert_frame_equal(frame_stats(fortran), expected, check_exact=False, rtol=1e-12)
