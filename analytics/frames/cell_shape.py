"""The shape of a frame's load over cells that are no grid: quadrants, steepest plane, spread, saturated cells.

The steepest slope is that of a plane through each cell that fits its Delaunay neighbours best (least squares), where it
has three or more that have a value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from analytics.definitions.shape_columns import shape_columns
from analytics.frames.basic_set import first_halves
from analytics.frames.gradient import Mask
from analytics.frames.shape import at_maximum, axes_of
from barograph.frames import KPA_PER_UNIT, Floats, Frames, Layout

FEWEST = 3  # neighbours of a plane
FLAT = 1e-9  # of their second moments: neighbours on a line have no plane


def neighbours_of(layout: Layout) -> list[NDArray[np.intp]]:
    """Return for each cell that exists the numbers, among those, of its Delaunay neighbours.

    None where there is no triangle, as of two cells, of cells on a line, or without places.
    """
    points = layout.centres[layout.valid.ravel()]
    alone = [np.zeros(0, np.intp) for _ in points]
    if not layout.placed or len(np.unique(points, axis=0)) < FEWEST:
        return alone
    try:
        found = scipy.spatial.Delaunay(points, qhull_options="QJ Pp" if len(points) < 5 else "Qbb Qc Qz Qx Pp")
    except scipy.spatial.QhullError:  # cells on one line have no triangles
        return alone
    first, numbers = found.vertex_neighbor_vertices
    return [np.asarray(numbers[first[cell] : first[cell + 1]], np.intp) for cell in range(len(points))]


def padded(neighbours: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return (cells, k) each cell's own number, then those of its neighbours, then −1."""
    out = np.full((len(neighbours), 1 + max(map(len, neighbours), default=0)), -1)
    out[:, 0] = np.arange(len(neighbours))
    for cell, near in enumerate(neighbours):
        out[cell, 1 : 1 + len(near)] = near
    return out


class Cells(NamedTuple):
    """What a layout makes of its cells: places about their middle (cells, 2), areas, halves (cells, 2), planes.

    `planes` are (cells with a plane, cells) that make slopes per cm along x and y of values, where none is missing.
    """

    places: Floats
    area: Floats
    halves: Floats
    near: NDArray[np.intp]
    there: NDArray[np.bool_]
    planes: tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]
    smallest: float


@lru_cache(maxsize=256)
def _cells(layout: Layout) -> Cells:
    return _cells_of(layout)


def _cells_of(layout: Layout) -> Cells:
    valid = layout.valid.ravel()
    places = layout.centres[valid] - np.nanmean(layout.centres[valid], axis=0)
    area = np.ones(len(places)) if layout.area_cm2 is None else layout.area_cm2[layout.valid]
    near = padded(neighbours_of(layout))[:, 1:]
    size = np.ptp(places, axis=0).max(initial=0.0) or 1.0
    there, near = near >= 0, np.maximum(near, 0)
    planes = _planes_of(places, near, there)
    return Cells(places, area, first_halves(layout)[valid], near, there, planes, (1e-8 * size) ** 2)


def _planes_of(
    places: Floats, near: NDArray[np.intp], there: NDArray[np.bool_]
) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    """What makes the slopes of the planes through every cell that has one, of all neighbours."""
    x, y = np.moveaxis((places[near] - places[:, None]) / 10.0 * there[..., None], -1, 0)
    xx, yy, xy = (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1)
    determinant = xx * yy - xy * xy
    sound = np.flatnonzero((there.sum(axis=1) >= FEWEST) & (determinant > FLAT * np.square(xx + yy)))
    made = []
    for along, own, other in ((x, yy, y), (y, xx, x)):
        weight = (own[:, None] * along - xy[:, None] * other)[sound] / determinant[sound, None]
        row, column = np.nonzero(there[sound])
        to_near = scipy.sparse.csr_array(
            (weight[row, column], (row, near[sound][row, column])), (len(sound), len(places))
        )
        to_own = scipy.sparse.csr_array(
            (-weight.sum(axis=1), (np.arange(len(sound)), sound)), (len(sound), len(places))
        )
        made.append(scipy.sparse.csr_array(to_near + to_own))
    return made[0], made[1]


