"""What a foot's signal shows while nothing is on the foot: its floor, which may be above 0 and may drift.

In windows of 4 s, which no stride outlasts, a foot that steps is loaded and unloaded. Such a window is known by its
values: they go up and down by as much as in others, and a part of them lies close together at the lower end, while the
foot is in the air. The floor of a window is the median of that part, and lies on straight lines between the middles of
such windows. A low percentile would lie below the floor by the noise (by 9 N where that has an SD of 8 N).

Terms: floor (docs/glossary.md).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.base.times import rising
from barograph.frames import Floats, Ints

WINDOW_US, HOP_US = 4_000_000, 2_000_000
LOW_PCT, HIGH_PCT = 5, 95
FEWEST_ROWS = 10
AT_ONCE = 1 << 18  # rows that are looked at together
# Of a window that tells the floor: rows within a tenth of its range from its lower end, and its range beside others'.
FLAT_SHARE, FLAT_WITHIN, AMPLITUDE_SHARE = 0.15, 0.1, 0.3
# A foot in N or kPa that never goes below this share of its load stands; counts begin anywhere.
UNLOADED_SHARE = 0.5


class Floor(NamedTuple):
    """The usual `level`, how far the floor lies above it in each row, `drift` (n,), and whether it was `found`."""

    level: float
    drift: Floats
    found: bool


class _Windows(NamedTuple):
    """Of each window its middle in µs, its floor, its upper end, and the share of rows close to the lower end."""

    middle: Floats
    floor: Floats
    high: Floats
    flat: Floats


def foot_floor(signal: Floats, times_us: Ints, *, counts: bool) -> Floor:
    """Return the floor of a foot's signal (n,) without missing values; not found: 0 and no drift.

    Of `counts` any level may be the floor, of N and kPa one that lies below half of the load.
    """
    clock = rising(times_us).astype(np.float64)
    windows = _windows(signal, clock)
    amplitude = windows.high - windows.floor
    telling = (windows.flat >= FLAT_SHARE) & (amplitude > 0) & (
        amplitude >= AMPLITUDE_SHARE * amplitude.max(initial=0.0)
    )  # fmt: skip
    if not counts:
        telling &= windows.floor <= UNLOADED_SHARE * windows.high
    if not telling.any():
        return Floor(0.0, np.zeros(len(signal)), found=False)
    floor = np.interp(clock, windows.middle[telling], windows.floor[telling])
    level = float(np.median(floor))
    return Floor(level, floor - level, found=True)


def _windows(signal: Floats, clock: Floats) -> _Windows:
    begins = clock[:1] + HOP_US * _hops(clock)
    first, after = np.searchsorted(clock, begins), np.searchsorted(clock, begins + WINDOW_US)
    size = after - first
    first, size = first[size >= FEWEST_ROWS], size[size >= FEWEST_ROWS]
    rows = np.full((len(first), 4), np.nan)
    # Windows of as many rows side by side: calls on one window cost more than its rows.
    for one in np.unique(size).tolist():
        alike = np.flatnonzero(size == one)
        for some in np.array_split(alike, -(-len(alike) * one // AT_ONCE)):
            rows[some, 1:] = _lower_ends(signal[first[some][:, None] + np.arange(one)])
    rows[:, 0] = (clock[first] + clock[first + size - 1]) / 2
    return _Windows(*rows.T)


def _hops(clock: Floats) -> Floats:
    """Numbers of the windows that hold a row, up to the first that holds the last one; a pause of years has none."""
    if not len(clock):
        return np.zeros(0)
    since = clock - clock[0]
    last = max(0.0, np.ceil((since[-1] - WINDOW_US) / HOP_US))
    # A row lies in the windows that begin at most their length before it.
    newest = np.unique(np.floor(since / HOP_US))
    reach = np.arange(int(np.ceil(WINDOW_US / HOP_US)) + 1)
    hops = np.unique(newest[:, None] - reach)
    return np.asarray(hops[(hops >= 0) & (hops <= last)])


def _lower_ends(values: Floats) -> Floats:
    """(k, 3) floor, upper end and share of flat rows of windows (k, n)."""
    values = np.sort(values, axis=1)
    low, high = np.percentile(values, (LOW_PCT, HIGH_PCT), axis=1)
    flat = (values <= (low + FLAT_WITHIN * (high - low))[:, None]).sum(axis=1)
    window = np.arange(len(values))
    middle = (values[window, (flat - 1) // 2] + values[window, flat // 2]) / 2
    return np.column_stack([middle, high, flat / values.shape[1]])
