"""The dashboard's application: Dash on Quart, the feed's socket beside it, and the door in front of both."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from dash import Dash
from quart import Quart

from barograph.access.guarded import guarded
from barograph.access.keyring import Keyring
from barograph.access.passwords import Passwords
from barograph.access.principals import Access, secret_key
from barograph.access.proofs import Proofs
from barograph.access.shares import Shares
from barograph.access.sight import Sight
from barograph.access.signing_in import SigningIn
from barograph.settings import Settings
from barograph.store.departing import Departing
from barograph.store.ports import Archive, Live, Workout
from barograph.web.bodies import bound_bodies
from dashboard import pages
from dashboard.athlete import page as athlete
from dashboard.athletes import day_routes
from dashboard.athletes import pages as athletes
from dashboard.compare import report_routes as comparison_report
from dashboard.devices import pages as devices
from dashboard.feed import moment_routes, sockets
from dashboard.feed.hub import Hub
from dashboard.feed.openings import Openings
from dashboard.feedback import page as feedback
from dashboard.live import lookback_routes
from dashboard.masks import routes as masks
from dashboard.page import docs_site, guard, health, hidden, links, metrics, sharing, shell, static
from dashboard.page.limits import Limits
from dashboard.page.metrics import Scrapers
from dashboard.page.typed_callbacks import Callbacks
from dashboard.page.visitors import Visitors
from dashboard.protocols import pages as protocol_pages
from dashboard.reading import thumbs
from dashboard.reading.last_night import LastNight
from dashboard.reading.sources import Sources
from dashboard.reading.vitals import Heard
from dashboard.record import choices, keeping, results
from dashboard.record import routes as record
from dashboard.session import corrections_routes
from dashboard.session import report_routes as session_report
from dashboard.sessions import questions, uploads
from dashboard.signin import pages as signin
from dashboard.signin import retention_page
from dashboard.signin.desk import Desk, nowhere
from dashboard.wall import page as wall
from dashboard.you import erasures
from dashboard.you import pages as you

# Dash adds to every page what it finds in assets/; modules are imported by main.mjs, style sheets and
# other scripts stand in the head.
NOT_BY_DASH = r"^(?!main\.mjs$)"


def create_app(settings: Settings, archive: Archive, live: Live, access: Access) -> Quart:
    """Return the dashboard over an archive and a live feed; nothing runs before the server starts it."""
    app = Quart("dashboard", static_folder=None)

    def heard() -> Heard:
        return sources.vitals.heard(time.time_ns() // 1000)

    def lives(workout: Workout) -> bool:
        return sources.state(workout) != "ended"

    hub = Hub(archive, live, idle_timeout_s=settings.idle_timeout_s, ingest=heard)
    limits, passwords = Limits(settings), Passwords()
    keyring = Keyring(archive.accounts, secret_key(settings))
    openings = Openings(keyring)
    sight, stored = Sight(archive), archive
    shares = Shares(stored, keyring, sight)
    visitors = Visitors(access, SigningIn(archive.accounts, keyring, passwords), keyring, archive.accounts, shares)
    app.extensions["barograph"] = {"limits": limits, "keyring": keyring, "shares": shares}
    hidden.register(app, secret_key(settings))
    bound_bodies(app)
    archive = guarded(stored)  # what follows reads and changes for whomever a request is from
    door = guard.Guard(app, visitors, sight, stored, pages.need, nowhere, Scrapers(access, Proofs(settings)))
    guard.register(app, door, limits)
    links.register(app, visitors, limits)
    desk = Desk(settings, stored, visitors, passwords)
    signin.register(app, desk)
    devices.register(app, desk)
    _register_plain(app, stored, live, access)
    sockets.register(app, sockets.Watching(hub, sight, shares, limits, openings, lives))
    wall.register(app, stored, sight, lives)
    _register_sessions(app, settings, archive, live, visitors)
    athletes.register_routes(app, Desk(settings, archive, visitors, passwords))
    record.register(app, record.desk_of(settings, archive, stored))
    dash = _dash(app)
    sources = Sources(settings, archive, live, lambda: hub.viewers, LastNight(stored))
    feedback.register(app, feedback.Places(stored, live, sight, shares), sources)
    _register_results(app, desk, sources)
    typed = Callbacks(dash, _counted(app, visitors, limits, sources).called)
    pages.register(typed, sources)
    guard.register_types(app, typed, door)
    guard.register_headers(app, dash.csp_hashes)
    tasks = {"live feed hub": hub.run, "look at the ingest": sources.vitals.run, "look which keys stand": openings.run}
    _run_while_serving(app, tasks | _upkeep(sources, stored) | {"look what the lab is called": visitors.look_at_lab})
    _close_after_serving(app, passwords)
    door.routes.require()
    app.before_serving(door.routes.require)
    return app


def _counted(app: Quart, visitors: Visitors, limits: Limits, sources: Sources) -> metrics.Metrics:
    """Add the metrics, whose gauges show this dashboard."""
    counted = metrics.Metrics()
    metrics.register(app, counted)

    def ingest_age_s() -> float:
        age_s = sources.vitals.age_s(time.time_ns() // 1000)
        return math.nan if age_s is None else age_s

    counted.watch(
        viewers=sources.viewers,
        sockets=lambda: limits.open_sockets,
        archive_age_seconds=lambda: visitors.archive_age_s,
        ingest_age_seconds=ingest_age_s,
    )
    caches = {"parts": sources.parts.cache, "measures": sources.measures.cache, "pictures": sources.thumbs.cache}
    for name, cache in caches.items():
        counted.watch_cache(name, partial(getattr, cache, "nbytes"), partial(getattr, cache, "results"))
    return counted


def _upkeep(sources: Sources, stored: Archive) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
    """What is done of itself to what is stored, and looked at."""
    return {
        "go on with erasures": Departing(stored, sources.live, partial(sources.forget_erased, stored)).run,
        "end timed trials": keeping.Keeper(stored, sources.erase, sources.settings.held_s).run,
        "look at retention": sources.night.run,
    }


def _register_results(app: Quart, desk: Desk, sources: Sources) -> None:
    """Add what is made of what is stored: pictures, reports, and the pages of what athletes ask for."""
    moment_routes.register_progress(app, sources)
    thumbs.register(app, sources.archive, sources.thumbs)
    athletes.register_reads(app, sources)
    masks.register(app, sources)
    session_report.register(app, sources)
    day_routes.register(app, sources)
    protocol_pages.register(app, desk)
    retention_page.register(app, desk, sources.archive)
    comparison_report.register(app, sources)
    choices.register(app, sources)
    results.register(app, sources)
    you.register(app, desk)
    erasures.register(app, desk, sources)


def _register_plain(app: Quart, archive: Archive, live: Live, access: Access) -> None:
    """Add what is nobody's: files of pages, and how the process is."""
    static.register(app)
    docs_site.register(app)
    health.register(app, archive, live, access)


