"""Cold storage of the twin in memory: blocks of archived sessions lie apart on their shelf, and may be away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from barograph.errors import FramesAway, NotFound
from barograph.frames import Stream
from barograph.store.cold.port import ColdFault, ColdState, MovedFrames, Progress, silent
from barograph.store.memory.shelves import Shelf, Stored
from barograph.store.records import Workout


class MemoryCold:
    """The port over lists; with `away` nothing that lies there can be read."""

    def __init__(self, workouts: dict[str, Workout], shelves: dict[Stream, Shelf]) -> None:
        self._workouts, self._shelves = workouts, shelves
        self.away = False

    def all_of(self, shelf: Shelf) -> list[Stored]:
        """Return all blocks of a stream, or `FramesAway`."""
        if shelf.cold and self.away:
            raise FramesAway(f"{shelf.info.stream}: its frames are in cold storage, which does not answer")
        return [*shelf.cold, *shelf.blocks]

    async def fence(self, workout_id: str) -> None:
        """Do nothing: no write is under way in memory."""

    async def archive(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session away from the others."""
        moved = MovedFrames()
        for shelf in self._mine(workout_id):
            if self.away:
                raise FramesAway("cold storage does not answer")
            moved = _more(moved, shelf.blocks)
            shelf.cold, shelf.blocks = [*shelf.cold, *shelf.blocks], []
        if moved.blocks:
            self._said(workout_id, time.time_ns() // 1000)
        progress(moved.blocks, moved.blocks)
        return moved

    async def bring_back(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session to the others again."""
        moved = MovedFrames()
        for shelf in self._mine(workout_id):
            shelf.blocks, found = self.all_of(shelf), shelf.cold
            moved, shelf.cold = _more(moved, found), []
        self._said(workout_id, None)
        progress(moved.blocks, moved.blocks)
        return moved

    def _said(self, workout_id: str, at_us: int | None) -> None:
        self._workouts[workout_id] = replace(self._workouts[workout_id], archived_us=at_us)

    def _mine(self, workout_id: str) -> list[Shelf]:
        if workout_id not in self._workouts:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return [shelf for stream, shelf in self._shelves.items() if stream.workout_id == workout_id]

    async def state(self) -> ColdState:
        """Return what lies there."""
        moved, sessions = MovedFrames(), set()
        for stream, shelf in self._shelves.items():
            moved = _more(moved, shelf.cold)
            sessions |= {stream.workout_id} if shelf.cold else set()
        away = "cold storage does not answer" if self.away else ""
        return ColdState("memory", len(sessions), moved.frames, moved.size, away=away)

    async def ping(self) -> None:
        """Raise `FramesAway` with `away`."""
        if self.away:
            raise FramesAway("cold storage does not answer")

    async def tidy(self) -> int:
        """Return 0: what is erased goes at once."""
        return 0

    async def check(self, progress: Progress = silent) -> list[ColdFault]:
        """Return nothing: there are no files."""
        return []


def _more(moved: MovedFrames, found: Sequence[Stored]) -> MovedFrames:
    frames, size = sum(len(one.block) for one in found), sum(one.block.nbytes for one in found)
    return MovedFrames(moved.blocks + len(found), moved.frames + frames, moved.size + size)
