"""Rows of two tables that are of one moment: the nearest in time, never a mixture."""

from __future__ import annotations

import numpy as np

from barograph.frames import Ints

# A row further away than this part of the longer period has no partner.
REACH = 0.75


def period_us(us: Ints) -> float:
    """Return the median step that is not a repeat; 0 without one."""
    step = np.diff(us)
    step = step[step > 0]
    return float(np.median(step)) if len(step) else 0.0


def nearest(us: Ints, other: Ints) -> Ints:
    """Return (n,) the row of `other` that is nearest to each time, −1 where none is near enough; both never go back.

    Near is what lies within three quarters of the longer of both periods.
    """
    if not len(us) or not len(other):
        return np.full(len(us), -1, np.int64)
    after = np.clip(np.searchsorted(other, us), 1, max(len(other) - 1, 1))
    found = np.minimum(after, len(other) - 1)
    found = found - ((us - other[after - 1] <= other[found] - us) & (found > 0))
    far = np.abs(other[found] - us) > REACH * max(period_us(us), period_us(other))
    return np.where(far, -1, found).astype(np.int64)
