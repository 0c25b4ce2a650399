"""The peak pressure index: the mean pressure of the worst 9.5 cm² about the highest cell."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.base import bounds
from analytics.base.arguments import checked, kind_of
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

PPI_AREA_CM2 = 9.5
LEAST_AREA_CM2, MOST_AREA_CM2 = 9.0, 10.0


@checked
def peak_pressure_index(pressure: pd.DataFrame | ArrayLike, layout: Layout, *, area_cm2: float = PPI_AREA_CM2) -> float:
    """Return the mean pressure of a connected area about the highest cell, in kPa.

    Parameters
    ----------
    pressure : (rows, cols) table or array
        A map or a frame in kPa; a missing cell is left out.
    layout : Layout
        Of a calibrated grid whose cells have an area.
    area_cm2 : float, default 9.5
        From 9 to 10.

    Returns
    -------
    float in kPa. From the highest cell on, the highest neighbour by an edge is added until the area is full, the last
    cell in part; of cells larger than the area, the highest cell. NaN where no cell has a value or where the connected
    cells are smaller than the area.

    Raises
    ------
    InvalidData
        When the layout has no such grid, the map has another shape, or the area lies outside of its bounds.

    Notes
    -----
    ISO/TR 16840-9, read through a vendor's manual, which asks for 9 to 10 cm².
    """
    check_area(area_cm2)
    if (why := why_no_index(layout)) is not None:
        raise InvalidData(f"layout: expected {why}, got {layout!r}", field="layout")
    try:
        cells = np.asarray(pressure, np.float64)
    except (TypeError, ValueError):
        raise InvalidData(
            f"pressure: expected a table or array of numbers, got {kind_of(pressure)}", field="pressure"
        ) from None
    if cells.shape != (layout.rows, layout.cols):
        raise InvalidData(
            f"pressure: expected cells of {layout.rows} x {layout.cols}, got {cells.shape}", field="pressure"
        )
    areas = np.asarray(layout.area_cm2, np.float64)
    return _grown(np.where(layout.valid, cells, np.nan), areas, area_cm2)


def check_area(area_cm2: float) -> float:
    """Return the area of an index; outside of 9 to 10 cm² `InvalidData`."""
    return bounds.number("area_cm2", area_cm2, least=LEAST_AREA_CM2, most=MOST_AREA_CM2, unit="cm²")


def why_no_index(layout: Layout) -> str | None:
    """Return what a layout would need for the index, None where it has it."""
    if layout.quantity != "pressure":
        return "pressures"
    if layout.geometry is not None:
        return "cells of a grid, whose neighbours are known"
    return None if layout.area_cm2 is not None else "cells with an area"


def _grown(cells: Floats, areas: Floats, area_cm2: float) -> float:
    """The mean over cells taken in the order of their pressure, each beside one that was taken before."""
    rows, cols = cells.shape
    size, missing = rows * cols, np.isnan(cells)
    first = int(np.where(missing, -np.inf, cells).argmax()) if missing.any() else int(cells.argmax())
    # Plain numbers by their place in the flat array: a look at one cell of an array costs more than all else.
    value, area = cells.ravel().item, areas.ravel().item
    if value(first) != value(first):
        return np.nan
    waiting, seen = [(-value(first), first)], {first}
    taken = weighted = 0.0
    while waiting:
        minus, at = heapq.heappop(waiting)
        share = min(area(at), area_cm2 - taken)
        weighted, taken = weighted - minus * share, taken + share
        if taken >= area_cm2 * (1 - 1e-12):
            return float(weighted / taken)
        col = at % cols
        for there, beside in ((at >= cols, at - cols), (at + cols < size, at + cols), (col > 0, at - 1),
                              (col < cols - 1, at + 1)):  # fmt: skip
            if there and beside not in seen:
                seen.add(beside)
                if (pressed := value(beside)) == pressed:
                    heapq.heappush(waiting, (-pressed, beside))
    return np.nan
