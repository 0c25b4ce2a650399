"""Reports by address, each with the address of its page after it: /report/<workout> and /compare/report."""

from __future__ import annotations

import time
from collections.abc import Awaitable

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.errors import InvalidData, NotFound, StorageAway
from barograph.frames import check_name
from dashboard import comparereport, comparewish, overview, units
from dashboard.context import Context
from dashboard.databounds import problems_of
from dashboard.markup import say, tag
from dashboard.moments import STATUS
from dashboard.parts import Parts
from dashboard.report import document, report
from dashboard.sources import Sources
from dashboard.units import Units
from dashboard.wish import read

HTML = "text/html; charset=utf-8"


def register(app: Quart, sources: Sources) -> None:
    """Add the route to an application."""

    @app.get("/report/<workout_id>")
    async def show_report(workout_id: str) -> ResponseTypes:
        return await _page(make(sources.parts, workout_id, request.query_string.decode("ascii", "replace")))

    @app.get("/compare/report")
    async def show_comparison() -> ResponseTypes:
        search = request.query_string.decode("ascii", "replace")
        return await _page(make_comparison(sources.parts, search, units.read(request.args)))


async def _page(made: Awaitable[str]) -> Response:
    """The document, or a page that says why there is none: whoever opens a report is a person."""
    try:
        return Response(await made, content_type=HTML)
    except (NotFound, InvalidData, StorageAway) as error:
        why = tag("p", say(str(error)), class_="warning")
        back = tag("p", tag("a", "All sessions", href="/"))
        html = document("No report", tag("h1", "There is no report here") + why + back)
        status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
        return Response(html, status=status, content_type=HTML)


async def make(parts: Parts, workout_id: str, search: str = "") -> str:
    """The report of the part that an address names; `NotFound` for a session without frames."""
    workout = await parts.archive.workout(check_name("workout_id", workout_id))
    whole = overview.span(workout, overview.piece_of(search))
    if whole is None:
        raise NotFound(f"{workout_id}: nothing is stored of it, so there is nothing to report")
    context = Context(parts, workout, whole, read(search, whole.length_s), units.of_address(search))
    if problems := await problems_of(context):
        raise InvalidData("; ".join(problems))
    return await report(context, now_us=time.time_ns() // 1000)


async def make_comparison(parts: Parts, search: str, shown: Units | None = None) -> str:
    """The printed comparison of the two sessions that an address names, in the viewer's units."""
    wished = comparewish.read(search)
    return await comparereport.report(parts, wished, shown or Units(), now_us=time.time_ns() // 1000)
