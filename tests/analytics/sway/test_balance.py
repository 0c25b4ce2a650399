"""Balance against tracks that can be worked out, scipy, and another library's numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openbalance import Trial
from openbalance.processing.kinematics import calculate_path_length, calculate_sway_areas
from scipy import signal, stats

from analytics import balance, frame_stats, sim, spectrum
from analytics.base.filters import lowpass, sampling_hz
from barograph import Layout
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]
MEASURES = 16


def measured(table: pd.DataFrame, **parameters: Any) -> pd.Series:
    return balance(table, **parameters).iloc[0]


def wander(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(n).cumsum() * 0.3, rng.standard_normal(n).cumsum() * 0.2


def test_a_square_walked_once_has_its_own_area_path_and_velocity(table: Table) -> None:
    sway = measured(table(cop_x_mm=[0, 10, 10, 0, 0], cop_y_mm=[0, 0, 10, 10, 0]))
    assert sway["path_mm"] == 40
    assert sway["duration_s"] == pytest.approx(0.04)
    assert sway["mean_velocity_mm_s"] == pytest.approx(1000)
    assert sway["hull_area_mm2"] == pytest.approx(100)
    assert (sway["range_x_mm"], sway["range_y_mm"]) == (10, 10)
    assert sway["sampling_hz"] == pytest.approx(100)
    assert sway["n"] == 5


def test_a_circle_has_the_measures_of_a_circle(table: Table) -> None:
    turn = 2 * np.pi * np.arange(1000) / 1000
    sway = measured(table(cop_x_mm=5 + 3 * np.cos(turn), cop_y_mm=7 + 3 * np.sin(turn)))
    assert sway["mean_distance_mm"] == pytest.approx(3)
    assert sway["rms_distance_mm"] == pytest.approx(3)
    assert (sway["rms_x_mm"], sway["rms_y_mm"]) == pytest.approx((3 / np.sqrt(2), 3 / np.sqrt(2)))
    assert sway["path_mm"] == pytest.approx(999 * 6 * np.sin(np.pi / 1000))
    # Once around in ten seconds: the mean frequency of a circle is how often it is walked.
    assert sway["mean_frequency_hz"] == pytest.approx(0.1, rel=1e-5)
    assert sway["sway_area_per_s_mm2_s"] == pytest.approx(np.pi * 9 / 10, rel=1e-4)
    assert sway["circle95_area_mm2"] == pytest.approx(np.pi * 9, rel=1e-6)
    assert np.isnan(sway["ellipse95_angle_deg"])
    assert sway["ellipse95_major_mm"] == pytest.approx(sway["ellipse95_minor_mm"])


@pytest.mark.parametrize("angle", [-75.0, -30.0, 0.0, 20.0, 89.0])
def test_the_ellipse_of_normal_points_holds_what_it_says_and_turns_with_them(table: Table, angle: float) -> None:
    n = 20_000
    u, v = np.random.default_rng(1).standard_normal((2, n)) * [[6.0], [2.0]]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    sway = measured(table(cop_x_mm=c * u - s * v, cop_y_mm=s * u + c * v))
    assert sway["ellipse95_angle_deg"] == pytest.approx(angle, abs=0.5)
    assert sway["ellipse95_major_mm"] == pytest.approx(6 * np.sqrt(5.991465), rel=0.02)
    assert sway["ellipse95_minor_mm"] == pytest.approx(2 * np.sqrt(5.991465), rel=0.02)
    within = (u / sway["ellipse95_major_mm"]) ** 2 + (v / sway["ellipse95_minor_mm"]) ** 2 <= 1
    assert within.mean() == pytest.approx(0.95, abs=0.005)


def test_the_k_of_the_ellipse_is_chosen_by_name(table: Table) -> None:
    x, y = wander(12)
    stats_table = table(cop_x_mm=x, cop_y_mm=y)
    root = np.sqrt(np.linalg.det(np.cov(x, y)))
    assert measured(stats_table)["ellipse95_area_mm2"] == pytest.approx(np.pi * 5.991465 * root, rel=1e-7)
    k = 2 * 11 * 13 / (12 * 10) * stats.f.ppf(0.95, 2, 10)
    assert measured(stats_table, ellipse="exact")["ellipse95_area_mm2"] == pytest.approx(np.pi * k * root)
    assert balance(stats_table, ellipse="exact").attrs["ellipse"] == "exact"
    with pytest.raises(InvalidData, match="expected chi2 or exact"):
        balance(stats_table, ellipse="confidence")  # type: ignore[arg-type]


@given(st.integers(3, 300), st.integers(0, 1000))
def test_path_hull_ellipse_and_circle_are_another_librarys(n: int, seed: int) -> None:
    x, y = wander(n, seed)
    index = pd.DatetimeIndex(np.arange(n) * 10_000, tz="UTC").as_unit("us")
    trial = Trial(np.zeros((n, 4)), 100.0, list("1234"))
    trial.parameters = {"COP_x": x, "COP_y": y}
    theirs = calculate_sway_areas(calculate_path_length(trial)).parameters
    ours = measured(pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index))
    for mine, yours in (
        ("path_mm", "Path_Length"),
        ("hull_area_mm2", "Area_Hull"),
        ("ellipse95_area_mm2", "Area_Ellipse"),
        ("circle95_area_mm2", "Area_Circle"),
    ):
        assert ours[mine] == pytest.approx(theirs[yours], rel=1e-9)


@given(st.integers(0, 100), st.floats(-180, 180), st.booleans(), st.floats(0.1, 50), st.floats(-1e3, 1e3))
def test_turning_mirroring_moving_and_scaling_a_track_change_only_what_they_must(
    seed: int, angle: float, mirrored: bool, scale: float, shift: float
) -> None:
    x, y = wander(60, seed)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u, v = c * x - s * y, s * x + c * y
    index = pd.DatetimeIndex(np.arange(60) * 10_000, tz="UTC").as_unit("us")
    plain = measured(pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index))
    turned = pd.DataFrame({"cop_x_mm": (-u if mirrored else u) * scale + shift, "cop_y_mm": v * scale}, index=index)
    other = measured(turned)
    for name in ("mean_distance_mm", "rms_distance_mm", "path_mm", "mean_velocity_mm_s", "ellipse95_major_mm"):
        assert other[name] == pytest.approx(plain[name] * scale, rel=1e-6)
    for name in ("hull_area_mm2", "circle95_area_mm2", "ellipse95_area_mm2", "sway_area_per_s_mm2_s"):
        assert other[name] == pytest.approx(plain[name] * scale**2, rel=1e-5)
    assert other["mean_frequency_hz"] == pytest.approx(plain["mean_frequency_hz"], rel=1e-6)


def test_fewer_than_three_rows_have_no_measures(table: Table) -> None:
    for n in range(3):
        sway = balance(table(cop_x_mm=np.arange(n), cop_y_mm=np.arange(n)))
        assert sway["n"].iloc[0] == n
        assert sway.iloc[0, 3:].isna().all()
        assert len(sway.columns) == MEASURES + 3


@pytest.mark.parametrize("slope", [0.0, 1.0, -0.37])
def test_a_track_on_a_line_has_no_area(table: Table, slope: float) -> None:
    x = np.random.default_rng(2).standard_normal(200)
    sway = measured(table(cop_x_mm=x, cop_y_mm=slope * x))
    assert sway[["hull_area_mm2", "ellipse95_area_mm2", "ellipse95_minor_mm"]].tolist() == [0, 0, 0]
    assert sway["ellipse95_angle_deg"] == pytest.approx(np.degrees(np.arctan(slope)))


def test_a_centre_that_does_not_move_has_no_size_and_no_frequency(table: Table) -> None:
    sway = measured(table(cop_x_mm=np.full(50, 3.0), cop_y_mm=np.full(50, 4.0)))
    assert sway[["mean_distance_mm", "path_mm", "hull_area_mm2", "ellipse95_area_mm2"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(sway["mean_frequency_hz"])
    assert np.isnan(sway["ellipse95_angle_deg"])


def test_no_way_is_counted_across_a_gap_or_a_missing_centre(table: Table) -> None:
    x = np.array([0.0, 1, 2, np.nan, 50, 51, 200, 201])
    seconds = np.array([0, 1, 2, 3, 4, 5, 20, 21]) / 10
    sway = measured(table(seconds, cop_x_mm=x, cop_y_mm=np.zeros(8)))
    assert sway["path_mm"] == 4
    assert sway["duration_s"] == pytest.approx(0.4)
    assert sway["n"] == 7
    lonely = balance(table(np.arange(5) * 2.0, cop_x_mm=[1, 2, 3, 4, 9], cop_y_mm=[1, 5, 3, 4, 2]), gap_s=0.5).iloc[0]
    assert np.isnan(lonely["path_mm"])
    assert lonely["hull_area_mm2"] > 0


def test_a_short_or_unfiltered_trial_says_so(table: Table) -> None:
    x, y = wander(9001)
    good = balance(table(cop_x_mm=x, cop_y_mm=y), cutoff_hz=10.0)
    assert good.attrs["notes"] == []
    assert good.attrs["protocol"]["duration_s"] == 90
    short = balance(table(cop_x_mm=x[:3000], cop_y_mm=y[:3000]))
    assert [note.split()[0] for note in short.attrs["notes"]] == ["shorter", "not"]
    slow = balance(table(np.arange(9001) / 25, cop_x_mm=x, cop_y_mm=y), cutoff_hz=5.0)
    assert [note.split()[0] for note in slow.attrs["notes"]] == ["sampled", "cut"]


def test_positions_in_cells_stay_in_cells(table: Table) -> None:
    x, y = wander(50)
    sway = balance(table(cop_x_cell=x, cop_y_cell=y))
    assert sway.attrs["units"]["hull_area_cell2"] == "cells²"
    assert sway.attrs["units"]["path_cell"] == "cells"
    assert set(sway.attrs["units"]) == set(sway.columns)
    with pytest.raises(InvalidData, match="centre of pressure"):
        balance(table(total_force_n=x))


def test_a_filtered_track_is_that_of_scipy(table: Table) -> None:
    x, y = wander(500)
    sos = signal.butter(4, 10.0, fs=100.0, output="sos")
    expected = table(cop_x_mm=signal.sosfiltfilt(sos, x), cop_y_mm=signal.sosfiltfilt(sos, y))
    plain = measured(expected)
    pd.testing.assert_series_equal(measured(table(cop_x_mm=x, cop_y_mm=y), cutoff_hz=10.0), plain, rtol=1e-12)


def test_an_inverted_pendulums_sway_is_measured_as_it_was_made() -> None:
    """A body that sways as one stiff piece: the angle is known, and so is its centre of pressure."""
    t = np.arange(0, 60, 0.01)
    height, omega, size = 0.95, 2 * np.pi * 0.4, np.radians(0.5)
    angle = size * np.sin(omega * t)
    # Centre of mass h·φ; the centre of pressure leads it by h/g times its acceleration.
    cop = 1000 * height * angle * (1 + height * omega**2 / sim.GRAVITY)
    layout = Layout(rows=80, cols=60, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")
    plate = sim.gaussian(np.column_stack([np.full(len(t), 150.0), 200.0 + cop]), layout, force_n=700.0)
    sway = measured(frame_stats(plate))
    amplitude = 1000 * height * size * (1 + height * omega**2 / sim.GRAVITY)
    assert sway["range_y_mm"] == pytest.approx(2 * amplitude, rel=1e-3)
    assert sway["rms_y_mm"] == pytest.approx(amplitude / np.sqrt(2), rel=1e-6)
    assert sway["range_x_mm"] < 1e-6
    assert sway["mean_velocity_mm_s"] == pytest.approx(4 * amplitude * 0.4, rel=1e-3)
    assert sway["hull_area_mm2"] == 0


def test_a_lowpass_without_lag_is_scipys_and_the_causal_one_its_forward_pass() -> None:
    us = np.arange(400, dtype=np.int64) * 10_000
    x = wander(400)[0]
    sos = signal.butter(4, 10.0, fs=100.0, output="sos")
    np.testing.assert_allclose(lowpass(x, us), signal.sosfiltfilt(sos, x), rtol=1e-12)
    # The causal one runs on a grid of 20 times the cut-off; between rows lie straight lines.
    sos = signal.butter(4, 10.0, fs=200.0, output="sos")
    forward = signal.sosfilt(sos, x, zi=signal.sosfilt_zi(sos) * x[0])[0]
    np.testing.assert_allclose(lowpass(x, us // 2, causal=True), forward, rtol=1e-9)
    between = np.interp(np.arange(799) / 2, np.arange(400), x)
    forward = signal.sosfilt(sos, between, zi=signal.sosfilt_zi(sos) * x[0])[0]
    np.testing.assert_allclose(lowpass(x, us, causal=True), forward[::2], rtol=1e-9)
    steeper = signal.sosfiltfilt(signal.butter(2, 5.0, fs=100.0, output="sos"), x)
    np.testing.assert_allclose(lowpass(x, us, cutoff_hz=5.0, order=2), steeper, rtol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_columns_are_filtered_together_as_each_is_alone(causal: bool) -> None:
    rng, us = np.random.default_rng(4), np.arange(400, dtype=np.int64) * 10_000
    us[200:] += 2_000_000
    us[300:] += np.cumsum(rng.integers(0, 4_000, 100))
    track = np.column_stack(wander(400))
    track[50:60] = np.nan
    track[100, 1] = np.nan
    both = lowpass(track, us, causal=causal)
    missing = np.isnan(track).any(axis=1)
    assert (np.isnan(both) == missing[:, None]).all()
    for column, found in zip(track.T, both.T, strict=True):
        alone = lowpass(np.where(missing, np.nan, column), us, causal=causal)
        np.testing.assert_allclose(found, alone, rtol=1e-12)


def test_a_track_that_was_filtered_before_is_measured_as_if_it_had_been_here(table: Table) -> None:
    x, y = wander(3000)
    given = table(cop_x_mm=x, cop_y_mm=y)
    smooth = given.copy()
    smooth[:] = lowpass(given.to_numpy(), np.asarray(given.index.as_unit("us").asi8), cutoff_hz=7.0)
    for measure in (balance, spectrum):
        once, before = measure(given, cutoff_hz=7.0), measure(smooth, cutoff_hz=7.0, filtered=True)
        pd.testing.assert_frame_equal(once, before, rtol=1e-12)
        assert once.attrs["cutoff_hz"] == before.attrs["cutoff_hz"]
        assert once.attrs.get("notes") == before.attrs.get("notes")
        assert before.attrs["filtered"]


def test_a_lowpass_keeps_slow_waves_and_takes_fast_ones_at_any_sampling() -> None:
    rng = np.random.default_rng(3)
    us = np.cumsum(rng.integers(8_000, 12_000, 3000)).astype(np.int64)
    slow, fast = (np.sin(2 * np.pi * hz * us / 1e6) for hz in (1.0, 30.0))
    kept = lowpass(slow + fast, us)
    assert np.abs(kept - slow)[50:-50].max() < 0.1


def test_pieces_between_gaps_are_filtered_apart_and_short_ones_too() -> None:
    us = np.arange(60, dtype=np.int64) * 10_000
    us[30:] += 5_000_000
    x = np.where(np.arange(60) < 30, 1.0, 9.0)
    x[10] = np.nan
    out = lowpass(x, us)
    np.testing.assert_allclose(out[~np.isnan(x)], x[~np.isnan(x)], rtol=1e-9)
    assert np.isnan(out[10])
    assert lowpass(np.array([7.0]), us[:1]).tolist() == [7.0]
    assert lowpass(np.array([7.0, 8.0]), us[:2]).shape == (2,)


def test_a_cut_off_beyond_what_was_sampled_leaves_the_values() -> None:
    us = np.arange(50, dtype=np.int64) * 100_000
    x = wander(50)[0]
    np.testing.assert_array_equal(lowpass(x, us), x)
    with pytest.raises(InvalidData, match="above 0"):
        lowpass(x, us, cutoff_hz=0.0)


def test_the_sampling_rate_is_that_of_the_median_step() -> None:
    assert sampling_hz(np.array([0, 0, 10_000, 20_000, 30_000, 9_000_000])) == pytest.approx(100)
    assert np.isnan(sampling_hz(np.array([5])))
