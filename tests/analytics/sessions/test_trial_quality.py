"""Criteria of a trial: the numbers of jumps, stances and gaps, compared with limits, and said in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from jump_traces import BW, cmj, cmj_force, rebound_force, table

from analytics import jumps
from analytics.sessions.trial_quality import Found, Recorded, found_of, lost_pct

WEIGH = {"sd_pct": 1.0, "weigh_s": 1.0}
FLIGHT = {"flights": 1, "flight_n": 20.0}
HEALTH = {"lost_pct": 1.0, "dead_pct": 5.0}
EMPTY = pd.DataFrame(index=pd.DatetimeIndex([], tz="UTC").as_unit("us"))


def of(name: str, limits: dict[str, float], *tables: pd.DataFrame, **more: object) -> Found:
    named = {f"{i}": one for i, one in enumerate(tables)}
    us = np.concatenate([one.index.asi8 for one in tables]) if tables else np.zeros(0, int)
    ends = (int(us.min()), int(us.max())) if len(us) else (0, 1_000_000)
    said = {"start_us": ends[0], "stop_us": ends[1], "tables": named, "force": tables} | more
    return found_of({name: limits}, Recorded(**said))[0]


def still(seconds: float, sd: float, hz: float = 100.0) -> pd.DataFrame:
    s = np.arange(round(seconds * hz)) / hz
    return table(s, BW + sd * (1.0 - 2.0 * (np.arange(len(s)) % 2)))


def test_weighing_is_that_of_the_jump():
    force = cmj()
    row = jumps(force).iloc[0]
    found = of("weighing_stable", WEIGH, force)
    assert found.met
    assert found.value == pytest.approx(100.0 * row["weigh_sd_n"] / row["body_weight_n"], rel=1e-9)
    assert f"of {row['body_weight_n']:.0f} N over 1 s" in found.found


def test_weighing_fails_by_its_sd_or_its_time_and_says_which():
    restless = of("weighing_stable", WEIGH, still(3.0, 0.02 * BW))
    assert (restless.met, restless.limit, restless.unit) == (False, 1.0, "%")
    assert restless.value == pytest.approx(2.0, abs=0.02)
    short = of("weighing_stable", WEIGH, still(0.2, 1.0))
    assert (short.met, short.limit, short.unit) == (False, 1.0, "s")
    assert short.value == pytest.approx(0.2)
    assert of("weighing_stable", WEIGH, EMPTY.assign(total_force_n=0.0)).met is None
    assert of("weighing_stable", WEIGH, EMPTY.assign(raw_sum=0.0)).met is None, "counts have no weight"
    nobody = of("weighing_stable", WEIGH, table(np.arange(300) / 100, np.full(300, 2.0)))
    assert (nobody.met, nobody.value) == (False, 0.0)


def test_only_the_time_before_the_first_flight_is_weighed():
    restless_before = cmj()
    s = np.arange(len(restless_before)) / 1000.0
    restless_before["total_force_n"] += np.where(s < 1.5, 0.05 * BW * (1.0 - 2.0 * (np.arange(len(s)) % 2)), 0.0)
    assert of("weighing_stable", WEIGH, restless_before).met is False


def test_flights_are_those_of_jumps_and_what_is_cut_does_not_count():
    assert of("flight_seen", FLIGHT, cmj()) == Found("flight_seen", True, "1 flight of 1", 1, 1)
    cut = of("flight_seen", FLIGHT, cmj(seconds=2.6))
    assert (cut.met, cut.value, cut.found) == (False, 0, "no flights of 1, 1 cut")
    s = np.arange(8000) / 1000.0
    hopped = table(s, rebound_force(s, [0.5 * i + 0.5 for i in range(14)], 0.2, 1.2))
    assert of("flight_seen", {"flights": 10, "flight_n": 20.0}, hopped).met
    assert of("flight_seen", FLIGHT).met is None


def test_two_feet_are_added():
    s = np.arange(4500) / 1000.0
    feet = [table(s, share * cmj_force(s)) for share in (0.4, 0.6)]
    assert of("flight_seen", FLIGHT, *feet).met
    assert f"of {BW:.0f} N" in of("weighing_stable", WEIGH, *feet).found


@pytest.mark.parametrize(("steps", "met"), [(6, True), (5, False), (None, None)])
def test_steps_that_are_not_cut_are_counted(steps, met):
    assert of("steps_whole", {"steps": 6}, still(1.0, 1.0), steps=steps).met is met


def test_duration_leaves_gaps_out_and_takes_the_stream_that_has_least():
    whole, half = still(30.0, 1.0), still(30.0, 1.0).iloc[:1500]
    asked = {"duration_s": 30.0}
    assert of("duration_reached", {"share_pct": 100.0}, whole, **asked).met
    found = of("duration_reached", {"share_pct": 100.0}, whole, half, **asked)
    assert (found.met, found.value) == (False, pytest.approx(50.0))
    holed = pd.concat([whole.iloc[:1000], whole.iloc[1600:]])
    found = of("duration_reached", {"share_pct": 90.0}, holed, **asked)
    assert (found.met, found.value) == (False, pytest.approx(80.0))
    assert found.found == "24.0 s of 30 s recorded"
    assert of("duration_reached", {"share_pct": 90.0}, **asked).met is False, "nothing is not long"


def test_frames_are_lost_in_gaps_by_their_numbers_and_in_silence_at_the_ends():
    whole = still(10.0, 1.0)
    first, last = int(whole.index.asi8[0]), int(whole.index.asi8[-1])
    assert lost_pct(whole, first, last) == 0.0
    assert lost_pct(whole, first, last + 400_000) == 0.0, "what is on its way is not lost"
    assert lost_pct(whole.iloc[:800], first, last) == pytest.approx(20.0, abs=0.1)
    assert lost_pct(whole.iloc[200:], first, last) == pytest.approx(20.0, abs=0.1)
    one = whole.drop(whole.index[500])
    assert lost_pct(one, first, last) == 0.0, "no rule calls one late row a gap"
    one.attrs["missing_us"] = [[int(whole.index.asi8[499]), int(whole.index.asi8[501])]]
    assert lost_pct(one, first, last) == pytest.approx(0.1)
    assert lost_pct(EMPTY, first, last) == 100.0
    assert lost_pct(whole.iloc[:1], first, first) == 0.0


def test_a_device_is_healthy_by_its_worst_stream_and_says_what_failed():
    whole = still(10.0, 1.0)
    assert of("device_healthy", HEALTH, whole, dead={"0": (0, 99)}).found == "no frame lost, no cell dead"
    lost = of("device_healthy", HEALTH, whole, whole.iloc[:500])
    assert (lost.met, lost.limit) == (False, 1.0)
    assert lost.found == "1 lost 50 % of its frames"
    dead = of("device_healthy", HEALTH, whole, dead={"0": (9, 90)})
    assert (dead.met, dead.value, dead.limit, dead.found) == (False, 10.0, 5.0, "no frame lost, 0: 9 of 90 cells dead")
    assert of("device_healthy", HEALTH).met is None


def test_of_a_trial_that_just_began_nothing_is_lost_and_all_of_it_later_is_a_whole_number():
    limits = {"device_healthy": HEALTH}
    begun = found_of(limits, Recorded(5_000_000, 5_000_000, {"left": EMPTY}))[0]
    assert (begun.met, begun.found) == (None, "nothing recorded")
    later = found_of(limits, Recorded(5_000_000, 8_000_000, {"left": EMPTY}))[0]
    assert (later.met, later.found) == (False, "left lost 100 % of its frames")
