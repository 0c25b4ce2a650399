"""One server process: its ports to storage are opened in the server's own loop, closed after its last request."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, NoReturn

import uvicorn
import uvloop
from quart import Quart
from threadpoolctl import threadpool_limits

from barograph import __version__
from barograph.access.principals import Access
from barograph.cli.addresses import listen_all, note_address
from barograph.cli.service_users import as_service
from barograph.errors import BarographError
from barograph.logs import log_to_stderr
from barograph.networks import in_url, is_loopback, place_of
from barograph.settings import Settings
from barograph.store.mongo.sealed import open_archive
from barograph.store.ports import Archive, Live
from barograph.store.redis import RedisLive
from barograph.web.entries import Entries
from barograph.web.forwarded import Proxies
from barograph.web.proxied import PROXIED, Acceptor, Client
from barograph.web.tls import Certificate, certificate_of
from barograph.web.transport import WebSocketConnection, http_connection, keep_little_unsent

DRAIN_S = 1
log = logging.getLogger("barograph")
Factory = Callable[[Settings, Archive, Live, Access], Quart]


class Server(uvicorn.Server):
    """uvicorn's, with TLS where others can reach it, and ended by a signal in our order."""

    def __init__(
        self,
        config: uvicorn.Config,
        certificate: Certificate | None = None,
        handshake_s: float = 10.0,
        proxies: Proxies | None = None,
    ) -> None:
        super().__init__(config)
        self._certificate, self._handshake_s, self._proxies = certificate, handshake_s, proxies
        self._keeping: asyncio.Task[NoReturn] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, but each socket by itself is TLS or not, and a handshake has to end in time.

        With `proxies` theirs are connections that begin with a PROXY header.
        """
        if sockets is None or (self._certificate is None and self._proxies is None):
            await super().startup(sockets)
            return
        await super().startup([])
        loop, backlog = asyncio.get_running_loop(), self.config.backlog
        for listener in sockets:
            tls: dict[str, Any] = {}
            if self._certificate is not None and not is_loopback(listener.getsockname()[0]):
                tls = {"ssl": self._certificate.context, "ssl_handshake_timeout": self._handshake_s}
            if self._proxies is None:
                self.servers.append(await loop.create_server(self._connection, sock=listener, backlog=backlog, **tls))
                continue
            made: Any = Acceptor(listener, self._proxies, self._connection, self._handshake_s, backlog, **tls)
            self.servers.append(made)
        if self._certificate is not None:
            self._keeping = asyncio.create_task(self._certificate.keep(), name="look at the certificate")

    def _connection(self, told: Client | None = None) -> Any:
        """A new connection; with `told` a proxy has named who it is."""
        state = self.lifespan.state if told is None else {**self.lifespan.state, PROXIED: True}
        kind: Any = self.config.http_protocol_class
        made = kind(config=self.config, server_state=self.server_state, app_state=state)
        if told is not None:
            made.told = told
        return made

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End as uvicorn does."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear signals as uvicorn does, but none is raised again: what is held here is to be closed first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve(door: Literal["ingest", "dashboard"], settings: Settings, inherited: Sequence[int]) -> None:
    """Run one server until a signal ends it, on sockets of the parent's or on its own."""
    log_to_stderr(settings.log_level)
    settings = as_service(settings, door)
    access, certificate = Access(settings, door), certificate_of(settings)
    with ExitStack() as open_:
        listeners = [socket.socket(fileno=number) for number in inherited] or listen_all(settings, f"{door}_port")
        for listener in listeners:
            open_.enter_context(listener)
            if door == "dashboard":
                keep_little_unsent(listener)
        if door == "dashboard":
            note_address(settings, listeners[0].getsockname()[1])
        log.info("%s starts", door, extra=started(settings, listeners))
        uvloop.run(_serve(_factory(door), access, settings, listeners, certificate))


def started(settings: Settings, listeners: Sequence[socket.socket]) -> dict[str, Any]:
    """Return what a server that starts says of itself in one line: what runs, where, and on what."""
    urls = {"mongodb": settings.mongo_url, "redis": settings.redis_url}
    return {
        "version": __version__, "pid": os.getpid(), "listens": [at_of(one) for one in listeners],
        **{name: place_of(url.get_secret_value()) for name, url in urls.items() if url},
        "database": settings.database, "data_dir": str(settings.data_dir), "tls": settings.tls,
        "device_tokens": settings.device_tokens, "history_from": settings.history_from,
        **({"traces": place_of(settings.traces_url)} if settings.traces_url else {}),
    }  # fmt: skip


def at_of(listener: socket.socket) -> str:
    """Return address and port of a listening socket, as in a URL."""
    host, port = listener.getsockname()[:2]
    return in_url(ipaddress.ip_address(host), port)


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


async def _serve(
    factory: Factory,
    access: Access,
    settings: Settings,
    listeners: list[socket.socket],
    certificate: Certificate | None,
) -> None:
    mongo_url, redis_url = (url.get_secret_value() for url in (settings.mongo_url, settings.redis_url) if url)
    frames_url = settings.frames_mongo_url.get_secret_value() if settings.frames_mongo_url else None
    archive = await open_archive(settings, mongo_url, frames_url=frames_url)
    try:
        live = await RedisLive.connect(redis_url, sealing=archive.sealing)
        try:
            app = factory(settings, archive, live, access)
            _settle_down()
            proxies = Proxies(settings.trusted_proxies) if settings.proxy_protocol else None
            server = Server(configuration(app, settings), certificate, settings.handshake_timeout_s, proxies)
            await server.serve(sockets=listeners)
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
        Entries(app, settings),
        http="httptools" if limits is None else http_connection(limits, Proxies(settings.trusted_proxies).named),
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
