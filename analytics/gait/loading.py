"""Loading rates: how steeply the force rises when a foot comes down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from analytics.base.arguments import check_stances, checked
from analytics.base.filters import sampling_hz
from analytics.base.times import table_times
from analytics.tables import described, values
from barograph.frames import Floats, Ints

IMPACT_WITHIN_S, IMPACT_WITHIN, IMPACT_PROMINENCE = 0.075, 0.25, 0.02
AVERAGE, WITHOUT_IMPACT = (0.2, 0.8), (0.03, 0.12)
COARSE_BELOW_HZ = 200.0
FEWEST_ROWS = 3
COARSE = f"coarse: sampled below {COARSE_BELOW_HZ:g} Hz, too few rows in a rise"


class Rises(NamedTuple):
    """Stances whose force rises, row after row (n,): seconds from the onset, newtons, and the number of the row's own.

    `first` (m,) is where each begins, `size` its rows, `contact_s` how long it lasts, and `which` its place among all.
    """

    t: Floats
    force: Floats
    own: Ints
    first: Ints
    size: Ints
    contact_s: Floats
    which: Ints

    @property
    def row(self) -> Ints:
        """(n,) number of each row in its stance, from 0."""
        return np.arange(len(self.t)) - self.first[self.own]

    @property
    def slopes(self) -> Floats:
        """(n,) N/s from each row to the next; of the last of a stance it is not known, and lowest."""
        out = np.full(len(self.t), -np.inf)
        within = self.own[1:] == self.own[:-1]
        np.divide(np.diff(self.force), np.diff(self.t), out=out[:-1], where=within)
        return out

    def at(self, moments: Floats) -> Floats:
        """Return (m,) the force at one moment (m,) of each stance, on straight lines between its rows."""
        until = np.add.reduceat(self.t <= moments[self.own], self.first, dtype=np.int64)
        before = self.first + np.clip(until - 1, 0, self.size - 2)
        t, force = self.t[before], self.force[before]
        slope = (self.force[before + 1] - force) / (self.t[before + 1] - t)
        inside = slope * (np.maximum(moments, 0.0) - t) + force
        return np.asarray(np.where(until < self.size, inside, self.force[self.first + self.size - 1]))


@checked
def loading_rates(stats: pd.DataFrame, stances: pd.DataFrame, *, gap_s: float | None = None) -> pd.DataFrame:
    """Compute the loading rates of each stance.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table with `total_force_n`, n rows, indexed by time.
    stances : DataFrame
        Table of `stances` of the same rows.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps; only the sampling rate needs it.

    Returns
    -------
    DataFrame of one row per stance: `max_loading_rate_n_s` (steepest step between onset and impact peak, else the
    largest force of the first half), `average_loading_rate_n_s`, `impact_force_n` and `impact_s` after onset (NaN
    without an impact peak), `coarse` (sampled below 200 Hz: too few rows in a rise). A stance cut at its start, or with
    a gap inside, is NaN.

    Raises
    ------
    InvalidData
        When there is no force, or a stance ends beyond the rows.

    Notes
    -----
    The impact peak is the first maximum within 75 ms and the first quarter of the stance that the force falls from by
    2 % of its largest value or more. The average is the slope between 20 and 80 % of the time from onset to impact
    peak; without one, between 3 and 12 % of the stance.
    """
    times, force = table_times(stats, gap_s), values(stats, "total_force_n")
    hz = sampling_hz(times)
    check_stances("stances", stances, len(force))
    names = ["max_loading_rate_n_s", "average_loading_rate_n_s", "impact_force_n", "impact_s"]
    found = _rises(times.us, force, stances)
    rows = np.full((len(stances), len(names)), np.nan)
    if len(found.which):
        rows[found.which] = _rates(found)
    table = pd.DataFrame(rows, columns=names, index=stances.index)
    table["coarse"] = not hz >= COARSE_BELOW_HZ
    made_of = {"stats": stats, "stances": stances}
    return described(table, "loading_rates", made_of, sampling_hz=hz, gap_s=times.gap_s)


def impact_rates(stats: pd.DataFrame, stances: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of each stance between two moments of its rise, in N/s.

    The moments are 20 and 80 % of the time to the impact peak, or 3 and 12 % of the stance. `average` is the slope
    between them, `steepest` that of the steepest step between rows that touches the span; `impact` says which it is.
    """
    found = _rises(table_times(stats).us, values(stats, "total_force_n"), stances)
    table = pd.DataFrame({"average": np.nan, "steepest": np.nan, "impact": False}, index=stances.index)
    if len(found.which):
        impact = _impacts(found)
        moments, average = _averages(found, impact)
        touching = np.append(found.t[1:], 0.0) > moments[0][found.own]
        touching &= found.t < moments[1][found.own]
        steepest = np.maximum.reduceat(np.where(touching, found.slopes, -np.inf), found.first)
        table.iloc[found.which, 0] = average
        table.iloc[found.which, 1] = np.where(np.isfinite(steepest), steepest, np.nan)
        table.iloc[found.which, 2] = impact >= 0
    return table


