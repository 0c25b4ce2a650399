"""Rooms: which connections take part in which workout.

Terms: room (docs/glossary.md).
"""

from __future__ import annotations

from collections import defaultdict

from ingest.peers import Peer


class Rooms:
    """Who takes part in which workout."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Peer]] = defaultdict(set)

    def enter(self, peer: Peer, workout_id: str, now_us: int) -> None:
        """Take part."""
        peer.rooms.setdefault(workout_id, now_us)
        peer.gone.discard(workout_id)
        self._rooms[workout_id].add(peer)

    def leave(self, peer: Peer, workout_id: str) -> None:
        """Take part no longer."""
        peer.rooms.pop(workout_id, None)
        peer.reads.discard(workout_id)
        peer.watches.discard(workout_id)
        self._rooms[workout_id].discard(peer)
        if not self._rooms[workout_id]:
            del self._rooms[workout_id]

    def leave_all(self, workout_id: str) -> list[Peer]:
        """Take everybody out of a room, and return who was in it."""
        peers = list(self._rooms.get(workout_id, ()))
        for peer in peers:
            self.leave(peer, workout_id)
        return peers

    def workouts(self) -> set[str]:
        """Return workouts that anybody takes part in."""
        return set(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)

    def peers(self) -> set[Peer]:
        """Return everybody who takes part in anything."""
        return {peer for room in self._rooms.values() for peer in room}

    def heard(self) -> set[str]:
        """Return workouts that somebody listens to with JSON events."""
        return {workout_id for workout_id in self._rooms if self.listeners(workout_id)}

    def listeners(self, workout_id: str) -> list[Peer]:
        """Return those who take part with JSON events."""
        return [peer for peer in self._rooms.get(workout_id, ()) if workout_id in peer.json_events]
