"""The home page: the list of sessions, and when it is made anew."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

from dash import Input, Output, State, no_update

from barograph.access.needs import needs
from barograph.errors import LiveAway, StorageAway
from dashboard.dialogs.callbacks import stored
from dashboard.drawing import words
from dashboard.page import notices
from dashboard.page.typed_callbacks import Address, Callbacks, Chosen, Count, Rows, Text
from dashboard.reading.live_now import live_now
from dashboard.reading.sources import Sources
from dashboard.sessions import page, selection, session_list
from dashboard.sessions.query import PAGE_SIZE, read

PATIENCE_S = 0.5


@needs("read")
async def show(sources: Sources, _rest: str, search: str) -> Any:
    """Build every session."""
    most_bytes = sources.settings.max_upload_bytes
    return page.page(await sessions(sources, search), sources.ingest_address, await health(sources), most_bytes)


async def sessions(sources: Sources, search: str) -> page.Sessions:
    """Return the page of the list that the address names, and what is live."""
    asked = read(search, time.time_ns() // 1000)
    live = await live_now(sources)
    found, total = await sources.archive.search(asked.query, limit=PAGE_SIZE, skip=(asked.page - 1) * PAGE_SIZE)
    return page.Sessions(found, live, asked, total, await sources.archive.known_values())


async def health(sources: Sources) -> page.Health:
    """Return what sessions need, as it is now; the archive has just answered."""
    feed = ingest = True
    try:
        await sources.live.ping()
    except LiveAway:
        feed = False
    at = urlsplit(sources.settings.ingest_base_url)
    port = at.port or (443 if at.scheme == "https" else 80)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(at.hostname, port)
        writer.close()
    except (OSError, TimeoutError):
        ingest = False
    elsewhere = at.netloc if sources.settings.ingest_url else None
    last_us = None if ingest else sources.vitals.answered_us
    return page.Health(port, ingest=ingest, feed=feed, elsewhere=elsewhere, last_us=last_us)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""
    _register_list(app, sources)
    _register_selection(app, sources)


def _register_list(app: Callbacks, sources: Sources) -> None:
    @app.callback(
        Output("home-body", "children"),
        Output("home-filters", "children"),
        Output("home-count", "children"),
        Output("home-list", "children"),
        Output("home-shown", "data"),
        Input("home-pulse", "n_intervals"),
        Input("address", "search"),
        Input("changed", "data"),
        State("home-shown", "data"),
        State("selected", "data"),
        prevent_initial_call=True,
    )
    @needs("read")
    async def refresh(
        _n: Count | None, search: Address | None, _changed: Count | None, shown: Text | None, chosen: Rows | None
    ) -> Any:
        try:
            listed, answers = await sessions(sources, search or ""), await health(sources)
        except StorageAway:
            return [notices.away()], [], "", [], ""
        if (now := page.signature(listed, answers)) == shown:
            return no_update
        body = page.body(listed, sources.ingest_address, answers)
        narrow = session_list.filters(listed.asked, listed.said)
        rows = page.rows(listed, {row["id"] for row in chosen or ()})
        return body, narrow, words.number(listed.total), rows, now


def _register_selection(app: Callbacks, sources: Sources) -> None:
    @app.callback(
        Output("selected", "data"), Input("sessions", "selectedRows"),
        State("sessions", "rowData"), State("selected", "data"), prevent_initial_call=True,
    )  # fmt: skip
    @needs("known")
    async def select(rows: Rows | Chosen | None, shown: Rows | None, kept: Rows | None) -> Any:
        if not isinstance(rows, list):
            return no_update  # the list says which rows are chosen only once someone chose
        return selection.merged(kept or [], shown or [], rows)

    @app.callback(
        Output("selected", "data", allow_duplicate=True), Input("changed", "data"), State("selected", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def forget(_changed: Count | None, kept: Rows | None) -> Any:
        left = {one.workout_id for one in await stored(sources, [row["id"] for row in kept or ()])}
        return [row for row in kept or () if row["id"] in left]

    @app.callback(Output("home-bar", "children"), Input("selected", "data"))
    @needs("known")
    async def show_bar(rows: Rows | None) -> Any:
        return selection.bar(rows or [])

    @app.callback(
        Output("selected", "data", allow_duplicate=True), Output("sessions", "selectedRows"),
        Input("home-clear", "n_clicks"), prevent_initial_call=True,
    )  # fmt: skip
    @needs("known")
    async def clear(n: Count | None) -> Any:
        return ([], []) if n else (no_update, no_update)
