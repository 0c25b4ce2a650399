"""How somebody runs: contact and flight, loading rates, stiffness, of each contact and by the minute.

Of one insole or of a pair, and of a treadmill that both feet come down on in turn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.filters import sampling_hz
from analytics.base.times import table_times, trapezoids
from analytics.gait.baseline import Baseline, baseline_off
from analytics.gait.loading import COARSE_BELOW_HZ, impact_rates
from analytics.gait.stances import stances
from analytics.gait.steps import steps
from analytics.gait.support import moments_us
from analytics.gait.symmetry import moments
from analytics.tables import described, values
from barograph.errors import InvalidData
from barograph.frames import Floats

G = 9.80665
ON_N, OFF_N = 20.0, 16.0
LEG_OF_HEIGHT = 0.53
LONGEST_STEP_S, LONGEST_STRIDE_S = 1.0, 2.0
MEASURES = (
    "contact_s", "flight_s", "step_s", "duty_pct", "peak_bw", "impulse_bw_s", "valr_bw_s", "vilr_bw_s", "fmax_model_n",
    "fall_m", "k_vert_kn_m", "leg_compression_m", "k_leg_kn_m",
)  # fmt: skip


@checked
def running_form(
    left: pd.DataFrame,
    right: pd.DataFrame | None = None,
    *,
    baseline: Baseline = "none",
    in_turn: bool = False,
    body_weight_n: float | None = None,
    speed_m_s: float | None = None,
    leg_m: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Measure each contact of somebody who runs.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables with `total_force_n`, indexed by time, of two feet on one clock. One foot alone, or a
        treadmill, is given as `left`.
    baseline : "none" or "flight", default "none"
        With "flight" the force in the middle of each flight is 0, and what drifts between flights is taken off.
    in_turn : bool, default False
        The one table is of a treadmill: its contacts are those of both feet in turn.
    body_weight_n : float, optional
        Weight in N; by default the mean force over whole strides (of one foot alone twice its own).
    speed_m_s, leg_m : float, optional
        Speed and length of the leg (0.53 of the height where it is not measured), which the stiffness of the leg needs.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps.

    Returns
    -------
    DataFrame of one row per contact, by start: `side`, `start`, `stop`, `cut`, `contact_s`, `flight_s` to the next
    contact, `estimated` (flight of one foot alone: half a stride less the contact), `step_s`, `duty_pct`, `peak_bw`,
    `impulse_bw_s`, `valr_bw_s` and `vilr_bw_s` with `impact` (an impact peak was there) and `coarse`, and by a model of
    a half sine `fmax_model_n`, `fall_m`, `k_vert_kn_m`, `leg_compression_m`, `k_leg_kn_m`. NaN of cut contacts, beside
    gaps, and where what is needed was not given. `attrs["body_weight_n"]` is the weight that was used.

    Raises
    ------
    InvalidData
        When there is no force, two tables are said to be one treadmill, or a number is outside of its bounds.

    Notes
    -----
    Contact from 20 N on to below 16 N, 0.08 s or longer. Rates: between 20 and 80 % of the time to the impact peak,
    without one between 3 and 12 % of the contact; the average, and the steepest step between rows that touches it
    (after Milner 2006). Stiffness: Morin 2005, doi 10.1123/jab.21.2.167; the fall is F·t²/(m·π²) − g·t²/8.
    """
    for name, value in (("body_weight_n", body_weight_n), ("speed_m_s", speed_m_s), ("leg_m", leg_m)):
        if value is not None:
            bounds.number(name, value, above=0)
    if in_turn and right is not None:
        raise InvalidData("in_turn: expected one table of a treadmill, got two", field="in_turn")
    tables = [baseline_off(one, baseline) for one in (left, right) if one is not None]
    found = [stances(one, on=ON_N, off=OFF_N, column="total_force_n", floor=0.0, gap_s=gap_s) for one in tables]
    longest = {"longest_step_s": LONGEST_STEP_S, "longest_stride_s": LONGEST_STRIDE_S}
    timed = steps(found[0], found[1] if right is not None else None, mode="run", **longest)
    if in_turn:
        timed = _in_turn(timed)
    weight = body_weight_n or _weight_n(tables, found, in_turn=in_turn, gap_s=gap_s)
    form = _measured(timed, tables, found, weight)
    _stiffness(form, weight, speed_m_s, leg_m)
    order = ["side", "start", "stop", "cut", *MEASURES, "estimated", "impact", "coarse"]
    about = {"body_weight_n": None if np.isnan(weight) else weight, "baseline": baseline, "in_turn": in_turn,
             "speed_m_s": speed_m_s, "leg_m": leg_m, "gap_s": table_times(left, gap_s).gap_s}  # fmt: skip
    return described(form[order].rename_axis("step"), "running_form", timed, **about)


