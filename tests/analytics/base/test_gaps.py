"""What a gap is: lost frames however few, a clock set back, a step far longer than usual; batch and stream alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import (
    alarms,
    balance,
    butterfly,
    cop_velocity,
    frame_stats,
    gait,
    loading_rates,
    pti,
    pti_map,
    recent_load,
    region_stats,
    rolling,
    running,
    sim,
    spectrum,
    stance_curves,
    stance_map,
    stances,
    steps,
)
from analytics.base.filters import lowpass, sampling_hz
from analytics.base.gaps import GapRule
from analytics.base.times import Times, rising, runs, table_times
from analytics.maps.folds import MapsFold
from analytics.regions.presets import thirds
from analytics.regions.region_folds import RegionsFold
from analytics.streaming.alarms import Alarm
from analytics.streaming.live import LiveRolling
from analytics.streaming.running import LiveTotals
from barograph import Layout, Recording
from barograph.errors import InvalidData
from barograph.frames import Block, Gap

Table = Callable[..., pd.DataFrame]
ORIGIN = 1_735_722_000_000_000
BED = Layout(rows=4, cols=3, unit="kPa", pitch_mm=(40, 40), dtype="float32", kind="mat", cop_floor_n=0)


def bed(seconds: np.ndarray) -> Recording:
    """Someone who lies and breathes."""
    cells = np.full((len(seconds), 4, 3), 2.0) + 0.3 * np.sin(seconds)[:, None, None] * np.arange(12).reshape(4, 3)
    times_us = ORIGIN + np.rint(seconds * 1e6).astype(np.int64)
    return Recording(frames=np.abs(cells).astype("f4"), times_us=times_us, layout=BED)


def without(recording: Recording, lost: slice) -> Recording:
    """The recording as the archive gives it when frames are lost: with a gap between its neighbours."""
    kept = np.delete(np.arange(len(recording)), lost)
    us = recording.times_us
    gap = Gap(0, lost.start, lost.stop - lost.start, int(us[lost.start - 1]), int(us[lost.stop]), "spool_full")
    return replace(recording, frames=recording.frames[kept], times_us=us[kept], gaps=(gap,))


def set_back(recording: Recording, row: int, by_s: float) -> Recording:
    """The recording of a sender whose clock is set back from a row on."""
    us = recording.times_us.copy()
    us[row:] -= round(by_s * 1e6)
    return replace(recording, times_us=us)


WALK = sim.walk(10.0, rows=12, cols=6, seed=5)
LEFT, RIGHT = WALK["left"], WALK["right"]
STANCES = stances(frame_stats(LEFT))
INSIDE = int(STANCES["first"].iloc[3]) + 25
SWING = int(STANCES["after"].iloc[3]) + 12


@pytest.mark.parametrize("period_s", [0.001, 0.01, 0.1, 0.5, 1.0, 3.0, 10.0])
def test_a_recording_of_any_even_rate_has_all_its_steps_and_what_is_ten_steps_long_and_a_second_is_a_gap(period_s):
    seconds = np.arange(200) * period_s
    whole = bed(seconds)
    stats = frame_stats(whole)
    assert not table_times(stats).gap.any()
    sway = balance(stats).iloc[0]
    assert sway["duration_s"] == pytest.approx(199 * period_s)
    assert sway["sampling_hz"] == pytest.approx(1 / period_s)
    expected = np.trapezoid(whole.frames.astype(float), seconds, axis=0)
    np.testing.assert_allclose(pti_map(whole).to_numpy(), expected, rtol=1e-6)
    assert running(stats)["running_impulse_ns"].iloc[-1] == pytest.approx(
        np.trapezoid(stats["total_force_n"], seconds), rel=1e-9
    )
    seconds[120:] += 10 * period_s + 1.0
    assert np.flatnonzero(table_times(frame_stats(bed(seconds))).gap).tolist() == [119]


@pytest.mark.parametrize(
    "steps_s", [[0.013, 0.014], [0.004, 0.031, 0.013, 0.004], [0.0, 0.0, 0.0, 0.04], [0.8, 1.3], [9.0, 11.5]]
)
def test_uneven_and_bursty_sampling_has_no_gaps(steps_s: list[float]) -> None:
    seconds = np.cumsum(np.tile(steps_s, 60))
    assert not table_times(frame_stats(bed(seconds))).gap.any()


def test_the_usual_step_is_that_of_lately_and_a_first_step_is_no_gap_up_to_half_a_minute() -> None:
    def gaps(steps: list[float]) -> list[int]:
        us = np.rint(np.cumsum([0.0, *steps]) * 1e6).astype(np.int64)
        return np.flatnonzero(GapRule().between(us)).tolist()

    assert gaps([1.0]) == gaps([29.0]) == []
    assert gaps([31.0]) == [0]
    assert gaps([0.01] * 5 + [0.51] + [0.01] * 5) == [5]
    assert gaps([1.0, 1.0, 5.0, 1.0, 5.1]) == [4]
    # Fast, then slow for good: half of the last 64 steps have to be slow before slow is usual.
    assert gaps([0.01] * 100 + [1.0] * 100) == list(range(100, 133))
    assert gaps([1.0] * 100 + [0.01] * 100 + [1.0]) == [200]
    assert GapRule(2.0).between(np.array([0, 1_999_999, 4_000_000])).tolist() == [False, True]
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(InvalidData, match="gap_s: expected seconds above 0, or None"):
            GapRule(wrong)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 299), max_size=8))
def test_gaps_do_not_hang_on_how_rows_come(seed: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    us = np.cumsum(rng.choice([0, 10_000, 700_000, 2_000_000, -300_000], 300, p=[0.1, 0.5, 0.2, 0.15, 0.05]))
    rule, found = GapRule(), []
    for a, b in pairwise(sorted({0, 299, *cuts})):
        found.append(rule.between(us[a : b + 1]))
    np.testing.assert_array_equal(np.concatenate(found), Times.of(us).gap)
    assert rule.limit_s == Times.of(us).gap_s


def test_five_lost_frames_in_a_stance_are_marked_and_left_out_of_summaries() -> None:
    lossy = frame_stats(without(LEFT, slice(INSIDE, INSIDE + 5)))
    found = stances(lossy)
    assert len(found) == len(STANCES)
    assert found["cut"].tolist() == [*STANCES["cut"][:3], True, *STANCES["cut"][4:]]
    assert found["cut_gap"].tolist() == [i == 3 for i in range(len(found))]
    assert not found.loc[3, ["cut_start", "cut_stop"]].any()
    assert found["contact_s"].tolist() == STANCES["contact_s"].tolist(), "both ends were seen"
    us, force = lossy.index.as_unit("us").asi8 / 1e6, lossy["total_force_n"].to_numpy()
    first, gap, after = found.loc[3, "first"], INSIDE, found.loc[3, "after"]
    parts = sum(np.trapezoid(force[a:b], us[a:b]) for a, b in ((first, gap), (gap, after)))
    assert found.loc[3, "impulse_ns"] == pytest.approx(parts)
    row, usual = gait(found).loc["left"], gait(STANCES).loc["left"]
    assert (row["n_cut"], row["n_stances"]) == (usual["n_cut"] + 1, usual["n_stances"] - 1)
    assert row["cadence_spm"] == usual["cadence_spm"], "starts were seen, so strides are known"
    assert len(stance_curves(lossy, found, "total_force_n")) == len(STANCES) - found["cut"].sum()
    assert loading_rates(lossy, found).loc[3].iloc[:4].isna().all()
    assert stance_map(without(LEFT, slice(INSIDE, INSIDE + 5)), found).attrs["n"] == int((~found["cut"]).sum())


def test_a_longer_loss_in_a_stance_divides_it_and_one_in_a_swing_has_no_swing_or_stride() -> None:
    found = stances(frame_stats(without(LEFT, slice(INSIDE, INSIDE + 15))))
    assert found["cut_stop"].tolist()[3:5] == [True, False]
    assert found["cut_start"].tolist()[3:5] == [False, True]
    long = stances(frame_stats(without(LEFT, slice(SWING, SWING + 22))))
    assert long["gap_before"].tolist() == [i == 4 for i in range(len(STANCES))]
    assert not long["cut"][1:-1].any()
    assert steps(long).loc[3, ["swing_s", "stride_s"]].isna().all()
    short = stances(frame_stats(without(LEFT, slice(SWING, SWING + 5))))
    assert not short["gap_before"].any()
    assert steps(short)["stride_s"].equals(steps(STANCES)["stride_s"])


def test_a_lost_frame_is_heard_by_way_integral_filter_rate_and_spectrum() -> None:
    stats = frame_stats(LEFT)
    lossy = frame_stats(without(LEFT, slice(INSIDE, INSIDE + 1)))
    seen = frame_stats(replace(without(LEFT, slice(INSIDE, INSIDE + 1)), gaps=()))
    row = INSIDE
    assert rolling(lossy)["rate_total_force_n_s"].isna().sum() == rolling(seen)["rate_total_force_n_s"].isna().sum() + 1
    step = (
        seen["total_force_n"].iloc[[row - 1, row]].mean() * 0.02,
        np.hypot(*seen[["cop_x_mm", "cop_y_mm"]].diff().iloc[row]),
    )
    for table, name, lost in ((running, "running_impulse_ns", step[0]), (running, "running_path_mm", step[1])):
        assert table(seen)[name].iloc[-1] - table(lossy)[name].iloc[-1] == pytest.approx(lost)
    assert balance(seen).loc[0, "duration_s"] - balance(lossy).loc[0, "duration_s"] == pytest.approx(0.02)
    assert np.isnan(cop_velocity(lossy, cutoff_hz=None, causal=True)["causal_cop_speed_mm_s"].iloc[row])
    pieces = runs(lossy["cop_x_mm"].notna().to_numpy(), table_times(lossy))
    assert row in pieces[:, 0]
    assert spectrum(lossy).attrs["n"] <= spectrum(stats).attrs["n"]
    assert len(alarms(lossy, [Alarm("any", "total_force_n", above=-1.0)])) == 2
    assert len(alarms(rolling(lossy, columns=["total_force_n"]), [Alarm("any", "mean_total_force_n", above=-1.0)])) == 2


def test_a_lost_frame_is_heard_by_maps_and_regions_whole_and_in_chunks() -> None:
    lossy = without(LEFT, slice(INSIDE, INSIDE + 5))
    seen, chosen = replace(lossy, gaps=()), thirds(LEFT.layout)
    pair = seen.values()[[INSIDE - 1, INSIDE]]
    lost = pair.mean(axis=0) * 0.06
    np.testing.assert_allclose((pti_map(seen) - pti_map(lossy)).to_numpy(), lost, atol=1e-9)
    assert region_stats(lossy, chosen)["impulse_ns"].sum() < region_stats(seen, chosen)["impulse_ns"].sum()
    assert pti(lossy).loc[0, "impulse_ns"] < pti(seen).loc[0, "impulse_ns"]
    for cut in (INSIDE - 1, INSIDE, INSIDE + 1):
        folds = MapsFold(LEFT.layout, None, lossy.missing_us), RegionsFold(LEFT.layout, chosen, None, lossy.missing_us)
        for a, b in ((0, cut), (cut, len(lossy))):
            for fold in folds:
                fold.update(Block(0, a, lossy.times_us[a:b], 0, lossy.frames[a:b]))
        np.testing.assert_allclose(folds[0].get().pti, pti_map(lossy).to_numpy(), rtol=1e-9)
        np.testing.assert_allclose(folds[0].get().frames, pti_map(lossy, rule="frames").to_numpy(), rtol=1e-9)
        pd.testing.assert_frame_equal(folds[1].get(), region_stats(lossy, chosen), rtol=1e-9)


def test_a_table_that_is_cut_or_thinned_still_knows_what_is_missing() -> None:
    lossy = frame_stats(without(LEFT, slice(INSIDE, INSIDE + 5)))
    assert table_times(lossy.iloc[100:]).gap.sum() == 1
    assert table_times(lossy.iloc[::2]).gap.sum() == 1
    assert table_times(lossy.iloc[: INSIDE - 1]).gap.sum() == 0
    tail = replace(LEFT, gaps=(Gap(0, len(LEFT), 4, int(LEFT.times_us[-1]), int(LEFT.times_us[-1]), "lost"),))
    assert not table_times(frame_stats(tail)).gap.any(), "what is missing at an end lies between no frames"
    assert "missing_us" not in frame_stats(LEFT).attrs


JUMP = 450


def test_a_clock_set_back_is_a_gap_and_its_pieces_are_those_of_the_parts() -> None:
    jumped = set_back(LEFT, JUMP, 2.0)
    assert jumped.jumps.tolist() == [JUMP]
    stats = frame_stats(jumped)
    parts = [frame_stats(jumped.part(0, JUMP)), frame_stats(jumped.part(JUMP, len(LEFT)))]
    assert stats.index.tolist() == [*parts[0].index, *parts[1].index], "the index is what was recorded"
    rolled = pd.concat([rolling(part) for part in parts])
    pd.testing.assert_frame_equal(rolling(stats), rolled, rtol=1e-9, atol=1e-9)
    pd.testing.assert_frame_equal(cop_velocity(stats), pd.concat([cop_velocity(part) for part in parts]))
    found, apart = stances(stats), [stances(part) for part in parts]
    names = ["start", "stop", "contact_s", "cut", "impulse_ns"]
    pd.testing.assert_frame_equal(found[names], pd.concat(apart, ignore_index=True)[names].rename_axis("stance"))
    assert found["clock"].tolist() == [0] * len(apart[0]) + [1] * len(apart[1])
    sums = [running(part)["running_impulse_ns"].iloc[-1] for part in parts]
    assert running(stats)["running_impulse_ns"].iloc[-1] == pytest.approx(sum(sums))
    maps = [pti_map(jumped.part(0, JUMP)), pti_map(jumped.part(JUMP, len(LEFT)))]
    np.testing.assert_allclose(pti_map(jumped), sum(each.to_numpy() for each in maps))
    durations = [balance(part).loc[0, "duration_s"] for part in parts]
    assert balance(stats).loc[0, "duration_s"] == pytest.approx(sum(durations))
    went_on = frame_stats(replace(jumped, times_us=rising(jumped.times_us)))
    pd.testing.assert_frame_equal(recent_load({"left": stats}), recent_load({"left": went_on}))


def test_steps_of_two_feet_whose_clock_was_set_back_are_those_of_the_parts() -> None:
    feet = [set_back(foot, JUMP, 2.0) for foot in (LEFT, RIGHT)]
    whole = steps(*(stances(frame_stats(foot)) for foot in feet))
    parts = [steps(*(stances(frame_stats(foot.part(*rows))) for foot in feet)) for rows in ((0, JUMP), (JUMP, 1000))]
    names = ["side", "start", "swing_s", "stride_s", "step_s", "double_support_pct"]
    pd.testing.assert_frame_equal(whole[names], pd.concat(parts, ignore_index=True)[names].rename_axis("step"))
    assert butterfly(*feet).attrs["n"] == sum(
        butterfly(*(foot.part(*rows) for foot in feet)).attrs["n"] for rows in ((0, JUMP), (JUMP, 1000))
    )
    one = steps(stances(frame_stats(feet[0])), stances(frame_stats(RIGHT)))
    later = one[one["clock"] == 1]
    assert later["step_s"].isna().all(), "two clocks are not set against each other"


def test_pauses_across_a_clock_that_was_set_back_do_not_join_contacts(table: Table) -> None:
    force = np.zeros(200)
    force[20:100] = force[110:170] = 500.0
    seconds = np.arange(200) / 100.0
    seconds[105:] -= 0.08
    assert stances(table(seconds, total_force_n=force))[["first", "after"]].to_numpy().tolist() == [
        [20, 100],
        [110, 170],
    ]


def test_times_on_one_clock_never_go_back() -> None:
    us = np.array([0, 10, 20, 5, 15, 15, 2, 30])
    assert rising(us).tolist() == [0, 10, 20, 20, 30, 30, 30, 58]
    assert rising(us, 100).tolist() == [0, 10, 20, 120, 130, 130, 230, 258]


def tables(seed: int, n: int = 150) -> pd.DataFrame:
    """Rows at 1 to 100 Hz with repeats, clocks set back, lost frames, missing values."""
    rng = np.random.default_rng(seed)
    period = rng.choice([10_000, 100_000, 1_000_000])
    us = ORIGIN + np.cumsum(rng.choice([0, 1, 2, 60, -7], n, p=[0.05, 0.8, 0.1, 0.03, 0.02])) * period
    force = np.repeat(rng.choice([0.0, 17.0, 25.0, 600.0], n), rng.integers(1, 15, n))[:n] + rng.random(n)
    force[rng.random(n) < 0.05] = np.nan
    x, y = rng.standard_normal((2, n)).cumsum(axis=1)
    made = pd.DataFrame(
        {"total_force_n": force, "cop_x_mm": x, "cop_y_mm": y}, index=pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC")
    ).rename_axis("time")
    lost = np.sort(rng.choice(n - 1, 4, replace=False))
    made.attrs["missing_us"] = [[int(us[i]), int(us[i + 1])] for i in lost if us[i] <= us[i + 1]]
    return made


TWINS: dict[str, tuple[Any, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "rolling": (lambda: LiveRolling("300ms", tau_s=0.2), lambda t: rolling(t, "300ms", tau_s=0.2)),
    "running": (LiveTotals, running),
}


@pytest.mark.parametrize("name", TWINS)
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 149), max_size=6))
def test_a_stream_hears_the_gaps_of_its_batch(name: str, seed: int, cuts: list[int]) -> None:
    whole, (made, batch) = tables(seed), TWINS[name]
    live = made()
    found = pd.concat([live.update(whole.iloc[a:b]) for a, b in pairwise(sorted({0, 150, *cuts}))])
    pd.testing.assert_frame_equal(found, batch(whole), rtol=1e-7, atol=1e-7)


def test_an_alarm_ends_where_frames_were_lost_and_where_the_clock_was_set_back(table: Table) -> None:
    rule = [Alarm("high", "v", above=5.0, hold_s=0.025)]
    whole = table(np.array([0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.0, 0.01]), v=np.full(10, 9.0))
    assert alarms(whole, rule)["open"].tolist() == [False], "0.01 s after the clock was set back is too short"
    us = whole.index.as_unit("us").asi8
    whole.attrs["missing_us"] = [[int(us[3]), int(us[4])]]
    assert alarms(whole, rule)["stop"].tolist() == [whole.index[3], whole.index[7]]


def test_a_filter_begins_anew_where_the_clock_was_set(table: Table) -> None:
    v = np.random.default_rng(3).standard_normal(200).cumsum()
    seconds = np.arange(200) / 100.0
    seconds[90:] -= 0.5
    times = table_times(table(seconds, v=v))
    smooth = lowpass(v, times, cutoff_hz=5.0)
    np.testing.assert_allclose(smooth[:90], lowpass(v[:90], times.us[:90], cutoff_hz=5.0))
    np.testing.assert_allclose(smooth[90:], lowpass(v[90:], times.us[90:], cutoff_hz=5.0))
    assert sampling_hz(times) == pytest.approx(100.0)
