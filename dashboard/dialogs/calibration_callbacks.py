"""What the buttons of the dialog of a calibration do: look, keep, undo, check."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

import msgspec
from dash import ALL, Input, Output, State, ctx, no_update
from msgspec import Meta

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.errors import AccessDenied, BarographError, InvalidData, NotFound, StorageAway
from barograph.store import calibration
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.ports import Workout
from dashboard.dialogs import calibration_forms as forms
from dashboard.dialogs import plate_ways
from dashboard.dialogs.calibration_ways import FIELDS, MOST_OWN, MOST_VALUES, WAYS, Calibrating, Fields, Way, given
from dashboard.page.typed_callbacks import Callbacks, Clicks, Name, Text, decoded
from dashboard.reading import overview
from dashboard.reading.part_query import read
from dashboard.reading.sources import Sources

AWAY = "The archive does not answer. Nothing was changed; try again in a moment."
DENIED = "You may look at this session, and not change it. Ask a scientist of its team."


class Session(TypedDict):
    """The session of the dialog, its streams, and the part that is selected on the page."""

    workout: Name
    piece: Text
    part: Annotated[list[float], Meta(min_length=2, max_length=2)]
    streams: Annotated[list[Name], Meta(min_length=1, max_length=300)]
    stance: Annotated[list[float | None], Meta(min_length=2, max_length=2)]


class Looked(TypedDict):
    """What was looked at, and is kept as it was then."""

    way: Way
    fields: Fields


class _FieldId(msgspec.Struct):
    type: str
    name: Text


class _ActId(msgspec.Struct):
    type: str
    name: Text


Values = Annotated[list[float | Annotated[str, Meta(max_length=MOST_OWN)] | None], Meta(max_length=MOST_VALUES)]


async def shown(sources: Sources, found: list[Workout], search: str, way: Way | None = None) -> tuple[str, list[Any]]:
    """Build the dialog of a session; `way` is one that is chosen already."""
    workout = found[0]
    whole = overview.span(workout, overview.piece_of(search))
    work = Calibrating(sources.archive, workout, whole or overview.Span(0, 0))
    if whole is None or not work.infos:
        return "Calibration", ["Nothing was recorded in this session."]
    query = read(search, whole.length_s)
    part = (query.start_s, query.stop_s)
    session = {"workout": workout.workout_id, "piece": overview.piece_of(search)}
    stance = (query.width, query.toe)
    known = await records(sources, workout)
    return "Calibration", forms.dialog(session, work.infos, part, known, actor().uid, stance, way)


async def geometry(sources: Sources, found: list[Workout], search: str) -> tuple[str, list[Any]]:
    """Build the same dialog where a geometry is to be chosen."""
    return await shown(sources, found, search, "geometry")


async def plates(sources: Sources, found: list[Workout], search: str) -> tuple[str, list[Any]]:
    """Return the same dialog where it is to be said how plates lie."""
    return await shown(sources, found, search, "plates")


async def records(sources: Sources, workout: Workout) -> list[tuple[str, CalibrationRecord]]:
    """Return the records of all streams of a session."""
    return [
        (info.stream.stream, one)
        for info in workout.streams
        if info.layout
        for one in await sources.archive.calibrations(info.stream)
    ]


async def keep(sources: Sources, work: Calibrating, looked: Looked) -> None:
    """Give the streams what was looked at, which is worked out once more."""
    for one in await work.by(looked["way"], looked["fields"]):
        if looked["way"] == "plates" and one.after == one.before:
            continue  # a plate that stays where it was has no new record
        await calibration.calibrate(sources.archive, one.stream, _who(), one.made, **one.changes)


async def take_back(sources: Sources, work: Calibrating, stream: str) -> None:
    """Take back the newest calibration of a stream."""
    for info in work.infos:
        if info.stream.stream == stream:
            await calibration.undo(sources.archive, info.stream, _who())
            return
    raise NotFound(f"no stream {stream!r} is stored")


async def check(work: Calibrating, fields: Fields) -> list[Any]:
    """Build the list of cells that show a load without one."""
    cells, layout, said = await work.loaded(fields)
    level = given(fields, "level")
    return forms.loaded(cells, layout, said, layout.loaded_above if level is None else level)


async def _calibrating(sources: Sources, session: Session) -> Calibrating:
    workout = await sources.archive.workout(session["workout"])
    if (whole := overview.span(workout, session["piece"])) is None:
        raise NotFound(f"{session['workout']}: nothing is stored of it")
    return Calibrating(sources.archive, workout, whole)


def _who() -> str:
    who = actor()
    return who.uid if who.kind in ("user", "token") else ""


def _fields(ids: Sequence[_FieldId], values: Sequence[object], way: Way) -> Fields:
    if len(ids) != len(values):
        raise InvalidData(f"calibrate-field: expected {len(ids)} values, got {len(values)}", field="calibrate-field")
    given_now = {one.name: value for one, value in zip(ids, values, strict=True)}
    if way == "plates":
        return decoded("calibrate-field", {"plates": plate_ways.read(given_now)}, Fields)
    known = {name: value for name, value in given_now.items() if name in FIELDS[way]}
    return decoded("calibrate-field", {name: value for name, value in known.items() if value is not None}, Fields)


async def acted(sources: Sources, act: str, session: Session, way: Way, fields: Fields, looked: Looked | None) -> Any:
    """Do what a button says: the result to show, what was looked at, and the moment when something changed."""
    try:
        work = await _calibrating(sources, session)
        if act == "look":
            found = await work.by(way, fields)
            return forms.result(found, work.infos), {"way": way, "fields": fields}, no_update
        if act == "check":
            return await check(work, fields), None, no_update
        if act == "keep" and looked is not None:
            await keep(sources, work, looked)
            return ["Kept."], None, time.time_ns()
        if act.startswith("undo "):
            await take_back(sources, work, act.removeprefix("undo "))
            return ["Undone."], None, time.time_ns()
        return [], None, no_update
    except StorageAway:
        return [AWAY], None, no_update
    except AccessDenied:
        return [DENIED], None, no_update
    except BarographError as error:
        return [f"{error}. Nothing was changed."], None, no_update


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the dialog to an application."""

    @app.callback(
        Output("calibrate-fields", "children"), Input("calibrate-way", "value"), State("calibrate-session", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def choose(way: Way | None, session: Session | None) -> Any:
        if way is None or session is None:
            return no_update
        first, last = session["part"]
        width, toe_out = session["stance"]
        try:
            infos = (await _calibrating(sources, session)).infos
        except StorageAway:
            return [AWAY]
        except NotFound as error:
            return [str(error)]
        return forms.fields(way, infos, (first, last), (width, toe_out))

    @app.callback(
        Output("calibrate-result", "children"), Output("calibrate-looked", "data"),
        Output("again", "data", allow_duplicate=True), Output("modal", "opened", allow_duplicate=True),
        Input({"type": "calibrate-act", "name": ALL}, "n_clicks"), State("calibrate-session", "data"),
        State("calibrate-way", "value"), State({"type": "calibrate-field", "name": ALL}, "value"),
        State({"type": "calibrate-field", "name": ALL}, "id"), State("calibrate-looked", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def press(
        clicks: Clicks,
        session: Session | None,
        way: Way | None,
        values: Values,
        ids: list[_FieldId],
        looked: Looked | None,
    ) -> tuple[Any, Any, Any, Any]:
        pressed = ctx.triggered[0]["value"] if ctx.triggered else None
        if not any(clicks) or not pressed or session is None or way not in WAYS or not ctx.triggered_id:
            return (no_update,) * 4
        act = decoded("calibrate-act", ctx.triggered_id, _ActId).name
        said, looked_at, again = await acted(sources, act, session, way, _fields(ids, values, way), looked)
        return said, looked_at, again, no_update if again is no_update else False
