"""Times of a table or a recording: µs that never go back, the steps between them, gaps, and pieces without a gap.

A gap is a step longer than `gap_s`. Nothing is summed, integrated or differentiated across one. The default suits
sensors from 4 Hz up; a slower one needs a larger value, which every function takes as an argument.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

GAP_S = 0.5


def time_index(times_us: Ints) -> pd.DatetimeIndex:
    """Turn µs since 1970 (n,) into the index `time`, UTC."""
    return pd.DatetimeIndex(times_us.astype("M8[us]"), tz="UTC", name="time")


def table_us(table: pd.DataFrame | pd.Series) -> Ints:
    """(n,) µs since 1970 of a table's index; times that are missing or go back raise `InvalidData`."""
    if not isinstance(table.index, pd.DatetimeIndex):
        raise InvalidData(f"index: expected times, as frame_stats makes them, got {table.index.dtype}", field="index")
    if table.index.hasnans:
        raise InvalidData("index: expected a time in every row, got a missing one", field="index")
    return ordered(np.asarray(table.index.as_unit("us").asi8, np.int64))


def ordered(times_us: Ints) -> Ints:
    """The times themselves; repeated ones are fine, one that goes back raises `InvalidData`."""
    back = np.flatnonzero(np.diff(times_us) < 0)
    if len(back):
        row = int(back[0]) + 1
        raise InvalidData(
            f"times: expected times that never go back, got {times_us[row]} after {times_us[row - 1]} µs in row {row}; "
            "sort by time first",
            field="times_us",
        )
    return times_us


def steps_s(times_us: Ints, gap_s: float = GAP_S) -> Floats:
    """(n − 1,) seconds between consecutive rows, NaN across a gap."""
    step = np.diff(times_us) / 1e6
    step[step > gap_s] = np.nan
    return step


def durations_s(times_us: Ints, gap_s: float = GAP_S) -> Floats:
    """(n,) seconds that each row stands for: until the next one; the last, and one before a gap, the median step."""
    step = steps_s(times_us, gap_s)
    usual = np.nanmedian(step) if np.isfinite(step).any() else np.nan
    return np.append(np.where(np.isnan(step), usual, step), usual)[: len(times_us)]


def frame_sum(values: Floats, times_us: Ints, gap_s: float = GAP_S) -> float:
    """Sum of each row's value times the seconds it stands for; NaN without a value or for fewer than two rows."""
    known = ~np.isnan(values)
    areas = values[known] * durations_s(times_us[known], gap_s)
    return float(np.nansum(areas)) if np.isfinite(areas).any() else np.nan


def runs(inside: NDArray[np.bool_], times_us: Ints, gap_s: float = GAP_S) -> NDArray[np.intp]:
    """(k, 2) first row and the row after the last of each run of `inside` rows that no gap divides."""
    joined = inside[1:] & inside[:-1] & ~np.isnan(steps_s(times_us, gap_s))
    first = np.flatnonzero(inside & ~np.concatenate([[False], joined])[: len(inside)])
    after = np.flatnonzero(inside & ~np.concatenate([joined, [False]])[: len(inside)]) + 1
    return np.column_stack([first, after])


def trapezoids(values: Floats, times_us: Ints, gap_s: float = GAP_S) -> Floats:
    """(n − 1,) area under each step of values (n,); NaN across a gap or beside a missing value."""
    return np.asarray(steps_s(times_us, gap_s) * (values[1:] + values[:-1]) / 2.0)
