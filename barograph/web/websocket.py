"""Quart's WebSocket connection, with two faults cured.

Quart 0.22 queues inbound messages without bound (pallets/quart#152), and an empty binary message ends its handler
with a KeyError. Here the queue holds `INBOUND_MESSAGES`, and no more when they have `INBOUND_BYTES`; when it is full
nothing more is read from the socket, the transport's buffer fills, and the peer has to wait. When the peer goes away,
what it had sent is still handled: `receive` gives the queued messages first and then raises `Disconnected`.

So a connection holds at most five of the largest messages: one that arrives, one that is whole, one that waits for its
place, and one each (or more that have `INBOUND_BYTES` together) in the queue and at its handler.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from quart import Quart, websocket
from quart.asgi import ASGIWebsocketConnection

from barograph.errors import BarographError

INBOUND_MESSAGES = 16
INBOUND_BYTES = 1 << 20
DRAIN_TIMEOUT_S = 10.0


class Disconnected(BarographError):
    """The peer is gone and every message it had sent was received."""


class Inbound(asyncio.Queue[Any]):
    """A queue whose end is `None`: at most so many messages and bytes, or one that is larger."""

    def __init__(self, most: int, most_bytes: int) -> None:
        super().__init__(most)
        self._bytes, self._most_bytes = 0, most_bytes

    def full(self) -> bool:
        """Return whether whoever brings more has to wait."""
        return super().full() or self._bytes >= self._most_bytes

    def size_of(self, item: Any) -> int:
        """Return the bytes of a message."""
        return len(item)

    def _put(self, item: Any) -> None:
        super()._put(item)
        self._bytes += 0 if item is None else self.size_of(item)

    def _get(self) -> Any:
        item = super()._get()
        self._bytes -= 0 if item is None else self.size_of(item)
        return item

    async def get(self) -> str | bytes:
        """Return the next message, or `Disconnected`."""
        message = await super().get()
        if message is None:
            self.put_nowait(None)  # there is room: this end was just taken, and nobody puts after it
            raise Disconnected("the peer closed the connection")
        return cast(str | bytes, message)

    async def get_waiting(self) -> list[str | bytes]:
        """Return all messages that wait, as soon as there is one: whoever is behind can do more at once."""
        messages = [await self.get()]
        while not self.empty():
            message = self.get_nowait()
            if message is None:
                self.put_nowait(None)
                break
            messages.append(message)
        return messages


async def receive_waiting() -> list[str | bytes]:
    """Return the messages that wait on the current WebSocket, which is accepted: at least one, or `Disconnected`."""
    inbound: Inbound = websocket.inbound  # type: ignore[attr-defined]
    return await inbound.get_waiting()


class BoundedWebsocketConnection(ASGIWebsocketConnection):
    """A WebSocket with a bounded inbound queue that survives empty messages."""

    def __init__(self, app: Quart, scope: Any) -> None:
        super().__init__(app, scope)
        self.queue = Inbound(INBOUND_MESSAGES, INBOUND_BYTES)

    def _create_websocket_from_scope(self, send: Any) -> Any:
        websocket = super()._create_websocket_from_scope(send)
        websocket.inbound = self.queue  # type: ignore[attr-defined]
        return websocket

    async def handle_messages(self, receive: Any) -> None:
        """Queue messages until the peer is gone, then give the handler time to finish."""
        while (event := await receive())["type"] != "websocket.disconnect":
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                await self.queue.put(event.get("text") if data is None else data)
        self._closed = True
        await self.queue.put(None)
        await asyncio.sleep(DRAIN_TIMEOUT_S)
