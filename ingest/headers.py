"""Headers of every answer of the ingest, whoever gives it: the application, Engine.IO, or a refusal at the door.

What the ingest says is data for whoever asked: no type to be guessed, nothing to be kept by a cache, nothing for
another site to embed. Pages that may talk to Socket.IO may read its answers.
"""

from __future__ import annotations

from typing import Any

from barograph.access.principals import EVERY_ORIGIN, Access
from ingest.socketio.engine import Asgi, Scope, header_of

ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
CREDENTIALS = (b"access-control-allow-origin", b"access-control-allow-credentials")
STARTS = ("http.response.start", "websocket.http.response.start")


class Headers:
    """An ASGI application with these headers."""

    def __init__(self, inner: Asgi, access: Access, events: str) -> None:
        self._inner, self._access, self._events = inner, access, events

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI call."""
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        wanted = [*ALWAYS, *self._cors(scope)]
        dropped = CREDENTIALS if (b"access-control-allow-origin", b"*") in wanted else ()  # the library's own

        async def sending(event: Any) -> None:
            if event["type"] in STARTS:
                said = [header for header in event.get("headers", ()) if header[0].lower() not in dropped]
                there = {name.lower() for name, _ in said}
                event = {**event, "headers": [*said, *(header for header in wanted if header[0] not in there)]}
            await send(event)

        await self._inner(scope, receive, sending)

    def _cors(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """What lets a page read what Socket.IO answers."""
        origin = header_of(scope, b"origin")
        if origin is None or not scope["path"].startswith(self._events) or not self._access.origin_allowed(origin):
            return []
        answer = self._access.origin_answer(origin)
        told = [(b"access-control-allow-origin", answer.encode("latin-1")), (b"vary", b"Origin")]
        return told if answer == EVERY_ORIGIN else [*told, (b"access-control-allow-credentials", b"true")]
