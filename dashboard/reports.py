"""Reports by address, each with the address of its page after it: /report/<workout> and /compare/report."""

from __future__ import annotations

import time

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.errors import NotFound
from barograph.frames import check_name
from dashboard import comparereport, comparewish, overview, units
from dashboard.context import Context
from dashboard.parts import Parts
from dashboard.report import report
from dashboard.sources import Sources
from dashboard.units import Units
from dashboard.wish import read

HTML = "text/html; charset=utf-8"


def register(app: Quart, sources: Sources) -> None:
    """Add the route to an application."""

    @app.get("/report/<workout_id>")
    async def show_report(workout_id: str) -> ResponseTypes:
        html = await make(sources.parts, workout_id, request.query_string.decode("ascii", "replace"))
        return Response(html, content_type=HTML)

    @app.get("/compare/report")
    async def show_comparison() -> ResponseTypes:
        search = request.query_string.decode("ascii", "replace")
        html = await make_comparison(sources.parts, search, units.read(request.args))
        return Response(html, content_type=HTML)


async def make(parts: Parts, workout_id: str, search: str = "") -> str:
    """The report of the part that an address names; `NotFound` for a session without frames."""
    workout = await parts.archive.workout(check_name("workout_id", workout_id))
    whole = overview.span(workout)
    if whole is None:
        raise NotFound(f"{workout_id}: nothing is stored of it, so there is nothing to report")
    context = Context(parts, workout, whole, read(search, whole.length_s))
    return await report(context, now_us=time.time_ns() // 1000)


async def make_comparison(parts: Parts, search: str, shown: Units | None = None) -> str:
    """The printed comparison of the two sessions that an address names, in the viewer's units."""
    wished = comparewish.read(search)
    return await comparereport.report(parts, wished, shown or Units(), now_us=time.time_ns() // 1000)
