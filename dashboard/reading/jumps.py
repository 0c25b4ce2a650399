"""The jumps of a selected part: those of the kind that was done, and the force around each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import drop_jumps, hops, jumps
from analytics.base.times import table_us
from analytics.jumps.flights import FLIGHT_N
from analytics.jumps.force import FORCE, force_of
from barograph.frames import Floats
from barograph.store.ports import StreamInfo
from barograph.store.trials import Trial
from dashboard.reading.context import Context
from dashboard.reading.part_query import PartQuery
from dashboard.reading.parts import key, layout_of
from dashboard.reading.sides import SIDES, side

BEFORE_S, AFTER_S = 3.0, 2.5
LEAST_HOPS = 3
MOST_TRACES = 200
STOOD_ON = ("insole", "plate", "mat")
NO_FORCE = "No force in N: calibrate the sensors first. Counts and pressures have no body weight."
ONE_FOOT = "One insole feels one foot. Jumps need the force of both, or of a plate."
ONE_PLATE = "One plate does not tell left from right."
NO_SIDES = "Which of the two plates is left is not said."


@dataclass(frozen=True, eq=False)
class Trace:
    """The force around a jump: seconds after take-off (k,), the total (k,) in N, and each foot's."""

    s: Floats
    total: Floats
    feet: Mapping[str, Floats]


@dataclass(frozen=True)
class Sensors:
    """What jumps are measured with: one plate, or two feet or plates; `why` says why there are no sides, or nothing."""

    infos: tuple[StreamInfo, ...]
    why: str = ""

    @property
    def sided(self) -> bool:
        """Whether left and right are known."""
        return len(self.infos) == 2 and not self.why

    @property
    def insoles(self) -> bool:
        """Whether shoes are in it, whose impulse is the less certain."""
        return any(layout_of(info).kind == "insole" for info in self.infos)


@dataclass(frozen=True, eq=False)
class Jumps:
    """One table of `analytics.jumps` (`kind` cmj or squat), `drop_jumps` or `hops`, and a trace of each row."""

    kind: str
    table: pd.DataFrame
    traces: tuple[Trace, ...]

    @property
    def rebounds(self) -> bool:
        """Whether its rows are contacts with a flight after them."""
        return self.kind in ("drop", "hops")


def sensors_of(infos: Sequence[StreamInfo]) -> Sensors:
    """Return what jumps can be measured with, or why with nothing."""
    stood_on = [info for info in infos if layout_of(info).kind in STOOD_ON]
    forces = [info for info in stood_on if FORCE in info.columns]
    sides = {side(info): info for info in forces if side(info)}
    if len(sides) == 2:
        return Sensors(tuple(sides[one] for one in SIDES))
    plates = [info for info in forces if layout_of(info).kind != "insole"]
    if len(plates) == 2:
        return Sensors(tuple(plates), NO_SIDES)
    if plates:
        return Sensors((plates[0],), ONE_PLATE)
    return Sensors((), ONE_FOOT if forces else NO_FORCE)


async def jumps_of(context: Context, sensors: Sensors) -> Jumps:
    """Return the jumps of the selection by the limits of the address, made once."""
    part, query = context.part, context.query
    marks = [one for info in sensors.infos for one in key(info, part)]
    name = ("jumps", *marks, query.p0, query.jump, query.flight, query.weight)

    async def make() -> Jumps:
        tables = await asyncio.gather(*(context.parts.stats(info, part, query.p0) for info in sensors.infos))
        return await asyncio.to_thread(_found, list(tables), query)

    found: Jumps = await context.parts.cache.get(name, make)
    return found


def _found(tables: Sequence[pd.DataFrame], query: PartQuery) -> Jumps:
    asked = {"flight_n": query.flight or FLIGHT_N, "body_weight_n": query.weight}
    made = _of_kind(tables, query.jump, asked) if query.jump else _of_any_kind(tables, asked)
    kind, table = made
    if "peak_force_n" in table:
        weight = table["body_weight_n"]
        table = table.assign(peak_bw=table["peak_force_n"] / weight, landing_bw=table["peak_landing_force_n"] / weight)
        table.attrs = made[1].attrs
    return Jumps(kind, table, _traces(tables, table))


def _of_kind(tables: Sequence[pd.DataFrame], kind: str, asked: Mapping[str, Any]) -> tuple[str, pd.DataFrame]:
    if kind == "drop":
        return kind, drop_jumps(*tables, **asked)
    if kind == "hops":
        return kind, hops(*tables, **asked)
    return kind, jumps(*tables, kind="squat" if kind == "squat" else "cmj", **asked)


def _of_any_kind(tables: Sequence[pd.DataFrame], asked: Mapping[str, Any]) -> tuple[str, pd.DataFrame]:
    """The kind that most flights belong to: a drop jump's and a hop's are flights of jumps too."""
    flown = jumps(*tables, **asked)
    if not len(flown):
        return "cmj", flown
    dropped, hopped = drop_jumps(*tables, **asked), hops(*tables, **asked)
    if 2 * len(dropped) >= len(flown):
        return "drop", dropped
    if len(hopped) >= LEAST_HOPS and 2 * len(hopped) >= len(flown):
        return "hops", hopped
    return "cmj", flown


def _traces(tables: Sequence[pd.DataFrame], table: pd.DataFrame) -> tuple[Trace, ...]:
    if not len(table):
        return ()
    force = force_of(tables[0], tables[1] if len(tables) > 1 else None, None)
    takeoffs = table_us(table.set_index("takeoff"))[:MOST_TRACES]
    us = force.times.us
    rows = [np.flatnonzero((us >= at - BEFORE_S * 1e6) & (us <= at + AFTER_S * 1e6)) for at in takeoffs]
    return tuple(
        Trace((us[there] - at) / 1e6, force.total[there], {name: foot[there] for name, foot in force.feet.items()})
        for at, there in zip(takeoffs, rows, strict=True)
    )


def trials_at(rows: pd.DataFrame, stored: Sequence[Trial]) -> dict[int, Trial]:
    """Return the stored trial that each jump's take-off lies in, by the jump's number from 1; of several the newest."""
    takeoffs = table_us(rows.set_index("takeoff")).tolist()
    return {number: one for number, at in enumerate(takeoffs, 1) for one in stored if one.start_us <= at <= one.stop_us}


def after_takeoff(row: pd.Series, name: str) -> float:
    """Return a moment of a jump in seconds after its take-off; NaN where it is not known."""
    return (
        float((row[name] - row["takeoff"]) / pd.Timedelta(seconds=1)) if name in row and pd.notna(row[name]) else np.nan
    )


__all__ = ["FLIGHT_N", "Jumps", "Sensors", "Trace", "after_takeoff", "jumps_of", "sensors_of", "trials_at"]
