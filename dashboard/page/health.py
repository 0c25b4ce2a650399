"""How the process is, for whoever watches over it: alive, and ready; open to all, within a second."""

from __future__ import annotations

from quart import Quart, Response, request

from barograph.access.needs import needs
from barograph.access.principals import Access
from barograph.store.ports import Archive, Live
from barograph.web.entries import Entry, entry_of
from barograph.web.readiness import READY, Readiness, in_a_word
from dashboard.page.answers import json_text


def register(app: Quart, archive: Archive, live: Live, access: Access) -> None:
    """Give the application `/healthz` and `/readyz`."""
    readiness = Readiness({"archive": archive, "live": live, "cold": archive.cold})
    app.after_serving(readiness.close)

    @app.get("/healthz")
    @needs("open")
    async def healthz() -> Response:
        """The process answers."""
        return _json({"status": "ok"}, 200)

    @app.get("/readyz")
    @needs("open")
    async def readyz() -> Response:
        """Whether pages can be made; without the live feed, or cold storage, others can."""
        parts = await readiness.states()
        ready = parts["archive"] == READY
        here = entry_of(request) is Entry.MACHINE and access.host_allowed(request)
        said = {"status": READY if ready else "not ready", **(parts if here else in_a_word(parts))}
        return _json(said, 200 if ready else 503)


def _json(said: dict[str, str], status: int) -> Response:
    return Response(json_text(said), status=status, content_type="application/json")
