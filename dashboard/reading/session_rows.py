"""Tables of a selected part beside its steps, as its tabs have them: jumps, prints, a walk, running, balance, seats.

Each is made by the function that the tab asks. A part without such a thing gives a table without rows. Moments are
columns `…_us`, µs since 1970, UTC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import pandas as pd

from analytics import session_load, walk
from dashboard.drawing.units import GRAVITY
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot
from dashboard.reading.jumps import Jumps, Sensors, jumps_of, sensors_of, trials_at
from dashboard.reading.one_leg import leg_of
from dashboard.reading.prints import Prints, prints
from dashboard.reading.running import form_of
from dashboard.reading.seats import Sat, sat_of, sat_on
from dashboard.reading.sides import name_of, side
from dashboard.reading.standing import Track, moving
from dashboard.reading.step_parts import STEPPED_ON
from dashboard.reading.tracks import in_length, tracks_of

ROWS = ["first", "after"]  # numbers of frames of a part, which say nothing elsewhere
NONE = pd.DataFrame()


async def found_jumps(context: Context) -> tuple[Jumps, Sensors] | None:
    """Return the jumps of the Jump tab and what they were measured with; None where there are none."""
    sensors = sensors_of(context.infos)
    found = await jumps_of(context, sensors) if sensors.infos else None
    return None if found is None or not len(found.table) else (found, sensors)


async def jump_rows(context: Context) -> pd.DataFrame:
    """Return one row per jump, with its `kind` (cmj, squat, drop or hops) and whether its trial was rejected."""
    found = await found_jumps(context)
    if found is None:
        return NONE
    table = found[0].table
    return plain(table.assign(kind=found[0].kind, rejected=await rejected_of(context, table)))


async def rejected_of(context: Context, table: pd.DataFrame) -> list[bool]:
    """Return for each jump whether the trial that it lies in was rejected."""
    at = trials_at(table, await context.parts.archive.trials.of(context.workout.workout_id))
    return [number in at and not at[number].counts for number in range(1, len(table) + 1)]


async def print_rows(context: Context) -> pd.DataFrame:
    """Return one row per footprint of each plate (`stream`), of whole prints with CPEI, arch index and phases."""
    return await asyncio.to_thread(_below, map(_prints, await prints(context)))


def _prints(one: Prints) -> pd.DataFrame:
    more = pd.DataFrame({each.number: each.values for each in one.measured}, dtype="float64").T
    made = one.table.drop(columns=ROWS).join(more) if len(one.table) else one.table
    return made.assign(stream=one.stream)


async def walk_rows(context: Context) -> pd.DataFrame:
    """Return one row per step over a plate (`stream`), by the number of the print that lands."""
    found = await prints(context)
    return await asyncio.to_thread(_below, (walk(one.table).assign(stream=one.stream) for one in found))


async def running_rows(context: Context, feet: Sequence[Foot]) -> pd.DataFrame:
    """Return one row per contact of somebody who runs."""
    form = await form_of(context, feet)
    return NONE if form is None else plain(form)


async def load_rows(context: Context, feet: Sequence[Foot]) -> pd.DataFrame:
    """Return what each foot carried (`sensor`, `analytics.session_load`), and a row with how many jumps there were.

    Without a mass only steps and jumps are counted.
    """
    stepped = [one for one in feet if one.layout.kind in STEPPED_ON and len(one.stances)]
    mass_kg = context.workout.about.mass_kg
    rows = [await asyncio.to_thread(_load, one, mass_kg) for one in stepped]
    found = await found_jumps(context)
    if found is not None:
        rows.append(pd.DataFrame([{"sensor": "", "steps": 0.0, "jumps": float(len(found[0].table))}]))
    return pd.concat(rows, ignore_index=True) if rows else NONE


def _load(one: Foot, mass_kg: float | None) -> pd.DataFrame:
    if mass_kg and "total_force_n" in one.stats:
        made = session_load(one.stats, one.stances, mass_kg * GRAVITY).reset_index(drop=True)
    else:
        made = pd.DataFrame([{"steps": float((~one.stances["cut_start"].astype(bool)).sum())}])
    made.attrs = {}
    return made.assign(sensor=one.key, jumps=0.0)


async def balance_rows(context: Context) -> pd.DataFrame:
    """Return one row of sway per `sensor`: the net centre of both feet first; `unquiet` says why it is no standing."""
    if not in_length(context.infos):
        return NONE
    tracks = [one for one in await tracks_of(context) if len(one.known)]
    return _below(map(_sway, tracks))


def _sway(one: Track) -> pd.DataFrame:
    row = one.measures.reset_index(drop=True)
    return row.assign(sensor=name_of(one.info), unquiet="; ".join(moving(one.measures)))


async def leg_rows(context: Context) -> pd.DataFrame:
    """Return one row where somebody stands on one leg."""
    found = await leg_of(context)
    return NONE if found is None else plain(found)


async def seats_of(context: Context) -> list[Sat]:
    """Return the measures of each seat, mat and saddle."""
    return list(await asyncio.gather(*(sat_of(context, info) for info in sat_on(context))))


async def seat_rows(context: Context) -> pd.DataFrame:
    """Return one row per seat, mat or saddle (`sensor`)."""
    rows = [{"sensor": side(one.info) or one.info.stream.stream, **one.values} for one in await seats_of(context)]
    return pd.DataFrame(rows)


def _below(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other, those without rows left out."""
    there = [plain(one) for one in tables if len(one)]
    for one in there:
        one.attrs = {}
    return pd.concat(there, ignore_index=True) if there else NONE


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of numbers and texts alone: its index a column, moments in µs, without rows of frames."""
    made = table.drop(columns=[one for one in ROWS if one in table]).reset_index()
    made = made.drop(columns=[one for one in ("index", "clock") if one in made])
    for name in list(made):
        if isinstance(made[name].dtype, pd.DatetimeTZDtype):
            there = made[name].notna()
            us = pd.DatetimeIndex(made[name]).as_unit("us").asi8
            made[f"{name}_us"] = us if there.all() else pd.Series(us, dtype="float64").where(there)
            made = made.drop(columns=name)
    made.attrs = {}
    return made
