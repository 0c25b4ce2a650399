"""Counting what is stored beyond the marks, in MongoDB (`barograph.store.counts` says why)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from barograph import bounds
from barograph.bounds import check_count
from barograph.frames import Stream
from barograph.store.counts import counted, exact
from barograph.store.documents import KEY_FIELDS, Document, keys_of
from barograph.store.mongo.driver import aggregated
from barograph.store.mongo.rows import place as at
from barograph.store.records import StreamInfo
from barograph.store.sealing import PLAIN, Sealing
from barograph.store.stream_documents import info_of

EPOCHS_AT_ONCE = 50


class MongoCounts:
    """What the catalogue needs to count; its methods raise what the driver raises."""

    _db: Any
    _sealing: Sealing = PLAIN

    async def _written_lately(self, workouts: Sequence[str]) -> set[Stream]:
        """Streams of workouts with a second that is marked dirty. Ask before the streams' documents are read."""
        where = {"_id.w": {"$in": list(workouts)}, "m": {"$exists": True}}
        group = {"_id": {"w": "$_id.w", "s": "$_id.s"}}
        found = await aggregated(self._db.rollups, [{"$match": where}, {"$group": group}])
        return {Stream(item["_id"]["w"], item["_id"]["s"]) for item in found}

    async def _exact(self, documents: Sequence[Document], lately: set[Stream]) -> list[StreamInfo]:
        """The streams in documents; the marks of those that were written lately raised to what is stored."""
        infos = []
        for document in documents:
            info = info_of(document, self._sealing)
            infos.append(await self._counted(info, document) if info.stream in lately else info)
        return infos

    async def _counted(self, info: StreamInfo, document: Document) -> StreamInfo:
        longest_n, found = document.get("longest_n", 1), list[Document]()
        where = {"m.w": info.stream.workout_id, "m.s": info.stream.stream}
        where |= {"m.u": document["u"]} if document.get("u") else {}
        for clauses in _clauses(info, longest_n):
            cursor = self._db.frames.find({**where, "$or": clauses}, dict.fromkeys(KEY_FIELDS, 1))
            found += await cursor.to_list(None)
        return exact(info, keys_of(found))

    async def _check_room(self, stream: Stream, epoch: str) -> None:
        """Refuse a stream or an epoch more than there may be."""
        size = {"$size": {"$ifNull": ["$epochs", []]}}
        found = await self._db.streams.find({"w": stream.workout_id}, {"n": size}).to_list(None)
        epochs = {item["_id"]: item["n"] for item in found}
        if str(stream) not in epochs:
            check_count("stream", "streams in a workout", len(epochs), bounds.STREAMS)
        elif epochs[str(stream)] >= bounds.EPOCHS:
            known = {**at(stream), "epochs.epoch": epoch}
            if await self._db.streams.find_one(known, {"_id": 1}) is None:
                check_count("epoch", "epochs in a stream", epochs[str(stream)], bounds.EPOCHS)

    async def _recount(self, stream: Stream, document: Document) -> None:
        """Raise the marks of a stream to what is stored."""
        old = info_of(document, self._sealing)
        new = await self._counted(old, document)
        if new == old:
            return
        raised: Document = {"last_us": new.last_us, "last_received_us": new.last_received_us}
        lowered: Document = {"first_us": new.first_us}
        for before, epoch in zip(old.epochs, new.epochs, strict=True):
            if epoch != before:
                place = f"epochs.{epoch.e}"
                raised |= {f"{place}.frames": epoch.frames, f"{place}.last_us": epoch.last_us}
                lowered[f"{place}.first_us"] = epoch.first_us
        await self._db.streams.update_one(at(stream), {"$max": raised, "$min": lowered})


def _clauses(info: StreamInfo, longest_n: int) -> Iterator[list[Document]]:
    clauses = [{"e": epoch.e, "seq": {"$gt": counted(epoch)[0] - longest_n}} for epoch in info.epochs]
    for start in range(0, len(clauses), EPOCHS_AT_ONCE):
        yield clauses[start : start + EPOCHS_AT_ONCE]
