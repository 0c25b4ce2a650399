"""Where cells that are no grid are drawn: an outline a cell, the front up, x to the right and y downwards.

Cells whose outline is not known have the space that is nearer to their centre than to any other (Voronoi), within the
convex hull of all centres and half a spacing around it. A sole of a heel, a medial and a lateral area is drawn as a
scheme; cells whose places are not known are a table of numbers, and are drawn as one. `note` says so to the viewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import scipy

from analytics.frames.sole import covered, is_estimated
from barograph.frames import Floats, Geometry, Layout
from barograph.geometry import cut

LENGTH, SOLE_ASPECT = 270.0, 0.36  # of a drawing whose true size is not known
MARGIN = 4.0
AREAS = {"heel", "medial", "lateral"}
# A right sole as a scheme, of width 1 and height 1: the heel, and the medial and the lateral forefoot.
SCHEME = {
    "heel": ((.16, .24), (.20, .10), (.32, .02), (.52, .0), (.70, .04), (.80, .14), (.84, .44), (.12, .44)),
    "medial": ((.11, .46), (.50, .46), (.54, .99), (.36, 1.0), (.18, .94), (.06, .82), (.03, .70), (.08, .56)),
    "lateral": ((.53, .46), (.85, .46), (.93, .62), (.95, .72), (.88, .84), (.76, .93), (.57, .98)),
}  # fmt: skip
NO_PLACES = "Places of the cells are not known: these are their numbers, not a picture of the sensor."
FORCES = "Force of each area: no pressure, no contact area, and no centre of pressure."
RELATIVE = "Drawn in assumed proportions: length and width of the sensor are not known."
FEW, MANY = 20, 64  # cells that have their values written on them; that are smoothed on a screen unless chosen plain
TABLE = 6  # cells beside each other in a table of numbers


@dataclass(frozen=True, eq=False)
class CellPicture:
    """`size` (width, height) in units of the picture; corners (n, 2) and middle (cells, 2) of each cell in it.

    A place (x, y) on the layout's axes lies at ((x − low x)·scale x, height − (y − low y)·scale y). `bed` is how far
    the bed reaches beyond the cells. `rows` has the row of each cell, from 1 at the back, where cells lie in rows.
    """

    size: tuple[float, float]
    shapes: tuple[Floats, ...]
    spots: Floats
    low: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    bed: float = MARGIN
    note: str = ""
    rows: tuple[int, ...] = ()

    def place(self, x: Floats, y: Floats) -> Floats:
        """Return (n, 2) places on the layout's axes as places in the picture."""
        return np.column_stack([(x - self.low[0]) * self.scale[0], self.size[1] - (y - self.low[1]) * self.scale[1]])

    def axes(self, points: Floats) -> Floats:
        """Return (n, 2) places in the picture as places on the layout's axes."""
        flipped = np.column_stack([points[:, 0], self.size[1] - points[:, 1]])
        return np.asarray(flipped / self.scale + self.low)

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values for the browser."""
        return {
            "size": list(self.size), "low": list(self.low), "scale": list(self.scale), "bed": self.bed,
            "note": self.note, "rows": list(self.rows),
            "shapes": [np.round(one, 2).ravel().tolist() for one in self.shapes],
            "spots": np.round(self.spots, 2).tolist(),
        }  # fmt: skip


@lru_cache(maxsize=128)
def cell_picture(layout: Layout) -> CellPicture | None:
    """Return where cells are drawn; None of a grid."""
    geometry = layout.geometry
    if geometry is None:
        return None
    if not layout.placed:
        return _scheme(geometry, layout) if set(geometry.names) == AREAS else _table(layout)
    return _placed(geometry, layout)


def _placed(geometry: Geometry, layout: Layout) -> CellPicture:
    scale = (1.0, 1.0) if layout.places == "mm" else _proportions(geometry, layout)
    centres, outlines = geometry.centres * scale, [corners * scale for corners in geometry.outlines]
    nearest = _voronoi(centres) if min(map(len, outlines)) < 3 else outlines
    drawn = [own if len(own) > 2 else near for own, near in zip(outlines, nearest, strict=True)]
    points = np.concatenate(drawn)
    low, high = points.min(axis=0) - MARGIN, points.max(axis=0) + MARGIN
    height = float(high[1] - low[1])
    flip = np.array([1.0, -1.0])
    shift = np.array([-low[0], height + low[1]])
    start = (float(low[0] / scale[0]), float(low[1] / scale[1]))
    note = " ".join(filter(None, [RELATIVE if layout.places == "relative" else "", coverage(layout)]))
    return CellPicture(
        (float(high[0] - low[0]), height), tuple(one * flip + shift for one in drawn), centres * flip + shift,
        start, scale, note=note, rows=rows_of(geometry),
    )  # fmt: skip


def coverage(layout: Layout) -> str:
    """Return how much of the sole its cells cover, where total force is an estimate for it; else ""."""
    share = covered(layout)
    if share is None or not is_estimated(layout):
        return ""
    return f"{layout.shape_text}, {100 * share:.0f} % of the sole: total force is an estimate."


def rows_of(geometry: Geometry) -> tuple[int, ...]:
    """Return the row of each cell, from 1 at the back; () where cells are not numbered row by row.

    A row goes on while x goes one way. Rows are rows where each lies wholly in front of the one before it.
    """
    way = np.sign(np.diff(geometry.x))
    if not len(way) or not way[0]:
        return ()
    row = np.concatenate([[1], 1 + np.cumsum(way != way[0])])
    lines = [np.array(geometry.y)[row == one] for one in range(1, int(row[-1]) + 1)]
    apart = all(here.max() < ahead.min() for here, ahead in pairwise(lines))
    return tuple(row.tolist()) if apart and len(lines) > 1 and min(map(len, lines)) > 1 else ()


def _proportions(geometry: Geometry, layout: Layout) -> tuple[float, float]:
    """Units of the picture for one of x and one of y, of places without a size."""
    left, low, right, high = geometry.box
    wide, long = (right - left) or 1.0, (high - low) or 1.0
    aspect = geometry.aspect or (SOLE_ASPECT if layout.kind == "insole" else wide / long)
    return LENGTH * aspect / wide, LENGTH / long


def _voronoi(centres: Floats) -> list[Floats]:
    """Corners of what is nearer to each centre than to another, within their hull and half a spacing around it."""
    apart = scipy.spatial.distance.cdist(centres, centres)
    np.fill_diagonal(apart, np.inf)
    around = (float(np.median(apart.min(axis=1))) if len(centres) > 1 else 20.0) / 2 or 1.0
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = around * np.column_stack([np.cos(turn), np.sin(turn)])
    points = (centres[:, None] + circle).reshape(-1, 2)
    hull = points[scipy.spatial.ConvexHull(points).vertices]
    found = []
    for cell, centre in enumerate(centres):
        corners = hull
        for other in np.argsort(apart[cell])[: len(centres) - 1]:
            way = centres[other] - centre
            if way.any():
                corners = cut(corners, way, float(way @ (centre + centres[other]) / 2))
        found.append(corners)
    return found


def _scheme(geometry: Geometry, layout: Layout) -> CellPicture:
    """A sole of three areas, medial and lateral by the side."""
    wide = LENGTH * SOLE_ASPECT
    left = layout.side == "left"
    shapes = []
    for name in geometry.names:
        corners = np.array(SCHEME[name])
        x = 1.0 - corners[:, 0] if left else corners[:, 0]
        shapes.append(np.column_stack([x * wide + MARGIN, (1.0 - corners[:, 1]) * LENGTH + MARGIN]))
    spots = np.array([(one.min(axis=0) + one.max(axis=0)) / 2 for one in shapes])
    return CellPicture((wide + 2 * MARGIN, LENGTH + 2 * MARGIN), tuple(shapes), spots, note=FORCES)


def _table(layout: Layout) -> CellPicture:
    """Cells in the order of their numbers, as a table is read."""
    beside = min(TABLE, math.ceil(math.sqrt(layout.cells)))
    if layout.cells > TABLE * TABLE * 2:
        beside = math.ceil(math.sqrt(layout.cells / 2.5))
    side = 30.0
    row, col = np.divmod(np.arange(layout.cells), beside)
    spots = np.column_stack([(col + 0.5) * side, (row + 0.5) * side]) + MARGIN
    half = side / 2 - 1.0
    box = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    rows = math.ceil(layout.cells / beside)
    size = (beside * side + 2 * MARGIN, rows * side + 2 * MARGIN)
    return CellPicture(size, tuple(spot + box for spot in spots), spots, note=NO_PLACES)
