"""How long each cell carried more than a level, in all and without a pause, made chunk by chunk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.base.gaps import NOTHING
from analytics.maps.maps import pressures
from analytics.maps.usual_step import UsualStep
from barograph.frames import Block, Floats, Ints, Layout, Recording

Mask = NDArray[np.bool_]


class Above(NamedTuple):
    """Seconds (rows, cols) that each cell was above the level, and the longest of them without a pause; `ever` was."""

    total_s: Floats
    longest_s: Floats
    ever: Mask


class AboveFold:
    """Seconds above `level` in kPa. A frame lasts until the next; the last, and one before a gap, the usual step.

    A gap ends what lasted. `missing` (g, 2) are the times around lost frames.
    """

    def __init__(self, layout: Layout, level: float, gap_s: float | None = None, missing: Ints = NOTHING) -> None:
        shape = (layout.rows, layout.cols)
        self._layout, self._level = layout, level
        self._steps = UsualStep(gap_s, missing)
        self._total, self._longest, self._lasting = np.zeros((3, *shape))
        # Frames that stand for the usual step, which is known at the end: how many, and the longest that one ends.
        self._open, self._longest_open = np.zeros(shape), np.full(shape, -np.inf)
        self._ever = np.zeros(shape, bool)
        self._after_gap = False
        self._last: Recording | None = None

    @property
    def gap_s(self) -> float:
        """The longest step that is no gap, from here on."""
        return self._steps.gap_s

    def update(self, block: Block | Recording) -> None:
        """Take the next frames."""
        frames, times_us = block.frames, block.times_us
        if self._last is not None:
            frames = np.concatenate([self._last.frames, frames])
            times_us = np.concatenate([self._last.times_us, times_us])
        joined = Recording(frames=frames, times_us=times_us, layout=self._layout)
        step = self._steps.between(times_us)
        for rows, cells in pressures(joined):
            here = step[rows]
            # Whole microseconds, whose sums are exact.
            self._add(self._above(cells)[: len(here)], np.rint(np.nan_to_num(here) * 1e6), np.isnan(here))
        self._last = joined.part(len(joined) - 1, len(joined))

    def _above(self, cells: Floats) -> Mask:
        return np.asarray(self._layout.valid & (cells > self._level))

    def _add(self, above: Mask, us: Floats, open_: Mask) -> None:
        """Take (n, rows, cols) frames with the µs of each, 0 for those that are `open_`: before a gap."""
        if not len(above):
            return
        after_gap = np.concatenate([[self._after_gap], open_[:-1]])
        summed = np.cumsum(above * us[:, None, None], axis=0)
        before = np.concatenate([np.zeros((1, *summed.shape[1:])), summed[:-1]])
        since = np.where(above, np.where(after_gap[:, None, None], before, -self._lasting), summed)
        lasting = summed - np.maximum.accumulate(since, axis=0)
        self._ever |= above.any(axis=0)
        self._total += summed[-1]
        self._longest = np.maximum(self._longest, lasting.max(axis=0))
        self._note_open(above[open_], lasting[open_])
        self._after_gap = bool(open_[-1])
        self._lasting = np.zeros_like(self._lasting) if self._after_gap else lasting[-1]

    def _note_open(self, above: Mask, lasting: Floats) -> None:
        self._open += above.sum(axis=0)
        self._longest_open = np.maximum(
            self._longest_open, np.where(above, lasting, -np.inf).max(axis=0, initial=-np.inf)
        )

    def get(self) -> Above:
        """Return the seconds of all frames; NaN for fewer than two, whose length nobody knows."""
        last = self._ever & False if self._last is None else self._above(_only(self._last))
        if np.isnan(self._steps.usual_s):
            unknown = np.full(self._total.shape, np.nan)
            return Above(unknown, unknown, self._ever | last)
        usual_us = self._steps.usual_s * 1e6
        lasting = np.where(last, 0.0 if self._after_gap else self._lasting, -np.inf)
        longest = np.maximum(self._longest, np.maximum(self._longest_open, lasting) + usual_us)
        return Above((self._total + (self._open + last) * usual_us) / 1e6, longest / 1e6, self._ever | last)


def _only(frame: Recording) -> Floats:
    ((_, cells),) = pressures(frame)
    return np.asarray(cells[0])
