"""Drift: whether a value rises or falls over a session, against outliers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import table_us
from analytics.tables import described, units, values
from barograph.frames import Floats

FEWEST = 10
# All pairs are compared: beyond this many points they are drawn together, so that an hour takes no gigabytes.
MOST = 1000


@checked
def drift(table: pd.DataFrame, column: str, *, confidence: float = 0.95) -> pd.DataFrame:
    """Estimate the Theil–Sen slope of a column over time.

    Parameters
    ----------
    table : DataFrame
        n rows of a value each, one a step or more, indexed by time or with a column `start`, as `stances` makes it.
        Missing values are left out.
    column : str
        Which value.
    confidence : float, default 0.95
        Of the interval.

    Returns
    -------
    DataFrame of one row: `slope_per_min`, `low_per_min`, `high_per_min` in the column's unit a minute, and `n`. Fewer
    than 10 values, or all of one time: NaN.

    Raises
    ------
    InvalidData
        When the column is not there, or the confidence is not between 0 and 1.

    Notes
    -----
    The median of the slopes of all pairs, with Sen's interval, by scipy's `theilslopes`. More than 1,000 values are
    drawn together into medians of consecutive ones first; `attrs["n_drawn"]` says how many are left.
    """
    bounds.number("confidence", confidence, above=0, below=1)
    at = table.set_index(pd.DatetimeIndex(table["start"])) if "start" in table else table
    minutes, value = table_us(at) / 60e6, values(at, column)
    known = ~np.isnan(value)
    minutes, value = minutes[known] - minutes[known][:1].sum(), value[known]
    n = len(value)
    minutes, value = _drawn(minutes), _drawn(value)
    slope = (np.nan,) * 3
    if n >= FEWEST and np.ptp(minutes) > 0:
        found = scipy.stats.theilslopes(value, minutes, confidence)
        slope = (found.slope, found.low_slope, found.high_slope)
    row = dict(zip(("slope_per_min", "low_per_min", "high_per_min"), map(float, slope), strict=True))
    result = described(pd.DataFrame([{**row, "n": float(n)}]), "drift", table, column=column, confidence=confidence)
    of = units(table[[column]]).get(column, "")
    result.attrs["units"] |= dict.fromkeys(row, f"{of}/min" if of else "1/min")
    result.attrs["n_drawn"] = len(value)
    return result


def _drawn(values: Floats) -> Floats:
    """Medians of consecutive values, so that no more than `MOST` are left."""
    if len(values) <= MOST:
        return values
    return np.array([np.median(part) for part in np.array_split(values, MOST)])
