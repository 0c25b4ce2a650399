"""How one map is laid over another: turned about its middle, moved until middles meet, read at the other's cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

Alignment = Literal["outline", "cop", "none"]
# Rounder than this (minor over major semi-axis), an axis follows noise; further than this, it is another axis.
ROUND: Final = 0.8
MOST_TURN_DEG: Final = 45.0
LEAST_OF_A_TRIANGLE: Final = 3


@dataclass(frozen=True, eq=False)
class Placement:
    """b turned about `middle` by `turn_deg` from x towards y (None: there is no axis to turn by), then moved."""

    middle: Floats
    shift: Floats
    turn_deg: float | None = None

    @property
    def still(self) -> bool:
        """Whether b stays where it is."""
        return not self.shift.any() and not self.turn_deg

    @property
    def turning(self) -> Floats:
        """(2, 2) that turns columns of x and y."""
        angle = np.radians(self.turn_deg or 0.0)
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def moved(self, points: Floats) -> Floats:
        """Return (n, 2) places of b, where they come to lie."""
        return (points - self.middle) @ self.turning.T + self.middle + self.shift

    def origin(self, points: Floats) -> Floats:
        """Return (n, 2) places, where b had what now lies there."""
        return (points - self.middle - self.shift) @ self.turning + self.middle


def placement(a: Layout, b: Layout, maps: tuple[Floats, Floats], align: Alignment, *, turn: bool) -> Placement:
    """Return how b has to be placed so that middles, and with `turn` long axes, meet.

    Not at all where there is nothing.
    """
    first, second = (_middle(layout, cells, align) for layout, cells in zip((a, b), maps, strict=True))
    if align == "none" or not np.isfinite([first, second]).all():
        return Placement(np.zeros(2), np.zeros(2))
    angle = _turn(a, b, maps, align) if turn else None
    if align == "cop":
        return Placement(second, first - second, angle)
    about = Placement(second, np.zeros(2), angle)
    return Placement(second, first - _box_middle(about.moved(_places(b)[_inside(b, maps[1])])), angle)


def _turn(a: Layout, b: Layout, maps: tuple[Floats, Floats], align: Alignment) -> float | None:
    """Degrees between the long axes; None where one has none, and without a pitch: cells may not be square."""
    if a.length != "mm" or b.length != "mm":
        return None
    one, other = (_axis_deg(layout, cells, align) for layout, cells in zip((a, b), maps, strict=True))
    if one is None or other is None:
        return None
    between = (one - other + 90.0) % 180.0 - 90.0
    return round(between, 6) + 0.0 if abs(between) <= MOST_TURN_DEG else None


def _axis_deg(layout: Layout, cells: Floats, align: Alignment) -> float | None:
    """Angle of the principal axis from x towards y: of a plate's load or loaded cells, else of the cells that exist."""
    by_load = align == "cop" and layout.kind == "plate"
    weight = _load(layout, cells) if by_load else _areas(layout, _inside(layout, cells))
    total = weight.sum()
    if not total > 0:
        return None
    x, y = _places(layout).reshape(-1, 2).T
    w = weight.ravel() / total
    dx, dy = x - w @ x, y - w @ y
    xx, xy, yy = w @ dx**2, w @ (dx * dy), w @ dy**2
    apart = np.hypot(xx - yy, 2 * xy)
    smaller, larger = (xx + yy - apart) / 2, (xx + yy + apart) / 2
    if not smaller < ROUND**2 * larger:
        return None
    return float(np.degrees(0.5 * np.arctan2(2 * xy, xx - yy)))


def _places(layout: Layout) -> Floats:
    """(rows, cols, 2) x and y of the cells' centres."""
    return layout.centres.reshape(layout.rows, layout.cols, 2)


def _inside(layout: Layout, cells: Floats) -> NDArray[np.bool_]:
    """Cells of the outline: those that were loaded on a plate, which is larger than a foot, else those that exist."""
    return np.asarray(np.nan_to_num(cells) > 0) if layout.kind == "plate" else layout.valid


def _areas(layout: Layout, inside: NDArray[np.bool_]) -> Floats:
    return inside.astype(np.float64) if layout.area_cm2 is None else inside * layout.area_cm2


def _load(layout: Layout, cells: Floats) -> Floats:
    load = np.nan_to_num(np.clip(cells, 0.0, None))
    return load if layout.area_cm2 is None else load * layout.area_cm2


def _middle(layout: Layout, cells: Floats, align: Alignment) -> Floats:
    """x and y that are to meet; NaN when there is nothing."""
    if align == "none":
        return np.zeros(2)
    if align == "cop":
        load = _load(layout, cells).ravel()
        return np.asarray((load @ layout.centres) / (load.sum() or np.nan))
    inside = _inside(layout, cells)
    return _box_middle(_places(layout)[inside]) if inside.any() else np.full(2, np.nan)


def _box_middle(points: Floats) -> Floats:
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)


def read_at(a: Layout, b: Layout, cells: Floats, placed: Placement) -> Floats:
    """Return (rows, cols) of b's map at the centres of a's cells, linearly between its own.

    NaN where b does not reach.
    """
    if a.valid.shape == b.valid.shape and np.array_equal(a.centres, b.centres) and placed.still:
        return cells
    points = placed.origin(a.centres)
    if b.places != "grid":
        return _between(b, cells, points).reshape(a.rows, a.cols)
    # Interpolation wants two lines or more and centres that grow.
    if min(b.rows, b.cols) < 2:
        raise InvalidData(f"layout: expected two rows and columns or more to align, got {b.rows} x {b.cols}")
    x, y = b.x, b.y
    rows, cols = np.argsort(y), np.argsort(x)
    read = scipy.interpolate.RegularGridInterpolator((y[rows], x[cols]), cells[np.ix_(rows, cols)], bounds_error=False)
    return np.asarray(read(points[:, ::-1])).reshape(a.rows, a.cols)


def _between(layout: Layout, cells: Floats, points: Floats) -> Floats:
    """(n,) values at (n, 2) points, linearly over the triangles of cells that are no grid; NaN outside of them."""
    known = layout.valid.ravel() & np.isfinite(cells.ravel())
    if known.sum() < LEAST_OF_A_TRIANGLE:
        raise InvalidData(f"layout: expected three cells or more to align, got {known.sum()}")
    try:
        read = scipy.interpolate.LinearNDInterpolator(layout.centres[known], cells.ravel()[known])
    except scipy.spatial.QhullError as error:
        raise InvalidData("layout: expected cells that do not lie on one line to align") from error
    return np.asarray(read(points))
