"""Each message of a connection is decided before anything is done for it, by what its type declares that it needs.

    @needs("write", "stream")
    class FramesBatch(Message, tag="frames"): ...

Whose a message is follows from the connection: the device by whose token it takes part in that stream, else whoever
came. Devices are decided by their streams alone; for users the workout and the teams of its athlete are read, as for
HTTP (`barograph.access.sight`). What was decided holds for a second, so that a frame costs nothing.

A join without an epoch may be that of somebody who looks on: they hear what the room is told and make nothing. Once a
second it is looked whether they still may; if not they leave the room, or the connection ends with its token.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any
from weakref import WeakSet

from barograph.access.acting import acting
from barograph.access.devices import forbidden, lacking
from barograph.access.keyring import as_principal
from barograph.access.needs import need_of
from barograph.access.principals import Principal
from barograph.access.reasons import checked_reason
from barograph.access.rights import Kind, Resource, Verb, decide
from barograph.access.sight import Sight, unknown
from barograph.errors import AccessDenied, NotFound, Refused, StorageAway
from barograph.frames import Stream
from barograph.store.ports import Archive
from ingest import messages as m
from ingest.callers import Callers, of_callers
from ingest.peers import Peer, stream_named
from ingest.rooms import Rooms
from ingest.tokens import CLOSED, Tokens

log = logging.getLogger("barograph.ingest")

LOOK_EVERY_S = 1.0
NO_MORE = "this session is not shown here any more"


class Decisions:
    """What each connection of this process may say and hear."""

    def __init__(self, archive: Archive, rooms: Rooms, tokens: Tokens, callers: Callers) -> None:
        self._archive, self._rooms, self._tokens, self._callers = archive, rooms, tokens, callers
        self._sight = Sight(archive)
        self._watchers: WeakSet[Peer] = WeakSet()

    async def require(self, peer: Peer, message: m.ClientMessage) -> None:
        """Raise `Refused` where a message is not for this connection to send."""
        need = need_of(type(message))
        if need is None:
            raise Refused("forbidden", f"type: {type(message).__name__} declares nothing that it needs", field="type")
        if need.verb in ("open", "known") or isinstance(message, m.Ping):
            return
        if isinstance(message, m.JoinSession):
            await self._join(peer, message)
            return
        verb: Any = need.verb
        stream = getattr(message, "stream", None)
        stray = isinstance(message, m.FramesBatch | m.DeclaredGap) and not _fed(peer, message)
        if message.workout_id not in peer.rooms or stray:
            return  # what handles it says that it has to be joined, or that it is gone
        about = type(message).__name__, message.workout_id, stream
        if peer.decided.get(about):
            return
        asked_s = peer.decided.now_s()
        if stream is not None:
            self._tokens.feed(peer, stream_named(message.workout_id, stream))
        await self._require(peer, verb, need.kind, message.workout_id, stream)
        peer.decided.keep(about, True, asked_s)

    async def bring(self, peer: Peer, token: object, reason: object = None) -> None:
        """Keep with a connection by whose token it is, which came with it or with a join."""
        if not of_callers(token):
            self._tokens.came(peer, await self._tokens.bring(peer, token))
            return
        if peer.all_devices():
            raise forbidden("this connection is a device’s; open another one for a user’s token")
        caller = await self._callers.known(str(token), encrypted=peer.encrypted, reason=checked_reason(reason))
        if peer.principal.uid not in ("", caller.uid):
            raise forbidden("this connection came with another user’s token")
        peer.principal, peer.secret = caller, str(token)
        peer.decided.forget(lambda _: True)

    async def _join(self, peer: Peer, message: m.JoinSession) -> None:
        stream = Stream(message.workout_id, message.stream)
        if of_callers(message.token):
            await self.bring(peer, message.token, message.reason)
        else:
            if message.reason is not None and peer.principal.kind == "token":
                peer.principal = replace(peer.principal, reason=checked_reason(message.reason))
            await self._tokens.join(peer, stream, message.token, message.device)
        reads = await self._may(peer, "read", "live", stream)
        writes = await self._may(peer, "write", "stream", stream)
        if not writes and (not reads or message.epoch is not None or message.layout is not None):
            await self._require(peer, "write", "stream", message.workout_id, message.stream)
        (peer.reads.add if reads else peer.reads.discard)(message.workout_id)
        (peer.watches.discard if writes else peer.watches.add)(message.workout_id)
        if reads and peer.secret:
            self._watchers.add(peer)

    async def _may(self, peer: Peer, verb: Verb, kind: Kind, stream: Stream) -> bool:
        try:
            await self._require(peer, verb, kind, stream.workout_id, stream.stream)
        except Refused:
            return False
        return True

    async def _require(self, peer: Peer, verb: Verb, kind: Kind, workout_id: str, stream: str | None) -> None:
        if any(decide(who, verb, Resource(kind, stream=fed)) for who, fed in _whose(peer, workout_id, stream)):
            return
        if peer.principal.kind != "token":
            if peer.all_devices():
                raise forbidden("the token of a device sends its own streams, and opens nothing else")
            raise lacking()
        try:
            with acting(peer.principal):
                await self._sight.look(verb, workout_id, kind)
        except AccessDenied as error:
            raise Refused("forbidden", f"workout_id: {error}", field="workout_id") from error
        except NotFound as error:
            raise Refused("forbidden", f"workout_id: {unknown(workout_id)}", field="workout_id") from error

    # --- those who look on

    async def run(self) -> None:
        """Look who may still look on, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for peer in [one for one in self._watchers if one.reads]:
                try:
                    await self._look_again(peer)
                except StorageAway as error:
                    log.debug("who may look on is not known: %s", error)

    async def _look_again(self, peer: Peer) -> None:
        found = await self._callers.standing(peer.secret)
        if found is None:
            peer.end(*CLOSED)
            return
        peer.principal = found if found.kind == "owner" else replace(found, reason=peer.principal.reason)
        for workout_id in list(peer.reads):
            if not await self._may(peer, "read", "live", Stream(workout_id, "main")):
                peer.reads.discard(workout_id)
                if workout_id in peer.watches and workout_id in peer.rooms:
                    self._rooms.leave(peer, workout_id)
                told = Refused("forbidden", f"workout_id: {NO_MORE}", field="workout_id")
                peer.outbox.push(told.event(workout_id=workout_id))


def _fed(peer: Peer, message: m.FramesBatch | m.DeclaredGap) -> bool:
    return stream_named(message.workout_id, message.stream) in peer.sessions


def _whose(peer: Peer, workout_id: str, stream: str | None) -> list[tuple[Principal, str]]:
    """Who a message about a stream, or about all of a workout, is from: devices, or whoever came."""
    if stream is not None:
        device = peer.devices.get(stream_named(workout_id, stream)) or peer.device
        return [(as_principal(device) if device else peer.principal, stream)]
    held = [(as_principal(one), fed.stream) for fed, one in peer.devices.items() if fed.workout_id == workout_id]
    return held or [(peer.principal, "")]
