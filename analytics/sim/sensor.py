"""The simulated foot on a sensor with any places of cells: how much of each part's load each cell has.

Places that a geometry does not say in mm are assumed here, for the simulation alone; no layout gets them. The foot
fills an insole from edge to edge, of whatever size it is; on a plate, mat or seat it has its own size and stands in the
middle. What is pressed is averaged over the outline of a cell, or over a square of its area.
"""

from __future__ import annotations

import numpy as np

from analytics.sim.foot import LENGTH_MM, PARTS, WIDTH_MM, pressing, turned
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

ASSUMED_MM = 95.0, 260.0  # width and length of an insole that does not tell them
COVERED = 0.72  # part of its box that a sole covers
ROW = 7  # cells of one row, of insoles whose cells have neither places nor names
POINTS = 6  # that a cell's box is looked at, along each side
# Areas by their names: from the inner (0) to the outer edge (1), from the heel (0) to the toes (1).
NAMED = {
    "heel": (0.0, 1.0, 0.0, 1 / 3),
    "medial": (0.0, 0.5, 1 / 3, 1.0),
    "lateral": (0.5, 1.0, 1 / 3, 1.0),
    "total": (0.0, 1.0, 0.0, 1.0),
}
# Numbers without a unit, of sensors that do not count from -0.5 to 0.5: their box lies so far within the sole.
WITHIN = (0.15, 0.85, 0.1, 0.9)


def layout_of(name: str, side: str) -> Layout:
    """Return the layout of a geometry by its name: counts of 0.1 kPa, or of 0.1 N where its cells have forces."""
    given = {"rows": None, "cols": None, "geometry": name, "side": side, "dtype": "uint16", "scale": 0.1}
    try:
        return Layout.from_dict({**given, "unit": "kPa"})
    except InvalidData as error:
        if error.field != "unit":
            raise
    return Layout.from_dict({**given, "unit": "N"})


def as_counts(layout: Layout, side: str) -> Layout:
    """Return a layout of a sensor in counts of 0.1 kPa, or of 0.1 N where its cells have forces."""
    said = layout.to_dict()
    places = ("rows", "cols", "pitch_mm", "cell_area_mm2", "mask", "origin_mm", "x_axis", "y_axis", "kind", "geometry")
    unit = "N" if layout.quantity == "force" else "kPa"
    kept = {name: said[name] for name in places if name in said}
    return Layout.from_dict({**kept, "dtype": "uint16", "unit": unit, "scale": 0.1, "side": side})


def per_newton(layout: Layout, texture: Floats, turn_deg: float) -> Floats:
    """Return (parts, cells) what cells have, in kPa or N, for 1 N on each part of the sole.

    `texture` (cells,) is the gain of the cells. The forces of all cells together are 1 N for every part.
    """
    points, inside = _points(layout)
    across, along = turned((points[:, :, 0] - 0.5) * WIDTH_MM, (points[:, :, 1] - 0.5) * LENGTH_MM, turn_deg)
    area = areas_mm2(layout)
    least_mm = (0.5 * float(np.sqrt(area.mean())),) * 2
    middle = np.column_stack([(across * inside).sum(axis=1), (along * inside).sum(axis=1)])
    middle /= inside.sum(axis=1)[:, None]
    out = np.zeros((len(PARTS), layout.cells))
    for place, part in enumerate(PARTS):
        bump = (pressing(part, across, along, least_mm) * inside).sum(axis=1) / inside.sum(axis=1)
        force = bump * area * texture * layout.valid.ravel()
        if force.sum() <= 0.0:  # no cell is near: the nearest one feels it
            away = np.hypot(*((middle - [part.across, part.along]) * [WIDTH_MM, LENGTH_MM]).T)
            force = np.zeros(layout.cells)
            force[np.argmin(np.where(layout.valid.ravel(), away, np.inf))] = 1.0
        out[place] = force / force.sum()
    return out if layout.quantity == "force" else out * 1000.0 / area


def areas_mm2(layout: Layout) -> Floats:
    """Return (cells,) area of each cell: the layout's, else an equal part of the sole."""
    if layout.area_cm2 is not None:
        return np.asarray(100.0 * layout.area_cm2.ravel())
    return np.full(layout.cells, COVERED * ASSUMED_MM[0] * ASSUMED_MM[1] / layout.cells)


