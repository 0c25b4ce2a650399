"""What a connection takes of its peer, at the ASGI interface: the same under every Quart that may be installed.

`make matrix` runs this file in each of its environments, so that it needs pytest and Quart, and nothing else of ours.
"""

from __future__ import annotations

import asyncio

from quart import Quart, request
from quart import websocket as socket

from barograph.web import bodies, websocket
from barograph.web.bodies import HELD_BYTES, SMALL_BYTES, bound_bodies, pieces
from barograph.web.websocket import INBOUND_MESSAGES, Disconnected, bound_websockets, receive_waiting

PIECE = bytes(64 << 10)
PATIENCE_S = 5
MANY = 100
HTTP = {"type": "http", "method": "POST", "scheme": "http", "path": "/", "query_string": b"", "http_version": "1.1"}
SOCKET = {"type": "websocket", "scheme": "ws", "path": "/", "query_string": b"", "subprotocols": []}
ASGI = {"asgi": {"spec_version": "2.4"}, "headers": [], "client": ("127.0.0.1", 1)}


class Peer:
    """A server's side of one connection: events that came, how many were taken, and what was said."""

    def __init__(self, *events, ends):
        self.events, self.taken, self.said, self.ended = list(events), 0, [], asyncio.Event()
        self.gone = {"type": f"{ends}.disconnect"}

    async def receive(self):
        if self.ended.is_set() and self.gone["type"] == "http.disconnect":
            return self.gone  # uvicorn says so as soon as the answer is whole
        if self.taken < len(self.events):
            self.taken += 1
            await asyncio.sleep(0)
            return self.events[self.taken - 1]
        await self.ended.wait()
        return self.gone

    async def send(self, event):
        self.said.append(event)
        whole = event["type"] == "http.response.body" and not event.get("more_body", False)
        if whole or event["type"] == "websocket.close":
            self.ended.set()

    def hang_up(self):
        self.ended.set()


def messages(*contents):
    told = [{"type": "websocket.receive", "bytes": each, "text": None} for each in contents]
    return Peer({"type": "websocket.connect"}, *told, ends="websocket")


def uploads(n):
    told = [{"type": "http.request", "body": PIECE, "more_body": k < n - 1} for k in range(n)]
    return Peer(*told, ends="http")


def serving(handler, scope, peer):
    """A connection of an application with this one handler, as a task."""
    app = Quart("tried", static_folder=None)
    bound_bodies(app)
    bound_websockets(app)
    app.post("/")(handler) if scope is HTTP else app.websocket("/")(handler)
    return asyncio.create_task(app(scope | ASGI, peer.receive, peer.send))


async def settled(peer):
    """How many events were taken when no more are."""
    before = -1
    while before != peer.taken:
        before = peer.taken
        await asyncio.sleep(0.02)
    return before


async def done(connection):
    async with asyncio.timeout(PATIENCE_S):
        await connection


async def test_a_peer_waits_while_messages_wait_and_all_are_handled_in_their_order():
    peer, go, heard = messages(*[b"%d" % k for k in range(MANY)]), asyncio.Event(), []

    async def handler():
        await socket.accept()
        await go.wait()
        while len(heard) < MANY:
            heard.extend(await receive_waiting())

    connection = serving(handler, SOCKET, peer)
    assert await settled(peer) == 1 + INBOUND_MESSAGES + 1  # the opening, those that wait, and the one that has no room
    go.set()
    await done(connection)
    assert heard == [b"%d" % k for k in range(MANY)]


async def test_what_a_peer_sent_before_it_left_is_handled_and_then_nothing_can_be_sent():
    peer, go, heard = messages(b"a", b"", b"b"), asyncio.Event(), []

    async def handler():
        await socket.accept()
        await go.wait()
        try:
            while True:
                heard.append(await socket.receive())
        except Disconnected:
            heard.append("gone")
        try:
            await socket.send("late")
        except Disconnected:
            heard.append("not sent")

    connection = serving(handler, SOCKET, peer)
    peer.hang_up()
    await settled(peer)
    go.set()
    await done(connection)
    assert heard == [b"a", b"", b"b", "gone", "not sent"]
    assert [event["type"] for event in peer.said] == ["websocket.accept"]


async def test_a_handler_that_ends_lets_a_peer_that_still_sends_go():
    peer = messages(*[b"x"] * MANY)

    async def handler():
        await socket.accept()
        await settled(peer)
        await socket.close(4429, "too many")

    await done(serving(handler, SOCKET, peer))
    assert peer.said[-1] == {"type": "websocket.close", "code": 4429, "reason": "too many"}


async def test_a_handler_that_does_not_end_when_its_peer_is_gone_is_ended(monkeypatch):
    monkeypatch.setattr(websocket, "DRAIN_TIMEOUT_S", 0.05)
    peer, ended = messages(), []

    async def handler():
        await socket.accept()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    connection = serving(handler, SOCKET, peer)
    peer.hang_up()
    await done(connection)
    assert ended == [True]


async def test_a_body_comes_no_faster_than_it_is_read_and_comes_whole():
    most, peer, go, read = HELD_BYTES // len(PIECE), uploads(MANY), asyncio.Event(), []

    async def handler():
        await go.wait()
        read.extend([len(piece) async for piece in pieces(request, MANY * len(PIECE))])
        return "read"

    connection = serving(handler, HTTP, peer)
    assert await settled(peer) == most
    go.set()
    await done(connection)
    assert sum(read) == MANY * len(PIECE)
    assert peer.said[0]["status"] == 200


async def test_a_body_that_nobody_reads_does_not_hold_its_connection():
    peer = uploads(MANY)

    async def handler():
        await settled(peer)
        return "refused", 413

    await done(serving(handler, HTTP, peer))
    assert peer.said[0]["status"] == 413
    assert peer.taken < MANY


async def test_a_body_that_is_read_at_once_is_small():
    peer = uploads(SMALL_BYTES // len(PIECE) + 1)

    async def handler():
        return str(len(await request.get_data()))

    await done(serving(handler, HTTP, peer))
    assert peer.said[0]["status"] == 413


async def test_a_body_that_stops_coming_is_told_so(monkeypatch):
    monkeypatch.setattr(bodies, "SILENCE_S", 0.05)
    peer = Peer({"type": "http.request", "body": PIECE, "more_body": True}, ends="http")

    async def handler():
        return str(len(await bodies.whole(request, SMALL_BYTES)))

    await done(serving(handler, HTTP, peer))
    assert peer.said[0]["status"] == 408
