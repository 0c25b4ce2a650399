"""A trial is judged by its stored frames, and again by itself when its device has sent what it spooled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics import arrival_stats, frame_stats, sim, stances
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph import protocols
from barograph.frames import Block, Stream
from barograph.store.trials import NewTrial, Quality
from dashboard.reading.judging import Judging
from dashboard.reading.trial_quality import found_between, found_of_trial, plain, quality

START_US = 1_790_000_000_000_000
SMALL = {"rows": 12, "cols": 6, "start_us": START_US}
CMJ, WALK, STAND = (protocols.named(name) for name in ("cmj", "walk", "standing-eyes-open"))


def at(seconds: float) -> int:
    return START_US + round(seconds * 1e6)


async def found(pages, protocol, start_s: float, stop_s: float, **more):
    workout = await pages.archive.workout("hall")
    said = await found_between(pages.parts, workout, protocol, at(start_s), at(stop_s), **more)
    return {one.criterion: one for one in said}


async def test_a_jump_meets_its_criteria_once_it_has_landed(pages, keep):
    await keep("hall", sim.simulate("jump", 12.0, **SMALL), mass_kg=75.0)
    assert {name: one.met for name, one in (await found(pages, CMJ, 1.0, 9.0)).items()} == {
        "weighing_stable": True, "flight_seen": True, "device_healthy": True,
    }  # fmt: skip
    before = await found(pages, CMJ, 1.0, 4.0, running=True)
    assert before["weighing_stable"].met
    assert before["flight_seen"].met is False
    assert before["device_healthy"].met, "what may be on its way is not lost"


async def test_steps_are_those_of_both_feet_that_nothing_cuts(pages, keep):
    walk = sim.walk(8.0, **SMALL)
    await keep("hall", walk)
    steps = (await found(pages, WALK, 0.0, 8.0))["steps_whole"]
    tables = [stances(frame_stats(one)) for one in walk.values()]
    assert steps.value == sum(int((~one["cut"]).sum()) for one in tables)
    assert plain([steps])[0]["limit"] == 12
    assert (await found(pages, WALK, 0.0, 8.0, devices=("third",)))["device_healthy"].value == 100.0


async def test_what_frames_do_not_tell_stays_as_it_was_said(pages, keep):
    await keep("hall", {"seat": replace_kind(sim.stand(6.0, **SMALL)["left"], "seat")})
    told = await found(pages, CMJ, 0.0, 5.0)
    assert told["weighing_stable"].met is None
    said = quality(tuple(told.values()), [Quality("weighing_stable", True, "by the device")])
    assert said[0] == Quality("weighing_stable", True, "by the device")
    assert said[1].met is None


def replace_kind(recording, kind: str):
    return replace(recording, layout=replace(recording.layout, kind=kind, side=None))


@pytest.fixture
async def late(memory_archive):
    """Stand still for 31 s; the frames of 10 to 20 s come when `send` is called again."""
    stood, stream = sim.stand(31.0, **SMALL)["left"], Stream("hall", "left")
    await memory_archive.open(stream, epoch="one", numbered=True, now_us=START_US, spool=True)
    await memory_archive.fix_layout(stream, stood.layout, arrival_columns(stood.layout), ARRIVAL_VERSION)
    kept = [0]

    async def send(first: int, after: int) -> None:
        part, n = stood.part(first, after), len(stood)
        stats = arrival_stats(part.frames, stood.layout)
        block = Block(0, first, part.times_us, at(31.0), np.array(part.frames), stats)
        await memory_archive.append([(stream, block)])
        kept[0] += after - first
        await memory_archive.mark(
            stream, 0, next_seq=n, frames=kept[0], first_us=START_US, last_us=int(stood.times_us[-1]), now_us=at(31.0)
        )

    await send(0, 1000)
    await send(2000, len(stood))
    return send


async def test_a_trial_is_judged_again_when_its_frames_came_late(pages, late):
    trials = pages.archive.trials
    await trials.add("hall", NewTrial(STAND, at(0.5), at(30.5)), now_us=at(32.0))
    await trials.add("hall", NewTrial(STAND, at(30.6), at(30.8)), now_us=at(32.0))
    judging = Judging(pages.archive)
    judged = await judging.look()
    assert [one.number for one in judged] == [1, 2]
    first = {one.criterion: one for one in judged[0].quality}
    assert [first[name].met for name in ("duration_reached", "device_healthy")] == [False, False]
    assert "lost 33 % of its frames" in first["device_healthy"].found
    assert await judging.look() == [], "nothing changed"
    await late(1000, 2000)
    again = await judging.look()
    assert [one.number for one in again] == [1], "the other trial has the frames that it had"
    assert all(one.met for one in again[0].quality)
    assert again[0].state == "recorded", "a person decides"
    changes = [one for one in await trials.changes("hall") if one.number == 1]
    assert changes[-1].before.keys() == {"quality"}
    assert "33 %" in changes[-1].before["quality"][1]["found"]


async def test_a_moved_trial_is_judged_by_the_frames_that_it_has_now(pages, late):
    trials = pages.archive.trials
    made = await trials.add("hall", NewTrial(STAND, at(0.5), at(30.5)), now_us=at(32.0))
    judging = Judging(pages.archive)
    await judging.look()
    await trials.edit("hall", made.number, {"stop_us": at(5.0)}, now_us=at(33.0))
    (moved,) = await judging.look()
    found = {one.criterion: one.met for one in moved.quality}
    assert found == {"duration_reached": False, "device_healthy": True}
    workout = await pages.archive.workout("hall")
    assert quality(await found_of_trial(pages.parts, workout, moved)) == moved.quality


async def test_sessions_that_did_not_change_are_not_asked_for_trials(pages, late, keep, monkeypatch):
    await keep("no trials", sim.stand(2.0, **SMALL))
    trials, of, asked = pages.archive.trials, pages.archive.trials.of, []

    def heard(workout_id: str):
        asked.append(workout_id)
        return of(workout_id)

    monkeypatch.setattr(trials, "of", heard)
    made = await trials.add("hall", NewTrial(STAND, at(0.5), at(30.5)), now_us=at(32.0))
    judging = Judging(pages.archive)

    async def looked() -> list[str]:
        asked.clear()
        await judging.look()
        return sorted(asked)

    assert await looked() == ["hall", "no trials"]
    assert await looked() == ["hall"], "its trial was judged, which is an edit"
    assert await looked() == []
    await late(1000, 2000)
    assert await looked() == ["hall"]
    assert [await looked(), await looked()] == [["hall"], []]
    await trials.edit("hall", made.number, {"stop_us": at(20.0)}, now_us=at(33.0))
    assert await looked() == ["hall"]
