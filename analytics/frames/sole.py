"""How much of a sole its cells cover: where forces are an estimate, and where they are not given.

The area of the sole is that of the layout's geometry (`sole_mm2`), which has it only where a source tells it. Without
one nothing of this is said, and cells without a value are left out and counted, as on every sensor.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import PEAKS, TOTALS
from barograph.frames import Layout

COVERED = 0.9  # of the sole's area: below, total force is an estimate
DEAD = 0.05  # of the sole's area: with more of it in cells without a value, total force and centre are missing


def sole_cm2(layout: Layout) -> float | None:
    """Return the area of the sole under which the cells lie, in cm²; None where nobody told it."""
    told = layout.geometry and layout.geometry.sole_mm2
    return told / 100.0 if told and layout.area_cm2 is not None else None


def covered(layout: Layout) -> float | None:
    """Return the part of the sole that the cells cover, at most 1; None where the sole's area is not known."""
    sole = sole_cm2(layout)
    if sole is None or layout.area_cm2 is None:
        return None
    return min(1.0, float(layout.area_cm2[layout.valid].sum()) / sole)


def is_estimated(layout: Layout) -> bool:
    """Return whether cells cover less than `COVERED` of the sole, so that its total force is an estimate."""
    share = covered(layout)
    return share is not None and share < COVERED


def most_dead_cm2(layout: Layout) -> float:
    """Return the area in cm² that cells without a value may have; infinite where the sole's area is not known."""
    sole = sole_cm2(layout)
    return np.inf if sole is None else DEAD * sole


def withheld(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return (n,) the rows of a per-frame table whose total is not given, though cells of them have values."""
    total, peak = (next((name for name in names if name in table), None) for names in (TOTALS, PEAKS))
    if total is None or peak is None:
        return np.zeros(len(table), bool)
    return np.asarray(table[total].isna() & table[peak].notna())
