"""Numbers of the last hour, looked at again and again: a bounded ring, in place, and what follows from it.

A look without an answer is kept too, as a gap: charts stop there. A counter or a label that appears later was 0 before,
as long as there were answers. A counter that fell began anew with its process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from barograph.frames import Floats, Ints

# A sample's name and the values of its labels.
Key: TypeAlias = tuple[str, ...]

MOST_LOOKS = 720
MOST_SERIES = 1024


class History:
    """The last looks, oldest first. Series beyond `MOST_SERIES` are let go: labels come from elsewhere."""

    def __init__(self, most: int = MOST_LOOKS) -> None:
        self._most = most
        self._looks = 0
        self._times = np.zeros(most, np.int64)
        self._answered = np.zeros(most, bool)
        self._series: dict[Key, Floats] = {}

    def __len__(self) -> int:
        return min(self._looks, self._most)

    def take(self, at_us: int, values: Mapping[Key, float] | None) -> None:
        """Take one more look: what was answered, or None when nothing was."""
        place = self._looks % self._most
        for key in values or ():
            if key not in self._series and len(self._series) < MOST_SERIES:
                self._series[key] = np.where(self._answered, 0.0, np.nan)
        self._times[place], self._answered[place] = at_us, values is not None
        for key, series in self._series.items():
            series[place] = math.nan if values is None else values.get(key, 0.0)
        self._looks += 1

    def _in_order(self, ring: np.ndarray) -> np.ndarray:
        place = self._looks % self._most
        return ring[:place].copy() if self._looks < self._most else np.concatenate([ring[place:], ring[:place]])

    def times_us(self) -> Ints:
        """Return (n,) when it was looked, µs since 1970."""
        return self._in_order(self._times)

    def answered(self) -> np.ndarray:
        """Return (n,) which looks had an answer."""
        return self._in_order(self._answered)

    def series(self, *key: str) -> Floats:
        """Return (n,) values; NaN where there was no answer, everywhere for what was never said."""
        known = self._series.get(key)
        return np.full(len(self), np.nan) if known is None else self._in_order(known)

    def labels(self, name: str) -> list[str]:
        """Return values of the one label under which a name was seen."""
        return sorted(key[1] for key in self._series if key[0] == name and len(key) == 2)

    def steps(self, *key: str) -> Floats:
        """Return (n,) how much a counter rose since the look before.

        NaN where either had no answer or the process is new.
        """
        rises = np.diff(self.series(*key), prepend=np.nan)
        return np.where(rises < 0, np.nan, rises)

    def rate(self, *key: str) -> Floats:
        """Return (n,) how much a counter rose a second since the look before."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.steps(*key) / (np.diff(self.times_us(), prepend=0) / 1e6)

    def risen(self, *key: str) -> float:
        """Return how much a counter rose in all that is known, across gaps and restarts."""
        known = self.series(*key)
        known = known[np.isfinite(known)]
        rises = np.diff(known)
        return float(np.where(rises < 0, known[1:], rises).sum())

    def quantiles(self, name: str, q: float, looks: int) -> Floats:
        """Return (n,) a quantile of what a histogram counted in the last `looks` looks; NaN where it counted nothing.

        Within a bucket values are taken to be spread evenly; beyond the last finite edge the answer is that edge.
        """
        edges = sorted(float(label) for label in self.labels(f"{name}_bucket"))
        if not edges:
            return np.full(len(self), np.nan)
        steps = np.array([self.steps(f"{name}_bucket", _label(edge)) for edge in edges])
        totals = _sliding(np.nan_to_num(steps), looks)
        values = [quantile(edges, counts, q) for counts in totals.T]
        return np.where(self.answered(), values, np.nan)


def _label(edge: float) -> str:
    return "+Inf" if math.isinf(edge) else repr(edge)


def _sliding(steps: Floats, looks: int) -> Floats:
    """(k, n) sums of the last `looks` columns."""
    sums = np.cumsum(steps, axis=1)
    sums[:, looks:] -= sums[:, :-looks].copy()
    return sums


def quantile(edges: Iterable[float], counts: Floats, q: float) -> float:
    """Return a quantile from a histogram's cumulative counts below its upper edges; NaN when it is empty."""
    upper = list(edges)
    wanted = q * counts[-1]
    if not counts[-1] > 0:
        return math.nan
    i = int(np.searchsorted(counts, wanted))
    if math.isinf(upper[i]):
        return upper[i - 1]
    below, low = (counts[i - 1], upper[i - 1]) if i else (0.0, 0.0)
    return float(low + (upper[i] - low) * (wanted - below) / (counts[i] - below))
