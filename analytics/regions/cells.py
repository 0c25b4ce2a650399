"""Parts of a sensor whose cells are no grid: which share of each cell lies in which band of the length or width."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Geometry


def bands(geometry: Geometry, inside: NDArray[np.bool_], axis: Literal[0, 1], parts: int) -> Floats:
    """Return (parts, cells) the share of each cell in equal bands of the extent of the cells that are `inside`.

    By the area of its outline; of a cell without one by its centre.
    """
    low, high = _extent(geometry, inside, axis)
    edges = np.linspace(low, high, parts + 1)[1:-1]
    none, whole = np.zeros(len(geometry.x)), np.ones(len(geometry.x))
    below = np.array([none, *(geometry.below(axis, float(edge)) for edge in edges), whole])
    return np.asarray(np.diff(below, axis=0))


def foot_places(geometry: Geometry, inside: NDArray[np.bool_], side: Literal["left", "right"]) -> tuple[Floats, Floats]:
    """Return each cell's place along the foot from the heel, and across from the inner edge at its height, 0 to 1."""
    heel, toes = _extent(geometry, inside, 1)
    x, y = geometry.centres.T
    along = (y - heel) / ((toes - heel) or 1.0)
    left, low, right, high = geometry.boxes.T
    across = np.full(len(x), 0.5)
    for cell in range(len(x)):
        beside = inside & (low <= y[cell]) & (high >= y[cell])
        first, last = left[beside].min(initial=x[cell]), right[beside].max(initial=x[cell])
        if last > first:
            across[cell] = (x[cell] - first) / (last - first)
    # A right foot's inner edge is at the left, seen from above.
    return along, across if side == "right" else 1.0 - across


def _extent(geometry: Geometry, inside: NDArray[np.bool_], axis: int) -> tuple[float, float]:
    boxes = geometry.boxes[inside]
    return float(boxes[:, axis].min()), float(boxes[:, axis + 2].max())
