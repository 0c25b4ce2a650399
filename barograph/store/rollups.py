"""Rollups: one row per second, always computed from frames through the reading rule, never added to.

A row is trusted only while its second is not marked, and while its statistics are of the stream's version `k`. Whoever
wants numbers gets other seconds computed on the fly; `refresh` makes the rows of marked ones again once the mark is
older than the archive's grace (`barograph.store.marks` says why).

Terms: rollup (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barograph.errors import NotFound
from barograph.frames import Block, Floats, Frames, Ints, Layout, Stream
from barograph.store.ports import Archive, Dirty, Rollup, StreamInfo, read_info
from barograph.store.reading import read

# The statistics of frames, for blocks that carry none of the stream's present version; without it they are NaN.
Compute = Callable[[Frames, Layout], NDArray[np.float32]]

MOST_SECONDS = 60
GROUP_BYTES = 64 << 20
USUAL_HZ = 200
MAPS_AT_ONCE = 600


@dataclass(frozen=True, eq=False)
class Overview:
    """Seconds with frames, in order: `seconds` and `n` (m,), `low`, `mean` and `high` (m, k) for the `columns`."""

    columns: tuple[str, ...]
    seconds: Ints
    n: Ints
    low: Floats
    mean: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.seconds)


def rollup(second: int, blocks: Sequence[Block], layout: Layout, k: int, compute: Compute | None = None) -> Rollup:
    """Return the row of one second: those frames of `blocks` that lie in it. `k` is the number of statistics.

    NaN, and cells that the mask leaves out, count nowhere; what was never defined is NaN.
    """
    inside = [(block, block.times_us // 1_000_000 == second) for block in blocks]
    frames = [block.frames[here] for block, here in inside]
    values = np.concatenate([np.empty((0, layout.rows, layout.cols), layout.numpy_dtype), *frames])
    stats = np.concatenate([np.empty((0, k)), *(_stats(block, here, layout, k, compute) for block, here in inside)])
    low, mean, high = _columns(stats)
    peak, mean_map = _maps(values, layout)
    return Rollup(second=second, n=len(values), low=low, mean=mean, high=high, peak=peak, mean_map=mean_map)


def _stats(block: Block, here: NDArray[np.bool_], layout: Layout, k: int, compute: Compute | None) -> Floats:
    if block.stats is None and compute is not None and here.any():
        return compute(block.frames[here], layout).astype(np.float64)
    if block.stats is None:
        return np.full((int(here.sum()), k), np.nan)
    return block.stats[here].astype(np.float64)


def _columns(values: NDArray[np.generic]) -> tuple[Floats, Floats, Floats]:
    """Minimum, mean and maximum along the first axis, in float64, without what is NaN."""
    if not len(values):
        missing = np.full(values.shape[1:], np.nan)
        return missing, missing, missing
    return np.fmin.reduce(values).astype(np.float64), _mean(values), np.fmax.reduce(values).astype(np.float64)


def _mean(values: NDArray[np.generic]) -> Floats:
    """The mean along the first axis, in float64, without what is NaN; whole numbers cannot be NaN."""
    mean: Floats
    if values.dtype.kind != "f":
        mean = np.add.reduce(values, axis=0, dtype=np.float64) / len(values)
        return mean
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    total = np.add.reduce(values, axis=0, dtype=np.float64, where=known)
    mean = np.divide(total, n, where=n > 0, out=np.full(n.shape, np.nan))
    return mean


def _maps(frames: Frames, layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Peak and mean in stored values that read, by the layout, as the largest and the mean reading of each cell.

    NaN where the mask leaves a cell out, or there is no frame.
    """
    if not len(frames):
        missing = np.full((layout.rows, layout.cols), np.nan, np.float32)
        return missing, missing
    peak = (np.fmin if layout.scale < 0 else np.fmax).reduce(frames).astype(np.float64)
    most = float(np.finfo(np.float32).max)
    peak_map, mean_map = (
        np.where(layout.valid, np.clip(values, -most, most), np.nan).astype(np.float32)
        for values in (peak, _mean(_of_load(frames, layout)))
    )
    return peak_map, mean_map


def _of_load(frames: Frames, layout: Layout) -> Frames:
    """What is on the unloaded side of its tare reads 0, as the tare itself does: a mean has to take it for that."""
    if layout.tare is None:
        return frames
    tare = np.array(layout.tare).reshape(layout.rows, layout.cols)
    return np.asarray((np.minimum if layout.scale < 0 else np.maximum)(frames, tare))


def _layout(info: StreamInfo) -> Layout:
    if info.layout is None:
        raise NotFound(f"{info.stream}: nothing was ever recorded in this stream")
    return info.layout


