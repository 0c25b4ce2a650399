"""How the process is: alive, ready, and in numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, Response

from barograph import __version__
from barograph.errors import BarographError
from barograph.ports import Archive, Live
from ingest.http.errors import Answer
from ingest.metrics import CONTENT_TYPE, Metrics


def add_health(app: Quart, archive: Archive, live: Live, metrics: Metrics) -> None:
    """Give the application its routes for whoever watches over it."""

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

    @app.get("/metrics")
    async def scrape() -> Response:
        """Counters, gauges and histograms, as Prometheus reads them."""
        return Response(metrics.text(), content_type=CONTENT_TYPE)


async def _state(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        await ping()
    except BarographError as error:
        return f"away: {error}"
    return "ready"
