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
    fold = _Fold(second, layout, k, compute)
    for block in blocks:
        fold.take(block)
    return fold.row()


class _Sums:
    """Least, largest, sum and number of what is known, element by element, over values that come in parts."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._low, self._high = np.full(shape, np.nan), np.full(shape, np.nan)
        self._total, self._known = np.zeros(shape), np.zeros(shape, np.int64)

    def take(self, values: NDArray[np.generic]) -> None:
        """Take (n, …) values more."""
        self._low = np.fmin(self._low, np.fmin.reduce(values))
        self._high = np.fmax(self._high, np.fmax.reduce(values))
        if values.dtype.kind != "f":  # whole numbers cannot be NaN, and their sums are exact in any order
            self._total += np.add.reduce(values, axis=0, dtype=np.float64)
            self._known += len(values)
            return
        known = ~np.isnan(values)
        self._known += known.sum(axis=0)
        for value, here in zip(values, known, strict=True):  # one by one: the same sum however parts are cut
            np.add(self._total, value, out=self._total, where=here)

    @property
    def columns(self) -> tuple[Floats, Floats, Floats]:
        """Minimum, mean and maximum in float64; NaN where nothing is known."""
        mean = np.divide(self._total, self._known, where=self._known > 0, out=np.full(self._total.shape, np.nan))
        return self._low, mean, self._high


class _Fold:
    """The row of one second, from blocks that come one after the other and are not held."""

    def __init__(self, second: int, layout: Layout, k: int, compute: Compute | None) -> None:
        self._second, self._layout, self._k, self._compute = second, layout, k, compute
        cells = (layout.rows, layout.cols)
        self._stats, self._cells, self._loads, self.n = _Sums((k,)), _Sums(cells), _Sums(cells), 0

    def take(self, block: Block) -> None:
        """Take those frames of a block that lie in the second."""
        here = block.times_us // 1_000_000 == self._second
        if not here.any():
            return
        frames = block.frames[here]
        self.n += len(frames)
        self._stats.take(self._of(block, here, frames))
        self._cells.take(_readable(frames, self._layout))
        if self._layout.tare is not None or self._layout.curve is not None:
            self._loads.take(_of_load(frames, self._layout))

    def _of(self, block: Block, here: NDArray[np.bool_], frames: Frames) -> Floats:
        # A geometry that was chosen meanwhile has other columns.
        if block.stats is not None and block.stats.shape[1] == self._k:
            return block.stats[here].astype(np.float64)
        if self._compute is not None:
            return self._compute(frames, self._layout).astype(np.float64)
        return np.full((len(frames), self._k), np.nan)

    def row(self) -> Rollup:
        """Return the row of what was taken."""
        low, mean, high = self._stats.columns
        peak, mean_map = self._maps()
        return Rollup(second=self._second, n=self.n, low=low, mean=mean, high=high, peak=peak, mean_map=mean_map)

    def _maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Peak and mean in stored values that read, by the layout, as the largest and the mean reading of each cell.

        NaN where the mask leaves a cell out, or there is no frame.
        """
        lowest, mean, highest = self._cells.columns
        if self._layout.curve is not None:
            mean = _stored(self._loads.columns[1], lowest, highest, self._layout)
        elif self._layout.tare is not None:
            mean = self._loads.columns[1]
        most = float(np.finfo(np.float32).max)
        peak_map, mean_map = (
            np.where(self._layout.valid, np.clip(values, -most, most), np.nan).astype(np.float32)
            for values in (lowest if self._layout.falling else highest, mean)
        )
        return peak_map, mean_map


def _readable(frames: Frames, layout: Layout) -> Frames:
    """Stored values, NaN beyond the end of a curve, where a cell has no reading."""
    beyond = layout.beyond(frames)
    return frames if beyond is None or not beyond.any() else np.where(beyond, np.nan, frames)


def _of_load(frames: Frames, layout: Layout) -> Frames:
    """What a mean is of: with a curve readings, else stored values.

    What is on the unloaded side of its tare reads 0, as the tare itself does: a mean has to take it for that.
    """
    if layout.curve is not None:
        return layout.to_unit(frames)
    if layout.tare is None:
        return frames
    tare = np.array(layout.tare).reshape(layout.rows, layout.cols)
    return np.asarray((np.minimum if layout.falling else np.maximum)(frames, tare))


def _stored(readings: Floats, lowest: Floats, highest: Floats, layout: Layout) -> Floats:
    """(rows, cols) the stored values that the layout's curve reads as these, between the lowest and the highest."""
    if layout.curve is None:
        return readings
    tare = np.zeros(lowest.shape) if layout.tare is None else np.array(layout.tare).reshape(lowest.shape)
    low, high = (lowest, highest) if layout.tare is None else (np.fmin(lowest, tare), np.fmax(highest, tare))
    values = (readings - layout.zero) / layout.gain
    x = layout.curve.inverse(*((each * factor).reshape(1, -1) for each, factor in (
        (values, 1.0), (low, layout.factors), (high, layout.factors))))  # fmt: skip
    return x.reshape(lowest.shape) / layout.factors


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
    """The rows of consecutive seconds, from frames; none for a second without frames. Worked out beside the loop.

    Blocks are not held: a file may say that a million frames were measured in one second.
    """
    folds = [_Fold(second, _layout(info), len(info.columns), compute) for second in group]
    async with aclosing(read(archive, info, group[0] * 1_000_000, group[-1] * 1_000_000 + 999_999)) as found:
        async for block in found:
            await asyncio.to_thread(_into, folds, block)
    return [fold.row() for fold in folds if fold.n]


def _into(folds: Sequence[_Fold], block: Block) -> None:
    for fold in folds:
        fold.take(block)


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
    marked |= {row.second for row in stored if row.k != info.k or len(row.mean) != len(info.columns)}
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
            further = np.fmin if layout.falling else np.fmax
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
