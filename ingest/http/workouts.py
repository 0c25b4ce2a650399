"""Workouts: who, when, and what there is of them; their annotations."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel
from quart import Quart, Response, g, request
from quart_schema import RequestSchemaValidationError, validate_querystring
from quart_schema.conversion import model_load

from barograph.access.guarded import require
from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.frames import Layout, check_new_name
from barograph.settings import Settings
from barograph.store import states
from barograph.store.accounts import Device
from barograph.store.erasing import erase
from barograph.store.ports import About, Archive, StreamInfo, Workout
from barograph.web.bodies import SMALL_BYTES, whole
from ingest import messages as m
from ingest.clock import now_us
from ingest.http.answers import (
    DeletedAnswer,
    MarkerAnswer,
    MarkersAnswer,
    NewMarker,
    NewWorkout,
    WorkoutAnswer,
    WorkoutsAnswer,
    WorkoutWithSeries,
)
from ingest.http.errors import Exists
from ingest.http.operations import operation
from ingest.http.posted import require_json
from ingest.http.queries import WorkoutQuery, WorkoutsQuery
from ingest.http.timeseries import with_series
from ingest.messages import Refused
from ingest.sessions import Ingest

PAGE = 100
LONG_FIELDS = ("mask", "cell_area_mm2")
WORKOUT = "/api/workouts/<workout_id>"
MARKERS = f"{WORKOUT}/markers"

Model = TypeVar("Model", bound=BaseModel)
_decoder = msgspec.json.Decoder(dict[str, Any])


def add_workouts(app: Quart, settings: Settings, archive: Archive, ingest: Ingest) -> None:
    """Give the application its routes for workouts."""

    @app.get("/api/workouts")
    @needs("read")
    @operation("Workouts", WorkoutsAnswer)
    @validate_querystring(WorkoutsQuery)
    async def workouts(query_args: WorkoutsQuery) -> dict[str, Any]:
        """Workouts, newest first, 100 at a time; without what is long in their layouts."""
        page = await archive.workouts(limit=PAGE, skip=query_args.skip)
        return {"workouts": [describe(workout, settings.idle_timeout_s, brief=True) for workout in page]}

    @app.post("/api/workouts")
    @needs("import")
    @operation("Workouts", WorkoutAnswer, status=201, takes=NewWorkout, errors=(409, 507))
    async def new_workout() -> tuple[dict[str, Any], int, dict[str, str]]:
        """Make a workout, also of a name that was erased. Frames make one too, so that nobody has to ask first."""
        asked = load(NewWorkout, await read_object())
        if ingest.streams.full:
            raise Refused("storage_full", "the disk of the archive is nearly full; no new workout", retry_after_s=30.0)
        made = await _make(archive, asked)
        return describe(made, settings.idle_timeout_s), 201, {"Location": f"/api/workouts/{made.workout_id}"}

    @app.get(WORKOUT)
    @needs("read")
    @operation("Workouts", WorkoutWithSeries, errors=(404,))
    @validate_querystring(WorkoutQuery)
    async def workout(workout_id: str, query_args: WorkoutQuery) -> dict[str, Any] | Response:
        """One workout, with the whole layouts of its streams.

        With `include=timeSeriesData` it comes with the final series of a stream, exactly as it was sent, part by part;
        without one, with the frames that are stored.
        """
        found = await archive.workout(workout_id)
        said = describe(found, settings.idle_timeout_s)
        if query_args.include is None:
            return said
        await require(archive, "export", workout_id)  # its frames are raw data
        return await with_series(archive, found, said, query_args)

    @app.delete(WORKOUT)
    @needs("erase")
    @operation("Workouts", DeletedAnswer, errors=(404,))
    async def delete_workout(workout_id: str) -> dict[str, Any]:
        """Erase a workout and all that belongs to it, for good: devices that still send to it are refused as `gone`.

        One that was interrupted goes on when it is done again. POST makes a new workout of the same name.
        """
        return {"workout_id": workout_id, "deleted": True, "receipt_id": await _erased(archive, ingest, workout_id)}


async def _erased(archive: Archive, ingest: Ingest, workout_id: str) -> str | None:
    """Erase a workout, and return the number of the receipt; `NotFound` without one."""
    uid = (await archive.uids([workout_id])).get(workout_id, "")
    if not await erase(archive, ingest.publisher.live, workout_id):
        raise NotFound(f"{workout_id}: no such workout is stored")
    ingest.erasures.workout(workout_id)
    receipt = await archive.receipts.of_session(uid)
    return receipt.uid if receipt else None


def add_markers(app: Quart, archive: Archive, ingest: Ingest) -> None:
    """Give the application its routes for annotations."""

    @app.get(MARKERS)
    @needs("read")
    @operation("Markers", MarkersAnswer, errors=(404,))
    async def markers(workout_id: str) -> dict[str, Any]:
        """Annotations in order of time."""
        await archive.workout(workout_id)
        return {"markers": [_marker(each.t_us, each.label) for each in await archive.markers(workout_id)]}

    @app.post(MARKERS)
    @needs("describe", "marker")
    @operation("Markers", MarkerAnswer, status=201, takes=NewMarker, errors=(404, 410))
    async def new_marker(workout_id: str) -> tuple[dict[str, Any], int]:
        """Annotate a moment, now if none is given; the same one twice is one."""
        asked = load(NewMarker, await read_object())
        found = await archive.workout(workout_id)
        device: Device | None = g.entrant.device
        if device is not None and not any(one.stream.stream in device.streams for one in found.streams):
            raise NotFound(f"{workout_id}: no such workout is stored")
        made = await ingest.mark(m.MarkerMessage(workout_id=workout_id, label=asked.label, timestamp=asked.timestamp))
        return _marker(made.t_us, made.label), 201


def _marker(t_us: int, label: str) -> dict[str, Any]:
    return {"label": label, "timestamp": t_us / 1000, "t_us": t_us}


async def read_object() -> dict[str, Any]:
    """Return the JSON object in the body of the current request."""
    require_json(request)
    return m.decode(await whole(request, SMALL_BYTES), _decoder)


def load(kind: type[Model], fields: Mapping[str, Any]) -> Model:
    """Return the fields of a body as their type, or an error that names the field."""
    return model_load(dict(fields), kind, RequestSchemaValidationError, preference="pydantic")


async def _make(archive: Archive, asked: NewWorkout) -> Workout:
    about = About(asked.athlete, asked.kind, asked.mass_kg, tuple(asked.tags))
    if asked.workout_id is None:
        return await archive.note(f"workout-{uuid.uuid4().hex[:12]}", now_us=now_us(), about=about)
    made_us = now_us()
    made = await archive.note(check_new_name("workout_id", asked.workout_id), now_us=made_us, renew=True)
    if made.created_us != made_us or made.streams:
        raise Exists(f"workout_id: {asked.workout_id} is there already; PUT changes what is said of it")
    return await archive.describe(asked.workout_id, about)


def describe(workout: Workout, idle_timeout_s: float, *, brief: bool = False) -> dict[str, Any]:
    """Return a workout as the HTTP API gives it; times in µs since 1970."""
    about = workout.about
    return {
        "workout_id": workout.workout_id, "state": states.state(workout, now_us(), idle_timeout_s),
        "frame_count": workout.frames, "created_us": workout.created_us, "athlete": about.athlete, "kind": about.kind,
        "mass_kg": about.mass_kg, "tags": list(about.tags),
        "streams": [_describe_stream(info, brief) for info in workout.streams],
    }  # fmt: skip


def _describe_stream(info: StreamInfo, brief: bool) -> dict[str, Any]:
    return {
        "stream": info.stream.stream, "frame_count": info.frames, "first_us": info.first_us, "last_us": info.last_us,
        "layout": _describe_layout(info.layout, brief) if info.layout else None,
        "loaded_above": info.layout.loaded_above if info.layout else None, "epochs": len(info.epochs),
        "overlap": info.overlap, "clock_suspect": info.clock_suspect, "clock_relative": info.clock_relative,
        "spool": info.spool, "date_unknown": info.date_unknown,
    }  # fmt: skip


def _describe_layout(layout: Layout, brief: bool) -> dict[str, Any]:
    """A layout; what has one entry per cell is left out of lists."""
    said = layout.to_dict()
    if not brief:
        return said
    return {name: value for name, value in said.items() if name not in LONG_FIELDS or not isinstance(value, list)}
