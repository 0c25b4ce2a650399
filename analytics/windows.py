"""Moments and extremes of windows by time, (t − w, t], over rows of any sampling.

Every window is put together from runs of 1, 2, 4, 8 … rows, whose moments are merged two by two (Chan, Golub and
LeVeque 1979): nothing is ever taken out of a sum again, so nothing cancels, and the cost grows with the logarithm of
the window. A window's result hangs on its own rows alone, not on where a table was cut: a stream gets the same bits as
a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from barograph.frames import Floats, Ints

FIELDS = ("n", "mean", "m2", "low", "high")
CHUNK_ROWS = 1024


@dataclass(frozen=True, eq=False)
class Moments:
    """Of some values each: how many there are, mean, sum of squared deviations, least and largest; NaN left out.

    All five are arrays of one shape. Of no values, mean is 0 and the extremes are NaN.
    """

    n: Floats
    mean: Floats
    m2: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Of each value by itself; NaN is none."""
        known = ~np.isnan(values)
        return cls(known.astype(np.float64), np.where(known, values, 0.0), np.zeros(values.shape), values, values)

    def merged(self, other: Moments) -> Moments:
        """Of the values of both."""
        n = self.n + other.n
        share = np.divide(other.n, n, out=np.zeros(n.shape), where=n > 0)
        apart = other.mean - self.mean
        return Moments(
            n,
            self.mean + apart * share,
            self.m2 + other.m2 + apart**2 * self.n * share,
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
        )

    def at(self, rows: Ints | slice) -> Moments:
        """Those of some rows."""
        return Moments(*(getattr(self, name)[rows] for name in FIELDS))

    def copy(self) -> Moments:
        """With arrays of their own."""
        return Moments(*(getattr(self, name).copy() for name in FIELDS))

    def put(self, rows: Ints, other: Moments) -> None:
        """Write over some rows."""
        for name in FIELDS:
            getattr(self, name)[rows] = getattr(other, name)

    @property
    def sd(self) -> Floats:
        """Standard deviation with ddof 1; NaN for fewer than two."""
        return np.asarray(np.sqrt(np.divide(self.m2, self.n - 1, out=np.full(self.n.shape, np.nan), where=self.n > 1)))

    @property
    def average(self) -> Floats:
        """The mean; NaN of none."""
        return np.where(self.n > 0, self.mean, np.nan)

    @property
    def rms(self) -> Floats:
        """Root mean square; NaN of none."""
        square = np.divide(self.m2, self.n, out=np.full(self.n.shape, np.nan), where=self.n > 0)
        return np.asarray(np.sqrt(square + self.mean**2))


def window_rows(times_us: Ints, window_us: int) -> Ints:
    """(n,) number of rows of each row's window (t − w, t]: itself and the rows before it that are younger than w."""
    # Rows of the same time that come later are not known yet when a row arrives: the window ends with the row.
    first = np.searchsorted(times_us, times_us - window_us, side="right")
    return np.arange(1, len(times_us) + 1) - first


def windows(values: Floats, counts: Ints, start: int = 0) -> Moments:
    """Merge the last `counts` rows up to each row.

    `values` is (n, …), `counts` (n,) from 0 up, no more than there are rows; of rows from `start` on.
    """
    parts = [_windows(values[first:stop], counts[first:stop], at - first) for first, at, stop in _cut(counts, start)]
    if not parts:
        return Moments.of(np.zeros((0, *values.shape[1:])))
    return Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in FIELDS))


def window_sums(values: Floats, counts: Ints, start: int = 0) -> Floats:
    """(n − start, …) sums of the last `counts` rows up to each row from `start` on; NaN counts as 0."""
    known = np.nan_to_num(values)
    parts = [_sums(known[first:stop], counts[first:stop], at - first) for first, at, stop in _cut(counts, start)]
    return np.concatenate(parts) if parts else np.zeros((0, *values.shape[1:]))


def _cut(counts: Ints, start: int) -> Iterator[tuple[int, int, int]]:
    """Chunks that stay in the cache: the first row that their windows need, their own first row, the row after."""
    size = max(CHUNK_ROWS, 2 * int(counts.max(initial=0)))
    for at in range(start, len(counts), size):
        stop = min(at + size, len(counts))
        first = int((np.arange(at, stop) + 1 - counts[at:stop]).min())
        yield min(first, at), at, stop


def _windows(values: Floats, counts: Ints, start: int) -> Moments:
    runs, end, left = Moments.of(values), np.arange(start, len(values)), counts[start:].copy()
    out = Moments.of(np.full((len(end), *values.shape[1:]), np.nan)).copy()
    length = 1
    while True:
        odd = np.flatnonzero(left & 1)
        if len(odd):
            out.put(odd, runs.at(end[odd]).merged(out.at(odd)))
            end[odd] -= length
        left >>= 1
        if not left.any():
            return out
        runs = _doubled(runs, length)
        length *= 2


def _doubled(runs: Moments, length: int) -> Moments:
    """Runs that end at each row, twice as long; rows too early for one keep theirs, as no window asks for it."""
    longer = runs.at(slice(None, -length)).merged(runs.at(slice(length, None)))
    return Moments(*(np.concatenate([getattr(runs, name)[:length], getattr(longer, name)]) for name in FIELDS))


def _sums(values: Floats, counts: Ints, start: int) -> Floats:
    runs, end, left = values, np.arange(start, len(values)), counts[start:].copy()
    out = np.zeros((len(end), *values.shape[1:]))
    length = 1
    while True:
        odd = np.flatnonzero(left & 1)
        out[odd] += runs[end[odd]]
        end[odd] -= length
        left >>= 1
        if not left.any():
            return out
        runs = np.concatenate([runs[:length], runs[length:] + runs[:-length]])
        length *= 2
