"""Bringing frames of an archived session back to MongoDB: of several who do so at once the newest wins.

An insert into a time series can be repeated but not fenced, so that two who insert the same block leave it twice. So
whoever begins claims what is brought back with a name of its own, which stands in the meta field of the blocks that it
stores (`RETURNED`). Who claims it later removes the blocks of those before, by that field, and inserts all anew; they
look before each insert whether it is still theirs, and stop. What they still had under way has landed after the grace
of marks (`barograph.store.marks`), which the newest waits for if there was one before; then it removes that, too.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

from barograph.errors import NotFound, Refused
from barograph.store.cold.port import MovedFrames, Progress
from barograph.store.documents import SEALED, Document
from barograph.store.mongo.cold import COLLECTION, MongoCold, document_of
from barograph.store.mongo.cold_blocks import days_of, differ, equal, now_us, of_stream, tag_of
from barograph.store.mongo.rows import FENCE, RETURNED
from barograph.store.mongo.written import WrittenDays
from barograph.store.records import Keys
from barograph.store.stream_documents import info_of

if TYPE_CHECKING:
    from barograph.store.cold.files import Row
    from barograph.store.mongo.archive import MongoArchive


class Return:
    """One attempt to bring back what was moved at once of a stream."""

    def __init__(self, archive: MongoArchive, cold: MongoCold, stream: Document, entry: Document) -> None:
        self._archive, self._cold, self._stream = archive, cold, stream
        self._db = archive.database
        self._id = str(entry["_id"])
        self._name = f"{self._id}-{secrets.token_hex(4)}"
        self._since_us = 0  # when it was taken from another attempt; 0: there was none
        self._entry = entry

    async def make(self, progress: Progress, wait_s: float) -> MovedFrames:
        """Store all blocks in MongoDB, compared; what is in files is read no more then. `Refused` if another one began.

        `wait_s` is how long what another attempt had under way may still land.
        """
        await self._claim()
        keys = (await self._cold.keys(self._entry)).keys
        days, tag = days_of(self._stream, keys), tag_of(self._stream)
        await WrittenDays(self._db).say(days, tag)
        await self._store(progress)
        if self._since_us:
            await asyncio.sleep(max(0.0, wait_s - (now_us() - self._since_us) / 1e6))
            await self._remove_others()
        await WrittenDays(self._db).say(days, tag)
        await self._turn("gone")
        return MovedFrames(*(int(self._entry[name]) for name in ("n", "frames", "size")))

    async def _claim(self) -> None:
        where = {"_id": self._id, "state": {"$in": ["ready", "archived", "back"]}}
        claim = {"$set": {"state": "back", "by": self._name}}
        before = await self._db[COLLECTION].find_one_and_update(where, claim)
        if before is None:
            raise self._busy()
        if before["state"] == "back":  # an attempt of an earlier version has no name, and what it stored is left
            self._since_us = now_us()
            await self._remove_others()
        moving = {"o": self._entry["o"], "state": "deleting"}
        if await self._db[COLLECTION].find_one(moving, {"_id": 1}) is not None:
            await self._turn("ready")
            raise self._busy()

    async def _store(self, progress: Progress) -> None:
        """Store the blocks that are not there yet, and compare all of them."""
        sealing, cold, done = self._archive.sealing, await self._cold.keys(self._entry), 0
        info = info_of(self._stream, sealing)
        for part, file in enumerate(self._entry["files"]):
            rows, which = await self._cold.rows(file), np.flatnonzero(cold.part == part).tolist()
            await self._insert(rows, cold.keys, which)
            stored = await self._archive.hot_documents(self._but_others, cold.keys, which)
            if not await asyncio.to_thread(equal, sealing, info, rows, [stored.get(row.id) for row in rows]):
                await self._require_mine()
                raise differ(file["name"])
            done += len(rows)
            progress(done, len(cold.keys))

    async def _insert(self, rows: list[Row], keys: Keys, which: list[int]) -> None:
        there = await self._archive.hot_documents(self._but_others, keys, which, {"_id": 1})
        fresh = [{**document_of(row), "m": self._meta} for row in rows if row.id not in there]
        if fresh:
            await self._require_mine()
            await self._archive.insert_blocks(fresh)
            await self._require_alive()

    @property
    def _meta(self) -> Document:
        """The meta field of what is stored by this attempt."""
        stream = self._stream
        tag = {"u": stream["u"]} if stream.get("u") else {}
        fence = {FENCE: int(stream[FENCE])} if stream.get(FENCE) else {}
        sealed = {SEALED: 1} if self._archive.sealing.seals else {}
        return {"w": stream["w"], "s": stream["s"], **tag, **fence, **sealed, RETURNED: self._name}

    @property
    def _others(self) -> Document:
        return {f"m.{RETURNED}": {"$gte": f"{self._id}-", "$lt": f"{self._id}.", "$ne": self._name}}

    @property
    def _but_others(self) -> Document:
        """Blocks of the stream, but for those of other attempts."""
        return {**of_stream(self._stream), "$nor": [self._others]}

    async def _remove_others(self) -> None:
        await self._db.frames.delete_many({**of_stream(self._stream), **self._others})

    async def _turn(self, state: str) -> None:
        mine: dict[str, Any] = {"_id": self._id, "state": "back", "by": self._name}
        if not (await self._db[COLLECTION].update_one(mine, {"$set": {"state": state}})).matched_count:
            raise self._busy()

    async def _require_mine(self) -> None:
        mine = {"_id": self._id, "state": "back", "by": self._name}
        if await self._db[COLLECTION].find_one(mine, {"_id": 1}) is None:
            await self._require_alive()
            raise self._busy()

    async def _require_alive(self) -> None:
        """Raise `NotFound`, and leave no block, where the workout was erased meanwhile."""
        stream = self._stream
        alive = {"_id": stream["w"], "uid": stream["o"], "erased_us": {"$exists": False}}
        if await self._db.workouts.find_one(alive, {"_id": 1}) is None:
            await self._db.frames.delete_many(of_stream(stream))
            raise NotFound(f"{stream['w']}: it was erased while it was brought back")

    def _busy(self) -> Refused:
        other = f"{self._stream['w']}: another process archives it, or brings it back: wait for that"
        return Refused("busy", f"{other}, or look with `barograph archive show`")