def _points(layout: Layout) -> tuple[Floats, Floats]:
    """(cells, points, 2) where cells are looked at, in parts of a right foot's size, and 1 for points within a cell."""
    geometry = layout.geometry
    if geometry is not None and geometry.places == "mm":
        boxes = np.array(geometry.boxes)
        bare = boxes[:, 2] <= boxes[:, 0]
        half = np.sqrt(areas_mm2(layout)) / 2
        boxes[bare] += np.column_stack([-half, -half, half, half])[bare]
        found = _grid(boxes)
        inside = np.array([_within(at, corners) for at, corners in zip(found, geometry.outlines, strict=True)])
        return _on_foot(found, layout), inside
    if geometry is None:
        # Row 0 is at the front and column 0 at the left, wherever mm grow.
        grows = np.array([-1.0 if layout.x_axis == "left" else 1.0, -1.0 if layout.y_axis == "down" else 1.0])
        half = np.array(layout.pitch_mm or (1.0, 1.0)) / 2
        found = _grid(np.column_stack([layout.centres * grows - half, layout.centres * grows + half]))
        return _on_foot(found, layout), np.ones(found.shape[:2])
    boxes = _assumed(layout)
    if layout.side == "left" and geometry.places == "relative":
        boxes = boxes * [-1, 1, -1, 1] + [1, 0, 1, 0]
    found = _grid(boxes)
    return found, np.ones(found.shape[:2])


def _on_foot(points: Floats, layout: Layout) -> Floats:
    """Places in mm as parts of the right foot's width and length."""
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    size = high - low if layout.kind == "insole" else np.array([WIDTH_MM, LENGTH_MM])
    parts = (points - (low + high) / 2) / size + 0.5
    if layout.side == "left":
        parts[:, :, 0] = 1.0 - parts[:, :, 0]
    return np.asarray(parts)


def _assumed(layout: Layout) -> Floats:
    """(cells, 4) boxes of cells without places in mm, in parts of an insole; relative ones as on their own foot."""
    geometry = layout.geometry
    half = np.sqrt(areas_mm2(layout))[:, None] / ASSUMED_MM / 2
    if geometry is not None and geometry.places == "relative":
        centres = np.array(geometry.centres)
        if np.abs(centres).max() > 0.5:
            low, high = centres.min(axis=0), centres.max(axis=0)
            first, last = np.array(WITHIN[::2]), np.array(WITHIN[1::2])
            centres = first + (last - first) * (centres - low) / np.where(high > low, high - low, 1.0) - 0.5
        return np.hstack([centres + 0.5 - half, centres + 0.5 + half])
    names = () if geometry is None else geometry.names
    if names and all(name in NAMED for name in names):
        return np.array([NAMED[name] for name in names])[:, [0, 2, 1, 3]]
    cell = np.arange(layout.cells)
    rows = -(-layout.cells // ROW)
    width, along = np.minimum(ROW, layout.cells - cell // ROW * ROW), (cell // ROW + 0.5) / rows
    centres = np.column_stack([(cell % ROW + 0.5) / width, along])
    return np.hstack([centres - half, centres + half])


def _grid(boxes: Floats) -> Floats:
    """(cells, points, 2) points spread evenly over boxes (cells, 4)."""
    steps = (np.arange(POINTS) + 0.5) / POINTS
    x, y = (part.ravel() for part in np.meshgrid(steps, steps))
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    return np.asarray(low + (high - low) * np.column_stack([x, y]))


def _within(points: Floats, corners: Floats) -> Floats:
    """(points,) 1 for those inside an outline, by how often a line to the right crosses it; all without one."""
    if len(corners) < 3:
        return np.ones(len(points))
    x, y = points[:, :1], points[:, 1:]
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    crosses = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x < (x1 - x0) * (y - y0) / (y1 - y0) + x0
    inside = (crosses & right).sum(axis=1) % 2 == 1
    return inside.astype(np.float64) if inside.any() else np.ones(len(points))
