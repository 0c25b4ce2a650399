"""Numbers of a session beside steps and frames: of jumps, footprints, running, the body's balance, one leg, seats.

Each is what the tab shows, from the tables of `session_rows`. Their names have a prefix that says what they are of:
`jump:height_m`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import walk_means
from analytics.columns import definition
from analytics.gait.running_form import MEASURES as OF_RUN
from analytics.prints.walk import OF_PRINTS, STEP
from analytics.sway.net_cop import SHARE
from analytics.sway.single_leg import COLUMNS as OF_LEG
from dashboard.reading.body import body_of
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot
from dashboard.reading.one_leg import leg_of
from dashboard.reading.prints import Prints, TooMuchLoad, prints
from dashboard.reading.running import STRIKE, form_of, means_of
from dashboard.reading.session_rows import found_jumps, rejected_of, seats_of
from dashboard.reading.sides import SIDES, side
from dashboard.reading.standing import Track, moving
from dashboard.reading.step_parts import step_count

Value = tuple[float, float, int]  # mean, SD (NaN of a single one), n
Values = dict[tuple[str, str], Value]
BOTH = ""
SWAY = ("path_mm", "mean_velocity_mm_s", "ellipse95_area_mm2", "range_x_mm", "range_y_mm")
SHARE_MEAN = f"mean_{SHARE}"
OF_JUMP = (
    "height_m", "height_flight_m", "rsi_mod", "rsi", "contact_s", "flight_s", "time_to_takeoff_s", "peak_bw",
    "peak_power_w", "takeoff_velocity_m_s", "depth_m", "braking_si_pct", "propulsion_si_pct", "landing_si_pct",
)  # fmt: skip
ROLLED = (
    "cpei_pct", "arch_index", "initial_contact_pct", "forefoot_contact_pct", "foot_flat_pct", "push_off_pct",
)  # fmt: skip
# Prefix: the group, and what is added to a title.
OF: Mapping[str, tuple[str, str]] = {
    "jump": ("Jumps", "jumps"), "print": ("Footprints", "footprints"), "walk": ("Walk over a plate", "walk"),
    "run": ("Running", "running"), "leg": ("On one leg", "one leg"), "seat": ("Sitting", "sitting"),
}  # fmt: skip
HOW: Mapping[str, str] = {
    "jump": "Mean ± SD of the jumps that nothing cuts and whose trial was not rejected.",
    "print": "Mean ± SD over whole prints.",
    "walk": "Mean ± SD over steps on a plate.", "run": "Mean ± SD over whole contacts.",
    "leg": "Of the standing foot.", "seat": "Of the mean of each cell over the part.",
}  # fmt: skip
SCALED = {"m": ("cm", 100.0, 1), "s": ("ms", 1000.0, 0)}  # as jumps are shown
DIGITS = {"m": 3, "s": 2, "%": 1, "m/s": 2, "": 2, "BW": 2, "BW/s": 1, "BW·s": 3, "kN/m": 1, "mm": 1, "°": 1, "kPa": 1}


@dataclass(frozen=True)
class More:
    """Values by name and sensor; `unquiet` why the body has no sway, `net` its sway with how it was made."""

    values: Values
    unquiet: str = ""
    net: pd.DataFrame | None = None


def shown_of(prefix: str, name: str) -> tuple[str, float, int]:
    """Return the unit in which a measure is shown, what its values are multiplied by, and decimals."""
    unit = definition(name).unit
    if prefix == "jump" and unit in SCALED:
        return SCALED[unit]
    return unit, 1.0, 0 if name.startswith(("n_", "cells_")) else DIGITS.get(unit, 0)


async def more_of(context: Context, feet: Sequence[Foot]) -> More:
    """Return what a selected part has of these; `feet` are its sensors with their stances."""
    form = await form_of(context, feet)
    values: Values = {} if form is None else _of_run(form)
    if form is None and (found := await found_jumps(context)):
        values |= _of_jumps(found[0].table[~np.array(await rejected_of(context, found[0].table))])
    for each in await _prints(context):
        values |= await asyncio.to_thread(_of_prints, each)
    for seat in await seats_of(context):
        where = side(seat.info) or seat.info.stream.stream
        values |= {(f"seat:{name}", where): (value, np.nan, 1) for name, value in seat.values.items()}
    if any(step_count(one) for one in feet if one.layout.kind == "insole"):
        return More(values)
    if (leg := await leg_of(context)) is not None:
        values |= _of_leg(leg)
        return More(values)
    return _with_body(values, await body_of(context))


async def _prints(context: Context) -> list[Prints]:
    """Return the footprints; none where the part has too much for them, which the Footprints tab says."""
    try:
        return await prints(context)
    except TooMuchLoad:
        return []


def _with_body(values: Values, net: Track | None) -> More:
    if net is None or not len(net.stats):
        return More(values)
    row = net.measures.iloc[0]
    share = row.get(SHARE_MEAN, np.nan), row.get(f"sd_{SHARE}", np.nan), len(net.stats)
    values[SHARE_MEAN, BOTH] = float(share[0]), float(share[1]), share[2]
    if not len(net.known):
        return More(values)
    if why := "; ".join(moving(net.measures)):
        return More(values, unquiet=why)
    values |= {(name, BOTH): (float(row[name]), np.nan, 1) for name in SWAY if name in row}
    return More(values, net=net.measures)


def _of_run(form: pd.DataFrame) -> Values:
    means = means_of(form)
    out: Values = {}
    for where, row in means.iterrows():
        if where == "both":
            out["run:cadence_spm", BOTH] = float(row["cadence_spm"]), np.nan, int(row["n_stances"])
            continue
        out |= {(f"run:{name}", str(where)): _mean(row, name, "n_stances") for name in (*OF_RUN, STRIKE)}
    return out


def _of_jumps(table: pd.DataFrame) -> Values:
    counted = table[~table["cut"].astype(bool)]
    return {(f"jump:{name}", BOTH): value_of(counted[name]) for name in OF_JUMP if name in counted}


def _of_prints(found: Prints) -> Values:
    if not len(found.table):
        return {}
    means, out = walk_means(found.table), Values()
    for where in SIDES:
        row = means[means.index == where].iloc[0]
        out |= {(f"print:{name}", where): _mean(row, name, "n_prints") for name in OF_PRINTS}
        out |= {(f"walk:{name}", where): _mean(row, name, "n_steps") for name in ("step_length_mm", "progression_deg")}
        rolled = pd.DataFrame([one.values for one in found.measured if one.side == where], columns=ROLLED, dtype=float)
        out |= {(f"print:{name}", where): value_of(rolled[name]) for name in ROLLED}
    both = means.iloc[-1]
    whole = [name for name in STEP if name not in ("step_length_mm", "progression_deg")]
    out |= {(f"walk:{name}", BOTH): _mean(both, name, "n_steps") for name in whole}
    return out | {("walk:cadence_spm", BOTH): (float(both["cadence_spm"]), np.nan, int(both["n_steps"]))}


def _of_leg(found: pd.DataFrame) -> Values:
    row = found.iloc[0]
    names = (*OF_LEG, *(name for name in SWAY if name in found))
    return {(f"leg:{name}", str(row["side"])): (float(row[name]), np.nan, 1) for name in names}


def _mean(row: pd.Series, name: str, n: str) -> Value:
    return float(row[f"mean_{name}"]), float(row[f"sd_{name}"]), int(row[n])


def value_of(values: pd.Series) -> Value:
    """Return mean, SD and number of what is known."""
    known = values.dropna()
    return float(known.mean()) if len(known) else np.nan, float(known.std()) if len(known) > 1 else np.nan, len(known)
