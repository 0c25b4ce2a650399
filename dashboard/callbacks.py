"""What Dash asks of the server: which page an address shows, and what changes on it by itself."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from barograph import reading, states
from barograph.errors import InvalidData, LiveAway, NotFound, StorageAway
from barograph.frames import check_name
from barograph.ports import Archive, Live, Workout
from barograph.settings import Settings
from dashboard import figures, overview, shell, theme
from dashboard.pages import home, live, session

SEARCHED_FOR_LIVE = 200
PATIENCE_S = 0.5
AWAY_MS = 3_000


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
                return await self.list_sessions(search)
            if kind in ("live", "session") and rest:
                return await self._workout(kind, check_name("workout_id", unquote(rest)))
        except StorageAway:
            return _away()
        except InvalidData:
            return _nowhere()
        return _nowhere()

    async def list_sessions(self, search: str) -> Any:
        """Every session."""
        return home.page(await self.sessions(search), self.ingest_address, await self.health())

    async def sessions(self, search: str) -> home.Sessions:
        """The page of the list that the address names."""
        number = _page_number(search)
        found = await self.archive.workouts(limit=home.PAGE_SIZE + 1, skip=(number - 1) * home.PAGE_SIZE)
        live_ones = frozenset(item.workout_id for item in found if self.state(item) != "ended")
        return home.Sessions(found[: home.PAGE_SIZE], live_ones, number, len(found) > home.PAGE_SIZE)

    async def health(self) -> home.Health:
        """What sessions need, as it is now; the archive has just answered."""
        feed = ingest = True
        try:
            await self.live.ping()
        except LiveAway:
            feed = False
        try:
            async with asyncio.timeout(PATIENCE_S):
                _, writer = await asyncio.open_connection(self.settings.host, self.settings.ingest_port)
            writer.close()
        except (OSError, TimeoutError):
            ingest = False
        return home.Health(self.settings.ingest_port, ingest=ingest, feed=feed)

    def state(self, workout: Workout) -> str:
        """`live`, `idle` (it may go on) or `ended`, now."""
        return states.state(workout, time.time_ns() // 1000, self.settings.idle_timeout_s)

    @property
    def ingest_address(self) -> str:
        """Where a device connects."""
        host = self.settings.host if self.settings.loopback else "<this machine>"
        return f"ws://{host}:{self.settings.ingest_port}/ws"

    async def _workout(self, kind: str, workout_id: str) -> Any:
        try:
            workout = await self.archive.workout(workout_id)
        except NotFound:
            return live.page(workout_id, None) if kind == "live" else session.unknown(workout_id)
        if kind == "live":
            return live.page(workout_id, workout)
        whole = overview.span(workout)
        return (
            session.page(workout, whole, live=self.state(workout) != "ended")
            if whole
            else session.without_frames(workout)
        )

    async def figure(self, path: str, scheme: theme.Scheme) -> go.Figure:
        """The overview of the session that the address names."""
        workout = await self.archive.workout(unquote(path.rpartition("/")[2]))
        whole = overview.span(workout)
        lanes = await overview.lanes(self.archive, workout)
        return await asyncio.to_thread(figures.overview, lanes, whole.length_s if whole else 1.0, scheme)

    async def gaps(self, path: str) -> Any:
        """What is not stored of the session that the address names."""
        workout = await self.archive.workout(unquote(path.rpartition("/")[2]))
        found = [gap for info in workout.streams for gap in await reading.gaps(self.archive, info.stream)]
        return session.gaps_fact(len(found), sum(gap.stop_us - gap.start_us for gap in found) / 1e6)


def register(app: Dash, pages: Pages) -> None:
    """Add the callbacks to an application."""
    _register_frame(app, pages)
    _register_home(app, pages)
    _register_session(app, pages)


def _register_frame(app: Dash, pages: Pages) -> None:
    @app.callback(
        Output("page", "children"), Input("address", "pathname"), Input("again", "data"), State("address", "search")
    )
    async def show(path: str | None, _again: int | None, search: str | None) -> Any:
        return await pages.show(path or "/", search or "")

    @app.callback(Output("again", "data"), Input("away-pulse", "n_intervals"), prevent_initial_call=True)
    async def try_again(n: int) -> int:
        return n

    @app.callback(Output("nav-live", "children"), Input("live-count", "n_intervals"))
    async def count_live(_n: int | None) -> Any:
        try:
            newest = await pages.archive.workouts(limit=SEARCHED_FOR_LIVE)
        except StorageAway:
            return no_update
        return _live_entry([item for item in newest if pages.state(item) != "ended"])

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("baro", "scheme"), Output("scheme", "data"), Input("address", "pathname")
    )


def _register_home(app: Dash, pages: Pages) -> None:
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


def _register_session(app: Dash, pages: Pages) -> None:
    @app.callback(Output("overview", "figure"), Input("scheme", "data"), State("address", "pathname"))
    async def draw_overview(scheme: str | None, path: str) -> Any:
        if not scheme:
            return no_update
        known: theme.Scheme = "light" if scheme == "light" else "dark"
        try:
            return await pages.figure(path, known)
        except (StorageAway, NotFound):
            return figures.sentence("The overview could not be read; it comes when the page is opened again.", known)

    @app.callback(Output("gaps-fact", "children"), Input("gaps-fact", "id"), State("address", "pathname"))
    async def count_gaps(_id: str, path: str) -> Any:
        try:
            return await pages.gaps(path)
        except (StorageAway, NotFound):
            return "gaps not known"


def _live_entry(live_ones: list[Workout]) -> Any:
    if not live_ones:
        return None
    target = live.live_path(live_ones[0].workout_id) if len(live_ones) == 1 else "/"
    return dcc.Link(
        ["Live", html.Span(len(live_ones), className="badge")], href=target, className="nav", id="nav-live-link"
    )


def _page_number(search: str) -> int:
    value = parse_qs(search.lstrip("?")).get("page", ["1"])[0]
    return min(int(value), 10_000) if value.isdecimal() and len(value) < 6 and int(value) > 0 else 1


def _away() -> html.Section:
    return shell.notice(
        "The archive does not answer",
        "Nothing is lost: devices keep what they record and send it later. This page comes back by itself.",
        dcc.Interval(id="away-pulse", interval=AWAY_MS),
        kind="alarm",
    )


def _nowhere() -> html.Section:
    return shell.notice(
        "Nothing at this address", "The address may be incomplete, or the page has moved.",
        dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip
