"""Summaries of sessions in this process's memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from barograph.errors import Gone, NotFound
from barograph.store.records import StreamInfo, Workout
from barograph.store.summaries import MOST_FAILED, SummariesState, Summary, uid_of

NOBODY = "", 0.0, 0  # who holds a lease, until when, and how many have taken it


class MemorySummaries:
    """The port to summaries over dictionaries; `workouts` are those of the catalogue, `erased` names of erased ones."""

    def __init__(
        self, workouts: Mapping[str, Workout], erased: Collection[str], clock: Callable[[], float] = time.time
    ) -> None:
        self._workouts, self._erased, self._clock = workouts, erased, clock
        self._kept: dict[tuple[str, str], Summary] = {}
        self._leases: dict[str, tuple[str, float, int]] = {}
        self._state: SummariesState | None = None

    def forget(self, uid: str) -> None:
        """Erase all summaries of a session."""
        self._kept = {key: one for key, one in self._kept.items() if key[0] != uid}
        self._leases.pop(uid, None)

    def _require(self, workout: Workout) -> None:
        known = self._workouts.get(workout.workout_id)
        if workout.workout_id in self._erased or (known is not None and known.uid != workout.uid):
            raise Gone(f"{workout.workout_id}: this workout was erased")
        if known is None:
            raise NotFound(f"{workout.workout_id}: no such workout is stored")

    async def stored(self, workouts: Sequence[Workout], tables: Collection[str], *, rows: bool = True) -> list[Summary]:
        """Return what is kept of these tables of sessions."""
        found = [self._kept[one.uid, name] for one in workouts for name in tables if (one.uid, name) in self._kept]
        return found if rows else [replace(one, rows=b"") for one in found]

    async def of_stream(self, info: StreamInfo, name: str) -> Summary | None:
        """Return what is kept under a name of the session of a stream."""
        return self._kept.get((uid_of(info), name))

    async def since(self, table: str, at_us: int = 0) -> list[Summary]:
        """Return one table of all sessions that was computed at this moment or later."""
        return [one for one in self._kept.values() if one.table == table and one.at_us >= at_us]

    async def take(self, workout: Workout, lease: str, for_s: float) -> int:
        """Take or renew the lease of a session."""
        self._require(workout)
        holder, until_s, times = self._leases.get(workout.uid, NOBODY)
        if holder not in ("", lease) and until_s > self._clock():
            return 0
        times += holder != lease
        self._leases[workout.uid] = lease, self._clock() + for_s, times
        return times

    async def release(self, workout: Workout, lease: str) -> None:
        """Give a lease back, if it is this one."""
        if self._leases.get(workout.uid, NOBODY)[0] == lease:
            del self._leases[workout.uid]

    async def keep(self, workout: Workout, made: Sequence[Summary], lease: str, instead_of: str = "") -> bool:
        """Replace tables of a session, if the lease is this one."""
        self._require(workout)
        if self._leases.get(workout.uid, NOBODY)[0] != lease:
            return False
        if instead_of:
            old = [key for key in self._kept if key[0] == workout.uid and key[1].startswith(instead_of)]
            for key in old:
                del self._kept[key]
        self._kept |= {(one.uid, one.table): one for one in made}
        return True

    async def failed(self) -> list[Summary]:
        """Return the newest tables that could not be computed."""
        found = [replace(one, rows=b"") for one in self._kept.values() if one.why]
        return sorted(found, key=lambda one: one.at_us, reverse=True)[:MOST_FAILED]

    async def tell(self, state: SummariesState) -> None:
        """Say how far the worker is."""
        self._state = state

    async def state(self) -> SummariesState | None:
        """Return what the worker said last."""
        return self._state
