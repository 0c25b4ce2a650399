"""Standing on one leg: for how long, and when the other foot touched the ground."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import rising, table_us
from analytics.gait.stances import stances
from analytics.sway.balance import balance
from analytics.sway.net_cop import NO_TIME
from analytics.tables import centre_columns, described, values
from barograph.errors import InvalidData
from barograph.frames import CONTACT_FLOOR_N, Floats, Ints

TOUCH_N, MIN_CONTACT_S, MERGE_S = CONTACT_FLOOR_N, 0.05, 0.1
# Who has the other foot off the ground for less of the time does not stand on one leg.
LEAST_UNLOADED = 0.5
SIDES = ("left", "right")
COLUMNS = ("single_leg_s", "n_touch_downs", "touched_s", "longest_untouched_s")


class Lifted(NamedTuple):
    """When the other foot was off the ground for good, in µs, and (k, 2) when it touched meanwhile."""

    span: tuple[int, int]
    touches: Ints


@checked
def single_leg(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    touch_n: float = TOUCH_N,
    min_contact_s: float = MIN_CONTACT_S,
    merge_s: float = MERGE_S,
    **parameters: Any,
) -> pd.DataFrame:
    """Measure a stance on one leg, and notice where the other foot touched down.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables with `total_force_n` and a centre of pressure of both feet, on one clock.
    touch_n : float, default 20
        The lifted foot touches the ground from this force on, until it is below 0.8 of it. A tight shoe needs more.
    min_contact_s, merge_s : float, default 0.05 and 0.1
        A shorter touch is none; touches with a shorter pause between them are one.
    **parameters
        `ellipse`, `cutoff_hz`, `gap_s` of `balance`.

    Returns
    -------
    DataFrame of one row: `side` that stands, `single_leg_s` between the lift at the start and the end of it, without
    the touch-downs, `n_touch_downs`, `touched_s`, `longest_untouched_s`, and the columns of `balance` of the standing
    foot while the other did not touch. A contact of the lifted foot that the record's edge cuts is no touch-down: the
    foot is not lifted yet, or put down again. Where nobody stands on one leg all is missing, and `attrs["missing"]`
    says why, in place of `notes`; `attrs["touch_downs_us"]` has start and stop of each.

    Raises
    ------
    InvalidData
        When a table has no force in N or no centre of pressure, or a number is out of its bounds.

    Notes
    -----
    The lifted foot is the one with the smaller mean force; it is off the ground for at least half of the record.
    """
    bounds.number("touch_n", touch_n, above=0, unit="N")
    tables = dict(zip(SIDES, (left, right), strict=True))
    for name, table in tables.items():
        if "total_force_n" not in table:
            raise InvalidData(f"{name}: expected a force, which needs unit and areas of cells", field=name)
    found = {
        name: stances(
            table, on=touch_n, floor=0.0, column="total_force_n", min_contact_s=min_contact_s, merge_s=merge_s
        )
        for name, table in tables.items()
    }
    side, lifted, missing = _lifted(tables, found)
    standing = _untouched(tables[side], lifted)
    row = balance(standing, **parameters)
    left_out = ("metric", "units", "made_of", *(("notes",) if lifted is None else ()))
    about = {str(key): value for key, value in row.attrs.items() if key not in left_out}
    measured = row if lifted is not None else row * np.nan
    measured = measured.assign(**dict(zip(COLUMNS, _times(lifted), strict=True)))
    measured.insert(0, "side", side if lifted is not None else "")
    touches = [] if lifted is None else lifted.touches.tolist()
    return described(
        measured, "single_leg", found, **about, touch_n=touch_n, min_contact_s=min_contact_s, merge_s=merge_s,
        missing=missing, touch_downs_us=touches,
    )  # fmt: skip


def _lifted(tables: dict[str, pd.DataFrame], found: dict[str, pd.DataFrame]) -> tuple[str, Lifted | None, list[str]]:
    """Which foot stands, when the other was lifted, and why it was not."""
    forces = {name: values(table, "total_force_n") for name, table in tables.items()}
    if any(not np.isfinite(force).any() for force in forces.values()):
        return "left", None, ["a foot has no frames"]
    side = max(SIDES, key=lambda name: float(np.nanmean(forces[name])))
    other = SIDES[1 - SIDES.index(side)]
    us, contacts = rising(table_us(tables[other])), found[other]
    own = rising(table_us(tables[side]))
    if us[-1] < own[0] or us[0] > own[-1]:
        return side, None, [NO_TIME]
    first, after = contacts["first"].to_numpy(np.intp), contacts["after"].to_numpy(np.intp)
    touched = np.zeros(len(us), bool)
    for a, b in zip(first, after, strict=True):
        touched[a:b] = True
    share = 1.0 - float(touched.mean())
    if share < LEAST_UNLOADED:
        return side, None, [f"both feet carry: the {other} one is off the ground for {100 * share:.0f} % of the time"]
    begun = bool(len(first)) and first[0] == 0
    ends = bool(len(first)) and after[-1] == len(us)
    span = (int(us[after[0]]) if begun else int(us[0]), int(us[first[-1]]) if ends else int(us[-1]))
    inside = slice(int(begun), len(first) - int(ends))
    stop = us[np.minimum(after[inside], len(us) - 1)]
    return side, Lifted(span, np.column_stack([us[first[inside]], stop]).astype(np.int64)), []


def _untouched(table: pd.DataFrame, lifted: Lifted | None) -> pd.DataFrame:
    """The rows of the standing foot while the other was lifted, without a centre where it touched; none of a walk."""
    if lifted is None:
        return table.iloc[:0]
    us = rising(table_us(table))
    inside = (us >= lifted.span[0]) & (us < max(lifted.span[1], lifted.span[0] + 1))
    part = table[inside].copy()
    at = us[inside]
    for start, stop in lifted.touches:
        part.loc[(at >= start) & (at < stop), list(centre_columns(table))] = np.nan
    return part


def _times(lifted: Lifted | None) -> tuple[float, float, float, float]:
    """Seconds on one leg, touch-downs, seconds of these, and the longest time without one."""
    if lifted is None:
        return (np.nan,) * 4
    edges = np.concatenate([[lifted.span[0]], lifted.touches.ravel(), [lifted.span[1]]]).reshape(-1, 2)
    free: Floats = np.diff(edges, axis=1)[:, 0] / 1e6
    touched = float(np.diff(lifted.touches, axis=1).sum() / 1e6) if len(lifted.touches) else 0.0
    return float(free.sum()), float(len(lifted.touches)), touched, float(free.max())
