"""Frames of a floor of several plates, between the first and the last moment at which one of them is walked over.

Each plate is read twice: once for the moments at which it is loaded, which is kept, and once for the frames of all
plates around them. A stretch ends where nobody is on the floor for longer than the longest step takes, so that no walk
is in two; what was not recorded by all plates is left out, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from analytics import surface
from analytics.gait.steps import LONGEST_STEP_S
from barograph.frames import KPA_PER_UNIT, Block, Ints, Layout, Recording
from barograph.store.ports import StreamInfo
from barograph.store.reading import plan, read_recording
from dashboard.reading.context import rate_hz
from dashboard.reading.floor import Floor
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts, layout_of

PAUSE_US = round(LONGEST_STEP_S * 1e6)
# Periods of the slowest plate that are read before and after a load; of the others one more, so that each has a frame.
BESIDE = 2
FEWEST = np.zeros((0, 2), np.int64)


@dataclass
class LoadedFold:
    """First and last moments (m, 2) of stretches with a load, of frames that come block by block."""

    layout: Layout
    above: float
    _spans: list[Ints] = field(default_factory=list)

    def update(self, block: Block) -> None:
        """Take the next frames."""
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self.layout)
        values = here.values().reshape(len(block.frames), -1) * KPA_PER_UNIT.get(self.layout.unit, 1.0)
        at = block.times_us[np.asarray((values > self.above).any(axis=1))]
        self._spans.append(np.column_stack([at, at]).astype(np.int64))

    def get(self) -> Ints:
        """Return the stretches, of which none begins sooner after another than a step may take."""
        return stretches(self._spans)


def stretches(spans: Sequence[Ints]) -> Ints:
    """Return (m, 2) times without those pauses that a step may be longer than."""
    every = np.concatenate([FEWEST, *spans])
    if not len(every):
        return FEWEST
    every = every[np.argsort(every[:, 0], kind="stable")]
    last = np.maximum.accumulate(every[:, 1])
    first = np.flatnonzero(np.append(True, every[1:, 0] - last[:-1] > PAUSE_US))
    return np.column_stack([every[first, 0], last[np.append(first[1:], len(every)) - 1]])


async def stretches_of(parts: Parts, floor: Floor, part: Span, above: float) -> Ints:
    """Return the stretches of a part in which one of the plates is loaded above a limit."""
    found = await asyncio.gather(*(
        parts.fold(("loaded", above), info, part, partial(_fold, layout_of(info), above)) for info in floor.infos
    ))  # fmt: skip
    return stretches(found)


def _fold(layout: Layout, above: float, _missing: Ints) -> LoadedFold:
    return LoadedFold(layout, above)


async def bytes_of(parts: Parts, floor: Floor, first_us: int, last_us: int) -> int:
    """Return how many bytes the frames of a stretch take on the floor."""
    planned = await asyncio.gather(*(plan(parts.archive, one.stream, first_us, last_us) for one in floor.infos))
    return min(one.frames for one in planned) * floor.layout.frame_bytes


async def recorded(parts: Parts, floor: Floor, part: Span, span: Ints) -> Recording | None:
    """Return the floor in a stretch, with frames beside it; None where no moment of it was recorded by all plates."""
    slowest, beside = _slowest(floor.infos)
    read = await asyncio.gather(*(
        _around(parts, info, part, span, beside * (BESIDE if info is slowest else BESIDE + 1)) for info in floor.infos
    ))  # fmt: skip
    if not all(len(one) for one in read):
        return None
    if max(int(one.times_us.min()) for one in read) > min(int(one.times_us.max()) for one in read):
        return None
    names = [info.stream.stream for info in floor.infos]
    return await asyncio.to_thread(surface, dict(zip(names, read, strict=True)), grid=True)


async def _around(parts: Parts, info: StreamInfo, part: Span, span: Ints, beside_us: int) -> Recording:
    first, last = max(part.first_us, int(span[0]) - beside_us), min(part.last_us, int(span[1]) + beside_us)
    return await read_recording(parts.archive, info.stream, first, last)


def _slowest(infos: Sequence[StreamInfo]) -> tuple[StreamInfo, int]:
    """The plate with the fewest frames a second, and its period in µs."""
    rates = [rate_hz(one) or 1.0 for one in infos]
    return infos[int(np.argmin(rates))], round(1e6 / min(rates))
