"""What an athlete's feet carried: of one recording, and by days over weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import STANCE_COLUMNS, check_columns, checked
from analytics.base.times import Times, table_times
from analytics.tables import described, values
from barograph.errors import InvalidData
from barograph.frames import Floats

LEVELS_BW = (1.0, 1.5, 2.0)
MOST_LEVELS = 20
SPANS_DAYS = (7, 28)
MOST_DAYS = 36_600  # a century


@checked
def session_load(
    stats: pd.DataFrame,
    stances: pd.DataFrame,
    body_weight_n: float,
    *,
    above_bw: Sequence[float] = LEVELS_BW,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Sum up what one foot carried in a recording.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table with `total_force_n`, n rows, indexed by time.
    stances : DataFrame
        Table of `stances` of the same rows.
    body_weight_n : float
        Weight of the person in N.
    above_bw : list of float, default 1, 1.5, 2
        Levels in body weights.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps, which nothing is summed across.

    Returns
    -------
    DataFrame of one row: `steps`, contacts that begin here; `impulse_bw_s`, Σ∫F/BW over all contacts; and of each level
    x `peaks_above_<x>`, contacts whose largest force lies above it, and `time_above_<x>bw_s` of the contacts. Rows of
    the parts of a recording merge by adding; a contact that the border of two parts cuts may have a peak in both.

    Raises
    ------
    InvalidData
        When there is no force, or a parameter does not fit.

    Notes
    -----
    Integrals by the trapezoid. Between two rows the force is taken as straight, so time above a level does not hang on
    the sampling.
    """
    bounds.number("body_weight_n", body_weight_n, above=0, unit="N")
    check_columns("stances", stances, STANCE_COLUMNS, "stances")
    levels = _levels(above_bw)
    times, force = table_times(stats, gap_s), values(stats, "total_force_n") / body_weight_n
    if len(stances) and int(stances["after"].max()) > len(force):
        raise InvalidData(
            f"stances: expected rows of a table of {len(force)}, got one that ends later", field="stances"
        )
    pieces = [_piece(times, force, int(first), int(after)) for first, after in stances[["first", "after"]].to_numpy()]
    row = {
        "steps": float((~stances["cut_start"]).sum() if "cut_start" in stances else len(stances)),
        "impulse_bw_s": float(sum((step * (a + b) / 2).sum() for step, a, b in pieces)),
    }
    peaks = [np.nanmax(force[int(first) : int(after)]) for first, after in stances[["first", "after"]].to_numpy()]
    for level in levels:
        row[f"peaks_above_{level:g}"] = float(sum(peak > level for peak in peaks))
        row[f"time_above_{level:g}bw_s"] = float(sum(_above(*piece, level) for piece in pieces))
    made_of = {"stats": stats, "stances": stances}
    asked = {"body_weight_n": body_weight_n, "above_bw": list(levels), "gap_s": times.gap_s}
    return described(pd.DataFrame([row], dtype=np.float64), "session_load", made_of, **asked)


def _levels(above_bw: Sequence[float]) -> tuple[float, ...]:
    if len(above_bw) > MOST_LEVELS:
        raise InvalidData(f"above_bw: expected at most {MOST_LEVELS} levels, got {len(above_bw)}", field="above_bw")
    return tuple(bounds.number("above_bw", level, above=0, unit="body weights") for level in above_bw)


def _piece(times: Times, force: Floats, first: int, after: int) -> tuple[Floats, Floats, Floats]:
    """Seconds of every step of a contact up to the row that ends it, and the force at both ends; none across a gap."""
    rows = slice(first, min(after + 1, len(force)))
    known = np.flatnonzero(~np.isnan(force[rows])) + first
    here = times.at(known)
    step = np.where(here.gap, np.nan, np.diff(here.us) / 1e6)
    there = ~np.isnan(step)
    return step[there], force[known][:-1][there], force[known][1:][there]


def _above(step: Floats, a: Floats, b: Floats, level: float) -> float:
    """Seconds that a broken line lies above a level."""
    low, high = np.minimum(a, b) - level, np.maximum(a, b) - level
    share = np.clip(np.divide(high, high - low, out=(high > 0).astype(float), where=high > low), 0.0, 1.0)
    return float((step * share).sum())


@checked
def load_days(
    loads: pd.DataFrame, *, zone: str = "UTC", until: date | None = None, spans_days: Sequence[int] = SPANS_DAYS
) -> pd.DataFrame:
    """Add loads of sessions up by days, and over the last days.

    Parameters
    ----------
    loads : DataFrame
        One row per session, or per session and foot, with `start` (its first moment, in UTC or with a zone) and columns
        of numbers, as `session_load` makes them.
    zone : str, default "UTC"
        Name of the time zone that days are of, `Europe/Berlin`.
    until : date, optional
        The last day; by default that of the last session.
    spans_days : list of int, default 7, 28
        How many days a sum is over.

    Returns
    -------
    DataFrame indexed by `day`, every day from the first session's on: `sessions`; each column of `loads`, its sum on
    that day, 0 without a session; and of each span `sum_7d_<column>`, the sum over the days that end with this one. The
    days before the first session are not known and count as 0: `attrs["since"]` is the first day.

    Raises
    ------
    InvalidData
        When a start is missing, the zone is unknown, or there are days beyond a century.

    Notes
    -----
    Sums alone: their ratio says nothing of risk (Impellizzeri et al. 2020).
    """
    spans = [bounds.whole("spans_days", span, 1, MOST_DAYS) for span in spans_days]
    if "start" not in loads:
        raise InvalidData("loads: expected a column start, got none", field="loads")
    numbers = loads.select_dtypes("number")
    days = _days(loads["start"], zone)
    summed = numbers.groupby(days).sum().assign(sessions=days.groupby(days).size())
    table = summed.reindex(_all_days(days, until), fill_value=0.0).astype(np.float64)
    table = table[["sessions", *map(str, numbers)]]
    over = [table.rolling(span, min_periods=1).sum().add_prefix(f"sum_{span}d_") for span in spans]
    table = pd.concat([table, *over], axis=1)
    since = str(table.index[0].date()) if len(table) else None
    return described(table, "load_days", loads, zone=zone, spans_days=spans, since=since)


def _days(starts: pd.Series, zone: str) -> pd.Series:
    try:
        known = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidData(f"zone: expected a name like Europe/Berlin, got {zone!r}", field="zone") from None
    at = pd.to_datetime(starts, utc=True, errors="coerce")
    if at.isna().any():
        raise InvalidData("start: expected a moment in every row, got a row without", field="start")
    return at.dt.tz_convert(known).dt.tz_localize(None).dt.normalize().rename("day")


def _all_days(days: pd.Series, until: date | None) -> pd.DatetimeIndex:
    if not len(days):
        return pd.DatetimeIndex([], name="day")
    first, last = days.min(), days.max() if until is None else pd.Timestamp(until)
    if (last - first).days >= MOST_DAYS:
        raise InvalidData(f"until: expected at most {MOST_DAYS} days, got {(last - first).days + 1}", field="until")
    return pd.date_range(first, last, name="day")
