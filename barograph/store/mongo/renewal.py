"""Statistics that an earlier version stored are of other definitions: they are outdated, and made anew.

A stream has in `v` the version of the definitions that its `k` stands for; version 0.1 stored none. Whoever opens the
archive raises the `k` of streams of an older one: from then on no reader trusts their stored statistics, nor their
rollups, which carry `k` too. The ingest then marks those rollups, stream by stream, and makes them again. It looks for
them when it begins, and where it found none once an hour, because that goes to every shard.
"""

from __future__ import annotations

import time
import uuid

from barograph.frames import STATS_VERSION, Stream
from barograph.store.documents import Document
from barograph.store.mongo.catalog import MongoCatalog
from barograph.store.mongo.driver import answered
from barograph.store.mongo.due import LOOK_EVERY_S, now_due
from barograph.store.mongo.rows import place, rows_of

OLD: Document = {"layout": {"$exists": True}, "v": {"$not": {"$gte": STATS_VERSION}}}


class MongoRenewal(MongoCatalog):
    """The part of the archive port that renews statistics."""

    _nothing_until_s = 0.0

    async def _is_current(self) -> bool:
        return await super()._is_current() and await self._db.streams.find_one(OLD, {"_id": 1}) is None

    @answered
    async def _make(self) -> None:
        """Make what is not there, and outdate the statistics of earlier definitions."""
        await super()._make()
        raised = {"$inc": {"k": 1}, "$set": {"v": STATS_VERSION, "renew": True}}
        await self._db.streams.update_many(OLD, raised)

    @answered
    async def renew(self) -> Stream | None:
        """Mark all rollups of one stream whose statistics are outdated, and say which; None when there is none."""
        if time.monotonic() < self._nothing_until_s:
            return None
        found = await self._db.streams.find_one({"renew": True}, {"w": 1, "s": 1})
        if found is None:
            self._nothing_until_s = time.monotonic() + LOOK_EVERY_S
            return None
        stream = Stream(found["w"], found["s"])
        mark = {"m": uuid.uuid4().hex, "since": time.time_ns() // 1000}
        await self._db.rollups.update_many(rows_of(stream), {"$set": mark})
        await now_due(self._db, stream)
        await self._db.streams.update_one(place(stream), {"$unset": {"renew": ""}})
        return stream
