"""The outline of a sensor's cells, in cells of the picture, as assets/map/sensor.mjs draws it: loops along the borders
of the cells that exist, the staircase smoothed away."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Layout

PASSES = 14
SMALL = 12
Corner = tuple[int, int]


@lru_cache(maxsize=128)
def outline(layout: Layout) -> tuple[Floats, ...]:
    """Return closed loops (n, 2) of x, y in cells."""
    if layout.valid.all():
        return (_rounded(layout.rows, layout.cols),)
    return tuple(_smooth(np.array(loop, np.float64)) for loop in _loops(layout.valid))


def _rounded(rows: int, cols: int) -> Floats:
    r = min(1.0, rows / 4, cols / 4)
    turns = np.radians([0, 30, 60, 90])
    corners = ((cols - r, r, -90), (cols - r, rows - r, 0), (r, rows - r, 90), (r, r, 180))
    return np.array(
        [
            (x + r * np.cos(np.radians(start) + turn), y + r * np.sin(np.radians(start) + turn))
            for x, y, start in corners
            for turn in turns
        ]
    )


def _loops(valid: NDArray[np.bool_]) -> list[list[tuple[float, float]]]:
    """Walk along cell borders that have a cell on their right and none on their left."""
    after: dict[Corner, list[Corner]] = {}
    has = np.pad(valid, 1)
    for row, col in zip(*np.nonzero(valid), strict=True):
        r, c = int(row), int(col)
        sides = (
            (has[r, c + 1], (c, r), (c + 1, r)),
            (has[r + 1, c + 2], (c + 1, r), (c + 1, r + 1)),
            (has[r + 2, c + 1], (c + 1, r + 1), (c, r + 1)),
            (has[r + 1, c], (c, r + 1), (c, r)),
        )
        for taken, begin, end in sides:
            if not taken:
                after.setdefault(begin, []).append(end)
    return [loop for start in list(after) if (loop := _walk(after, start))]


def _walk(after: dict[Corner, list[Corner]], start: Corner) -> list[tuple[float, float]]:
    loop: list[tuple[float, float]] = []
    at = start
    while ways := after.get(at):
        to = ways.pop()
        loop.append(((at[0] + to[0]) / 2, (at[1] + to[1]) / 2))
        at = to
    return loop


def _smooth(loop: Floats) -> Floats:
    if len(loop) < SMALL:
        return loop
    for _ in range(PASSES):
        loop = (np.roll(loop, 1, axis=0) + 2 * loop + np.roll(loop, -1, axis=0)) / 4
    return loop
