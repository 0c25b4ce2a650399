"""Archiving by rules: which sessions are due, what a night does, and what is left."""

from __future__ import annotations

import time
from typing import Any

import pytest
from archived import FRAMES, RUN, T0, block, recorded

from barograph.errors import FramesAway
from barograph.frames import Stream
from barograph.store.archiving import MOST_IN_A_ROW, NightlyArchiving, due_now
from barograph.store.audit import all_entries
from barograph.store.cold.places import Directory
from barograph.store.memory.archive import MemoryArchive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive
from barograph.store.reading import read_recording
from barograph.store.retention import DAY_US
from barograph.store.retention_rules import ArchivingRun, Rule, Rules

NOW = time.time_ns() // 1000
NIGHT = NOW // DAY_US * DAY_US + DAY_US // 2  # noon UTC: after two at night wherever this runs but far in the east
IDLE_S = 300.0


def night(archive: Archive, day: int = 0) -> NightlyArchiving:
    return NightlyArchiving(archive, IDLE_S, lambda: NIGHT + day * DAY_US)


async def archived(archive: Archive) -> set[str]:
    return {one.workout_id for one in await archive.workouts() if one.archived_us is not None}


async def test_a_night_archives_what_the_rules_name_and_notes_it(archive: Archive) -> None:
    await recorded(archive, RUN)
    await recorded(archive, Stream("walk", "left"), kind="walk")
    await archive.note("empty", now_us=T0)
    assert await night(archive).look() is None, "without a rule nothing is done"
    assert await archived(archive) == set()
    rules = Rules((Rule(days=30), Rule("walk", days=36_500)))
    await archive.archiving.put(rules)
    assert await archive.retention.rules() == Rules(), "rules of retention are others"
    assert [one.workout.workout_id for one in await due_now(archive, rules, NOW, IDLE_S)] == ["run"]
    did = await night(archive).look()
    assert did is not None
    assert (did.archived, did.failed, did.words()) == (1, 0, "1 session archived")
    assert await archived(archive) == {"run"}
    assert await night(archive).look() is None, "once a day"
    assert await archive.archiving.last() == did
    assert [(one.verb, one.how) async for one in all_entries(archive.audit)] == [("archive", "rules")]
    assert len(await read_recording(archive, RUN)) == FRAMES
    again = await night(archive, day=1).look()
    assert again is not None
    assert again.archived == 0, "it is archived already"


async def test_what_came_since_is_archived_in_another_night(archive: Archive) -> None:
    await recorded(archive, RUN)
    await archive.archiving.put(Rules((Rule(days=30),)))
    await night(archive).look()
    await archive.append([(RUN, block(FRAMES))])
    later_us = time.time_ns() // 1000 + 1
    await archive.mark(RUN, 0, next_seq=25, frames=25, first_us=T0, last_us=T0 + 10**6, now_us=later_us)
    rules = await archive.archiving.rules()
    assert await due_now(archive, rules, later_us, IDLE_S) == [], "it was heard of today"
    (due,) = await due_now(archive, rules, later_us + 31 * DAY_US, IDLE_S)
    assert due.workout.workout_id == "run"


async def test_where_cold_storage_is_away_the_night_says_so_and_ends(archive: Archive, monkeypatch: Any) -> None:
    for number in range(MOST_IN_A_ROW + 2):
        await recorded(archive, Stream(f"run-{number}", "left"), blocks=1, days=1)
    asked: list[str] = []

    async def away(workout_id: str, *_: Any) -> None:
        asked.append(workout_id)
        raise FramesAway("cold storage does not answer")

    monkeypatch.setattr(archive.cold, "archive", away)
    await archive.archiving.put(Rules((Rule(days=30),)))
    did = await night(archive).look()
    assert did is not None
    assert (did.archived, did.failed, len(asked)) == (0, MOST_IN_A_ROW, MOST_IN_A_ROW)
    assert did.why == "3 in a row could not be, so the run ended: cold storage does not answer"
    assert did.ended_us
    monkeypatch.undo()
    did = await night(archive, day=1).look()
    assert did is not None
    assert did.archived == MOST_IN_A_ROW + 2


async def test_a_night_removes_files_that_could_not_be_removed_before(
    mongo_archive: MongoArchive, cold_place: Directory
) -> None:
    await recorded(mongo_archive)
    await mongo_archive.cold.archive("run")
    away = cold_place.root.rename(cold_place.root.with_name("away"))
    await mongo_archive.delete("run")
    away.rename(cold_place.root)
    assert (await mongo_archive.cold.state()).leaving == 2
    assert await night(mongo_archive).look() is None
    assert (await mongo_archive.cold.state()).leaving == 0


async def test_without_a_place_a_night_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = MemoryArchive()
    await recorded(archive, RUN)
    await archive.archiving.put(Rules((Rule(days=30),)))
    state = await archive.cold.state()

    async def none() -> Any:
        return type(state)()

    monkeypatch.setattr(archive.cold, "state", none)
    assert await night(archive).look() is None
    assert await archived(archive) == set()


def test_a_run_is_told_in_a_sentence() -> None:
    did = ArchivingRun("2026-11-30", 1, archived=3, failed=1, not_ended=2, at_a_station=1, why="why")
    assert did.words() == ("3 sessions archived; 1 could not be archived; 2 left, not ended; 1 left, at a station; why")
