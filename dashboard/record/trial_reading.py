"""What a trial says in numbers: those that its protocol names, of jumps, of standing or of steps, and its force."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.jumps.force import FORCE, Force, force_of
from barograph.errors import InvalidData
from barograph.protocols import Protocol
from barograph.store.ports import StreamInfo, Workout
from dashboard.drawing import words
from dashboard.drawing.markup import column_term
from dashboard.reading import part_query, session_measures
from dashboard.reading.context import Context
from dashboard.reading.feet import foot
from dashboard.reading.jumps import jumps_of, sensors_of
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts
from dashboard.reading.tracks import tracks_of
from dashboard.results.jump import flight_error_cm
from dashboard.results.jump_trials import FLIGHT, Trials, state_of

MOST_NUMBERS = 4
JUMPS = {"cmj": "cmj", "squat-jump": "squat", "drop-jump": "drop", "hops": "hops"}
SIDES = {"left": "L", "right": "R"}
NOTHING = pd.DataFrame()


@dataclass(frozen=True)
class Number:
    """A number as it is shown; `value` is a text."""

    title: str
    value: str
    unit: str
    note: str = ""

    def plain(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"title": self.title, "value": self.value, "unit": self.unit, "note": self.note}


@dataclass(frozen=True, eq=False)
class TrialReading:
    """The frames of a part as the results need them, and the jumps in it, None where nobody was to jump."""

    context: Context
    protocol: Protocol
    force: Force | None
    jumps: Trials | None

    @property
    def start_us(self) -> int:
        """When the part begins."""
        return self.context.whole.first_us

    @property
    def length_s(self) -> float:
        """Seconds of the part."""
        return self.context.whole.length_s


def jumped(protocol: Protocol) -> bool:
    """Return whether a protocol asks for jumps."""
    return any(one.name == "flight_seen" for one in protocol.criteria)


async def read_trial(
    parts: Parts, workout: Workout, protocol: Protocol, start_us: int, stop_us: int, devices: Collection[str] = ()
) -> TrialReading | None:
    """Return what the frames of a part say; None where there are none. `devices` are the streams that count, or all."""
    span = Span(start_us, max(stop_us, start_us + 1))
    streams = [one for one in workout.streams if (not devices or one.stream.stream in devices) and _there(one, span)]
    if not streams:
        return None
    query = replace(
        part_query.read("", span.length_s), start_s=0.0, stop_s=span.length_s, whole=True, jump=JUMPS.get(protocol.name)
    )
    context = Context(parts, replace(workout, streams=tuple(streams)), span, query)
    sensors = sensors_of(context.infos)
    tables = [await parts.stats(one, span) for one in sensors.infos]
    force = _force(tables)
    found = None
    if jumped(protocol) and force is not None:
        found = Trials(context, sensors, await jumps_of(context, sensors))
    return TrialReading(context, protocol, force, found if found is not None and len(found.rows) else None)


def _there(info: StreamInfo, span: Span) -> bool:
    first, last = info.first_us, info.last_us
    return (
        bool(info.layout) and first is not None and last is not None and first <= span.last_us and last >= span.first_us
    )


def _force(tables: Sequence[pd.DataFrame]) -> Force | None:
    known = [one for one in tables if FORCE in one and len(one)]
    if not known:
        return None
    return force_of(known[0], known[1] if len(known) > 1 else None, None)


async def numbers(reading: TrialReading) -> list[Number]:
    """Return the numbers of a trial, the one that matters most first."""
    if reading.jumps is not None:
        return _of_jumps(reading.jumps)
    if jumped(reading.protocol):
        return []
    stood = await _of_standing(reading)
    steps = [] if stood else await _of_steps(reading)
    return [*stood, *steps, *_of_force(reading)][:MOST_NUMBERS]


def _of_jumps(trials: Trials) -> list[Number]:
    row = trials.rows.loc[[trials.best or 1]].iloc[0]
    found = []
    for one in trials.columns[:MOST_NUMBERS]:
        error = flight_error_cm(trials) if one is FLIGHT and not trials.jumps.rebounds else np.nan
        note = (
            f"± {words.number(error, 1)} cm: a row is {words.number(trials.step_ms())} ms" if np.isfinite(error) else ""
        )
        found.append(Number(one.title, one.number(float(row[one.name])), one.unit, note))
    doubts = state_of(row)
    if found and doubts != "counted":
        found[0] = replace(found[0], note=doubts)
    return found


async def _of_standing(reading: TrialReading) -> list[Number]:
    if not any(one in reading.protocol.measures for one in ("path_mm", "net_cop_x_mm")):
        return []
    try:
        tracks = await tracks_of(reading.context)
    except InvalidData:  # too short to be filtered
        return []
    if not tracks or not len(tracks[0].measures):
        return []
    row = tracks[0].measures.iloc[0]
    return [
        _number(name, float(row[name])) for name in reading.protocol.measures if name in row and np.isfinite(row[name])
    ]


async def _of_steps(reading: TrialReading) -> list[Number]:
    context = reading.context
    tables = await context.tables()
    feet = [foot(info, tables[info.stream.stream], context.query) for info in context.infos]
    try:
        values = await asyncio.to_thread(session_measures.values_of, feet, {})
    except InvalidData:
        return []
    found: list[Number] = []
    for name in ("cadence_spm", *reading.protocol.measures):
        mine = [(where, values[key, where]) for key, where in values if key == name]
        if mine and all(one.title != _title(name) for one in found):
            measure = session_measures.metric(name)
            said = " · ".join(
                f"{SIDES.get(where, '')} {words.number(value[0], measure.digits)}".strip() for where, value in mine
            )
            found.append(Number(measure.title, said, measure.unit))
    return found


def _of_force(reading: TrialReading) -> list[Number]:
    force = reading.force
    if force is None or not len(force.total):
        return []
    found = [Number("Total force", words.number(float(np.mean(force.total))), "N", "mean")]
    if force.feet:
        left, right = (float(np.nanmean(force.feet[side])) for side in ("left", "right"))
        if left + right > 0:
            share = 100.0 * left / (left + right)
            found.append(Number("Left · right", f"{words.number(share)} · {words.number(100 - share)}", "%"))
    return found


def _title(name: str) -> str:
    term = column_term(name)
    return term.title if term else name


def _number(name: str, value: float) -> Number:
    term = column_term(name)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return Number(term.title if term else name, words.number(value, digits), term.unit if term else "")
