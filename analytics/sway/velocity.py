"""How fast the centre of pressure moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.filters import CUTOFF_HZ, ORDER, lowpass, usable_cutoff
from analytics.base.gaps import Mask
from analytics.base.times import Times, table_times
from analytics.tables import centre, described
from barograph.frames import Floats, Ints


@checked
def cop_velocity(
    stats: pd.DataFrame,
    *,
    cutoff_hz: float | None = CUTOFF_HZ,
    order: int = ORDER,
    causal: bool = False,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Differentiate the low-passed centre of pressure.

    Parameters
    ----------
    stats : DataFrame
        Table with `cop_x_mm` and `cop_y_mm` (or `…_cell`), n rows, indexed by time.
    cutoff_hz : float, optional, default 10
        Butterworth low-pass as `filters.lowpass`; None: the centre as it is.
    order : int, default 4
        Of one pass of the filter.
    causal : bool, default False
        False: filter without a lag, central differences. True: forward filter, difference to the row before, as a live
        view can have it; the columns' names then begin with `causal_`.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps.

    Returns
    -------
    DataFrame of n rows: `cop_velocity_x_…_s`, `cop_velocity_y_…_s`, `cop_speed_…_s`. Missing where the centre is, and
    where it has no neighbour within its run of contact; at the ends of a run differences are one-sided.

    Raises
    ------
    InvalidData
        When there is no centre of pressure, or the cut-off is out of its bounds.
    """
    times = table_times(stats, gap_s)
    x, y, length = centre(stats)
    cutoff_hz = usable_cutoff(cutoff_hz, None if causal else times)
    if cutoff_hz is not None:
        track = np.column_stack([x, y])
        x, y = lowpass(track, times, cutoff_hz=cutoff_hz, order=order, causal=causal).T
    vx, vy = (_slopes(v, times, causal) for v in (x, y))
    asked = {"cutoff_hz": cutoff_hz, "order": order, "causal": causal, "gap_s": times.gap_s}
    table = velocity_table(vx, vy, length, stats.index, **asked)
    return described(table, "cop_velocity", stats, **asked)


def velocity_table(vx: Floats, vy: Floats, length: str, index: pd.Index, **asked: Any) -> pd.DataFrame:
    """Return velocities (n,) and their length as a table that says what it is."""
    prefix = "causal_" if asked["causal"] else ""
    names = (f"cop_velocity_x_{length}_s", f"cop_velocity_y_{length}_s", f"cop_speed_{length}_s")
    columns = zip(names, (vx, vy, np.hypot(vx, vy)), strict=True)
    table = pd.DataFrame({f"{prefix}{name}": column for name, column in columns}, index=index)
    return described(table, "cop_velocity", **asked)


def _slopes(series: Floats, times: Times, causal: bool) -> Floats:
    """(n,) change over time between a row's two neighbours in its run, or from the one before."""
    known = ~np.isnan(series)
    joined = known[1:] & known[:-1] & ~times.gap
    change, step_us = (_across(each, joined, causal) for each in (series, times.us))
    return np.asarray(change / np.where(step_us > 0, step_us / 1e6, np.nan))


def _across(series: Floats | Ints, joined: Mask, causal: bool) -> Floats | Ints:
    """(n,) difference between the row after and the row before; of one that is not `joined` (n − 1,) its own row."""
    before, after = series.copy(), series.copy()
    np.copyto(before[1:], series[:-1], where=joined)
    if not causal:
        np.copyto(after[:-1], series[1:], where=joined)
    return np.subtract(after, before, out=after)
