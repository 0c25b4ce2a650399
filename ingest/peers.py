"""Connections and the rooms they are in."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from barograph.frames import Stream
from ingest.clock import ClockExchange
from ingest.outbox import Outbox
from ingest.protocol import StreamSession


class Peer:
    """One connection: its outbox, its clock, its rooms, and the sessions it feeds."""

    def __init__(self, outbox: Outbox) -> None:
        self.name = uuid.uuid4().hex
        self.outbox = outbox
        self.clock = ClockExchange()
        self.rooms: dict[str, int] = {}  # workout: when it was joined, µs
        self.json_events: set[str] = set()
        self.sessions: dict[Stream, StreamSession] = {}
        self.timestamps: dict[StreamSession, dict[int, Any]] = defaultdict(dict)  # as the client wrote them

    def sessions_in(self, workout_id: str, stream: str | None = None) -> list[StreamSession]:
        """The sessions that it feeds in a workout, or of one of its streams."""
        return [
            session
            for key, session in self.sessions.items()
            if key.workout_id == workout_id and stream in (None, key.stream)
        ]


class Rooms:
    """Who takes part in which workout."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Peer]] = defaultdict(set)

    def enter(self, peer: Peer, workout_id: str, now_us: int) -> None:
        """Take part."""
        peer.rooms.setdefault(workout_id, now_us)
        self._rooms[workout_id].add(peer)

    def leave(self, peer: Peer, workout_id: str) -> None:
        """Take part no longer."""
        peer.rooms.pop(workout_id, None)
        self._rooms[workout_id].discard(peer)
        if not self._rooms[workout_id]:
            del self._rooms[workout_id]

    def __len__(self) -> int:
        return len(self._rooms)

    def peers(self) -> set[Peer]:
        """Everybody who takes part in anything."""
        return {peer for room in self._rooms.values() for peer in room}

    def listeners(self, workout_id: str) -> list[Peer]:
        """Those who take part with JSON events."""
        return [peer for peer in self._rooms.get(workout_id, ()) if workout_id in peer.json_events]
