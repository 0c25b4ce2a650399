"""uvicorn's connections, with what they leave open closed.

A connection has to ask something within a time and in a head of bounded length; so many of an address may not have
yet, and so many that did may be open. A body that goes on after its answer is read for a time, and not without end.
A WebSocket's fragments are joined as they come, not kept one by one. Whoever does not read what is sent is cut off:
closing in order would wait for ever for what is still to be sent.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from barograph.web.proxied import Client, ToldTransport

MAX_HEAD_BYTES = 64 << 10
MAX_UNREAD_BYTES = 16 << 20
WRITE_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 5.0
UNSENT_BYTES = 64 << 10
# What an answer of no application says too: the headers that both servers give to every answer.
GUARDED = (
    b"x-content-type-options: nosniff\r\ncache-control: no-store\r\ncross-origin-resource-policy: same-origin\r\n"
    b"content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n"
)
TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\n" + GUARDED + b"content-length: 0\r\n\r\n"


class Handshakes(Protocol):
    """Counts connections by address: "handshakes", that have yet to ask something, and "connections", that did."""

    handshake_s: float

    def opened(self, address: str | None, what: str) -> bool:
        """Count one more; return False when there are too many."""
        ...

    def closed(self, address: str | None, what: str) -> None:
        """Count one less."""
        ...


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket that ends."""

    def handle_cont(self, event: Any) -> None:
        """Handle a fragment."""
        if not isinstance(self.frames[0], bytearray):
            self.frames = [bytearray(self.frames[0])]  # type: ignore[list-item]
        self.frames[0] += event.data
        if event.fin:
            self.frames = [bytes(self.frames[0])]
            self.send_receive_event_to_app()

    def send_receive_event_to_app(self) -> None:
        """Hand on a message that is whole."""
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(1007)  # as uvicorn does, without a traceback in the log
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Send, or cut off a peer that does not read."""
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await self.writable.wait()
            except TimeoutError:
                self.transport.abort()
                raise ClientDisconnected from None
        await super().send(message)
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Close: the peer does not answer pings."""
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class HttpConnection(HttpToolsProtocol):
    """A connection that has to ask something."""

    handshakes: Handshakes
    told: Client | None = None  # the client, where a proxy named it
    passes_on: Callable[[str | None], bool] = staticmethod(lambda address: False)
    _timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _counted: str | None = None
    _head_bytes = 0
    _unread_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Handle a peer that is there."""
        told: Any = transport if self.told is None else ToldTransport(transport, self.told)
        super().connection_made(told)
        if self._count("handshakes"):
            self._expect_head()
        else:
            transport.abort()

    @property
    def _address(self) -> str | None:
        return self.client[0] if self.client else None

    def _expect_head(self) -> None:
        if self._timer is None:
            self._head_bytes = 0
            self._timer = self.loop.call_later(self.handshakes.handshake_s, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _count(self, what: str | None) -> bool:
        """Count this connection as something else, or as nothing; False when there are too many of that.

        Those of a named reverse proxy are many people's, and it bounds them itself.
        """
        if self.passes_on(self._address):
            return True
        if what != self._counted:
            if self._counted is not None:
                self.handshakes.closed(self._address, self._counted)
            self._counted = what if what is None or self.handshakes.opened(self._address, what) else None
        return self._counted == what

    def data_received(self, data: bytes) -> None:
        """Handle bytes that came."""
        if self._timer is not None:
            self._head_bytes += min(len(data), MAX_HEAD_BYTES)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("The head of the request is too long.")
                return
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, before any application sees it."""
        body = msg.encode("ascii")
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + GUARDED + head + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        """Handle the beginning of a request."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Handle the head of a request."""
        self._expect_nothing()
        if self._count(None if self.parser.should_upgrade() and self._should_upgrade() else "connections"):
            super().on_headers_complete()
        else:
            self.transport.write(TOO_MANY)
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        """Handle a part of a body, which may come after the answer.

        Some of that is read, so that the answer arrives.
        """
        if self.transport.is_closing():
            return
        super().on_body(body)
        if self.cycle is not None and self.cycle.response_complete:
            if self._unread_timer is None:
                self._unread_timer = self.loop.call_later(self.handshakes.handshake_s, self.transport.abort)
            self._unread_bytes += len(body)
            if self._unread_bytes > MAX_UNREAD_BYTES:
                self.transport.abort()

    def on_message_complete(self) -> None:
        """Handle the end of a request and its body."""
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle that the peer is gone."""
        self._expect_nothing()
        self._count(None)
        super().connection_lost(exc)


def keep_little_unsent(listener: socket.socket) -> None:
    """Let the kernel hold little that is not sent yet, for every connection that this listener accepts.

    By itself it holds megabytes for a slow peer, who then gets seconds that are long over; what waits in a viewer's own
    queue gives way to newer frames.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)


def http_connection(
    handshakes: Handshakes, passes_on: Callable[[str | None], bool] = lambda address: False
) -> type[HttpConnection]:
    """Return the class of connections of one server; `passes_on` knows the addresses of reverse proxies."""
    own = {"handshakes": handshakes, "passes_on": staticmethod(passes_on)}
    return type("HttpConnection", (HttpConnection,), own)
