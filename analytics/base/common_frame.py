"""The common frame of several sensors: from a sensor's own mm to mm of its session, by its place."""

from __future__ import annotations

import numpy as np

from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Place


def rear_middle(layout: Layout) -> tuple[float, float]:
    """Return the middle of the rear edge of a sensor's cells, in its own mm; of an insole that is the heel."""
    if layout.length != "mm":
        raise InvalidData("layout: expected cells with places in mm, got none", field="layout")
    if layout.geometry is not None:
        boxes = layout.geometry.boxes[layout.valid.ravel()]
        return float((boxes[:, 0].min() + boxes[:, 2].max()) / 2), float(boxes[:, 1].min())
    x, y = layout.centres[layout.valid.ravel()].T
    half = (layout.pitch_mm or (0.0, 0.0))[1] / 2
    return float((x.min() + x.max()) / 2), float(y.min() - half if layout.y_axis == "up" else y.max() + half)


def from_rear(layout: Layout, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return places (n,) in a sensor's own mm as seen from its rear edge: x to the right, y to the front."""
    across, along = rear_middle(layout)
    right, front = (1.0 if way in ("right", "up") else -1.0 for way in (layout.x_axis, layout.y_axis))
    return right * (x - across), front * (y - along)


def placed(place: Place, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return places (n,) from the rear edge of a sensor in mm of the session."""
    turn = np.radians(place.turn_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    return place.x_mm + cos * x - sin * y, place.y_mm + sin * x + cos * y
