"""A sensor's values as a smooth picture, as assets/map/smooth.mjs draws it; the two share test vectors.

Between the centres of cells a Catmull-Rom curve, first down the columns, then across the rows, held within the two
cells that it lies between: so a picture passes through what was measured, and shows no higher peak and no lower dip.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from barograph.frames import Floats

RINGS = 2  # of missing cells around the existing ones that take a value, so that edges do not darken


def filled(values: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Return (rows, cols) without NaN.

    A dead cell has the mean of its neighbours that were measured, 0 without one. Then the missing cells within `RINGS`
    of the existing ones have the mean of the neighbours that are known by then; the rest is 0.
    """
    measured = np.isfinite(values) & valid
    out = np.where(measured, values, 0.0)
    dead = valid & ~measured
    if dead.any():
        out[dead] = _means(out, measured)[dead]
    known = valid.copy()
    for _ in range(RINGS):
        near = scipy.ndimage.binary_dilation(known, np.ones((3, 3), bool)) & ~known
        out[near] = _means(out, known)[near]
        known |= near
    return out


def _means(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """(rows, cols) the mean of each cell's known neighbours, 0 without one."""
    around = np.ones((3, 3))
    around[1, 1] = 0.0
    sums = scipy.ndimage.convolve(np.where(known, values, 0.0), around, mode="constant")
    n = scipy.ndimage.convolve(known.astype(np.float64), around, mode="constant")
    return np.asarray(sums / np.maximum(n, 1.0))


def stretched(values: Floats, fine: int) -> Floats:
    """Return (rows · fine, cols · fine) of (rows, cols) without NaN."""
    return _down(_down(values, fine).T, fine).T


def _down(values: Floats, fine: int) -> Floats:
    """(rows · fine, cols); beyond the edge the last cell repeats."""
    rows = len(values)
    at = (np.arange(rows * fine) + 0.5) / fine - 0.5
    base = np.floor(at).astype(np.intp)
    a, b, c, d = (values[np.clip(base + tap, 0, rows - 1)] for tap in (-1, 0, 1, 2))
    wa, wb, wc, wd = (weight[:, None] for weight in _catmull_rom(at - base))
    value = wa * a + wb * b + wc * c + wd * d
    return np.asarray(np.clip(value, np.minimum(b, c), np.maximum(b, c)))


def _catmull_rom(t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    return (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
