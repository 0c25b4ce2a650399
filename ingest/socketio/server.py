"""The second door, `/socket.io/`, for clients of the predecessor: Socket.IO by WebSocket or long-polling.

python-socketio carries events; what they mean is the core's, as on `/ws`. What it leaves open is bounded here: events
wait in a queue (`Events`) and when that is full their connection is not read; events of the server wait in the
connection's `Outbox`, and the library is given more only when the client has fetched what it was given. A client that
does not fetch is found by the library's pings.

The library would acknowledge an event as soon as it is queued. Here an acknowledgement is a receipt of the core: it
comes when the event is done, a frame's when the frame is in the journal.

socket.io-client sends what it kept while it was away before it says that it is connected again, so before the join
that the application answers with. Frames that come before their connection has joined anything wait for that join,
`EARLY_FRAMES` and `EARLY_BYTES` of them and `EARLY_S` at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import engineio
import socketio
from engineio import packet as engine_packet
from engineio.exceptions import EngineIOError
from socketio.exceptions import ConnectionRefusedError as SocketRefused

from barograph.errors import InvalidData, StorageAway
from barograph.logs import about_connection, short_id
from barograph.settings import Settings
from barograph.web.websocket import Disconnected
from ingest.entrance import Entrance, Entrant, entered
from ingest.limits import Limits, Meter
from ingest.messages import Refused, refusal
from ingest.outbox import Outbox
from ingest.peers import Peer
from ingest.receipts import Request
from ingest.sessions import Ingest
from ingest.socketio.engine import Asgi, Channel, Receive, Scope, ScopeRequest, Send, address_of, answer, done, query_of
from ingest.socketio.packets import Json, Packet, message_of, packet_of
from ingest.socketio.polling import MOST_PACKETS, Events, Given, packets_of

log = logging.getLogger("barograph.ingest")

PATH = "/socket.io"
EARLY_FRAMES, EARLY_BYTES, EARLY_S = 4096, 4 << 20, 2.0
ENTRANT = "barograph.entrant"
REFUSED_S, FETCH_S = 0.5, 10.0  # a client whose token was refused has so long to hear it
FRAME, JOIN = '{"type":"pressure_frame"', '{"type":"join_session"'


@dataclass(eq=False)
class Session:
    """One connection of Engine.IO, whatever its transports."""

    name: str
    address: str | None
    peer: Peer
    inbound: Events = field(default_factory=Events)
    early: list[Request] = field(default_factory=list)
    early_bytes: int = 0

    def in_turn(self, waiting: list[Request]) -> list[Request]:
        """Return what is to be handled now: a frame before the first join comes after it."""
        if self.peer.rooms:
            return self.take_early() + waiting
        out: list[Request] = []
        joined = False
        for event in waiting:
            text = event.data if isinstance(event.data, str) else ""
            if not joined and text.startswith(FRAME) and self._has_room():
                self.early.append(event)
                self.early_bytes += len(event.data)
            else:
                joined = joined or text.startswith(JOIN)
                out += [event, *(self.take_early() if joined else ())]
        return out

    def _has_room(self) -> bool:
        return len(self.early) < EARLY_FRAMES and self.early_bytes < EARLY_BYTES

    def take_early(self) -> list[Request]:
        """Return what waited for a join."""
        early, self.early, self.early_bytes = self.early, [], 0
        return early


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """The library's Engine.IO, with queues that have an end."""

    def create_queue(self, *_: Any, **__: Any) -> Given:
        """Return what waits for one client."""
        return Given()


