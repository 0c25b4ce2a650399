"""The usual step between frames that come in parts, for the last frame: it stands for as long as frames usually do."""

from __future__ import annotations

import numpy as np

from analytics.base.gaps import NOTHING, GapRule
from barograph.frames import Floats, Ints


class UsualStep:
    """Median of all steps that are no gap, without the steps: how often each length came is counted.

    Times are whole microseconds, and up to half a second there are half a million lengths, however many frames come;
    longer steps are few. The median is exact. `missing` (g, 2) are the times between which frames are missing.
    """

    def __init__(self, gap_s: float | None = None, missing: Ints = NOTHING) -> None:
        self._rule, self._missing = GapRule(gap_s), missing
        self._lengths: Ints = np.zeros(0, np.int64)
        self._counts: Ints = np.zeros(0, np.int64)

    @property
    def gap_s(self) -> float:
        """The longest step that is no gap, from here on."""
        return self._rule.limit_s

    def between(self, times_us: Ints) -> Floats:
        """Return (n − 1,) seconds between these rows, NaN across a gap, as `steps_s`; they are counted.

        The first row is the last one of the part before, if there was any.
        """
        gap = self._rule.between(times_us, self._missing)
        step = np.diff(times_us)
        lengths, counts = np.unique(step[~gap], return_counts=True)
        known = np.concatenate([self._lengths, lengths])
        self._lengths, place = np.unique(known, return_inverse=True)
        self._counts = np.bincount(place, np.concatenate([self._counts, counts]), len(self._lengths)).astype(np.int64)
        return np.where(gap, np.nan, step / 1e6)

    @property
    def usual_s(self) -> float:
        """Median in seconds; NaN before the first step."""
        upto = np.cumsum(self._counts)
        n = int(upto[-1]) if len(upto) else 0
        if not n:
            return float("nan")
        low, high = self._lengths[np.searchsorted(upto, [(n - 1) // 2, n // 2], side="right")] / 1e6
        return float((low + high) / 2)
