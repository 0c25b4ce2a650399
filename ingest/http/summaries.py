"""Tables of sessions that were computed once, over HTTP."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from quart import Quart
from quart_schema import validate_querystring

from barograph.access.needs import needs
from barograph.store.ports import Archive
from barograph.store.summarised import SummariesQuery, Summarised, summarised
from ingest.http.answers import SummariesAnswer
from ingest.http.operations import operation
from ingest.http.queries import SummariesBody, SummariesPage
from ingest.http.workouts import load, read_object


def add_summaries(app: Quart, archive: Archive) -> None:
    """Give the application its route for summaries."""

    @app.get("/api/summaries")
    @needs("read")
    @operation("Summaries", SummariesAnswer)
    @validate_querystring(SummariesPage)
    async def summaries(query_args: SummariesPage) -> dict[str, Any]:
        """Tables of sessions, oldest first: one row per measure and sensor of each, or one per step.

        They are computed once when a session has ended, and again when what they were made of has changed.
        """
        return await _page(archive, query_args)

    @app.post("/api/summaries")
    @needs("read")
    @operation("Summaries", SummariesAnswer, takes=SummariesBody)
    async def summaries_asked_in_a_body() -> dict[str, Any]:
        """The same, asked in a body: an athlete's name stands in no address then, and in no log of one."""
        return await _page(archive, load(SummariesBody, await read_object()))


async def _page(archive: Archive, asked: SummariesPage) -> dict[str, Any]:
    query = SummariesQuery(asked.table, asked.athlete, asked.since or 0, asked.kind)
    found, after = await summarised(archive, query, asked.skip, asked.limit)
    return {"table": query.table, "sessions": [_said(one) for one in found], "next_skip": after}


def _said(one: Summarised) -> dict[str, Any]:
    table = one.table
    return {
        "workout_id": one.workout_id, "athlete": one.athlete, "athlete_uid": one.athlete_uid, "kind": one.kind,
        "sensors": one.sensors, "mass_kg": one.mass_kg, "start_us": one.start_us, "computed_us": one.at_us,
        "version": one.version, "why": one.why or None, "about": {} if table is None else dict(table.attrs),
        "columns": [] if table is None else [_column(table, name) for name in table],
    }  # fmt: skip


def _column(table: pd.DataFrame, name: Any) -> dict[str, Any]:
    """A column as JSON has it, where a number that is not known is null."""
    kind, values = table[name].dtype.kind, table[name].tolist()
    if kind == "f":
        values = [value if math.isfinite(value) else None for value in values]
    return {"name": str(name), "type": {"f": "float", "i": "int", "b": "bool"}.get(kind, "text"), "values": values}
