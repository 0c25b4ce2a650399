"""How the process is: alive, ready, and in numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, Response

from barograph import __version__
from barograph.access.needs import needs
from barograph.errors import BarographError
from barograph.store.ports import Archive, Live
from ingest.http.answers import HealthAnswer, ReadyAnswer
from ingest.http.operations import operation
from ingest.metrics import CONTENT_TYPE, Metrics
from ingest.sessions import Ingest

READY = "ready"


def add_health(app: Quart, archive: Archive, live: Live, ingest: Ingest, metrics: Metrics) -> None:
    """Give the application its routes for whoever watches over it."""

    @app.get("/healthz")
    @needs("known")
    @operation("Health", HealthAnswer)
    async def healthz() -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    @needs("known")
    @operation("Health", ReadyAnswer)
    async def readyz() -> tuple[dict[str, Any], int]:
        """Whether frames can be stored; names the parts, and what is wrong with each.

        Without the archive it is not ready. Without the live feed nothing is lost; with a full disk the streams that
        run go on, and no new one is taken.
        """
        parts = {"archive": await _state(archive.ping), "live": await _state(live.ping), "disk": _disk(ingest)}
        ready = parts["archive"] == READY
        return {"status": READY if ready else "not ready", **parts}, 200 if ready else 503

    @app.get("/metrics")
    @needs("known")
    @operation("Health", None, also_gives=("text/plain",))
    async def scrape() -> Response:
        """Counters, gauges and histograms, as Prometheus reads them."""
        return Response(metrics.text(), content_type=CONTENT_TYPE)


async def _state(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        await ping()
    except BarographError as error:
        return f"away: {error}"
    return READY


def _disk(ingest: Ingest) -> str:
    if not ingest.streams.full:
        return READY
    return f"nearly full: {int(ingest.streams.free_bytes) >> 20} MiB free; no new session is taken"
