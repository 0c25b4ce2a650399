"""The steepest slope of a frame's load.

Differences are taken along the whole chunk as one line of numbers, which is what a processor does fastest; cells at an
edge, of the grid or of a hole in it, have then the difference of a wrong neighbour and are done again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Layout

Mask = NDArray[np.bool_]


class Edges(NamedTuple):
    """Cells (k,) that lack a neighbour along one axis, and between which cells their difference is taken.

    `plain`: they are the two ends of the grid and nothing else.
    """

    cell: NDArray[np.intp]
    high: NDArray[np.intp]
    low: NDArray[np.intp]
    plain: bool


class Slopes(NamedTuple):
    """Factors of the cell after, the cell before and the cell itself in a difference along one axis."""

    after: Floats
    before: Floats
    own: Floats


def gradient(values: Floats, layout: Layout, missing: Mask | None) -> Floats:
    """Return (n,) steepest slope of (n, rows, cols), 0 where there is no cell; NaN where no cell has a neighbour.

    `missing` (n, rows, cols) are cells without a value; None: every cell that exists has one.
    """
    steepest = _steepest(values, layout, *_edges_of_layout(layout))
    if missing is not None:
        spoilt = np.flatnonzero(missing.any(axis=(1, 2)))
        known = ~missing[spoilt] & layout.valid
        # A cell that is lost for good is missing in every frame alike, and then costs no more than a mask.
        alike = len(spoilt) > 0 and bool((known == known[0]).all())
        steepest[spoilt] = (
            _steepest(values[spoilt], layout, *_edges(known[0]))
            if alike
            else _steepest_each(values[spoilt], layout, known)
        )
    return steepest


@lru_cache(maxsize=256)
def _edges_of_layout(layout: Layout) -> tuple[Edges, Edges, bool]:
    return _edges(layout.valid)


def _edges(known: Mask) -> tuple[Edges, Edges, bool]:
    """Edges along x and along y of (rows, cols) cells, and whether any cell has a neighbour at all."""
    number = np.arange(known.size).reshape(known.shape)
    out, joined = [], False
    for axis, step in ((1, 1), (0, known.shape[1])):
        after, before = _beside(known, axis)
        cell = number[~(after & before)]
        plain = bool(known.all()) and known.shape[axis] > 1
        out.append(Edges(cell, cell + step * after.flat[cell], cell - step * before.flat[cell], plain))
        joined = joined or bool(after.any())
    return out[0], out[1], joined


def _beside(known: Mask, axis: int) -> tuple[Mask, Mask]:
    """Where a cell that is known has one after it, and one before it, along an axis."""
    after, before = np.zeros(known.shape, bool), np.zeros(known.shape, bool)
    first, last = [slice(None)] * known.ndim, [slice(None)] * known.ndim
    first[axis], last[axis] = slice(None, -1), slice(1, None)
    both = known[tuple(first)] & known[tuple(last)]
    after[tuple(first)], before[tuple(last)] = both, both
    return after, before


def _steepest(values: Floats, layout: Layout, along_x: Edges, along_y: Edges, joined: bool) -> Floats:
    if not joined:
        return np.full(len(values), np.nan)
    x_cm, y_cm = _pitch_cm(layout)
    square = _differences(values, along_x, 2)
    np.square(square, out=square)
    if x_cm != y_cm:
        square *= (y_cm / x_cm) ** 2
    along = _differences(values, along_y, 1)
    square += np.square(along, out=along)
    return np.asarray(np.sqrt(square.max(axis=1)) / (2.0 * y_cm))


def _differences(values: Floats, edges: Edges, axis: int) -> Floats:
    """(n, cells) difference of each cell's neighbours along an axis over two pitches; 0 where it has none."""
    n, rows, cols = values.shape
    step = 1 if axis == 2 else cols
    out, line = np.empty((n, rows * cols)), values.reshape(-1)
    np.subtract(line[2 * step :], line[: -2 * step], out=out.reshape(-1)[step:-step])
    if edges.plain:
        _one_sided(np.moveaxis(values, axis, 0), np.moveaxis(out.reshape(n, rows, cols), axis, 0))
    else:
        flat = values.reshape(n, -1)
        out[:, edges.cell] = 2.0 * (flat.take(edges.high, axis=1) - flat.take(edges.low, axis=1))
    return out


def _one_sided(lines: Floats, out: Floats) -> None:
    """Put into the first and the last of (lines, …) what they differ from their only neighbour, twice."""
    for edge, high, low in ((0, 1, 0), (-1, -1, -2)):
        once = lines[high] - lines[low]
        np.add(once, once, out=out[edge])


def _steepest_each(values: Floats, layout: Layout, known: Mask) -> Floats:
    """As `_steepest` where every frame has holes of its own; `known` (n, rows, cols)."""
    x_cm, y_cm = _pitch_cm(layout)
    along_x, along_y = _slopes(known, 2, x_cm), _slopes(known, 1, y_cm)
    square = _weighted(values, along_x, 2) ** 2
    square += _weighted(values, along_y, 1) ** 2
    joined = (along_x.after + along_y.after).any(axis=(1, 2))
    return np.where(joined, np.sqrt(square.max(axis=(1, 2))), np.nan)


def _weighted(values: Floats, slopes: Slopes, axis: int) -> Floats:
    out = values * slopes.own
    first, last = [slice(None)] * 3, [slice(None)] * 3
    first[axis], last[axis] = slice(None, -1), slice(1, None)
    out[tuple(first)] += slopes.after[tuple(first)] * values[tuple(last)]
    out[tuple(last)] -= slopes.before[tuple(last)] * values[tuple(first)]
    return out


def _slopes(known: Mask, axis: int, step: float) -> Slopes:
    """Central differences where both neighbours are known, one-sided where one is."""
    after, before = _beside(known, axis)
    share = 1.0 / (step * np.maximum(after.astype(np.float64) + before, 1.0))
    return Slopes(after * share, before * share, (before.astype(np.float64) - after) * share)


def _pitch_cm(layout: Layout) -> tuple[float, float]:
    return (1.0, 1.0) if layout.pitch_mm is None else (layout.pitch_mm[0] / 10.0, layout.pitch_mm[1] / 10.0)
