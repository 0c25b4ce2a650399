"""Footprints of a selected part: frames in which something is loaded, and what they are made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.gaps import NOTHING
from analytics.prints.corrections import read_all
from analytics.prints.footprints import footprints_of, prints_of
from analytics.prints.measures import Measured, measured
from analytics.prints.one_print import Footprint
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Block, Floats, Frames, Gap, Ints, Layout, Recording
from barograph.store.ports import StreamInfo
from dashboard.reading.context import Context
from dashboard.reading.parts import layout_of

# Frames without a load are not held; a long walkway, walked over for minutes, is still large.
MOST_BYTES = 256 << 20
WALKED_OVER = ("plate", "mat")


@dataclass(frozen=True, eq=False)
class Prints:
    """Footprints of one stream: the table of `analytics.footprints`, each with its cells, and what each is like.

    `peak` (rows, cols) is the largest value of each cell of any print; `above` the threshold.
    """

    info: StreamInfo
    table: pd.DataFrame
    found: Sequence[tuple[Footprint, dict[str, Any]]]
    measured: Sequence[Measured]
    peak: Floats
    above: float

    @property
    def layout(self) -> Layout:
        """The plate's."""
        return layout_of(self.info)


class PrintsFold:
    """Footprints of frames that come block by block, of which those with a load are held, and one beside them."""

    def __init__(self, info: StreamInfo, p0: float | None, corrections: str, missing: Ints = NOTHING) -> None:
        self._info, self._layout = info, layout_of(info)
        self._above = self._layout.loaded_above if p0 is None else p0
        self._corrections = read_all(json.loads(corrections))
        self._frames: list[Frames] = []
        self._times: list[Ints] = []
        self._gaps = tuple(Gap(0, 0, 1, int(start), int(stop)) for start, stop in missing.tolist())
        self._bytes, self._was_loaded = 0, False
        self._last: tuple[Ints, Frames] | None = None

    def update(self, block: Block) -> None:
        """Take the next frames."""
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        values = here.values().reshape(len(block.frames), -1) * KPA_PER_UNIT.get(self._layout.unit, 1.0)
        loaded = np.asarray((values > self._above).any(axis=1))
        if loaded[0] and self._last is not None:
            self._keep(*self._last)
        beside = np.convolve(loaded, [1, 1, 1])[1:-1] > 0
        beside[0] |= self._was_loaded
        self._was_loaded = bool(loaded[-1])
        self._keep(block.times_us[beside], block.frames[beside])
        whole = len(block.frames) - 1
        self._last = None if beside[whole] else (block.times_us[whole:], block.frames[whole:])

    def _keep(self, times_us: Ints, frames: Frames) -> None:
        self._bytes += frames.nbytes
        if self._bytes > MOST_BYTES:
            raise InvalidData(
                f"frames with a load: expected {MOST_BYTES >> 20} MiB at most, got more: select less of the session"
            )
        self._times.append(times_us)
        self._frames.append(frames.copy())

    def get(self) -> Prints:
        """Return the prints."""
        layout = self._layout
        frames = np.concatenate([np.zeros((0, layout.rows, layout.cols), layout.numpy_dtype), *self._frames])
        made = Recording(frames, np.concatenate([np.zeros(0, np.int64), *self._times]), layout, gaps=self._gaps)
        found = prints_of(made, loaded_above=self._above, corrections=self._corrections)
        peak = np.zeros(layout.cells)
        for one, _ in found:
            cells = one.patch.cells
            peak[cells] = np.maximum(peak[cells], one.patch.peak)
        table = footprints_of(made, found)
        return Prints(
            self._info, table, found, measured(found, self._above), peak.reshape(layout.rows, layout.cols), self._above
        )


def floors(infos: Sequence[StreamInfo]) -> list[StreamInfo]:
    """Return the streams that prints are left on: plates and mats whose cells are a grid of known size."""
    return [one for one in infos if one.layout and one.layout.kind in WALKED_OVER and one.layout.places == "grid"
            and one.layout.pitch_mm is not None]  # fmt: skip


async def prints(context: Context) -> list[Prints]:
    """Return the footprints of each plate of a selection, with the corrections that are stored."""
    return list(await asyncio.gather(*(_prints(context, info) for info in floors(context.infos))))


async def _prints(context: Context, info: StreamInfo) -> Prints:
    mine = [dict(one.said) for one in context.query.fixes if one.stream == info.stream.stream]
    corrections, p0 = json.dumps(mine), context.query.p0
    found: Prints = await context.parts.fold(
        ("prints", p0, corrections), info, context.part, lambda missing: PrintsFold(info, p0, corrections, missing)
    )
    return found
