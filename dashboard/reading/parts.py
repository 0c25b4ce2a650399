"""The selected part of a session as tables and maps: read chunk by chunk, computed in threads, kept in a bounded cache.

Frames are never held longer than a chunk. Statistics are those computed on arrival, unless another threshold than the
layout's makes a cell loaded: then they are computed anew. Results are kept by what they were made of, so that stored
frames that come later make new ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from analytics import arrival_stats, frame_stats
from analytics.base.times import time_index
from analytics.columns import arrival_columns
from barograph.errors import NotFound
from barograph.frames import Block, Floats, Ints, Layout, Recording
from barograph.store.ports import Archive, StreamInfo
from barograph.store.reading import Computed, Plan, plan, read_computed, read_planned, read_recording
from barograph.store.summaries import stream_basis
from dashboard.reading import kept_results
from dashboard.reading.overview import Span
from dashboard.reading.program import version
from dashboard.reading.result_cache import ResultCache

Read = TypeVar("Read", Block, Block | Computed)

AT_ONCE = 2
KEPT_FROM_S = 120.0  # what is made of less is made as fast as it is read
HEAD_BYTES = 32 << 20


class Parts:
    """Parts of sessions, over one archive; at most two are read at a time."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.cache = ResultCache()
        self._reading = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[object, list[Any]] = {}

    def progress(self, workout_id: str) -> tuple[int, int]:
        """Return frames read of those that are being read of a workout; (0, 0) when none are."""
        mine = [counts for name, *counts in self._under_way.values() if name == workout_id]
        return sum(done for done, _ in mine), sum(of for _, of in mine)

    async def stats(self, info: StreamInfo, part: Span, p0: float | None = None) -> pd.DataFrame:
        """Return the basic set of every frame of a part, index `time` (UTC), in the order of reading; and lost ones."""
        name = "stats", *key(info, part), p0
        table: pd.DataFrame = await self._result(name, info, part, lambda: self._stats(info, part, p0))
        return table

    async def fold(self, name: Hashable, info: StreamInfo, part: Span, fold: Callable[[Ints], Fold]) -> Any:
        """Return what a fold makes of all frames of a part; it is made for the times (g, 2) around lost frames."""
        return await self._result((name, *key(info, part)), info, part, lambda: self._fold(info, part, fold))

    async def _result(
        self, name: tuple[Hashable, ...], info: StreamInfo, part: Span, make: Callable[[], Awaitable[Any]]
    ) -> Any:
        """The result of a key: remembered, or of all frames of a session that has ended kept, or else made now."""

        async def found() -> Any:
            kept = await self.kept(name, info) if part.holds(info) and part.length_s >= KEPT_FROM_S else None
            return await self.made(name, info, part, make) if kept is None else kept

        return await self.cache.get(name, found)

    async def made(
        self, name: tuple[Hashable, ...], info: StreamInfo, part: Span, make: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Return a result of a key that was made now."""
        return await make()

    async def kept(self, name: tuple[Hashable, ...], info: StreamInfo) -> Any | None:
        """Return what the worker has kept of a key, None where nothing is kept that holds."""
        summary = await self.archive.summaries.of_stream(info, kept_results.name_of(name))
        if summary is None or not summary.stands(stream_basis(info), await asyncio.to_thread(version)):
            return None
        return await asyncio.to_thread(kept_results.unpacked, summary.rows)

    async def first_frames(self, info: StreamInfo, most: int, part: Span | None = None) -> Recording:
        """Return the first frames of a stream, or of a part of it, at most so many, and no more than `HEAD_BYTES`."""
        most = min(most, max(1, HEAD_BYTES // layout_of(info).frame_bytes))
        start_us, stop_us = (part.first_us, part.last_us) if part else (None, None)
        times_us = (await plan(self.archive, info, start_us, stop_us)).times_us[:most]
        async with self._reading:
            last_us = int(times_us.max()) if len(times_us) else stop_us
            return (await read_recording(self.archive, info.stream, start_us, last_us))[:most]

    async def _stats(self, info: StreamInfo, part: Span, p0: float | None) -> pd.DataFrame:
        layout = layout_of(info)
        planned, columns, done = await plan(self.archive, info, part.first_us, part.last_us), arrival_columns(layout), 0
        # Column after column in memory, as pandas keeps them; filled in place, for two hours take 58 MB.
        cells = np.empty((len(columns), planned.frames)).T
        usual = p0 is None or p0 == layout.loaded_above
        found = (read_computed if usual else read_planned)(self.archive, planned)
        async with self._reading, aclosing(self._counted(planned, found)) as blocks:
            async for block in blocks:
                after = done + len(block.times_us)
                cells[done:after] = await asyncio.to_thread(_basic, block, layout, p0)
                done = after
        table = pd.DataFrame(cells, time_index(planned.times_us), list(columns), copy=False)
        if len(planned.missing_us):
            table.attrs["missing_us"] = planned.missing_us.tolist()
        if part.holds(info):
            table.attrs["kind"] = layout.kind  # of a plate, contact may begin and end the record
        return table

    async def _fold(self, info: StreamInfo, part: Span, made: Callable[[Ints], Fold]) -> Any:
        planned = await plan(self.archive, info, part.first_us, part.last_us)
        fold = made(planned.missing_us)
        async with self._reading, aclosing(self._counted(planned, read_planned(self.archive, planned))) as blocks:
            async for block in blocks:
                await asyncio.to_thread(fold.update, block)
        return await asyncio.to_thread(fold.get)

    async def _counted(self, planned: Plan, found: AsyncGenerator[Read, None]) -> AsyncGenerator[Read, None]:
        """What is read of a part, its frames counted meanwhile."""
        me = object()
        counts = self._under_way[me] = [planned.info.stream.workout_id, 0, planned.frames]
        try:
            async with aclosing(found) as blocks:
                async for block in blocks:
                    yield block
                    counts[1] += len(block.times_us)
        finally:
            del self._under_way[me]


class Fold(Protocol):
    """Something that is made of frames, block by block, in order of reading."""

    def update(self, block: Block) -> None:
        """Take the next frames."""

    def get(self) -> Any:
        """Return what has been made."""


def layout_of(info: StreamInfo) -> Layout:
    """Return the layout of a stream that has one; `NotFound` for one that nothing was recorded in."""
    if info.layout is None:
        raise NotFound(f"{info.stream}: nothing was ever recorded in this stream")
    return info.layout


def key(info: StreamInfo, part: Span) -> tuple[Hashable, ...]:
    """Return a key that changes when other frames would be read: the stream, its marks, and the part."""
    return info.stream, info.stream.uid, info.frames, info.last_received_us, info.k, part.first_us, part.last_us


def _basic(block: Block | Computed, layout: Layout, p0: float | None) -> Floats:
    if isinstance(block, Block) and p0 is not None and p0 != layout.loaded_above:
        return frame_stats(block, layout, loaded_above=p0)[list(arrival_columns(layout))].to_numpy(np.float64)
    if block.stats is not None:
        return block.stats.astype(np.float64)
    return arrival_stats(block.frames, layout).astype(np.float64)
