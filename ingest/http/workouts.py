"""Workouts: who, when, and what there is of them."""

from __future__ import annotations

from typing import Any

from quart import Quart
from quart_schema import validate_querystring

from barograph import states
from barograph.frames import Layout
from barograph.ports import Archive, StreamInfo, Workout
from barograph.settings import Settings
from ingest.clock import now_us
from ingest.http.queries import WorkoutsQuery

PAGE = 100
LONG_FIELDS = ("mask", "cell_area_mm2")


def add_workouts(app: Quart, settings: Settings, archive: Archive) -> None:
    """Give the application its routes for workouts."""

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
