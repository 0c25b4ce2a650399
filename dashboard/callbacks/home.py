"""The home page: the list of sessions, and when it is made anew."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from barograph.errors import LiveAway, NotFound, StorageAway
from dashboard.asked import PAGE_SIZE, read
from dashboard.importing import imported
from dashboard.pages import home, notices, sessionlist
from dashboard.sources import Sources

PATIENCE_S = 0.5
SEARCHED_FOR_LIVE = 200


async def show(sources: Sources, _rest: str, search: str) -> Any:
    """Every session."""
    return home.page(await sessions(sources, search), sources.ingest_address, await health(sources))


async def sessions(sources: Sources, search: str) -> home.Sessions:
    """The page of the list that the address names, and what is live."""
    asked = read(search, time.time_ns() // 1000)
    newest = await sources.archive.workouts(limit=SEARCHED_FOR_LIVE)
    live = [item for item in newest if sources.state(item) != "ended"]
    found, total = await sources.archive.search(asked.query, limit=PAGE_SIZE, skip=(asked.page - 1) * PAGE_SIZE)
    return home.Sessions(found, live, asked, total)


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
    _register_list(app, sources)
    _register_changes(app, sources)

    @app.callback(
        Output("home-import-said", "children"), Input("home-import", "contents"), State("home-import", "filename"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def import_files(contents: list[str] | None, names: list[str] | None) -> Any:
        return await imported(sources.archive, list(zip(names or [], contents or [], strict=True)))


def _register_list(app: Dash, sources: Sources) -> None:
    @app.callback(
        Output("home-body", "children"),
        Output("home-list", "children"),
        Output("home-shown", "data"),
        Input("home-pulse", "n_intervals"),
        Input("address", "search"),
        State("home-shown", "data"),
        prevent_initial_call=True,
    )
    async def refresh(_n: int, search: str | None, shown: str) -> tuple[Any, Any, Any]:
        try:
            listed, answers = await sessions(sources, search or ""), await health(sources)
        except StorageAway:
            return [notices.away()], [], ""
        if (now := home.signature(listed, answers)) == shown:
            return no_update, no_update, no_update
        return home.body(listed, sources.ingest_address, answers), home.rows(listed), now


def _register_changes(app: Dash, sources: Sources) -> None:
    @app.callback(
        Output("home-modal", "opened"), Output("home-modal", "children"), Input("home-edit", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def open_editor(asked: dict[str, Any] | None) -> tuple[Any, Any]:
        if not asked:
            return no_update, no_update
        try:
            return True, sessionlist.form(await sources.archive.workout(str(asked["workout"])))
        except NotFound:
            return True, sessionlist.gone()

    @app.callback(
        Output("home-modal", "opened", allow_duplicate=True), Output("home-shown", "data", allow_duplicate=True),
        Output("edit-said", "children"), Input("edit-save", "n_clicks"), Input("edit-erase", "n_clicks"),
        State("edit-workout", "data"), State("edit-athlete", "value"), State("edit-kind", "value"),
        State("edit-mass", "value"), State("edit-tags", "value"), State("edit-typed", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def change(save: int | None, erase: int | None, workout: str, *fields: Any) -> tuple[Any, Any, Any]:
        if not (save or erase):
            return no_update, no_update, no_update
        *said, typed = fields
        if ctx.triggered_id == "edit-save":
            await sources.archive.describe(workout, sessionlist.about_of(*said))
        elif typed != workout:
            return no_update, no_update, f"Type {workout} to erase it. Nothing was erased."
        else:
            await sources.archive.delete(workout)
        return False, "", ""