@checked
def running_means(form: pd.DataFrame) -> pd.DataFrame:
    """Average the contacts of somebody who runs, of each foot and of both.

    Parameters
    ----------
    form : DataFrame
        Table of `running_form`; contacts that an edge or a gap cuts are left out.

    Returns
    -------
    DataFrame of one row per side and one for `both`: `n_stances`, `n_impacts` (with an impact peak), `mean_…` and
    `sd_…` (ddof 1) of each measure, and `cadence_spm`, 60 over the median step time. What has no value is NaN.

    Raises
    ------
    InvalidData
        When the table is none of `running_form`.
    """
    _check(form)
    rows, names = [], [*dict.fromkeys(form["side"]), "both"]
    for side in names:
        chosen = form if side == "both" else form[form["side"] == side]
        whole = chosen[~chosen["cut"].astype(bool)]
        row = {"n_stances": float(len(whole)), "n_impacts": float(whole["impact"].sum())}
        for name in MEASURES:
            _, row[f"mean_{name}"], row[f"sd_{name}"] = moments(whole, name)
        row["cadence_spm"] = 60.0 / whole["step_s"].median()
        rows.append(row)
    return described(pd.DataFrame(rows, index=pd.Index(names, name="side"), dtype=np.float64), "running_means", form)


@checked
def running_minutes(form: pd.DataFrame) -> pd.DataFrame:
    """Average the contacts of each minute of a run.

    Parameters
    ----------
    form : DataFrame
        Table of `running_form`; contacts that an edge or a gap cuts are left out.

    Returns
    -------
    DataFrame, index `minute` from 0, since the first contact: `n_stances`, `mean_…` of each measure and `cadence_spm`.
    Minutes without a contact are NaN with 0. How much a measure drifts a minute, with its interval: `drift`.

    Raises
    ------
    InvalidData
        When the table is none of `running_form`.
    """
    _check(form)
    whole = form[~form["cut"].astype(bool)]
    us = moments_us(whole, "start")
    minute = (us - us[:1].sum()) // 60_000_000
    # A clock that was set back stays in its first minute.
    minute = np.maximum(minute, 0)
    index = pd.RangeIndex(int(minute.max()) + 1 if len(minute) else 0, name="minute")
    grouped = whole[list(MEASURES)].groupby(minute)
    means = grouped.mean().reindex(index).add_prefix("mean_")
    means.insert(0, "n_stances", grouped.size().reindex(index, fill_value=0).astype(np.float64))
    means["cadence_spm"] = 60.0 / grouped["step_s"].median().reindex(index)
    return described(means, "running_minutes", form)


def _check(form: pd.DataFrame) -> None:
    lacking = [name for name in ("side", "start", "cut", "impact", *MEASURES) if name not in form]
    if lacking:
        raise InvalidData(f"form: expected a table of running_form, got one without {lacking[0]}", field="form")


