"""What comes before Engine.IO: who asks, and a WebSocket that carries nothing but its packets.

The library takes an exception's way out of whatever it does not expect, and waits without end for a reader that does
not read; here both become the end of one connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from werkzeug.datastructures import Headers

from ingest.messages import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

SEND_TIMEOUT_S = 10.0
PACKETS = frozenset("0123456")
GONE = {"type": "websocket.disconnect", "code": 1006}


class ScopeRequest:
    """An ASGI scope as `Access` looks at a request."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        self.cookies: dict[str, str] = {}
        self.remote_addr = address_of(scope)
        self.method, self.path = str(scope.get("method", "GET")), str(scope["path"])


def address_of(scope: Scope) -> str | None:
    """Return the address of the peer."""
    client = scope.get("client")
    return str(client[0]) if client else None


def header_of(scope: Scope, name: bytes) -> str | None:
    """Return a header of a request."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def query_of(scope: Scope) -> dict[str, str]:
    """Return the parameters of the address."""
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))


async def answer(scope: Scope, receive: Receive, send: Send, status: int, refused: Refused) -> None:
    """Refuse a request in JSON, as the HTTP API does."""
    error = {"code": refused.code, "message": str(refused), "field": refused.field}
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    if refused.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(refused.retry_after_s))).encode()))
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    if scope["type"] == "websocket":
        await receive()
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": msgspec.json.encode({"error": error})})


async def done(scope: Scope, send: Send) -> None:
    """Answer a request whose body was taken."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"OK"})


class Channel:
    """The two ways of one WebSocket; `close` ends it with a code of ours."""

    def __init__(self, receive: Receive, send: Send, patience_s: float) -> None:
        self._receive, self._send = receive, send
        self._patience_s: float | None = patience_s  # for the first packet, which a client sends at once
        self._closed = False

    async def receive(self) -> Any:
        """Return the next event; whatever is no packet ends the connection."""
        try:
            async with asyncio.timeout(self._patience_s):
                event = await self._receive()
        except TimeoutError:
            await self.close(4408, "nothing came")
            return GONE
        if event["type"] != "websocket.receive":
            return event
        self._patience_s = None
        data = event.get("bytes")
        if data is None and event.get("text", "")[:1] not in PACKETS:
            await self.close(4400, "no packet of Engine.IO")
            return GONE
        return event

    async def send(self, event: Any) -> None:
        """Send, or give up on a peer that does not read."""
        if self._closed:
            raise ConnectionError("the connection is closed")
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._send(event)
        except TimeoutError as error:
            self._closed = True
            raise ConnectionError("the client does not read") from error

    async def close(self, code: int, reason: str) -> None:
        """Close with a code, once."""
        if not self._closed:
            try:
                await self.send({"type": "websocket.close", "code": code, "reason": reason})
            except OSError:
                return
            finally:
                self._closed = True
