"""What the final series of streams said of their frames, in MongoDB: one document per part."""

from __future__ import annotations

from typing import Any

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.mongo.driver import answered
from barograph.store.mongo.rows import place as at
from barograph.store.records import Final, FinalPart
from barograph.store.sealing import Owner, Sealing


class MongoFinals:
    """The final series of the catalogue."""

    _db: Any
    _sealing: Sealing

    @answered
    async def add_final(self, stream: Stream, uid: str, part: FinalPart) -> None:
        """Keep a part of a series that is not the stream's yet."""
        info = await self._db.streams.find_one(at(stream), {"u": 1, "o": 1})
        if info is None:
            raise NotFound(f"{stream}: no such stream is stored")
        names = {"w": stream.workout_id, "s": stream.stream, **({"u": info["u"]} if info.get("u") else {})}
        owner = Owner("workout", info.get("o", ""))
        document = {"_id": {"u": uid, "i": part.first}, **names, "o": owner.uid, "n": part.n, "d": part.digests,
                    "x": part.said}  # fmt: skip
        await self._db.finals.insert_one(self._sealing.seal("finals", owner, document))

    @answered
    async def set_final(self, stream: Stream, final: Final) -> None:
        """Make a series whose parts are kept the stream's; the one before it goes."""
        told = {"$set": {"final": {"uid": final.uid, "n": final.n}}}
        found = await self._db.streams.update_one(at(stream), told)
        mine = {"w": stream.workout_id, "s": stream.stream}
        if not found.matched_count:
            await self._db.finals.delete_many({**mine, "_id.u": final.uid})
            raise NotFound(f"{stream}: no such stream is stored")
        await self._db.finals.delete_many({**mine, "_id.u": {"$ne": final.uid}})

    @answered
    async def final_part(self, uid: str, place: int) -> FinalPart:
        """Return the part of a series that holds a place, or `NotFound`."""
        near = {"_id": {"$gte": {"u": uid, "i": 0}, "$lte": {"u": uid, "i": place}}}
        found = await self._db.finals.find_one(near, sort=[("_id", -1)])
        if found is None:
            raise NotFound("cursor: this series was replaced or erased; begin again")
        found = self._sealing.open("finals", Owner("workout", found.get("o", "")), found)
        return FinalPart(int(found["_id"]["i"]), int(found["n"]), found["d"], found["x"])
