"""Test days in MongoDB: one document for each day, changed by whoever saw its newest revision.

`athletes` are the uids of whom it says something, so that an athlete is found in all days who is to be taken out;
`workouts` are those into which devices of its stations send, `follows` the uids of devices that its stations follow.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from pymongo import DESCENDING

from barograph.errors import NotFound, Refused
from barograph.store.documents import Document
from barograph.store.mongo.books import ATTEMPTS
from barograph.store.mongo.driver import answered
from barograph.store.mongo.seal_keys import destroy
from barograph.store.sealing import Owner, Sealing
from barograph.store.test_day_queue import renamed, without
from barograph.store.test_days import DAYS_LISTED, PACKING, Change, TestDay, new_day, no_day
from barograph.texts import require_text


class MongoTestDays:
    """The port to test days over MongoDB."""

    def __init__(self, database: Any, sealing: Sealing) -> None:
        self._db, self._sealing = database, sealing

    def _document(self, day: TestDay) -> Document:
        said: Document = {"_id": day.id, "revision": day.revision, "made_us": day.made_us,
                          "athletes": sorted(day.athletes), "workouts": sorted(day.workouts),
                          "follows": sorted(day.follows), "x": PACKING.packed(day)}  # fmt: skip
        if day.due_us:
            said["due_us"] = day.due_us
        return self._sealing.seal("test_days", Owner("day", day.id), said)

    def _read(self, stored: Document) -> TestDay:
        return PACKING.unpacked(self._sealing.open("test_days", Owner("day", stored["_id"]), stored)["x"])

    @answered
    async def add(self, title: str, *, now_us: int, by: str = "") -> TestDay:
        """Make an empty test day."""
        made = new_day(title, now_us, by)
        await self._db.test_days.insert_one(self._document(made))
        return made

    @answered
    async def one(self, day_id: str) -> TestDay:
        """Return a test day as it was written last."""
        stored = await self._db.test_days.find_one({"_id": require_text("test_day", day_id)})
        if stored is None:
            raise no_day(day_id)
        return self._read(stored)

    @answered
    async def newest(self, limit: int = DAYS_LISTED) -> list[TestDay]:
        """Return test days, the newest first."""
        found = self._db.test_days.find().sort([("made_us", DESCENDING), ("_id", DESCENDING)]).limit(limit)
        return [self._read(one) for one in await found.to_list(None)]

    @answered
    async def due(self, now_us: int) -> list[str]:
        """Return ids of days of which something is to be done now."""
        found = await self._db.test_days.find({"due_us": {"$lte": now_us}}, {"_id": 1}).to_list(None)
        return [str(one["_id"]) for one in found]

    @answered
    async def linked(self, workouts: Collection[str], devices: Collection[str] = ()) -> dict[str, int]:
        """Return id and revision of the days with a station at one of these workouts, or that follows a device."""
        mine = {"$or": [{"workouts": {"$in": list(workouts)}}, {"follows": {"$in": list(devices)}}]}
        found = self._db.test_days.find(mine, {"revision": 1})
        return {str(one["_id"]): int(one["revision"]) for one in await found.to_list(None)}

    @answered
    async def change(self, day_id: str, change: Change) -> TestDay:
        """Replace a day by what `change` makes of it, of the newest revision."""
        for _ in range(ATTEMPTS):
            day = await self.one(day_id)
            made = change(day)
            if made == day:
                return day
            made = replace(made, revision=day.revision + 1)
            seen = {"_id": day.id, "revision": day.revision}
            if (await self._db.test_days.replace_one(seen, self._document(made))).matched_count:
                return made
        raise Refused("busy", f"test day {day_id}: others change it all the time", retry_after_s=1.0)

    @answered
    async def remove(self, day_id: str) -> None:
        """Take a day away; its trials stay."""
        if not (await self._db.test_days.delete_one({"_id": require_text("test_day", day_id)})).deleted_count:
            raise no_day(day_id)
        await destroy(self._db, [Owner("day", day_id)])

    @answered
    async def forget(self, athletes: Collection[str]) -> None:
        """Take an athlete out of every day."""
        await self._change_all(athletes, lambda day: without(day, athletes))

    @answered
    async def move(self, athletes: Collection[str], uid: str) -> None:
        """Put another uid in place of these."""
        await self._change_all(athletes, lambda day: renamed(day, athletes, uid))

    async def _change_all(self, athletes: Collection[str], change: Change) -> None:
        mine = {"athletes": {"$in": list(athletes)}}
        for one in await self._db.test_days.find(mine, {"_id": 1}).to_list(None):
            try:
                await self.change(one["_id"], change)
            except NotFound:  # taken away meanwhile
                continue
