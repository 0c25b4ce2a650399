"""The second door, `/socket.io/`, for clients of the predecessor: Socket.IO by WebSocket or long-polling.

python-socketio carries events; what they mean is the core's, as on `/ws`. What it leaves open is bounded here: an
event waits in a queue of `Inbound`'s size and its connection is not read meanwhile; events of the server wait in the
connection's `Outbox`, and the library is given more only when the client has fetched what it was given. A client that
does not fetch is found by the library's pings.

socket.io-client sends what it kept while it was away before it says that it is connected again, so before the join
that the application answers with. Frames that come before their connection has joined anything wait for that join,
`EARLY_FRAMES` of them and `EARLY_S` at most.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import socketio
from engineio.payload import Payload
from socketio import packet

from barograph.access import Access
from barograph.settings import Settings
from barograph.websocket import Disconnected, Inbound
from ingest.engine import Asgi, Channel, Receive, Scope, Send, address_of, answer, body_of, principal, query_of
from ingest.limits import Limits, Meter
from ingest.messages import Refused
from ingest.outbox import Outbox
from ingest.packets import Json, Packet, event_of, message_of
from ingest.peers import Peer
from ingest.sessions import Ingest

log = logging.getLogger("barograph.ingest")

PATH = "/socket.io"
EARLY_FRAMES, EARLY_S = 4096, 2.0
MAX_PACKETS = 4096  # of one POST; the library's 16 are fewer than a client sends after a pause
INBOUND_EVENTS = 16
FRAME, JOIN = '{"type":"pressure_frame"', '{"type":"join_session"'


@dataclass(eq=False)
class Session:
    """One connection of Engine.IO, whatever its transports."""

    name: str
    address: str | None
    peer: Peer
    inbound: Inbound = field(default_factory=lambda: Inbound(INBOUND_EVENTS))
    early: list[str | bytes] = field(default_factory=list)

    def in_turn(self, waiting: list[str | bytes]) -> list[str | bytes]:
        """What is to be handled now: a frame before the first join comes after it."""
        if self.peer.rooms:
            return self.take_early() + waiting
        out: list[str | bytes] = []
        joined = False
        for message in waiting:
            text = message if isinstance(message, str) else ""
            if not joined and text.startswith(FRAME) and len(self.early) < EARLY_FRAMES:
                self.early.append(message)
            else:
                joined = joined or text.startswith(JOIN)
                out += [message, *(self.take_early() if joined else ())]
        return out

    def take_early(self) -> list[str | bytes]:
        """What waited for a join."""
        early, self.early = self.early, []
        return early


class SocketIo(socketio.AsyncServer):  # type: ignore[misc]
    """The door, before the application that answers everything else."""

    def __init__(self, inner: Asgi, ingest: Ingest, limits: Limits, settings: Settings, access: Access) -> None:
        quiet = logging.getLogger("barograph.socketio")
        quiet.setLevel(logging.ERROR)  # below that the library logs frames and tokens
        Payload.max_decode_packets = MAX_PACKETS
        super().__init__(
            async_mode="asgi", async_handlers=False, serializer=Packet, json=Json, logger=quiet, engineio_logger=quiet,
            # Who may come is decided by `access` before the library sees a request.
            cors_allowed_origins=lambda origin: True, http_compression=False,
            max_http_buffer_size=settings.max_message_bytes,
        )  # fmt: skip
        self._inner, self._ingest, self._limits, self._access = inner, ingest, limits, access
        self._most_bytes = settings.max_message_bytes
        self._sessions: dict[str, Session] = {}
        self._channels: dict[str, Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on("*", self._event)
        self.on("connect", self._connect)
        self.on("disconnect", self._left)

    # --- requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call: ours, or the application's."""
        path = scope.get("path", "")
        if scope["type"] not in ("http", "websocket") or not (path == PATH or path.startswith(f"{PATH}/")):
            await self._inner(scope, receive, send)
        elif (refusal := self._refusal(scope)) is not None:
            await answer(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif (whole := await body_of(receive, self._most_bytes, self._limits.handshake_s)) is None:
            await answer(scope, receive, send, 413, Refused("too_large", f"at most {self._most_bytes} bytes in time"))
        else:
            await self.handle_request(scope, whole, send)

    def _refusal(self, scope: Scope) -> tuple[int, Refused] | None:
        query, address = query_of(scope), address_of(scope)
        if not self._access.allowed(principal(self._access, scope), "write", PATH):
            return 403, Refused("forbidden", "this page or machine may not talk to the ingest")
        if "j" in query:  # a page from anywhere could read the answer, for it would be a script
            return 400, Refused("bad_message", "JSONP is not spoken")
        try:
            if scope["type"] == "http":
                self._limits.spend(address, "requests", 1, time.monotonic())
        except Refused as refused:
            return 429, refused
        if "sid" not in query and not self._limits.has_room(address):
            return 429, self._limits.too_many_sockets()
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        channel = Channel(receive, send, self._limits.handshake_s)
        scope["barograph.channel"] = channel
        name = query_of(scope).get("sid")
        if name in self._sessions:
            self._channels[name] = channel
        await self.handle_request(scope, channel.receive, channel.send)

    # --- sessions

    async def _handle_eio_connect(self, name: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(name, environ)
        scope = environ["asgi.scope"]
        address = address_of(scope)
        self._limits.opened(address)
        session = Session(name, address, Peer(Outbox(), Meter(self._limits, address, time.monotonic())))
        self._sessions[name] = session
        if (channel := scope.get("barograph.channel")) is not None:
            self._channels[name] = channel
        self._ingest.metrics.accepted.labels("socketio").inc()
        log.info("connected", extra={"address": address, "door": "socket.io"})
        self._start(self._serve(session))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="ingest-socketio")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle_eio_message(self, name: str, data: str | bytes) -> None:
        try:
            await super()._handle_eio_message(name, data)
        except (ValueError, TypeError, LookupError):  # a packet out of its order
            if (session := self._sessions.get(name)) is not None:
                await session.inbound.put(message_of("", []))

    async def _handle_eio_disconnect(self, name: str, reason: str) -> None:
        session = self._sessions.pop(name, None)
        self._channels.pop(name, None)
        await super()._handle_eio_disconnect(name, reason)
        if session is not None:
            self._limits.closed(session.address)
            log.info("disconnected", extra={"address": session.address, "door": "socket.io", "reason": reason})
            # Not awaited: what it sent is still handled, and this may be the library's only watchman.
            self._start(session.inbound.put(None))

    async def _connect(self, sid: str, environ: Any = None, *_: Any) -> None:
        if not isinstance(environ, dict):  # an event that calls itself so
            await self._event("connect", sid)

    async def _left(self, sid: str, reason: Any = None, *_: Any) -> None:
        session = self._session_of(sid)
        if not isinstance(reason, str):
            await self._event("disconnect", sid)
        elif session is not None:  # Socket.IO was left, and there is nothing else on this connection
            self._start(self._close(session, 1000, "left"))

    async def _event(self, event: str, sid: Any = None, *arguments: Any) -> None:
        if not isinstance(sid, str):  # an event that calls itself "*", and is taken for a handler of its own
            event, sid = "*", event
        if (session := self._session_of(sid)) is not None:
            await session.inbound.put(message_of(event, arguments))

    def _session_of(self, sid: str) -> Session | None:
        name = self.manager.eio_sid_from_sid(sid, "/")
        return None if name is None else self._sessions.get(name)

    # --- events in and out

    async def _serve(self, session: Session) -> None:
        sender = asyncio.create_task(self._send_all(session), name="ingest-socketio-send")
        try:
            code, reason = await self._receive_all(session)
            log.info("%s: connection closed: %d %s", session.address, code, reason)
            await self._close(session, code, reason)
        except Disconnected:
            pass
        except Exception:
            log.exception("%s: a fault of the server ends the connection", session.address)
            await self._close(session, 1011, "a fault of the server")
        finally:
            self._ingest.closed(session.peer)
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _receive_all(self, session: Session) -> tuple[int, str]:
        peer = session.peer
        while (ending := peer.ending) is None:
            patience_s = None if peer.rooms else EARLY_S if session.early else self._limits.silent_s
            try:
                async with asyncio.timeout(patience_s):
                    waiting = session.in_turn(await session.inbound.get_waiting())
            except TimeoutError:
                if not session.early:
                    return 4408, "nothing was joined"
                waiting = session.take_early()
            await self._ingest.receive(peer, waiting)
        return ending

    async def _send_all(self, session: Session) -> None:
        """Give the library what waits, as soon as the client has fetched what it was given before."""
        while (socket := self.eio.sockets.get(session.name)) is not None:
            for event in await session.peer.outbox.next():
                await self.eio.send(session.name, Packet(packet.EVENT, list(event_of(event))).encode())
            await socket.queue.join()

    async def _close(self, session: Session, code: int, reason: str) -> None:
        socket, channel = self.eio.sockets.get(session.name), self._channels.get(session.name)
        if channel is not None:
            await channel.close(code, reason)
        if socket is not None:
            await socket.close(wait=False, abort=True, reason=reason)
            socket.queue.put_nowait(None)  # ends a poll that waits
            self.eio.sockets.pop(session.name, None)

    async def drain(self) -> None:
        """Return when every event that was taken is handled: the last of all connections are gone."""
        for session in list(self._sessions.values()):
            await self._close(session, 1012, "the server restarts")
        await self.shutdown()
        await asyncio.gather(*self._tasks)
