"""How long one foot, both, or none is down in a stride, from the stances of both on one clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from barograph.frames import Floats, Ints

SUPPORT = ("double_support_pct", "single_support_pct", "flight_pct")


def support(table: pd.DataFrame, other: pd.DataFrame | None) -> dict[str, Floats]:
    """Return the shares of `SUPPORT` of each stride of a foot: its stances with `stride_s`, and those of the other one.

    Double: both are down while this one's stance lasts; single: it alone; flight: neither, in the whole stride.
    """
    out = {name: np.full(len(table), np.nan) for name in SUPPORT}
    if other is None:
        return out
    mine, theirs = clock_of(table), clock_of(other)
    for clock in np.intersect1d(mine, theirs):
        here = mine == clock
        for name, found in zip(SUPPORT, _shares(table[here], other[theirs == clock]), strict=True):
            out[name][here] = found
    return out


def _shares(table: pd.DataFrame, other: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """The same of the stances of one clock."""
    # Time for which the other foot was down until a moment: rises in its stances, rests between them.
    begin, end = moments_us(other, "start"), moments_us(other, "stop")
    moments = np.column_stack([begin, end]).ravel().astype(np.float64)
    down = np.repeat(np.cumsum((end - begin) / 1e6), 2)
    down[::2] -= (end - begin) / 1e6
    start, stop = moments_us(table, "start"), moments_us(table, "stop")
    stride = table["stride_s"].to_numpy(float)
    until = start + np.nan_to_num(stride) * 1e6
    before, after, last = (np.interp(at, moments, down) for at in (start, stop, until))
    # Outside the other foot's record nothing is known of it.
    seen = np.where((start >= begin[0]) & (until <= end[-1]), stride, np.nan)
    contact = (stop - start) / 1e6
    both = after - before
    return 100.0 * both / seen, 100.0 * (contact - both) / seen, 100.0 * (stride - contact - (last - after)) / seen


def moments_us(table: pd.DataFrame, column: str) -> Ints:
    """Return (n,) µs of a column of times."""
    return np.asarray(pd.DatetimeIndex(table[column]).as_unit("us").asi8, np.int64)


def clock_of(table: pd.DataFrame) -> Ints:
    """Return (n,) how often the clock had been set back; of a table that does not say so, never."""
    return table["clock"].to_numpy(np.int64) if "clock" in table else np.zeros(len(table), np.int64)
