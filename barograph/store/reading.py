"""Reading a stream through the reading rule: first the keys, then the payloads, chunk by chunk.

Memory holds the keys of the range and three chunks: the one in use and two that are fetched meanwhile. The rule
looks at all stored copies of a number before a time range cuts anything off: a copy that lost because an earlier one
lies outside of the range stays lost. Frames are compared with the closed range one by one.

Terms: reading rule (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from barograph.blocks import follows, join
from barograph.errors import NotFound
from barograph.frames import Block, Gap, Ints, Layout, Recording, Stream, spans_us
from barograph.store.documents import joined
from barograph.store.gaps import cut, explained
from barograph.store.origins import listed
from barograph.store.ports import FrameStore, Keys, StreamInfo, read_info
from barograph.store.reader import Reader
from barograph.store.reading_rule import Pieces, Reading, expand, reading_rule, runs

CHUNK_FRAMES = 8192
CHUNK_BYTES = 8 << 20


class Computed(NamedTuple):
    """Statistics that were computed on arrival, of frames that are not read: times (n,) in µs, and (n, columns)."""

    times_us: Ints
    stats: NDArray[np.float32]


class Jump(NamedTuple):
    """Where a sender's clock was set back: the times of the frame before and of the next one, µs."""

    before_us: int
    after_us: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What to read of a stream: the keys, and the pieces in order, cut to the range."""

    info: StreamInfo
    keys: Keys
    pieces: Pieces
    duplicates: int
    gaps: tuple[Gap, ...]

    @property
    def frames(self) -> int:
        """Number of frames to read."""
        return int((self.pieces[2] - self.pieces[1]).sum())

    @property
    def times_us(self) -> Ints:
        """(n,) times of the frames to read, in their order."""
        block, at = expand(*self.pieces)
        return np.asarray(self.keys.times_us[self.keys.first[block] + at])

    @property
    def missing_us(self) -> Ints:
        """(g, 2) times of the frames before and after each gap that lies between two frames to read."""
        return spans_us(self.gaps)

    @property
    def layout(self) -> Layout:
        """The layout; a stream without one has no frames."""
        if self.info.layout is None:
            raise NotFound(f"{self.info.stream}: nothing was ever recorded in this stream")
        return self.info.layout


async def plan(
    archive: Reader, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None
) -> Plan:
    """Make the first pass over a stream, or over one that is known already: keys only."""
    info = await read_info(archive, of)
    keys = await archive.keys(info, start_us, stop_us)
    if start_us is None and stop_us is None:
        reading = await asyncio.to_thread(reading_rule, keys, info.numbered)
        found = explained(reading.gaps, info.epochs, _ends(keys))
        return Plan(info, keys, (reading.block, reading.start, reading.stop), reading.duplicates, found)
    lowest = {int(e): int(keys.seq[keys.e == e].min()) for e in np.unique(keys.e)}
    stops = {e: int((keys.seq + keys.n)[keys.e == e].max()) for e in lowest}
    keys = joined([await archive.keys_by_number(info, e, lowest[e], stops[e]) for e in lowest])
    reading = await asyncio.to_thread(reading_rule, keys, info.numbered)
    pieces = await asyncio.to_thread(_cut, keys, reading, start_us, stop_us)
    gaps = tuple(gap for gap in reading.gaps if lowest[gap.e] <= gap.seq and gap.seq + gap.n <= stops[gap.e])
    return Plan(info, keys, pieces, reading.duplicates, tuple(part for gap in gaps for part in cut(gap, info.epochs)))


def _ends(keys: Keys) -> dict[int, tuple[int, int]]:
    """For each epoch the number after its last frame, and that frame's time."""
    last = {int(e): int(np.argmax(np.where(keys.e == e, keys.seq + keys.n, -1))) for e in np.unique(keys.e)}
    return {e: (int(keys.seq[i] + keys.n[i]), int(keys.t1_us[i])) for e, i in last.items()}


def _cut(keys: Keys, reading: Reading, start_us: int | None, stop_us: int | None) -> Pieces:
    """Only frames in the closed range."""
    block, at = expand(reading.block, reading.start, reading.stop)
    times_us = keys.times_us[keys.first[block] + at]
    inside = np.ones(len(times_us), bool)
    if start_us is not None:
        inside &= times_us >= start_us
    if stop_us is not None:
        inside &= times_us <= stop_us
    return runs(block[inside], at[inside])


