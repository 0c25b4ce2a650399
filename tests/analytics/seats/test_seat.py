"""Seats and saddles: maps whose values can be worked out, a measured mat, and laws that hold for any."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import peak_pressure_index, saddle, seat
from analytics.seats.seat import SeatFold
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Gap, Geometry

SEAT = Layout(rows=5, cols=5, unit="kPa", pitch_mm=(10.0, 10.0), kind="seat")
PLACELESS = Layout(rows=5, cols=5, unit="kPa", geometry=Geometry(places="none"))


@pytest.fixture(scope="module")
def expected(metrics: Callable[[str], Path]) -> dict[str, Any]:
    return dict(json.loads(metrics("other/expected.json").read_text()))


@pytest.fixture(scope="module")
def matrix(expected: dict[str, Any]) -> np.ndarray:
    return np.array(expected["seat_matrix_5x5"]["matrix_kpa"], float)


def recording(frames: Any, layout: Layout = SEAT, step_us: int = 100_000) -> Recording:
    frames = np.asarray(frames, float).reshape(-1, layout.rows, layout.cols)
    return Recording(frames=frames, times_us=np.arange(len(frames)) * step_us, layout=layout)


def cells_of(area_mm2: float) -> Layout:
    return replace(SEAT, cell_area_mm2=area_mm2)


@pytest.mark.parametrize(
    ("area_mm2", "asked", "name"),
    [(100, 9.5, "ppi_cells_1_cm2"), (100, 9.0, "ppi_9_cm2"), (250, 9.5, "ppi_cells_2_5_cm2"),
     (1200, 9.5, "ppi_cells_12_cm2")],
)  # fmt: skip
def test_the_index_takes_the_highest_neighbours_and_the_last_in_part(
    area_mm2: float, asked: float, name: str, matrix: np.ndarray, expected: dict[str, Any]
) -> None:
    found = peak_pressure_index(matrix, cells_of(area_mm2), area_cm2=asked)
    assert found == pytest.approx(expected["seat_matrix_5x5"][name], abs=1e-3)


def test_one_matrix_has_the_published_variation_and_dispersion(matrix: np.ndarray, expected: dict[str, Any]) -> None:
    middle = np.zeros((5, 5), bool)
    middle[1:4, 1:4] = True
    row = seat(recording([matrix]), middle).iloc[0]
    of = expected["seat_matrix_5x5"]
    assert row["cov_pct"] == pytest.approx(of["cov_pct"], abs=1e-3)
    assert row["dispersion_index_pct"] == pytest.approx(of["dispersion_middle_3x3_pct"], abs=1e-3)
    above = seat(recording([matrix]), loaded_above=15.0).iloc[0]
    assert above["cov_pct"] == pytest.approx(of["cov_above_15_pct"], abs=1e-3)


def test_two_hills_have_the_index_of_the_higher_one(expected: dict[str, Any]) -> None:
    layout = Layout(rows=32, cols=32, unit="kPa", pitch_mm=(14.0, 14.0), kind="seat")
    x = (np.arange(32) + 0.5) * 14
    y = (32 - np.arange(32) - 0.5)[:, None] * 14
    hills = [
        peak * np.exp(-((x - 224 - side) ** 2 + (y - 224 + 60) ** 2) / 1800) for peak, side in ((100, -60), (80, 60))
    ]
    row = seat(recording([sum(hills)], layout)).iloc[0]
    assert row["ppi_kpa"] == pytest.approx(expected["seat_two_hills"]["ppi_kpa"], abs=1e-3)
    assert row["ppi_kpa"] == pytest.approx(expected["seat_two_hills"]["closed_form_disc_ppi"], rel=0.01)
    assert row["cov_pct"] == pytest.approx(expected["seat_two_hills"]["cov_above_0_6667_pct"], abs=0.05)


def test_a_measured_mat_has_the_reference_numbers(vendor: Callable[[str], Path], expected: dict[str, Any]) -> None:
    (mat,) = read_file(vendor("novel-pliance/pliance_test.asc"))
    of = expected["pliance"]
    row = seat(mat, loaded_above=0.0).iloc[0]
    one = seat(mat, loaded_above=0.0, frame=of["frame_of_largest_force"]).iloc[0]
    back = saddle(mat, loaded_above=0.0).iloc[0]
    found = {
        "mean_map_ppi_kpa": row["ppi_kpa"],
        "mean_map_cov_pct": row["cov_pct"],
        "time_above_cm2_s": row["time_above_cm2_s"],
        "longest_s": row["longest_above_s"],
        "cells_above_32_mmhg": row["cells_above"],
        "cells_above_for_2_s": row["cells_held"],
        "ppi_of_that_frame_kpa": one["ppi_kpa"],
        "cov_of_that_frame_pct": one["cov_pct"],
        "bridging_ratio": back["bridging_ratio"],
        "side_index_of_means_pct": back["side_index_pct"],
    }
    for name, value in found.items():
        assert value == pytest.approx(of[name], abs=1e-3), name
    assert (back["bridged"], back["uneven"]) == (0.0, 1.0)
    assert back["cop_drift_x_mm_min"] < 0


def test_three_bands_are_bridged(expected: dict[str, Any]) -> None:
    layout = Layout(rows=9, cols=4, unit="kPa", pitch_mm=(10.0, 10.0), kind="saddle")
    bands = np.repeat([20.0, 6.0, 30.0], 3)[:, None] * np.ones(4)
    row = saddle(recording([bands] * 12, layout)).iloc[0]
    assert row["bridging_ratio"] == pytest.approx(expected["bridging_three_bands"]["bridging_ratio"], abs=1e-3)
    assert (row["bridged"], row["side_index_pct"], row["uneven"], row["cop_drift_x_mm_min"]) == (1.0, 0.0, 0.0, 0.0)
    hollow = saddle(recording([np.where(bands == 6, 0, bands)] * 2, layout)).iloc[0]
    assert (hollow["bridging_ratio"], hollow["bridged"]) == (0.0, 1.0)
    nothing = saddle(recording([0 * bands] * 2, layout)).iloc[0]
    assert nothing.isna().all()


def test_a_saddle_that_slips_has_a_drift_to_its_side() -> None:
    layout = Layout(rows=3, cols=8, unit="kPa", pitch_mm=(10.0, 10.0), kind="saddle", contact_kpa=0.0)
    share = np.linspace(0, 1, 61)[:, None, None]
    frames = np.zeros((61, 3, 8))
    frames[:, :, 2:3], frames[:, :, 3:4] = 100 * (1 - share), 100 * share
    row = saddle(recording(frames, layout, 1_000_000)).iloc[0]
    assert row["cop_drift_x_mm_min"] == pytest.approx(10.0)


HELD = [(1, 0), (1, 1), (1, 1), (0, 1), (1, 1)]


@pytest.mark.parametrize("cut", [None, 1, 2, 3])
def test_time_above_a_level_ends_with_the_load_and_at_a_gap(cut: int | None) -> None:
    layout = Layout(rows=1, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), kind="seat")
    frames = np.array(HELD, float)[:, None] * 10
    made = recording(frames, layout, 1_000_000)
    if cut is not None:
        times = made.times_us + np.where(np.arange(5) >= cut, 60_000_000, 0)
        made = replace(made, times_us=times, gaps=(Gap(0, cut, 5, int(times[cut - 1]), int(times[cut])),))
    row = seat(made, hold_s=2.0).iloc[0]
    longest = {None: (3.0, 4.0), 1: (2.0, 4.0), 2: (2.0, 3.0), 3: (3.0, 2.0)}[cut]
    assert row["time_above_cm2_s"] == pytest.approx(8.0)
    assert row["longest_above_s"] == pytest.approx(max(longest))
    assert row["cells_above"] == 2
    assert row["cells_held"] == sum(one >= 2 for one in longest)
    assert seat(made, hold_s=3.5).iloc[0]["cells_held"] == sum(one >= 3.5 for one in longest)


def plain_longest(above: np.ndarray, seconds: float) -> np.ndarray:
    longest = np.zeros(above.shape[1:])
    lasting = np.zeros_like(longest)
    for frame in above:
        lasting = np.where(frame, lasting + seconds, 0.0 * seconds)
        longest = np.maximum(longest, lasting)
    return longest


@given(st.integers(0, 2**20), st.integers(1, 40))
def test_the_longest_time_is_that_of_a_plain_loop_however_frames_are_cut(seed: int, frames: int) -> None:
    values = np.random.default_rng(seed).integers(0, 9, (frames, 5, 5)).astype(float)
    found = seat(recording(values)).iloc[0]
    longest = plain_longest(values > 4.266, 0.1 if frames > 1 else np.nan)
    assert found["longest_above_s"] == pytest.approx(longest.max(), nan_ok=True)
    assert found["cells_above"] == (values > 4.266).any(axis=0).sum()
    assert found["time_above_cm2_s"] == pytest.approx(
        (values > 4.266).sum() * 0.1 if frames > 1 else np.nan, nan_ok=True
    )


@given(st.integers(0, 2**20), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_frames_that_come_in_parts_make_the_same_table(seed: int, parts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, (sum(parts), 5, 5)).astype(float)
    times = np.cumsum(rng.choice([100_000, 110_000, 30_000_000], sum(parts), p=[0.5, 0.3, 0.2]))
    whole = Recording(frames=values, times_us=times, layout=SEAT)
    fold, at = SeatFold(SEAT, hold_s=0.2), 0
    for part in parts:
        fold.update(whole.part(at, at + part))
        at += part
    pd.testing.assert_frame_equal(fold.get(), seat(whole, hold_s=0.2))


@given(st.integers(0, 2**20), st.sampled_from(["turn", "mirror", "double"]))
def test_turning_mirroring_and_scaling_change_what_they_must(seed: int, how: str) -> None:
    matrix = np.random.default_rng(seed).uniform(0, 100, (5, 5))
    other = {"turn": np.rot90(matrix), "mirror": matrix[:, ::-1], "double": matrix * 2}[how]
    times = 2 if how == "double" else 1
    before, after = (seat(recording([one]), loaded_above=0.0).iloc[0] for one in (matrix, other))
    assert after["ppi_kpa"] == pytest.approx(times * before["ppi_kpa"])
    assert after["cov_pct"] == pytest.approx(before["cov_pct"])
    assert matrix.mean() < before["ppi_kpa"] <= matrix.max()


def test_what_a_sensor_does_not_carry_is_absent_with_the_reason(matrix: np.ndarray) -> None:
    counts = seat(recording([matrix], replace(SEAT, unit="raw", contact_kpa=None)), loaded_above=0.0)
    assert list(counts) == ["cov_pct"]
    assert set(counts.attrs["absent"]) >= {"ppi_kpa", "cells_above", "time_above_cm2_s", "dispersion_index_pct"}
    bare = seat(recording([matrix], replace(SEAT, pitch_mm=None)))
    assert "cells_above" in bare
    assert bare.attrs["absent"]["ppi_kpa"] == "needs cells with an area"
    assert "time_above_cm2_s" not in bare


def test_cells_that_are_missing_or_too_few_have_no_index(matrix: np.ndarray) -> None:
    assert np.isnan(peak_pressure_index(matrix, cells_of(10)))
    assert np.isnan(peak_pressure_index(matrix * np.nan, SEAT))
    walled = matrix.copy()
    walled[1:4, 1:4] = np.nan
    walled[2, 2] = 200.0
    assert np.isnan(peak_pressure_index(walled, SEAT))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda r: seat(r, np.zeros((2, 2), bool)), "region: expected"),
        (lambda r: seat(r, frame=1), "frame: expected"),
        (lambda r: seat(r, area_cm2=11.0), "area_cm2: expected"),
        (lambda r: saddle(replace(r, layout=PLACELESS)), "recording: expected cells"),
        (lambda r: peak_pressure_index(np.zeros((2, 2)), r.layout), "pressure: expected"),
        (lambda r: peak_pressure_index(r.frames[0], replace(SEAT, unit="raw")), "layout: expected pressures"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(call: Callable[[Recording], Any], said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        call(recording(np.zeros((1, 5, 5))))
