"""Areas of cells that nobody published, from a file's own total force, where they follow from it.

Total force is linear in pressure times area. The areas are those whose largest difference from the printed forces is
least; that every row's force, which is rounded to 1 N, is met is the proof that they are the vendor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from barograph.frames import Floats

MOST_ROWS, MOST_N_CM2 = 10_000, 1e4
LEAST_ROWS_A_CELL = 10
# A print of whole newtons is off by 0.5; the rest is rounding of pressures.
REMAINDER_N = 0.55
MM2_PER_CM2 = 100.0


class Areas:
    """Rows of cells in N/cm² and the total force in N that the vendor printed for them."""

    def __init__(self) -> None:
        self._cells: list[Any] = []
        self._forces: list[float] = []

    def add(self, cells: Floats, force: float | None) -> None:
        """Take a row; one without force, with a missing cell or a wrong one, says nothing."""
        if force and len(self._forces) < MOST_ROWS and np.abs(cells).max() < MOST_N_CM2:  # False with NaN
            self._cells.append(cells.astype(np.float32))
            self._forces.append(force)

    def extend(self, other: Areas) -> None:
        """Take the rows of another insole of the same size."""
        self._cells += other._cells
        self._forces += other._forces

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return len(self._forces)

    def solved(self) -> tuple[float, ...] | None:
        """Return the area of each cell in mm², or None where they do not follow from these rows."""
        if not self._cells:
            return None
        cells = np.array(self._cells, np.float64)
        n, width = cells.shape
        if n < LEAST_ROWS_A_CELL * width or np.linalg.matrix_rank(cells) < width:
            return None
        found = _nearest(cells, np.array(self._forces)) * MM2_PER_CM2
        if found.min() <= 0.0 or self.off_n(found) > REMAINDER_N:
            return None
        return tuple(round(float(area), 1) for area in found)

    def off_n(self, areas_mm2: Sequence[float] | Floats) -> float:
        """Return the largest difference from the printed force, in N."""
        if not self._cells:
            return 0.0
        forces = np.array(self._cells, np.float64) @ (np.asarray(areas_mm2) / MM2_PER_CM2)
        return float(np.abs(forces - self._forces).max())


def _nearest(cells: Floats, forces: Floats) -> Floats:
    """Areas of which the largest difference from the forces is least: a linear program in them and that difference."""
    from scipy.optimize import linprog

    most = np.ones((len(cells), 1))
    over, under = np.hstack([cells, -most]), np.hstack([-cells, -most])
    costs = np.append(np.zeros(cells.shape[1]), 1.0)
    done = linprog(costs, np.vstack([over, under]), np.append(forces, -forces), bounds=(0.0, None))
    return np.asarray(done.x[:-1]) if done.success else np.zeros(cells.shape[1])
