"""The printed comparison by address: /compare/report, with the address of its page after it."""

from __future__ import annotations

import time

from quart import Quart, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from dashboard.compare import query as compare_query
from dashboard.compare.change_report import report as change_report
from dashboard.compare.report import report
from dashboard.drawing import units
from dashboard.drawing.units import Units
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.report.answers import page


def register(app: Quart, sources: Sources) -> None:
    """Add the route to an application."""

    @app.get("/compare/report")
    @needs("read")
    async def show_comparison() -> ResponseTypes:
        search = request.query_string.decode("ascii", "replace")
        return await page(make_comparison(sources.parts, search, units.read(request.args)))


async def make_comparison(parts: Parts, search: str, shown: Units | None = None) -> str:
    """Return the printed comparison of the two sessions that an address names, in the viewer's units."""
    query = compare_query.read(search)
    if query.view == "change":
        return await change_report(parts, query, shown or Units(), now_us=time.time_ns() // 1000)
    return await report(parts, query, shown or Units(), now_us=time.time_ns() // 1000)