async def count(archive: Reader, stream: Stream, start_us: int | None = None, stop_us: int | None = None) -> int:
    """Return distinct frames stored in the closed range."""
    return (await plan(archive, stream, start_us, stop_us)).frames


async def jumps(archive: Reader, of: Stream | StreamInfo) -> list[Jump]:
    """Find where time goes back in a stream, in the order of reading."""
    return jumps_in(await plan(archive, of))


def jumps_in(planned: Plan) -> list[Jump]:
    """Find where time goes back in what is to be read."""
    times_us = planned.times_us
    return [Jump(int(times_us[i]), int(times_us[i + 1])) for i in np.flatnonzero(np.diff(times_us) < 0)]


async def gaps(
    archive: Reader, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None
) -> tuple[Gap, ...]:
    """Find numbers that are not stored: of a range those between its frames, of a whole stream from 0."""
    return (await plan(archive, of, start_us, stop_us)).gaps


def _borders(plan: Plan, chunk_frames: int) -> list[int]:
    """Where to cut the pieces so that a chunk has at most so many frames, or is one piece."""
    most = max(1, min(chunk_frames, CHUNK_BYTES // plan.layout.frame_bytes))
    n = plan.pieces[2] - plan.pieces[1]
    borders, held = [0], 0
    for i, size in enumerate(n.tolist()):
        if held and held + size > most:
            borders.append(i)
            held = 0
        held += size
    return [*borders, len(n)] if len(n) else []


def _numbered(plan: Plan, first: int, last: int) -> tuple[Pieces, list[int]]:
    """Pieces `first` … `last` − 1 with their blocks as indices into a list, and the numbers of those blocks."""
    block, start, stop = (column[first:last] for column in plan.pieces)
    which, place = np.unique(block, return_inverse=True)
    return (place, start, stop), which.tolist()


async def _load(archive: Reader, plan: Plan, first: int, last: int) -> tuple[Pieces, list[Block]]:
    """The second pass for pieces `first` … `last` − 1: pieces whose block is an index into the blocks."""
    pieces, which = _numbered(plan, first, last)
    return pieces, await archive.load(plan.info, plan.keys, which)


async def _chunks(archive: Reader, plan: Plan, chunk_frames: int) -> AsyncGenerator[tuple[Pieces, list[Block]], None]:
    """Chunk after chunk; the next are on their way while one is in use."""
    waiting: asyncio.Task[tuple[Pieces, list[Block]]] | None = None
    try:
        for first, last in pairwise(_borders(plan, chunk_frames)):
            following = asyncio.create_task(_load(archive, plan, first, last), name=f"read {plan.info.stream}")
            ready, waiting = waiting, following
            if ready is not None:
                yield await ready
        if waiting is not None:
            yield await waiting
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


def _merged(pieces: Pieces, blocks: list[Block]) -> list[Block]:
    """Return pieces in their order as blocks, those that follow each other as one, received with its last."""
    parts = [
        blocks[i].part(start, stop) for i, start, stop in zip(*(column.tolist() for column in pieces), strict=True)
    ]
    cuts = [i for i in range(1, len(parts)) if not follows(parts[i - 1], parts[i])]
    runs_of = (parts[first:last] for first, last in pairwise([0, *cuts, len(parts)]))
    return [join(run, max(part.received_us for part in run)) for run in runs_of]


async def read(
    archive: Reader,
    of: Stream | StreamInfo,
    start_us: int | None = None,
    stop_us: int | None = None,
    chunk_frames: int = CHUNK_FRAMES,
) -> AsyncGenerator[Block, None]:
    """Yield the frames of the closed range, each once and in order, as Blocks of consecutive numbers.

    A Block has at most `chunk_frames` frames or is as it was stored; `received_us` is its last arrival.
    """
    planned = await plan(archive, of, start_us, stop_us)
    async with aclosing(read_planned(archive, planned, chunk_frames)) as found:
        async for block in found:
            yield block


async def read_planned(archive: Reader, planned: Plan, chunk_frames: int = CHUNK_FRAMES) -> AsyncGenerator[Block, None]:
    """Yield the frames of a plan, as `read` gives them: as many as it says, also while more are recorded."""
    async with aclosing(_chunks(archive, planned, chunk_frames)) as chunks:
        async for pieces, blocks in chunks:
            for block in _merged(pieces, blocks):
                yield block


async def read_computed(
    archive: FrameStore, planned: Plan, chunk_frames: int = CHUNK_FRAMES
) -> AsyncGenerator[Computed | Block, None]:
    """Yield the statistics of a plan's frames in their order, and the frames as well where they have none to read."""
    times_us, done = planned.times_us, 0
    for first, last in pairwise(_borders(planned, chunk_frames)):
        pieces, which = _numbered(planned, first, last)
        found = [one for one in await archive.load_stats(planned.info, planned.keys, which) if one is not None]
        after = done + int((pieces[2] - pieces[1]).sum())
        if len(found) == len(which):
            columns = zip(*(column.tolist() for column in pieces), strict=True)
            yield Computed(times_us[done:after], np.concatenate([found[i][start:stop] for i, start, stop in columns]))
        else:
            for block in _merged(pieces, await archive.load(planned.info, planned.keys, which)):
                yield block
        done = after


async def read_recording(
    archive: Reader,
    stream: Stream,
    start_us: int | None = None,
    stop_us: int | None = None,
    with_stats: bool = False,
) -> Recording:
    """Return the frames of the closed range as one array, filled in place.

    With the table computed on arrival if asked.
    """
    planned = await plan(archive, stream, start_us, stop_us)
    layout, n = planned.layout, planned.frames
    frames = np.empty((n, layout.rows, layout.cols), layout.numpy_dtype)
    stats = np.full((n, len(planned.info.columns)), np.nan, np.float32) if with_stats else None
    done = 0
    async with aclosing(_chunks(archive, planned, CHUNK_FRAMES)) as chunks:
        async for pieces, blocks in chunks:
            # Not in a thread: a copy is short, and two threads of short steps spend their time handing over the GIL.
            done = _fill(frames, stats, done, pieces, blocks)
    times_us = planned.times_us
    return Recording(
        frames=frames,
        times_us=times_us,
        layout=layout,
        stats=None if stats is None else _table(stats, times_us, planned.info.columns),
        gaps=planned.gaps,
        provenance=await provenance(archive, planned),
    )


async def provenance(archive: Reader, planned: Plan) -> dict[str, Any]:
    """Return where the frames of a plan come from: workout, stream, epochs, and the files they were imported from."""
    info = planned.info
    imported = await imported_from(archive, info.stream)
    return {
        "workout_id": info.stream.workout_id,
        "stream": info.stream.stream,
        "epochs": [epoch.epoch for epoch in info.epochs],
        "duplicates": planned.duplicates,
        **({"date_unknown": True} if info.date_unknown else {}),
        **({"placed": info.placed} if info.placed else {}),
        **({"imported": imported} if imported else {}),
    }


async def imported_from(archive: Reader, stream: Stream) -> list[dict[str, Any]]:
    """Return the files that a stream was imported from.

    Name, format, digest, header and the vendor's results of each.
    """
    return listed((await archive.origins(stream)).values())


def _fill(
    frames: NDArray[np.generic], stats: NDArray[np.float32] | None, done: int, pieces: Pieces, blocks: list[Block]
) -> int:
    """Write pieces into the arrays from row `done` on, and return the row after the last."""
    for i, start, stop in zip(*(column.tolist() for column in pieces), strict=True):
        end = done + stop - start
        frames[done:end] = blocks[i].frames[start:stop]
        known = blocks[i].stats
        if stats is not None and known is not None and known.shape[1] == stats.shape[1]:
            stats[done:end] = known[start:stop]
        done = end
    return done


def _table(stats: NDArray[np.float32], times_us: Ints, columns: tuple[str, ...]) -> pd.DataFrame:
    time = pd.to_datetime(times_us, unit="us", utc=True).rename("time")
    return pd.DataFrame(stats, index=time, columns=list(columns))
