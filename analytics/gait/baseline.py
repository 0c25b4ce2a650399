"""The baseline of a force that drifts, by what it shows in the middle of each flight."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analytics.base.times import table_times
from analytics.gait.stances import stances
from analytics.tables import values
from barograph.errors import InvalidData

Baseline = Literal["none", "flight"]
# A first look at what is contact: share of the largest force.
ROUGH_SHARE = 0.1
# The middle half of each flight.
MIDDLE = (0.25, 0.75)
FORCE = "total_force_n"


def baseline_off(stats: pd.DataFrame, baseline: Baseline) -> pd.DataFrame:
    """Return the table with the drift of its force taken off.

    It is the median of the middle half of each flight, linear between them; before the first and after the last flight
    theirs is kept. Without a flight nothing is taken off.
    """
    if baseline not in get_args(Baseline):
        raise InvalidData(f"baseline: expected none or flight, got {baseline!r}", field="baseline")
    times, force = table_times(stats), values(stats, FORCE)
    if baseline == "none" or not (force > 0).any():
        return stats
    rough = stances(stats, column=FORCE, on=ROUGH_SHARE * float(np.nanmax(force)), floor=0.0)
    at, level = [], []
    for first, after in zip(rough["after"].to_numpy()[:-1], rough["first"].to_numpy()[1:], strict=True):
        middle = slice(first + int(MIDDLE[0] * (after - first)), first + int(np.ceil(MIDDLE[1] * (after - first))))
        if np.isfinite(force[middle]).any() and not times.gap[first : after - 1].any():
            at.append(float(times.us[middle].mean()))
            level.append(float(np.nanmedian(force[middle])))
    if not at:
        return stats
    order = np.argsort(at)
    drift = np.interp(times.us.astype(np.float64), np.array(at)[order], np.array(level)[order])
    table = stats.assign(**{FORCE: force - drift})
    table.attrs = {**stats.attrs, "baseline": baseline}
    return table
