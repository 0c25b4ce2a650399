"""Test days: changed by many at once, and athletes taken out of them where they are erased or merged."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from barograph import bounds, protocols
from barograph.errors import InvalidData, NotFound
from barograph.store import test_days as values
from barograph.store.ports import Archive
from barograph.store.roster import Athlete
from barograph.store.test_day_commands import command_of
from barograph.store.test_day_rules import Situation, done
from barograph.store.test_day_settling import heard, settled
from barograph.store.test_days import DayEntry, DayPart, DayProtocol, Station, TestDay

T0 = 1_790_000_000_000_000
S = 1_000_000


async def ask(archive: Archive, day: TestDay, at_s: float = 0, **command: object) -> TestDay:
    """Carry out a command at a moment."""
    asked = Situation(T0 + round(at_s * S), "u1")
    return await archive.test_days.change(day.id, lambda one: done(one, command_of(command), asked))


async def ready(archive: Archive, *names: str) -> tuple[TestDay, list[Athlete]]:
    """A day with athletes, one protocol, and a station whose devices send into nobody's workout."""
    people = [await archive.roster.add(Athlete(name), now_us=T0) for name in names]
    await archive.note("device", now_us=T0)
    day = await archive.test_days.add("Monday", now_us=T0, by="u1")
    await ask(archive, day, command="add_athletes", athletes=[one.uid for one in people])
    await ask(archive, day, command="choose_protocols", protocols=["single-leg-stance"])
    await ask(archive, day, command="station_add", station="A")
    await ask(archive, day, command="station_link", station="A", workout_id="device")
    return await ask(archive, day, command="choose", station="A", athlete=people[0].uid, protocol=0,
                     condition="eyes open", side="left"), people  # fmt: skip


async def test_a_day_comes_back_as_it_was_written_and_the_newest_comes_first(archive: Archive) -> None:
    day, (ada,) = await ready(archive, "Ada")
    older = await archive.test_days.add("Sunday", now_us=T0 - 1)
    assert [one.title for one in await archive.test_days.newest()] == ["Monday", "Sunday"]
    assert await archive.test_days.one(day.id) == day
    assert (day.revision, day.made_by, day.queue) == (6, "u1", (DayEntry(ada.uid, 1),))
    assert day.protocols[0].protocol == protocols.named("single-leg-stance")
    assert await archive.test_days.linked(["device", "other"]) == {day.id: 6}
    assert await archive.test_days.linked(["other"], ["insole"]) == {}
    await archive.test_days.remove(older.id)
    for missing in (older.id, "never"):
        with pytest.raises(NotFound, match="no such test day"):
            await archive.test_days.one(missing)
        with pytest.raises(NotFound):
            await archive.test_days.remove(missing)
    for bad in ({"$ne": ""}, None, 5):
        with pytest.raises(InvalidData, match="test_day: expected a text"):
            await archive.test_days.one(bad)  # type: ignore[arg-type]


async def test_of_many_changes_at_once_none_is_lost_and_one_key_counts_once(archive: Archive) -> None:
    day = await archive.test_days.add("Monday", now_us=T0)
    await asyncio.gather(*(ask(archive, day, command="station_add", station=f"s{i}") for i in range(8)))
    assert {one.name for one in (await archive.test_days.one(day.id)).stations} == {f"s{i}" for i in range(8)}
    await asyncio.gather(*(ask(archive, day, command="station_remove", station="s1", key="k") for _ in range(4)))
    assert len((await archive.test_days.one(day.id)).stations) == 7


async def test_a_timed_trial_ends_by_itself_and_is_made_in_a_workout_of_the_athlete(archive: Archive) -> None:
    day, (ada,) = await ready(archive, "Ada")
    day = await ask(archive, day, 10, command="start", station="A", flagged="body weight 8 % off")
    lasts_s = protocols.named("single-leg-stance").duration_s or 0
    go_s = 10 + protocols.named("single-leg-stance").countdown_s
    end_us = T0 + round((go_s + lasts_s) * S)
    assert day.due_us == end_us
    assert await archive.test_days.due(end_us - 1) == []
    assert await archive.test_days.due(end_us) == [day.id]
    days = await asyncio.gather(*(settled(archive, day.id, T0 + 3600 * S) for _ in range(4)))
    (part,) = days[-1].parts
    (trial,) = await archive.trials.of(part.workout_id)
    assert (trial.start_us, trial.stop_us, trial.side) == (T0 + round(go_s * S), end_us, "left")
    assert (trial.state, trial.reason, trial.made_by) == ("recorded", "body weight 8 % off", "u1")
    assert (part.trial, part.settled, part.source) == (trial.number, True, "device")
    made = await archive.workout(part.workout_id)
    assert (made.athlete_uid, made.about.athlete, made.about.kind) == (ada.uid, "Ada", "test day")
    assert days[-1].stations[0].phase == "review"
    await ask(archive, day, 3600, command="judge", station="A", decision="reject", reason="fell", part=1)
    day = await settled(archive, day.id, T0 + 3600 * S)
    assert [(one.state, one.reason) for one in await archive.trials.of(part.workout_id)] == [("rejected", "fell")]
    await archive.trials.edit(part.workout_id, 1, {"state": "accepted"}, now_us=T0)
    day = await heard(archive, day)
    assert [(one.state, one.reason) for one in day.parts] == [("accepted", "")]


