"""The usual step between frames that come in parts, for the last frame: it stands for as long as frames usually do."""

from __future__ import annotations

import numpy as np

from analytics.times import GAP_S, ordered, steps_s
from barograph.frames import Floats, Ints


class UsualStep:
    """Median of all steps that are no gap, without the steps: how often each length came is counted.

    Times are whole microseconds and a longer step is a gap, so there are half a million lengths at most, however many
    frames come; the median is exact.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._counts: Ints = np.zeros(0, np.int64)

    def between(self, times_us: Ints) -> Floats:
        """(n − 1,) seconds between these rows, NaN across a gap, as `steps_s`; they are counted."""
        step = steps_s(ordered(times_us), self._gap_s)
        lengths = np.diff(times_us)[~np.isnan(step)]
        longest = int(lengths.max(initial=-1))
        if longest >= len(self._counts):
            self._counts = np.pad(self._counts, (0, longest + 1 - len(self._counts)))
        np.add.at(self._counts, lengths, 1)
        return step

    @property
    def usual_s(self) -> float:
        """Median in seconds; NaN before the first step."""
        upto = np.cumsum(self._counts)
        n = int(upto[-1]) if len(upto) else 0
        if not n:
            return float("nan")
        low, high = np.searchsorted(upto, [(n - 1) // 2, n // 2], side="right") / 1e6
        return float((low + high) / 2)
