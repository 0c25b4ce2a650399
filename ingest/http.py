"""The HTTP door: workouts, their frames, and how the process is."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, request

from barograph import __version__, states
from barograph.errors import BarographError, NotFound
from barograph.ports import Archive, Live, StreamInfo, Workout
from barograph.settings import Settings
from ingest.sessions import now_us

log = logging.getLogger("barograph.ingest")

PAGE = 100


def add_http(app: Quart, settings: Settings, archive: Archive, live: Live) -> None:
    """Give the application its routes and JSON errors."""
    @app.get("/api/workouts")
    async def workouts() -> dict[str, Any]:
        """Workouts, newest first."""
        page = await archive.workouts(limit=PAGE, skip=request.args.get("skip", 0, int))
        return {"workouts": [describe(workout, settings.idle_timeout_s) for workout in page]}

    @app.get("/api/workouts/<workout_id>")
    async def workout(workout_id: str) -> dict[str, Any]:
        """One workout."""
        return describe(await archive.workout(workout_id), settings.idle_timeout_s)

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    async def readyz() -> tuple[dict[str, Any], int]:
        """Both servers answer; names the part that does not."""
        parts = {"archive": await _state(archive.ping), "live": await _state(live.ping)}
        ready = parts["archive"] == "ready"
        return {"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503

    @app.errorhandler(NotFound)
    async def not_found(error: NotFound) -> tuple[dict[str, Any], int]:
        return {"error": {"code": "not_found", "message": str(error)}}, 404

    @app.errorhandler(BarographError)
    async def failed(error: BarographError) -> tuple[dict[str, Any], int]:
        log.warning("request failed: %s", error)
        return {"error": {"code": "archive_away", "message": str(error)}}, 503

    for code, name in (
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "too_large"),
        (500, "internal"),
    ):
        app.register_error_handler(code, _json_error(code, name))


def _json_error(status: int, name: str) -> Callable[[Any], Awaitable[tuple[dict[str, Any], int]]]:
    async def answer(error: Any) -> tuple[dict[str, Any], int]:
        message = getattr(error, "description", "") if status < 500 else "something went wrong here; the log says what"
        return {"error": {"code": name, "message": message}}, status

    return answer


async def _state(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        await ping()
    except BarographError as error:
        return f"away: {error}"
    return "ready"


def describe(workout: Workout, idle_timeout_s: float) -> dict[str, Any]:
    """A workout as the HTTP API gives it; times in µs since 1970 and ISO 8601."""
    about = workout.about
    return {
        "workout_id": workout.workout_id, "state": states.state(workout, now_us(), idle_timeout_s),
        "frame_count": workout.frames, "created_us": workout.created_us, "athlete": about.athlete, "kind": about.kind,
        "mass_kg": about.mass_kg, "tags": list(about.tags),
        "streams": [_describe_stream(info) for info in workout.streams],
    }  # fmt: skip


def _describe_stream(info: StreamInfo) -> dict[str, Any]:
    return {
        "stream": info.stream.stream, "frame_count": info.frames, "first_us": info.first_us, "last_us": info.last_us,
        "layout": info.layout.to_dict() if info.layout else None, "epochs": len(info.epochs),
    }  # fmt: skip
