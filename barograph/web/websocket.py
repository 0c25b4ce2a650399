"""Quart's WebSockets, with a bounded queue of what came.

Quart takes messages as fast as they come and keeps them all (pallets/quart#152; 0.23 has a queue of its own, without a
bound too), ends a handler with a KeyError when an empty binary message comes, and 0.23 cancels it the moment the peer
is gone. Here the queue holds `INBOUND_MESSAGES`, and no more when they have `INBOUND_BYTES`; when it is full nothing
more is read from the socket, the transport's buffer fills, and the peer has to wait. When the peer goes away, what it
had sent is still handled: `receive` gives the queued messages first and then raises `Disconnected`; so does `send`.

Nothing of Quart's own queue is touched: what comes is taken before Quart sees it, by the ASGI interface, which is the
same in every version of Quart.

So a connection holds at most five of the largest messages: one that arrives, one that is whole, one that waits for its
place, and one each (or more that have `INBOUND_BYTES` together) in the queue and at its handler.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial
from typing import Any, cast

from quart import Quart, Websocket, websocket
from quart.asgi import ASGIWebsocketConnection

from barograph.errors import BarographError

INBOUND_MESSAGES = 16
INBOUND_BYTES = 1 << 20
DRAIN_TIMEOUT_S = 10.0


class Disconnected(BarographError):
    """The peer is gone and every message it had sent was received."""


class Inbound(asyncio.Queue[Any]):
    """A queue of messages and of when they came, whose end is `None`.

    It holds at most so many messages and bytes, or one that is larger.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        super().__init__(most)
        self._bytes, self._most_bytes = 0, most_bytes
        self.waited_s = 0.0  # how long the first of those that were taken last had waited
        self._over = False

    def full(self) -> bool:
        """Return whether whoever brings more has to wait."""
        return not self._over and (super().full() or self._bytes >= self._most_bytes)

    def size_of(self, item: Any) -> int:
        """Return the bytes of a message."""
        return len(item)

    def end(self) -> None:
        """Drop what waits and what still comes: nobody handles it any more, and nobody has to wait with it."""
        self._over = True
        while not self.empty():
            self.get_nowait()

    async def put(self, item: Any) -> None:
        """Queue a message, or the end; whoever brings it waits for its place."""
        await super().put(None if item is None else (time.monotonic(), item))

    def _put(self, item: Any) -> None:
        if self._over:
            return
        super()._put(item)
        self._bytes += 0 if item is None else self.size_of(item[1])

    def _get(self) -> Any:
        item = super()._get()
        self._bytes -= 0 if item is None else self.size_of(item[1])
        return item

    async def get(self) -> str | bytes:
        """Return the next message, or `Disconnected`."""
        item = await super().get()
        if item is None:
            self.put_nowait(None)  # there is room: this end was just taken, and nobody puts after it
            raise Disconnected("the peer closed the connection")
        came_s, message = item
        self.waited_s = time.monotonic() - came_s
        return cast(str | bytes, message)

    async def get_waiting(self) -> list[str | bytes]:
        """Return all messages that wait, as soon as there is one: whoever is behind can do more at once."""
        messages = [await self.get()]
        while not self.empty():
            item = self.get_nowait()
            if item is None:
                self.put_nowait(None)
                break
            messages.append(item[1])
        return messages


class BoundedWebsocket(Websocket):
    """A WebSocket that is read from such a queue."""

    inbound: Inbound

    async def receive(self) -> str | bytes:
        """Return the next message, or `Disconnected`."""
        await self.accept()
        return await self.inbound.get()


class BoundedWebsocketConnection(ASGIWebsocketConnection):
    """A connection that takes no more messages than its handler keeps up with."""

    def __init__(self, app: Quart, scope: Any) -> None:
        super().__init__(app, scope)
        self._inbound = Inbound(INBOUND_MESSAGES, INBOUND_BYTES)
        self._handled = asyncio.Event()
        self._gone = False

    async def __call__(self, receive: Any, send: Any) -> None:
        """Serve one connection."""
        await super().__call__(partial(self._end_of, receive), partial(self._send, send))

    async def handle_websocket(self, websocket: Any, send: Any) -> None:
        """Let the application handle it; what comes after that is dropped."""
        websocket.inbound = self._inbound
        try:
            await super().handle_websocket(websocket, send)
        finally:
            self._handled.set()
            self._inbound.end()

    async def _end_of(self, receive: Any) -> Any:
        """Queue what comes until the peer is gone, and let the handler finish: Quart hears of the end alone."""
        while (event := await receive())["type"] != "websocket.disconnect":
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                await self._inbound.put(event.get("text") if data is None else data)
        self._gone = True
        await self._inbound.put(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self._handled.wait()
        return event

    async def _send(self, send: Any, event: Any) -> None:
        """Send; when the peer is gone, there is nothing to close, and `Disconnected` says so to whoever sends more."""
        refuses = event["type"].startswith("websocket.http.")  # whoever is refused may have hung up already
        if refuses or not self._gone:
            with contextlib.suppress(OSError):  # uvicorn's ClientDisconnected is one
                await send(event)
                return
        if not refuses and event["type"] != "websocket.close":
            raise Disconnected("the peer closed the connection")


async def receive_waiting() -> list[str | bytes]:
    """Return the messages that wait on the current WebSocket, which is accepted: at least one, or `Disconnected`."""
    inbound: Inbound = websocket.inbound  # type: ignore[attr-defined]
    return await inbound.get_waiting()


def waited_s() -> float:
    """Return how long the first of the messages that were received last had waited, in s."""
    inbound: Inbound = websocket.inbound  # type: ignore[attr-defined]
    return inbound.waited_s


def bound_websockets(app: Quart) -> None:
    """Let an application have its WebSockets this way."""
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.websocket_class = BoundedWebsocket