async def test_a_judgement_is_not_taken_back_by_who_read_the_trials_before_it(archive: Archive, monkeypatch) -> None:
    day, _ = await ready(archive, "Ada")
    for at_s in (10, 4000):
        await ask(archive, day, at_s, command="start", station="A")
        day = await settled(archive, day.id, T0 + (at_s + 3600) * S)
        if at_s == 10:
            await ask(archive, day, 3611, command="judge", station="A", decision="repeat")
            day = await settled(archive, day.id, T0 + 3611 * S)
    first, second = day.parts
    elsewhere = {"state": "rejected", "reason": "seen on the session's page"}
    await archive.trials.edit(first.workout_id, first.trial, elsewhere, now_us=T0)
    of = type(archive.trials).of

    async def slow(trials: object, workout_id: str) -> object:
        found = await of(trials, workout_id)
        monkeypatch.undo()
        await ask(archive, day, 7700, command="judge", station="A", decision="reject", reason="moved")
        await settled(archive, day.id, T0 + 7700 * S)
        return found

    monkeypatch.setattr(type(archive.trials), "of", slow)
    await heard(archive, day)
    parts = (await archive.test_days.one(day.id)).parts
    assert [(one.state, one.reason) for one in parts] == [tuple(elsewhere.values()), ("rejected", "moved")]
    assert second.state == "recorded"


async def test_a_workout_that_is_the_athletes_own_holds_the_trial_itself(archive: Archive) -> None:
    day, (ada,) = await ready(archive, "Ada")
    await archive.roster.assign(["device"], ada.uid)
    asked = Situation(T0, owners={"device": ada.uid})
    command = command_of({"command": "start", "station": "A"})
    await archive.test_days.change(day.id, lambda one: done(one, command, asked))
    await ask(archive, day, 10, command="stop", station="A")
    day = await settled(archive, day.id, T0 + 11 * S)
    assert [(one.workout_id, one.trial, one.held) for one in day.parts] == [("device", 1, False)]
    # Another day that records the same athlete at the same time makes no second trial of these frames.
    other = await archive.test_days.add("Elsewhere", now_us=T0)
    part = replace(day.parts[0], trial=0, settled=False, start_us=day.parts[0].start_us + 1)
    await archive.test_days.change(other.id, lambda one: replace(one, protocols=day.protocols, parts=(part,)))
    (part,) = (await settled(archive, other.id, T0 + 12 * S)).parts
    assert (part.trial, part.settled) == (0, True)
    assert "expected a part without frames of trial 1" in part.wrong


async def test_an_athlete_who_is_erased_is_in_no_day_and_one_who_is_merged_has_the_other_uid(archive: Archive) -> None:
    day, (ada, ben, cleo) = await ready(archive, "Ada", "Ben", "Cleo")
    await ask(archive, day, 10, command="start", station="A")
    await ask(archive, day, 20, command="stop", station="A")
    before = (await settled(archive, day.id, T0 + 21 * S)).parts[0]
    await archive.roster.merge(ben.uid, cleo.uid, now_us=T0)
    assert [one.athlete for one in (await archive.test_days.one(day.id)).queue] == [ada.uid, ben.uid]
    await archive.delete(before.workout_id)
    await archive.roster.remove(ada.uid)
    day = await archive.test_days.one(day.id)
    assert day.athletes == {ben.uid}
    assert (day.parts, day.stations[0].phase, day.stations[0].workout_id) == ((), "setup", "device")


async def test_what_was_erased_before_its_trial_was_made_stays_erased(archive: Archive) -> None:
    day, (ada,) = await ready(archive, "Ada")
    await ask(archive, day, 10, command="start", station="A")
    day = await ask(archive, day, 20, command="stop", station="A")
    await archive.note(day.parts[0].workout_id, now_us=T0)
    await archive.delete(day.parts[0].workout_id)
    (part,) = (await settled(archive, day.id, T0 + 21 * S)).parts
    assert (part.settled, part.trial) == (True, 0)
    assert "was erased" in part.wrong
    assert part.athlete == ada.uid


def test_the_fullest_day_fits_a_document() -> None:
    held = protocols.named("cmj").to_dict() | {"instructions": "ü" * bounds.NOTES}
    part = DayPart(1, "ü" * 40, "u" * 32, "cmj", "ü" * 100, "left", "w" * 128, ("ü" * 128,) * 16, T0, T0 + 1, "w" * 30,
                   7, "rejected", "ü" * bounds.REASON, "u" * 32)  # fmt: skip
    day = TestDay(
        "a" * 14, "ü" * 100, T0, "u" * 32, protocols=(DayProtocol("cmj", held),) * values.PROTOCOLS,
        queue=tuple(DayEntry(f"{i:032}", i) for i in range(values.QUEUE)),
        stations=(Station("ü" * 40, ("ü" * 128,) * 16, "w" * 128),) * values.STATIONS,
        parts=tuple(replace(part, part=i) for i in range(values.PARTS)), keys=("k" * 64,) * values.KEYS,
    )  # fmt: skip
    assert values.PACKING.unpacked(values.PACKING.packed(day)) == day
