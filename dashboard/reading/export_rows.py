"""Tables of what was done in a session, or a part of it, for exports: those that are kept, else made as pages do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pandas as pd

from barograph.errors import InvalidData, NotFound
from barograph.store.ports import Archive, Workout
from barograph.store.session_tables import NOT_KEPT, OF_A_PART, TITLES, Done, PartAsked, kept_tables
from dashboard.reading import overview, part_query
from dashboard.reading.context import Context
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts
from dashboard.reading.program import version
from dashboard.reading.session_measures import TRIALS, Entry, entry_between, entry_of
from dashboard.reading.summary_tables import TABLES, SessionReading, Table

MADE = {TITLES[one.name]: one for one in TABLES if one.name in TITLES}


class PartReading(SessionReading):
    """A part of a session: every table is made of it alone."""

    def __init__(self, parts: Parts, workout: Workout, whole: Span, search: str) -> None:
        super().__init__(parts, workout)
        self._span, self._search = whole, search

    async def entry(self, part: str) -> Entry:
        """Return the measures of the part, whichever of a session is asked for; those of its trials apart."""
        if part == TRIALS:
            return await entry_of(self.parts, self.workout, part)
        return await entry_between(self.parts, self.workout, self._span, self._search)

    def whole(self) -> Context | None:
        """Return the part with the usual thresholds."""
        query = part_query.read(self._search, self._span.length_s)
        return Context(self.parts, self.workout, self._span, query)


async def done_tables(archive: Archive, asked: PartAsked) -> Done:
    """Return the tables of what is exported; of a whole session those that are kept are not made again."""
    kept = await kept_tables(archive, asked, await asyncio.to_thread(version))
    parts = Parts(archive)
    try:
        reading = _reading(parts, asked)
        lacking = [one for title, one in MADE.items() if kept.why.get(title) in (NOT_KEPT, OF_A_PART)]
        made = {TITLES[one.name]: await _made(reading, one, asked) for one in lacking if reading}
    finally:
        parts.cache.close()
    why = {**kept.why, **{title: one for title, one in made.items() if isinstance(one, str)}}
    tables = {**kept.tables, **{title: one for title, one in made.items() if isinstance(one, pd.DataFrame)}}
    return Done(
        {title: tables[title] for title in TITLES.values() if title in tables and len(tables[title])},
        {title: one for title, one in why.items() if title not in tables},
    )


def _reading(parts: Parts, asked: PartAsked) -> SessionReading | None:
    streams = tuple(one for one in asked.workout.streams if one.stream.stream in asked.streams)
    workout = replace(asked.workout, streams=streams)
    span = overview.span(workout)
    if span is None:
        return None
    if asked.whole:
        return SessionReading(parts, workout)
    start_us = max(span.first_us, asked.start_us or 0)
    stop_us = span.last_us if asked.stop_us is None else min(span.last_us, asked.stop_us)
    start_s, stop_s = ((us - span.first_us) / 1e6 for us in (start_us, stop_us))
    return PartReading(parts, workout, span, f"from={start_s!r}&to={stop_s!r}")


async def _made(reading: SessionReading, table: Table, asked: PartAsked) -> pd.DataFrame | str:
    try:
        rows = await table.make(reading)
    except (InvalidData, NotFound) as error:  # as the page would say
        return str(error)
    if table.name != TRIALS or not len(rows):
        return rows
    inside = (rows["stop_us"] >= (asked.start_us or 0)) & (rows["start_us"] <= (asked.stop_us or (1 << 62)))
    return rows[inside]
