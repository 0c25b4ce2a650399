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
from analytics.regions.by_hand import HandMasks
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Block, Floats, Frames, Gap, Ints, Layout, Recording
from barograph.store.ports import StreamInfo
from dashboard.reading.by_hand import ByHand, by_hand, key_of
from dashboard.reading.context import Context
from dashboard.reading.floor import Floor, floor_of
from dashboard.reading.floor_prints import bytes_of, recorded, stretches_of
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts, key, layout_of

# Frames without a load are not held; a long walkway, walked over for minutes, is still large.
MOST_BYTES = 256 << 20
TOO_MUCH = f"frames with a load: expected {MOST_BYTES >> 20} MiB at most, got more: select less of the session"
WALKED_OVER = ("plate", "mat")
NO_TIMES = np.zeros(0, np.int64)


class TooMuchLoad(InvalidData):
    """More frames with a load than are held at once: somebody stood on the plate for minutes."""


@dataclass(frozen=True, eq=False)
class Prints:
    """Footprints of one stream: the table of `analytics.footprints`, each with its cells, and what each is like.

    `peak` (rows, cols) is the largest value of each cell of any print; `above` the threshold. On several plates that
    are one `floor`, `info` is the first of them, and `lost_s` how long not all of them recorded while it was loaded.
    """

    info: StreamInfo
    table: pd.DataFrame
    found: Sequence[tuple[Footprint, dict[str, Any]]]
    measured: Sequence[Measured]
    peak: Floats
    above: float
    floor: Floor | None = None
    lost_s: float = 0.0

    @property
    def layout(self) -> Layout:
        """The plate's, or that of all plates."""
        return self.floor.layout if self.floor else layout_of(self.info)

    @property
    def stream(self) -> str:
        """What corrections and tables name it by: the stream, or the name of a floor of several."""
        return self.floor.name if self.floor else self.info.stream.stream

    def of(self, info: StreamInfo) -> bool:
        """Return whether they are of a stream, or of a floor that it is a plate of."""
        return info.stream in [one.stream for one in (self.floor.infos if self.floor else [self.info])]


class PrintsFold:
    """Footprints of frames that come block by block, of which those with a load are held, and one beside them."""

    def __init__(
        self, info: StreamInfo, p0: float | None, corrections: str, missing: Ints = NOTHING,
        masks: Sequence[HandMasks] = (),
    ) -> None:  # fmt: skip
        self._info, self._layout, self._masks = info, layout_of(info), masks
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
            raise TooMuchLoad(TOO_MUCH)
        self._times.append(times_us)
        self._frames.append(frames.copy())

    def get(self) -> Prints:
        """Return the prints."""
        layout = self._layout
        frames = np.concatenate([np.zeros((0, layout.rows, layout.cols), layout.numpy_dtype), *self._frames])
        made = Recording(frames, np.concatenate([np.zeros(0, np.int64), *self._times]), layout, gaps=self._gaps)
        found = prints_of(made, loaded_above=self._above, corrections=self._corrections)
        return _made(self._info, made, found, self._above, self._masks)


def _made(
    info: StreamInfo, recording: Recording, found: Sequence[tuple[Footprint, dict[str, Any]]], above: float,
    masks: Sequence[HandMasks], floor: Floor | None = None, lost_s: float = 0.0,
) -> Prints:  # fmt: skip
    layout = recording.layout
    peak = np.zeros(layout.cells)
    for one, _ in found:
        cells = one.patch.cells
        peak[cells] = np.maximum(peak[cells], one.patch.peak)
    table, each = footprints_of(recording, found), measured(found, above, masks, layout)
    return Prints(info, table, found, each, peak.reshape(layout.rows, layout.cols), above, floor, lost_s)


def floors(infos: Sequence[StreamInfo]) -> list[StreamInfo]:
    """Return the streams that prints are left on: plates and mats whose cells are a grid of known size."""
    return [one for one in infos if one.layout and one.layout.kind in WALKED_OVER and one.layout.places == "grid"
            and one.layout.pitch_mm is not None]  # fmt: skip


async def prints(context: Context, hand: ByHand | None = None) -> list[Prints]:
    """Return the footprints of each plate of a selection, or of all as one floor, with what was corrected by hand."""
    if not floors(context.infos):
        return []
    hand = await by_hand(context) if hand is None else hand
    return await prints_between(context.parts, context.infos, context.part, context.query.p0, hand)


async def prints_between(
    parts: Parts, infos: Sequence[StreamInfo], part: Span, p0: float | None = None, hand: ByHand | None = None
) -> list[Prints]:
    """Return the same of a part of some streams; without `hand` nothing is corrected."""
    plates = floors(infos)
    if len(plates) > 1 and isinstance(floor := floor_of(plates), Floor):
        return [await _of_floor(parts, floor, part, p0, hand)]
    return list(await asyncio.gather(*(_prints(parts, info, part, p0, hand) for info in plates)))


async def _prints(parts: Parts, info: StreamInfo, part: Span, p0: float | None, hand: ByHand | None) -> Prints:
    corrections = json.dumps(hand.of_stream(info.stream.stream) if hand else [])
    masks = hand.masks(info) if hand else []
    found: Prints = await parts.fold(
        ("prints", p0, corrections, key_of(masks)), info, part,
        lambda missing: PrintsFold(info, p0, corrections, missing, masks),
    )  # fmt: skip
    return found


async def _of_floor(parts: Parts, floor: Floor, part: Span, p0: float | None, hand: ByHand | None) -> Prints:
    corrections = json.dumps(hand.of_stream(floor.name) if hand else [])
    masks = [one for info in floor.infos for one in hand.masks(info) if not one.mark] if hand else []
    marks = [key(info, part) for info in floor.infos]

    async def make() -> Prints:
        return await _walked(parts, floor, part, p0, corrections, masks)

    return await parts.cache.get(("floor", floor.name, p0, corrections, key_of(masks), *marks), make)


async def _walked(
    parts: Parts, floor: Floor, part: Span, p0: float | None, corrections: str, masks: Sequence[HandMasks]
) -> Prints:
    """Prints of a floor, stretch by stretch: of each only the prints are held."""
    above = floor.layout.loaded_above if p0 is None else p0
    found, lost_us = list[tuple[Footprint, dict[str, Any]]](), 0
    for span in await stretches_of(parts, floor, part, above):
        if await bytes_of(parts, floor, int(span[0]), int(span[1])) > MOST_BYTES:
            raise TooMuchLoad(TOO_MUCH)
        made = await recorded(parts, floor, part, span)
        if made is None:
            lost_us += int(span[1] - span[0])
            continue
        corrected = read_all(json.loads(corrections))
        here = await asyncio.to_thread(prints_of, made, above, corrections=corrected)
        walks = 1 + max((int(about["walk"]) for _, about in found), default=-1)
        found += [(one, {**about, "walk": int(about["walk"]) + walks}) for one, about in here]
    nothing = Recording(np.zeros((0, floor.layout.rows, floor.layout.cols), np.float32), NO_TIMES, floor.layout)
    return await asyncio.to_thread(_made, floor.infos[0], nothing, found, above, masks, floor, lost_us / 1e6)
