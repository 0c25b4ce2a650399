"""The HTTP door: workouts, their frames, and how the process is."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from quart import Quart, Response, request
from quart_schema import QuartSchema, RequestSchemaValidationError, validate_querystring

from barograph import __version__, states
from barograph.errors import BarographError, InvalidData, NotFound, StorageAway
from barograph.frames import Layout, Stream, check_name
from barograph.ports import Archive, Live, StreamInfo, Workout
from barograph.reading import gaps
from barograph.settings import Settings
from ingest import history
from ingest.messages import Refused, time_us_of
from ingest.sessions import now_us

log = logging.getLogger("barograph.ingest")

PAGE = 100
MOST_FRAMES = 50_000
BINARY = "application/octet-stream"
# A client that stops reading holds three chunks of frames until then.
PAGE_TIMEOUT_S = 600
LONG_FIELDS = ("mask", "cell_area_mm2")

Answer = tuple[dict[str, Any], int]


class NoStream(NotFound):
    """A workout that has no such stream."""

    field = "stream"


def _moment(value: Any) -> int:
    """µs since 1970 of a number or ISO 8601, as in `timestamp`."""
    try:
        number: float | str = float(value)
    except (ValueError, TypeError):  # a parameter that was given twice comes as a list
        number = str(value)
    try:
        t_us = time_us_of(number)
    except Refused as error:
        raise ValueError(f"expected a number or ISO 8601, got {str(value)[:40]!r}") from error
    return 0 if t_us is None else t_us


Moment = Annotated[int | None, BeforeValidator(_moment)]
Name = Annotated[str, BeforeValidator(lambda value: check_name("stream", value))]


class Range(BaseModel):
    """A stream, or the frames of a closed range of its times."""

    stream: Name = "main"
    start: Moment = None
    stop: Moment = None


class FramesQuery(Range):
    """A page of a range."""

    limit: int = Field(1000, ge=1, le=MOST_FRAMES)
    cursor: str | None = None


class WorkoutsQuery(BaseModel):
    """A page of the list of workouts."""

    skip: int = Field(0, ge=0, le=1 << 31)


def add_http(app: Quart, settings: Settings, archive: Archive, live: Live) -> None:
    """Give the application its routes and JSON errors."""
    QuartSchema(app, openapi_path=None, conversion_preference="pydantic")
    _add_workouts(app, settings, archive)
    _add_history(app, archive)
    _add_health(app, archive, live)
    _add_errors(app)


def _add_workouts(app: Quart, settings: Settings, archive: Archive) -> None:
    @app.get("/api/workouts")
    @validate_querystring(WorkoutsQuery)
    async def workouts(query_args: WorkoutsQuery) -> dict[str, Any]:
        """Workouts, newest first; without what is long in their layouts."""
        page = await archive.workouts(limit=PAGE, skip=query_args.skip)
        return {"workouts": [describe(workout, settings.idle_timeout_s, brief=True) for workout in page]}

    @app.get("/api/workouts/<workout_id>")
    async def workout(workout_id: str) -> dict[str, Any]:
        """One workout."""
        return describe(await archive.workout(workout_id), settings.idle_timeout_s)


def _add_history(app: Quart, archive: Archive) -> None:
    @app.get("/api/workouts/<workout_id>/frames")
    @validate_querystring(FramesQuery)
    async def frames(workout_id: str, query_args: FramesQuery) -> Response:
        """A page of frames in the order of reading, each once."""
        asked, after = query_args, history.Place.parse(query_args.cursor) if query_args.cursor else None
        info = await _find(archive, workout_id, asked.stream)
        found = await history.page(
            archive, info, start_us=asked.start, stop_us=asked.stop, limit=asked.limit, after=after
        )
        if request.accept_mimetypes.best_match(["application/json", BINARY]) == BINARY:
            return _streamed(history.as_messages(archive, found), BINARY, found.next_cursor)
        return _streamed(history.as_json(archive, found), "application/json", found.next_cursor)

    @app.get("/api/workouts/<workout_id>/gaps")
    @validate_querystring(Range)
    async def missing(workout_id: str, query_args: Range) -> dict[str, Any]:
        """Numbers that are not stored."""
        info = await _find(archive, workout_id, query_args.stream)
        found = await gaps(archive, info.stream, query_args.start, query_args.stop)
        info = await archive.stream_info(info.stream)  # an epoch may have begun meanwhile
        return {"gaps": [history.describe_gap(gap, info) for gap in found]}


def _add_health(app: Quart, archive: Archive, live: Live) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    async def readyz() -> Answer:
        """Both servers answer; names the part that does not."""
        parts = {"archive": await _state(archive.ping), "live": await _state(live.ping)}
        ready = parts["archive"] == "ready"
        return {"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503


def _add_errors(app: Quart) -> None:
    for kind, answer in (
        (RequestSchemaValidationError, _bad_query),
        (InvalidData, _bad_field),
        (NotFound, _not_found),
        (StorageAway, _away),
    ):
        app.register_error_handler(kind, answer)
    for status, name in (
        (400, "bad_field"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "too_large"),
        (500, "internal"),
    ):
        app.register_error_handler(status, _json_error(status, name))


def _error(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "field": field}}


async def _bad_query(error: RequestSchemaValidationError) -> Answer:
    reason = error.validation_error
    if not isinstance(reason, ValidationError):
        return _error("bad_field", str(reason)), 400
    first = reason.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else None
    said = first["msg"].removeprefix("Value error, ").removeprefix(f"{field}: ")
    return _error("bad_field", f"{field}: {said}", field), 400


async def _bad_field(error: InvalidData) -> Answer:
    return _error("bad_field", str(error), error.field), 400


async def _not_found(error: NotFound) -> Answer:
    return _error("not_found", str(error), getattr(error, "field", "workout_id")), 404


async def _away(error: StorageAway) -> tuple[dict[str, Any], int, dict[str, str]]:
    log.warning("request failed: %s", error)
    return _error("archive_away", str(error)), 503, {"Retry-After": "2"}


def _json_error(status: int, name: str) -> Callable[[Any], Awaitable[Answer]]:
    async def answer(error: Any) -> Answer:
        message = getattr(error, "description", "") if status < 500 else "something went wrong here; the log says what"
        return _error(name, message), status

    return answer


async def _state(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        await ping()
    except BarographError as error:
        return f"away: {error}"
    return "ready"


def _streamed(body: AsyncIterator[bytes], kind: str, next_cursor: str | None) -> Response:
    """An answer piece by piece; one that breaks off after its status is cut, never ended as if it were whole."""
    response = Response(body, content_type=kind)
    response.timeout = PAGE_TIMEOUT_S
    if next_cursor:
        response.headers["Barograph-Next-Cursor"] = next_cursor
    return response


async def _find(archive: Archive, workout_id: str, name: str) -> StreamInfo:
    workout = await archive.workout(workout_id)
    found = {info.stream.stream: info for info in workout.streams}
    if name not in found:
        there = ", ".join(found) or "none"
        raise NoStream(f"stream: {Stream(workout_id, name)} is not stored; streams of this workout: {there}")
    return found[name]


def describe(workout: Workout, idle_timeout_s: float, *, brief: bool = False) -> dict[str, Any]:
    """A workout as the HTTP API gives it; times in µs since 1970."""
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
        "layout": _describe_layout(info.layout, brief) if info.layout else None, "epochs": len(info.epochs),
        "overlap": info.overlap, "clock_suspect": info.clock_suspect, "spool": info.spool,
    }  # fmt: skip


def _describe_layout(layout: Layout, brief: bool) -> dict[str, Any]:
    """A layout; what has one entry a cell is left out of lists."""
    said = layout.to_dict()
    if not brief:
        return said
    return {name: value for name, value in said.items() if name not in LONG_FIELDS or not isinstance(value, list)}
