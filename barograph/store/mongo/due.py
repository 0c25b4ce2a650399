"""Which streams have seconds that are marked dirty, without asking every shard for them.

`written` stands for the days of streams, is small and lies on one shard; whoever marks a second says so of its day
before, by `due`. So the days that are due are read there, and their marks are asked for by workout. A day is due no
more when it is quiet (`QUIET_S`) and none of its seconds is marked; not if somebody has said so again meanwhile.

Once an hour, and when a process begins, all marks are looked for: those of an earlier version, of a restore, of whoever
ended between two steps. That is the one question that goes to every shard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from pymongo import ASCENDING, UpdateOne

from barograph.frames import Stream
from barograph.store.documents import Document
from barograph.store.mongo.driver import aggregated
from barograph.store.mongo.written import DAY_S, QUIET_S, place

LOOK_EVERY_S = 3600.0
MOST_LATE = 5000
DAY: Document = {"w": "$_id.w", "s": "$_id.s", "d": {"$toInt": {"$floor": {"$divide": ["$_id.t", DAY_S]}}}}


class DueDays:
    """The days of streams with marks, as one process finds them."""

    def __init__(self, database: Any, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock
        self._looked_s: float | None = None

    async def marked(self, before_us: int, but: Collection[str] = ()) -> list[Stream]:
        """Return streams with a second that was marked before a moment, the oldest marks first; a bounded number.

        None of the workouts `but`: however many of their seconds are marked, they are in nobody's way.
        """
        now_s = self._clock()
        if self._looked_s is None or not 0 <= now_s - self._looked_s < LOOK_EVERY_S:
            await self._look()
            self._looked_s = now_s
        days = self._db.written.find({"due": True, **_not_of(but)}, {"n": 1, "at_s": 1}).sort("at_s", ASCENDING)
        due = await days.limit(MOST_LATE).to_list(None)
        if not due:
            return []
        late = {"_id.w": {"$in": _workouts(due)}, "since": {"$lt": before_us}}
        rows = self._db.rollups.find(late, {"_id": 1}).sort("since", ASCENDING).limit(MOST_LATE)
        found = [Stream(one["_id"]["w"], one["_id"]["s"]) for one in await rows.to_list(None)]
        await self._settle([day for day in due if day["at_s"] < now_s - QUIET_S])
        return list(dict.fromkeys(found))

    async def _settle(self, quiet: Sequence[Document]) -> None:
        """Take days off the list on which nothing is marked."""
        if not quiet:
            return
        stages: list[Document] = [
            {"$match": {"_id.w": {"$in": _workouts(quiet)}, "m": {"$exists": True}}},
            {"$group": {"_id": DAY}},
        ]
        marked = {_name(one["_id"]) for one in await aggregated(self._db.rollups, stages)}
        same = [{name: day[name] for name in ("_id", "n", "at_s")} for day in quiet if _name(day["_id"]) not in marked]
        if same:
            await self._db.written.bulk_write([UpdateOne(one, {"$unset": {"due": ""}}) for one in same], ordered=False)

    async def _look(self) -> None:
        """Say of all days with marks that they are due."""
        stages = [{"$match": {"since": {"$exists": True}}}, {"$group": {"_id": DAY, "u": {"$first": "$u"}}}]
        at_s, said = int(self._clock()), []
        for one in await aggregated(self._db.rollups, stages):
            fresh = {"n": 0, "at_s": at_s, **({"u": one["u"]} if one["u"] else {})}
            change = {"$set": {"due": True}, "$setOnInsert": fresh}
            said.append(UpdateOne(place(*_name(one["_id"])), change, upsert=True))
        if said:
            await self._db.written.bulk_write(said, ordered=False)


async def now_due(database: Any, stream: Stream) -> None:
    """Say of all days of a stream that they are due, after their seconds were marked."""
    mine = {"_id.w": stream.workout_id, "_id.s": stream.stream}
    await database.written.update_many(mine, {"$inc": {"n": 1}, "$set": {"due": True}})


def _workouts(days: Sequence[Document]) -> list[str]:
    return sorted({day["_id"]["w"] for day in days})


def _not_of(workouts: Collection[str]) -> Document:
    return {"_id.w": {"$nin": sorted(workouts)}} if workouts else {}


def _name(place: Document) -> tuple[str, str, int]:
    return place["w"], place["s"], int(place["d"])
