"""Frames of a test day: what is an athlete's comes into their workout, all of it, once, however often one begins."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from devices import Device

from analytics import sim
from barograph.errors import Refused, StorageAway
from barograph.frames import Recording, Stream
from barograph.protocols import named
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.ports import About, Archive, Marker
from barograph.store.reading import plan, read_recording
from barograph.store.roster import Athlete
from barograph.store.test_day_commands import command_of
from barograph.store.test_day_held import held, hold, let_go, unclaimed
from barograph.store.test_day_rules import Situation, done
from barograph.store.test_day_settling import settled
from barograph.store.test_days import TestDay
from barograph.store.trials import NewTrial

T0, S = 1_790_000_000_000_000, 1_000_000
SAMPLE_US = 10_000


class Afternoon:
    """A device that sends from T0 on into nobody's workout, and a test day that is asked at moments after it."""

    def __init__(self, archive: Archive, walk: Recording | None = None) -> None:
        self.walk = walk if walk is not None else sim.walk(30.0, start_us=T0)["left"]
        self.archive, self.device = archive, Device(archive, MemoryLive(), "device", {"left": self.walk})
        self.now_us = T0

    async def begin(self, *names: str) -> TestDay:
        people = [await self.archive.roster.add(Athlete(name), now_us=T0) for name in names]
        self.uids = [one.uid for one in people]
        await self.device.open_streams()
        self.day = await self.archive.test_days.add("Monday", now_us=T0)
        for command, more in (
            ("add_athletes", {"athletes": self.uids}), ("choose_protocols", {"protocols": ["walk"]}),
            ("station_add", {"station": "A"}), ("station_link", {"station": "A", "workout_id": "device"}),
            ("next", {"station": "A"}),
        ):  # fmt: skip
            await self.ask(0, command, **more)
        return self.day

    async def ask(self, at_s: float, name: str, **more: Any) -> TestDay:
        asked = Situation(T0 + round(at_s * S))
        command = command_of({"command": name, **more})
        self.day = await self.archive.test_days.change(self.day.id, lambda day: done(day, command, asked))
        return self.day

    async def settle(self, at_s: float) -> TestDay:
        self.day = await settled(self.archive, self.day.id, T0 + round(at_s * S))
        return self.day

    async def send(self, first_s: float, stop_s: float) -> None:
        first, stop = (int(np.searchsorted(self.walk.times_us, T0 + round(at * S))) for at in (first_s, stop_s))
        await self.device.store_block("left", self.device.frames("left", first, stop, T0 + round(stop_s * S)))

    def between(self, start_us: int, stop_us: int) -> Recording:
        mine = np.flatnonzero((self.walk.times_us >= start_us) & (self.walk.times_us <= stop_us))
        return self.walk[int(mine[0]) : int(mine[-1]) + 1]


async def test_frames_come_over_with_the_trial_and_late_ones_after_it(archive: Archive) -> None:
    play = Afternoon(archive)
    await play.begin("Ada", "Ben")
    await play.send(0, 9)
    await archive.add_marker("device", Marker(T0 + 7 * S, "stumbled"))
    await archive.add_marker("device", Marker(T0 + 20 * S, "of nobody"))
    await play.ask(2, "start", station="A")
    await play.ask(12, "stop", station="A")
    await play.settle(12.5)
    (part,) = play.day.parts
    name = part.workout_id
    assert (part.from_us, part.start_us, part.stop_us) == (T0 + 2 * S, T0 + 5 * S, T0 + 12 * S)
    assert (await archive.workout(name)).streams == (), "frames may still be on their way"
    await play.settle(14)
    assert (await read_recording(archive, Stream(name, "left"))).times_us[-1] < T0 + 9 * S
    await play.send(9, 30)
    await play.settle(25)
    await play.settle(25)
    copied = await read_recording(archive, Stream(name, "left"), with_stats=True)
    expected = play.between(part.from_us, part.stop_us)
    assert np.array_equal(copied.times_us, expected.times_us)
    assert np.array_equal(copied.frames, expected.frames)
    assert not np.isnan(copied.stats["total_force_n"]).any()
    assert copied.gaps == ()
    trial = (await archive.trials.of(name))[0]
    inside = await read_recording(archive, Stream(name, "left"), trial.start_us, trial.stop_us)
    assert abs(int(inside.times_us[0]) - trial.start_us) <= SAMPLE_US, "the marked start is that of the frames"
    assert abs(int(inside.times_us[-1]) - trial.stop_us) <= SAMPLE_US
    assert [one.label for one in await archive.markers(name)] == ["stumbled"]
    for at_s in (80, 700, 4000):
        await play.settle(at_s)
    assert (play.day.parts[0].due_us, play.day.parts[0].copies, play.day.due_us) == (0, 5, 0)
    planned = await plan(archive, Stream(name, "left"))
    assert (planned.frames, planned.duplicates) == (len(expected), 0), "what was there is stored once"


