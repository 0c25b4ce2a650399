"""Patches of one foot, joined: heel, ball and toes often leave prints of their own."""

from __future__ import annotations

import heapq

import numpy as np
import scipy

from analytics.base.foot_axis import half_along
from analytics.prints.patches import Patch, Timing
from barograph.frames import Floats, Ints, Layout, Recording

# The largest foot, and the longest pause between its parts.
FOOT_MM = (330.0, 150.0)
PAUSE_S = 0.1
Box = tuple[float, float, float, float]  # least x, least y, most x, most y


def places(layout: Layout, cells: Ints) -> Floats:
    """Return (m, 2) centres in mm of cells by their row-major numbers, x to the right and y to the front."""
    pitch = layout.pitch_mm or (1.0, 1.0)
    rows, cols = np.divmod(cells, layout.cols)
    return np.column_stack([(cols + 0.5) * pitch[0], (layout.rows - rows - 0.5) * pitch[1]])


def extent_mm(points: Floats, pitch: tuple[float, float]) -> tuple[float, float]:
    """Return the extents of cells along and across their first principal axis, the cells' own included."""
    axes = np.linalg.eigh(np.cov(points.T))[1] if len(points) > 2 else np.eye(2)
    along, across = (float(np.ptp(points @ d) + 2 * half_along(d, pitch)) for d in (axes[:, 1], axes[:, 0]))
    return max(along, across), min(along, across)


def fits(points: Floats, pitch: tuple[float, float]) -> bool:
    """Return whether cells are no more than one foot."""
    along, across = extent_mm(points, pitch)
    return along <= FOOT_MM[0] and across <= FOOT_MM[1]


def joined(found: list[Patch], recording: Recording, pause_s: float) -> list[Patch]:
    """Bring the nearest two patches together, again and again, as long as they are no more than one foot.

    Patches of which one ends more than `pause_s` before the other begins are never joined.
    """
    return _Joining(found, recording, pause_s).run()


class _Joining:
    """Patches by number, which of them are still there, and pairs by their distance."""

    def __init__(self, found: list[Patch], recording: Recording, pause_s: float) -> None:
        self._layout, self._pause_us = recording.layout, pause_s * 1e6
        self._timing = Timing(recording)
        self._pitch = self._layout.pitch_mm or (1.0, 1.0)
        self._patches: list[Patch] = []
        self._points: list[Floats] = []
        self._boxes: list[Box] = []
        self._trees: list[scipy.spatial.cKDTree] = []
        self._alive: set[int] = set()
        self._nearest: list[tuple[float, int, int]] = []
        for one in found:
            self._add(one)

    def run(self) -> list[Patch]:
        while self._nearest:
            _, a, b = heapq.heappop(self._nearest)
            if not {a, b} <= self._alive:
                continue
            if fits(np.concatenate([self._points[a], self._points[b]]), self._pitch):
                self._alive -= {a, b}
                self._add(self._patches[a].joined(self._patches[b]))
        return sorted((self._patches[i] for i in self._alive), key=lambda one: (one.first, int(one.cells[0])))

    def _add(self, patch: Patch) -> None:
        number, points = len(self._patches), places(self._layout, patch.cells)
        box: Box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        for other in self._alive:
            if _beside(box, self._boxes[other]) and self._together(patch, self._patches[other]):
                apart = float(self._trees[other].query(points)[0].min())
                heapq.heappush(self._nearest, (apart, other, number))
        self._patches.append(patch)
        self._points.append(points)
        self._boxes.append(box)
        self._trees.append(scipy.spatial.cKDTree(points))
        self._alive.add(number)

    def _together(self, a: Patch, b: Patch) -> bool:
        first, second = (a, b) if a.first <= b.first else (b, a)
        return self._timing.pause_us(first, second) <= self._pause_us


def _beside(a: Box, b: Box) -> bool:
    """Whether both lie in a square of a foot's length: a quick look before the exact one."""
    wide, long = max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1])
    return wide <= FOOT_MM[0] and long <= FOOT_MM[0]
