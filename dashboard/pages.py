"""Which page an address shows, what is live now, and the callbacks of every page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from dash import ClientsideFunction, Input, Output, State, no_update

from barograph.access.needs import Need, need_of, needs, require_declared
from barograph.errors import FramesAway, InvalidData, StorageAway
from dashboard.athletes import pages as athletes
from dashboard.compare import callbacks as compare
from dashboard.dialogs import callbacks as dialogs
from dashboard.drawing import words
from dashboard.history import callbacks as history
from dashboard.live import callbacks as live
from dashboard.masks import page as masks
from dashboard.page import notices
from dashboard.page.navigation import LIVE, sees_system
from dashboard.page.typed_callbacks import Address, Callbacks, Count
from dashboard.page.visitors import visitor
from dashboard.reading.live_now import live_now
from dashboard.reading.sources import Sources
from dashboard.record import callbacks as record
from dashboard.routes import live_path
from dashboard.session import callbacks as session
from dashboard.sessions import callbacks as sessions
from dashboard.system import callbacks as system

Route = Callable[[Sources, str, str], Awaitable[Any]]

# The first part of an address: who makes the page, given what follows and the address' search.
ROUTES: dict[str, Route] = {
    "": sessions.show,
    "live": live.show,
    "session": session.show,
    "compare": compare.show,
    "system": system.show,
    "athlete": history.show,
    "athletes": athletes.show,
    "record": record.show,
    "masks": masks.show,
}


async def show(sources: Sources, path: str, search: str) -> Any:
    """Build the page of an address; whatever goes wrong is a page too."""
    kind, _, rest = path.strip("/").partition("/")
    if need(path) is None:
        return notices.nowhere()
    try:
        return await ROUTES[kind](sources, unquote(rest), search)
    except FramesAway as error:
        return notices.frames_away(str(error))
    except StorageAway:
        return notices.away()
    except InvalidData:
        return notices.nowhere()


def need(path: str) -> Need | None:
    """Return what the page of an address needs; None where there is none for whoever asks."""
    kind = path.strip("/").partition("/")[0]
    if kind not in ROUTES or (kind == "system" and not sees_system(visitor())):
        return None
    return need_of(ROUTES[kind])


PARTS = (dialogs, live, sessions, session, compare, history, system, athletes, record)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of every page to an application; one that does not say what it takes and needs is an error."""
    _register_frame(app, sources)
    require_declared("pages", {name: need_of(route) for name, route in ROUTES.items()})
    for part in PARTS:
        part.register(app, sources)
    app.require()


def _register_frame(app: Callbacks, sources: Sources) -> None:

    @app.callback(
        Output("page", "children"), Input("address", "pathname"), Input("again", "data"), State("address", "search")
    )
    @needs("known", shared=True)
    async def show_page(path: Address | None, _again: Count | None, search: Address | None) -> Any:
        return await show(sources, path or "/", search or "")

    @app.callback(Output("again", "data"), Input("away-pulse", "n_intervals"), prevent_initial_call=True)
    @needs("known")
    async def try_again(n: Count | None) -> Any:
        return no_update if n is None else n

    @app.callback(Output("live-number", "children"), Output("nav-live", "href"), Input("live-count", "n_intervals"))
    @needs("read")
    async def count_live(_n: Count | None) -> Any:
        try:
            now = await live_now(sources)
        except StorageAway:
            return no_update
        return (words.number(len(now)) if now else ""), live_path(now[0].workout_id) if len(now) == 1 else LIVE.href

    app.clientside_callback(
        ClientsideFunction("baro", "scheme"), Output("scheme", "data"), Input("address", "pathname")
    )
