"""Curves of stances for drawing: their mean and SD. The curves themselves are those of `analytics.stance_curves`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.gait.curves import POINTS
from barograph.frames import Floats

PERCENT: Floats = np.linspace(0.0, 100.0, POINTS)


@dataclass(frozen=True, eq=False)
class Curves:
    """(k, 101) one row per whole stance, NaN where the quantity is not defined."""

    rows: Floats

    def times(self, factor: float) -> Curves:
        """Return the same curves in another unit."""
        return Curves(self.rows * factor)

    @property
    def mean(self) -> Floats:
        """(101,) mean over stances."""
        return _of(np.nanmean, self.rows)

    @property
    def sd(self) -> Floats:
        """(101,) SD over stances, ddof 1; NaN with fewer than two."""
        return _of(np.nanstd, self.rows, ddof=1) if len(self.rows) > 1 else np.full(POINTS, np.nan)

    def __len__(self) -> int:
        return len(self.rows)


def _of(function: np.ufunc | object, rows: Floats, **more: int) -> Floats:
    out = np.full(POINTS, np.nan)
    known = np.isfinite(rows).sum(axis=0) > more.get("ddof", 0) if len(rows) else np.zeros(POINTS, bool)
    if known.any():
        out[known] = function(rows[:, known], axis=0, **more)  # type: ignore[operator]
    return out
