"""Masks of a foot that were drawn by hand: numbers of cells, laid on an insole or on the prints of a plate.

A mask names cells, and each cell of a foot has one: a cell that no mask names takes the nearest one that is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from analytics.base.arguments import checked
from analytics.base.foot_axis import FootAxis, Mask, Side
from analytics.regions.presets import FOUND, FoundFoot, Regions
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

Labels = NDArray[np.uint8]
BY_HAND = "masks by hand"


@dataclass(frozen=True, eq=False)
class HandMasks:
    """Masks of one foot: `labels` (rows, cols) uint8, the number of each cell's mask from 1 to 10, 0 of none.

    Numbers are those of `regions.FOUND`, from 1 on. Of `places` "cells" the grid is a part of the sensor's own cells,
    which begins at `row`, `col`. Of "foot" it lies in the frame of the foot: row 0 at the toes, x to the right and y
    along the axis in mm from the heel's centre, the lower left corner at `x_mm`, `y_mm`, drawn on a print of
    `length_mm`. `mark` is that of the print that the masks are for, "" of all; `made` is what tables call them.
    """

    labels: Labels
    side: Side
    places: Literal["cells", "foot"] = "cells"
    row: int = 0
    col: int = 0
    pitch_mm: tuple[float, float] = (1.0, 1.0)
    x_mm: float = 0.0
    y_mm: float = 0.0
    length_mm: float = 0.0
    mark: str = ""
    made: str = BY_HAND

    def points(self) -> Floats:
        """Return (rows · cols, 2) the middle of each cell: in the frame of the foot, or the sensor's column and row."""
        rows, cols = np.indices(self.labels.shape).reshape(2, -1).astype(np.float64)
        if self.places == "cells":
            return np.column_stack([self.col + cols, self.row + rows])
        across, along = self.pitch_mm
        high = self.labels.shape[0]
        return np.column_stack([self.x_mm + (cols + 0.5) * across, self.y_mm + (high - rows - 0.5) * along])


@checked
def labelled(layout: Layout, labels: Labels, made: str = BY_HAND) -> Regions:
    """Take masks that were drawn on the cells of a sensor.

    Parameters
    ----------
    layout : Layout
        Of an insole, or of a plate with one print.
    labels : (rows, cols) uint8
        Number of each cell's mask, 1 to 10 in the order of `regions.FOUND`; 0 of none.
    made : str, optional
        What tables call them, as "masks version 2 (by hand)".

    Returns
    -------
    Regions `heel_medial` … `toes`; cells that do not exist are in none.

    Raises
    ------
    InvalidData
        When the labels have another shape or type, or a number above 10.
    """
    if labels.shape != layout.valid.shape or labels.dtype != np.uint8:
        got = f"{labels.shape} {labels.dtype}"
        raise InvalidData(f"labels: expected {layout.valid.shape} uint8, got {got}", field="labels")
    if labels.max(initial=0) > len(FOUND):
        raise InvalidData(f"labels: expected numbers to {len(FOUND)}, got {labels.max()}", field="labels")
    return Regions(FOUND, _shares(labels * layout.valid), made)


def on_print(inside: Mask, axis: FootAxis | None, hand: HandMasks, corner: tuple[int, int] = (0, 0)) -> Regions:
    """Return the masks of one print: `inside` (rows, cols) its cells, `corner` the sensor's row and column of the box.

    `InvalidData` for masks in the frame of a foot where the print has no axis.
    """
    if hand.places == "cells":
        rows, cols = np.nonzero(inside)
        points = np.column_stack([cols + corner[1], rows + corner[0]]).astype(np.float64)
    elif axis is None:
        raise InvalidData("masks: expected a print with an axis, on which masks are laid, got none", field="masks")
    else:
        points = of_foot(axis) * (hand.length_mm / axis.length_mm)
    labels = np.zeros(inside.shape, np.uint8)
    labels[inside] = nearest(hand.points(), hand.labels.ravel(), points)
    shares = _shares(labels)
    if axis is None:
        return Regions(FOUND, shares, hand.made)
    return FoundFoot(FOUND, shares, hand.made, axis, hand.side, "")


def of_foot(axis: FootAxis) -> Floats:
    """Return (m, 2) the places of a print's cells in the frame of the foot: mm to the right, and along the axis."""
    right = np.array([axis.d[1], -axis.d[0]])
    return np.column_stack([(axis.points - axis.heel) @ right, (axis.points - axis.heel) @ axis.d])


def nearest(known: Floats, labels: Labels, points: Floats) -> Labels:
    """Return (m,) the label at each point: that of the nearest of (n, 2) known places that has one."""
    has = labels > 0
    if not has.any():
        return np.zeros(len(points), np.uint8)
    return np.asarray(labels[has][scipy.spatial.cKDTree(known[has]).query(points)[1]], np.uint8)


def _shares(labels: Labels) -> Floats:
    return np.asarray(labels == np.arange(1, len(FOUND) + 1)[:, None, None], np.float64)
