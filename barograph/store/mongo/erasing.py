"""Erasing workouts in MongoDB, for good: a tombstone, keys, documents, a receipt; and sweeping what lands late.

Each step may be done again: what a kill leaves is gone on with by whoever erases the workout again, or by the sweep.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from barograph.frames import Stream
from barograph.store.documents import Document, of_tag, tag_of
from barograph.store.mongo.counts import MongoCounts
from barograph.store.mongo.driver import answered
from barograph.store.mongo.edits import edited
from barograph.store.mongo.receipts import MongoReceipts, counts_of, total
from barograph.store.mongo.seal_keys import MongoSealKeys, destroy
from barograph.store.receipts import Receipt
from barograph.store.sealing import Owner
from barograph.texts import texts_checked

MOST_EPOCHS = 10_000
SWEPT_AT_ONCE = 100


def workout_owner(workout: Document) -> Owner:
    """Return for whom what belongs to a workout is sealed."""
    return Owner("workout", workout.get("uid", ""))


def tagged(workout: Document) -> Document:
    """Return the fields by which documents of a workout are told from those of others that had its name."""
    tag = tag_of(workout)
    return {"u": tag} if tag else {}


@texts_checked
class MongoErasing(MongoCounts):
    """The part of the catalogue port that erases."""

    def __init__(self, database: Any) -> None:
        self._db = database
        self.seal_keys: MongoSealKeys | None = None
        self.receipts = MongoReceipts(database)

    async def with_uid(self, document: Document) -> Document:
        """Return the document of a workout; one of version 0.1 gets its `uid` when it is first looked at, once."""
        if "uid" in document:
            return document
        nameless = {"_id": document["_id"], "uid": {"$exists": False}}
        await self._db.workouts.update_one(nameless, {"$set": {"uid": uuid.uuid4().hex}})
        return {**document, **(await self._db.workouts.find_one({"_id": document["_id"]}) or {})}

    @answered
    async def delete(self, workout_id: str, *, uid: str = "") -> bool:
        """Erase a workout; that it is erased stands first, so that nobody makes it anew while it goes.

        With `uid` only the workout that has it, and none that has got the name meanwhile.
        """
        workout = await self._db.workouts.find_one({"_id": workout_id, **({"uid": uid} if uid else {})})
        if workout is None:
            if not uid:
                await self._clear(workout_id, None)
            return False
        workout = await self.with_uid(workout)
        record = await self._db.erased.find_one({"_id": workout["uid"]}) or {}
        if "erased_us" in workout and "done_us" in record:
            return False
        now_us = time.time_ns() // 1000
        noted = {"w": workout_id, "at_us": now_us, **tagged(workout)} | ({} if record else await self._noted(workout))
        await self._db.erased.update_one({"_id": workout["uid"]}, {"$setOnInsert": noted}, upsert=True)
        kept: Document = {name: workout[name] for name in ("_id", "created_us", "uid", "again") if name in workout}
        await self._db.workouts.replace_one(
            {"_id": workout_id, "uid": workout["uid"]}, {**kept, "erased_us": workout.get("erased_us", now_us)}
        )
        reached = await self._db.corrections.find_one({"_id": workout["uid"], "reaches": True}, {"_id": 1})
        await self._erase(workout)
        if reached is not None:
            await edited(self._db, workout, everywhere=True)
        return True

    async def erase_one(self, workout_id: str, uid: str) -> None:
        """Erase the workout of this uid, or go on with it, whatever has its name now."""
        if await self.delete(workout_id, uid=uid):
            return
        record = await self._db.erased.find_one({"_id": uid}) or {"done_us": 0}
        if "done_us" not in record:
            await self._erase({"_id": record["w"], "uid": uid, "again": "u" in record})

    async def _noted(self, workout: Document) -> Document:
        """What is remembered of a workout that is about to be erased: whose it is, and how much goes."""
        tag = tag_of(workout)
        counts = await self.frames_of([workout["_id"]], of_tag(tag)) | await counts_of(self._db, workout, tag)
        whose = {"a": workout["athlete_uid"]} if workout.get("athlete_uid") else {}
        return {"receipt": uuid.uuid4().hex, "counts": counts | {"sessions": 1}, **whose}

    async def frames_of(self, names: Sequence[str], where: Document) -> dict[str, int]:
        """Return how many streams and frames there are of workouts, in the streams that `where` finds."""
        lately = await self._written_lately(names)
        streams = await self._db.streams.find({"w": {"$in": [*names]}, **where}).to_list(None)
        return {"streams": len(streams), "frames": int(sum(info.frames for info in await self._exact(streams, lately)))}

    async def _erase(self, workout: Document) -> None:
        """Take what is stored of an erased workout; to do it again goes on where it was interrupted."""
        await destroy(self._db, [workout_owner(workout)])
        mine = {"w": workout["_id"], **of_tag(tag_of(workout))}
        streams = await self._db.streams.find(mine, {"s": 1, "epochs.epoch": 1, "epochs.numbered": 1}).to_list(None)
        epochs = [one["epoch"] for each in streams for one in each.get("epochs", ()) if one["numbered"]]
        remembered = {"epochs": {"$each": epochs[-MOST_EPOCHS:]}, "streams": {"$each": [one["s"] for one in streams]}}
        await self._db.erased.update_one({"_id": workout["uid"]}, {"$addToSet": remembered})
        await self._db.archived.update_many({"o": workout["uid"]}, {"$set": {"state": "gone"}})
        await self._clear(workout["_id"], tag_of(workout))
        if receipt := self._receipt(await self._db.erased.find_one({"_id": workout["uid"]}) or {}):
            await self.receipts.keep(receipt)
        await self._db.erased.update_one({"_id": workout["uid"]}, {"$set": {"done_us": time.time_ns() // 1000}})

    def _receipt(self, record: Document) -> Receipt | None:
        """What is kept of an erasure; None of one that an earlier version began."""
        if "receipt" not in record:
            return None
        sealed = self.seal_keys is not None
        return Receipt(
            uid=record["receipt"], what="session", began_us=int(record["at_us"]), done_us=time.time_ns() // 1000,
            counts=total([record["counts"], {"keys": int(sealed)}]), master_key="kept" if sealed else "none",
        )  # fmt: skip

    async def _clear(self, workout_id: str, tag: str | None) -> None:
        """Streams go first, so that whoever still writes is told at the next second."""
        for name in ("streams", "rejected", "finals", "origins", "calibrations", "summaries", "trials", "corrections"):
            await self._db[name].delete_many({"w": workout_id, **of_tag(tag)})
        await self._db.frames.delete_many({"m.w": workout_id, **of_tag(tag, "m.u")})
        for name in ("rollups", "markers", "written"):
            await self._db[name].delete_many({"_id.w": workout_id, **of_tag(tag)})

    @answered
    async def erased(self, workout_ids: Collection[str]) -> set[str]:
        """Return those of these that were erased, and are not there again."""
        asked = {"_id": {"$in": [one for one in workout_ids if isinstance(one, str)]}, "erased_us": {"$exists": True}}
        return {document["_id"] for document in await self._db.workouts.find(asked, {"_id": 1}).to_list(None)}

    @answered
    async def sweep(self, before_us: int) -> list[Stream]:
        """Erase once more what was erased before a moment, and say of which streams: late writes are gone then."""
        waiting = {"at_us": {"$lt": before_us}, "swept": {"$exists": False}}
        swept: list[Stream] = []
        for record in await self._db.erased.find(waiting).limit(SWEPT_AT_ONCE).to_list(None):
            workout = await self._db.workouts.find_one({"_id": record["w"]}) or {}
            if workout.get("uid") == record["_id"] and "erased_us" not in workout:
                await self._db.erased.delete_one({"_id": record["_id"]})  # it was interrupted before it was erased
                continue
            await self._erase({"_id": record["w"], "uid": record["_id"], "again": "u" in record})
            await self._db.erased.update_one({"_id": record["_id"]}, {"$set": {"swept": True}})
            if workout.get("uid") == record["_id"]:
                names = (await self._db.erased.find_one({"_id": record["_id"]}) or {}).get("streams", ())
                swept += [Stream(record["w"], name) for name in names]
        return swept