async def test_a_second_trial_leaves_no_gap_and_frames_before_the_first_that_came_are_kept(archive: Archive) -> None:
    play = Afternoon(archive)
    await play.begin("Ada")
    await play.send(8, 30)  # what was sent first comes last
    for start_s, stop_s in ((2, 10), (15, 22)):
        await play.ask(start_s, "start", station="A")
        await play.ask(stop_s, "stop", station="A")
        await play.ask(stop_s, "judge", station="A", decision="repeat")
        await play.settle(stop_s + 3)
    await play.send(0, 8)
    await play.settle(100)
    name = play.day.parts[0].workout_id
    assert {one.workout_id for one in play.day.parts} == {name}
    times_us = np.sort((await read_recording(archive, Stream(name, "left"))).times_us)
    expected = [play.between(one.from_us, one.stop_us).times_us for one in play.day.parts]
    assert np.array_equal(times_us, np.concatenate(expected))
    assert (await plan(archive, Stream(name, "left"))).gaps == ()
    assert len((await archive.workout(name)).streams[0].epochs) == 3


async def test_a_source_that_is_calibrated_anew_and_one_that_was_erased(archive: Archive) -> None:
    play = Afternoon(archive)
    await play.begin("Ada")
    await play.send(0, 30)
    for start_s in (2, 12):
        await play.ask(start_s, "start", station="A")
        await play.ask(start_s + 6, "stop", station="A")
        await play.ask(start_s + 6, "judge", station="A", decision="repeat")
        await play.settle(start_s + 8)
        info = await archive.stream_info(Stream("device", "left"))
        layout = replace(info.layout, scale=2.0)
        await archive.calibrate(Stream("device", "left"), layout, info.columns, now_us=T0)
    name = play.day.parts[0].workout_id
    kept = await archive.stream_info(Stream(name, "left"))
    assert kept.layout.scale == 2.0
    assert kept.frames == sum(len(play.between(one.from_us, one.stop_us)) for one in play.day.parts)
    await archive.delete("device")
    await play.settle(4000)
    assert "device: no such workout is stored" in play.day.parts[0].wrong
    assert play.day.due_us == 0
    assert len(await archive.trials.of(name)) == 2


async def test_two_hundred_trials_are_made_in_one_workout() -> None:
    play = Afternoon(MemoryArchive())
    await play.begin("Ada")
    for i in range(200):
        for after_s, name, more in ((0, "start", {}), (4, "stop", {}), (5, "judge", {"decision": "repeat"})):
            await play.ask(10 * i + after_s, name, station="A", **more)
    day = await play.settle(2500)
    trials = await play.archive.trials.of(day.parts[0].workout_id)
    assert [one.number for one in trials] == list(range(1, 201))
    assert {(one.state, one.stop_us - one.start_us) for one in trials} == {("repeated", S)}
    assert all(one.settled and not one.wrong for one in day.parts)


class Breaking:
    """An archive that is away now and then, before or after it has done what it was asked."""

    def __init__(self, inner: Any, chance: random.Random, left: list[int]) -> None:
        self._inner, self._chance, self._left = inner, chance, left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in ("trials", "test_days", "roster"):
            return Breaking(found, self._chance, self._left)
        if not callable(found):
            return found

        async def asked(*given: Any, **named: Any) -> Any:
            way = self._chance.random() if self._left[0] > 0 else 1.0
            self._left[0] -= way < 0.08
            if way < 0.04:
                raise StorageAway("away before")
            answer = await found(*given, **named)
            if way < 0.08:
                raise StorageAway("away after")
            return answer

        return asked


async def test_no_order_of_events_and_crashes_loses_a_frame_or_has_one_in_two_trials_of_a_step() -> None:
    """Seeded afternoons: start, stop, judge, start over, late frames, and an archive that is away in the middle."""
    walk = sim.walk(60.0, start_us=T0)["left"]
    for seed in range(6):
        chance, inner = random.Random(seed), MemoryArchive()
        play = Afternoon(inner, walk)
        await play.begin("Ada", "Ben")
        play.archive = Breaking(inner, chance, [60])  # type: ignore[assignment]
        at_s, sent_s, ran = 0.0, 0.0, []
        while at_s < 52:
            at_s += chance.uniform(0.1, 3.0)
            name = chance.choice(("start", "stop", "judge", "start_over", "next", "settle", "send", "choose"))
            more: dict[str, Any] = {}
            if name == "judge":
                more = chance.choice(({"decision": "accept"}, {"decision": "repeat"},
                                      {"decision": "reject", "reason": "fell"}))  # fmt: skip
            if name == "choose":
                more = {"athlete": chance.choice(play.uids), "protocol": 0, "side": "both"}
            try:
                if name == "send":
                    play.device.archive = inner
                    await play.send(sent_s, at_s)
                    sent_s = at_s
                elif name == "settle":
                    await play.settle(at_s)
                else:
                    await play.ask(at_s, name, station="A", **more)
            except (StorageAway, Refused):
                continue
            ran += [one.start_us for one in play.day.stations if one.phase == "running"]
        await play.send(sent_s, 60)
        while play.day.due_us or at_s < 200:
            at_s += 60.0
            with suppress(StorageAway):
                await play.settle(at_s)
        await _require_whole(inner, play, ran, seed)


