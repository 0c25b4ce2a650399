"""What a gap is, for every function that sums, integrates, filters or differentiates, and for its streaming twin.

The step from a row to the next is a gap
- where the recording knows that frames are missing between them, however few;
- where time goes back: the order of rows is known, the clock was set;
- where it is longer than `gap_s`. By default that is half a second, or five usual steps where those are longer. The
  usual step is the median of the 64 steps before; a first step has none before it, and is a gap when longer than 30 s.

A step is judged by those before it alone, so that a stream hears the gaps that its batch twin hears.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

Mask = NDArray[np.bool_]
GAP_S, USUAL_STEPS, LATELY, FIRST_S = 0.5, 5.0, 64, 30.0
NOTHING: Ints = np.zeros((0, 2), np.int64)
AT_ONCE = 1 << 14


class GapRule:
    """The rule over rows that come in parts; it keeps 64 steps."""

    def __init__(self, gap_s: float | None = None) -> None:
        if gap_s is not None and not (isinstance(gap_s, Real) and gap_s > 0):
            raise InvalidData(f"gap_s: expected seconds above 0, or None, got {gap_s}", field="gap_s")
        self._gap_s = gap_s
        self._lately: Floats = np.zeros(0)

    def between(self, times_us: Ints, missing: Ints = NOTHING) -> Mask:
        """Mark (n − 1,) where the step between two of these rows is a gap; `missing` (g, 2) as `Times.of` has it.

        The first row is the last one of the part before, if there was any.
        """
        step = np.diff(times_us) / 1e6
        gap = (step < 0) | self._long(step)
        if len(missing):
            gap |= _missing_between(times_us, missing)
        return np.asarray(gap)

    @property
    def limit_s(self) -> float:
        """The longest step that is no gap, from here on."""
        if self._gap_s is not None:
            return self._gap_s
        return float(max(GAP_S, USUAL_STEPS * _lower_median(self._lately))) if len(self._lately) else GAP_S

    def _long(self, step: Floats) -> Mask:
        if self._gap_s is not None:
            return np.asarray(step > self._gap_s)
        forward = step > 0
        known = np.concatenate([self._lately, step[forward]])
        before = len(self._lately) + np.cumsum(forward) - forward
        self._lately = known[-LATELY:]
        out = np.zeros(len(step), bool)
        for rows in _parts(np.flatnonzero(step > GAP_S)):
            out[rows] = step[rows] > _limits(known, before[rows])
        return out


def _parts(rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Rows, so many at a time that what is looked at for them stays small."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _limits(known: Floats, before: Ints) -> Floats:
    """(k,) the longest step that is no gap after so many of the `known` steps each."""
    out = np.full(len(before), FIRST_S)
    for i in np.flatnonzero((before > 0) & (before < LATELY)):
        out[i] = USUAL_STEPS * _lower_median(known[: before[i]])
    full = np.flatnonzero(before >= LATELY)
    if len(full):
        windows = np.lib.stride_tricks.sliding_window_view(known, LATELY)[before[full] - LATELY]
        out[full] = USUAL_STEPS * np.partition(windows, LATELY // 2 - 1, axis=1)[:, LATELY // 2 - 1]
    return np.asarray(np.maximum(out, GAP_S))


def _lower_median(steps: Floats) -> float:
    """The middle one, of two the smaller."""
    return float(np.partition(steps, (len(steps) - 1) // 2)[(len(steps) - 1) // 2])


def _missing_between(times_us: Ints, missing: Ints) -> Mask:
    """(n − 1,) True where a step goes over a time between which and the next frames are missing."""
    before, after = times_us[:-1], times_us[1:]
    spans = missing[missing[:, 0] < missing[:, 1]]
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    # Of the spans that begin at or after a row, the one that ends first.
    first_end = np.append(np.minimum.accumulate(spans[::-1, 1])[::-1], np.iinfo(np.int64).max)
    over = first_end[np.searchsorted(spans[:, 0], before)] <= after
    moments = missing[missing[:, 0] == missing[:, 1], 0]
    return np.asarray(over | ((before == after) & np.isin(before, moments)))
