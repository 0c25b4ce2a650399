"""The ingest as a Quart application: its three doors, and the tasks behind them.

Terms: door (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, get_args

from quart import Quart, g, request, websocket

from barograph.access.guarded import guarded
from barograph.access.needs import need_of, require_declared
from barograph.access.principals import Access
from barograph.access.proofs import Proofs
from barograph.extras import imports_for
from barograph.settings import Settings
from barograph.store.ports import Archive, Live
from barograph.web.websocket import bound_websockets
from ingest import ws
from ingest.entrance import Entrance
from ingest.feed import Publisher
from ingest.gate import Gate
from ingest.headers import Headers
from ingest.http import add_http
from ingest.http.cors import add_cors
from ingest.limits import Limits
from ingest.looks import BackupsLook, SummariesLook
from ingest.messages import ClientMessage
from ingest.metrics import Metrics
from ingest.readings import watch
from ingest.sessions import Ingest
from ingest.socketio.server import PATH, SocketIo
from ingest.spreading import Spreading

log = logging.getLogger("barograph.ingest")

DRAIN_TIMEOUT_S = 15.0


def create_app(settings: Settings, archive: Archive, live: Live, access: Access) -> Quart:
    """Return the application over its ports; tasks start with serving and end with it."""
    app = Quart("ingest", static_folder=None)
    bound_websockets(app)
    metrics, proofs = Metrics(), Proofs(settings)
    publisher, ingest = _core(settings, archive, live, metrics, proofs)
    watch(metrics, ingest)
    summaries, backups = SummariesLook(archive, metrics), BackupsLook(archive, metrics)
    limits = Limits(settings)
    app.extensions["barograph"] = {
        "ingest": ingest, "archive": archive, "access": access, "settings": settings, "limits": limits,
    }  # fmt: skip
    entrance = Entrance(access, settings, ingest.tokens, ingest.callers, proofs)
    door = SocketIo(app.asgi_app, ingest, limits, settings, entrance)
    app.asgi_app = Headers(door, access, PATH)  # type: ignore[method-assign]
    gate = Gate(app, archive, entrance)
    # The core writes for the devices whose messages it takes; what HTTP reads and changes is decided call by call.
    visits = add_http(app, settings, guarded(archive), live, ingest, limits)
    more = {"visits": visits.run, "summaries": summaries.run, "backups": backups.run}
    if settings.spread_streams:
        more["spreading"] = Spreading(ingest.rooms, ingest.relay).run
    _add_tasks(app, ingest, publisher, door, more)
    _add_gate(app, limits, entrance, gate)
    add_cors(app, access)
    app.websocket("/ws")(ws.serve)
    require_declared("messages", {one.__name__: need_of(one) for one in get_args(ClientMessage)})
    gate.routes.require()
    return app


def _core(
    settings: Settings, archive: Archive, live: Live, metrics: Metrics, proofs: Proofs
) -> tuple[Publisher, Ingest]:
    """The protocol behind the doors; with traces only where somebody is to get them."""
    options: dict[str, Any] = {
        "min_free_bytes": settings.min_free_bytes, "max_message_bytes": settings.max_message_bytes, "proofs": proofs,
    }  # fmt: skip
    if settings.traces_url is None:
        publisher = Publisher(live, metrics)
        return publisher, Ingest(archive, publisher, **options)
    with imports_for("BAROGRAPH_TRACES_URL"):
        from ingest.tracing import TracedIngest, TracedPublisher, Traces
    traces = Traces(settings)
    traced = TracedPublisher(live, metrics, traces)
    return traced, TracedIngest(archive, traced, traces, **options)


def _add_gate(app: Quart, limits: Limits, entrance: Entrance, gate: Gate) -> None:
    app.before_serving(gate.routes.require)

    @app.before_request
    async def admit() -> None:
        g.entrant = await gate.admit(request)
        _count(limits)

    @app.before_websocket
    async def admit_socket() -> None:
        g.entrant = await entrance.admit(websocket)


def _count(limits: Limits) -> None:
    """Count a request and its body for its address; what came too early is refused."""
    now_s = time.monotonic()
    limits.spend(request.remote_addr, "requests", 1, now_s)
    if request.content_length:
        limits.spend(request.remote_addr, "bytes", request.content_length, now_s)


Run = Callable[[], Coroutine[Any, Any, None]]


def _add_tasks(app: Quart, ingest: Ingest, publisher: Publisher, door: SocketIo, more: dict[str, Run]) -> None:
    tasks: list[asyncio.Task[None]] = []
    streams = ingest.streams

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical(
                "%s failed; the process ends so that devices keep their frames", task.get_name(), exc_info=error
            )
            app.extensions["barograph"]["fault"] = f"{task.get_name()} failed: {error}"
            signal.raise_signal(signal.SIGTERM)

    @app.before_serving
    async def start() -> None:
        runs: dict[str, Run] = {
            "commit": ingest.committer.run, "publish": publisher.run, "relay": ingest.relay.run,
            "erasures": ingest.erasures.run, "tokens": ingest.tokens.run, "decisions": ingest.decisions.run,
            "sightings": ingest.sightings.run, "telling": ingest.telling.run,
            "marks": streams.keep_marks, "leases": streams.keep_leases, "gaps": streams.keep_gaps,
            "rollups": streams.keep_rollups, "space": streams.keep_space,
            "windows": partial(streams.keep_windows, ingest.committer), "refusals": ingest.refusals.run,
            "attendance": ingest.attendance.run, **more,
        }  # fmt: skip
        for name, run in runs.items():
            task = asyncio.create_task(run(), name=f"ingest-{name}")
            task.add_done_callback(ended)
            tasks.append(task)

    @app.after_serving
    async def stop() -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await door.drain()
                await ingest.drain()
        except TimeoutError:
            log.exception("the archive did not take what was left within %.0f s; it was not acked", DRAIN_TIMEOUT_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
