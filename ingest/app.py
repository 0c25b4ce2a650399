"""The ingest as a Quart application: the WebSocket door, the first HTTP endpoints, and the tasks behind them."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec
from quart import Quart, abort, current_app, request, websocket

from barograph.access import Access, Verb
from barograph.ports import Archive, Live
from barograph.settings import Settings
from barograph.websocket import BoundedWebsocketConnection, Disconnected, receive_waiting
from ingest.feed import Publisher
from ingest.http import add_http
from ingest.metrics import Metrics
from ingest.outbox import Outbox
from ingest.peers import Peer
from ingest.readings import watch
from ingest.sessions import Ingest

log = logging.getLogger("barograph.ingest")

SEND_TIMEOUT_S = 10.0
DRAIN_TIMEOUT_S = 15.0
VERBS: dict[str, Verb] = {"GET": "read", "HEAD": "read", "DELETE": "erase"}


def create_app(settings: Settings, archive: Archive, live: Live, access: Access) -> Quart:
    """The application over its ports; tasks start with serving and end with it."""
    app = Quart("ingest", static_folder=None)
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.config["MAX_CONTENT_LENGTH"] = settings.max_message_bytes
    metrics = Metrics()
    publisher = Publisher(live, metrics)
    ingest = Ingest(archive, publisher, min_free_bytes=settings.min_free_bytes)
    app.extensions["barograph"] = {"ingest": ingest, "archive": archive, "access": access, "settings": settings}
    watch(metrics, ingest)
    _add_tasks(app, ingest, publisher)
    add_http(app, settings, archive, live, metrics)
    app.websocket("/ws")(_ws)

    @app.before_request
    @app.before_websocket
    async def admit() -> None:
        asked: Any = request if request else websocket
        who = access.principal(asked)
        verb = VERBS.get(asked.method, "write") if request else "write"
        if who is None or not access.allowed(who, verb, asked.path):
            abort(403)

    return app


def _add_tasks(app: Quart, ingest: Ingest, publisher: Publisher) -> None:
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
        runs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "commit": ingest.committer.run, "publish": publisher.run, "marks": streams.keep_marks,
            "leases": streams.keep_leases, "gaps": streams.keep_gaps, "rollups": streams.keep_rollups,
            "space": streams.keep_space, "windows": partial(streams.keep_windows, ingest.committer),
        }  # fmt: skip
        for name, run in runs.items():
            task = asyncio.create_task(run(), name=f"ingest-{name}")
            task.add_done_callback(ended)
            tasks.append(task)

    @app.after_serving
    async def stop() -> None:
        try:
            await asyncio.wait_for(ingest.drain(), DRAIN_TIMEOUT_S)
        except TimeoutError:
            log.exception("the archive did not take what was left within %.0f s; it was not acked", DRAIN_TIMEOUT_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ws() -> None:
    """One device or viewer: messages in, in their order; events out through its outbox."""
    ingest: Ingest = current_app.extensions["barograph"]["ingest"]
    peer = Peer(Outbox())
    ingest.metrics.accepted.labels("ws").inc()
    address = websocket.remote_addr
    log.info("connected %s", address)
    await websocket.accept()
    sender = asyncio.create_task(_send_all(peer.outbox), name="ingest-send")
    try:
        while not peer.outbox.lost:
            await ingest.receive(peer, await receive_waiting())
        log.info("%s does not read; its connection is closed", address)
        await websocket.close(4408, "the client does not read")
    except Disconnected:
        log.info("disconnected %s", address)
    finally:
        ingest.closed(peer)
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _send_all(outbox: Outbox) -> None:
    """Send until cancelled, until the peer is gone (what it sent before is still handled), or does not read."""
    encode = msgspec.json.encode
    try:
        while True:
            for event in await outbox.next():
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await websocket.send(encode(event).decode())
    except TimeoutError:
        outbox.lost = True
    except OSError:  # uvicorn's ClientDisconnected is one
        outbox.close()
