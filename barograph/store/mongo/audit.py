"""The audit log in MongoDB: the sequence number is the document's `_id`, so that no two entries have one.

Whoever writes reads the last entry, and inserts the next one. Of two who do that at once one is refused by the index,
reads again, and comes behind the other: no lock, and no gap, for a number is taken by the entry itself. What a process
wants to write while it writes goes together in the next insert, so that a page of many sessions waits for a few.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from contextvars import Context
from dataclasses import asdict
from typing import Any, TypeAlias

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError

from barograph.errors import StorageAway
from barograph.store.audit import PART, Entry, Event, entry_of, following
from barograph.store.mongo.driver import answered

PAUSE_S = 0.02
DUPLICATE = 11000
Waiting: TypeAlias = tuple[Event, int, "asyncio.Future[Entry]"]


class MongoAudit:
    """The audit port over MongoDB."""

    def __init__(self, database: Any) -> None:
        self._log = database.audit
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, event: Event, now_us: int) -> Entry:
        """Add an entry behind the last one, as often as another process was quicker."""
        written: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, now_us, written))
        if self._writing is None or self._writing.done():
            # It writes for all who wait, so it is not the work of whoever came first.
            self._writing = asyncio.create_task(self._write_all(), name="audit log", context=Context())
        return await written

    async def _write_all(self) -> None:
        """Write what waits, part by part, until nothing does; who waits hears of an error."""
        while part := self._waiting[:PART]:
            del self._waiting[: len(part)]
            try:
                made = await self.add([(event, now_us) for event, now_us, _ in part])
            except BaseException as error:
                heard = error if isinstance(error, Exception) else StorageAway("audit: ended before it was written")
                for _, _, written in part:
                    if not written.done():
                        written.set_exception(heard)
                if heard is not error:
                    raise
            else:
                for (_, _, written), entry in zip(part, made, strict=True):
                    if not written.done():
                        written.set_result(entry)

    @answered
    async def add(self, events: list[tuple[Event, int]]) -> list[Entry]:
        """Add entries behind the last one, in the order in which they were asked for."""
        made: list[Entry] = []
        while len(made) < len(events):
            last, chain = await self.last(), list[Entry]()
            for event, now_us in events[len(made) :]:
                chain.append(following(chain[-1] if chain else last, event, now_us))
            documents = [asdict(entry) for entry in chain]
            try:
                await self._log.insert_many([{"_id": one.pop("seq"), **one} for one in documents], ordered=True)
            except BulkWriteError as error:
                codes = {one["code"] for one in error.details["writeErrors"]}
                if codes != {DUPLICATE} or error.details["writeConcernErrors"]:
                    raise
                made += chain[: error.details["nInserted"]]
                await asyncio.sleep(random.uniform(0.0, PAUSE_S))  # noqa: S311  (a pause, no secret)
            else:
                made += chain
        return made

    @answered
    async def entries(self, *, after: int = 0, limit: int = PART, athlete: str | None = None) -> list[Entry]:
        """Return entries behind a sequence number, oldest first."""
        where: dict[str, Any] = {"_id": {"$gt": after}} | ({} if athlete is None else {"athlete": athlete})
        found = self._log.find(where).sort([("_id", ASCENDING)]).limit(limit)
        return [entry_of(one) for one in await found.to_list(None)]

    @answered
    async def latest(self, athletes: Collection[str], *, before: int | None = None, limit: int = PART) -> list[Entry]:
        """Return entries of what is of some athletes, the newest first."""
        where: dict[str, Any] = {"athlete": {"$in": list(athletes)}} | ({"_id": {"$lt": before}} if before else {})
        found = self._log.find(where).sort([("_id", DESCENDING)]).limit(limit)
        return [entry_of(one) for one in await found.to_list(None)]

    @answered
    async def last(self) -> Entry | None:
        """Return the newest entry."""
        found = await self._log.find({}).sort([("_id", DESCENDING)]).limit(1).to_list(None)
        return entry_of(found[0]) if found else None
