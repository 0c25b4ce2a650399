"""Stances: when a foot was down, from the per-frame table of one foot.

Terms: stance (docs/glossary.md).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.gaps import GAP_S, Mask
from analytics.base.times import Times, rising, table_times, table_us, time_index, trapezoids
from analytics.frames.contact import Threshold, column_of, contacts, threshold
from analytics.tables import IMPULSES, PEAKS, TOTALS, described, values
from barograph.frames import Floats, Ints

# Sprinters touch the ground for 0.09 to 0.12 s (Weyand 2000, 10.1152/jappl.2000.89.5.1991), and a flight may be as
# short as 0.02 s; walkers are down for 0.5 s and more. Hysteresis, not time, keeps a noisy signal together.
MIN_CONTACT_S, MERGE_S = 0.08, 0.02
LIGHT = 0.1
FEW_LOST_S = 0.1


@checked
def stances(
    stats: pd.DataFrame,
    *,
    on: float | None = None,
    off: float | None = None,
    column: str | None = None,
    floor: float | None = None,
    min_contact_s: float = MIN_CONTACT_S,
    merge_s: float = MERGE_S,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Find the stances of one foot.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table of `frame_stats`, n rows, indexed by time. Rows without a value are left out.
    on, off : float, optional
        Contact begins with the first row of `on` or more and ends with the first row below `off`, in the unit of
        `column`. By default 20 N, or 10 kPa, or 10 % of the range of the column in this table, above the foot's floor;
        `off` is 0.8 of the way there from the floor. An `on` that is given is a value of the column, which the floor
        does not change; its `off` is 0.8 of it, unless that is below the floor and would never be met.
    column : str, optional
        What is compared with the thresholds; by default `total_force_n`, else `peak_kpa`, else `raw_sum`.
    floor : float, optional
        What the column shows while the foot is in the air; by default found in this table, with its drift (see Notes).
    min_contact_s : float, default 0.08
        A shorter contact is no stance, unless the edge cuts it: its length is not known.
    merge_s : float, default 0.02
        A shorter pause belongs to the stance. For a sensor that drops out in the middle of steps, 0.1 and a
        `min_contact_s` of 0.2 suit walking; running and hopping then lose flights and contacts.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps. One that lasts 0.1 s (or `merge_s`)
        or longer cuts a stance as the record's edge does; a shorter one, as of a few lost frames, only marks it as
        `cut`.

    Returns
    -------
    DataFrame of one row per stance, in order: `start` and `stop` (UTC), rows `first` and `after` (one beyond the last),
    `contact_s`, `cut` (`cut_start`, `cut_stop` or a gap inside), `gap_before`, `clock`, the largest total and peak, the
    impulse. Where the edge cuts a stance, `start` or `stop` is that of its first or last row. Columns are explained by
    `columns.definition`.

    Raises
    ------
    InvalidData
        When the column is not there, or `off` is above `on`.

    Notes
    -----
    Times are those of rows: at 100 Hz an event is late by 5 ms on average, at both ends alike.

    The floor, of a tight shoe or a sensor with a baseline, is found in windows of 4 s in which the foot was loaded and
    unloaded: those in which the column's values go from low to high as far as in others (0.3 or more of the furthest),
    and 15 % of them or more lie within a tenth of that at the lower end. It is the median of these, on straight lines
    between the windows' middles. In N and kPa it is below half of the load. `attrs` has the usual `floor`,
    `floor_drift` (its range), the thresholds at the usual floor, and `unloaded`: False where no such window is found
    and the column never falls below `off`. Thresholds then count from 0, of counts from the lowest value.

    A plate (`attrs["kind"]` of the table) is started and stopped by contact: a stance that meets the record's edge is
    whole where it is there below 10 % of its largest value.
    """
    for name, seconds in (("min_contact_s", min_contact_s), ("merge_s", merge_s)):
        bounds.number(name, seconds, least=0, unit="s")
    column = column_of(stats, column)
    times, signal = table_times(stats, gap_s), values(stats, column)
    rows = np.flatnonzero(~np.isnan(signal))
    times = times.at(rows)
    limits = threshold(column, signal[rows], times.us, on, off, floor)
    edges = (on_plate(stats), on_plate(stats))
    known = stats[[name for name in dict.fromkeys((column, *TOTALS, *PEAKS)) if name in stats]]
    known = known if len(rows) == len(known) else known.iloc[rows]
    table = find(known, times, limits, min_contact_s, merge_s, edges)
    table["after"] = rows[table["after"] - 1] + 1
    table["first"] = rows[table["first"]]
    asked = {"min_contact_s": min_contact_s, "merge_s": merge_s, "gap_s": times.gap_s}
    return described(table, "stances", stats, **limits.said, **asked)


def on_plate(stats: pd.DataFrame) -> bool:
    """Return whether a per-frame table is of a plate."""
    return bool(stats.attrs.get("kind") == "plate")


def find(
    known: pd.DataFrame,
    times: Times,
    limits: Threshold,
    min_contact_s: float,
    merge_s: float,
    light: tuple[bool, bool] = (False, False),
) -> pd.DataFrame:
    """Return the table of `stances` of rows that all have a value, with their numbers among these rows.

    `light` says of the first and the last row whether a light contact there is whole.
    """
    signal, long = limits.signal(known), dividing(times, merge_s)
    found, cut = contacts(signal, long, limits.on, limits.off)
    found, cut = _merged(found, cut, pauses_us(long, found, cut) < merge_s * 1e6)
    lasting = times.us[found[:, 1] - cut[:, 1]] - times.us[found[:, 0]] >= min_contact_s * 1e6
    keep = lasting | cut.any(axis=1)
    found, cut = found[keep], cut[keep]
    return _table(known, times, found, cut, cut & ~_light(signal, found, light), min_contact_s)


