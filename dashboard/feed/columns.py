"""Columns of choice for the curves and alarms of a live page: rolling statistics, and what a region carries.

A key names one whatever its stream is: `mean.total` is the mean of the last second of the total load, `heel.peak` the
highest cell of the heel. Frames of a stream go in as they come, and rows of the column come out; looking back, the same
frames give the same rows, for every column says how long before its first row its frames have to begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from analytics import region_curves, regions
from analytics.base.times import time_index
from analytics.regions.presets import Regions
from analytics.streaming.live import LiveRolling
from analytics.tables import IMPULSES
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Layout, Recording, narrow
from barograph.store.ports import StreamInfo
from dashboard.drawing.titles import column_of
from dashboard.reading.recent_samples import Samples
from dashboard.reading.sides import SIDES, side

WINDOW_S = 1.0
STATISTICS = ("mean", "ewma", "sd", "min", "max", "rms", "rate")
THIRDS = ("front", "middle", "rear")
GRID = tuple(f"{along}_{across}" for along in THIRDS for across in SIDES)
METRICS = ("total", "peak", "mean", "area")  # as `region_curves` orders them
MOST_KEYS = 12
# What an exponential mean knew before counts e⁻²⁰ of it after so many time constants: nothing, in float32.
SETTLED_US = round(20 * WINDOW_S * 1e6)
BEFORE_US = round(2 * WINDOW_S * 1e6)


class Column(Protocol):
    """One column of one stream; `warm_us` is how long before its first good row its frames begin."""

    warm_us: int

    def update(self, block: Block, lost: bool) -> Floats:
        """Return (n,) values of the next frames; `lost` says that frames are missing before them."""
        ...


class Rolled:
    """A statistic of the window that ends with a row, by the streaming twin of `analytics.rolling`."""

    def __init__(self, name: str, bases: Sequence[str], columns: Sequence[str]) -> None:
        self.warm_us = SETTLED_US if name.startswith("ewma_") else BEFORE_US
        self._name, self._bases = name, list(bases)
        self._places = [columns.index(base) for base in bases]
        self._live = LiveRolling(WINDOW_S, columns=bases)
        self._last_us: int | None = None

    def update(self, block: Block, lost: bool) -> Floats:
        """Return the rolled values."""
        if block.stats is None:
            raise InvalidData("stats: expected the statistics of each frame, got none", field="stats")
        values = block.stats[:, self._places].astype(np.float64)
        part = pd.DataFrame(values, index=time_index(block.times_us), columns=self._bases)
        if lost and self._last_us is not None:
            part.attrs["missing_us"] = [[self._last_us, int(block.times_us[0])]]
        self._last_us = int(block.times_us[-1])
        return self._live.update(part)[self._name].to_numpy(np.float64)


class Regional:
    """A measure of one region, frame by frame."""

    warm_us = 0

    def __init__(self, layout: Layout, region: Regions, metric: str) -> None:
        self._layout, self._region, self._place = layout, region, METRICS.index(metric)

    def update(self, block: Block, lost: bool) -> Floats:
        """Return the region's values."""
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        table = region_curves(here, self._region)[self._region.names[0]]
        return table.to_numpy(np.float64)[:, self._place]


def column(key: str, info: StreamInfo) -> Column | None:
    """Return the column of a stream with this key, or None where the stream has none."""
    if info.layout is None:
        return None
    first, _, last = key.partition(".")
    if first in STATISTICS:
        base = column_of(last, info.columns)
        return Rolled(f"{first}_{base}{'_s' * (first == 'rate')}", [base], info.columns) if base else None
    if last in METRICS and (divided := regions_of(info)) and first in divided.names:
        one = Regions((first,), divided.of(first)[None], divided.made)
        return Regional(info.layout, one, last)
    return _way(key, info.columns)


def _way(key: str, columns: Sequence[str]) -> Column | None:
    """Path and mean velocity of the centre of pressure, and impulse, of the window."""
    track = [name for axis in ("x", "y") if (name := column_of(axis, columns))]
    total = column_of("total", columns)
    if key == "impulse" and total:
        return Rolled(IMPULSES[total], [total], columns)
    if key not in ("path", "velocity") or len(track) < 2:
        return None
    length = track[0].rpartition("_")[2]
    return Rolled(f"path_{length}" if key == "path" else f"mean_velocity_{length}_s", track, columns)


def region_names(info: StreamInfo) -> tuple[str, ...]:
    """Return names of the regions that a stream's sensor has: of a foot, of a seat or saddle, else thirds."""
    if info.layout is None or not info.layout.valid.any():
        return ()
    return {"foot": regions.FOOT, "grid": GRID, "thirds": THIRDS}[_kind(info.layout, side(info))]


def regions_of(info: StreamInfo) -> Regions | None:
    """Return these regions; None for a sensor without a cell."""
    layout, foot = info.layout, side(info)
    if layout is None or not layout.valid.any():
        return None
    kind = _kind(layout, foot)
    if kind == "foot":
        return regions.foot(layout, side="left" if foot == "left" else "right")
    return regions.grid(layout) if kind == "grid" else regions.thirds(layout)


def _kind(layout: Layout, foot: str | None) -> str:
    if layout.kind in ("seat", "saddle"):
        return "grid"
    # Where on a plate a foot will stand is not known while it is being recorded.
    return "foot" if foot and layout.kind != "plate" else "thirds"


class Derived:
    """Rows of one column as frames come in, in the order of reading; what was there is not made again."""

    def __init__(self, made: Column) -> None:
        self._column, self._next = made, (-1, 0)
        self.warm_us = made.warm_us

    def update(self, blocks: Sequence[Block]) -> list[Samples]:
        """Return the rows of the next blocks of a stream; blocks of consecutive numbers are taken together."""
        fresh: list[list[Block]] = []
        e, seq = self._next
        for block in blocks:
            if block.e < e or (block.e == e and block.stop <= seq):
                continue
            one = block.part(seq - block.seq, len(block)) if block.e == e and block.seq < seq else block
            if fresh and (one.e, one.seq) == (e, seq):
                fresh[-1].append(one)
            else:
                fresh.append([one])
            e, seq = one.e, one.stop
        return [self._rows(run) for run in fresh]

    def _rows(self, run: list[Block]) -> Samples:
        times_us = np.concatenate([block.times_us for block in run])
        frames = np.concatenate([block.frames for block in run])
        stats = np.concatenate([block.stats for block in run if block.stats is not None])
        block = Block(run[0].e, run[0].seq, times_us, run[0].received_us, frames, stats)
        lost = block.e == self._next[0] and block.seq > self._next[1]
        self._next = (block.e, block.stop)
        return Samples(block.e, block.seq, times_us, narrow(self._column.update(block, lost))[:, None])
