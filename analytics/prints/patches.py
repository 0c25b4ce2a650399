"""Patches of loaded cells in space and time: what touches, from one frame to the next, is one.

Frames are worked through in chunks: beside the patches, memory does not grow with the recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

from analytics.base.times import recording_times, rising
from analytics.frames.basic_set import chunks
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Ints, Recording

# Cells that are labelled at once: 2 million are 50 MB with their numbers.
LABELLED_CELLS = 2_000_000
# Noise above the threshold makes patches of a cell each; beyond so many nobody waits for them.
MOST_PATCHES = 20_000
TOUCHING = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, eq=False)
class Patch:
    """Loaded cells that touch: rows `first` to one before `after`, `cells` (m,) row-major numbers, `peak` (m,) each."""

    first: int
    after: int
    cells: Ints
    peak: Floats

    @classmethod
    def of(cls, first: int, after: int, cells: Ints, peak: Floats) -> Patch:
        """Make one of cells that may come several times, each with its largest value."""
        known, place = np.unique(cells, return_inverse=True)
        largest = np.full(len(known), -np.inf)
        np.maximum.at(largest, place, peak)
        return cls(first, after, known, largest)

    def joined(self, other: Patch) -> Patch:
        """Return both as one."""
        return Patch.of(
            min(self.first, other.first), max(self.after, other.after),
            np.concatenate([self.cells, other.cells]), np.concatenate([self.peak, other.peak]),
        )  # fmt: skip


def patches(recording: Recording, loaded_above: float) -> list[Patch]:
    """Find the patches of cells above a threshold, 26 neighbours in row, column and frame; by their first row.

    A gap between frames divides them. More than `MOST_PATCHES` raise `InvalidData`.
    """
    found = _Labels(recording.layout.cols)
    for start, cells, joined in _chunks(recording):
        found.take(start, cells, loaded_above, joined=joined)
    return found.get()


class Timing:
    """When rows begin, `us` (n,), and end, `until` (n,): with the next row; the last, and one before a `gap`, at once.

    On one clock: where times go back, all later ones are moved on.
    """

    def __init__(self, recording: Recording) -> None:
        self.us, self.gap = rising(recording.times_us), recording_times(recording).gap
        self.until = np.append(np.where(self.gap, self.us[:-1], self.us[1:]), self.us[-1:])

    def lasting_s(self, patch: Patch) -> float:
        """Return seconds from the first row of a patch to the end of its last."""
        return float(self.until[patch.after - 1] - self.us[patch.first]) / 1e6

    def pause_us(self, before: Patch, after: Patch) -> float:
        """Return µs from the end of one patch to the begin of another, below 0 where they overlap."""
        return float(self.us[after.first] - self.until[before.after - 1])


def _chunks(recording: Recording) -> Iterator[tuple[int, Floats, bool]]:
    """First row, cells (m, rows, cols) in kPa or counts, and whether the frame before belongs to it."""
    factor = KPA_PER_UNIT.get(recording.layout.unit, 1.0)
    broken = np.flatnonzero(recording_times(recording).gap) + 1
    edges = sorted({0, len(recording), *broken.tolist()})
    for first, after in pairwise(edges):
        for part in chunks(recording.frames[first:after], LABELLED_CELLS):
            start, stop = first + part.start, min(first + part.stop, after)
            yield start, recording.part(start, stop).values() * factor, start > first


class _Labels:
    """Labels of all chunks so far, and which of them touch across a border of chunks."""

    def __init__(self, cols: int) -> None:
        self._cols = cols
        self._count = 0
        self._spans: list[Ints] = []
        self._cells: list[tuple[Ints, Ints, Floats]] = []
        self._pairs: list[Ints] = []
        self._last: Ints | None = None

    def take(self, start: int, cells: Floats, loaded_above: float, *, joined: bool) -> None:
        loaded = cells > loaded_above
        if not loaded.any():
            self._last = None
            return
        rows, cols = (np.flatnonzero(loaded.any(axis=axes)) for axes in ((0, 2), (0, 1)))
        box = np.s_[:, rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        labels, n = scipy.ndimage.label(loaded[box], TOUCHING)
        number = np.zeros(loaded.shape[1:], np.int64)
        number[box[1:]] = np.where(labels[0] > 0, labels[0] + self._count, 0)
        if joined and self._last is not None:
            self._pairs.append(_touching(self._last, number))
        at = np.nonzero(labels)
        of, cell = labels[at] + self._count - 1, (at[1] + rows[0]) * self._cols + at[2] + cols[0]
        self._add(of, cell, cells[box][at])
        times = [each[0] for each in scipy.ndimage.find_objects(labels)]
        self._spans.append(np.array([(start + one.start, start + one.stop) for one in times], np.int64))
        self._last = np.zeros_like(number)
        self._last[box[1:]] = np.where(labels[-1] > 0, labels[-1] + self._count, 0)
        self._count += n
        if self._count > MOST_PATCHES:
            raise InvalidData(
                f"loaded_above: expected a threshold above the noise, got {loaded_above:g}, above which more than "
                f"{MOST_PATCHES} patches are loaded", field="loaded_above",
            )  # fmt: skip

    def _add(self, of: Ints, cell: Ints, value: Floats) -> None:
        """Keep the largest value of each cell of each label."""
        order = np.lexsort((cell, of))
        of, cell, value = of[order], cell[order], value[order]
        first = np.flatnonzero(np.append(True, (np.diff(of) != 0) | (np.diff(cell) != 0)))
        self._cells.append((of[first], cell[first], np.maximum.reduceat(value, first)))

    def get(self) -> list[Patch]:
        if not self._count:
            return []
        pairs = np.concatenate([*self._pairs, np.zeros((0, 2), np.int64)]) - 1
        graph = scipy.sparse.coo_array(
            (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(self._count,) * 2
        )
        root = scipy.sparse.csgraph.connected_components(graph, directed=False)[1]
        spans = np.concatenate(self._spans)
        of, cell, peak = (np.concatenate(part) for part in zip(*self._cells, strict=True))
        of = root[of]
        order = np.argsort(of, kind="stable")
        edges = np.searchsorted(of[order], np.arange(root.max() + 2))
        found = []
        for number, (first, after) in enumerate(pairwise(edges.tolist())):
            rows, here = spans[root == number], order[first:after]
            found.append(Patch.of(int(rows[:, 0].min()), int(rows[:, 1].max()), cell[here], peak[here]))
        return sorted(found, key=lambda one: (one.first, int(one.cells[0])))


def _touching(before: Ints, now: Ints) -> Ints:
    """(k, 2) labels of two frames (rows, cols) in a row whose cells touch, corners included."""
    wide = np.pad(before, 1)
    rows, cols = now.shape
    pairs = [
        np.column_stack([shifted[both], now[both]])
        for row in range(3)
        for col in range(3)
        if (both := ((shifted := wide[row : row + rows, col : col + cols]) > 0) & (now > 0)).any()
    ]
    return np.unique(np.concatenate([*pairs, np.zeros((0, 2), np.int64)]), axis=0)
