"""The first door, `/ws`: messages in, in their order; events out through the connection's outbox."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec
from quart import current_app, g, websocket

from barograph.access.needs import needs
from barograph.logs import about_connection
from barograph.web.websocket import Disconnected, receive_waiting, waited_s
from ingest.entrance import entered
from ingest.limits import Limits, Meter
from ingest.outbox import Outbox
from ingest.peers import Peer
from ingest.sessions import Ingest

log = logging.getLogger("barograph.ingest")


@needs("known")
async def serve() -> None:
    """Serve one device or viewer."""
    limits: Limits = current_app.extensions["barograph"]["limits"]
    address = websocket.remote_addr
    await websocket.accept()
    if not limits.opened(address):
        refused = limits.too_many_sockets()
        ingest: Ingest = current_app.extensions["barograph"]["ingest"]
        ingest.refusals.note(f"ws {address}", refused, address=address)
        await websocket.send(msgspec.json.encode(refused.event()).decode())
        await websocket.close(4429, "too many connections")
        return
    try:
        peer = Peer(Outbox(), Meter(limits, address, time.monotonic()))
        entered(peer, g.entrant, current_app.extensions["barograph"]["ingest"].tokens)
        await _serve(peer, limits, address)
    finally:
        limits.closed(address)


async def _serve(peer: Peer, limits: Limits, address: str | None) -> None:
    ingest: Ingest = current_app.extensions["barograph"]["ingest"]
    ingest.metrics.accepted.labels("ws").inc()
    about_connection(peer.name)
    ingest.attendance.note("connected", address=address, door="ws")
    sender = asyncio.create_task(peer.outbox.send_all(websocket.send), name="ingest-send")
    try:
        code, reason = await _receive_all(ingest, peer, limits.silent_s)
        ingest.attendance.note("closed", address=address, code=code, reason=reason)
        await websocket.close(code, reason)
    except Disconnected:
        ingest.attendance.note("disconnected", address=address, door="ws")
    except Exception:
        log.exception("%s: a fault of the server ends the connection", address)
        await websocket.close(1011, "a fault of the server")
    finally:
        ingest.closed(peer)
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _receive_all(ingest: Ingest, peer: Peer, silent_s: float) -> tuple[int, str]:
    """Handle messages until the server has had enough: the close code and its reason."""
    while (ending := peer.ending) is None:
        try:
            # Whoever is in a room may be silent: a viewer only listens, and pings of the transport find the dead.
            async with peer.patience(None if peer.rooms else silent_s):
                waiting = await receive_waiting()
        except TimeoutError:
            return peer.ending or (4408, "nothing was joined")
        peer.waited_s = waited_s()
        await ingest.receive(peer, waiting)
    return ending
