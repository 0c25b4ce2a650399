"""The trend of one athlete for the roster: a measure of the newest sessions, made when a row comes into sight."""

from __future__ import annotations

import asyncio

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import InvalidData
from barograph.store.search import Query
from barograph.times import dated
from dashboard.athletes.roster_desk import PATH
from dashboard.athletes.roster_query import MEASURES
from dashboard.athletes.roster_rows import trend
from dashboard.page.answers import json_text
from dashboard.reading.more_measures import BOTH
from dashboard.reading.sources import Sources

NEWEST = 12
AT_ONCE = 2  # athletes; others wait: each session is read whole where nobody has asked for it yet


def register(app: Quart, sources: Sources) -> None:
    """Add the route to an application."""
    turns = asyncio.Semaphore(AT_ONCE)

    @app.get(f"{PATH}/<uid>/trend")
    @needs("read", "athlete")
    async def show_trend(uid: str) -> ResponseTypes:
        measure = request.args.get("measure", "")
        if measure not in MEASURES or MEASURES[measure].stored:
            known = ", ".join(name for name, one in MEASURES.items() if not one.stored)
            raise InvalidData(f"measure: expected one of {known}, got {measure[:40]!r}", field="measure")
        athlete = await sources.archive.roster.athlete(uid)
        async with turns:
            points = await points_of(sources, athlete.uid, measure)
        return Response(json_text(trend(measure, points)), content_type="application/json")


async def points_of(sources: Sources, uid: str, measure: str) -> list[tuple[int, float]]:
    """Return moment and value of a measure in each of the newest sessions that has it."""
    found, _ = await sources.archive.search(Query(athlete_uid=uid), limit=NEWEST, skip=0)
    made = await sources.measures.entries(found)
    values = [(one.first_us, one.values[measure, BOTH][0]) for one in made
              if (measure, BOTH) in one.values and dated(one.first_us)]  # fmt: skip
    return sorted(values)
