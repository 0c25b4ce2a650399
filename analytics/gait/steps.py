"""Steps and strides of one or two feet, from their stances.

Terms: step (docs/glossary.md).
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.gait.stances import stances
from analytics.gait.support import SUPPORT, clock_of, moments_us, support
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats

Mode = Literal["auto", "walk", "run"]
RUNNING_BELOW_PCT = 50.0
UNKNOWN = "unknown"  # the side of a foot that its recording does not say
LONGEST_STEP_S, LONGEST_STRIDE_S = 2.0, 4.0
THRESHOLDS = ("column", "on", "off", "floor", "floor_drift", "unloaded", "min_contact_s", "merge_s")
TIMES = ("contact_s", "swing_s", "stride_s", "step_s", "duty_pct", *SUPPORT)

__all__ = ["gait", "stances", "steps"]


@checked
def steps(
    left: pd.DataFrame,
    right: pd.DataFrame | None = None,
    *,
    longest_step_s: float = LONGEST_STEP_S,
    longest_stride_s: float = LONGEST_STRIDE_S,
    mode: Mode = "auto",
) -> pd.DataFrame:
    """Arrange the stances of one or two feet and time them against each other.

    Parameters
    ----------
    left, right : DataFrame
        Tables of `stances`, of two streams on one clock. One foot alone is given as `left`, whichever it is.
    longest_step_s : float, default 2
        A longer step is a pause and has no time.
    longest_stride_s : float, default 4
        A longer stride is a pause and has no time.
    mode : "auto", "walk" or "run", default "auto"
        Whether somebody walks or runs; by default told of each stance: who runs is down for less than half a stride.

    Returns
    -------
    DataFrame of one row per stance, by start: `side` (of one foot alone that of its recording's layout, `unknown` where
    the layout says none), the columns of `stances`, and `swing_s`, `stride_s` (to the foot's
    next start), `step_s` (from the other foot's last start), `duty_pct`, and of the stride
    `double_support_pct`, `single_support_pct`, `flight_pct`; `mode`, and of who runs
    `flight_s` to the next contact: of one foot alone half a stride less the contact, which `estimated` says. What an
    edge or a gap cuts is NaN.

    Raises
    ------
    InvalidData
        When a table is none of stances, or the mode is of another name.
    """
    if mode not in get_args(Mode):
        raise InvalidData(f"mode: expected auto, walk or run, got {mode!r}", field="mode")
    for name, seconds in (("longest_step_s", longest_step_s), ("longest_stride_s", longest_stride_s)):
        bounds.number(name, seconds, above=0, unit="s")
    feet = by_side(left, right)
    for name, table in feet.items():
        if "cut_start" not in table:
            raise InvalidData(f"{name}: expected a table of stances, got {', '.join(map(str, table))[:80]}", field=name)
    parts = []
    for name, table in feet.items():
        other = next((feet[side] for side in feet if side != name), None)
        timed = table.assign(side=name, **_strides(table, longest_stride_s))
        parts.append(timed.assign(**support(timed, other)))
    order = [name for name in ("clock", "start") if name in parts[0]]
    both = pd.concat(parts).sort_values(order, kind="stable", ignore_index=True).rename_axis("step")
    both["step_s"] = _step_times(both, longest_step_s)
    both = both.assign(**_flights(both, mode, two=right is not None))
    columns = ["side", *(name for name in both if name != "side")]
    return described(
        both[columns], "steps", feet, mode=mode, longest_step_s=longest_step_s, longest_stride_s=longest_stride_s,
        thresholds={name: _thresholds(table) for name, table in feet.items()},
    )  # fmt: skip


@checked
def gait(left: pd.DataFrame, right: pd.DataFrame | None = None, **parameters: Any) -> pd.DataFrame:
    """Summarise the gait of one or two feet.

    Parameters
    ----------
    left, right : DataFrame
        Tables of `stances`, of two streams on one clock. One foot alone is given as `left`, whichever it is.
    **parameters
        `longest_step_s`, `longest_stride_s`, `mode` of `steps`.

    Returns
    -------
    DataFrame of one row per foot and one for `both`, index `side`: `n_stances` (whole ones), `n_cut`, `n_steps`, mean
    and SD (ddof 1) of contact, swing, stride and step time, stance phase and double support, and `cadence_spm`. Cut
    stances are left out and counted; what has no value is NaN.

    Raises
    ------
    InvalidData
        When a table is none of stances.
    """
    timed = steps(left, right, **parameters)
    feet = by_side(left, right)
    sides = [(name, timed[timed["side"] == name]) for name in feet]
    if right is not None:
        sides.append(("both", timed))
    rows = [_summary(table, two=right is not None) for _, table in sides]
    table = pd.DataFrame(rows, index=pd.Index([name for name, _ in sides], name="side"))
    return described(table, "gait", feet, **_carried(timed))


def by_side(left: pd.DataFrame, right: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Return tables of stances by foot; of one alone its recording says which it is, `UNKNOWN` where it does not.

    A table that was not made of a recording is of the foot it is given as.
    """
    if right is not None:
        return {"left": left, "right": right}
    made = left.attrs.get("made_of", {})
    return {(made["side"] or UNKNOWN) if "side" in made else "left": left}


def _carried(table: pd.DataFrame) -> dict[str, Any]:
    own = ("metric", "units", "made_of")
    return {str(key): value for key, value in table.attrs.items() if key not in own}


def _thresholds(table: pd.DataFrame) -> dict[str, Any]:
    return {key: table.attrs[key] for key in THRESHOLDS if key in table.attrs}


def _gap_before(table: pd.DataFrame) -> NDArray[np.bool_]:
    """(k,) where a stance may be missing before; a table that does not say so lacks none."""
    return table["gap_before"].to_numpy(bool) if "gap_before" in table else np.zeros(len(table), bool)


def _strides(table: pd.DataFrame, longest_s: float) -> dict[str, Floats]:
    """Swing, stride and stance phase of each stance of a foot, by its next one."""
    start, stop = moments_us(table, "start"), moments_us(table, "stop")
    stride, swing = np.full((2, len(table)), np.nan)
    began, ended = ~table["cut_start"].to_numpy(bool), ~table["cut_stop"].to_numpy(bool)
    # A stance that meets the record's edge is followed by what nobody saw.
    next_ = ended[:-1] & began[1:] & ~_gap_before(table)[1:]
    swing[:-1] = np.where(next_, (start[1:] - stop[:-1]) / 1e6, np.nan)
    stride[:-1] = np.where(next_ & began[:-1], (start[1:] - start[:-1]) / 1e6, np.nan)
    stride[stride > longest_s] = np.nan
    swing[swing > longest_s] = np.nan
    return {"swing_s": swing, "stride_s": stride, "duty_pct": 100.0 * table["contact_s"].to_numpy(float) / stride}


def _step_times(both: pd.DataFrame, longest_s: float) -> Floats:
    out = np.full(len(both), np.nan)
    start, side = moments_us(both, "start"), both["side"].to_numpy(object)
    began = ~both["cut_start"].to_numpy(bool)
    step = (start[1:] - start[:-1]) / 1e6
    real = began[1:] & began[:-1] & (side[1:] != side[:-1]) & (step <= longest_s) & ~_gap_before(both)[1:]
    real &= clock_of(both)[1:] == clock_of(both)[:-1]
    out[1:] = np.where(real, step, np.nan)
    return out


def _flights(both: pd.DataFrame, mode: Mode, *, two: bool) -> dict[str, Any]:
    """Whether each stance is walked or run, and the flight after those that are run."""
    duty, contact = both["duty_pct"].to_numpy(np.float64), both["contact_s"].to_numpy(np.float64)
    told = np.where(np.isnan(duty), "", np.where(duty < RUNNING_BELOW_PCT, "run", "walk"))
    moving = told if mode == "auto" else np.full(len(both), mode)
    flight = both["stride_s"].to_numpy(np.float64) / 2.0 - contact
    if two:
        after = np.append(both["step_s"].to_numpy(np.float64)[1:], [np.nan] * min(1, len(both)))
        flight = after - contact
    flight = np.where((moving == "run") & ~both["cut"].to_numpy(bool) & (flight > 0), flight, np.nan)
    return {"mode": moving.astype(object), "flight_s": flight, "estimated": (moving == "run") & (not two)}


def _summary(table: pd.DataFrame, *, two: bool) -> dict[str, float]:
    whole = table[~table["cut"].astype(bool)]
    row = {"n_stances": float(len(whole)), "n_cut": float(len(table) - len(whole))}
    row["n_steps"] = float(table["step_s"].notna().sum())
    for name in TIMES:
        # A stride that begins in a whole stance is whole, and so is a step: their own edges were looked at before.
        column = (whole if name == "contact_s" else table)[name]
        row[f"mean_{name}"], row[f"sd_{name}"] = column.mean(), column.std()
    usual_s = float(table["step_s"].median() if two else table["stride_s"].median() / 2.0)
    row["cadence_spm"] = 60.0 / usual_s if usual_s > 0 else np.nan  # feet that land together, as of jumps, do not step
    return row
