"""What was: samples of a span and the frames of a moment, read from the archive through its reading rule."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np

from analytics import arrival_stats
from barograph.errors import InvalidData
from barograph.frames import Block, Layout
from barograph.store.ports import Archive, StreamInfo
from barograph.store.reading import read
from dashboard.reading.recent_samples import Samples

BEFORE_US = 2_000_000
MOST_BYTES = 64 << 20


async def samples(archive: Archive, info: StreamInfo, start_us: int, stop_us: int) -> list[Samples]:
    """Return statistics of the frames in a closed span, in the order of reading; frames are held a chunk at a time."""
    found: list[Samples] = []
    if info.layout is None:
        return found
    async with aclosing(read(archive, info, start_us, stop_us)) as blocks:
        async for block in blocks:
            found.append(await asyncio.to_thread(_sampled, block, info.layout))
    return found


async def frame_at(archive: Archive, info: StreamInfo, t_us: int, *, span_us: int = BEFORE_US) -> Block | None:
    """Return the newest frame at `t_us` or at most `span_us` before it, as a block of one, with its statistics."""
    newest: Block | None = None
    if info.layout is None:
        return None
    async with aclosing(read(archive, info, t_us - span_us, t_us)) as blocks:
        async for block in blocks:
            at = int(np.argmax(block.times_us))
            if newest is None or block.times_us[at] > newest.times_us[0]:
                newest = block.part(at, at + 1)
    return None if newest is None else await asyncio.to_thread(with_stats, newest, info.layout)


async def frames(archive: Archive, info: StreamInfo, start_us: int, stop_us: int, step_us: int) -> list[Block]:
    """Return frames of a closed span with their statistics, the first of every `step_us`; 0: all of them.

    More than `MOST_BYTES` raise `InvalidData`: whoever plays asks for less at once.
    """
    found: list[Block] = []
    size = 0
    if info.layout is None:
        return found
    async with aclosing(read(archive, info, start_us, stop_us)) as blocks:
        async for block in blocks:
            chosen = [await asyncio.to_thread(with_stats, part, info.layout) for part in _stepped(block, step_us)]
            size += sum(part.nbytes for part in chosen)
            if size > MOST_BYTES:
                raise InvalidData(f"stop_us: expected a span with at most {MOST_BYTES} bytes of frames")
            found += chosen
    return found


def _stepped(block: Block, step_us: int) -> list[Block]:
    """Runs of the frames that begin a step; most often the whole block."""
    if step_us <= 0:
        return [block]
    first = np.flatnonzero(np.diff(block.times_us // step_us, prepend=-1) != 0)
    runs = np.split(first, np.flatnonzero(np.diff(first) != 1) + 1)
    return [block.part(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)]


def with_stats(block: Block, layout: Layout) -> Block:
    """Return the block with the basic set, computed now where it carries none of this version."""
    if block.stats is not None:
        return block
    stats = arrival_stats(block.frames, layout)
    return Block(block.e, block.seq, block.times_us, block.received_us, block.frames, stats)


def _sampled(block: Block, layout: Layout) -> Samples:
    stats = arrival_stats(block.frames, layout) if block.stats is None else block.stats
    return Samples(block.e, block.seq, block.times_us, stats)
