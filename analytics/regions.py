"""Regions of a sensor: thirds, the ten of a foot, the six of a seat or saddle, or drawn by hand.

A region is a share of every cell, 0 to 1. Thirds and grids cut through cells and share them by overlap, so that parts
add up to the whole; the foot and drawn regions take a cell whole, by its centre. Row 0 is the front, column 0 the left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

Mask = NDArray[np.bool_]
Side = Literal["left", "right"]

FOOT = ("heel", "midfoot", "mt1", "mt2", "mt3", "mt4", "mt5", "hallux", "toes")
# Shares of the foot's length from the heel, and of its width at each place from the inner edge.
HEEL_TO, MIDFOOT_TO = 0.27, 0.55
METATARSAL_EDGES = (0.30, 0.47, 0.63, 0.79)
HALLUX_TO = 0.35
# Toes begin further back on the outer side.
TOES_FROM_INNER, TOES_FROM_OUTER = 0.80, 0.70


@dataclass(frozen=True, eq=False)
class Regions:
    """Named parts of a layout: `shares` (k, rows, cols) float64 from 0 to 1, and how they were made."""

    names: tuple[str, ...]
    shares: Floats
    made: str

    def __len__(self) -> int:
        return len(self.names)

    def of(self, name: str) -> Floats:
        """(rows, cols) shares of one region; an unknown name raises `KeyError`."""
        if name not in self.names:
            raise KeyError(name)
        return np.asarray(self.shares[self.names.index(name)])


def thirds(layout: Layout, footprint: Mask | None = None) -> Regions:
    """Divide the length into `front`, `middle` and `rear`.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells whose length is divided; by default all that exist.

    Returns
    -------
    Regions, which share a row of cells that a border cuts.

    Raises
    ------
    InvalidData
        When the footprint has no cell or another shape.
    """
    inside = _footprint(layout, footprint)
    rows = overlap(layout.rows, *_span(inside, axis=1), 3)
    return Regions(("front", "middle", "rear"), rows[:, :, None] * inside, "thirds of the length")


def grid(layout: Layout, footprint: Mask | None = None) -> Regions:
    """Divide a seat or a saddle into 2 × 3: `front_left`, `front_right`, `middle_left`, … `rear_right`.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells whose length and width are divided; by default all that exist.

    Returns
    -------
    Regions, which share cells that a border cuts.

    Raises
    ------
    InvalidData
        When the footprint has no cell or another shape.
    """
    inside = _footprint(layout, footprint)
    rows = overlap(layout.rows, *_span(inside, axis=1), 3)
    cols = overlap(layout.cols, *_span(inside, axis=0), 2)
    names = tuple(f"{along}_{across}" for along in ("front", "middle", "rear") for across in ("left", "right"))
    shares = (rows[:, None, :, None] * cols[None, :, None, :]).reshape(6, layout.rows, layout.cols)
    return Regions(names, shares * inside, "2 × 3")


def foot(layout: Layout, footprint: Mask | None = None, side: Side | None = None) -> Regions:
    """Divide a foot with its toes to the front: heel, midfoot, metatarsals 1 to 5, hallux, toes 2 to 5.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells of the foot; by default all that exist, which is right for an insole.
    side : "left" or "right", optional
        Which foot; by default the layout's.

    Returns
    -------
    Regions `heel`, `midfoot`, `mt1` … `mt5`, `hallux`, `toes`; each cell of the footprint is in one of them.

    Raises
    ------
    InvalidData
        When nobody says which foot it is, or the footprint has no cell or another shape.

    Notes
    -----
    By proportions: heel to 27 % of the length, midfoot to 55 %, metatarsals to 80 % at the inner and 70 % at the
    outer edge, toes beyond; across, from the inner edge of each row, metatarsals to 30, 47, 63, 79 and 100 %, hallux to
    35 %. Feet differ from proportions: where a result hangs on a border, draw the regions.
    """
    inside = _footprint(layout, footprint)
    along, across = _foot_places(inside, _side(layout, side))
    toes_from = TOES_FROM_INNER + (TOES_FROM_OUTER - TOES_FROM_INNER) * across
    metatarsal = np.searchsorted(METATARSAL_EDGES, across, side="right")
    number = np.select(
        [along < HEEL_TO, along < MIDFOOT_TO, along < toes_from, across < HALLUX_TO],
        [0, 1, 2 + metatarsal, 7],
        8,
    )
    shares = (number == np.arange(len(FOOT))[:, None, None]) & inside
    return Regions(FOOT, shares.astype(np.float64), "proportions of the foot")


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
    y, x = np.broadcast_arrays(layout.y[:, None], layout.x[None, :])
    shares = [_inside(name, points, x, y) & layout.valid for name, points in polygons.items()]
    stacked = np.array(shares, np.float64).reshape(-1, layout.rows, layout.cols)
    return Regions(tuple(polygons), stacked, "drawn")


def overlap(lines: int, first: float, after: float, parts: int) -> Floats:
    """(parts, lines) share of each line in equal parts of the span from `first` to `after`."""
    edges = np.linspace(first, after, parts + 1)
    at = np.arange(lines)
    inside = np.minimum(at + 1, edges[1:, None]) - np.maximum(at, edges[:-1, None])
    return np.asarray(np.clip(inside, 0.0, 1.0))


def _footprint(layout: Layout, footprint: Mask | None) -> Mask:
    if footprint is None:
        footprint = layout.valid
    if footprint.shape != layout.valid.shape or footprint.dtype != np.bool_:
        raise InvalidData(
            f"footprint: expected {layout.valid.shape} bool, got {footprint.shape} {footprint.dtype}", field="footprint"
        )
    if not (footprint & layout.valid).any():
        raise InvalidData("footprint: expected a cell or more, got none", field="footprint")
    return footprint & layout.valid


def _side(layout: Layout, side: Side | None) -> Side:
    chosen = side or layout.side
    if chosen not in ("left", "right"):
        raise InvalidData(f"side: expected left or right, the layout does not say; got {side!r}", field="side")
    return chosen


def _span(inside: Mask, axis: int) -> tuple[float, float]:
    """First line with a cell and the one after the last: rows with `axis` 1, columns with 0."""
    at = np.flatnonzero(inside.any(axis=axis))
    return float(at[0]), float(at[-1] + 1)


def _foot_places(inside: Mask, side: Side) -> tuple[Floats, Floats]:
    """Along (rows, 1) from the heel, across (rows, cols) from the inner edge of each row, 0 to 1 at the edges."""
    rows, cols = inside.shape
    front, heel = _span(inside, axis=1)
    along = np.asarray((heel - (np.arange(rows) + 0.5)) / (heel - front), np.float64)
    first = inside.argmax(axis=1)
    after = cols - inside[:, ::-1].argmax(axis=1)
    across: Floats = (np.arange(cols) + 0.5 - first[:, None]) / (after - first)[:, None]
    # A right foot's inner edge is at the left, seen from above.
    return along[:, None], np.asarray(across if side == "right" else 1.0 - across)


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
