"""Whether a stretch is one of quiet standing, which is what the measures of sway are of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.gait.stances import stances
from analytics.gait.symmetry import whole
from analytics.sway.velocity import cop_velocity
from analytics.tables import PEAKS, TOTALS
from barograph.errors import InvalidData

# A contact that begins and ends within so long is a step, and a faster centre of pressure is of someone who moves:
# in quiet standing it goes 5 to 30 mm/s, some 60 on one leg.
STEP_S = 2.0
FASTEST_MM_S = 100.0


def unquiet(stats: pd.DataFrame, found: pd.DataFrame | None = None) -> list[str]:
    """Say why a stretch is not quiet standing.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table with a centre of pressure, n rows, indexed by time.
    found : DataFrame, optional
        Table of `stances` of the same rows; by default found with the usual thresholds, where the table has a load.

    Returns
    -------
    list of str, empty for quiet standing: steps (contacts that begin and end in the stretch within 2 s), and a mean
    speed of the centre of pressure, low-passed at 10 Hz, above 100 mm/s.

    Raises
    ------
    InvalidData
        When there is no centre of pressure.
    """
    steps, speed = _steps(stats, found), _speed(stats)
    reasons = [f"{steps} step{'' if steps == 1 else 's'}"] if steps else []
    if speed > FASTEST_MM_S:
        reasons.append(f"the centre of pressure moves at {speed:.0f} mm/s, in quiet standing below {FASTEST_MM_S:.0f}")
    return reasons


def _steps(stats: pd.DataFrame, found: pd.DataFrame | None) -> int:
    if found is None:
        if not any(name in stats for name in (*TOTALS, *PEAKS)):
            return 0
        found = stances(stats)
    if "contact_s" not in found:
        came = ", ".join(map(str, found.columns[:6]))
        raise InvalidData(f"stances: expected a table of stances with contact_s, got columns {came}", field="stances")
    return int((whole(found)["contact_s"] < STEP_S).sum())


def _speed(stats: pd.DataFrame) -> float:
    """Mean speed in mm/s; NaN where places are not known in mm."""
    speed = cop_velocity(stats).get("cop_speed_mm_s")
    return float(speed.mean()) if speed is not None and np.isfinite(speed).any() else np.nan
