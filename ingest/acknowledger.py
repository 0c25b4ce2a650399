"""What the journal has, told to who waits for it: acks to the device that sent it, `frame_processed` to the room.

The archive's answer is the only way to an ack: `Committer` calls `stored` when an insert is in the journal, and
`refused` for a block that no insert will ever hold.

Terms: ack (docs/glossary.md).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from barograph.errors import BarographError, Gone
from barograph.frames import Block
from ingest.clock import now_us
from ingest.commit import Piece
from ingest.erasures import Erasures
from ingest.messages import Refused, refusal
from ingest.metrics import Metrics
from ingest.refusals import Refusals
from ingest.relay import Relay
from ingest.rooms import Rooms
from ingest.settled import Event
from ingest.stream_session import StreamSession
from ingest.streams import Streams


class Acknowledger:
    """Settles what was stored or refused, and tells the feeder and the room."""

    def __init__(
        self, streams: Streams, rooms: Rooms, relay: Relay, erasures: Erasures, metrics: Metrics, refusals: Refusals
    ) -> None:
        self._streams, self._rooms, self._relay, self._erasures = streams, rooms, relay, erasures
        self._metrics, self._refusals = metrics, refusals

    async def stored(self, batch: Sequence[Piece]) -> None:
        """Settle blocks that are in the journal, then tell everybody, the acks last."""
        await self._streams.mark_late(batch)
        told, at_us, at_s = [], now_us(), time.monotonic()
        for session, block in batch:
            before = session.book.frame_count
            session.settle(block)
            session.window.settled(len(block), block.nbytes, (at_us - block.received_us) / 1e6, at_s)
            self._metrics.block(block, at_us)
            told.append((session, self._processed(session, block, before)))
        acks = {session: session.ack() for session, _ in batch if session.epoch.numbered}
        for session, events in told:
            self._tell_room(session, events)
        for session in {session for session, _ in batch}:
            if (feeder := self._streams.feeder(session)) is not None:
                self._streams.unmarked.add(session)
                if session in acks:
                    feeder.outbox.push(acks[session])

    def refused(self, session: StreamSession, block: Block, error: BarographError) -> None:
        """Drop a block that the archive never takes: its workout was erased, or a time cannot be kept."""
        erased = isinstance(error, Gone)
        refused = refusal(error) if erased else Refused("bad_field", str(error), field="workout_id")
        spans = [(block.seq, block.stop)]
        self._refusals.note(session.epoch.epoch, refused, address=None, stream=str(session.stream), ranges=spans)
        session.drop(block, refused)
        if erased:
            self._erasures.session(session)
        elif (feeder := self._streams.feeder(session)) is not None:
            feeder.outbox.push(refused.event())

    def _processed(self, session: StreamSession, block: Block, before: int) -> list[Event]:
        """Make the `frame_processed` events of a block, when anybody is to hear them."""
        workout_id = session.stream.workout_id
        if not self._rooms.listeners(workout_id) and not self._relay.wanted(workout_id):
            return []
        feeder = self._streams.feeder(session)
        return session.processed(block, before, feeder.timestamps.get(session, {}) if feeder else {})

    def _tell_room(self, session: StreamSession, events: list[Event]) -> None:
        """Give events to this room: its feeder gets each, others may skip some; then to rooms elsewhere."""
        workout_id = session.stream.workout_id
        feeder = self._streams.feeder(session)
        listeners = self._rooms.listeners(workout_id) if events else ()
        for peer in listeners:
            if not peer.hears(workout_id, session.stream.stream):
                continue
            for event in events:
                peer.outbox.push(event) if peer is feeder else peer.outbox.offer(event)
        if events and self._relay.wanted(workout_id):
            self._relay.say(workout_id, events)
