"""What Dash asks of the server: which page an address shows, and what changes on it by itself."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from dash import Dash, Input, Output, State, dcc, html, no_update

from barograph import states
from barograph.errors import InvalidData, LiveAway, NotFound, StorageAway
from barograph.frames import check_name
from barograph.ports import Archive, Live, Workout
from barograph.settings import Settings
from dashboard import shell
from dashboard.pages import home, live

SEARCHED_FOR_LIVE = 200


@dataclass(frozen=True)
class Pages:
    """Addresses to pages, over one archive."""

    settings: Settings
    archive: Archive
    live: Live

    async def show(self, path: str, search: str) -> Any:
        """The page of an address; whatever goes wrong is a page too."""
        kind, _, rest = path.strip("/").partition("/")
        try:
            if not kind:
                return await self.home(search)
            if kind in ("live", "session") and rest:
                return await self._workout(kind, check_name("workout_id", unquote(rest)))
        except StorageAway:
            return _away()
        except InvalidData:
            return _nowhere()
        return _nowhere()

    async def home(self, search: str) -> Any:
        """Every session."""
        return home.page(await self.sessions(search), self.ingest_address, await self.health())

    async def sessions(self, search: str) -> home.Sessions:
        """The page of the list that the address names."""
        number = _page_number(search)
        found = await self.archive.workouts(limit=home.PAGE_SIZE + 1, skip=(number - 1) * home.PAGE_SIZE)
        live_ones = frozenset(item.workout_id for item in found if self.is_live(item))
        return home.Sessions(found[: home.PAGE_SIZE], live_ones, number, len(found) > home.PAGE_SIZE)

    async def health(self) -> str:
        """One line about what sessions need."""
        feed = "live feed ready"
        try:
            await self.live.ping()
        except LiveAway:
            feed = "live feed away"
        return f"Ingest on port {self.settings.ingest_port} · archive ready · {feed}"

    def is_live(self, workout: Workout) -> bool:
        """True when a frame came in the last seconds."""
        return states.state(workout, time.time_ns() // 1000, self.settings.idle_timeout_s) == "live"

    @property
    def ingest_address(self) -> str:
        """Where a device on this machine connects."""
        return f"ws://{self.settings.host}:{self.settings.ingest_port}/ws"

    async def _workout(self, kind: str, workout_id: str) -> Any:
        try:
            workout: Workout | None = await self.archive.workout(workout_id)
        except NotFound:
            workout = None
        if kind == "live":
            return live.page(workout_id, workout)
        return _nowhere()


def register(app: Dash, pages: Pages) -> None:
    """Add the callbacks to an application."""

    @app.callback(Output("page", "children"), Input("address", "pathname"), State("address", "search"))
    async def show(path: str | None, search: str | None) -> Any:
        return await pages.show(path or "/", search or "")

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
            sessions, health = await pages.sessions(search or ""), await pages.health()
        except StorageAway:
            return [_away()], ""
        if (now := home.signature(sessions, health)) == shown:
            return no_update, no_update
        return home.body(sessions, pages.ingest_address, health), now

    @app.callback(Output("nav-live", "children"), Input("live-count", "n_intervals"))
    async def count_live(_n: int | None) -> Any:
        try:
            newest = await pages.archive.workouts(limit=SEARCHED_FOR_LIVE)
        except StorageAway:
            return no_update
        return _live_entry([item for item in newest if pages.is_live(item)])


def _live_entry(live_ones: list[Workout]) -> Any:
    if not live_ones:
        return None
    target = home.live_path(live_ones[0].workout_id) if len(live_ones) == 1 else "/"
    return dcc.Link(["Live", html.Span(len(live_ones), className="badge")], href=target, className="nav", id="nav-live-link")


def _page_number(search: str) -> int:
    value = parse_qs(search.lstrip("?")).get("page", ["1"])[0]
    return min(int(value), 10_000) if value.isdecimal() and len(value) < 6 and int(value) > 0 else 1


def _away() -> html.Section:
    return shell.notice(
        "The archive does not answer", "Nothing is lost: devices keep what they record and send it later. "
        "This page tries again by itself when it is opened anew.", dcc.Link("Sessions", href="/", className="button"),
        kind="alarm",
    )  # fmt: skip


def _nowhere() -> html.Section:
    return shell.notice(
        "Nothing at this address", "The address may be incomplete, or the page has moved.",
        dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip
