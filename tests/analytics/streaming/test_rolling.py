"""Rolling statistics against pandas, against loops, and at values where unstable formulas fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as distributions

from analytics import cop_velocity, drift, frame_stats, loading_rates, rolling, sim, stances
from analytics.base.windows import Moments, Windows
from analytics.columns import definition
from analytics.streaming.rolling import PIECE_ROWS
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def uneven(n: int, seed: int = 0, missing: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    us = np.cumsum(rng.choice([0, 4_000, 13_000, 14_000, 31_000, 700_000], n, p=[0.1, 0.2, 0.3, 0.2, 0.18, 0.02]))
    values = rng.standard_normal((n, 2)).cumsum(axis=0)
    values[rng.random((n, 2)) < missing] = np.nan
    index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time")
    return pd.DataFrame(values, columns=["total_force_n", "peak_kpa"], index=index)


@pytest.mark.parametrize("window", ["50ms", "1s", "20s"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_windows_by_time_are_those_of_pandas(window: str, missing: float) -> None:
    stats = uneven(3000, missing=missing)
    found = rolling(stats, window)
    theirs = stats.rolling(window)
    for name in stats:
        for prefix, expected in (("mean", theirs.mean()), ("sd", theirs.std()), ("min", theirs.min())):
            np.testing.assert_allclose(found[f"{prefix}_{name}"], expected[name], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found[f"max_{name}"], theirs.max()[name])
        np.testing.assert_allclose(found[f"rms_{name}"], np.sqrt((stats**2).rolling(window).mean()[name]), rtol=1e-6)


def test_a_window_is_open_at_its_old_end_and_closed_at_the_row() -> None:
    us = np.array([0, 500_000, 1_000_000, 1_000_001])
    assert Windows.of(us, 1_000_000).first.tolist() == [0, 0, 1, 1]


def test_rows_of_one_time_know_only_those_before_them(table: Table) -> None:
    found = rolling(table(np.zeros(3), v=[1.0, 2.0, 6.0]), "1s")
    assert found["mean_v"].tolist() == [1.0, 1.5, 3.0]
    # A repeated time has no rate, and weighs nothing in the smoothed value.
    assert found["rate_v_s"].isna().all()
    assert found["ewma_v"].tolist() == [1.0, 1.0, 1.0]


def test_a_small_spread_on_a_large_value_does_not_cancel(table: Table) -> None:
    rng = np.random.default_rng(4)
    wiggle = rng.standard_normal(500) * 1e-3
    found = rolling(table(v=1e9 + wiggle), "1s")
    exact = pd.Series((1e9 + wiggle) - 1e9).rolling(100, min_periods=2).std()
    # The values themselves are known to 1e-7; squares of them would be known to 100.
    np.testing.assert_allclose(found["sd_v"], exact, rtol=1e-4)


def test_a_constant_has_no_spread_after_a_jump_of_any_size(table: Table) -> None:
    v = np.concatenate([np.full(200, 1e12), np.full(200, 3.1)])
    found = rolling(table(v=v), "1s")
    assert (found["sd_v"].iloc[300:] == 0).all()
    assert (found["mean_v"].iloc[300:] == 3.1).all()


def test_a_single_value_has_no_sd_and_no_value_has_nothing(table: Table) -> None:
    found = rolling(table(v=[np.nan, 2.0, np.nan, np.nan]), "15ms")
    assert found["mean_v"].tolist() == pytest.approx([np.nan, 2, 2, np.nan], nan_ok=True)
    assert found["sd_v"].isna().all()
    assert np.isnan(found["min_v"].iloc[0])


def test_the_smoothed_value_weighs_by_time_from_the_last_value(table: Table) -> None:
    seconds = np.array([0.0, 0.1, 0.4, 0.5, 3.5])
    v = np.array([1.0, 3.0, np.nan, 2.0, 8.0])
    found = rolling(table(seconds, v=v), "1s", tau_s=0.5)["ewma_v"].tolist()
    y, last, expected = 1.0, 0.0, []
    for t, value in zip(seconds, v, strict=True):
        if np.isnan(value):
            expected.append(np.nan)
            continue
        y += (1 - np.exp(-(t - last) / 0.5)) * (value - y)
        last = t
        expected.append(y)
    assert found == pytest.approx(expected, nan_ok=True)


def test_a_rate_is_the_change_over_the_time_and_never_across_a_gap(table: Table) -> None:
    found = rolling(table([0.0, 0.1, 0.3, 0.9], v=[1.0, 2.0, 6.0, 6.5]))["rate_v_s"].tolist()
    assert found == pytest.approx([np.nan, 10.0, 20.0, np.nan], nan_ok=True)
    joined = rolling(table([0.0, 0.1, 0.3, 0.9], v=[1.0, 2.0, 6.0, 6.6]), gap_s=1.0)["rate_v_s"].tolist()
    assert joined == pytest.approx([np.nan, 10.0, 20.0, 1.0], nan_ok=True)


def test_way_velocity_and_impulse_are_over_the_steps_that_lie_in_the_window(table: Table) -> None:
    n = 50
    stats = table(total_force_n=np.arange(n) * 10.0, cop_x_mm=np.arange(n) * 3.0, cop_y_mm=np.arange(n) * 4.0)
    found = rolling(stats, "100ms")
    # Ten rows, nine steps of 5 mm and 10 ms.
    assert found["path_mm"].iloc[20] == pytest.approx(45.0)
    assert found["mean_velocity_mm_s"].iloc[20] == pytest.approx(500.0)
    assert found["impulse_ns"].iloc[20] == pytest.approx(0.09 * 10 * (11 + 20) / 2)
    assert found[["path_mm", "mean_velocity_mm_s", "impulse_ns"]].iloc[0].isna().all()


def test_a_missing_centre_takes_the_ways_beside_it(table: Table) -> None:
    x = np.array([0.0, 1.0, np.nan, 7.0, 9.0])
    found = rolling(table(cop_x_cell=x, cop_y_cell=np.zeros(5)))
    assert found["path_cell"].tolist() == pytest.approx([np.nan, 1, 1, 1, 3], nan_ok=True)
    assert "mean_velocity_cell_s" in found


def test_every_column_of_a_rolled_table_is_explained_and_carries_its_unit() -> None:
    stats = frame_stats(sim.walk(2.0)["left"])
    found = rolling(stats, "250ms", tau_s=1.0)
    assert set(found.attrs["units"]) == set(found.columns)
    assert {key: found.attrs[key] for key in ("window_s", "tau_s", "gap_s")} == {
        "window_s": 0.25, "tau_s": 1.0, "gap_s": 0.5,
    }  # fmt: skip
    assert definition("rate_total_force_n_s").unit == "N/s"
    some = rolling(stats, 0.25, columns=["peak_kpa"])
    assert list(some.columns) == [f"{each}_peak_kpa" for each in ("mean", "sd", "min", "max", "rms", "ewma")] + [
        "rate_peak_kpa_s"
    ]
    pd.testing.assert_series_equal(some["sd_peak_kpa"], found["sd_peak_kpa"])


def test_an_empty_table_and_one_without_columns_stay_so(table: Table) -> None:
    assert rolling(table(total_force_n=[])).shape == (0, 8)
    assert rolling(table(total_force_n=[1.0, 2.0]), columns=[]).shape == (2, 0)


@pytest.mark.parametrize("window", ["", "soon", 0, -1, "0s", np.nan, np.inf, None, [1], True])
def test_a_window_that_is_none_is_refused(table: Table, window: Any) -> None:
    with pytest.raises(InvalidData, match=r"window: expected a duration (like '1s'|above 0), got "):
        rolling(table(v=[1.0]), window)


def test_what_cannot_be_rolled_is_refused(table: Table) -> None:
    with pytest.raises(InvalidData, match="tau_s: expected seconds above 0"):
        rolling(table(v=[1.0]), tau_s=0.0)
    with pytest.raises(InvalidData, match="infinite"):
        rolling(table(v=[1.0, np.inf]))
    with pytest.raises(InvalidData, match="expected a column of that name"):
        rolling(table(v=[1.0]), columns=["w"])


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), max_size=40), st.integers(0, 40))
def test_moments_of_parts_merge_to_those_of_the_whole(values: list[float], cut: int) -> None:
    whole = np.array(values)
    parts = [part[~np.isnan(part)] for part in (whole[:cut], whole[cut:])]

    def over(part: np.ndarray) -> Moments:
        found = Moments.of(np.array([np.nan]))
        for value in part:
            found = found.merged(Moments.of(np.array([value])))
        return found

    merged = over(parts[0]).merged(over(parts[1]))
    known = np.concatenate(parts)
    assert merged.n[0] == len(known)
    if len(known):
        assert merged.average[0] == pytest.approx(known.mean(), rel=1e-9, abs=1e-6)
        assert (merged.low[0], merged.high[0]) == (known.min(), known.max())
        assert merged.rms[0] == pytest.approx(np.sqrt(np.mean(known**2)), rel=1e-9, abs=1e-6)
    if len(known) > 1:
        assert merged.sd[0] == pytest.approx(known.std(ddof=1), rel=1e-6, abs=1e-6)


@given(st.integers(0, 1000), st.integers(1, 3000))
def test_windows_reach_over_blocks_of_time_without_a_seam(seed: int, window_us: int) -> None:
    rng = np.random.default_rng(seed)
    us = np.cumsum(rng.choice([0, 1, 40, 300, 5000], 200)) - 10_000
    values = rng.standard_normal((2, 200)) + 1e6
    values[rng.random((2, 200)) < 0.2] = np.nan
    found, steps = Windows.of(us, window_us), np.nan_to_num(values)
    moments, sums = found.moments(values, 20), found.sums(steps, 20)
    for row in range(20, 200):
        first = int(np.flatnonzero(us > us[row] - window_us)[0])
        assert found.first[row] == first
        np.testing.assert_allclose(sums[:, row - 20], steps[:, first + 1 : row + 1].sum(axis=1))
        for k in range(2):
            part = values[k, first : row + 1]
            part = part[~np.isnan(part)]
            at = k, row - 20
            assert moments.n[at] == len(part)
            if len(part):
                assert (moments.low[at], moments.high[at]) == (part.min(), part.max())
                assert moments.average[at] == pytest.approx(part.mean(), rel=1e-14)
            if len(part) > 1:
                assert moments.sd[at] == pytest.approx(part.std(ddof=1), rel=1e-9, abs=1e-9)


def test_a_table_longer_than_a_piece_of_work_has_no_seam() -> None:
    stats = uneven(2 * PIECE_ROWS + 300, missing=0.1)
    found = rolling(stats, "2s")
    for end in (PIECE_ROWS - 1, PIECE_ROWS, PIECE_ROWS + 1, len(stats)):
        alone = rolling(stats.iloc[end - 500 : end], "2s").iloc[-1]
        same = [name for name in found if not name.startswith("ewma")]
        np.testing.assert_allclose(found.iloc[end - 1][same], alone[same], rtol=1e-9)


def test_a_centre_that_moves_evenly_has_its_velocity(table: Table) -> None:
    t = np.arange(300) / 100
    found = cop_velocity(table(cop_x_mm=30 * t, cop_y_mm=-40 * t), cutoff_hz=None)
    np.testing.assert_allclose(found["cop_velocity_x_mm_s"], 30.0)
    np.testing.assert_allclose(found["cop_velocity_y_mm_s"], -40.0)
    np.testing.assert_allclose(found["cop_speed_mm_s"], 50.0)
    assert set(found.attrs["units"].values()) == {"mm/s"}
    filtered = cop_velocity(table(cop_x_mm=30 * t, cop_y_mm=-40 * t))
    np.testing.assert_allclose(filtered["cop_speed_mm_s"].iloc[50:-50], 50.0, rtol=1e-3)


def test_the_velocity_of_a_wave_is_its_derivative(table: Table) -> None:
    t = np.arange(1000) / 100
    x = 10 * np.sin(2 * np.pi * t)
    found = cop_velocity(table(cop_x_mm=x, cop_y_mm=0 * t))["cop_velocity_x_mm_s"]
    np.testing.assert_allclose(found.iloc[50:-50], 20 * np.pi * np.cos(2 * np.pi * t)[50:-50], atol=0.15)


def test_a_velocity_stays_in_its_run_of_contact_and_says_when_it_is_causal(table: Table) -> None:
    x = np.array([0.0, 1, 3, np.nan, 10, 14, 20, 30])
    seconds = np.array([0, 1, 2, 3, 4, 5, 20, 21]) / 10
    found = cop_velocity(table(seconds, cop_x_mm=x, cop_y_mm=np.zeros(8)), cutoff_hz=None)["cop_velocity_x_mm_s"]
    assert found.tolist() == pytest.approx([10, 15, 20, np.nan, 40, 40, 100, 100], nan_ok=True)
    causal = cop_velocity(table(seconds, cop_x_mm=x, cop_y_mm=np.zeros(8)), cutoff_hz=None, causal=True)
    expected = [np.nan, 10, 20, np.nan, np.nan, 40, np.nan, 100]
    assert causal["causal_cop_velocity_x_mm_s"].tolist() == pytest.approx(expected, nan_ok=True)


@given(st.integers(1, 400), st.integers(0, 1000))
def test_a_causal_velocity_hangs_on_no_later_row(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    us = np.arange(400) * 10_000
    x = rng.standard_normal(400).cumsum()
    index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time")
    stats = pd.DataFrame({"cop_x_mm": x, "cop_y_mm": -x}, index=index)
    whole, part = cop_velocity(stats, causal=True), cop_velocity(stats.iloc[:n], causal=True)
    pd.testing.assert_frame_equal(part, whole.iloc[:n], rtol=1e-9)


def test_a_drift_is_theil_and_sens_slope(table: Table) -> None:
    rng = np.random.default_rng(7)
    seconds = np.sort(rng.uniform(0, 600, 200))
    v = 0.5 * seconds / 60 + rng.standard_normal(200) * 0.1
    v[::20] += 50.0
    stats = table(seconds, total_force_n=v)
    found = drift(stats, "total_force_n").iloc[0]
    minutes = np.rint(seconds * 1e6) / 60e6
    expected = distributions.theilslopes(v, minutes - minutes[0], 0.95)
    assert found.iloc[:3].tolist() == pytest.approx([expected.slope, expected.low_slope, expected.high_slope])
    assert found["slope_per_min"] == pytest.approx(0.5, abs=0.02)
    assert found["low_per_min"] < 0.5 < found["high_per_min"]
    assert drift(stats, "total_force_n").attrs["units"]["slope_per_min"] == "N/min"


def test_fewer_than_ten_values_have_no_drift(table: Table) -> None:
    v = np.arange(12.0)
    v[:3] = np.nan
    assert drift(table(total_force_n=v), "total_force_n")["slope_per_min"].isna().all()
    v[2] = 2.0
    assert drift(table(total_force_n=v), "total_force_n")["slope_per_min"].iloc[0] == pytest.approx(6000.0)
    assert drift(table(np.zeros(20), v=np.arange(20)), "v")["slope_per_min"].isna().all()
    with pytest.raises(InvalidData, match="between 0 and 1"):
        drift(table(v=v), "v", confidence=1.5)


def test_many_values_are_drawn_together_and_keep_their_drift(table: Table) -> None:
    seconds = np.arange(5000) * 0.5
    found = drift(table(seconds, v=seconds / 60), "v")
    assert found.attrs["n_drawn"] == 1000
    assert found[["slope_per_min", "n"]].iloc[0].tolist() == pytest.approx([1.0, 5000])


def test_a_drift_of_stances_goes_by_their_starts() -> None:
    found = stances(frame_stats(sim.walk(20.0, rows=16, cols=8)["left"]))
    assert drift(found, "contact_s").iloc[0]["n"] == len(found)
    assert drift(found, "contact_s").attrs["units"]["slope_per_min"] == "s/min"


def rise(table: Table, hz: float = 1000.0, impact: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A stance of 300 ms: a half sine of 1500 N, with or without a peak at 30 ms."""
    t = np.arange(0, 0.5, 1 / hz)
    u = (t - 0.1) / 0.3
    force = np.where((u >= 0) & (u <= 1), 1500 * np.sin(np.pi * np.clip(u, 0, 1)), 0.0)
    force += np.where((u >= 0) & (u <= 1), impact * np.exp(-(((t - 0.13) / 0.008) ** 2)), 0.0)
    stats = table(t, total_force_n=force)
    return stats, stances(stats, on=20.0)


