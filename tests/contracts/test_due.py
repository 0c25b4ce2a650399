"""Streams with marks are found by the days that are said to be due, and none is forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pymongo import AsyncMongoClient

from barograph.frames import Block, Layout, Stream
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.due import LOOK_EVERY_S, DueDays, now_due
from barograph.store.mongo.written import QUIET_S
from barograph.store.rollups import refresh

RUN, T0 = Stream("run", "s"), 1_700_000_000_000_000
FAR_US = 1 << 60


class Hands:
    """A clock that is set by hand."""

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
async def db(servers: Servers, database: str, mongo_archive: MongoArchive) -> Any:
    """A database with a stream, a block of it, and the mark of its second."""
    layout = Layout(rows=1, cols=2, dtype="uint16", unit="raw")
    await mongo_archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await mongo_archive.fix_layout(RUN, layout, [], 1)
    block = Block(0, 0, T0 + 1000 * np.arange(3), T0, np.zeros((3, 1, 2), np.uint16))
    await mongo_archive.append([(RUN, block)])
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_url) as client:
        yield client[database]


async def days(db: Any) -> list[bool]:
    return [one.get("due", False) for one in await db.written.find().to_list()]


async def said_at(db: Any) -> int:
    return int((await db.written.find_one())["at_s"])


async def test_a_day_is_due_until_it_is_quiet_and_nothing_of_it_is_marked(db: Any, mongo_archive: MongoArchive) -> None:
    clock = Hands(await said_at(db) + QUIET_S + 1)
    due = DueDays(db, clock)
    assert await due.marked(FAR_US) == [RUN]
    assert await due.marked(T0) == []
    assert await days(db) == [True], "it is quiet, and still marked"
    await refresh(mongo_archive, RUN, now_us=FAR_US)
    clock.at_s -= 2
    assert await due.marked(FAR_US) == []
    assert await days(db) == [True], "nothing is marked, and it is not quiet yet"
    clock.at_s += 2
    assert await due.marked(FAR_US) == []
    assert await days(db) == [False]
    await mongo_archive.mark_dirty(RUN, [T0 // 1_000_000 + 86_400])
    assert await due.marked(FAR_US) == [RUN]
    assert sorted(await days(db)) == [False, True]


async def test_a_day_that_is_said_to_be_due_meanwhile_stays_so(db: Any, mongo_archive: MongoArchive) -> None:
    await refresh(mongo_archive, RUN, now_us=FAR_US)
    due = DueDays(db, Hands(await said_at(db) + QUIET_S + 1))
    (day,) = await db.written.find().to_list()
    await now_due(db, RUN)
    await due._settle([day])
    assert await days(db) == [True]


async def test_marks_that_nobody_said_of_their_day_are_found_at_the_start_and_once_an_hour(db: Any) -> None:
    clock = Hands(await said_at(db) + 1.0)
    await db.written.update_many({}, {"$unset": {"due": ""}})
    due = DueDays(db, clock)
    assert await due.marked(FAR_US) == [RUN], "as an earlier version, or a restore, left them"
    await db.written.delete_many({})
    assert await due.marked(FAR_US) == []
    clock.at_s += LOOK_EVERY_S
    assert await due.marked(FAR_US) == [RUN]
