"""Reading frames in MongoDB, and those of archived sessions in cold storage: the same keys, the same blocks.

A block may be moved while somebody reads. It is never in neither of the two: a file is named before blocks leave
MongoDB, and blocks are there again before a file is no longer named. So files are asked for before MongoDB and after
it, until both answers are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import FramesAway, NotFound
from barograph.frames import Block, Stream
from barograph.store.cold.places import Place
from barograph.store.documents import KEY_FIELDS, Document, blocks_of, joined, keys_of, stats_of
from barograph.store.mongo.catalog import answered
from barograph.store.mongo.cold import MongoCold
from barograph.store.mongo.history_reads import HistoryFrom, HistoryReads
from barograph.store.mongo.renewal import MongoRenewal
from barograph.store.mongo.rows import END_US, within
from barograph.store.ports import Keys, StreamInfo, stream_of
from barograph.store.sealing import Sealing
from barograph.store.stream_documents import info_of

KEYS_AT_ONCE = 10_000


class MongoFrames(MongoRenewal):
    """The part of the archive port that reads frames."""

    def __init__(
        self, client: Any, database: str, sealing: Sealing, history: HistoryFrom = "primary", place: Place | None = None
    ) -> None:
        super().__init__(client, database, sealing)
        self._history = HistoryReads(client, database, history)
        self._cold = MongoCold(self._db, sealing, place)

    async def _looked_at(self, of: Stream | StreamInfo) -> tuple[StreamInfo, Document]:
        """What is known of a stream, read unless it is given, and what its frames have in common."""
        if isinstance(of, StreamInfo) and of.longest_us is not None:
            info = of
        else:
            info = info_of(await self.stream_document(stream_of(of)), self._sealing)
        stream = info.stream
        return info, {"m.w": stream.workout_id, "m.s": stream.stream} | ({"m.u": stream.uid} if stream.uid else {})

    @answered
    async def keys(self, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Return keys of all blocks that touch the closed range."""
        info, where = await self._looked_at(of)
        if start_us is not None:
            where["t1"] = {"$gte": start_us}
        first_us = 0 if start_us is None else start_us - (info.longest_us or 0)
        last_us = END_US if stop_us is None else stop_us
        where |= within(first_us, last_us)
        return await self._cold.beside(
            info, lambda: self.hot_keys(where),
            lambda keys: (keys.t1_us >= (first_us if start_us is None else start_us)) & (keys.t_us <= last_us),
        )  # fmt: skip

    @answered
    async def keys_by_number(self, of: Stream | StreamInfo, e: int, start: int, stop: int) -> Keys:
        """Return keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1."""
        info, where = await self._looked_at(of)
        seq = {"$gt": start - (info.longest_n or 1), "$lt": stop}
        return await self._cold.beside(
            info, lambda: self.hot_keys(where | {"e": e, "seq": seq}, lowest=start),
            lambda keys: (keys.e == e) & (keys.seq < stop) & (keys.seq + keys.n > start),
        )  # fmt: skip

    async def hot_keys(self, where: Document, lowest: int = 0) -> Keys:
        """Return keys of the blocks that MongoDB has."""
        parts, fields = [], dict.fromkeys(KEY_FIELDS, 1)
        async with self._history.find("frames", where, fields, batch_size=KEYS_AT_ONCE) as cursor:
            while documents := await cursor.to_list(KEYS_AT_ONCE):
                reaching = [document for document in documents if document["seq"] + document["n"] > lowest]
                parts.append(await asyncio.to_thread(keys_of, reaching))
        return joined(parts)

    @answered
    async def load(self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]) -> list[Block]:
        """Return the blocks at `which` indices of `keys`, in that order."""
        info, documents = await self._documents(of, keys, which)
        return await asyncio.to_thread(_unpacked, documents, info, self._sealing)

    @answered
    async def load_stats(
        self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]
    ) -> list[NDArray[np.float32] | None]:
        """Return the statistics (n, columns) of these blocks without their cells; None where they have none to read."""
        info, documents = await self._documents(of, keys, which, dict.fromkeys(("n", "k", "stats"), 1))
        return await asyncio.to_thread(stats_of, documents, info, self._sealing)

    async def _documents(
        self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int], fields: Mapping[str, int] | None = None
    ) -> tuple[StreamInfo, list[Document]]:
        """The stream, and the documents of blocks in the order that is asked for, whole or some of their fields."""
        info, mine = await self._looked_at(of)
        found = await self.hot_documents(mine, keys, which, fields)
        if lacking := [i for i in which if keys.ids[i] not in found]:
            found |= await self._moved(info, mine, keys, lacking)
        if info.layout is None or any(keys.ids[i] not in found for i in which):
            raise NotFound(f"{info.stream}: blocks that were there a moment ago are gone; was the workout erased?")
        return info, [found[keys.ids[i]] for i in which]

    async def _moved(self, info: StreamInfo, mine: Document, keys: Keys, which: Sequence[int]) -> dict[bytes, Document]:
        """Blocks that MongoDB has not: of cold storage, or there again where they were brought back meanwhile."""
        away: FramesAway | None = None
        try:
            found = await self._cold.documents(info, keys, which)
        except FramesAway as error:
            found, away = {}, error
        if any(keys.ids[i] not in found for i in which):
            found |= await self.hot_documents(mine, keys, which)
        if away is not None and any(keys.ids[i] not in found for i in which):
            raise away
        return found

    async def hot_documents(
        self, mine: Document, keys: Keys, which: Sequence[int], fields: Mapping[str, int] | None = None
    ) -> dict[bytes, Document]:
        """Return the documents of those of the blocks that MongoDB has, by id."""
        chosen = np.asarray(which, np.int64)
        found: dict[bytes, Document] = {}
        for e in np.unique(keys.e[chosen]).tolist():
            part = chosen[keys.e[chosen] == e]
            t = within(int(keys.t_us[part].min()), int(keys.t_us[part].max()))
            seq = {"$gte": int(keys.seq[part].min()), "$lte": int(keys.seq[part].max())}
            where = mine | t | {"e": e, "seq": seq}
            async with self._history.find("frames", where, fields, batch_size=len(part)) as cursor:
                found |= {item["_id"].binary: item for item in await cursor.to_list(None)}
        return found


def _unpacked(documents: Sequence[Document], info: StreamInfo, sealing: Sealing) -> list[Block]:
    return [] if info.layout is None else blocks_of(documents, info, info.layout, sealing)