def _in_turn(timed: pd.DataFrame) -> pd.DataFrame:
    """Contacts of two feet in one table: what was a stride is a step."""
    step = timed["stride_s"].where(timed["stride_s"] <= LONGEST_STEP_S).to_numpy(np.float64)
    stride = np.append(step[:-1] + step[1:], [np.nan] * min(1, len(step)))
    before = np.append([np.nan] * min(1, len(step)), step[:-1])
    contact = timed["contact_s"].to_numpy(np.float64)
    return timed.assign(side="unknown", step_s=before, stride_s=stride, duty_pct=100.0 * contact / stride,
                        flight_s=step - contact, estimated=False)  # fmt: skip


def _weight_n(tables: list[pd.DataFrame], found: list[pd.DataFrame], *, in_turn: bool, gap_s: float | None) -> float:
    """Mean force from the first start to the last one that is as many strides later; of all feet together."""
    means = []
    for stats, one in zip(tables, found, strict=True):
        starts = one["first"].to_numpy(np.int64)[~one["cut_start"].to_numpy(bool)]
        starts = starts[: len(starts) - (len(starts) + 1) % 2] if in_turn else starts
        if len(starts) < 2:
            return float("nan")
        part = slice(int(starts[0]), int(starts[-1]) + 1)
        times, force = table_times(stats, gap_s), values(stats, "total_force_n")
        times = times.at(np.arange(part.start, part.stop))
        areas = trapezoids(force[part], times)
        known = ~np.isnan(areas)
        lasting = np.diff(times.us)[known].sum() / 1e6
        means.append(areas[known].sum() / lasting if lasting > 0 else np.nan)
    return float(np.sum(means) * (2.0 if len(tables) == 1 and not in_turn else 1.0))


def _measured(
    timed: pd.DataFrame, tables: list[pd.DataFrame], found: list[pd.DataFrame], weight: float
) -> pd.DataFrame:
    """Times, peaks and rates of each contact; of a cut one only its begin."""
    parts = []
    for stats, one in zip(tables, found, strict=True):
        rates = impact_rates(stats, one)
        hz = sampling_hz(table_times(stats))
        parts.append(rates.assign(coarse=not hz >= COARSE_BELOW_HZ, start=one["start"].array, first=one["first"].array))
    # `steps` sorts the stances of both feet by clock and start; so does this.
    rates = pd.concat([part.assign(clock=one["clock"].array) for part, one in zip(parts, found, strict=True)])
    rates = rates.sort_values(["clock", "start"], kind="stable", ignore_index=True)
    form = timed.copy()
    form["peak_bw"] = form["max_total_force_n"] / weight
    form["impulse_bw_s"] = form["impulse_ns"] / weight
    form["valr_bw_s"], form["vilr_bw_s"] = rates["average"] / weight, rates["steepest"] / weight
    form["impact"], form["coarse"] = rates["impact"].astype(bool), rates["coarse"].astype(bool)
    cut = form["cut"].to_numpy(bool)
    of_whole = ["contact_s", "flight_s", "duty_pct", "peak_bw", "impulse_bw_s", "valr_bw_s", "vilr_bw_s"]
    form.loc[cut, of_whole] = np.nan
    return form


def _stiffness(form: pd.DataFrame, weight: float, speed_m_s: float | None, leg_m: float | None) -> None:
    """Add the model of a half sine: its largest force, how far body and leg give way, and both stiffnesses."""
    contact, flight = (form[name].to_numpy(np.float64) for name in ("contact_s", "flight_s"))
    mass = weight / G
    most: Floats = weight * np.pi / 2 * (flight / contact + 1.0)
    fall = most * contact**2 / (mass * np.pi**2) - G * contact**2 / 8.0
    fall = np.where(fall > 0, fall, np.nan)
    form["fmax_model_n"], form["fall_m"], form["k_vert_kn_m"] = most, fall, most / fall / 1000.0
    shorter = np.full(len(form), np.nan)
    if speed_m_s is not None and leg_m is not None:
        half = speed_m_s * contact / 2.0
        shorter = leg_m - np.sqrt(np.where(half <= leg_m, leg_m**2 - half**2, np.nan)) + fall
    form["leg_compression_m"], form["k_leg_kn_m"] = shorter, most / shorter / 1000.0
