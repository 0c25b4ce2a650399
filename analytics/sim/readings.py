"""What a sensor makes of the pressure on it: residual load, hysteresis, drift, noise, and cells that are dead.

In this order, cell by cell: the pressure gets the residual load of a shoe; while it falls, the reading stays at up to
(1 + hysteresis) times it; it grows by drift from the first frame on, and has noise; without a residual load, what is
below the floor is 0; dead cells read 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Ints

if TYPE_CHECKING:
    from analytics.sim.athlete import Athlete

Cells = NDArray[np.float32]
NOISE_FLOOR_KPA = 3.0
NOISE_FLOOR_N = 0.5


@dataclass
class Readings:
    """The readings of one sensor, whose frames are asked for in order, in blocks of any size."""

    athlete: Athlete
    noise: np.random.Generator
    residual: Cells | None  # (cells,) in the unit of the cells
    dead: Ints
    floor: float
    held: Cells | None = None  # (cells,) the reading before, when there is hysteresis

    def of(self, cells: Cells, first: int) -> Cells:
        """Return (n, cells) readings of pressures (n, cells) of frames from number `first` on; both are one array."""
        one = np.float32(1.0)
        if self.residual is not None:
            cells += self.residual
        if self.athlete.hysteresis > 0.0:
            self._hold(cells)
        if self.athlete.drift_per_min != 0.0:
            minutes = (first + np.arange(len(cells))) / self.athlete.rate_hz / 60.0
            cells *= np.maximum(0.0, 1.0 + self.athlete.drift_per_min * minutes).astype(np.float32)[:, None]
        cells *= one + np.float32(self.athlete.noise) * self.noise.standard_normal(cells.shape, np.float32)
        if self.residual is None:
            cells[cells < self.floor] = 0.0
        else:
            np.maximum(cells, 0.0, out=cells)
        cells[:, self.dead] = 0.0
        return cells

    def _hold(self, cells: Cells) -> None:
        """Let readings fall no faster than to (1 + hysteresis) times the pressure."""
        most = cells * np.float32(1.0 + self.athlete.hysteresis)
        held = cells[0] if self.held is None else self.held
        for place, pressure in enumerate(cells):
            held = np.maximum(pressure, np.minimum(held, most[place]))
            cells[place] = held
        self.held = np.array(held)


def residual_of(athlete: Athlete, rng: np.random.Generator, factors: Floats) -> Cells | None:
    """Return (cells,) the load that a shoe leaves on cells: `residual_kpa` on average, half to one and a half of it.

    `factors` bring kPa into the unit of the cells.
    """
    if athlete.residual_kpa == 0.0:
        return None
    return np.asarray(athlete.residual_kpa * rng.uniform(0.5, 1.5, len(factors)) * factors, np.float32)


def dead_of(athlete: Athlete, rng: np.random.Generator, valid: NDArray[np.bool_]) -> Ints:
    """Return the numbers of the cells that are dead, out of those that exist."""
    there = np.flatnonzero(valid)
    return np.asarray(np.sort(rng.choice(there, min(athlete.dead_cells, len(there)), replace=False)), np.int64)
