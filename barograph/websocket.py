"""Quart's WebSocket connection, with two faults cured.

Quart 0.22 queues inbound messages without bound (pallets/quart#152), and an empty binary message ends its handler
with a KeyError. Here the queue holds `INBOUND_MESSAGES`; when it is full nothing more is read from the socket, the
transport's buffer fills, and the peer has to wait. When the peer goes away, what it had sent is still handled:
`receive` gives the queued messages first and then raises `Disconnected`.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from quart import Quart
from quart.asgi import ASGIWebsocketConnection

from barograph.errors import BarographError

INBOUND_MESSAGES = 16
DRAIN_TIMEOUT_S = 10.0


class Disconnected(BarographError):
    """The peer is gone and every message it had sent was received."""


class _Inbound(asyncio.Queue[Any]):
    """A bounded queue whose end is `None`."""

    async def get(self) -> str | bytes:
        message = await super().get()
        if message is None:
            self.put_nowait(None)  # there is room: this end was just taken, and nobody puts after it
            raise Disconnected("the peer closed the connection")
        return cast(str | bytes, message)


class BoundedWebsocketConnection(ASGIWebsocketConnection):
    """A WebSocket with a bounded inbound queue that survives empty messages."""

    def __init__(self, app: Quart, scope: Any) -> None:
        super().__init__(app, scope)
        self.queue = _Inbound(INBOUND_MESSAGES)

    async def handle_messages(self, receive: Any) -> None:
        """Queue messages until the peer is gone, then give the handler time to finish."""
        while (event := await receive())["type"] != "websocket.disconnect":
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                await self.queue.put(event.get("text") if data is None else data)
        self._closed = True
        await self.queue.put(None)
        await asyncio.sleep(DRAIN_TIMEOUT_S)
