"""Stances: when a foot was down, from the per-frame table of one foot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.contact import Threshold, contacts, threshold
from analytics.tables import IMPULSES, PEAKS, TOTALS, described, values
from analytics.times import GAP_S, table_us, time_index, trapezoids
from barograph.frames import Floats, Ints

MIN_CONTACT_S, MERGE_S = 0.2, 0.1


def stances(
    stats: pd.DataFrame,
    *,
    on: float | None = None,
    off: float | None = None,
    column: str | None = None,
    min_contact_s: float = MIN_CONTACT_S,
    merge_s: float = MERGE_S,
    gap_s: float = GAP_S,
) -> pd.DataFrame:
    """Find the stances of one foot.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table of `frame_stats`, n rows, indexed by time. Rows without a value are left out.
    on, off : float, optional
        Contact begins with the first row of `on` or more and ends with the first row below `off`, in the unit of
        `column`. By default 20 N, or 10 kPa, or 10 % of the range of the column in this table; `off` is 0.8 of `on`.
    column : str, optional
        What is compared with the thresholds; by default `total_force_n`, else `peak_kpa`, else `raw_sum`.
    min_contact_s : float, default 0.2
        A shorter contact is no stance, unless the edge cuts it: its length is not known.
    merge_s : float, default 0.1
        A shorter pause belongs to the stance.
    gap_s : float, default 0.5
        A longer step between rows is a gap; it cuts a stance as the record's edge does.

    Returns
    -------
    DataFrame of one row a stance, in order: `start` and `stop` (UTC), rows `first` and `after` (one beyond the last),
    `contact_s`, `cut` (`cut_start` or `cut_stop`), the largest total and peak, the impulse. Where the edge cuts a
    stance, `start` or `stop` is that of its first or last row. Columns are explained by `columns.definition`.

    Raises
    ------
    InvalidData
        When times go back, the column is not there, or `off` is above `on`.

    Notes
    -----
    Times are those of rows: at 100 Hz an event is late by 5 ms on average, at both ends alike.
    """
    limits = threshold(stats, column, on, off)
    us, signal = table_us(stats), values(stats, limits.column)
    rows = np.flatnonzero(~np.isnan(signal))
    us, signal, known = us[rows], signal[rows], stats.iloc[rows]
    found, cut = contacts(signal, us, limits.on, limits.off, gap_s)
    found, cut, stops = _merged(us, found, cut, _stops(us, found, cut), merge_s)
    long = (stops - us[found[:, 0]] >= min_contact_s * 1e6) | cut.any(axis=1)
    table = _table(known, us, found[long], stops[long], cut[long], gap_s)
    table["first"], table["after"] = rows[found[long, 0]], rows[found[long, 1] - 1] + 1
    asked = {"min_contact_s": min_contact_s, "merge_s": merge_s, "gap_s": gap_s}
    return described(table, "stances", stats, **limits._asdict(), **asked)


def _stops(us: Ints, found: Ints, cut: NDArray[np.bool_]) -> Ints:
    """(k,) time at which each run ends: of the first row below, or of the last row where an edge cuts it."""
    return np.asarray(us[found[:, 1] - cut[:, 1]], np.int64)


def _merged(
    us: Ints, found: Ints, cut: NDArray[np.bool_], stops: Ints, merge_s: float
) -> tuple[Ints, NDArray[np.bool_], Ints]:
    """Join runs whose pause is shorter than `merge_s`, never across a gap."""
    if len(found) < 2:
        return found, cut, stops
    pause = us[found[1:, 0]] - stops[:-1]
    apart = (pause >= merge_s * 1e6) | cut[1:, 0] | cut[:-1, 1]
    first, last = np.concatenate([[True], apart]), np.concatenate([apart, [True]])
    joined = np.column_stack([found[first, 0], found[last, 1]])
    return joined, np.column_stack([cut[first, 0], cut[last, 1]]), stops[last]


def _table(
    stats: pd.DataFrame, us: Ints, rows: Ints, stops: Ints, cut: NDArray[np.bool_], gap_s: float
) -> pd.DataFrame:
    starts = us[rows[:, 0]]
    table = pd.DataFrame(
        {
            "start": time_index(starts),
            "stop": time_index(stops),
            "first": rows[:, 0],
            "after": rows[:, 1],
            "contact_s": (stops - starts) / 1e6,
            "cut": cut.any(axis=1),
            "cut_start": cut[:, 0],
            "cut_stop": cut[:, 1],
        }
    ).rename_axis("stance")
    for name in (*TOTALS, *PEAKS):
        if name in stats:
            table[f"max_{name}"] = over(np.fmax, values(stats, name), rows)
    for total, impulse in IMPULSES.items():
        if total in stats:
            table[impulse] = _impulses(values(stats, total), us, rows, gap_s)
    return table


def _impulses(force: Floats, us: Ints, rows: Ints, gap_s: float) -> Floats:
    area = np.append(trapezoids(force, us, gap_s), 0.0)
    return np.where(rows[:, 1] - rows[:, 0] > 1, over(np.add, area, np.column_stack([rows[:, 0], rows[:, 1] - 1])), 0.0)


def over(operation: np.ufunc, series: Floats, rows: Ints) -> Floats:
    """(k,) reduction of a series (n,) over rows (k, 2), first to one before the last; NaN for an empty span."""
    filled = rows[:, 1] > rows[:, 0]
    out = np.full(len(rows), np.nan)
    if filled.any():
        # reduceat goes from each index to the next: spans are its even results.
        padded = np.append(series, series[-1:])
        out[filled] = operation.reduceat(padded, rows[filled].ravel())[::2]
    return out


__all__ = ["Threshold", "over", "stances"]
