"""Loading rates: how steeply the force rises when a foot comes down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import signal

from analytics.base.arguments import STANCE_COLUMNS, check_columns, checked
from analytics.base.filters import sampling_hz
from analytics.base.times import table_times
from analytics.tables import described, values
from barograph.frames import Floats, Ints

IMPACT_WITHIN_S, IMPACT_WITHIN, IMPACT_PROMINENCE = 0.075, 0.25, 0.02
AVERAGE, WITHOUT_IMPACT = (0.2, 0.8), (0.03, 0.12)
COARSE_BELOW_HZ = 200.0
COARSE = f"coarse: sampled below {COARSE_BELOW_HZ:g} Hz, too few rows in a rise"


class Rise(NamedTuple):
    """The force of one stance while it rises: seconds from onset, newtons."""

    t: Floats
    force: Floats


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
        When there is no force.

    Notes
    -----
    The impact peak is the first maximum within 75 ms and the first quarter of the stance that the force falls from by
    2 % of its largest value or more. The average is the slope between 20 and 80 % of the time from onset to impact
    peak; without one, between 3 and 12 % of the stance.
    """
    times, force = table_times(stats, gap_s), values(stats, "total_force_n")
    hz = sampling_hz(times)
    check_columns("stances", stances, STANCE_COLUMNS, "stances")
    rows = [_rates(times.us, force, stance) for stance in stances.itertuples()]
    names = ["max_loading_rate_n_s", "average_loading_rate_n_s", "impact_force_n", "impact_s"]
    table = pd.DataFrame(rows, columns=names, index=stances.index, dtype=np.float64)
    table["coarse"] = not hz >= COARSE_BELOW_HZ
    made_of = {"stats": stats, "stances": stances}
    return described(table, "loading_rates", made_of, sampling_hz=hz, gap_s=times.gap_s)


def impact_rates(stats: pd.DataFrame, stances: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of each stance between two moments of its rise, in N/s.

    The moments are 20 and 80 % of the time to the impact peak, or 3 and 12 % of the stance. `average` is the slope
    between them, `steepest` that of the steepest step between rows that touches the span; `impact` says which it is.
    """
    us, force = table_times(stats).us, values(stats, "total_force_n")
    rows = [_in_span(us, force, stance) for stance in stances.itertuples()]
    return pd.DataFrame(rows, columns=["average", "steepest", "impact"], index=stances.index)


def _in_span(us: Ints, force: Floats, stance: object) -> tuple[float, float, bool]:
    whole, contact_s = _rise(us, force, stance), float(getattr(stance, "contact_s", np.nan))
    if whole is None:
        return np.nan, np.nan, False
    impact = _impact(whole, contact_s)
    moments, average = _average(whole, contact_s, impact)
    touching = (whole.t[1:] > moments[0]) & (whole.t[:-1] < moments[1])
    steps = (np.diff(whole.force) / np.diff(whole.t))[touching]
    return average, float(steps.max()) if len(steps) else np.nan, impact is not None


def is_coarse(name: str, timed: pd.DataFrame) -> bool:
    """Say whether a column is a loading rate from too few rows: wherever it is shown, it is shown as `COARSE`.

    `timed` is a table with the column `coarse` of `loading_rates`; one without it has no loading rates to mark.
    """
    return "loading_rate" in name and "coarse" in timed and bool(timed["coarse"].any())


def _rise(us: Ints, force: Floats, stance: object) -> Rise | None:
    """The force of a stance from its onset; nothing of one that is cut at its start, or has too few rows."""
    first, after = (getattr(stance, name) for name in ("first", "after"))
    cut = getattr(stance, "cut_start", False) or getattr(stance, "cut_gap", False)
    # Rows without a value are left out, and of rows of one time the last counts.
    known = np.flatnonzero(~np.isnan(force[first:after])) + first
    known = known[np.append(np.diff(us[known]) > 0, True)] if len(known) else known
    if cut or len(known) < 3:
        return None
    return Rise((us[known] - us[known[0]]) / 1e6, force[known])


def _average(whole: Rise, contact_s: float, impact: int | None) -> tuple[Floats, float]:
    """The two moments that the average rate lies between, and that rate."""
    end, between = (whole.t[impact], AVERAGE) if impact is not None else (contact_s, WITHOUT_IMPACT)
    moments = np.multiply(between, end)
    return moments, float(np.diff(np.interp(moments, whole.t, whole.force))[0] / np.diff(moments)[0])


def _rates(us: Ints, force: Floats, stance: object) -> tuple[float, float, float, float]:
    whole, contact_s = _rise(us, force, stance), float(getattr(stance, "contact_s", np.nan))
    if whole is None:
        return (np.nan,) * 4
    impact = _impact(whole, contact_s)
    top = impact if impact is not None else int(whole.force[whole.t <= contact_s / 2].argmax())
    steepest = (np.diff(whole.force) / np.diff(whole.t))[: max(top, 1)].max()
    _, average = _average(whole, contact_s, impact)
    force_n, impact_s = (np.nan, np.nan) if impact is None else (float(whole.force[impact]), float(whole.t[impact]))
    return float(steepest), float(average), force_n, impact_s


def _impact(whole: Rise, contact_s: float) -> int | None:
    """Row of the impact peak, if there is one."""
    peaks, _ = signal.find_peaks(whole.force, prominence=IMPACT_PROMINENCE * whole.force.max())
    early = peaks[whole.t[peaks] <= min(IMPACT_WITHIN_S, IMPACT_WITHIN * contact_s)]
    return int(early[0]) if len(early) else None
