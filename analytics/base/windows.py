"""Moments, sums and extremes of windows by time, (t − w, t], over rows of any sampling.

Time is cut into blocks as long as the window. A window is then the end of one block and the beginning of the next one,
and both are found for all rows by running along each block, forward and back: the cost does not grow with the window.
Along a block goes Welford's update, of which only sums of squares are left to add up; the two parts are merged (Chan,
Golub and LeVeque 1979). Nothing is ever taken out of a sum again, so nothing cancels. Extremes are of two runs of 1, 2,
4, 8 … rows that cover the window. A window's result hangs on its own rows and their times alone, not on where a table
was cut: a stream gets the same bits as a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Ints

Mask = NDArray[np.bool_]
Scan = Callable[[Floats], tuple[Floats, ...]]
FIELDS = ("n", "mean", "m2", "low", "high")


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
        """Return the moments of each value by itself; NaN is none."""
        known = ~np.isnan(values)
        return cls(known.astype(np.float64), np.where(known, values, 0.0), np.zeros(values.shape), values, values)

    @classmethod
    def over(cls, values: Floats) -> Moments:
        """Return the moments of (k, n) values along their last axis, (k,)."""
        known = ~np.isnan(values)
        n = known.sum(axis=-1).astype(np.float64)
        mean = np.where(known, values, 0.0).sum(axis=-1) / np.maximum(n, 1.0)
        away = np.where(known, values - mean[:, None], 0.0)
        low, high = (pick.reduce(values, axis=-1, initial=np.nan) for pick in (np.fmin, np.fmax))
        return cls(n, mean, np.square(away).sum(axis=-1), low, high)

    def merged(self, other: Moments) -> Moments:
        """Return the moments of the values of both."""
        n, mean, m2 = _joined(self.n, self.mean, self.m2, other.n, other.mean, other.m2)
        return Moments(n, mean, m2, np.fmin(self.low, other.low), np.fmax(self.high, other.high))

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


def _joined(
    n: Floats, mean: Floats, m2: Floats, other_n: Floats, other_mean: Floats, other_m2: Floats
) -> tuple[Floats, Floats, Floats]:
    both = n + other_n
    share = other_n / np.maximum(both, 1.0)
    apart = other_mean - mean
    return both, mean + apart * share, m2 + other_m2 + np.square(apart) * (n * share)


@dataclass(frozen=True, eq=False)
class Windows:
    """The window (t − w, t] of each of n rows.

    `first` (n,) row of each window, which ends with the row itself; `begin` (n,) row at which the row's own block of
    time begins.
    """

    first: Ints
    begin: Ints

    @classmethod
    def of(cls, times_us: Ints, window_us: int) -> Windows:
        """Make windows of times that never go back."""
        # Rows of the same time that come later are not known yet when a row arrives: the window ends with the row.
        first = np.searchsorted(times_us, times_us - window_us, side="right")
        block = times_us // window_us
        return cls(first, np.searchsorted(block, block, side="left"))

    def moments(self, values: Floats, start: int = 0) -> Moments:
        """Return the moments of (k, n) values over the window of each row from `start` on, (k, n − start).

        NaN is none.
        """
        known = ~np.isnan(values)
        out = np.empty((3, len(values), values.shape[1] - start))
        for alike in _groups(known):
            there = known[alike[0]]
            out[:, alike] = self._moments(values[alike][:, there], there, start)
        low, high = self.extremes(values, start)
        return Moments(out[0], out[1], out[2], low, high)

    def _moments(self, values: Floats, there: Mask, start: int) -> tuple[Floats, Floats, Floats]:
        """n, mean and sum of squares of (k, m) values that are all known, `there` (n,) saying in which rows."""
        count = np.concatenate([[0], np.cumsum(there)])
        first, begin, after = count[self.first[start:]], count[self.begin[start:]], count[start + 1 :]
        if not values.shape[1]:
            return (np.zeros((len(values), len(first))),) * 3
        # Of the block before from a window's first row on, and of the row's own block until the row.
        before, own = np.where(first < begin, begin - first, 0.0), (after - np.maximum(begin, first)).astype(np.float64)
        runs = _runs(count[self.begin[there]])
        older = [_picked(each, first, before > 0) for each in _along(_welford, values, runs, back=True)]
        newer = [_picked(each, after - 1, own > 0) for each in _along(_welford, values, runs, back=False)]
        n, mean, m2 = _joined(before, older[0], older[1], own, newer[0], newer[1])
        return np.broadcast_to(n, mean.shape), mean, m2

    def sums(self, steps: Floats, start: int = 0) -> Floats:
        """Sum (k, n) values that belong to the step from the row before: over steps that lie in each window whole."""
        # The step into a block is added by itself, and only to windows that reach over it.
        inner, runs = steps.copy(), _runs(self.begin)
        inner[:, runs[:, 0]] = 0.0
        first, begin = self.first[start:], self.begin[start:]
        (older,), (newer,) = (_along(_summed, inner, runs, back=back) for back in (True, False))
        rest = _picked(older, first + 1, first + 1 < begin) + np.where(first < begin, steps.take(begin, axis=1), 0.0)
        return np.asarray(newer.results.take(newer.place[start:], axis=1) + rest)

    def extremes(self, values: Floats, start: int = 0) -> tuple[Floats, Floats]:
        """Return the least and largest of (k, n) values over each window from row `start` on, NaN left out."""
        first, last = self.first[start:], np.arange(start, values.shape[1])
        size = np.frexp(last - first + 1)[1] - 1
        found = []
        for smaller in (np.fmin, np.fmax):
            out, runs = np.empty((len(values), len(last))), values
            for power in range(int(size.max(initial=-1)) + 1):
                at = np.flatnonzero(size == power)
                if len(at):
                    rows = slice(at[0], at[-1] + 1) if at[-1] - at[0] < len(at) else at
                    both = (runs.take(each[rows], axis=1) for each in (first, last + 1 - (1 << power)))
                    out[:, rows] = smaller(*both)
                runs = smaller(runs[:, : -(1 << power)], runs[:, 1 << power :])
            found.append(out)
        return found[0], found[1]


def _groups(known: Mask) -> Iterator[list[int]]:
    """Numbers of series (k, n) that have values in the same rows."""
    alike: dict[bytes, list[int]] = {}
    for k, series in enumerate(known):
        alike.setdefault(series.tobytes(), []).append(k)
    yield from alike.values()


def _runs(begin: Ints) -> Ints:
    """(blocks, 2) first row and the row after the last of each block, from the (n,) row at which each row's begins."""
    edges = np.flatnonzero(np.diff(begin, prepend=-1, append=-1))
    return np.column_stack([edges[:-1], edges[1:]])