def _light(signal: Floats, found: Ints, light: tuple[bool, bool]) -> Mask:
    """(k, 2) True where a run begins or ends at the record's edge, below a share of its largest value."""
    out = np.zeros((len(found), 2), bool)
    for i, (first, after) in enumerate(found.tolist()):
        if first == 0 or after == len(signal):
            most = LIGHT * signal[first:after].max()
            out[i] = (light[0] and first == 0 and signal[0] < most,
                      light[1] and after == len(signal) and signal[-1] < most)  # fmt: skip
    return out


def dividing(times: Times, merge_s: float) -> Times:
    """Return the times with those gaps alone that divide a contact.

    These are the ones of 0.1 s and of `merge_s` or longer, the ones that are found by their length, and where time goes
    back.
    """
    step, least_s = np.diff(times.us), min(max(merge_s, FEW_LOST_S), times.asked_s or GAP_S)
    return replace(times, gap=times.gap & ((step >= least_s * 1e6) | (step < 0)))


def pauses_us(times: Times, found: Ints, cut: Mask) -> Floats:
    """Return (k − 1,) µs from the end of each run to the begin of the next; infinite where a gap lies between."""
    if len(found) < 2:
        return np.zeros(0)
    piece = times.piece
    # A run ends with the first row below, or with its last row where an edge cuts it.
    pause = times.us[found[1:, 0]] - times.us[found[:-1, 1] - cut[:-1, 1]]
    return np.where(piece[found[1:, 0]] == piece[found[:-1, 0]], pause, np.inf)


def _merged(found: Ints, cut: Mask, joined: Mask) -> tuple[Ints, Mask]:
    """Runs of which some are `joined` (k − 1,) with the next."""
    if len(found) < 2:
        return found, cut
    first, last = np.concatenate([[True], ~joined]), np.concatenate([~joined, [True]])
    return (
        np.column_stack([found[first, 0], found[last, 1]]),
        np.column_stack([cut[first, 0], cut[last, 1]]),
    )


def _table(stats: pd.DataFrame, times: Times, rows: Ints, edge: Mask, cut: Mask, missed_s: float) -> pd.DataFrame:
    starts, stops = times.us[rows[:, 0]], times.us[rows[:, 1] - edge[:, 1]]
    inside = times.piece[rows[:, 1] - 1] != times.piece[rows[:, 0]]
    table = pd.DataFrame(
        {
            "start": time_index(starts),
            "stop": time_index(stops),
            "first": rows[:, 0],
            "after": rows[:, 1],
            "contact_s": (stops - starts) / 1e6,
            "cut": cut.any(axis=1) | inside,
            "cut_start": cut[:, 0],
            "cut_stop": cut[:, 1],
            "cut_gap": inside,
            "gap_before": _gap_before(times, rows, missed_s),
            "clock": times.clock[rows[:, 0]],
        }
    ).rename_axis("stance")
    for name in (*TOTALS, *PEAKS):
        if name in stats:
            table[f"max_{name}"] = over(np.fmax, values(stats, name), rows)
    for total, impulse in IMPULSES.items():
        if total in stats:
            table[impulse] = _impulses(values(stats, total), times, rows)
    return table


def _gap_before(times: Times, rows: Ints, missed_s: float) -> Mask:
    """(k,) True where a gap lies between a stance and the one before, so long that one may be missing."""
    piece = missing_pieces(times, missed_s)
    before = np.append(0, rows[:-1, 0])[: len(rows)]
    return np.asarray(piece[before] != piece[rows[:, 0]])


def missing_pieces(times: Times, missed_s: float) -> Ints:
    """Return (n,) number of the piece between gaps in which a stance of `missed_s` may be missing."""
    step = np.diff(times.us)
    return replace(times, gap=times.gap & ((step >= missed_s * 1e6) | (step < 0))).piece


def _impulses(force: Floats, times: Times, rows: Ints) -> Floats:
    area = np.append(np.nan_to_num(trapezoids(force, times)), 0.0)
    return np.where(rows[:, 1] - rows[:, 0] > 1, over(np.add, area, np.column_stack([rows[:, 0], rows[:, 1] - 1])), 0.0)


def over(operation: np.ufunc, series: Floats, rows: Ints) -> Floats:
    """Return (k,) reduction of a series (n,) over rows (k, 2), first to one before the last; NaN for an empty span."""
    filled = rows[:, 1] > rows[:, 0]
    out = np.full(len(rows), np.nan)
    if filled.any():
        # reduceat goes from each index to the next: spans are its even results.
        padded = np.append(series, series[-1:])
        out[filled] = operation.reduceat(padded, rows[filled].ravel())[::2]
    return out


def stance_spans_us(stats: pd.DataFrame, found: pd.DataFrame) -> Ints:
    """Return (k, 2) µs from the first row of each stance to just after its last, on the clock of `rising`.

    `stats` is the table in which they were found. `stop` of a stance is no such border: where an edge cuts it, its last
    row is still in contact.
    """
    us, rows = rising(table_us(stats)), found[["first", "after"]].to_numpy(np.int64)
    return np.column_stack([us[rows[:, 0]], us[rows[:, 1] - 1] + 1])


__all__ = ["Threshold", "over", "stance_spans_us", "stances"]
