"""Records of streams' calibrations in MongoDB, one document each; what holds is in the stream's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.calibration_records import MOST_RECORDS, CalibrationRecord, packed, unpacked
from barograph.store.documents import Document
from barograph.store.mongo.driver import answered
from barograph.store.mongo.rows import place
from barograph.store.sealing import Owner, Sealing


class MongoCalibrations:
    """The records of calibrations of the catalogue."""

    _db: Any
    _sealing: Sealing

    @answered
    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return what is kept of calibrations, oldest first."""
        info = await self._owner_of(stream)
        owner = Owner("workout", info.get("o", ""))
        found = await self._db.calibrations.find(_mine(stream, info)).sort("at_us", 1).to_list(None)
        return [_record(self._sealing.open("calibrations", owner, one)) for one in found]

    async def _undone(self, stream: Stream, uid: str, now_us: int, by: str) -> None:
        """Say of a record that it was undone, unless it was before."""
        holds = {"_id": uid, "w": stream.workout_id, "s": stream.stream, "undone_us": {"$exists": False}}
        await self._db.calibrations.update_one(holds, {"$set": {"undone_us": now_us, "undone_by": by}})

    async def _keep(self, stream: Stream, record: CalibrationRecord) -> None:
        """Store a record, and forget the oldest beyond `MOST_RECORDS`."""
        info = await self._owner_of(stream)
        tag = {"u": info["u"]} if info.get("u") else {}
        names = {"w": stream.workout_id, "s": stream.stream, **tag}
        document = {"_id": record.uid, **names, "at_us": record.at_us, "by": record.by, "x": packed(record)}
        sealed = self._sealing.seal("calibrations", Owner("workout", info.get("o", "")), document)
        await self._db.calibrations.insert_one(sealed)
        mine = self._db.calibrations.find(_mine(stream, info), {"_id": 1}).sort("at_us", -1).skip(MOST_RECORDS)
        if old := [one["_id"] for one in await mine.to_list(None)]:
            await self._db.calibrations.delete_many({"_id": {"$in": old}})

    async def _owner_of(self, stream: Stream) -> Document:
        info: Document | None = await self._db.streams.find_one(named(stream), {"u": 1, "o": 1})
        if info is None:
            raise NotFound(f"{stream}: no such stream is stored")
        return info


def named(stream: Stream) -> Document:
    """Return what finds the document of a stream; where it is known of which workout, then of no other of its name."""
    return place(stream) | ({"u": {"$in": [None, stream.uid]}} if stream.uid else {})


def _mine(stream: Stream, info: Document) -> Document:
    return {"w": stream.workout_id, "s": stream.stream, "u": info.get("u")}


def _record(document: Mapping[str, Any]) -> CalibrationRecord:
    undone = document.get("undone_us")
    return unpacked(
        document["x"], uid=document["_id"], at_us=int(document["at_us"]), by=document["by"],
        undone_us=None if undone is None else int(undone), undone_by=document.get("undone_by", ""),
    )  # fmt: skip
