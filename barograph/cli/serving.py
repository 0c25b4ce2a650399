"""One server process: its ports to storage are opened in the server's own loop, closed after its last request."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
import uvloop
from quart import Quart
from threadpoolctl import threadpool_limits

from barograph.access.principals import Access
from barograph.cli.addresses import listen, note_address, with_servers
from barograph.errors import BarographError
from barograph.logs import log_to_stderr
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive, Live
from barograph.store.redis import RedisLive
from barograph.web.transport import WebSocketConnection, http_connection, keep_little_unsent

DRAIN_S = 1
Factory = Callable[[Settings, Archive, Live, Access], Quart]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As in uvicorn, but a signal is not raised again afterwards: what this process holds is to be closed first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve(door: Literal["ingest", "dashboard"], settings: Settings, inherited: int | None) -> None:
    """Run one server until a signal ends it, on a socket of the parent's or on its own."""
    log_to_stderr(settings.log_level)
    settings = with_servers(settings)
    access, setting = Access(settings, door), f"{door}_port"
    with (
        socket.socket(fileno=inherited)
        if inherited is not None
        else listen(settings.host, getattr(settings, setting), setting=setting)
    ) as listener:
        if door == "dashboard":
            keep_little_unsent(listener)
            note_address(settings, listener.getsockname()[1])
        uvloop.run(_serve(_factory(door), access, settings, listener))


def _settle_down() -> None:
    """Give the machine's other core to the servers beside us, and look for garbage where there may be some."""
    # The products of small matrices gain nothing from a second thread, which waits for them spinning.
    threadpool_limits(1, user_api="blas")
    # What was imported stays: it need not be gone through again and again while frames come by the thousand.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _factory(door: Literal["ingest", "dashboard"]) -> Factory:
    # Either room alone is loaded in its process.
    if door == "ingest":
        from ingest.app import create_app as create_ingest

        return create_ingest
    from dashboard.app import create_app as create_dashboard

    return create_dashboard


async def _serve(factory: Factory, access: Access, settings: Settings, listener: socket.socket) -> None:
    mongo_url, redis_url = (url.get_secret_value() for url in (settings.mongo_url, settings.redis_url) if url)
    archive = await MongoArchive.connect(mongo_url, settings.database, settings.storage_timeout_s)
    try:
        live = await RedisLive.connect(redis_url)
        try:
            app = factory(settings, archive, live, access)
            _settle_down()
            await _Server(configuration(app, settings)).serve(sockets=[listener])
            if (fault := app.extensions.get("barograph", {}).get("fault")) is not None:
                raise BarographError(fault)
        finally:
            await live.close()
    finally:
        await archive.close()


def configuration(app: Quart, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves an application."""
    limits = app.extensions.get("barograph", {}).get("limits")
    return uvicorn.Config(
        app,
        http="httptools" if limits is None else http_connection(limits),
        ws=WebSocketConnection,
        ws_max_size=settings.max_message_bytes,
        # Frames on loopback: compressing costs more than sending, and a small message may unpack to a huge one.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