def _groups(seconds: Sequence[int], frame_bytes: int) -> list[list[int]]:
    """Runs of consecutive seconds, each so short that its frames fit into memory."""
    most = min(MOST_SECONDS, max(1, GROUP_BYTES // (USUAL_HZ * frame_bytes)))
    groups: list[list[int]] = []
    for second in seconds:
        if groups and second == groups[-1][-1] + 1 and len(groups[-1]) < most:
            groups[-1].append(second)
        else:
            groups.append([second])
    return groups


async def _computed(archive: Archive, info: StreamInfo, group: Sequence[int], compute: Compute | None) -> list[Rollup]:
    """The rows of consecutive seconds, from frames; none for a second without frames. Worked out beside the loop."""
    async with aclosing(read(archive, info, group[0] * 1_000_000, group[-1] * 1_000_000 + 999_999)) as found:
        blocks = [block async for block in found]

    def made() -> list[Rollup]:
        rows = (rollup(second, blocks, _layout(info), len(info.columns), compute) for second in group)
        return [row for row in rows if row.n]

    return await asyncio.to_thread(made)


async def refresh(
    archive: Archive,
    stream: Stream,
    *,
    now_us: int,
    grace_s: float | None = None,
    compute: Compute | None = None,
    rest: float = 0.0,
) -> int:
    """Make the rows of marked seconds again, once their mark is `grace_s` old; the number of those seconds.

    Without `grace_s` the archive's own; a shorter one is for when nothing writes to the stream any more. `rest` is how
    much longer than at work it pauses after each group of seconds: for who has something more urgent to do.
    """
    info = await archive.stream_info(stream)
    since_us = now_us - int((archive.grace_s if grace_s is None else grace_s) * 1e6)
    old: dict[int, Dirty] = {item.second: item for item in await archive.dirty(stream) if item.since_us <= since_us}
    if old:
        await archive.recount(stream)
    for group in _groups(sorted(old), _layout(info).frame_bytes) if old else ():
        begun_s = time.monotonic()
        rows = await _computed(archive, info, group, compute)
        await archive.put_rollups(stream, rows, [old[second] for second in group])
        await asyncio.sleep(rest * (time.monotonic() - begun_s))
    return len(old)


async def rows(
    archive: Archive,
    of: Stream | StreamInfo,
    start_us: int | None = None,
    stop_us: int | None = None,
    *,
    maps: bool = True,
    compute: Compute | None = None,
) -> list[Rollup]:
    """Return the row of every second that the closed range touches, whole, in order.

    Marked and outdated ones made now.
    """
    info = await read_info(archive, of)
    first = None if start_us is None else start_us // 1_000_000
    last = None if stop_us is None else stop_us // 1_000_000
    # The marks first: a row that is clean now may be marked and rewritten before it is read, but it never gets older.
    marked = {item.second for item in await archive.dirty(info.stream)}
    stored = await archive.stored_rollups(info, first, last, maps=maps)
    marked |= {row.second for row in stored if row.k != info.k}
    found = {row.second: row for row in stored if row.second not in marked}
    wanted = sorted(s for s in marked if (first is None or s >= first) and (last is None or s <= last))
    for group in _groups(wanted, _layout(info).frame_bytes) if wanted else ():
        found |= {row.second: row for row in await _computed(archive, info, group, compute)}
    return [found[second] for second in sorted(found)]


async def overview(
    archive: Archive,
    of: Stream | StreamInfo,
    start_us: int | None = None,
    stop_us: int | None = None,
    *,
    compute: Compute | None = None,
) -> Overview:
    """Return the statistics of every second that the closed range touches."""
    info = await read_info(archive, of)
    found = await rows(archive, info, start_us, stop_us, maps=False, compute=compute)

    def table(name: str) -> Floats:
        numbers = [getattr(row, name) for row in found]
        return np.array(numbers, np.float64).reshape(len(found), len(info.columns))

    return Overview(
        columns=info.columns,
        seconds=np.array([row.second for row in found], np.int64),
        n=np.array([row.n for row in found], np.int64),
        low=table("low"),
        mean=table("mean"),
        high=table("high"),
    )


async def peak_map(
    archive: Archive,
    of: Stream | StreamInfo,
    start_us: int | None = None,
    stop_us: int | None = None,
    *,
    compute: Compute | None = None,
) -> NDArray[np.float32]:
    """Return (rows, cols) the stored value of each cell's largest reading in the seconds of the range, else NaN."""
    info = await read_info(archive, of)
    layout = _layout(info)
    peak = np.full((layout.rows, layout.cols), np.nan, np.float32)
    seconds = (await overview(archive, info, start_us, stop_us, compute=compute)).seconds
    for part in np.split(seconds, range(MAPS_AT_ONCE, len(seconds), MAPS_AT_ONCE)):
        if len(part):
            found = await rows(archive, info, int(part[0]) * 1_000_000, int(part[-1]) * 1_000_000, compute=compute)
            further = np.fmin if layout.scale < 0 else np.fmax
            peak = further.reduce([peak, *(row.peak for row in found)])
    return peak


async def rebuild(archive: Archive, stream: Stream, *, now_us: int, compute: Compute | None = None) -> tuple[int, int]:
    """Make every row of a stream again from its frames: how many seconds it has, and how many are made now.

    The rows of a stream that is being written are only marked: readers compute them until the ingest has made them.
    """
    seconds = await all_seconds(archive, stream)
    await archive.mark_dirty(stream, seconds)
    written_us = (await archive.stream_info(stream)).last_received_us or 0
    if now_us - written_us < archive.grace_s * 1e6:
        return len(seconds), 0
    await refresh(archive, stream, now_us=now_us + 1_000_000, grace_s=0.0, compute=compute)
    return len(seconds), len(seconds)


async def all_seconds(archive: Archive, stream: Stream) -> list[int]:
    """Return the seconds that have frames or a row, in order."""
    keys = await archive.keys(stream)
    stored = await archive.stored_rollups(stream, maps=False)
    return sorted({*np.unique(keys.times_us // 1_000_000).tolist(), *(row.second for row in stored)})