class SocketIo(socketio.AsyncServer):  # type: ignore[misc]
    """The door, before the application that answers everything else."""

    def __init__(self, inner: Asgi, ingest: Ingest, limits: Limits, settings: Settings, entrance: Entrance) -> None:
        quiet = logging.getLogger("barograph.socketio")
        quiet.setLevel(logging.ERROR)  # below that the library logs frames and tokens
        super().__init__(
            async_mode="asgi", async_handlers=False, serializer=Packet, json=Json, logger=quiet, engineio_logger=quiet,
            # Who may come is decided by `access` before the library sees a request.
            cors_allowed_origins=lambda origin: True, http_compression=False,
            max_http_buffer_size=settings.max_message_bytes,
        )  # fmt: skip
        self._inner, self._ingest, self._limits, self._entrance = inner, ingest, limits, entrance
        self._most_bytes = settings.max_message_bytes
        self._sessions: dict[str, Session] = {}
        self._channels: dict[str, Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on("connect", self._came)
        self.on("disconnect", self._left)

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # --- requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call: ours, or the application's."""
        path = scope.get("path", "")
        if scope["type"] not in ("http", "websocket") or not (path == PATH or path.startswith(f"{PATH}/")):
            await self._inner(scope, receive, send)
        elif (refused := await self._refusal(scope)) is not None:
            await self._refuse(scope, receive, send, *refused)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["method"] == "POST":
            await self._post(scope, receive, send)
        else:
            await self.handle_request(scope, receive, send)

    async def _refusal(self, scope: Scope) -> tuple[int, Refused] | None:
        query, address = query_of(scope), address_of(scope)
        try:
            scope[ENTRANT] = await self._entrance.admit(ScopeRequest(scope))
        except (Refused, InvalidData, StorageAway) as error:
            return (503 if isinstance(error, StorageAway) else 403), refusal(error)
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

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the packets of a body one by one; what is no packet ends its connection."""
        name = query_of(scope).get("sid", "")
        session, socket = self._sessions.get(name), self.eio.sockets.get(name)
        if session is None or socket is None or not socket.connected or socket.upgraded:
            unknown = Refused("bad_message", "sid: expected an open session of long-polling", field="sid")
            await self._refuse(scope, receive, send, 400, unknown)
            return
        try:
            async for text in packets_of(receive, self._most_bytes, self._limits.handshake_s):
                await socket.receive(engine_packet.Packet(encoded_packet=text))
        except Refused as error:
            refused = error
        except (ValueError, LookupError, EngineIOError) as error:
            refused = Refused("bad_message", f"body: expected packets of Engine.IO: {error}", field="body")
        except ConnectionError:
            return
        else:
            await done(scope, send)
            return
        await self._refuse(scope, receive, send, 413 if refused.code == "too_large" else 400, refused)
        await self._close(session, 4400, str(refused))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, refused: Refused) -> None:
        address = address_of(scope)
        self._ingest.refusals.note(f"http {address}", refused, address=address, path=PATH)
        await answer(scope, receive, send, status, refused)

    # --- sessions

    async def _handle_eio_connect(self, name: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(name, environ)
        scope = environ["asgi.scope"]
        address = address_of(scope)
        self._limits.opened(address)
        session = Session(name, address, Peer(Outbox(), Meter(self._limits, address, time.monotonic())))
        entered(session.peer, scope.get(ENTRANT, Entrant()), self._ingest.tokens)
        self._sessions[name] = session
        if (channel := scope.get("barograph.channel")) is not None:
            self._channels[name] = channel
        self._ingest.metrics.accepted.labels("socketio").inc()
        about = {"connection": short_id(session.peer.name), "address": address, "door": "socket.io"}
        self._ingest.attendance.note("connected", **about)
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
                await session.inbound.put(Request(message_of("", [])))

    async def _handle_eio_disconnect(self, name: str, reason: str) -> None:
        session = self._sessions.pop(name, None)
        self._channels.pop(name, None)
        await super()._handle_eio_disconnect(name, reason)
        if session is not None:
            self._limits.closed(session.address)
            about = {"connection": short_id(session.peer.name), "address": session.address, "door": "socket.io"}
            self._ingest.attendance.note("disconnected", **about, reason=reason)
            # Not awaited: what it sent is still handled, and this may be the library's only watchman.
            self._start(session.inbound.put(None))

    async def _came(self, sid: str, environ: Any, auth: Any = None) -> None:
        """Check the token that Socket.IO's `auth` brings; the client hears what is wrong, and is closed then."""
        session = self._sessions.get(self.manager.eio_sid_from_sid(sid, "/") or "")
        token = auth.get("token") if isinstance(auth, dict) else None
        if session is None or token is None:
            return
        try:
            await self._ingest.decisions.bring(session.peer, token, auth.get("reason"))
        except (Refused, InvalidData, StorageAway) as error:
            told = refusal(error)
            self._ingest.refusals.note(session.peer.name, told, address=session.address)
            self._start(self._close_refused(session, str(told)))
            raise SocketRefused(str(told), told.event()) from error

    async def _close_refused(self, session: Session, reason: str) -> None:
        """Close a connection whose token was refused, when it was told: nothing else can come of it."""
        await asyncio.sleep(REFUSED_S)
        if (socket := self.eio.sockets.get(session.name)) is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FETCH_S):
                    await socket.queue.join()
        await self._close(session, 4403, reason)

    async def _left(self, sid: str, *_: Any) -> None:
        session = self._sessions.get(self.manager.eio_sid_from_sid(sid, "/") or "")
        if session is not None:  # Socket.IO was left, and there is nothing else on this connection
            self._start(self._close(session, 1000, "left"))

    async def _handle_event(self, name: str, namespace: str | None, id_: int | None, data: list[Any]) -> None:
        """An event comes into its connection's queue, whatever it is called, with the number of its acknowledgement."""
        session, sid = self._sessions.get(name), self.manager.sid_from_eio_sid(name, namespace or "/")
        if session is not None and self.manager.is_connected(sid, namespace or "/"):
            await session.inbound.put(Request(message_of(data[0], data[1:]), id_))

    # --- events in and out

    async def _serve(self, session: Session) -> None:
        about_connection(session.peer.name)
        sender = asyncio.create_task(self._send_all(session), name="ingest-socketio-send")
        try:
            code, reason = await self._receive_all(session)
            self._ingest.attendance.note("closed", address=session.address, code=code, reason=reason)
            await self._close(session, code, reason)
        except Disconnected as ended:
            # The line `disconnected` gave the library's reason; now all that had come before is handled too.
            log.debug("handled", extra={"address": session.address, "door": "socket.io", "reason": str(ended)})
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
                async with peer.patience(patience_s):
                    waiting = session.in_turn(await session.inbound.waiting())
            except TimeoutError:
                if peer.ending is not None:
                    return peer.ending
                if not session.early:
                    return 4408, "nothing was joined"
                waiting = session.take_early()
            await self._ingest.receive(peer, waiting)
        return ending

    async def _send_all(self, session: Session) -> None:
        """Give the library what waits, as soon as the client has fetched what it was given before."""
        while (socket := self.eio.sockets.get(session.name)) is not None:
            events = await session.peer.outbox.next()
            for first in range(0, len(events), MOST_PACKETS):
                for event in events[first : first + MOST_PACKETS]:
                    await self.eio.send(session.name, packet_of(event).encode())
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
