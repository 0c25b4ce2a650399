"""Maps of whole-number sensors without missing cells: all three are sums of frames, so a matrix product makes them.

The general way of `analytics.maps.folds` looks at every cell four times and asks of each whether it is missing; where
none can be, a frame's weight says all. An hour of two insoles is 370 million cells: this decides what its maps cost.
"""

from __future__ import annotations

import numpy as np

from analytics.frames.basic_set import Weights, chunks, weights
from analytics.maps.usual_step import UsualStep
from barograph.frames import Block, Floats, Frames, Layout

MEAN, TRAPEZOID, FRAMES = range(3)


def fits(layout: Layout) -> bool:
    """Return whether a layout's cells never miss a value and one factor turns them into kPa or counts."""
    return layout.numpy_dtype.kind == "u" and weights(layout).linear


class LinearSums:
    """Peak, and sums of frames by three weights: in contact, by the trapezoid, until the next frame."""

    def __init__(self, layout: Layout, steps: UsualStep) -> None:
        self._layout, self._w, self._steps = layout, weights(layout), steps
        cells = len(self._w.area)
        self._peak = np.zeros(cells, layout.numpy_dtype)
        self._sums, self._open = np.zeros((3, cells)), np.zeros(cells)
        self._last: tuple[int, Floats] | None = None
        self.n = self.n_mean = 0

    def update(self, block: Block, inside: Floats) -> None:
        """Take the next frames, and for each 1 where it counts for the mean, else 0."""
        times_us = block.times_us
        if self._last is None:
            step = self._steps.between(times_us)
        else:
            step = self._steps.between(np.append(self._last[0], times_us))
            self._join(block, self._last[1], step[0])
            step = step[1:]
        given = _weights_of(step)
        given[MEAN] = inside
        self._add(block.frames, given)
        opened = np.flatnonzero(np.isnan(step))
        if opened.size:
            self._open += _cells(block.frames[opened], self._w).sum(axis=0)
        self._last = int(times_us[-1]), _cells(block.frames[-1:], self._w)[0]
        self.n, self.n_mean = self.n + len(block), self.n_mean + int(inside.sum())

    def _join(self, block: Block, cells: Floats, step: float) -> None:
        """The step from the last frame of what came before to the first of these."""
        if np.isnan(step):
            self._open += cells
            return
        self._sums[TRAPEZOID] += step / 2 * (cells + _cells(block.frames[:1], self._w)[0])
        self._sums[FRAMES] += step * cells

    def _add(self, frames: Frames, given: Floats) -> None:
        for part in chunks(frames):
            cells = self._w.cells(frames[part])
            np.maximum(self._peak, cells.max(axis=0), out=self._peak)
            self._sums += given[:, part] @ cells.astype(np.float64)

    def _close(self) -> None:
        """The last frame has none after it: it stands for the usual step, which is known at the end."""
        if self._last is not None:
            self._open += self._last[1]
            self._last = None

    def get(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return (rows, cols) peak, mean, integral by the trapezoid and by frames; NaN where there is none."""
        self._close()
        usual_s = self._steps.usual_s
        timed = not np.isnan(usual_s)
        mean = self._sums[MEAN] / self.n_mean if self.n_mean else np.full(len(self._open), np.nan)
        peak = self._peak.astype(np.float64) if self.n else np.full(len(self._open), np.nan)
        trapezoid = self._sums[TRAPEZOID] if timed else np.full(len(self._open), np.nan)
        by_frames = self._sums[FRAMES] + self._open * usual_s
        first, second, third, fourth = (self._map(one) for one in (peak, mean, trapezoid, by_frames))
        return first, second, third, fourth

    def _map(self, cells: Floats) -> Floats:
        out = np.full(self._layout.rows * self._layout.cols, np.nan)
        out[self._layout.valid.ravel()] = cells * self._w.scale
        return out.reshape(self._layout.rows, self._layout.cols)


def _weights_of(step: Floats) -> Floats:
    """(3, n) of frames between which these steps lie; a gap weighs nothing."""
    known = np.nan_to_num(step)
    out = np.zeros((3, len(step) + 1))
    out[TRAPEZOID, :-1] += known / 2
    out[TRAPEZOID, 1:] += known / 2
    out[FRAMES, :-1] = known
    return out


def _cells(frames: Frames, w: Weights) -> Floats:
    return w.cells(frames).astype(np.float64)
