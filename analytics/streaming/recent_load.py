"""What sensors of any kind carried in the last seconds: the numbers of a session that has no steps and no stance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import rising, table_us
from analytics.gait.last_steps import shares
from analytics.tables import PEAKS, TOTALS, described, values
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

HIGHEST_S, MEAN_S, LEAST_S = 5.0, 10.0, 4.0
AREAS = ("contact_area_cm2", "contact_area_cell")
HIGHEST, MEANS = (*TOTALS, *PEAKS, *AREAS), (*TOTALS, "load_left_pct", "load_right_pct")
HANN_TOTALS = tuple(f"hann_{name}" for name in TOTALS)


@checked
def recent_load(
    streams: Mapping[str, pd.DataFrame],
    *,
    highest_s: float = HIGHEST_S,
    mean_s: float = MEAN_S,
    least_s: float = LEAST_S,
) -> pd.DataFrame:
    """Take the highest load of the last seconds, and the mean load under a window that fades at its ends.

    Parameters
    ----------
    streams : mapping of str to DataFrame
        Per-frame tables of `frame_stats`, or of the basic set, by the name of their stream, indexed by time. All end at
        t, the latest of their last rows' times. Where times go back, the rows before are as old as if the clock had
        gone on.
    highest_s : float, default 5
        The highest values are those of the rows in (t − `highest_s`, t].
    mean_s : float, default 10
        The means are over the rows in (t − `mean_s`, t], or from a stream's first row on.
    least_s : float, default 4
        From less than that there is no mean.

    Returns
    -------
    DataFrame of one row per stream, index `stream`: `max_…` of total, peak and contact area; `hann_…` of the total and
    of the loads of the left and the right half, weighted by w = 1 − cos(2π(tᵢ − t₀)/(t − t₀)), t₀ the beginning of the
    window; `load_share_pct`, a stream's share in the sum of those totals. What a row does not have is NaN.

    Raises
    ------
    InvalidData
        When there is no stream, a value is infinite, or a window is not longer than 0.

    Notes
    -----
    A step that the window's end cuts hardly counts: of an even walk the share swings by 0.3 %, without the weights by
    1.2 %. From a stream, the tables are those of `LiveWindow`; the highest values are those of `rolling`.
    """
    if not streams:
        raise InvalidData("streams: expected one table or more, got none", field="streams")
    for name, seconds in (("highest_s", highest_s), ("mean_s", mean_s), ("least_s", least_s)):
        bounds.number(name, seconds, above=0, expected="windows longer than 0 s")
    ages = _ages({name: table_us(stats) for name, stats in streams.items()})
    rows = {}
    for name, stats in streams.items():
        age_us = ages[name]
        late, weights = age_us < highest_s * 1e6, _hann(age_us, mean_s, least_s)
        highest = {f"max_{column}": _highest(values(stats, column)[late]) for column in HIGHEST if column in stats}
        means = {f"hann_{column}": _mean(values(stats, column), weights) for column in MEANS if column in stats}
        rows[name] = highest | means
    table = pd.DataFrame.from_dict(rows, orient="index", dtype=np.float64).rename_axis("stream")
    total = next((name for name in HANN_TOTALS if name in table), None)
    table["load_share_pct"] = np.nan if total is None else shares(table[total])
    return described(table, "recent_load", streams, highest_s=highest_s, mean_s=mean_s, least_s=least_s)


def _ages(times: Mapping[str, Ints]) -> dict[str, Ints]:
    """(n,) µs of each stream's rows before the newest row of all."""
    stop_us = max((int(us[-1]) for us in times.values() if len(us)), default=0)
    clocks = {name: rising(us) for name, us in times.items()}
    return {name: clock[-1:] - clock + (stop_us - times[name][-1:]) for name, clock in clocks.items()}


def _hann(age_us: Ints, mean_s: float, least_s: float) -> Floats:
    """(n,) weights, 0 before the window and everywhere when it is too short."""
    length = min(mean_s * 1e6, float(age_us[0])) if len(age_us) else 0.0
    if not length >= least_s * 1e6:
        return np.zeros(len(age_us))
    return np.where(age_us < length, 1.0 - np.cos(2.0 * np.pi * (length - age_us) / length), 0.0)


def _highest(column: Floats) -> float:
    return float(np.fmax.reduce(column, initial=np.nan))


def _mean(column: Floats, weights: Floats) -> float:
    known = ~np.isnan(column) & (weights > 0)
    return float(np.average(column[known], weights=weights[known])) if known.any() else np.nan
