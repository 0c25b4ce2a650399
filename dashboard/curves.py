"""Stances as curves over 0 to 100 % of their time, their mean and SD; tables in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from barograph.frames import Floats

POINTS = 101
PERCENT: Floats = np.linspace(0.0, 100.0, POINTS)


@dataclass(frozen=True, eq=False)
class Curves:
    """(k, 101) one row a whole stance, NaN where the quantity is not defined."""

    rows: Floats

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


def whole(stances: pd.DataFrame) -> pd.DataFrame:
    """Stances that no edge cuts."""
    return stances[~stances["cut"].astype(bool)]


def stance_curves(stats: pd.DataFrame, stances: pd.DataFrame, name: str) -> Curves:
    """A column over each whole stance, read at 101 places of its time by linear interpolation."""
    values = stats[name].to_numpy(np.float64)
    us = stats.index.as_unit("us").asi8  # type: ignore[attr-defined]
    rows = [_curve(us[a:b], values[a:b]) for a, b in whole(stances)[["first", "after"]].to_numpy(np.int64)]
    return Curves(np.array(rows, np.float64).reshape(-1, POINTS))


def _curve(us: np.ndarray[tuple[int], np.dtype[np.int64]], values: Floats) -> Floats:
    known = np.isfinite(values)
    if known.sum() < 2:
        return np.full(POINTS, np.nan)
    span = (us[-1] - us[0]) or 1
    return np.interp(PERCENT, (us[known] - us[0]) / span * 100.0, values[known])
