"""Devices that bring a token: which streams a connection may feed, decided once, when it joins.

A token comes with the connection, or in `join_session`; then it is that of one device, and opens that device's streams.
It is checked wherever it is given, also where none is needed. What was decided is kept with the connection, so that a
frame costs nothing. Once a second the archive is asked which of these devices still stand: what the others feed is let
go, they leave their rooms and hear why, and a connection that came with such a token is closed.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from weakref import WeakSet

from barograph.access.devices import device_of, ended, forbidden, lacking, require_stream
from barograph.access.keyring import Keyring
from barograph.errors import StorageAway
from barograph.frames import Stream
from barograph.store.accounts import Device
from barograph.store.ports import Archive
from ingest.commit import Committer
from ingest.peers import Peer
from ingest.rooms import Rooms
from ingest.streams import Streams

log = logging.getLogger("barograph.ingest")

LOOK_EVERY_S = 1.0
CLOSED = (4403, "the token that this connection came with opens nothing any more")


class Tokens:
    """What devices with a token may feed here, and those that feed it."""

    def __init__(self, archive: Archive, rooms: Rooms, streams: Streams, committer: Committer) -> None:
        self._rooms, self._streams, self._committer = rooms, streams, committer
        self.keyring = Keyring(archive.accounts)
        self._holders: WeakSet[Peer] = WeakSet()
        self._partings: set[asyncio.Task[None]] = set()

    async def device(self, token: object) -> Device:
        """Return the device whose token this is, or say why it opens nothing."""
        return await device_of(self.keyring, token)

    def came(self, peer: Peer, device: Device) -> None:
        """Keep with a connection whose token it came with."""
        peer.device = device
        self._holders.add(peer)

    async def bring(self, peer: Peer, token: object) -> Device:
        """Return the device whose token a connection brings; a connection is that of one device."""
        device = await device_of(self.keyring, token)
        if peer.device is not None and peer.device.uid != device.uid:
            raise forbidden(f"expected that of {peer.device.name!r}, with which this connection came, or none")
        return device

    async def join(self, peer: Peer, stream: Stream, token: str | None, device_id: str | None) -> None:
        """Check that a connection may join as it asks, and keep with it by whose token."""
        device = peer.device
        if token is not None:
            device = await self.bring(peer, token)
        if device is None:
            if peer.needs_token:
                raise lacking()
            return
        if device_id not in (None, device.uid):
            raise forbidden("this token is another device’s", "device")
        self._keep(peer, stream, device)

    def feed(self, peer: Peer, stream: Stream) -> None:
        """Check that a connection that takes part in a workout may feed another stream of it."""
        if stream in peer.devices:
            return
        held = [device for joined, device in peer.devices.items() if joined.workout_id == stream.workout_id]
        held += [peer.device] if peer.device is not None else []
        if held:
            self._keep(peer, stream, next((one for one in held if stream.stream in one.streams), held[0]))
        elif peer.needs_token:
            raise lacking()

    def _keep(self, peer: Peer, stream: Stream, device: Device) -> None:
        if device.uid in peer.ended:
            raise ended()
        require_stream(device, stream.stream)
        peer.devices[stream] = device
        self._holders.add(peer)

    def holders(self) -> list[Peer]:
        """Return the connections that came by a token."""
        return [peer for peer in self._holders if peer.devices or peer.device is not None]

    async def run(self) -> None:
        """Look which devices stand, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            held = self.holders()
            here = {device.uid for peer in held for device in peer.all_devices()}
            try:
                over = here - await self.keyring.standing(here) if here else set()
            except StorageAway as error:
                log.debug("which devices stand is not known: %s", error)
                continue
            for peer in held if over else ():
                self._end(peer, over)

    def _end(self, peer: Peer, over: set[str]) -> None:
        """Serve a connection no longer by the tokens of these devices."""
        peer.ended |= over & {device.uid for device in peer.all_devices()}
        theirs = [stream for stream, device in peer.devices.items() if device.uid in over]
        sessions = [session for stream in theirs if (session := peer.sessions.pop(stream, None)) is not None]
        for stream in theirs:
            del peer.devices[stream]
        for workout_id in {stream.workout_id for stream in theirs}:
            if not peer.devices_in(workout_id) and workout_id in peer.rooms:
                self._rooms.leave(peer, workout_id)
            peer.outbox.push(ended().event(workout_id=workout_id))
        if theirs:
            log.info("token ended", extra={"address": peer.address, "streams": [str(stream) for stream in theirs[:10]]})
        if peer.device is not None and peer.device.uid in over:
            peer.end(*CLOSED)
        self._let_go(self._streams.let_go(peer, sessions, self._committer))

    def _let_go(self, work: Any) -> None:
        """Store what came before, however long that takes."""

        async def parted() -> None:
            try:
                await work
            except StorageAway as error:
                log.warning("archive away: %s", error)

        task = asyncio.create_task(parted(), name="ingest-token-ended")
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)