class Laid(NamedTuple):
    """Results (k, m) that lie block beside block, padded to a few lengths, and the `place` (n,) of each row's."""

    results: Floats
    place: Ints


def _picked(laid: Laid, rows: Ints, there: Mask) -> Floats:
    """(k, m) results of some rows (m,), 0 where `there` is False."""
    return np.where(there, laid.results.take(laid.place.take(rows, mode="clip"), axis=1), 0.0)


def _along(scan: Scan, values: Floats, runs: Ints, *, back: bool) -> list[Laid]:
    """What a scan makes of (k, n) along each block, from its first row on or from its last row back.

    Blocks of about one length are worked on together; what pads a shorter one comes after its rows and is not read.
    """
    begins, ends = runs.T
    size = np.frexp(ends - begins - 0.5)[1]
    parts, at, starts = [], 0, np.empty(len(runs), np.intp)
    for each in np.unique(size):
        alike = size == each
        step = np.arange((ends - begins)[alike].max())
        rows = ends[alike][:, None] - 1 - step if back else begins[alike][:, None] + step
        parts.append(scan(values.take(rows, axis=1, mode="clip")))
        starts[alike] = at + len(step) * np.arange(len(rows))
        at += rows.size
    row, lengths = np.arange(len(values.T)), ends - begins
    inside = np.repeat(ends, lengths) - 1 - row if back else row - np.repeat(begins, lengths)
    place = np.repeat(starts, lengths) + inside
    return [
        Laid(np.concatenate([each.reshape(len(values), -1) for each in field], axis=1), place)
        for field in zip(*parts, strict=True)
    ]


def _welford(values: Floats) -> tuple[Floats, Floats]:
    """Mean and sum of squared deviations of (k, m, length) from the first up to each; no value is missing."""
    before = np.arange(values.shape[-1], dtype=np.float64)
    # About the first value, which all the sums have in common, so that a constant stays exactly what it is.
    first = values[..., :1].copy()
    away = np.subtract(values, first, out=values)
    mean = np.cumsum(away, axis=-1)
    mean /= before + 1.0
    away[..., 1:] -= mean[..., :-1]
    grown = np.square(away, out=away)
    grown *= before / (before + 1.0)
    mean += first
    return mean, np.cumsum(grown, axis=-1, out=grown)


def _summed(values: Floats) -> tuple[Floats]:
    return (np.cumsum(values, axis=-1),)
