"""How the process is: alive, ready, and in numbers."""

from __future__ import annotations

from typing import Any

from quart import Quart, Response, g

from barograph import __version__
from barograph.access.needs import needs
from barograph.store.ports import Archive, Live
from barograph.web.exposition import CONTENT_TYPE
from barograph.web.readiness import READY, Readiness, in_a_word
from ingest.http.answers import HealthAnswer, ReadyAnswer
from ingest.http.operations import operation
from ingest.metrics import Metrics
from ingest.sessions import Ingest


def add_health(app: Quart, archive: Archive, live: Live, ingest: Ingest, metrics: Metrics) -> None:
    """Give the application its routes for whoever watches over it."""
    readiness = Readiness({"archive": archive, "live": live, "cold": archive.cold})
    app.after_serving(readiness.close)

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
        """Whether frames can be stored; names the parts, and what is wrong with each; within a second.

        Without the archive it is not ready. Without the live feed nothing is lost; without cold storage archived
        sessions cannot be read, and all else goes on; with a full disk the streams that run go on, and no new one is
        taken. Whoever has not shown who they are hears no reasons.
        """
        parts = await readiness.states() | {"disk": _disk(ingest)}
        ready = parts["archive"] == READY
        if not (g.entrant.local or g.entrant.part):
            parts = in_a_word(parts)
        return {"status": READY if ready else "not ready", **parts}, 200 if ready else 503

    @app.get("/metrics")
    @needs("known")
    @operation("Health", None, also_gives=("text/plain",))
    async def scrape() -> Response:
        """Counters, gauges and histograms, as Prometheus reads them."""
        return Response(metrics.text(), content_type=CONTENT_TYPE)


def _disk(ingest: Ingest) -> str:
    if not ingest.streams.full:
        return READY
    return f"nearly full: {int(ingest.streams.free_bytes) >> 20} MiB free; no new session is taken"
