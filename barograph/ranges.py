"""A set of frame numbers as sorted, disjoint ranges."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


class Ranges:
    """Numbers as half-open ranges [start, stop), kept sorted, disjoint and not touching."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in ranges:
            self.add(start, stop)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))

    def __len__(self) -> int:
        return len(self._starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self._starts == other._starts and self._stops == other._stops

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Ranges({list(self)})"

    @property
    def total(self) -> int:
        """How many numbers are in the set."""
        return sum(self._stops) - sum(self._starts)

    @property
    def end(self) -> int:
        """The number after the highest, 0 when empty."""
        return self._stops[-1] if self._stops else 0

    def add(self, start: int, stop: int) -> None:
        """Add [start, stop), joining what it touches."""
        if stop <= start:
            return
        low = bisect_left(self._stops, start)
        high = bisect_right(self._starts, stop)
        if low < high:
            start = min(start, self._starts[low])
            stop = max(stop, self._stops[high - 1])
        self._starts[low:high] = [start]
        self._stops[low:high] = [stop]

    def remove(self, start: int, stop: int) -> None:
        """Take [start, stop) out."""
        if stop <= start:
            return
        low = bisect_right(self._stops, start)
        high = bisect_left(self._starts, stop)
        if low >= high:
            return
        edges = [(self._starts[low], start), (stop, self._stops[high - 1])]
        kept = [(first, last) for first, last in edges if first < last]
        self._starts[low:high] = [first for first, _ in kept]
        self._stops[low:high] = [last for _, last in kept]

    def touches(self, start: int, stop: int) -> bool:
        """Return True when adding [start, stop) makes no range more."""
        return bisect_left(self._stops, start) < bisect_right(self._starts, stop)

    def missing(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return the parts of [start, stop) that are not in the set."""
        out: list[tuple[int, int]] = []
        at = start
        for index in range(bisect_right(self._stops, start), len(self._starts)):
            first, last = self._starts[index], self._stops[index]
            if first >= stop:
                break
            if first > at:
                out.append((at, first))
            at = max(at, last)
        if at < stop:
            out.append((at, stop))
        return out

    def total_below(self, stop: int) -> int:
        """Return how many numbers below `stop` are in the set."""
        return sum(min(last, stop) - first for first, last in self if first < stop)

    def first_missing(self, start: int) -> int:
        """Return the lowest number of `start` or above that is not in the set."""
        index = bisect_right(self._stops, start)
        if index < len(self._starts) and self._starts[index] <= start:
            return self._stops[index]
        return start


def spans(numbers: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return rising numbers as half-open ranges."""
    if not len(numbers):
        return []
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    firsts = numbers[np.concatenate(([0], breaks))]
    lasts = numbers[np.concatenate((breaks - 1, [len(numbers) - 1]))] + 1
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def missing_from(all_ranges: Sequence[Ranges], start: int, stop: int) -> list[tuple[int, int]]:
    """Return the spans of [start, stop) that are in none of these ranges."""
    found = [(start, stop)] if start < stop else []
    for ranges in all_ranges:
        found = [part for span in found for part in ranges.missing(*span)]
    return found
