"""Maps of a part, made chunk by chunk with `analytics.maps`: parts equal the whole, so memory holds one chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.linear_maps import LinearSums, fits
from analytics.maps import mean_map, peak_map, pressures, pti_map
from analytics.usual_step import UsualStep
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
    """Peak, mean and PTI maps; the mean is over the moments in `during` (k, 2) µs, or all frames without any."""

    def __init__(self, layout: Layout, during: Ints | None) -> None:
        shape = (layout.rows, layout.cols)
        self._layout, self._during = layout, during
        self._peak = np.full(shape, np.nan)
        self._sum, self._count, self._pti = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._stepped = np.zeros(shape, bool)
        self._last: Recording | None = None
        self._held = FrameSums(shape)
        self._n = self._n_mean = 0
        self._fast = LinearSums(layout) if fits(layout) else None

    def take(self, block: Block) -> None:
        """The next frames."""
        if self._fast is not None:
            self._fast.take(block, self._inside(block.times_us).astype(np.float64))
            return
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        self._peak = np.fmax(self._peak, peak_map(here).to_numpy())
        self._add_mean(here)
        self._add_pti(here)
        self._held.take(here)
        self._n += len(here)
        self._last = here.part(len(here) - 1, len(here))

    def _add_mean(self, here: Recording) -> None:
        inside = self._inside(here.times_us)
        if not inside.any():
            return
        mean = mean_map(here, inside).to_numpy()
        count: Floats = np.full(mean.shape, float(inside.sum()))
        if here.frames.dtype.kind == "f":
            count = (~np.isnan(here.frames[inside])).sum(axis=0).astype(np.float64)
        self._sum += np.where(np.isnan(mean), 0.0, mean * count)
        self._count += np.where(np.isnan(mean), 0.0, count)
        self._n_mean += int(inside.sum())

    def _inside(self, times_us: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if self._during is None:
            return np.ones(len(times_us), bool)
        if not len(self._during):
            return np.zeros(len(times_us), bool)
        which = np.searchsorted(self._during[:, 0], times_us, "right") - 1
        inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (which >= 0) & (times_us < self._during[which, 1])
        return inside

    def _add_pti(self, here: Recording) -> None:
        joined = here
        if self._last is not None and self._last.times_us[0] <= here.times_us[0]:
            joined = Recording(
                frames=np.concatenate([self._last.frames, here.frames]),
                times_us=np.concatenate([self._last.times_us, here.times_us]),
                layout=self._layout,
            )
        pti = pti_map(joined).to_numpy()
        self._pti += np.nan_to_num(pti)
        self._stepped |= ~np.isnan(pti)

    def result(self) -> Maps:
        """The maps of all frames."""
        if self._fast is not None:
            return Maps(*self._fast.result(), self._fast.n, self._fast.n_mean)
        mean = np.divide(self._sum, self._count, out=np.full(self._sum.shape, np.nan), where=self._count > 0)
        pti = np.where(self._stepped, self._pti, np.nan)
        return Maps(self._peak, mean, pti, self._held.result(), self._n, self._n_mean)


class FrameSums:
    """Every frame times the seconds until the next; the last, and one before a gap, stand for the median step."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._sum, self._open = np.zeros(shape), np.zeros(shape)
        self._known = np.zeros(shape, bool)
        self._steps = UsualStep()
        self._last: tuple[int, Floats] | None = None

    def take(self, here: Recording) -> None:
        """The next frames, in order."""
        for rows, cells in pressures(here):
            times_us = here.times_us[rows]
            if self._last and times_us[0] >= self._last[0]:
                before, frame = self._last
                self._add(np.concatenate([[before], times_us]), np.concatenate([frame[None], cells]))
            else:
                self._open += np.nan_to_num(self._last[1]) if self._last else 0.0
                self._add(times_us, cells)

    def _add(self, times_us: Ints, cells: Floats) -> None:
        step = self._steps.between(times_us)
        gap = np.isnan(step)
        known = np.nan_to_num(cells[:-1])
        self._sum += np.tensordot(np.where(gap, 0.0, step), known, 1)
        self._open += known[gap].sum(axis=0)
        self._known |= ~np.isnan(cells).all(axis=0)
        self._last = int(times_us[-1]), cells[-1]

    def result(self) -> Floats:
        """(rows, cols); NaN where a cell never had a value, and everywhere without two frames."""
        usual_s = self._steps.usual_s
        if np.isnan(usual_s) or self._last is None:
            return np.full(self._sum.shape, np.nan)
        total = self._sum + (self._open + np.nan_to_num(self._last[1])) * usual_s
        return np.where(self._known, total, np.nan)