async def _require_whole(archive: MemoryArchive, play: Afternoon, ran: list[int], seed: int) -> None:
    day = await archive.test_days.one(play.day.id)
    running = [one.start_us for one in day.stations if one.phase == "running"]
    assert set(ran) <= {*(one.start_us for one in day.parts), *running}, seed
    assert all(one.settled and one.trial and not one.wrong and not one.due_us for one in day.parts), (seed, day.parts)
    for name in {one.workout_id for one in day.parts}:
        trials, parts = await archive.trials.of(name), [one for one in day.parts if one.workout_id == name]
        assert [(one.start_us, one.stop_us, one.state) for one in trials] == sorted(
            (one.start_us, one.stop_us, one.state) for one in parts
        ), seed
        expected = np.concatenate([play.between(one.from_us, one.stop_us).times_us for one in parts])
        try:
            kept = await read_recording(archive, Stream(name, "left"))
        except LookupError:
            assert not len(expected)
            continue
        assert np.array_equal(np.sort(kept.times_us), np.sort(expected)), seed
        inside = [(kept.times_us >= one.start_us) & (kept.times_us <= one.stop_us) for one in trials]
        assert np.sum(inside, axis=0).max(initial=0) <= 1, "each frame is in at most one trial of its step"


async def test_what_no_trial_has_claimed_goes_and_what_one_has_claimed_stays(archive: Archive) -> None:
    play = Afternoon(archive)
    await play.begin("Ada")
    await archive.note("device", now_us=T0)
    await archive.note("earlier", now_us=T0 - 7200 * S)
    await archive.note("named", now_us=T0, about=About(athlete="Somebody", kind="gait"))
    await archive.note("device", now_us=T0, about=About(kind="walk", tags=("wet",)))
    assert [await hold(archive, play.day, name, T0) for name in ("device", "earlier", "named")] == [True, False, False]
    assert (await archive.workout("device")).about.tags == ("wet", "held")
    assert await hold(archive, play.day, "device", T0)
    assert await held(archive, play.day) == ["device"]
    await play.send(0, 30)
    await play.ask(2, "start", station="A")
    await play.ask(12, "stop", station="A")
    await play.settle(12.5)
    gone: list[str] = []

    async def erase(name: str) -> None:
        gone.append(name)
        await archive.delete(name)

    late_us = T0 + 40 * 3600 * S
    assert await let_go(archive, erase, 3600.0, late_us) == [], "frames of a trial are still to be copied"
    await play.settle(14)
    await play.settle(5000)
    assert await let_go(archive, erase, 3600.0, T0 + 3000 * S) == [], "it was sent to a moment ago"
    assert await let_go(archive, erase, 3600.0, late_us) == gone == ["device"]
    part = play.day.parts[0]
    kept = await read_recording(archive, Stream(part.workout_id, "left"))
    assert np.array_equal(kept.times_us, play.between(part.from_us, part.stop_us).times_us)
    again = await archive.workout("device")
    assert (again.streams, again.about.tags) == ((), ("held",)), "its name is there for the device"
    assert await let_go(archive, erase, 3600.0, late_us) == []
    await play.device.open_streams()
    assert (await archive.stream_info(Stream("device", "left"))).frames == 0


async def test_a_held_workout_that_somebody_gave_an_athlete_or_a_trial_stays(archive: Archive) -> None:
    play = Afternoon(archive)
    await play.begin("Ada")
    assert await hold(archive, play.day, "device", T0)
    await play.send(0, 5)
    late_us = T0 + 40 * 3600 * S
    assert await unclaimed(archive, 3600.0, late_us) == ["device"]
    await archive.trials.add("device", NewTrial(named("cmj"), T0, T0 + S), now_us=T0)
    assert await unclaimed(archive, 3600.0, late_us) == []
    await archive.roster.assign(["device"], play.uids[0])
    assert await held(archive, play.day) == []
