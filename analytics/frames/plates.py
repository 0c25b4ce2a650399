"""Sensors that lie beside each other in the frame of their session: where their cells are, and that none overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import scipy

from analytics.base.common_frame import from_rear, placed
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints, Layout, Place

OVERLAP_MM = 0.5  # what measures of a floor are off by


@dataclass(frozen=True, eq=False)
class Plate:
    """One sensor in the common frame: (m, 2) centres and (m, 4 or more, 2) outlines of its cells, in mm."""

    name: str
    layout: Layout
    place: Place
    cells: Ints
    centres: Floats
    outlines: tuple[Floats, ...]

    @classmethod
    def of(cls, name: str, layout: Layout) -> Plate:
        """Place a sensor; `InvalidData` where its place or the mm of its cells are not known."""
        if layout.place is None:
            raise InvalidData(f"place: expected one in the layout of {name}, got none", field="place")
        if layout.length != "mm":
            raise InvalidData(f"layout: expected places of the cells of {name} in mm, got none", field="layout")
        cells = np.flatnonzero(layout.valid.ravel())
        own = layout.centres[cells]
        place = layout.place
        if layout.geometry is not None:
            outlines = [moved(layout, place, layout.geometry.outlines[cell]) for cell in cells]
        else:
            across, along = (size / 2 for size in layout.pitch_mm or (0.0, 0.0))
            box = np.array([[-across, -along], [across, -along], [across, along], [-across, along]])
            outlines = list(moved(layout, place, (own[:, None] + box).reshape(-1, 2)).reshape(-1, 4, 2))
        return cls(name, layout, place, cells, moved(layout, place, own), tuple(outlines))

    @cached_property
    def hull(self) -> Floats:
        """(c, 2) corners of the convex hull of all cells; the points themselves where they lie on a line."""
        points = np.concatenate([self.centres, *self.outlines])
        if len(points) < 3 or np.linalg.matrix_rank(points - points.mean(axis=0), tol=1e-6) < 2:
            return points
        return np.asarray(points[scipy.spatial.ConvexHull(points).vertices])


def moved(layout: Layout, place: Place, points: Floats) -> Floats:
    """Return (n, 2) points of a sensor in the common frame."""
    return np.column_stack(placed(place, *from_rear(layout, points[:, 0], points[:, 1])))


def corners(layout: Layout, place: Place) -> Floats:
    """Return (4, 2) corners of a grid of cells in the common frame, the rear left one first, against the clock."""
    across, along = layout.pitch_mm or (1.0, 1.0)
    x, y = layout.centres[layout.valid.ravel()].T
    half_x, half_y = across / 2, along / 2
    low = x.min() - half_x, y.min() - half_y
    high = x.max() + half_x, y.max() + half_y
    rear, front = (low[1], high[1]) if layout.y_axis == "up" else (high[1], low[1])
    left, right = (low[0], high[0]) if layout.x_axis == "right" else (high[0], low[0])
    return moved(layout, place, np.array([[left, rear], [right, rear], [right, front], [left, front]]))


def areas_of(plates: Sequence[Plate], unit: str) -> tuple[float, ...] | None:
    """Return the area of each cell in mm², one after the other; None where one is not known, or cells have forces."""
    known = [one.layout.area_cm2 for one in plates]
    if unit == "N" or any(area is None for area in known):
        return None
    each = [100.0 * area.ravel()[one.cells] for one, area in zip(plates, known, strict=True) if area is not None]
    return tuple(np.concatenate(each).tolist())


def check_apart(plates: Sequence[Plate]) -> None:
    """Refuse sensors of which one lies on another."""
    for one, other in combinations(plates, 2):
        if (over := _overlap_mm(one, other)) > OVERLAP_MM:
            expected = "sensors that lie beside each other"
            said = f"{one.name} and {other.name} overlap by {over:.1f} mm"
            raise InvalidData(f"place: expected {expected}, got {said}", field="place")


def _overlap_mm(one: Plate, other: Plate) -> float:
    """How far two sensors lie on each other: by their hulls, and where these meet by their cells."""
    over = _depth_mm(one.hull, other.hull)
    if over <= OVERLAP_MM:
        return over
    reach = sum(
        max((float(np.ptp(box, axis=0).max()) for box in each.outlines if len(box)), default=0.0)
        for each in (one, other)
    )
    near = scipy.spatial.cKDTree(one.centres).query_ball_tree(scipy.spatial.cKDTree(other.centres), reach)
    pairs = ((one.outlines[a], other.outlines[b]) for a, found in enumerate(near) for b in found)
    met = any(len(a) > 2 and len(b) > 2 and _depth_mm(a, b) > OVERLAP_MM for a, b in pairs)
    return over if met else 0.0


def _depth_mm(one: Floats, other: Floats) -> float:
    """How far two convex outlines reach into each other; 0 or less apart, by the separating axis theorem."""
    depth = np.inf
    for corners in (one, other):
        sides = np.roll(corners, -1, axis=0) - corners
        normals = np.column_stack([-sides[:, 1], sides[:, 0]])
        size = np.hypot(*normals.T)
        for normal in normals[size > 0] / size[size > 0, None]:
            a, b = one @ normal, other @ normal
            depth = min(depth, a.max() - b.min(), b.max() - a.min())
    return float(depth) if np.isfinite(depth) else 0.0
