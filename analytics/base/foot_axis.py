"""The axis of a footprint, and the place of every cell along and across it.

Work is done as one looks at the print: x grows to the right with the columns, y to the front against the rows, in mm.
Cells of a grid have one size; those of a geometry each their own, the box of their outline, or where that is not known
the usual distance to the next cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

Mask = NDArray[np.bool_]
Side = Literal["left", "right"]
Band = tuple[float, float]
Line = tuple[tuple[float, float], tuple[float, float]]

TURNS = 5
# Shares of the length, from the heel's end.
HEEL, FOREFOOT = (0.0, 0.20), (0.60, 0.80)
INNER_LINE: tuple[Band, Band] = ((0.10, 0.30), (0.60, 0.80))
OUTER_LINE: tuple[Band, Band] = ((0.10, 0.30), (0.55, 0.75))
EITHER_LINE: tuple[Band, Band] = ((0.10, 0.30), (0.55, 0.80))
WAIST: Band = (0.30, 0.55)
# A difference of room below this share of the sum does not tell left from right.
CLEAR_SHARE = 0.2
# Why there are no mm.
LACKING = {
    "grid": "the size of the cells is not known",
    "relative": "length and width of the sensor are not known",
    "none": "the places of the cells are not known",
}
SHORTEST_MM, LONGEST_MM = 80.0, 360.0
LEAST_SLIMNESS = 1.5


@dataclass(frozen=True, eq=False)
class FootAxis:
    """A print's axis: `points` (m, 2) centres of its cells in mm, `d` the unit vector to the toes, `heel` (2,) in mm.

    `pitch` is the usual extent of a cell across and along the sensor, `sizes` (m, 2) that of each where they differ.
    `half_mm` is half of the usual one along the axis; `side` is None where nobody knows which foot it is.
    """

    points: Floats
    pitch: tuple[float, float]
    d: Floats
    heel: Floats
    side: Side | None
    sizes: Floats | None = None

    @property
    def angle_deg(self) -> float:
        """From the front, positive to the right."""
        return float(np.degrees(np.arctan2(self.d[0], self.d[1])))

    @property
    def half_mm(self) -> float:
        """Half of a cell's extent along the axis."""
        return half_along(self.d, self.pitch)

    @property
    def outward(self) -> Floats:
        """Unit vector to the outer edge; to the right where the side is not known."""
        return np.array([self.d[1], -self.d[0]]) * (-1.0 if self.side == "left" else 1.0)

    @cached_property
    def s(self) -> Floats:
        """(m,) mm along the axis."""
        return np.asarray(self.points @ self.d)

    @cached_property
    def t(self) -> Floats:
        """(m,) mm across, towards the outer edge."""
        return np.asarray(self.points @ self.outward)

    def _reach(self) -> Floats:
        """(m,) half of each cell's extent along the axis."""
        sizes = np.array([self.pitch]) if self.sizes is None else self.sizes
        return np.asarray(sizes @ np.abs(self.d) / 2)

    @cached_property
    def begin_mm(self) -> float:
        """Where the heel ends, along the axis."""
        return float((self.s - self._reach()).min())

    @cached_property
    def length_mm(self) -> float:
        """Length of the print, its cells' extent included."""
        return float((self.s + self._reach()).max() - self.begin_mm)

    def along(self, s: Floats) -> Floats:
        """Share of the length, 0 at the heel's end, of places along the axis."""
        return np.asarray((s - self.begin_mm) / self.length_mm)

    @cached_property
    def f(self) -> Floats:
        """(m,) share of the length, 0 at the heel's end."""
        return self.along(self.s)

    @cached_property
    def lines(self) -> tuple[Floats, Floats]:
        """Inner and outer tangent as [offset, slope]: t = offset + slope · s."""
        return self._line(INNER_LINE, -1.0), self._line(OUTER_LINE, 1.0)

    def across(self, s: Floats, t: Floats) -> Floats:
        """Share across between the tangents, 0 at the inner one; 0.5 everywhere where the side is not known."""
        if self.side is None:
            return np.full(np.shape(t), 0.5)
        inner, outer = (line[0] + line[1] * s for line in self.lines)
        return np.asarray((t - inner) / (outer - inner))

    @cached_property
    def u(self) -> Floats:
        """(m,) share across of the cells."""
        return self.across(self.s, self.t)

    def _line(self, bands: tuple[Band, Band], sign: float) -> Floats:
        """The line through the outermost centre of each band, on the side of `sign`."""
        rows = [_within(self.f, band) for band in bands]
        first, second = (rows_[np.argmax(sign * self.t[rows_])] for rows_ in rows)
        slope = (self.t[second] - self.t[first]) / (self.s[second] - self.s[first])
        return np.array([self.t[first] - slope * self.s[first], slope])

    def room(self, sign: float) -> float:
        """Return the mean mm between the print and its tangent on a side, at the waist."""
        line, waist = self._line(EITHER_LINE, sign), _within(self.f, WAIST)
        bins = np.floor(self.s[waist] / min(self.pitch)).astype(np.int64)
        outermost = [waist[bins == each][np.argmax(sign * self.t[waist[bins == each]])] for each in np.unique(bins)]
        apart = sign * (line[0] + line[1] * self.s[outermost] - self.t[outermost])
        return float(np.maximum(apart, 0.0).mean())


