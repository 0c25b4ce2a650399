"""Where the recordings of a stream come from, in MongoDB: one document per epoch."""

from __future__ import annotations

from typing import Any

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.documents import Document
from barograph.store.mongo.driver import answered
from barograph.store.mongo.rows import place
from barograph.store.sealing import Owner, Sealing


class MongoOrigins:
    """The origins of the catalogue."""

    _db: Any
    _sealing: Sealing

    @answered
    async def keep_origin(self, stream: Stream, e: int, text: str) -> None:
        """Keep where an epoch comes from, unless that is known."""
        info = await self._stream_of(stream)
        tag = {"u": info["u"]} if info.get("u") else {}
        named = {"w": stream.workout_id, "s": stream.stream, "e": e, **tag}
        sealed = self._sealing.seal("origins", Owner("workout", info.get("o", "")), {**named, "x": text})
        await self._db.origins.update_one({"_id": named}, {"$setOnInsert": sealed}, upsert=True)

    @answered
    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where each epoch comes from, of those that say it."""
        info = await self._stream_of(stream)
        mine = {"w": stream.workout_id, "s": stream.stream, "u": info.get("u")}
        found = await self._db.origins.find(mine, {"e": 1, "x": 1}).sort("e", 1).to_list(None)
        owner = Owner("workout", info.get("o", ""))
        return {int(one["e"]): self._sealing.open("origins", owner, one)["x"] for one in found}

    async def _stream_of(self, stream: Stream) -> Document:
        info: Document | None = await self._db.streams.find_one(place(stream), {"u": 1, "o": 1})
        if info is None:
            raise NotFound(f"{stream}: no such stream is stored")
        return info
