"""The athlete's history: which athlete an address names, and the numbers of all of the athlete's sessions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from dash import Input, Output, State, no_update

from barograph.access.needs import needs
from barograph.errors import BarographError, NotFound, StorageAway
from barograph.store.search import Query
from dashboard.drawing import units
from dashboard.drawing.markup import away, said
from dashboard.history import page
from dashboard.page import notices
from dashboard.page.hidden import hide, shown
from dashboard.page.typed_callbacks import Address, Callbacks, PageQuery
from dashboard.reading.lab_noise import noise_of_others
from dashboard.reading.lab_norms import norms_of
from dashboard.reading.sources import Sources
from dashboard.routes import history_path

MOST_SESSIONS = 200
MOST_NAME = 1000
UID = re.compile(r"[0-9a-f]{32}")


@needs("read", "athlete")
async def show(sources: Sources, rest: str, _search: str) -> Any:
    """Build the page of an athlete."""
    athlete, _, what = rest.rpartition("/")
    if what != "history" or not athlete:
        return notices.nowhere()
    query, name, uid = await _whose(sources, athlete)
    _, total = await sources.archive.search(query, limit=1, skip=0)
    return page.page(name, total, uid, history_path(uid or hide(name))) if total else page.nobody(name)


async def _whose(sources: Sources, athlete: str) -> tuple[Query, str, str]:
    """Which sessions an address names: those of an athlete's uid, else those that say a text; and name and uid.

    The text is hidden, but in an address of before.
    """
    if UID.fullmatch(athlete):
        with suppress(NotFound):
            found = await sources.archive.roster.athlete(athlete)
            return Query(athlete_uid=found.uid), found.name, found.uid
    name = shown(athlete)
    return Query(athlete=name[:MOST_NAME].replace("\0", "")), name, ""


async def body(sources: Sources, path: str, search: str, told: Mapping[str, Any] | None = None) -> str:
    """Return the picture and numbers; sessions in order of time."""
    return (await drawn(sources, path, search, told))[0]


async def drawn(sources: Sources, path: str, search: str, told: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """Return the picture and numbers, and how many sessions there are."""
    athlete = unquote(path.strip("/").removeprefix("athlete/").removesuffix("/history"))
    query, name, _ = await _whose(sources, athlete)
    newest, total = await sources.archive.search(query, limit=MOST_SESSIONS, skip=0)
    if not total:
        return page.none_left(name), page.count(0)
    asked = page.read(search)
    entries = await sources.measures.entries(newest, asked.part)
    ordered = sorted(entries, key=lambda one: one.first_us)
    alike = [one.workout for one in ordered if asked.kind in ("", one.workout.about.kind)]
    lab = await noise_of_others(sources.archive, sources.measures, alike, asked.part)
    norms = await norms_of(sources, alike, asked.of, asked.part)
    markup = await asyncio.to_thread(page.body, ordered, asked, units.read(told), total - len(ordered), lab, norms)
    return markup, page.count(total)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(
        Output("history-body", "data-markup"), Output("history-count", "children"),
        Input("history-asked", "data"), State("address", "pathname"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def draw(told: PageQuery | None, path: Address | None) -> Any:
        if told is None:
            return no_update, no_update
        try:
            return await drawn(sources, path or "", told.search, told.units)
        except StorageAway:
            return away(), no_update
        except (BarographError, ValueError) as error:
            return said("This cannot be shown", str(error)), no_update
