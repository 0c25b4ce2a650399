"""Summaries of sessions in MongoDB: one document for each table, and one for the lease of whoever computes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from pymongo import DESCENDING, ReplaceOne, ReturnDocument

from barograph.errors import Gone, NotFound
from barograph.store.documents import Document, of_tag, tag_of
from barograph.store.mongo.driver import answered
from barograph.store.records import StreamInfo, Workout
from barograph.store.sealing import Owner, Sealing
from barograph.store.summaries import MOST_AT_ONCE, MOST_FAILED, SummariesState, Summary, uid_of

LEASE = ""  # in place of a table's name
STATE: Document = {"_id": "summaries"}


class MongoSummaries:
    """The port to summaries over MongoDB."""

    def __init__(self, database: Any, sealing: Sealing) -> None:
        self._db, self._sealing = database, sealing

    async def _there(self, workout: Workout) -> Document:
        """The document of a session; `Gone` where it was erased, also where another one has its name now."""
        looked_at = dict.fromkeys(("uid", "again", "erased_us"), 1)
        found: Document | None = await self._db.workouts.find_one({"_id": workout.workout_id}, looked_at)
        if found is None:
            raise NotFound(f"{workout.workout_id}: no such workout is stored")
        if "erased_us" in found or found.get("uid") != workout.uid:
            raise Gone(f"{workout.workout_id}: this workout was erased")
        return found

    async def _require_still(self, workout: Workout) -> None:
        """Take away what was written just now where the session was erased meanwhile."""
        try:
            await self._there(workout)
        except (Gone, NotFound):
            await self._db.summaries.delete_many({"w": workout.workout_id, "_id.o": workout.uid})
            raise

    @answered
    async def stored(self, workouts: Sequence[Workout], tables: Collection[str], *, rows: bool = True) -> list[Summary]:
        """Return what is kept of these tables of sessions."""
        found: list[Summary] = []
        for first in range(0, len(workouts), MOST_AT_ONCE):
            part = workouts[first : first + MOST_AT_ONCE]
            ids = [{"o": one.uid, "t": name} for one in part for name in tables]
            cursor = self._db.summaries.find({"_id": {"$in": ids}}, None if rows else {"x": 0})
            found += [self._summary(one) for one in await cursor.to_list(None)]
        return found

    @answered
    async def of_stream(self, info: StreamInfo, name: str) -> Summary | None:
        """Return what is kept under a name of the session of a stream."""
        found = await self._db.summaries.find_one({"_id": {"o": uid_of(info), "t": name}})
        return None if found is None else self._summary(found)

    @answered
    async def since(self, table: str, at_us: int = 0) -> list[Summary]:
        """Return one table of all sessions that was computed at this moment or later."""
        found = await self._db.summaries.find({"_id.t": table, "at_us": {"$gte": at_us}}).to_list(None)
        return [self._summary(one) for one in found]

    def _summary(self, stored: Document) -> Summary:
        uid = stored["_id"]["o"]
        document = self._sealing.open("summaries", Owner("workout", uid), stored)
        return Summary(
            document["w"], uid, stored["_id"]["t"], document["of"], document["version"], int(document["at_us"]),
            int(document["n"]), float(document["took_s"]), document.get("why", ""), document.get("x", b""),
        )  # fmt: skip

    @answered
    async def take(self, workout: Workout, lease: str, for_s: float) -> int:
        """Take or renew the lease of a session, by the clock of MongoDB."""
        known = await self._there(workout)
        place = {"_id": {"o": workout.uid, "t": LEASE}}
        names = {"w": workout.workout_id, **_tagged(known)}
        await self._db.summaries.update_one(place, {"$setOnInsert": names}, upsert=True)
        free = {"$or": [{"lease": {"$in": [None, lease]}}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        new = {"$cond": [{"$eq": ["$lease", {"$literal": lease}]}, 0, 1]}
        mine = {"lease": {"$literal": lease}, "until": {"$add": ["$$NOW", round(for_s * 1000)]}}
        taken = await self._db.summaries.find_one_and_update(
            {**place, **free},
            [{"$set": {"times": {"$add": [{"$ifNull": ["$times", 0]}, new]}}}, {"$set": mine}],
            return_document=ReturnDocument.AFTER,
        )
        await self._require_still(workout)
        return int(taken["times"]) if taken else 0

    @answered
    async def release(self, workout: Workout, lease: str) -> None:
        """Give a lease back, if it is this one."""
        await self._db.summaries.delete_one({"_id": {"o": workout.uid, "t": LEASE}, "lease": lease})

    @answered
    async def keep(self, workout: Workout, made: Sequence[Summary], lease: str, instead_of: str = "") -> bool:
        """Replace tables of a session, if the lease is this one."""
        known = await self._there(workout)
        place = {"_id": {"o": workout.uid, "t": LEASE}}
        if await self._db.summaries.find_one({**place, "lease": lease}, {"_id": 1}) is None:
            return False
        documents = [self._document(one, known) for one in made]
        if documents:
            changes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents]
            await self._db.summaries.bulk_write(changes, ordered=False)
        if instead_of:
            begins = {"$regex": f"^{re.escape(instead_of)}", "$nin": [one.table for one in made]}
            await self._db.summaries.delete_many({"w": workout.workout_id, "_id.o": workout.uid, "_id.t": begins})
        await self._require_still(workout)
        return True

    def _document(self, one: Summary, workout: Document) -> Document:
        said = {name: getattr(one, name) for name in ("of", "version", "at_us", "n", "took_s")}
        why = {"why": one.why} if one.why else {}
        names = {"_id": {"o": one.uid, "t": one.table}, "w": one.workout_id, **_tagged(workout)}
        return self._sealing.seal("summaries", Owner("workout", one.uid), {**names, **said, **why, "x": one.rows})

    @answered
    async def failed(self) -> list[Summary]:
        """Return the newest tables that could not be computed."""
        cursor = self._db.summaries.find({"why": {"$exists": True}}, {"x": 0}).sort("at_us", DESCENDING)
        return [self._summary(one) for one in await cursor.limit(MOST_FAILED).to_list(None)]

    @answered
    async def tell(self, state: SummariesState) -> None:
        """Say how far the worker is."""
        await self._db.meta.replace_one(STATE, {**STATE, **asdict(state)}, upsert=True)

    @answered
    async def state(self) -> SummariesState | None:
        """Return what the worker said last."""
        found = await self._db.meta.find_one(STATE)
        if found is None:
            return None
        numbers = {name: int(found.get(name, 0)) for name in ("at_us", "ended", "current", "failed")}
        return SummariesState(**numbers, worker=str(found.get("worker", "")))


def _tagged(workout: Document) -> Document:
    tag = tag_of(workout)
    return of_tag(tag) if tag else {}