def cell_shape(frames: Frames, layout: Layout, centred: Mask, saturation: Floats | float = np.inf) -> Floats:
    """Compute (n, columns) of `shape_columns` of (n, rows, cols) stored frames.

    `centred` (n,) says where there is a centre of pressure.
    """
    quadrants, form, _ = shape_columns(layout)
    valid = layout.valid.ravel()
    whole = layout.to_unit(frames) * KPA_PER_UNIT.get(layout.unit, 1.0)
    values = whole.reshape(len(frames), -1)[:, valid]
    out = np.full((len(frames), len(quadrants) + len(form) + 1), np.nan)
    known = ~np.isnan(values)
    if np.isfinite(saturation).all():
        out[:, -1] = at_maximum(whole, frames, layout, saturation)[:, layout.valid].sum(axis=1)
    if layout.placed:
        cells = _cells(layout)
        load = np.where(known, values, 0.0) * cells.area
        total = load.sum(axis=1)
        total = np.where(total > 0, total, np.nan)
        out[:, : len(quadrants)] = _quadrants(load, cells) / total[:, None]
        if form:
            out[:, len(quadrants)] = steepest_plane(values, known, cells)
            out[:, len(quadrants) + 1 : -1] = _spread(load, np.where(centred, total, np.nan), cells)
    out[~known.any(axis=1)] = np.nan
    return out


def _quadrants(load: Floats, cells: Cells) -> Floats:
    """(n, 4) percent times the total, of front left, front right, back left and back right."""
    left, front = cells.halves.T
    parts = np.column_stack([front * left, front * (1 - left), (1 - front) * left, (1 - front) * (1 - left)])
    return np.asarray(100.0 * (load @ parts))


def _spread(load: Floats, total: Floats, cells: Cells) -> Floats:
    """(n, 4) semi-axes, angle and area of the load about its centre; second moments in a second pass."""
    centre = (load @ cells.places) / total[:, None]
    x, y = cells.places[:, 0] - centre[:, :1], cells.places[:, 1] - centre[:, 1:]
    xx, yy, xy = (np.vecdot(load, product) / total for product in (x * x, y * y, x * y))
    return axes_of(xx, yy, xy, cells.smallest)


def steepest_plane(values: Floats, known: Mask, cells: Cells) -> Floats:
    """Return (n,) steepest slope per cm of (n, cells) values; NaN where no cell has three known neighbours."""
    out = np.full(len(values), np.nan)
    whole = known.all(axis=1)
    if cells.planes[0].shape[0]:
        lines = np.ascontiguousarray(values[whole].T)
        along_x, along_y = (plane @ lines for plane in cells.planes)
        square = np.square(along_x, out=along_x) + np.square(along_y, out=along_y)
        out[whole] = np.sqrt(square.max(axis=0))
        out[~whole] = _steepest_of_known(values[~whole], known[~whole], cells)
    return out


def _steepest_of_known(values: Floats, known: Mask, cells: Cells) -> Floats:
    """As `steepest_plane` of frames of which each lacks cells of its own."""
    if not len(values):
        return np.zeros(0)
    away = (cells.places[cells.near] - cells.places[:, None]) / 10.0
    # A neighbour counts where it and the cell itself have a value.
    weight = (cells.there & known[:, cells.near] & known[:, :, None]).astype(np.float64)
    rise = np.where(weight > 0, values[:, cells.near] - values[:, :, None], 0.0)
    x, y = away[..., 0], away[..., 1]
    xx, yy, xy = (np.einsum("nck,ck->nc", weight, product) for product in (x * x, y * y, x * y))
    xr, yr = (np.einsum("nck,ck->nc", rise, side) for side in (x, y))
    determinant = xx * yy - xy * xy
    flat = determinant > FLAT * np.square(xx + yy)
    sound = (weight.sum(axis=2) >= FEWEST) & flat
    determinant = np.where(sound, determinant, 1.0)
    slope = np.hypot((yy * xr - xy * yr) / determinant, (xx * yr - xy * xr) / determinant)
    return np.where(sound.any(axis=1), np.where(sound, slope, 0.0).max(axis=1), np.nan)
