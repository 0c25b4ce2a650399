"""The shape of a frame's load: quadrants, steepest gradient, spread about its centre, saturated cells.

Worked out on the full grid of a chunk of frames. Second moments are taken about the centre in a second pass over row
and column sums, so that nothing cancels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.frames.basic_set import first_half
from analytics.frames.gradient import Mask, gradient
from barograph.frames import KPA_PER_UNIT, Floats, Frames, Layout

WIDTH = 10  # four quadrants, gradient, major, minor, angle, area of the spread, saturated cells


def saturation_of(layout: Layout, saturation: float | None) -> Floats:
    """Return the sensor's maximum in kPa or counts, of all cells or (rows, cols) of each.

    Infinite when nobody knows it. With a curve it is what is measured at the last stored value that the curve has.
    """
    most = layout.most_stored
    ended = layout.curve is not None and layout.curve.ended
    if saturation is not None or (not np.isfinite(most) and not ended):
        return np.asarray(np.inf if saturation is None else saturation)
    full = np.full((1, layout.rows, layout.cols), most)
    if layout.curve is not None:
        full = _last_of_curve(layout, full)
    kpa: Floats = layout.to_unit(full)[0] * np.float64(KPA_PER_UNIT.get(layout.unit, 1.0))
    return kpa


def _last_of_curve(layout: Layout, full: Floats) -> Floats:
    """(1, rows, cols) the stored values of the largest readings."""
    if layout.curve is None or layout.falling:
        return np.zeros_like(full)
    ends = np.broadcast_to(layout.curve.ends, (layout.cells,)).reshape(layout.rows, layout.cols) / layout.factors
    # A cell at the very end must not come to lie beyond it by rounding.
    last = np.floor(ends * (1 + 1e-12)) if np.isfinite(layout.most_stored) else ends * (1 - 1e-12)
    return np.minimum(full, last)


def at_maximum(values: Floats, frames: Frames, layout: Layout, saturation: Floats | float) -> Mask:
    """Return (n, rows, cols) True of cells at the maximum, and of those beyond the end of a curve that rises."""
    at_most = values >= saturation
    beyond = None if layout.falling else layout.beyond(frames)
    return at_most if beyond is None else at_most | beyond


def least(saturation: Floats) -> float | None:
    """Return the lowest maximum of a cell, for whoever reads the result; None when nobody knows one."""
    return float(saturation.min()) if np.isfinite(saturation).all() else None


class Grid(NamedTuple):
    """What a layout makes of its grid: factors (3, cols) and (rows, 4) of sums, areas, centres about the middle."""

    per_col: Floats
    per_row: Floats
    area: Floats | None
    x: Floats
    y: Floats
    smallest: float


def shape(frames: Frames, layout: Layout, centred: Mask, saturation: Floats | float = np.inf) -> Floats:
    """Compute (n, 10) of (n, rows, cols) stored frames; `centred` (n,) says where there is a centre of pressure."""
    values = layout.to_unit(frames)
    if (factor := KPA_PER_UNIT.get(layout.unit, 1.0)) != 1.0:
        values *= factor
    out = np.full((len(frames), WIDTH), np.nan)
    if np.isfinite(saturation).all():
        out[:, 9] = _counted(at_maximum(values, frames, layout, saturation) & layout.valid)
    # One sum says that no cell is missing, as it nearly always is.
    some = frames.dtype.kind == "f" or (layout.curve is not None and layout.curve.ended)
    missing = np.isnan(values) if some and np.isnan(values.sum()) else None
    if missing is not None:
        values[missing] = 0.0
        missing &= layout.valid
    if not layout.valid.all():
        values *= layout.valid
    out[:, 4] = gradient(values, layout, missing)
    out[:, :4], out[:, 5:9] = _moments(values, _grid(layout), centred)
    if missing is not None:
        out[(missing | ~layout.valid).all(axis=(1, 2))] = np.nan
    return out


def _counted(cells: Mask) -> NDArray[np.uint32]:
    """(n,) how many of (n, rows, cols) are True."""
    return np.asarray(cells.reshape(len(cells), -1).view(np.uint8).sum(axis=1, dtype=np.uint32))


@lru_cache(maxsize=256)
def _grid(layout: Layout) -> Grid:
    return _grid_of(layout)


def _grid_of(layout: Layout) -> Grid:
    x, y = layout.x - layout.x.mean(), layout.y - layout.y.mean()
    area = layout.area_cm2
    even = area is None or bool((area == area.flat[0]).all())
    per_col = np.stack([np.ones(layout.cols), x, first_half(layout.cols)])
    front = first_half(layout.rows)
    per_row = np.column_stack([np.ones(layout.rows), y, front, 1.0 - front])
    pitch = 1.0 if layout.pitch_mm is None else max(layout.pitch_mm)
    return Grid(per_col, per_row, None if even else area, x, y, (1e-6 * pitch) ** 2)


def _moments(values: Floats, grid: Grid, centred: Mask) -> tuple[Floats, Floats]:
    """Quadrants (n, 4) in %, and of the spread (n, 4) semi-axes, angle and area."""
    load = values if grid.area is None else values * grid.area
    n, lines, cols = load.shape
    of_rows = (grid.per_col @ load.reshape(n * lines, cols).T).reshape(3, n, lines)
    both, moment = of_rows[:2]
    sums = of_rows @ grid.per_row
    total, left_parts = sums[0, :, 0], sums[2, :, 2:]
    total = np.where(total > 0, total, np.nan)
    quadrants = np.stack([left_parts, sums[0, :, 2:] - left_parts], axis=-1).reshape(n, 4)
    quadrants = 100.0 * quadrants / total[:, None]
    total = np.where(centred, total, np.nan)
    x, y = sums[1, :, 0] / total, sums[0, :, 1] / total
    away_x, away_y = grid.x - x[:, None], grid.y - y[:, None]
    xx = np.vecdot(_column_sums(load), np.square(away_x)) / total
    yy = np.vecdot(both, np.square(away_y)) / total
    xy = np.vecdot(away_y, moment - x[:, None] * both) / total
    return quadrants, axes_of(xx, yy, xy, grid.smallest)


def _column_sums(load: Floats) -> Floats:
    """(n, cols) sums over rows, half onto half, which a processor does in long lines."""
    while (lines := load.shape[1]) > 1:
        half = lines // 2
        folded = load[:, :half] + load[:, half : 2 * half]
        if lines % 2:
            folded[:, 0] += load[:, -1]
        load = folded
    return load[:, 0]


def axes_of(xx: Floats, yy: Floats, xy: Floats, smallest: float) -> Floats:
    """Return semi-axes, angle from x towards y, and area π·√det, of second moments; what is below `smallest` is 0."""
    half, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    larger, smaller = half + apart, half - apart
    # Loads below 0 can make moments that are of no ellipse.
    wrong = smaller < -smallest
    larger, smaller = (np.where(wrong, np.nan, np.where(v < smallest, 0.0, v)) for v in (larger, smaller))
    angle = np.degrees(0.5 * np.arctan2(2 * xy, xx - yy))
    angle[~(larger - smaller > 1e-9 * larger)] = np.nan
    major, minor = np.sqrt(larger), np.sqrt(smaller)
    return np.column_stack([major, minor, angle, np.pi * major * minor])
