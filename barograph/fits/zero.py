"""A sensor's own zero: which cells show a load while nothing is on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from barograph.fits.found import stretch
from barograph.frames import KPA_PER_UNIT, Recording
from barograph.layout_values import number


class Loaded(NamedTuple):
    """A cell that shows a load, and how much: kPa, N or counts, as the layout's `cell_unit` says."""

    row: int
    col: int
    value: float


def unloaded_above(unloaded: Recording, level: float | None = None) -> list[Loaded]:
    """Find the cells that show more than a level while nothing is on the sensor.

    Parameters
    ----------
    unloaded : Recording
        Frames in which nothing was on the sensor.
    level : float, optional
        In the unit of cells (kPa, N or counts); by default the contact threshold of the layout, above which a cell
        counts as loaded.

    Returns
    -------
    Cells whose median is above the level, the largest first. A cell without a value is not among them: `bad_cells` is
    for those.

    Raises
    ------
    InvalidData
        Without frames.
    """
    found = stretch(unloaded, "check")
    least = found.layout.loaded_above if level is None else number("level", level)
    values = found.values() * KPA_PER_UNIT.get(found.layout.unit, 1.0)
    known = ~np.isnan(values).all(axis=0)
    median = np.full(known.shape, -np.inf)
    median[known] = np.nanmedian(values[:, known], axis=0)
    over = [Loaded(int(row), int(col), float(median[row, col])) for row, col in np.argwhere(median > least)]
    return sorted(over, key=lambda cell: (-cell.value, cell.row, cell.col))
