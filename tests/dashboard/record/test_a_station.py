"""What a station is told before, in and after a trial: checks, criteria, curve and numbers, and the last result."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from devices import Device

from analytics import sim
from analytics.sessions.trial_quality import Found
from barograph import protocols
from barograph.settings import load
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.ports import About
from barograph.store.roster import Athlete, Consent, Measurement
from barograph.store.test_days import DayEntry, DayPart, DayProtocol, Station, TestDay
from barograph.store.trials import NewTrial
from dashboard.reading.sources import Sources
from dashboard.record import choices, ready, results
from dashboard.record.trial_curve import force_curve, framed
from dashboard.record.trial_reading import numbers, read_trial

S = 1_000_000
GIVEN = Consent("record and keep", "2020-01-01")


@pytest.fixture(scope="module")
def jumping() -> dict[str, Any]:
    return sim.simulate("jump", 12.0, start_us=0)


@pytest.fixture
async def lab(tmp_path, jumping):
    """Two insoles that send a jump that ended a second ago, and an athlete of 75 kg who consented."""
    archive, now_us = MemoryArchive(), time.time_ns() // 1000
    sources = Sources(load(data_dir=tmp_path, ingest_port=1), archive, MemoryLive())
    start_us = now_us - 13 * S
    sent = {name: replace(one, times_us=one.times_us + start_us) for name, one in jumping.items()}
    device = Device(archive, sources.live, "pair", sent)
    await device.open_streams()
    for name in sent:
        await device.store_block(name, device.frames(name, 0, len(sent[name])))
    mass = Measurement("mass_kg", 75.0, now_us)
    ada = await archive.roster.add(Athlete("Ada", consents=(GIVEN,), measurements=(mass,)), now_us=now_us)
    return sources, ada.uid, start_us, now_us


def day_of(uid: str, name: str = "cmj", **station: Any) -> TestDay:
    chosen = DayProtocol(name, protocols.named(name).to_dict())
    condition, side = protocols.named(name).steps[0]
    at = Station("A", ("left", "right"), "pair", uid, 0, condition, side, **station)
    return TestDay("day", "Monday", 1, protocols=(chosen,), queue=(DayEntry(uid, 1),), stations=(at,))


async def test_checks_say_value_and_limit_and_whether_they_block(lab):
    sources, uid, _, now_us = lab
    day = day_of(uid)
    found = {one.name: one for one in await ready.checks(sources, day, day.stations[0], now_us)}
    assert found["linked"].met
    assert (found["unloaded"].met, found["unloaded"].limit) == (True, "≤ 5 N"), "both feet were in the air"
    assert found["zeroed"].met is None
    assert found["body_weight"].limit == "± 5 %"
    assert "735 N from 75.0 kg" in found["body_weight"].value
    assert (found["sampling"].met, found["sampling"].flags, found["sampling"].limit) == (False, False, "≥ 200 Hz")
    assert not any(one.blocks for one in found.values())
    late = {one.name: one for one in await ready.checks(sources, day, day.stations[0], now_us + 60 * S)}
    assert (late["linked"].met, late["linked"].flags) == (False, True)
    assert late["body_weight"].met is None
    stood = day_of(uid, "standing-eyes-open")
    assert next(
        one for one in await ready.checks(sources, stood, stood.stations[0], now_us) if one.name == "sampling"
    ).met


async def test_without_consent_or_a_device_nothing_starts_and_the_reason_is_said(lab):
    sources, uid, _, now_us = lab
    ben = await sources.archive.roster.add(Athlete("Ben"), now_us=now_us)
    day = day_of(ben.uid)
    blocking = [one for one in await ready.checks(sources, day, day.stations[0], now_us) if one.blocks]
    assert [one.words for one in blocking] == ["Ben cannot be recorded: no consent is written down."]
    bare = replace(day_of(uid).stations[0], workout_id="")
    assert [(one.name, one.blocks) for one in await ready.checks(sources, day_of(uid), bare, now_us)] == [
        ("linked", True)
    ]
    gone = replace(day_of(uid).stations[0], workout_id="never")
    assert [one.name for one in await ready.checks(sources, day_of(uid), gone, now_us)] == ["permission"]


async def test_a_trial_is_reviewed_with_its_curve_phases_and_numbers(lab):
    sources, uid, start_us, _ = lab
    stop_us = start_us + 10 * S
    part = DayPart(1, "A", uid, "cmj", "", "both", "pair", ("left", "right"), start_us, stop_us, "day-1")
    day = replace(day_of(uid, phase="review", part=1, start_us=start_us, stop_us=stop_us), parts=(part,))
    said = await results.reviewed(sources, day, day.stations[0])
    assert said["title"] == "trial 1, vertical force, N"
    assert "body weight" in said["curve"], "of the athlete: the device's session has no mass"
    assert all(phase in said["curve"] for phase in ("unweighting", "propulsion", "flight", "landing"))
    assert [one["title"] for one in said["items"]][:3] == ["Height, flight", "Height, impulse", "RSImod"]
    assert said["numbers"]["1"] == f"{said['items'][0]['value']} cm"
    found = {one.criterion: one for one in await results.found_now(sources, day, day.stations[0])}
    assert set(found) == {"weighing_stable", "flight_seen", "device_healthy"}
    assert found["flight_seen"].met
    running = replace(day.stations[0], phase="running", part=0)
    assert [one.criterion for one in await results.found_now(sources, day, running)] == list(found)
    assert await results.found_now(sources, day, replace(running, phase="setup")) == []


async def test_right_after_a_trial_nothing_is_said_to_be_missing_that_may_be_on_its_way(lab):
    sources, uid, start_us, now_us = lab
    for stop_us, met in ((now_us + S, None), (now_us - 3 * S, False)):
        part = DayPart(1, "A", uid, "standing-eyes-open", "", "both", "pair", (), start_us, stop_us, "day-1")
        day = replace(day_of(uid, "standing-eyes-open", phase="review", part=1), parts=(part,))
        found = {one.criterion: one.met for one in await results.found_now(sources, day, day.stations[0])}
        assert found["duration_reached"] is met


async def test_what_failed_is_framed_where_it_can_be_seen(lab):
    sources, _, start_us, _ = lab
    workout = await sources.archive.workout("pair")
    cmj = protocols.named("cmj")
    reading = await read_trial(sources.parts, workout, cmj, start_us, start_us + 10 * S)
    assert reading is not None
    assert reading.force is not None
    unquiet = Found("weighing_stable", False, "SD 3.2 %", 3.2, 1.0, "%")
    ((words, first, last),) = framed(reading, reading.force, [unquiet, Found("flight_seen", True, "1 flight")])
    assert (words, first) == ("not still: SD 3.2 %", 0.0)
    assert 0.5 < last < 10.0, "until somebody moves to jump"
    assert "△ not still: SD 3.2 %" in force_curve(reading, [unquiet])
    assert "stroke-dasharray" in force_curve(reading, [unquiet])
    short = Found("duration_reached", False, "5 of 6 s", 83.0, 100.0, "%")
    assert framed(reading, reading.force, [short])[0][2] == pytest.approx(10.0, abs=0.01)
    assert await read_trial(sources.parts, workout, cmj, 0, 1) is None


async def test_a_walk_has_cadence_and_forces_and_no_jump(tmp_path):
    archive = MemoryArchive()
    sources = Sources(load(data_dir=tmp_path, ingest_port=1), archive, MemoryLive())
    device = Device(archive, sources.live, "walk", sim.walk(12.0))
    await device.open_streams()
    for name, one in device.recordings.items():
        await device.store_block(name, device.frames(name, 0, len(one)))
    start_us = int(device.recordings["left"].times_us[0])
    workout = await archive.workout("walk")
    reading = await read_trial(sources.parts, workout, protocols.named("walk"), start_us, start_us + 12 * S)
    assert reading is not None
    assert reading.jumps is None
    said = {one.title: one for one in await numbers(reading)}
    assert said["Cadence"].unit == "steps/min"
    assert said["Contact time"].value.startswith("L ")
    assert " · R " in said["Contact time"].value


async def test_the_last_result_is_of_accepted_trials_before_this_day(lab, jumping):
    sources, uid, _, now_us = lab
    day = day_of(uid)
    assert await results.last_time(sources, day, day.stations[0]) is None
    before = {name: replace(one, times_us=one.times_us + now_us - 86_400 * S) for name, one in jumping.items()}
    device = Device(sources.archive, sources.live, "before", before, About(athlete="Ada"))
    await device.open_streams()
    for name, one in before.items():
        await device.store_block(name, device.frames(name, 0, len(one)))
    await sources.archive.roster.assign(["before"], uid)
    start_us = int(before["left"].times_us[0])
    new = NewTrial(protocols.named("cmj"), start_us, start_us + 10 * S, state="accepted")
    await sources.archive.trials.add("before", new, now_us=now_us)
    said = await results.last_time(sources, day, day.stations[0])
    assert said is not None
    assert said["href"] == "/session/before"
    assert said["items"][0]["title"] == "Height, flight"
    assert "1 accepted trial" in said["date"]


async def test_what_can_be_chosen_is_found_by_name_and_says_who_is_locked(lab):
    sources, uid, _, now_us = lab
    team = await sources.archive.roster.add_team("Sprint", now_us=now_us)
    ben = await sources.archive.roster.add(Athlete("Ben", teams=(team.uid,)), now_us=now_us)
    found = await choices.athletes(sources, "be")
    assert [(one["name"], one["locked"]) for one in found["athletes"]] == [("Ben", "no consent is written down")]
    assert (await choices.athletes(sources, "spr"))["teams"] == [
        {"uid": team.uid, "name": "Sprint", "athletes": [ben.uid]}
    ]
    assert {one["uid"] for one in (await choices.athletes(sources, ""))["athletes"]} == {uid, ben.uid}
    assert [one["name"] for one in choices.known_protocols(sources)] == list(protocols.NAMES)
    device = choices.device(await sources.archive.workout("pair"))
    assert (device["streams"], device["rate_hz"]) == (["left", "right"], 100.0)
