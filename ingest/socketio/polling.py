"""The two queues of a connection of Engine.IO, and the bodies of long-polling.

Clients have limits too: python-engineio's takes 16 packets in one answer and drops the connection at the 17th, and
gives a request 5 s. So an answer has no more than that, and a body is taken as fast as it comes, a packet at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from barograph.web.websocket import Inbound
from ingest.messages import Refused
from ingest.receipts import Request
from ingest.socketio.engine import Receive

MOST_PACKETS = 16
MOST_GIVEN = 64  # packets that wait for a client; what the library itself has to say is a handful
MOST_EVENTS, MOST_BYTES = 4096, 4 << 20
SEPARATOR = b"\x1e"


class Given(asyncio.Queue[Any]):
    """Packets that wait to be fetched: at most `MOST_PACKETS` at once, and what is beyond `MOST_GIVEN` is dropped.

    A client that makes the library answer more than it fetches loses answers, and is found by its missing pongs.
    """

    _left = MOST_PACKETS

    async def get(self) -> Any:
        """Return the first packet of an answer."""
        while True:
            self._left = MOST_PACKETS
            try:
                return await super().get()
            except asyncio.QueueEmpty:  # another request of this client has taken as many meanwhile
                continue

    def get_nowait(self) -> Any:
        """Return one packet more of the same answer, while there may be one."""
        if not self._left:
            raise asyncio.QueueEmpty
        item = super().get_nowait()
        self._left -= 1
        return item

    async def put(self, item: Any) -> None:
        """Let a packet wait."""
        if self.qsize() < MOST_GIVEN or item is None:
            self.put_nowait(item)


class Events(Inbound):
    """Events that wait to be handled: at most `MOST_EVENTS` and `MOST_BYTES`, or one that is larger."""

    def __init__(self) -> None:
        super().__init__(MOST_EVENTS, MOST_BYTES)

    def size_of(self, item: Request) -> int:
        """Return the bytes of an event."""
        return len(item.data)

    async def waiting(self) -> list[Request]:
        """Return all events that wait, as soon as there is one, or `Disconnected`."""
        return cast(list[Request], await self.get_waiting())


async def packets_of(receive: Receive, most_bytes: int, patience_s: float) -> AsyncIterator[str]:
    """Yield the packets in the body of a request, as they come; one that is too large, or no text, is `Refused`."""
    waiting, more = bytearray(), True
    while more:
        piece, more = await _piece(receive, patience_s)
        at = max(0, len(waiting) - 1)
        waiting += piece
        while (end := waiting.find(SEPARATOR, at)) >= 0:
            yield _text(waiting[:end], most_bytes)
            del waiting[: end + 1]
            at = 0
        if len(waiting) > most_bytes * 4 // 3 + 8:  # binary comes as base64
            raise _too_large(most_bytes)
    if waiting:
        yield _text(waiting, most_bytes)


async def _piece(receive: Receive, patience_s: float) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout(patience_s):
            event = await receive()
    except TimeoutError:
        raise Refused("bad_message", f"body: nothing came for {patience_s:g} s", field="body") from None
    if event["type"] != "http.request":
        raise ConnectionError("the client is gone")
    return event.get("body", b""), event.get("more_body", False)


def _text(data: bytearray, most_bytes: int) -> str:
    size = len(data) * 3 // 4 if data.startswith(b"b") else len(data)
    if size > most_bytes:
        raise _too_large(most_bytes)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused("bad_message", f"body: expected UTF-8: {error}", field="body") from error


def _too_large(most_bytes: int) -> Refused:
    return Refused("too_large", f"body: expected packets of at most {most_bytes} bytes", field="body")
