"""The roster: what it reads, and when it is made anew."""

from __future__ import annotations

import hashlib
import time
from typing import Annotated, Any, TypedDict

from dash import Input, Output, State, no_update
from msgspec import Meta

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.errors import StorageAway
from dashboard.athletes import roster_page
from dashboard.athletes.roster_query import ListQuery, read
from dashboard.athletes.roster_rows import row
from dashboard.page import notices
from dashboard.page.typed_callbacks import Address, Callbacks, Count, Name, Text
from dashboard.reading.roster import Overview, may
from dashboard.reading.sources import Sources

MOST_SELECTED = 1000


class RowsAsked(TypedDict, total=False):
    """The rows that the grid asks for."""

    startRow: Count
    endRow: Count


class Selected(TypedDict):
    """A selected row, as far as something is done with it."""

    id: Name
    workout: Text


SelectedRows = Annotated[list[Selected], Meta(max_length=MOST_SELECTED)]


def now_us() -> int:
    """Return the time."""
    return time.time_ns() // 1000


async def show(sources: Sources, search: str) -> Any:
    """Build the roster, or say why nobody is shown."""
    who = actor()
    if not may(who, "read"):
        if who.kind == "user" and who.roles == {"athlete"}:
            return notices.nowhere()
        return roster_page.closed("admin" in who.roles)
    asked = read(search, now_us())
    return roster_page.page(asked, await sources.roster.overview(asked.query.now_us, asked.columns))


async def rows(sources: Sources, asked: ListQuery, start: int, stop: int) -> tuple[list[dict[str, Any]], int]:
    """Return rows of the list as they are shown, and how many there are."""
    found = await sources.roster.found(asked.query, start, stop, asked.columns)
    teams = {one.uid: one.name for one in await sources.archive.roster.teams()}
    return [row(one, asked, found, teams) for one in found.entries], found.total


async def listing(sources: Sources, asked: ListQuery, overview: Overview) -> list[Any]:
    """Return the list: the grid asks for its rows itself, cards have theirs."""
    found, total = await rows(sources, asked, 0, asked.cards)
    return roster_page.listing(asked, overview, found, total)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the roster to an application."""
    _register_list(app, sources)
    _register_selection(app)


def _register_list(app: Callbacks, sources: Sources) -> None:
    @app.callback(
        Output("roster-head", "children"), Output("roster-filters", "children"), Output("roster-list", "children"),
        Output("roster-shown", "data"),
        Input("roster-pulse", "n_intervals"), Input("address", "search"), Input("roster-begun", "data"),
        State("roster-shown", "data"),
    )  # fmt: skip
    @needs("read", "athlete")
    async def refresh(_n: Count | None, search: Address | None, _begun: Count | None, shown: Text | None) -> Any:
        asked = read(search or "", now_us())
        try:
            overview = await sources.roster.overview(asked.query.now_us, asked.columns)
            now = signature(asked, overview)
            if now == shown:
                return (no_update,) * 4
            above, between = roster_page.head(asked, overview), roster_page.filters(asked, overview)
            return above, between, await listing(sources, asked, overview), now
        except StorageAway:
            return [], [], [notices.away()], ""

    @app.callback(
        Output("roster", "getRowsResponse"), Output("roster-list", "children", allow_duplicate=True),
        Input("roster", "getRowsRequest"), State("address", "search"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read", "athlete")
    async def give_rows(part: RowsAsked | None, search: Address | None) -> Any:
        if part is None:
            return no_update, no_update
        start = part.get("startRow", 0)
        stop = min(part.get("endRow", start + roster_page.BLOCK), start + 10 * roster_page.BLOCK)
        try:
            found, total = await rows(sources, read(search or "", now_us()), start, stop)
        except StorageAway:
            return no_update, [notices.away()]
        return {"rowData": found, "rowCount": total}, no_update


def _register_selection(app: Callbacks) -> None:
    @app.callback(Output("roster-bar", "children"), Input("roster", "selectedRows"), prevent_initial_call=True)
    @needs("read", "athlete")
    async def show_bar(selected: SelectedRows | None) -> Any:
        return roster_page.bar(selected or [], may(actor(), "describe"))

    @app.callback(Output("roster", "deselectAll"), Input("roster-unselect", "n_clicks"), prevent_initial_call=True)
    @needs("read", "athlete")
    async def unselect(n: Count | None) -> Any:
        return True if n else no_update


def signature(asked: ListQuery, overview: Overview) -> str:
    """Return a text that changes when the list is to be made anew: another question, or other counts."""
    said = repr((asked.search(cards=asked.cards), asked.problems, overview))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