def centres(layout: Layout, inside: Mask) -> Floats:
    """Return (m, 2) centres in mm of some cells (rows, cols), x to the right and y to the front."""
    if layout.geometry is not None:
        return layout.geometry.centres[inside.ravel()]
    pitch = layout.pitch_mm or (1.0, 1.0)
    rows, cols = np.nonzero(inside)
    return np.column_stack([(cols + 0.5) * pitch[0], (layout.rows - rows - 0.5) * pitch[1]])


def sizes_of(layout: Layout, inside: Mask) -> Floats:
    """Return (m, 2) extents in mm of some cells across and along the sensor; (1, 2) of a grid."""
    if layout.geometry is None:
        return np.array([layout.pitch_mm or (1.0, 1.0)])
    boxes = layout.geometry.boxes[inside.ravel()]
    sizes = boxes[:, 2:] - boxes[:, :2]
    points = layout.geometry.centres[layout.valid.ravel()]
    if (sizes <= 0).any() and len(points) > 1:
        beside = float(np.median(scipy.spatial.cKDTree(points).query(points, 2)[0][:, 1]))
        sizes = np.where(sizes > 0, sizes, beside)
    return np.asarray(sizes)


def foot_axis(
    layout: Layout,
    inside: Mask,
    side: Side | None,
    toward: tuple[float, float] = (0.0, 1.0),
    line: Line | None = None,
) -> FootAxis:
    """Find the axis of one print.

    Parameters
    ----------
    layout : Layout
    inside : (rows, cols) bool
        The cells of the print.
    side : "left" or "right", optional
        Which foot; by default what its waist says, if that is clear.
    toward : (x, y), default the front
        Roughly where the toes are.
    line : ((x, y), (x, y)), optional
        An axis that is entered: the heel's centre, and a point ahead of it such as the second toe.

    Returns
    -------
    FootAxis

    Raises
    ------
    InvalidData
        When the cells have no size, or do not look like one foot: the message says why.

    Notes
    -----
    The first principal axis of the cells' centres; then, five times, from the mean centre of the rear fifth of the
    length to the mean centre of its 60 to 80 %.
    """
    if layout.length != "mm" or not layout.placed:
        raise _no_foot(LACKING[layout.places])
    points, sizes = centres(layout, inside), sizes_of(layout, inside)
    pitch = (float(np.median(sizes[:, 0])), float(np.median(sizes[:, 1]))) if len(sizes) else (1.0, 1.0)
    print_ = partial(FootAxis, points, pitch, sizes=None if layout.geometry is None else sizes)
    if line is None:
        d, heel = _found(print_, points, np.asarray(toward, np.float64))
    else:
        heel = np.asarray(line[0], np.float64)
        d = _unit(np.asarray(line[1], np.float64) - heel)
    axis = print_(d, heel, side)
    _check(axis)
    return axis if side else print_(d, heel, _side_of(axis))


def _found(print_: Callable[..., FootAxis], points: Floats, toward: Floats) -> tuple[Floats, Floats]:
    """The unit vector to the toes, and the heel's centre."""
    d, heel = _principal(points, toward), points.mean(axis=0)
    for _ in range(TURNS):
        f = print_(d, heel, None).f
        rear, front = _within(f, HEEL), _within(f, FOREFOOT)
        heel, ball = points[rear].mean(axis=0), points[front].mean(axis=0)
        d = _unit(ball - heel)
    return d, heel


def _principal(points: Floats, toward: Floats) -> Floats:
    if len(points) < 3:
        raise _no_foot(f"{len(points)} cell{'' if len(points) == 1 else 's'} loaded")
    sizes, axes = np.linalg.eigh(np.cov(points.T))
    if sizes[1] <= LEAST_SLIMNESS**2 * sizes[0]:
        raise _no_foot("the print is not longer than wide")
    d = axes[:, 1]
    return np.asarray(-d if d @ toward < 0 else d)


def _check(axis: FootAxis) -> None:
    if not SHORTEST_MM <= axis.length_mm <= LONGEST_MM:
        raise _no_foot(f"it is {axis.length_mm:.0f} mm long, one foot is {SHORTEST_MM:.0f} to {LONGEST_MM:.0f}")
    for band in (*INNER_LINE, *OUTER_LINE, WAIST):
        _within(axis.f, band)
    inner, outer = axis.lines
    ends = axis.begin_mm + axis.length_mm * np.array([HEEL[1], FOREFOOT[0]])
    if not (outer[0] + outer[1] * ends - inner[0] - inner[1] * ends > 0).all():
        raise _no_foot("it has no width")


def _side_of(axis: FootAxis) -> Side | None:
    """The inner edge is where there is more room between print and tangent at the waist."""
    right, left = axis.room(1.0), axis.room(-1.0)
    if abs(right - left) < CLEAR_SHARE * (right + left) or right + left == 0:
        return None
    return "left" if right > left else "right"


def _within(f: Floats, band: Band) -> NDArray[np.intp]:
    found = np.flatnonzero((f >= band[0]) & (f <= band[1]))
    if not len(found):
        raise _no_foot(f"no cell between {100 * band[0]:.0f} and {100 * band[1]:.0f} % of its length")
    return found


def half_along(d: Floats, pitch: tuple[float, float]) -> float:
    """Return the half of the extent of a cell along a unit vector."""
    return float((abs(d[0]) * pitch[0] + abs(d[1]) * pitch[1]) / 2)


def _unit(v: Floats) -> Floats:
    length = float(np.hypot(*v))
    if not length > 0:
        raise _no_foot("it has no direction")
    return np.asarray(v / length)


def _no_foot(why: str) -> InvalidData:
    return InvalidData(f"footprint: expected one foot, got none that can be found: {why}", field="footprint")
