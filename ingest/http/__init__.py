"""The HTTP door: workouts, their frames and tables, and how the process is."""

from __future__ import annotations

from quart import Quart
from quart_schema import QuartSchema

from barograph.ports import Archive, Live
from barograph.settings import Settings
from ingest.http.errors import add_errors
from ingest.http.frames import add_frames
from ingest.http.health import add_health
from ingest.http.workouts import add_workouts
from ingest.metrics import Metrics


def add_http(app: Quart, settings: Settings, archive: Archive, live: Live, metrics: Metrics) -> None:
    """Give the application its routes and JSON errors."""
    QuartSchema(app, openapi_path=None, conversion_preference="pydantic")
    add_workouts(app, settings, archive)
    add_frames(app, archive)
    add_health(app, archive, live, metrics)
    add_errors(app)