def _register_sessions(app: Quart, settings: Settings, archive: Archive, live: Live, visitors: Visitors) -> None:
    """Add what pages ask of one session."""
    moment_routes.register(app, archive)
    moment_routes.register_columns(app, archive)
    uploads.register(app, archive, settings.max_upload_bytes)
    questions.register(app)
    lookback_routes.register(app, archive, live)
    corrections_routes.register(app, archive)
    sharing.register(app, archive, visitors)
    athlete.register(app, archive)


def _dash(app: Quart) -> Dash:
    dash = Dash(
        "dashboard",
        server=app,  # type: ignore[arg-type]  # Dash takes a Quart application too
        title="Barograph",
        update_title="",
        assets_folder=str(static.FOLDER),
        assets_ignore=NOT_BY_DASH,
        index_string=shell.INDEX,
        meta_tags=list(shell.META),
        serve_locally=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )
    dash.backend.websocket_capability = False  # else each page opens a socket, which the door closes, again and again
    dash.layout = shell.layout
    return dash


def _run_while_serving(app: Quart, tasks: dict[str, Callable[[], Coroutine[Any, Any, None]]]) -> None:
    stack = contextlib.AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        for name, run in tasks.items():
            stack.push_async_callback(_stopped, asyncio.create_task(run(), name=name))

    @app.after_serving
    async def stop() -> None:
        await stack.aclose()


def _close_after_serving(app: Quart, passwords: Passwords) -> None:
    @app.after_serving
    async def close() -> None:
        passwords.close()


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
