"""The home page: the list of sessions, and when it is made anew."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, State, no_update

from barograph.errors import LiveAway, StorageAway
from dashboard.pages import home, notices
from dashboard.sources import Sources

PATIENCE_S = 0.5


async def show(sources: Sources, _rest: str, search: str) -> Any:
    """Every session."""
    return home.page(await sessions(sources, search), sources.ingest_address, await health(sources))


async def sessions(sources: Sources, search: str) -> home.Sessions:
    """The page of the list that the address names."""
    number = _page_number(search)
    found = await sources.archive.workouts(limit=home.PAGE_SIZE + 1, skip=(number - 1) * home.PAGE_SIZE)
    live_ones = frozenset(item.workout_id for item in found if sources.state(item) != "ended")
    return home.Sessions(found[: home.PAGE_SIZE], live_ones, number, len(found) > home.PAGE_SIZE)


async def health(sources: Sources) -> home.Health:
    """What sessions need, as it is now; the archive has just answered."""
    feed = ingest = True
    try:
        await sources.live.ping()
    except LiveAway:
        feed = False
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(sources.settings.host, sources.settings.ingest_port)
        writer.close()
    except (OSError, TimeoutError):
        ingest = False
    return home.Health(sources.settings.ingest_port, ingest=ingest, feed=feed)


def register(app: Dash, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(
        Output("home-body", "children"),
        Output("home-shown", "data"),
        Input("home-pulse", "n_intervals"),
        Input("address", "search"),
        State("home-shown", "data"),
        prevent_initial_call=True,
    )
    async def refresh(_n: int, search: str | None, shown: str) -> tuple[Any, Any]:
        try:
            listed, answers = await sessions(sources, search or ""), await health(sources)
        except StorageAway:
            return [notices.away()], ""
        if (now := home.signature(listed, answers)) == shown:
            return no_update, no_update
        return home.body(listed, sources.ingest_address, answers), now


def _page_number(search: str) -> int:
    value = parse_qs(search.lstrip("?")).get("page", ["1"])[0]
    return min(int(value), 10_000) if value.isdecimal() and len(value) < 6 and int(value) > 0 else 1
