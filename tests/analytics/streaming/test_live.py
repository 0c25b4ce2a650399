"""A stream gives what the batch gives, at every prefix and under any cutting, with gaps, repeats and missing values."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import cop_velocity, rolling, running
from analytics.streaming.live import LiveRolling
from analytics.streaming.running import LiveTotals
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]
CUTS = st.lists(st.integers(0, 120), max_size=12)


def stream(seed: int, n: int = 120) -> pd.DataFrame:
    """Uneven times with repeats and gaps; contacts and pauses of any length; missing values."""
    rng = np.random.default_rng(seed)
    us = np.cumsum(rng.choice([0, 10_000, 13_000, 31_000, 700_000], n, p=[0.1, 0.4, 0.3, 0.17, 0.03]))
    force = np.repeat(rng.choice([0.0, 17.0, 25.0, 600.0], n), rng.integers(1, 15, n))[:n] + rng.random(n)
    force[rng.random(n) < 0.05] = np.nan
    x, y = rng.standard_normal((2, n)).cumsum(axis=1)
    x[rng.random(n) < 0.1] = np.nan
    index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time")
    return pd.DataFrame({"total_force_n": force, "peak_kpa": force / 2, "cop_x_mm": x, "cop_y_mm": y}, index=index)


def parts(table: pd.DataFrame, cuts: list[int]) -> list[pd.DataFrame]:
    edges = sorted({0, len(table), *(cut for cut in cuts if cut < len(table))})
    return [table.iloc[a:b] for a, b in pairwise(edges)]


@settings(max_examples=20)
@given(st.integers(0, 10_000), CUTS)
def test_rolled_rows_are_those_of_the_batch_under_any_cutting(seed: int, cuts: list[int]) -> None:
    whole = stream(seed)
    live = LiveRolling("300ms", tau_s=0.2)
    found = pd.concat([live.update(part) for part in parts(whole, cuts)])
    pd.testing.assert_frame_equal(found, rolling(whole, "300ms", tau_s=0.2), rtol=1e-9)


def test_rolled_rows_of_single_frames_are_those_of_the_batch() -> None:
    whole = stream(3)
    live = LiveRolling("300ms", columns=["total_force_n"])
    found = pd.concat([live.update(whole.iloc[i : i + 1]) for i in range(len(whole))])
    pd.testing.assert_frame_equal(found, rolling(whole, "300ms", columns=["total_force_n"]), rtol=1e-9)


def test_windows_and_their_moments_are_the_same_bits() -> None:
    whole, live = stream(4), LiveRolling("300ms")
    found = pd.concat([live.update(part) for part in parts(whole, [1, 17, 50])])
    names = [f"{each}_{name}" for name in whole for each in ("mean", "sd", "min", "max", "rms")]
    pd.testing.assert_frame_equal(found[names], rolling(whole, "300ms")[names], check_exact=True)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 120), st.sampled_from([None, 3.0, 10.0]))
def test_causal_velocities_do_not_hang_on_rows_that_come_later(seed: int, rows: int, cutoff: float | None) -> None:
    whole = stream(seed)
    found = cop_velocity(whole.iloc[:rows], cutoff_hz=cutoff, causal=True)
    expected = cop_velocity(whole, cutoff_hz=cutoff, causal=True)
    pd.testing.assert_frame_equal(found, expected.iloc[:rows], rtol=1e-9, atol=1e-9)


def test_a_causal_velocity_is_that_of_an_even_motion_once_it_has_settled(table: Table) -> None:
    seconds = np.cumsum(np.random.default_rng(2).choice([0.004, 0.013, 0.014, 0.031], 200))
    found = cop_velocity(table(seconds, cop_x_mm=30 * seconds, cop_y_mm=-40 * seconds), causal=True)
    np.testing.assert_allclose(found["causal_cop_speed_mm_s"].iloc[60:], 50.0, rtol=0.02)


def added_up(table: pd.DataFrame) -> pd.DataFrame:
    """Way and impulse so far, step after step."""
    way = impulse = np.nan
    rows = []
    for i in range(len(table)):
        now, before = table.iloc[i], table.iloc[max(i - 1, 0)]
        step = (table.index[i] - table.index[max(i - 1, 0)]).total_seconds()
        if i and step <= 0.5:
            moved = np.hypot(*(now - before)[["cop_x_mm", "cop_y_mm"]])
            way = way if np.isnan(moved) else np.nansum([way, moved])
            force = now["total_force_n"] + before["total_force_n"]
            impulse = impulse if np.isnan(force) else np.nansum([impulse, step * force / 2])
        rows.append({"running_path_mm": way, "running_impulse_ns": impulse})
    return pd.DataFrame(rows, index=table.index)


@settings(max_examples=10)
@given(st.integers(0, 10_000), CUTS)
def test_totals_so_far_are_those_of_the_batch_under_any_cutting(seed: int, cuts: list[int]) -> None:
    whole, live = stream(seed), LiveTotals(gap_s=0.5)
    found = pd.concat([live.update(part) for part in parts(whole, cuts)])
    pd.testing.assert_frame_equal(found, running(whole, gap_s=0.5), check_exact=True)
    pd.testing.assert_frame_equal(found, added_up(whole), rtol=1e-9)
    assert found.iloc[-1].to_dict() == pytest.approx(live.sums, nan_ok=True)


@settings(max_examples=10)
@given(st.integers(0, 10_000), CUTS)
def test_totals_of_parts_merge_to_those_of_the_whole(seed: int, cuts: list[int]) -> None:
    whole, merged, one = stream(seed), LiveTotals(gap_s=0.5), LiveTotals(gap_s=0.5)
    one.update(whole)
    for part in parts(whole, cuts):
        later = LiveTotals(gap_s=0.5)
        later.update(part)
        merged = merged.merged(later)
    assert merged.sums == pytest.approx(one.sums, rel=1e-9, nan_ok=True)
    for name in ("n", "average", "sd", "rms", "low", "high"):
        np.testing.assert_allclose(getattr(merged.moments, name), getattr(one.moments, name), rtol=1e-9)
    np.testing.assert_allclose(one.moments.average, whole[list(one.columns)].mean(), rtol=1e-9)
    np.testing.assert_allclose(one.moments.sd, whole[list(one.columns)].std(), rtol=1e-9)


def test_totals_that_do_not_fit_together_are_refused(table: Table) -> None:
    force, raw = LiveTotals(), LiveTotals()
    force.update(table(np.array([5.0, 6.0]), total_force_n=[1.0, 2.0]))
    raw.update(table(raw_sum=[1.0, 2.0]))
    with pytest.raises(InvalidData, match="later: expected totals"):
        force.merged(raw)
    early = LiveTotals()
    early.update(table(total_force_n=[1.0, 2.0]))
    assert force.merged(early).sums == {"running_impulse_ns": 1.5 + 0.015}, "nothing is added where time goes back"
    with pytest.raises(InvalidData, match="a centre of pressure or a total"):
        LiveTotals().update(table(peak_kpa=[1.0]))


def test_what_is_kept_is_one_window() -> None:
    index = pd.date_range("2025-01-01", periods=5000, freq="10ms", tz="UTC", name="time").as_unit("us")
    whole, live = pd.DataFrame({"v": np.arange(5000.0)}, index=index), LiveRolling("500ms")
    for part in parts(whole, list(range(0, 5000, 7))):
        live.update(part)
        assert live.kept <= 50
