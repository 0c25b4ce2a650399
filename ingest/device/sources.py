"""Where a device's frames come from: a source gives chunks in order, as its own times say or as fast as it can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from barograph.frames import Frames, Ints, Layout, Recording

BATCH_FRAMES = 50
BATCH_BYTES = 256 << 10
TICK_S = 0.02


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive frames of a source, their times from its first frame; `lost` ones before them did not come."""

    offsets_us: Ints
    frames: Frames
    lost: int = 0
    why_lost: str = ""

    def __len__(self) -> int:
        return len(self.frames)

    def part(self, start: int, stop: int | None = None) -> Chunk:
        """Return frames `start` … `stop` − 1, counted from this chunk's first."""
        return Chunk(self.offsets_us[start:stop], self.frames[start:stop])


class Live(Protocol):
    """What is read as it happens (`ingest.device.live.Reader`), and goes on until it ends or is stopped."""

    def chunks(self, start_us: int, tell: Callable[[str], None]) -> AsyncGenerator[Chunk, None]:
        """Yield what comes, in µs from `start_us`; `tell` hears what is wrong."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it."""

    def told(self) -> str:
        """Return what was wrong so far."""
        raise NotImplementedError


@dataclass(frozen=True)
class Source:
    """One stream to send: chunks in order, endless when `frames` is None.

    A source with an `identity` gives the same frames each time that it is read: what was interrupted can go on
    where it stopped. One without is read from its beginning. Frames of one that has `began_us` keep that date, of its
    first frame; those of others are stamped as if they were measured now. One that is `live` has no chunks beforehand.
    """

    stream: str
    layout: Layout
    chunks: Callable[[], Iterator[Chunk]]
    frames: int | None = None
    duration_us: int = 0
    identity: str = ""
    began_us: int | None = None
    live: Live | None = None


def of_recording(stream: str, recording: Recording, identity: str = "", began_us: int | None = None) -> Source:
    """Return a recording as a source, in chunks of `BATCH_FRAMES`."""

    def chunks() -> Iterator[Chunk]:
        for _, part in recording.blocks(BATCH_FRAMES):
            yield Chunk(part.times_us - recording.times_us[0], part.frames)

    duration_us = int(recording.times_us[-1] - recording.times_us[0]) if len(recording) else 0
    return Source(stream, recording.layout, chunks, len(recording), duration_us, identity, began_us)


def of_nothing(stream: str, layout: Layout) -> Source:
    """Return a source that has ended: what waits in a spool is all there is."""
    return Source(stream, layout, lambda: iter(()), 0)


def batches(source: Source, skip: int) -> Iterator[Chunk]:
    """Yield the source's chunks after its first `skip` frames, none larger than a batch may be."""
    size = min(BATCH_FRAMES, max(1, BATCH_BYTES // source.layout.frame_bytes))
    for chunk in source.chunks():
        first = min(skip, len(chunk))
        skip -= first
        for start in range(first, len(chunk), size):
            yield chunk.part(start, start + size)


async def due(source: Source, *, paced: bool, skip: int = 0) -> AsyncGenerator[Chunk, None]:
    """Yield chunks as their time comes; paced ones are cut so that a frame waits `TICK_S` at most."""
    begun_us: int | None = None
    for chunk in batches(source, skip):
        rest = chunk
        while paced and len(rest):
            now_us = time.monotonic_ns() // 1000
            if begun_us is None:
                begun_us = now_us - int(rest.offsets_us[0])
            stop = int(np.searchsorted(rest.offsets_us, now_us - begun_us, side="right"))
            if stop:
                yield rest.part(0, stop)
                rest = rest.part(stop)
            else:
                await asyncio.sleep(max(TICK_S, (int(rest.offsets_us[0]) - now_us + begun_us) / 1e6))
        if not paced:
            yield chunk