def test_the_loading_rate_of_a_half_sine_is_its_slope(table: Table) -> None:
    found = loading_rates(*rise(table)).iloc[0]
    assert np.isnan(found["impact_force_n"])
    assert found["max_loading_rate_n_s"] == pytest.approx(1500 * np.pi / 0.3, rel=0.01)
    start = np.arcsin(20 / 1500) / np.pi
    t1, t2 = (start + share * (1 - 2 * start) for share in (0.03, 0.12))
    slope = 1500 * (np.sin(np.pi * t2) - np.sin(np.pi * t1)) / (0.3 * (t2 - t1))
    assert found["average_loading_rate_n_s"] == pytest.approx(slope, rel=0.02)
    assert not found["coarse"]


def test_an_impact_peak_is_found_and_its_rise_measured(table: Table) -> None:
    found = loading_rates(*rise(table, impact=900.0)).iloc[0]
    assert found["impact_s"] == pytest.approx(0.030, abs=0.003)
    assert found["impact_force_n"] == pytest.approx(1500 * np.sin(0.1 * np.pi) + 900, rel=0.05)
    assert found["average_loading_rate_n_s"] > 1.5 * loading_rates(*rise(table)).iloc[0]["average_loading_rate_n_s"]


def test_a_slow_sampling_is_marked_and_a_cut_start_has_no_rate(table: Table) -> None:
    stats, found = rise(table, hz=100.0)
    assert loading_rates(stats, found)["coarse"].tolist() == [True]
    late = stats.iloc[15:]
    assert loading_rates(late, stances(late, on=20.0)).iloc[0, :4].isna().all()


def test_a_simulated_runner_has_an_impact_and_a_walker_has_none() -> None:
    for kind, share in (("run", 1.0), ("walk", 0.0)):
        recording = sim.simulate(kind, 10.0, rate_hz=400.0, rows=12, cols=6, noise=0.0)["right"]  # type: ignore[arg-type]
        stats = frame_stats(recording)
        found = stances(stats)
        found = loading_rates(stats, found[~found["cut"]])
        assert found["impact_force_n"].notna().mean() == share
