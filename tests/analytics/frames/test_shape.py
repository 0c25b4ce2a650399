"""Quadrants, gradient, spread and saturation of frames, against loads that are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import frame_stats
from barograph import Layout, Recording

PLATE = Layout(rows=4, cols=6, unit="kPa", pitch_mm=(10.0, 20.0), cop_floor_n=0.0)
QUADRANTS = ["load_front_left_pct", "load_front_right_pct", "load_back_left_pct", "load_back_right_pct"]
SPREAD = ["spread_major_mm", "spread_minor_mm", "spread_angle_deg", "spread_area_mm2"]


def stats(frames: Any, layout: Layout = PLATE, **parameters: Any) -> pd.DataFrame:
    frames = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    whole = Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)
    return frame_stats(whole, **parameters)


def row(frame: Any, layout: Layout = PLATE, **parameters: Any) -> pd.Series:
    return stats(frame, layout, **parameters).iloc[0]


def cell(r: int, c: int, value: float = 100.0) -> np.ndarray:
    frame = np.zeros((4, 6))
    frame[r, c] = value
    return frame


def test_each_quadrant_has_its_own_load() -> None:
    frame = cell(0, 0, 10) + cell(1, 5, 20) + cell(3, 2, 30) + cell(2, 3, 40)
    assert row(frame)[QUADRANTS].tolist() == pytest.approx([10, 20, 30, 40])
    odd = Layout(rows=3, cols=3, unit="kPa", pitch_mm=(10, 10), cop_floor_n=0.0)
    middle = np.zeros((3, 3))
    middle[1, 1] = 7.0
    assert row(middle, odd)[QUADRANTS].tolist() == pytest.approx([25] * 4)


@given(st.integers(0, 1000), st.integers(1, 7), st.integers(1, 7))
def test_quadrants_add_up_to_a_hundred_and_to_the_halves(seed: int, rows: int, cols: int) -> None:
    layout = replace(PLATE, rows=rows, cols=cols)
    found = row(np.random.default_rng(seed).uniform(1, 100, (rows, cols)), layout)
    assert found[QUADRANTS].sum() == pytest.approx(100, abs=1e-9)
    assert found[QUADRANTS[:2]].sum() == pytest.approx(found["load_front_pct"], abs=1e-9)
    assert found[QUADRANTS[::2]].sum() == pytest.approx(found["load_left_pct"], abs=1e-9)


def test_a_ramp_has_its_own_slope_everywhere() -> None:
    y, x = np.meshgrid(PLATE.y, PLATE.x, indexing="ij")
    assert row(3 * x + 1)["gradient_kpa_cm"] == pytest.approx(30)
    assert row(3 * x + 4 * y + 1)["gradient_kpa_cm"] == pytest.approx(50)


@pytest.mark.parametrize("pitch_mm", [(4.0, 10.0), (7.0, 3.0), (5.0, 5.0)])
def test_a_ramp_has_its_slope_whatever_the_pitch(pitch_mm: tuple[float, float]) -> None:
    layout = replace(PLATE, pitch_mm=pitch_mm)
    y, x = np.meshgrid(layout.y, layout.x, indexing="ij")
    assert row(3 * x + 1, layout)["gradient_kpa_cm"] == pytest.approx(30)
    assert row(3 * x + 4 * y + 1, layout)["gradient_kpa_cm"] == pytest.approx(50)


def test_a_lonely_peak_is_steepest_beside_itself() -> None:
    # One-sided at the edge: from the corner down to its neighbour, along x and y.
    assert row(cell(0, 0, 100))["gradient_kpa_cm"] == pytest.approx(np.hypot(100 / 1.0, 100 / 2.0))
    # Central inside: the cells beside the peak see it over two pitches.
    assert row(cell(1, 2, 100))["gradient_kpa_cm"] == pytest.approx(100 / 2.0)


def test_a_dead_cell_makes_its_neighbours_one_sided() -> None:
    x = np.broadcast_to(PLATE.x, (4, 6))
    frame = 3 * x
    frame[1, 2] = np.nan
    assert row(frame)["gradient_kpa_cm"] == pytest.approx(30)
    masked = replace(PLATE, mask=tuple((np.arange(24) != 8).astype(int).tolist()))
    assert row(3 * x, masked)["gradient_kpa_cm"] == pytest.approx(30)
    two = stats([3 * x, frame])
    assert two["gradient_kpa_cm"].tolist() == pytest.approx([30, 30])


def slope_of_loops(frame: np.ndarray, layout: Layout) -> float:
    """Steepest slope as the definition says it, cell after cell; missing cells NaN."""
    steepest = np.nan
    for r, c in np.argwhere(~np.isnan(frame)):
        slopes = []
        for step, pitch in ((np.array([0, 1]), layout.pitch_mm[0]), (np.array([1, 0]), layout.pitch_mm[1])):
            near = [(r, c) + sign * step for sign in (-1, 1)]
            near = [at if (at >= 0).all() and (at < frame.shape).all() else None for at in near]
            low, high = ((r, c) if at is None or np.isnan(frame[tuple(at)]) else tuple(at) for at in near)
            apart = abs(high[0] - low[0]) + abs(high[1] - low[1])
            slopes.append((frame[high] - frame[low]) / (apart * pitch / 10) if apart else np.nan)
        if not np.isnan(slopes).all():
            steepest = np.fmax(steepest, np.hypot(*np.nan_to_num(slopes)))
    return steepest


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 6), st.sampled_from(["whole", "mask", "lost", "holes"]))
def test_the_gradient_is_that_of_a_loop_over_cells(seed: int, rows: int, cols: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    frames, gone = rng.uniform(0, 100, (4, rows, cols)), rng.random((4, rows, cols)) < 0.3
    gone[:] = {"whole": False, "mask": gone[0], "lost": gone[0], "holes": gone}[kind]
    layout = replace(PLATE, rows=rows, cols=cols)
    if kind == "mask":
        layout = replace(layout, mask=tuple((~gone[0]).ravel().astype(int).tolist()))
    expected = [slope_of_loops(frame, layout) for frame in np.where(gone, np.nan, frames)]
    found = stats(frames if kind == "mask" else np.where(gone, np.nan, frames), layout)["gradient_kpa_cm"]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_frame_hangs_on_none_of_those_beside_it() -> None:
    layout = Layout(rows=40, cols=30, unit="kPa", pitch_mm=(5.0, 4.0), cop_floor_n=0.0)
    frames = np.random.default_rng(2).uniform(-20, 100, (300, 40, 30))
    whole, some = stats(frames, layout), [0, 54, 55, 108, 109, 110, 299]
    alone = pd.concat([stats(frames[i], layout) for i in some])
    np.testing.assert_allclose(whole.iloc[some].to_numpy(), alone.to_numpy(), rtol=1e-12, atol=1e-12)


def test_without_a_neighbour_there_is_no_gradient_and_along_one_axis_there_is() -> None:
    assert np.isnan(row([[5.0]], replace(PLATE, rows=1, cols=1))["gradient_kpa_cm"])
    assert row([[5.0, 8.0]], replace(PLATE, rows=1, cols=2))["gradient_kpa_cm"] == pytest.approx(3.0)
    checker = tuple((np.add.outer(np.arange(4), np.arange(6)) % 2).ravel().tolist())
    assert np.isnan(row(np.ones((4, 6)), replace(PLATE, mask=checker))["gradient_kpa_cm"])


@pytest.mark.parametrize("angle", [-60.0, 0.0, 25.0, 80.0])
def test_the_spread_of_a_gaussian_is_its_own(angle: float) -> None:
    layout = Layout(rows=80, cols=80, unit="kPa", pitch_mm=(2.0, 2.0), cop_floor_n=0.0)
    y, x = np.meshgrid(layout.y - 81.3, layout.x - 78.2, indexing="ij")
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    frame = 100 * np.exp(-0.5 * (((c * x + s * y) / 14) ** 2 + ((c * y - s * x) / 7) ** 2))
    found = row(frame, layout)[SPREAD]
    assert found.tolist() == pytest.approx([14, 7, angle, np.pi * 14 * 7], rel=1e-4)


@given(st.integers(0, 1000), st.integers(1, 7), st.integers(1, 7))
def test_the_spread_is_that_of_the_second_moments_of_any_grid(seed: int, rows: int, cols: int) -> None:
    layout = replace(PLATE, rows=rows, cols=cols)
    frame = np.random.default_rng(seed).uniform(1, 100, (rows, cols))
    y, x = np.meshgrid(layout.y, layout.x, indexing="ij")
    at = np.stack([x.ravel(), y.ravel()])
    away = at - (at * frame.ravel()).sum(axis=1, keepdims=True) / frame.sum()
    low, high = np.linalg.eigvalsh((away * frame.ravel()) @ away.T / frame.sum())
    found = row(frame, layout)
    assert found["spread_major_mm"] == pytest.approx(np.sqrt(max(high, 0.0)), rel=1e-7, abs=1e-6)
    assert found["spread_minor_mm"] == pytest.approx(np.sqrt(max(low, 0.0)), rel=1e-7, abs=1e-4)


@given(st.integers(0, 1000), st.integers(2, 6))
def test_a_load_on_one_line_has_no_width_at_all(seed: int, n: int) -> None:
    layout = replace(PLATE, rows=n, cols=n, pitch_mm=(7.3, 4.1), origin_mm=(0.3, 11.7))
    found = row(np.diag(np.random.default_rng(seed).uniform(1, 100, n)), layout)
    assert (found["spread_minor_mm"], found["spread_area_mm2"]) == (0.0, 0.0)
    assert found["spread_angle_deg"] == pytest.approx(np.degrees(np.arctan2(4.1, 7.3)))


def test_loads_below_zero_that_are_of_no_ellipse_have_no_spread() -> None:
    layout = replace(PLATE, rows=1, cols=3)
    assert row([[-4.0, 10.0, -4.0]], layout)[SPREAD].isna().all()


def test_one_cell_has_no_spread_and_a_round_load_no_angle() -> None:
    found = row(cell(2, 3))
    assert found[["spread_major_mm", "spread_minor_mm", "spread_area_mm2"]].tolist() == [0, 0, 0]
    assert np.isnan(found["spread_angle_deg"])
    square = Layout(rows=2, cols=2, unit="kPa", pitch_mm=(10, 10), cop_floor_n=0.0)
    even = row(np.full((2, 2), 9.0), square)
    assert even[["spread_major_mm", "spread_minor_mm"]].tolist() == pytest.approx([5, 5])
    assert np.isnan(even["spread_angle_deg"])


def test_two_cells_spread_along_the_line_between_them() -> None:
    found = row(cell(1, 1) + cell(1, 4))
    assert found[SPREAD].tolist() == pytest.approx([15, 0, 0, 0], abs=1e-9)


def test_far_from_the_origin_the_spread_does_not_cancel() -> None:
    far = replace(PLATE, origin_mm=(1e7, -1e7))
    frame = cell(1, 1) + cell(2, 4, 30)
    np.testing.assert_allclose(row(frame, far)[SPREAD].tolist(), row(frame)[SPREAD].tolist(), rtol=1e-6)


def test_where_there_is_no_centre_there_is_no_spread_but_quadrants() -> None:
    found = row(cell(1, 1, 1.0), replace(PLATE, cop_floor_n=500.0))
    assert found[SPREAD].isna().all()
    assert found[QUADRANTS].tolist() == [100, 0, 0, 0]
    assert row(np.zeros((4, 6)))[[*SPREAD, *QUADRANTS]].isna().all()


def test_areas_of_cells_weigh_in_quadrants_and_spread() -> None:
    layout = Layout(rows=1, cols=2, unit="kPa", pitch_mm=(10, 10), cell_area_mm2=(100.0, 300.0), cop_floor_n=0.0)
    found = row([[80.0, 80.0]], layout)
    assert found["load_front_right_pct"] == pytest.approx(37.5)
    assert found["spread_major_mm"] == pytest.approx(10 * np.sqrt(3) / 4)


def test_saturated_cells_are_counted_at_the_maximum_that_is_known() -> None:
    counts = np.full((4, 6), 7, np.uint8)
    counts[0, :3] = 255
    whole = replace(PLATE, dtype="uint8")
    assert row(counts, whole)["n_saturated"] == 3
    hidden = replace(whole, mask=(0,) + (1,) * 23)
    assert row(counts, hidden)["n_saturated"] == 2
    assert np.isnan(row(counts)["n_saturated"])
    assert row(counts, saturation=7.0)["n_saturated"] == 24
    assert stats(counts, saturation=7.0).attrs["saturation"] == 7.0
    assert row(np.where(counts > 9, np.nan, 7.0), saturation=7.0)["n_saturated"] == 21
    assert stats([counts, np.zeros((4, 6))], whole)["n_saturated"].tolist() == [3, 0]


@pytest.mark.parametrize(
    ("layout", "maximum"),
    [
        (replace(PLATE, dtype="uint8", unit="psi", scale=0.5), 255 * 0.5 * 6.894757),
        (replace(PLATE, dtype="uint16", unit="N/cm2", offset=2.0), (65_535 + 2) * 10.0),
        (Layout(rows=4, cols=6, dtype="uint16"), 65_535.0),
    ],
)
def test_the_maximum_of_a_sensor_is_that_of_its_whole_numbers_in_kpa_or_counts(layout: Layout, maximum: float) -> None:
    full = np.full((4, 6), np.iinfo(layout.numpy_dtype).max)
    full[2, 3] -= 1
    found = stats(full, layout)
    assert found.attrs["saturation"] == pytest.approx(maximum, rel=1e-12)
    assert found["n_saturated"].tolist() == [23]


def test_a_frame_without_any_value_has_no_shape_and_its_neighbours_have_theirs() -> None:
    frames = np.stack([cell(1, 2), np.full((4, 6), np.nan), cell(2, 3)])
    found = stats(frames, saturation=50.0)
    assert found["n_saturated"].tolist() == pytest.approx([1, np.nan, 1], nan_ok=True)
    assert found["gradient_kpa_cm"].isna().tolist() == [False, True, False]
    assert found[QUADRANTS].isna().all(axis=1).tolist() == [False, True, False]


def test_a_missing_cell_weighs_in_quadrants_and_spread_as_an_unloaded_one_does() -> None:
    frame = np.random.default_rng(5).uniform(1, 100, (4, 6))
    frame[1, 2] = frame[3, 5] = np.nan
    lost, unloaded = row(frame), row(np.nan_to_num(frame))
    np.testing.assert_allclose(lost[[*QUADRANTS, *SPREAD]].tolist(), unloaded[[*QUADRANTS, *SPREAD]].tolist())


def test_raw_and_bare_streams_name_gradient_and_spread_by_what_they_know() -> None:
    bare = row(np.arange(24.0), Layout(rows=4, cols=6))
    assert bare["gradient_raw_cell"] == pytest.approx(np.hypot(1, 6))
    assert {"spread_major_cell", "spread_area_cell2", "spread_angle_deg"} <= set(bare.index)
    assert "gradient_kpa_cell" in row(np.arange(24.0), Layout(rows=4, cols=6, unit="kPa")).index
