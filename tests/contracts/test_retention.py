"""Retention: which rule decides, what is over, and what a night does, on a real MongoDB."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from barograph.errors import InvalidData, NotFound, Refused, StorageAway
from barograph.frames import Block, Layout, Stream
from barograph.store.audit import all_entries
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Archive
from barograph.store.retaining import EVERY_S, Nightly, keep_running
from barograph.store.retention import DAY_US, Count, Due, counted, due
from barograph.store.retention_rules import Outcome, Rule, Rules
from barograph.store.roster import Athlete
from barograph.store.test_days import Station

NOW = time.time_ns() // 1000
NIGHT = NOW // DAY_US * DAY_US + DAY_US // 2  # noon UTC: after two at night wherever this runs but far in the east
IDLE_S = 300.0


@pytest.mark.parametrize(
    ("kind", "teams", "days"),
    [
        ("walk", [], 400), ("gait", [], 90), ("GAIT ", [], 90), ("gait", ["a"], 30), ("walk", ["a"], 60),
        ("walk", ["a", "b"], None), ("gait", ["a", "b"], 30), ("", ["c"], 400),
    ],
)  # fmt: skip
def test_the_rule_that_names_most_decides_and_of_two_the_one_that_keeps_longer(
    kind: str, teams: list[str], days: int | None
) -> None:
    general = (Rule(days=400), Rule("gait", days=90), Rule(team="a", days=60))
    rules = Rules((*general, Rule("gait", "a", 30), Rule(team="b")))
    found = rules.of(kind, teams)
    assert found is not None
    assert found.days == days


def test_without_a_rule_nothing_is_decided_and_a_rule_replaces_that_of_its_place() -> None:
    assert Rules().of("gait", ["a"]) is None
    rules = Rules().with_rule(Rule("Gait", days=3)).with_rule(Rule("gait", days=4))
    assert rules.rules == (Rule("gait", days=4),)
    assert rules.without("GAIT", "").rules == ()
    with pytest.raises(NotFound):
        rules.without("gait", "a")
    for days in (0, -1, True, 36_501):
        with pytest.raises(InvalidData, match="days"):
            Rule(days=days)


async def old(archive: MongoArchive, name: str, age_days: float, kind: str = "gait", athlete: str | None = None) -> str:
    """Store a session whose last frame is of so many days ago, and that was stored then."""
    at_us = int(NOW - age_days * DAY_US)
    stream = Stream(name, "left")
    await archive.open(stream, epoch="one", numbered=True, now_us=at_us, about=About(athlete, kind))
    await archive.fix_layout(stream, Layout(rows=1, cols=1, dtype="uint16"), ("total",), 1)
    block = Block(0, 0, np.array([at_us]), at_us, np.ones((1, 1, 1), "<u2"), np.ones((1, 1), "<f4"))
    await archive.append([(stream, block)])
    await archive.mark(stream, 0, next_seq=1, frames=1, first_us=at_us, last_us=at_us, now_us=at_us)
    return (await archive.workout(name)).uid


def night(archive: MongoArchive, day: int = 0) -> Nightly:
    return Nightly(archive, archive.retention, IDLE_S, lambda: NIGHT + day * DAY_US)


async def left(archive: MongoArchive) -> set[str]:
    return {one.workout_id for one in await archive.workouts()}


async def names_due(archive: MongoArchive, *rules: Rule) -> dict[str, str]:
    found: list[Due] = await due(archive, Rules(rules), NOW, IDLE_S)
    return {one.workout.workout_id: one.why for one in found}


async def test_only_what_is_over_ended_and_at_no_station_goes(mongo_archive: MongoArchive) -> None:
    await old(mongo_archive, "old", 40)
    await old(mongo_archive, "young", 20)
    await old(mongo_archive, "walk", 400, "walk")
    await old(mongo_archive, "tested", 40)
    day = await mongo_archive.test_days.add("a day", now_us=NOW)
    stations = (Station("one", workout_id="tested"),)
    await mongo_archive.test_days.change(day.id, lambda one: replace(one, stations=stations))
    await old(mongo_archive, "uploading", 40)  # a spool of then, whose frames come now
    marks = {"next_seq": 2, "frames": 2, "first_us": NOW - 41 * DAY_US, "last_us": NOW - 40 * DAY_US}
    await mongo_archive.mark(Stream("uploading", "left"), 0, **marks, now_us=NOW)
    assert await names_due(mongo_archive, Rule("gait", days=30)) == {"old": "", "tested": "at a station"}
    long = await due(mongo_archive, Rules((Rule("gait", days=30),)), NOW, 41 * 86_400.0)
    assert {one.why for one in long} == {"not ended"}
    assert await names_due(mongo_archive, Rule(days=30), Rule("gait")) == {"walk": ""}
    assert await names_due(mongo_archive) == {}


async def test_an_athletes_team_counts_and_one_without_a_team_has_no_rule_of_one(mongo_archive: MongoArchive) -> None:
    team = await mongo_archive.roster.add_team("Volleyball", now_us=NOW)
    await mongo_archive.roster.add(Athlete("A. Example", teams=(team.uid,)), now_us=NOW)
    await mongo_archive.roster.add(Athlete("B. Sample"), now_us=NOW)
    for name, athlete in (("theirs", "A. Example"), ("alone", "B. Sample"), ("nobodys", None)):
        await old(mongo_archive, name, 40, athlete=athlete)
    assert await names_due(mongo_archive, Rule(team=team.uid, days=30)) == {"theirs": ""}
    assert await names_due(mongo_archive, Rule(days=30), Rule(team=team.uid)) == {"alone": "", "nobodys": ""}


async def test_a_file_of_years_ago_that_was_stored_today_is_young(mongo_archive: MongoArchive) -> None:
    stream = Stream("file", "left")
    await mongo_archive.open(stream, epoch="one", numbered=True, now_us=NOW)
    await mongo_archive.fix_layout(stream, Layout(rows=1, cols=1, dtype="uint16"), ("total",), 1)
    await mongo_archive.mark(stream, 0, next_seq=1, frames=1, first_us=1, last_us=2, now_us=NOW)
    assert await names_due(mongo_archive, Rule(days=30)) == {}


async def test_the_first_night_counts_the_second_erases_and_each_says_what_it_did(
    mongo_archive: MongoArchive, caplog: pytest.LogCaptureFixture
) -> None:
    uid = await old(mongo_archive, "old", 40)
    await old(mongo_archive, "young", 20)
    assert await night(mongo_archive).look() is None, "without a rule nothing is done"
    await mongo_archive.retention.put(Rules((Rule("gait", days=30),)))
    with caplog.at_level(logging.INFO, "barograph.retention"):
        first = await night(mongo_archive).look()
        assert first is not None
        assert (first.erased, first.counted) == (0, 1)
        assert await left(mongo_archive) == {"old", "young"}
        assert await night(mongo_archive).look() is None, "once a day"
        second = await night(mongo_archive, 1).look()
    assert second is not None
    assert (second.erased, second.counted) == (1, 0)
    assert await left(mongo_archive) == {"young"}
    assert await mongo_archive.retention.last() == second
    said = [(one.verb, one.kind, one.uid, one.reason) async for one in all_entries(mongo_archive.audit)]
    assert ("erase", "workout", uid, "kept 30 days") in said
    assert said[-1][:2] == ("retain", "system")
    assert said[-1][3] == "1 session erased"
    assert "1 session erased" in caplog.text


async def test_after_a_pause_and_when_the_clock_moved_a_night_only_counts(mongo_archive: MongoArchive) -> None:
    await old(mongo_archive, "old", 40)
    await mongo_archive.retention.put(Rules((Rule(days=30),)))
    await night(mongo_archive).look()
    for day in (365, -1):  # set forward by a year, and back to before the last night
        moved = await night(mongo_archive, day).look()
        assert moved is not None
        assert (moved.erased, moved.counted) == (0, 1)
    assert await left(mongo_archive) == {"old"}


async def test_a_clock_that_is_ahead_of_mongodbs_makes_nothing_older(mongo_archive: MongoArchive) -> None:
    await old(mongo_archive, "old", 20)
    await mongo_archive.retention.put(Rules((Rule(days=30),)))
    for day in (365, 366):
        moved = await night(mongo_archive, day).look()
        assert moved is not None
        assert (moved.erased, moved.counted) == (0, 0)


async def test_rules_that_change_meanwhile_end_the_run(
    mongo_archive: MongoArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        await old(mongo_archive, name, 40)
    rules = await mongo_archive.retention.put(Rules((Rule(days=30),)))
    await night(mongo_archive).look()
    erase = mongo_archive.delete

    async def changing(name: str) -> bool:
        await mongo_archive.retention.put(replace(rules, rules=(Rule(days=300),)))
        return await erase(name)

    monkeypatch.setattr(mongo_archive, "delete", changing)
    done = await night(mongo_archive, 1).look()
    assert done is not None
    assert done.erased == 1
    assert "the rules were changed meanwhile" in done.why
    assert len(await left(mongo_archive)) == 1
    with pytest.raises(Refused, match="somebody else"):
        await mongo_archive.retention.put(rules)


async def test_a_night_that_did_not_end_is_said_and_the_next_goes_on(
    mongo_archive: MongoArchive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old(mongo_archive, "old", 40)
    await mongo_archive.retention.put(Rules((Rule(days=30),)))
    await night(mongo_archive).look()
    with monkeypatch.context() as away:
        away.setattr(mongo_archive, "delete", _away)
        with pytest.raises(StorageAway):
            await night(mongo_archive, 1).look()
    last = await mongo_archive.retention.last()
    assert last is not None
    assert last.ended_us == 0
    done = await night(mongo_archive, 2).look()
    assert done is not None
    assert done.erased == 1
    assert "did not end; this one goes on" in caplog.text


async def _away(name: str) -> bool:
    raise StorageAway("MongoDB gave no sure answer")


async def test_an_archive_that_is_away_is_said_and_ends_nothing_beside(
    mongo_archive: MongoArchive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = asyncio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == EVERY_S
        waited.set()
        await asyncio.Event().wait()

    async def away() -> Any:
        raise StorageAway("MongoDB gave no sure answer")

    monkeypatch.setattr(mongo_archive.retention, "rules", away)
    monkeypatch.setattr("barograph.store.retaining.asyncio.sleep", sleep)
    task = asyncio.create_task(keep_running(night(mongo_archive)))
    await waited.wait()
    assert "goes on in the next night" in caplog.text
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_of_two_workers_one_has_the_night(mongo_archive: MongoArchive) -> None:
    begun = Outcome("2026-11-30", NOW)
    claims = await asyncio.gather(*(mongo_archive.retention.claim(begun) for _ in range(5)))
    assert sorted(claimed for claimed, _ in claims) == [False] * 4 + [True]


async def test_every_archive_keeps_rules_and_what_the_last_night_did(archive: Archive) -> None:
    retention = archive.retention
    assert (await retention.rules(), await retention.last()) == (Rules(), None)
    rules = await retention.put(Rules((Rule("gait", "a", 30), Rule(days=None))))
    assert rules.revision == 1
    assert await retention.rules() == rules
    for stale in (Rules(), replace(rules, revision=2)):
        with pytest.raises(Refused, match="somebody else"):
            await retention.put(stale)
    begun = Outcome("2026-11-30", NOW)
    assert await retention.claim(begun) == (True, None)
    assert await retention.claim(begun) == (False, None)
    await retention.note(replace(begun, ended_us=NOW + 1, erased=3, why="because"))
    await retention.note(Outcome("2026-11-29", NOW, erased=9))
    done = await retention.last()
    assert done == Outcome("2026-11-30", NOW, NOW + 1, erased=3, why="because")
    assert await retention.claim(Outcome("2026-12-01", NOW + 2)) == (True, done)


async def test_what_is_over_is_counted_by_rule(mongo_archive: MongoArchive) -> None:
    for name, age, kind in (("a", 40, "gait"), ("b", 50, "gait"), ("c", 40, "walk"), ("d", 2, "gait")):
        await old(mongo_archive, name, age, kind)
    found = await due(mongo_archive, Rules((Rule("gait", days=30), Rule(days=10))), NOW, 45 * 86_400.0)
    assert counted(found) == {("gait", ""): Count(1, 1), ("", ""): Count(0, 1)}
