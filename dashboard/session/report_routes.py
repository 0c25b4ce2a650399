"""The report of a session by address: /report/<workout>, with the address of its page after it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

from quart import Quart, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import InvalidData, NotFound
from barograph.frames import check_name
from dashboard.drawing import units
from dashboard.reading import overview
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import problems_of
from dashboard.reading.part_query import read
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.report.answers import page
from dashboard.session import among
from dashboard.session.report import report

Beside = Callable[[Context, str], Awaitable[str]]


def register(app: Quart, sources: Sources) -> None:
    """Add the route to an application."""

    @app.get("/report/<workout_id>")
    @needs("read")
    async def show_report(workout_id: str) -> ResponseTypes:
        search = request.query_string.decode("ascii", "replace")
        return await page(make(sources.parts, workout_id, search, partial(among.reported, sources)))


async def make(parts: Parts, workout_id: str, search: str = "", beside: Beside | None = None) -> str:
    """Return the report of the part that an address names; `NotFound` for a session without frames.

    `beside` gives what other athletes have beside it.
    """
    workout = await parts.archive.workout(check_name("workout_id", workout_id))
    whole = overview.span(workout, overview.piece_of(search))
    if whole is None:
        raise NotFound(f"{workout_id}: nothing is stored of it, so there is nothing to report")
    context = Context(parts, workout, whole, read(search, whole.length_s), units.of_address(search))
    if problems := await problems_of(context):
        raise InvalidData("; ".join(problems))
    others = "" if beside is None else await beside(context, search)
    return await report(context, others, now_us=time.time_ns() // 1000)
