"""The audit log in MongoDB: the sequence number is the document's `_id`, so that no two entries have one.

Whoever writes reads the last entry, and inserts the next one. Of two who do that at once one is refused by the index,
reads again, and comes behind the other: no lock, and no gap, for a number is taken by the entry itself.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from barograph.store.audit import PART, Entry, Event, entry_of, following
from barograph.store.mongo.driver import answered

PAUSE_S = 0.02


class MongoAudit:
    """The audit port over MongoDB."""

    def __init__(self, database: Any) -> None:
        self._log = database.audit

    @answered
    async def write(self, event: Event, now_us: int) -> Entry:
        """Add an entry behind the last one, as often as another process was quicker."""
        while True:
            entry = following(await self.last(), event, now_us)
            document = asdict(entry)
            try:
                await self._log.insert_one({"_id": document.pop("seq"), **document})
            except DuplicateKeyError:
                await asyncio.sleep(random.uniform(0.0, PAUSE_S))  # noqa: S311  (a pause, no secret)
            else:
                return entry

    @answered
    async def entries(self, *, after: int = 0, limit: int = PART, athlete: str | None = None) -> list[Entry]:
        """Return entries behind a sequence number, oldest first."""
        where: dict[str, Any] = {"_id": {"$gt": after}} | ({} if athlete is None else {"athlete": athlete})
        found = self._log.find(where).sort([("_id", ASCENDING)]).limit(limit)
        return [entry_of(one) for one in await found.to_list(None)]

    @answered
    async def last(self) -> Entry | None:
        """Return the newest entry."""
        found = await self._log.find({}).sort([("_id", DESCENDING)]).limit(1).to_list(None)
        return entry_of(found[0]) if found else None
