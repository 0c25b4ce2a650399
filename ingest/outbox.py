"""What waits to be sent to one client.

Queue: acks and errors answer what the client sent and are never dropped; when `MAX_WAITING` wait, the client does not
read, and `Outbox.lost` tells the connection to close. What only informs a viewer (`offer`) is dropped and counted
beyond `MAX_OFFERED`: live viewers may skip frames, history has them.

Terms: outbox (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from barograph.web.websocket import Disconnected

SEND_TIMEOUT_S = 10.0
MAX_OFFERED = 1024
MAX_WAITING = 8192


class Outbox:
    """A bounded queue of events for one connection."""

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._work = asyncio.Event()
        self.dropped = 0
        self.lost = False
        self._gone = False

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, event: dict[str, Any]) -> None:
        """Queue an event that the client must get."""
        if self._gone:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.lost = True
            return
        self._waiting.append(event)
        self._work.set()

    def offer(self, event: dict[str, Any]) -> None:
        """Queue an event that may be skipped when the client is slow."""
        if len(self._waiting) >= MAX_OFFERED:
            self.dropped += 1
        else:
            self.push(event)

    async def next(self) -> list[dict[str, Any]]:
        """Return all that waits, as soon as there is anything."""
        await self._work.wait()
        batch = list(self._waiting)
        self._waiting.clear()
        self._work.clear()
        return batch

    async def send_all(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send until cancelled, until the peer is gone (what it sent before is still handled), or does not read."""
        try:
            while True:
                for event in await self.next():
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await send(msgspec.json.encode(event).decode())
        except TimeoutError:
            self.lost = True
        except Disconnected:
            self.close()

    def close(self) -> None:
        """Drop everything: the client is gone, nothing that waits or comes can reach it."""
        self._gone = True
        self._waiting.clear()