def is_coarse(name: str, timed: pd.DataFrame) -> bool:
    """Say whether a column is a loading rate from too few rows: wherever it is shown, it is shown as `COARSE`.

    `timed` is a table with the column `coarse` of `loading_rates`; one without it has no loading rates to mark.
    """
    return "loading_rate" in name and "coarse" in timed and bool(timed["coarse"].any())


def _rises(us: Ints, force: Floats, stances: pd.DataFrame) -> Rises:
    """The force of stances from their onset; without those that are cut at their start, or have too few rows."""
    begin, n = (stances[name].to_numpy(np.int64) for name in ("first", "after"))
    n = n - begin
    for name in ("cut_start", "cut_gap"):
        if name in stances:
            n = np.where(stances[name].to_numpy(bool), 0, n)
    own = np.repeat(np.arange(len(n)), n)
    rows = np.arange(len(own)) - np.repeat(np.cumsum(n) - n, n) + np.repeat(begin, n)
    # Rows without a value are left out, and of rows of one time the last counts.
    known = ~np.isnan(force[rows])
    rows, own = rows[known], own[known]
    newest = np.append((np.diff(us[rows]) > 0) | (np.diff(own) != 0), np.ones(min(1, len(own)), bool))
    size = np.bincount(own[newest], minlength=len(n))
    kept = newest & (size >= FEWEST_ROWS)[own]
    which = np.flatnonzero(size >= FEWEST_ROWS)
    rows, size = rows[kept], size[which]
    first, own = np.cumsum(size) - size, np.repeat(np.arange(len(which)), size)
    lasting = stances["contact_s"].to_numpy(np.float64) if "contact_s" in stances else np.full(len(n), np.nan)
    return Rises((us[rows] - us[rows[first]][own]) / 1e6, force[rows], own, first, size, lasting[which], which)


def _averages(found: Rises, impact: Ints) -> tuple[Floats, Floats]:
    """(2, m) moments that the average rate lies between, and that rate (m,)."""
    there = impact >= 0
    end = np.where(there, found.t[found.first + impact], found.contact_s)
    moments = np.where(there, np.array(AVERAGE)[:, None], np.array(WITHOUT_IMPACT)[:, None]) * end
    return moments, (found.at(moments[1]) - found.at(moments[0])) / (moments[1] - moments[0])


def _rates(found: Rises) -> Floats:
    """(m, 4) largest and average rate, force and time of the impact peak."""
    impact, row = _impacts(found), found.row
    there = impact >= 0
    top = np.where(there, impact, _highest_early(found, row))
    steepest = np.maximum.reduceat(np.where(row < np.maximum(top, 1)[found.own], found.slopes, -np.inf), found.first)
    at = found.first + impact
    force_n, impact_s = (np.where(there, each[at], np.nan) for each in (found.force, found.t))
    return np.column_stack([steepest, _averages(found, impact)[1], force_n, impact_s])


def _highest_early(found: Rises, row: Ints) -> Ints:
    """(m,) row of the largest force in the first half of each stance, of equal ones the first."""
    early = np.where(found.t <= found.contact_s[found.own] / 2, found.force, -np.inf)
    highest = np.maximum.reduceat(early, found.first)
    return np.asarray(np.minimum.reduceat(np.where(early == highest[found.own], row, len(row)), found.first))


def _impacts(found: Rises) -> Ints:
    """(m,) row of the impact peak in each stance, −1 where there is none."""
    out = np.full(len(found.first), -1)
    until = np.fmin(IMPACT_WITHIN_S, IMPACT_WITHIN * found.contact_s)
    # Where the force does not pause early there is no peak, which most stances of a walk need not be searched for.
    up = np.diff(found.force) > 0
    pause = np.zeros(len(found.t), bool)
    pause[1:-1] = up[:-1] & ~up[1:]
    pause[found.first] = False
    pause[found.first + found.size - 1] = False
    pause &= found.t <= until[found.own]
    for i in np.unique(found.own[pause]).tolist():
        part = slice(found.first[i], found.first[i] + found.size[i])
        force = found.force[part]
        peaks, _ = scipy.signal.find_peaks(force, prominence=IMPACT_PROMINENCE * force.max())
        early = peaks[found.t[part][peaks] <= until[i]]
        out[i] = early[0] if len(early) else -1
    return out
