"""Regions that take cells whole: drawn by hand, or named by the sensor's maker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analytics.base.arguments import checked
from analytics.base.foot_axis import Mask
from analytics.regions.presets import Regions
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout


@checked
def drawn(layout: Layout, polygons: Mapping[str, Sequence[Sequence[float]]]) -> Regions:
    """Take regions that were drawn: the cells whose centres lie inside a polygon.

    Parameters
    ----------
    layout : Layout
    polygons : mapping of name to points
        Three points [x, y] or more each, in mm of the layout (in cells without a pitch). Regions may overlap.

    Returns
    -------
    Regions in the order of the mapping; cells that do not exist are in none.

    Raises
    ------
    InvalidData
        When a polygon has fewer than three points, or points that are no pair of finite numbers.
    """
    if not layout.placed:
        raise InvalidData("regions: the places of the cells are not known", field="geometry")
    x, y = (each.reshape(layout.valid.shape) for each in layout.centres.T)
    shares = [_inside(name, points, x, y) & layout.valid for name, points in polygons.items()]
    stacked = np.array(shares, np.float64).reshape(-1, layout.rows, layout.cols)
    return Regions(tuple(polygons), stacked, "drawn")


@checked
def named(layout: Layout) -> Regions:
    """Take each cell as a region of its own, by the names that the sensor's maker gives them.

    Parameters
    ----------
    layout : Layout
        With a geometry that has names, as a sole of three force areas does.

    Returns
    -------
    Regions in the order of the cells that exist.

    Raises
    ------
    InvalidData
        When the cells have no names.
    """
    names = layout.geometry.names if layout.geometry else ()
    if not names:
        raise InvalidData("geometry: expected cells with names, got none", field="geometry")
    cells = np.flatnonzero(layout.valid)
    shares = np.zeros((len(cells), layout.cells))
    shares[np.arange(len(cells)), cells] = 1.0
    return Regions(tuple(names[cell] for cell in cells), shares.reshape(-1, layout.rows, layout.cols), "areas")


def _inside(name: str, points: Sequence[Sequence[float]], x: Floats, y: Floats) -> Mask:
    """(rows, cols) True where a centre lies inside: a ray to the right crosses the edges an odd number of times."""
    corners = np.asarray(points, np.float64)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or len(corners) < 3 or not np.isfinite(corners).all():
        raise InvalidData(f"polygon {name}: expected three points [x, y] or more, got {str(points)[:60]}", field=name)
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    x, y = x[..., None], y[..., None]
    crossing = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return np.asarray((crossing & right).sum(axis=-1) % 2 == 1)
