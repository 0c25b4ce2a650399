"""A stream gives what the batch gives, at every prefix and under any cutting, with gaps, repeats and missing values."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import alarms, cop_velocity, frame_stats, gait, rolling, running, sim, stances, symmetry
from analytics.alarms import Alarm, LiveAlarms
from analytics.live import LiveRolling, LiveStances, LiveSteps, LiveVelocity
from analytics.running import LiveTotals
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
@given(st.integers(0, 10_000), CUTS, st.sampled_from([None, 3.0, 10.0]))
def test_causal_velocities_are_those_of_the_batch_at_every_prefix(seed: int, cuts: list[int], cutoff: float) -> None:
    whole, live, rows = stream(seed), LiveVelocity(cutoff_hz=cutoff), 0
    for part in parts(whole, cuts):
        found = live.update(part)
        rows += len(part)
        expected = cop_velocity(whole.iloc[:rows], cutoff_hz=cutoff, causal=True)
        pd.testing.assert_frame_equal(found, expected.iloc[rows - len(part) :], rtol=1e-9, atol=1e-9)
        assert found.attrs == expected.attrs


def test_single_frames_have_the_causal_velocities_of_the_batch() -> None:
    whole, live = stream(8), LiveVelocity()
    found = pd.concat([live.update(whole.iloc[i : i + 1]) for i in range(len(whole))])
    expected = cop_velocity(whole, causal=True)
    assert expected.notna().to_numpy().sum() > 100
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


def test_a_causal_velocity_is_that_of_an_even_motion_once_it_has_settled(table: Table) -> None:
    seconds = np.cumsum(np.random.default_rng(2).choice([0.004, 0.013, 0.014, 0.031], 200))
    found = LiveVelocity().update(table(seconds, cop_x_mm=30 * seconds, cop_y_mm=-40 * seconds))
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


RULES = (
    Alarm("high", "total_force_n", above=500.0, hold_s=0.05),
    Alarm("low", "total_force_n", below=20.0),
    Alarm("right", "cop_x_mm", above=0.0, hold_s=0.1),
)


@settings(max_examples=15)
@given(st.integers(0, 10_000), CUTS)
def test_ended_and_open_alarms_are_those_of_the_batch_at_every_prefix(seed: int, cuts: list[int]) -> None:
    whole, live, ended, rows = stream(seed), LiveAlarms(RULES), [], 0
    for part in parts(whole, cuts):
        ended.append(live.update(part))
        rows += len(part)
        expected = alarms(whole.iloc[:rows], RULES)
        found = pd.concat([each for each in (*ended, live.open) if len(each)] or [expected.iloc[:0]])
        assert live.open["open"].all()
        order = ["start", "alarm"]
        pd.testing.assert_frame_equal(
            found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
        )


def test_an_alarm_is_open_once_it_has_held_and_ends_at_a_gap(table: Table) -> None:
    live = LiveAlarms([Alarm("high", "v", above=5.0, hold_s=0.025)])
    whole = table(np.array([0.0, 0.01, 0.02, 0.03, 0.04, 1.0]), v=[9.0, 7.0, 8.0, 6.0, 9.5, 9.0])
    raised = []
    for i in range(len(whole)):
        ended = live.update(whole.iloc[i : i + 1])
        raised.append((len(ended), live.open["worst"].tolist()))
    assert raised == [(0, []), (0, []), (0, []), (0, [9.0]), (0, [9.5]), (1, [])]
    live.update(whole.iloc[:4])
    assert live.open["start"].tolist() == [whole.index[0]], "time that goes back is a gap"


def test_what_is_kept_is_one_window() -> None:
    index = pd.date_range("2025-01-01", periods=5000, freq="10ms", tz="UTC", name="time").as_unit("us")
    whole, live = pd.DataFrame({"v": np.arange(5000.0)}, index=index), LiveRolling("500ms")
    for part in parts(whole, list(range(0, 5000, 7))):
        live.update(part)
        assert live.kept <= 50


@settings(max_examples=40)
@given(st.integers(0, 10_000), CUTS)
def test_settled_and_open_stances_are_those_of_the_batch_at_every_prefix(seed: int, cuts: list[int]) -> None:
    whole = stream(seed)
    live, settled, rows = LiveStances(), [], 0
    for part in parts(whole, cuts):
        settled.append(live.update(part))
        rows += len(part)
        expected = stances(whole.iloc[:rows], floor=0.0)
        found = pd.concat([each for each in (*settled, live.open) if len(each)] or [expected.iloc[:0]])
        pd.testing.assert_frame_equal(
            found.reset_index(drop=True), expected.reset_index(drop=True), check_index_type=False
        )


def test_a_walk_in_blocks_of_ten_has_the_stances_cadence_and_symmetry_of_the_batch() -> None:
    pair = {side: frame_stats(r) for side, r in sim.walk(10.0, rows=16, cols=8, asymmetry=0.1).items()}
    live = {side: LiveStances() for side in pair}
    last, settled = LiveSteps(n=4), {side: [] for side in pair}
    for first in range(0, 1000, 10):
        new = {side: live[side].update(pair[side].iloc[first : first + 10]) for side in pair}
        last.update(**new)
        for side, stance in new.items():
            settled[side].append(stance)
            assert live[side].kept < 120
    tables = [pd.concat([each for each in settled[side] if len(each)]).iloc[-4:] for side in ("left", "right")]
    assert last.cadence_spm == gait(*tables).loc["both", "cadence_spm"]
    assert last.cadence_spm == pytest.approx(110, rel=0.02)
    assert last.symmetry is not None
    pd.testing.assert_frame_equal(last.symmetry, symmetry(*tables))


def test_before_there_is_a_step_nothing_is_claimed() -> None:
    steps = LiveSteps()
    assert steps.symmetry is None
    assert np.isnan(steps.cadence_spm)
    left = frame_stats(sim.walk(5.0, rows=16, cols=8)["left"])
    steps.update(left=LiveStances().update(left))
    assert steps.symmetry is None
    assert steps.cadence_spm == pytest.approx(110, rel=0.03)
    with pytest.raises(InvalidData, match="one step or more"):
        LiveSteps(0)


def test_standing_for_long_keeps_no_more_than_the_longest_stance(table: Table) -> None:
    whole = table(total_force_n=np.full(3000, 700.0))
    live = LiveStances(longest_s=2.0)
    for part in parts(whole, list(range(0, 3000, 100))):
        assert live.update(part).empty
        assert live.kept <= 202
    assert live.open["cut_start"].tolist() == [True]


def test_a_raw_stream_needs_its_threshold(table: Table) -> None:
    whole = table(raw_sum=np.r_[np.zeros(20), np.full(60, 500.0), np.zeros(40)])
    with pytest.raises(InvalidData, match="on: expected a threshold"):
        LiveStances().update(whole)
    assert len(LiveStances(on=100.0).update(whole)) == 1
    with pytest.raises(InvalidData, match="expected merge_s"):
        LiveStances(merge_s=1.0)
