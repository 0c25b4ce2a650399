"""Places on a sensor as places in its picture: cells of a grid, or the units of a `CellPicture`."""

from __future__ import annotations

import numpy as np

from barograph.frames import Floats, Layout
from dashboard.drawing.cell_picture import cell_picture


def extent(layout: Layout) -> tuple[float, float]:
    """Return width and height of the picture in its own units: cells of a grid."""
    cells = cell_picture(layout)
    return cells.size if cells else (float(layout.cols), float(layout.rows))


def size(layout: Layout) -> tuple[float, float]:
    """Return width and height in mm where they are known, else in units of the picture."""
    (wide, high), pitch = extent(layout), layout.pitch_mm or (1.0, 1.0)
    return wide * pitch[0], high * pitch[1]


def place(layout: Layout, x: Floats, y: Floats) -> Floats:
    """Return (n, 2) places on the layout's axes as places in the picture."""
    cells = cell_picture(layout)
    if cells:
        return cells.place(x, y)
    pitch, origin = layout.pitch_mm or (1.0, 1.0), layout.origin_mm if layout.pitch_mm else (-0.5, -0.5)
    px, py = (x - origin[0]) / pitch[0], (y - origin[1]) / pitch[1]
    return np.column_stack(
        [layout.cols - px if layout.x_axis == "left" else px, layout.rows - py if layout.y_axis == "up" else py]
    )


def axes(layout: Layout, points: Floats) -> Floats:
    """Return (n, 2) places in the picture as places on the layout's axes."""
    cells = cell_picture(layout)
    if cells:
        return cells.axes(points)
    pitch, origin = layout.pitch_mm or (1.0, 1.0), layout.origin_mm if layout.pitch_mm else (-0.5, -0.5)
    x, y = points.T
    px = layout.cols - x if layout.x_axis == "left" else x
    py = layout.rows - y if layout.y_axis == "up" else y
    return np.column_stack([origin[0] + px * pitch[0], origin[1] + py * pitch[1]])


def same_places(a: Layout, b: Layout) -> bool:
    """Return whether two sensors have the same cells at the same places."""
    return a.valid.shape == b.valid.shape and np.array_equal(a.centres, b.centres)
