"""Frames of a part of a test day, brought into the workout of its athlete.

Devices send into a workout that is nobody's: it belongs to the device. What lies between *start* and the end of a trial
is the athlete's, and is copied. It may be done again, as late frames come: a frame is named in its new place by the
epoch and the number that it has in the old one, so that nothing is stored twice.

Of each epoch of the source a part has an epoch of its own that begins at number 0, so that what lies between two parts
is no gap. Frames that come late, before the first one, begin another.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import numpy as np

from barograph.errors import InvalidData
from barograph.frames import Block, Stream
from barograph.store.ports import Archive, StreamInfo
from barograph.store.reading import Plan, plan, read_planned
from barograph.store.test_days import DayPart


async def bring_over(archive: Archive, part: DayPart, now_us: int) -> int:
    """Store the frames and markers of a part in the workout of its trial, and return how many were not there.

    `NotFound` where one of the workouts is not there, `InvalidData` where another sensor has the stream's name.
    """
    workout = await archive.workout(part.source)
    copied = 0
    for info in workout.streams:
        if info.layout is not None and (not part.devices or info.stream.stream in part.devices):
            copied += await _stream(archive, part, info, now_us)
    for marker in await archive.markers(part.source):
        if part.from_us <= marker.t_us <= part.stop_us:
            await archive.add_marker(part.workout_id, marker)
    return copied


async def _stream(archive: Archive, part: DayPart, info: StreamInfo, now_us: int) -> int:
    planned = await plan(archive, info, part.from_us, part.stop_us)
    if not planned.frames:
        return 0
    places = _Places(archive, part, info, now_us)
    await places.look(planned)
    copied = 0
    async with aclosing(read_planned(archive, planned)) as found:
        async for block in found:
            copied += await places.put(block)
    await places.mark()
    return copied


class _Places:
    """Where the frames of one stream go: an epoch of the target for each first number of an epoch of the source."""

    def __init__(self, archive: Archive, part: DayPart, info: StreamInfo, now_us: int) -> None:
        self._archive, self._part, self._info, self._now_us = archive, part, info, now_us
        self._stream = Stream(part.workout_id, info.stream.stream)
        self._bases: dict[int, list[tuple[int, int]]] = {}  # by epoch of the source: first numbers, and target epochs
        self._there: dict[int, set[int]] = {}  # by target epoch: numbers that are stored
        self._spans: dict[int, list[int]] = {}  # by target epoch: times of what was stored now
        self._k = 0

    def _prefix(self, e: int) -> str:
        return f"{self._info.epochs[e].epoch}.{self._part.part}."

    async def look(self, planned: Plan) -> None:
        """Open the stream and find what is there; frames before the first that is there begin an epoch of their own."""
        lowest: dict[int, int] = {}
        for block, start, _ in zip(*(column.tolist() for column in planned.pieces), strict=True):
            e, seq = int(planned.keys.e[block]), int(planned.keys.seq[block]) + start
            lowest[e] = min(seq, lowest.get(e, seq))
        for e, first in lowest.items():
            await self._open(e, first)

    async def _open(self, e: int, first: int) -> None:
        source = self._info.epochs[e]
        known = await self._known(e)
        if not known or first < min(known):
            known.append(first)
        for base in known:
            info, epoch = await self._archive.open(
                self._stream, epoch=f"{self._prefix(e)}{base}", numbered=source.numbered, now_us=self._now_us
            )
            await self._fit(info)
            keys = await self._archive.keys_by_number(self._stream, epoch.e, 0, 1 << 60)
            numbers = [np.arange(seq, seq + n) for seq, n in zip(keys.seq.tolist(), keys.n.tolist(), strict=True)]
            self._there[epoch.e] = set(np.concatenate(numbers).tolist()) if numbers else set()
            self._bases.setdefault(e, []).append((base, epoch.e))
        self._bases[e].sort(reverse=True)

    async def _known(self, e: int) -> list[int]:
        """First numbers of an epoch of the source that have an epoch in the target."""
        workout = await self._archive.workout(self._part.workout_id)
        mine = [one for one in workout.streams if one.stream.stream == self._stream.stream]
        names = [epoch.epoch for one in mine for epoch in one.epochs]
        return [int(name.removeprefix(self._prefix(e))) for name in names if name.startswith(self._prefix(e))]

    async def _fit(self, info: StreamInfo) -> None:
        """Give the stream its layout, and the calibration that the source has now."""
        layout = self._info.layout
        if layout is None:
            return
        if info.layout is None:
            info = await self._archive.fix_layout(self._stream, layout, self._info.columns, self._info.k)
        if info.layout is not None and info.layout != layout:
            if (info.layout.rows, info.layout.cols, info.layout.dtype) != (layout.rows, layout.cols, layout.dtype):
                raise InvalidData(f"{self._stream}: expected frames of the same sensor, got another one's")
            info = await self._archive.calibrate(self._stream, layout, self._info.columns, now_us=self._now_us)
        self._k = info.k

    async def put(self, block: Block) -> int:
        """Store those frames of a block that are not there, and return how many."""
        wanted = [(base, e) for base, e in self._bases[block.e] if base < block.stop]
        stored = 0
        numbers = np.arange(block.seq, block.stop)
        place = np.array([next(i for i, (base, _) in enumerate(wanted) if base <= number) for number in numbers])
        for i, (base, e) in enumerate(wanted):
            new = (place == i) & ~np.isin(numbers - base, list(self._there[e]))
            edges = np.flatnonzero(np.diff(np.concatenate(([0], new.astype(np.int8), [0])))).tolist()
            for first, after in zip(edges[::2], edges[1::2], strict=True):
                part = block.part(first, after)
                made = replace(part, e=e, seq=part.seq - base, k=self._k if part.stats is not None else None)
                await self._archive.append([(self._stream, made)])
                self._there[e].update(range(made.seq, made.stop))
                self._spans.setdefault(e, []).extend((int(made.times_us.min()), int(made.times_us.max())))
                stored += len(made)
        return stored

    async def mark(self) -> None:
        """Say how far the epochs are to which something was added."""
        for e, times_us in self._spans.items():
            numbers = self._there[e]
            await self._archive.mark(
                self._stream, e, next_seq=max(numbers) + 1, frames=len(numbers), first_us=min(times_us),
                last_us=max(times_us), now_us=self._now_us,
            )  # fmt: skip
