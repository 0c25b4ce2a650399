"""What a way of calibrating found, and what all ways ask of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Layout, Recording
from barograph.layout_values import number

GRAVITY = 9.80665  # m/s², standard gravity as ISO 80000-3 has it
MOST_FRAMES = 2000  # of a stretch that are looked at, evenly spread over it
MOST_KG = 5000.0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a way of calibrating found.

    `changes` are fields of the layout. `residual_pct` is how far the frames are then from what was on the sensor, root
    mean square in % of it. `loaded_cells` is how many cells the calibration rests on, `unloaded` the (row, col) of
    those that it says nothing of.
    """

    method: str
    changes: dict[str, Any]
    residual_pct: float
    loaded_cells: int
    unloaded: tuple[tuple[int, int], ...] = ()
    before_pct: float | None = None


def stretch(recording: Recording, what: str) -> Recording:
    """Return at most `MOST_FRAMES` frames of a recording, evenly spread; none at all is an error."""
    if not len(recording):
        raise InvalidData(f"{what}: expected frames in that time, got none", field=what)
    if len(recording) <= MOST_FRAMES:
        return recording
    return recording[np.linspace(0, len(recording) - 1, MOST_FRAMES).round().astype(np.int64)]


def checked_kg(mass_kg: float) -> float:
    """Return a mass that can be on a sensor."""
    found = number("mass_kg", mass_kg, positive=True)
    if found > MOST_KG:
        raise InvalidData(f"mass_kg: expected at most {MOST_KG:g} kg, got {found:g}", field="mass_kg")
    return found


def newtons_of(layout: Layout) -> Floats:
    """Return (rows, cols) the newtons that a cell has at 1 in the layout's unit, counts taken for kPa.

    Raises
    ------
    InvalidData
        When cells have pressures and their areas are not known.
    """
    if layout.quantity == "force":
        return np.ones((layout.rows, layout.cols))
    if layout.area_cm2 is None:
        expected = "areas of cells, or a pitch, in the layout: a mass is no pressure without an area"
        raise InvalidData(f"cell_area_mm2: expected {expected}, got none", field="cell_area_mm2")
    return np.asarray(0.1 * layout.area_cm2 * KPA_PER_UNIT.get(layout.unit, 1.0))


def readings(recording: Recording) -> Floats:
    """Return (n, rows, cols) what is stored, by the layout; 0 where a cell is missing or does not exist."""
    return np.nan_to_num(recording.values(), nan=0.0)


def places(cells: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """Return (row, col) of the cells that are True."""
    return tuple((int(row), int(col)) for row, col in np.argwhere(cells))


def rms_pct(parts: Floats) -> float:
    """Return the root mean square of parts of a whole, in %."""
    return float(100.0 * np.sqrt(np.mean(np.square(parts)))) if parts.size else 0.0
