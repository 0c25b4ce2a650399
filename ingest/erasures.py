"""What happens here when a workout is erased, here or by another process: devices hear it, and nothing is sent on.

The archive takes nothing more of it from the moment that it is erased. Once a second it is asked which workouts of this
process are gone; whoever takes part hears `gone`, its sessions are dropped and its feed is emptied. What was under way
in any process has landed after a while: then the archive, and the feed, are swept once more. Erasures of athletes that
another process began and did not end are gone on with then, too.
"""

from __future__ import annotations

import asyncio
import logging

from barograph.errors import Gone, LiveAway, NotFound, StorageAway
from barograph.frames import Stream
from barograph.store.departing import Departing
from barograph.store.ports import Archive
from ingest.clock import now_us
from ingest.feed import Publisher
from ingest.messages import Refused, refusal
from ingest.peers import Peer
from ingest.rooms import Rooms
from ingest.stream_session import StreamSession
from ingest.streams import Streams

log = logging.getLogger("barograph.ingest")

LOOK_EVERY_S = 1.0
SWEEP_EVERY_S = 5.0
SWEPT_AFTER_S = 30.0


def gone(workout_id: str) -> Refused:
    """Return what a device hears."""
    return refusal(Gone(f"{workout_id}: this workout was erased"))


class Erasures:
    """Lets go of what is erased."""

    def __init__(self, archive: Archive, publisher: Publisher, rooms: Rooms, streams: Streams) -> None:
        self._archive, self._publisher, self._rooms, self._streams = archive, publisher, rooms, streams
        self._departing = Departing(archive, publisher.live)

    def workout(self, workout_id: str) -> None:
        """Tell everybody in the room of an erased workout, and empty the room."""
        log.info("erased", extra={"workout": workout_id})
        for peer in self._rooms.leave_all(workout_id):
            self._tell(peer, workout_id)
        for session in self._streams.in_workout(workout_id):
            self.session(session)

    def session(self, session: StreamSession) -> None:
        """End a session of a workout that was erased, whatever has its name now."""
        feeder = self._streams.feeder(session)
        self._streams.drop(session)
        self._publisher.forget(session.stream)
        if feeder is not None:
            self._tell(feeder, session.stream.workout_id)

    def _tell(self, peer: Peer, workout_id: str) -> None:
        if workout_id not in peer.gone:
            peer.gone.add(workout_id)
            peer.outbox.push(gone(workout_id).event(workout_id=workout_id))

    async def run(self) -> None:
        """Look, and sweep, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look(), name="ingest-erased")
            tasks.create_task(self._sweep(), name="ingest-sweep")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            here = self._rooms.workouts() | self._streams.workouts()
            try:
                for workout_id in await self._archive.erased(here) if here else ():
                    self.workout(workout_id)
            except StorageAway as error:
                log.debug("what is erased is not known: %s", error)

    async def _sweep(self) -> None:
        unswept: set[Stream] = set()
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            after_s = max(SWEPT_AFTER_S, self._archive.grace_s)
            try:
                unswept |= set(await self._archive.sweep(now_us() - round(after_s * 1e6)))
                await self._publisher.live.forget(sorted(unswept))
                unswept.clear()
            except (StorageAway, LiveAway, NotFound) as error:
                log.debug("not swept yet: %s", error)
                continue
            await self._departing.look()
