"""What a test day shows of results: a trial that has just ended, and what the athlete did last time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from analytics.sessions.trial_quality import Found
from barograph.access.needs import needs
from barograph.errors import Gone, NotFound
from barograph.protocols import Protocol
from barograph.store.ports import Workout
from barograph.store.search import Query
from barograph.store.test_day_rules import at
from barograph.store.test_days import DayPart, Station, TestDay
from barograph.store.trials import Trial
from dashboard.drawing import words
from dashboard.drawing.markup import drawing_box
from dashboard.page.answers import json_text
from dashboard.reading.sources import Sources
from dashboard.reading.trial_quality import LATE_US, found_between, plain
from dashboard.record.ready import checks
from dashboard.record.trial_curve import force_curve
from dashboard.record.trial_reading import Number, TrialReading, numbers, read_trial
from dashboard.routes import session_path

SEARCHED, MOST_BEFORE = 12, 5
NO_FRAMES = "No frame of this trial is stored yet. The curve comes with the first one."
NO_FORCE = "There is no force in N: calibrate the sensors to see the curve."


def register(app: Quart, sources: Sources) -> None:
    """Add the routes to an application."""

    @app.get("/record/days/<day_id>/review")
    @needs("describe", "athlete")
    async def review(day_id: str) -> ResponseTypes:
        day = at(await sources.archive.test_days.one(day_id), now_us())
        return _answer(await reviewed(sources, day, station_of(day, request.args.get("station", ""))))

    @app.get("/record/days/<day_id>/ready")
    @needs("describe", "athlete")
    async def ready(day_id: str) -> ResponseTypes:
        day = at(await sources.archive.test_days.one(day_id), now_us())
        found = await checks(sources, day, station_of(day, request.args.get("station", "")), now_us())
        return _answer({"checks": [one.plain() for one in found]})

    @app.get("/record/days/<day_id>/found")
    @needs("describe", "athlete")
    async def found(day_id: str) -> ResponseTypes:
        day = at(await sources.archive.test_days.one(day_id), now_us())
        station = station_of(day, request.args.get("station", ""))
        return _answer({"found": plain(await found_now(sources, day, station))})

    @app.get("/record/days/<day_id>/last")
    @needs("describe", "athlete")
    async def last(day_id: str) -> ResponseTypes:
        day = await sources.archive.test_days.one(day_id)
        return _answer({"last": await last_time(sources, day, station_of(day, request.args.get("station", "")))})


def _answer(said: dict[str, Any]) -> Response:
    return Response(json_text(said), content_type="application/json")


def station_of(day: TestDay, name: str) -> Station:
    """Return a station of a day, or `NotFound`."""
    found = day.station(name)
    if found is None:
        raise NotFound("station: no such station is in this test day")
    return found


async def reviewed(sources: Sources, day: TestDay, station: Station) -> dict[str, Any]:
    """Return curve and numbers of the trial under review, and the main number of each trial of its step."""
    part = next((one for one in day.parts if one.part == station.part), None)
    if part is None:
        return {"note": NO_FRAMES, "items": [], "numbers": {}}
    reading = await _read(sources, day, part)
    if reading is None:
        return {"note": NO_FRAMES, "items": [], "numbers": {}}
    found = await _found(sources, day, part)
    items = await numbers(reading)
    same = [one for one in day.parts if (one.athlete, one.step) == (part.athlete, part.step)]
    curve = force_curve(reading, found)
    return {
        "title": f"trial {same.index(part) + 1}, vertical force, N" if curve else "",
        "curve": drawing_box(curve, "record-curve") if curve else "",
        "note": "" if curve else NO_FORCE,
        "items": [one.plain() for one in items],
        "numbers": {str(one.part): said for one in same if (said := await _main(sources, day, one))},
    }


async def found_now(sources: Sources, day: TestDay, station: Station) -> list[Found]:
    """Return what is found of each criterion of the trial that runs, or that is under review; nothing before."""
    if station.phase == "review":
        part = next((one for one in day.parts if one.part == station.part), None)
        return await _found(sources, day, part) if part is not None else []
    if station.phase != "running" or not station.workout_id:
        return []
    workout = await sources.archive.workout(station.workout_id)
    protocol = day.protocols[station.protocol].protocol
    return await found_between(
        sources.parts, workout, protocol, station.start_us, now_us(), devices=station.devices, running=True
    )


def now_us() -> int:
    """Return the time."""
    return time.time_ns() // 1000


def _protocol(day: TestDay, name: str) -> Protocol:
    return next(one.protocol for one in day.protocols if one.name == name)


async def _workout(sources: Sources, part: DayPart) -> Workout | None:
    """The workout that the frames of a part are in: that which devices send into, or its copy."""
    for name in dict.fromkeys((part.source, part.workout_id)):
        try:
            found = await sources.archive.workout(name)
        except (NotFound, Gone):
            continue
        return found if name == part.workout_id else await _of(sources, found, part.athlete)
    return None


async def _of(sources: Sources, workout: Workout, athlete: str) -> Workout:
    """What a device sent into a session of nobody, with the mass of whoever was recorded."""
    mass = (await sources.archive.roster.athlete(athlete)).latest("mass_kg")
    return replace(workout, about=replace(workout.about, mass_kg=mass.value if mass else None))


async def _read(sources: Sources, day: TestDay, part: DayPart) -> TrialReading | None:
    workout = await _workout(sources, part)
    if workout is None:
        return None
    protocol = _protocol(day, part.protocol)
    return await read_trial(sources.parts, workout, protocol, part.start_us, part.stop_us, part.devices)


async def _found(sources: Sources, day: TestDay, part: DayPart) -> list[Found]:
    workout = await _workout(sources, part)
    if workout is None:
        return []
    protocol = _protocol(day, part.protocol)
    found = await found_between(sources.parts, workout, protocol, part.start_us, part.stop_us, devices=part.devices)
    return not_yet(found) if now_us() - part.stop_us < LATE_US else found


def not_yet(found: list[Found]) -> list[Found]:
    """Return what is known while frames are still on their way: what is not met may yet be."""
    return [replace(one, met=None) if one.met is False else one for one in found]


async def _main(sources: Sources, day: TestDay, part: DayPart) -> str:
    reading = await _read(sources, day, part)
    return said(await numbers(reading)) if reading is not None else ""


def said(found: list[Number]) -> str:
    """Return the number that matters most with its unit."""
    return f"{found[0].value} {found[0].unit}".strip() if found and found[0].value != "–" else ""


async def last_time(sources: Sources, day: TestDay, station: Station) -> dict[str, Any] | None:
    """Return what the athlete did in this step before this day: the newest session with accepted trials of it."""
    if not station.athlete or not 0 <= station.protocol < len(day.protocols):
        return None
    protocol = day.protocols[station.protocol].protocol
    mine = {one.workout_id for one in day.parts}
    found, _ = await sources.archive.search(Query(athlete_uid=station.athlete), limit=SEARCHED, skip=0)
    for workout in (one for one in found if one.workout_id not in mine):
        trials = [one for one in await sources.archive.trials.of(workout.workout_id) if _alike(one, protocol, station)]
        if trials:
            return await _before(sources, workout, protocol, trials[-MOST_BEFORE:])
    return None


def _alike(trial: Trial, protocol: Protocol, station: Station) -> bool:
    step = (protocol.name, station.condition, station.side)
    return trial.step == step and trial.state in ("accepted", "repeated")


async def _before(sources: Sources, workout: Workout, protocol: Protocol, trials: list[Trial]) -> dict[str, Any] | None:
    readings = [await read_trial(sources.parts, workout, protocol, one.start_us, one.stop_us) for one in trials]
    rows = [await numbers(one) for one in readings if one is not None]
    newest = next((one for one in reversed(rows) if one), None)
    if newest is None:
        return None
    n = len(trials)
    first = [_value(row[0].value) for row in rows if row and row[0].title == newest[0].title]
    items = [one.plain() for one in newest[:3]]
    items[0]["note"] = _spread(first) or items[0]["note"]
    return {
        "date": f"{words.date(trials[-1].start_us)}, {words.plural(n, 'accepted trial')}, the newest shown",
        "href": session_path(workout.workout_id), "items": items,
        "note": "",
    }  # fmt: skip


def _value(text: str) -> float:
    try:
        return float(text.replace("−", "-").replace(words.THIN, ""))
    except ValueError:
        return np.nan


def _spread(values: list[float]) -> str:
    known = np.array([one for one in values if np.isfinite(one)])
    if len(known) < 2 or not known.mean():
        return ""
    cv_pct = 100.0 * float(known.std(ddof=1)) / abs(float(known.mean()))
    return f"best of {len(known)}: {words.number(float(known.max()), 1)}, CV {words.number(cv_pct, 1)} %"
