"""Maps of a part, made chunk by chunk with `analytics.maps.maps`: parts equal the whole, so memory holds one chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.base.gaps import NOTHING, Mask
from analytics.base.times import rising
from analytics.maps.linear_maps import LinearSums, fits
from analytics.maps.maps import integral, mean_map, peak_map, pressures
from analytics.maps.usual_step import UsualStep
from barograph.frames import Block, Floats, Ints, Layout, Recording


@dataclass(frozen=True, eq=False)
class Maps:
    """(rows, cols) peak and mean in kPa or counts, PTI in those times s; `n` frames, `n_mean` of them in the mean.

    `pti` is by the trapezoid, `frames` by frames, as `analytics.pti_map` has both.
    """

    peak: Floats
    mean: Floats
    pti: Floats
    frames: Floats
    n: int
    n_mean: int


class MapsFold:
    """Peak, mean and PTI maps; the mean is over the moments in `during` (k, 2) µs, or all frames without any.

    `during` is on the clock of `times.rising`, which never goes back; `missing` (g, 2) are the times around lost
    frames.
    """

    def __init__(self, layout: Layout, during: Ints | None, missing: Ints = NOTHING) -> None:
        shape = (layout.rows, layout.cols)
        self._layout, self._during = layout, during
        self._peak = np.full(shape, np.nan)
        self._sum, self._count, self._pti = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._stepped = np.zeros(shape, bool)
        self._last: Recording | None = None
        self._clock = Clock()
        self._steps = UsualStep(missing=missing)
        self._held = FrameSums(shape)
        self._n = self._n_mean = 0
        self._fast = LinearSums(layout, self._steps) if fits(layout) else None

    def update(self, block: Block) -> None:
        """Take the next frames."""
        inside = self._inside(self._clock.rising(block.times_us))
        if self._fast is not None:
            self._fast.update(block, inside.astype(np.float64))
            return
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        self._peak = np.fmax(self._peak, peak_map(here).to_numpy())
        self._add_mean(here, inside)
        joined = here if self._last is None else _joined(self._last, here)
        step = self._steps.between(joined.times_us)
        pti = integral(joined, step)
        self._pti += np.nan_to_num(pti)
        self._stepped |= ~np.isnan(pti)
        self._held.update(joined, step)
        self._n += len(here)
        self._last = here.part(len(here) - 1, len(here))

    def _add_mean(self, here: Recording, inside: Mask) -> None:
        if not inside.any():
            return
        mean = mean_map(here, inside).to_numpy()
        count: Floats = np.full(mean.shape, float(inside.sum()))
        if here.frames.dtype.kind == "f":
            count = (~np.isnan(here.frames[inside])).sum(axis=0).astype(np.float64)
        self._sum += np.where(np.isnan(mean), 0.0, mean * count)
        self._count += np.where(np.isnan(mean), 0.0, count)
        self._n_mean += int(inside.sum())

    def _inside(self, times_us: Ints) -> Mask:
        if self._during is None:
            return np.ones(len(times_us), bool)
        if not len(self._during):
            return np.zeros(len(times_us), bool)
        which = np.searchsorted(self._during[:, 0], times_us, "right") - 1
        return np.asarray((which >= 0) & (times_us < self._during[which, 1]))

    def get(self) -> Maps:
        """Return the maps of all frames."""
        if self._fast is not None:
            return Maps(*self._fast.get(), self._fast.n, self._fast.n_mean)
        mean = np.divide(self._sum, self._count, out=np.full(self._sum.shape, np.nan), where=self._count > 0)
        pti = np.where(self._stepped, self._pti, np.nan)
        return Maps(self._peak, mean, pti, self._held.get(self._steps.usual_s), self._n, self._n_mean)


class Clock:
    """`times.rising` of times that come in parts."""

    def __init__(self) -> None:
        self._last_us, self._moved_us = -(1 << 62), 0

    def rising(self, times_us: Ints) -> Ints:
        """Return (n,) the times of the next frames, which follow those before, on the clock that never goes back."""
        moved = rising(np.append(self._last_us, times_us))[1:] + self._moved_us
        self._moved_us = int(moved[-1] - times_us[-1])
        self._last_us = int(times_us[-1])
        return moved


class FrameSums:
    """Every frame times the seconds until the next; the last, and one before a gap, stand for the median step."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._sum, self._open = np.zeros(shape), np.zeros(shape)
        self._known = np.zeros(shape, bool)
        self._last: Floats | None = None

    def update(self, joined: Recording, step: Floats) -> None:
        """Take the next frames, in order, after the last one before; with the steps between them, NaN across a gap."""
        for rows, cells in pressures(joined):
            self.take(cells, step[rows.start : rows.start + len(cells)])

    def take(self, cells: Floats, steps: Floats) -> None:
        """Take (m, rows, cols) cells with the steps (m,), or of the newest (m − 1,), to the next; NaN across a gap."""
        gap, missing = np.isnan(steps), np.isnan(cells)
        known = np.where(missing, 0.0, cells)[: len(steps)]
        self._sum += np.tensordot(np.where(gap, 0.0, steps), known, 1)
        self._open += known[gap].sum(axis=0)
        self._known |= ~missing.all(axis=0)
        self._last = cells[-1]

    def get(self, usual_s: float) -> Floats:
        """Return (rows, cols); NaN where a cell never had a value, and everywhere without two frames."""
        if np.isnan(usual_s) or self._last is None:
            return np.full(self._sum.shape, np.nan)
        total = self._sum + (self._open + np.nan_to_num(self._last)) * usual_s
        return np.where(self._known, total, np.nan)


def _joined(last: Recording, here: Recording) -> Recording:
    frames = np.concatenate([last.frames, here.frames])
    return replace(here, frames=frames, times_us=np.concatenate([last.times_us, here.times_us]))
