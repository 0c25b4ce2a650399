"""What pages are made from: the archive, the live feed and the settings of this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from barograph.access.proofs import Proofs
from barograph.settings import Settings
from barograph.store import states
from barograph.store.erasing import erase
from barograph.store.ports import Archive, Live, Workout
from dashboard.reading.last_night import LastNight
from dashboard.reading.parts import Parts
from dashboard.reading.result_cache import ResultCache
from dashboard.reading.roster import RosterReading
from dashboard.reading.session_measures import SessionMeasures
from dashboard.reading.thumbs import Thumbs
from dashboard.reading.vitals import Vitals


@dataclass(frozen=True)
class Sources:
    """Where pages get what they show."""

    settings: Settings
    archive: Archive
    live: Live
    viewers: Callable[[], int] = lambda: 0
    night: LastNight = field(default_factory=LastNight)

    @cached_property
    def parts(self) -> Parts:
        """Selected parts of sessions, and what was computed of them lately."""
        return Parts(self.archive)

    @cached_property
    def vitals(self) -> Vitals:
        """The ingest as this process sees it."""
        return Vitals(
            self.settings.ingest_base_url, self.viewers, self.settings.data_dir, Proofs(self.settings).headers
        )

    @cached_property
    def thumbs(self) -> Thumbs:
        """Small pictures of sessions."""
        return Thumbs(self.archive)

    async def erase(self, workout_id: str) -> None:
        """Erase a session, and forget what was made of it."""
        await erase(self.archive, self.live, workout_id)
        self._forget(workout_id)

    def _forget(self, workout_id: str) -> None:
        for cache in self._caches:
            cache.forget(workout_id)

    @property
    def _caches(self) -> tuple[ResultCache | Thumbs, ...]:
        return self.parts.cache, self.measures.cache, self.thumbs

    async def forget_erased(self, stored: Archive) -> None:
        """Forget what was made of sessions that any process has erased; `stored` is the archive itself."""
        named = set[str]().union(*(cache.named() for cache in self._caches))
        for workout_id in await stored.erased(named) if named else ():
            self._forget(workout_id)

    @cached_property
    def measures(self) -> SessionMeasures:
        """Numbers of whole sessions, for an athlete's history."""
        return SessionMeasures(self.parts)

    @cached_property
    def roster(self) -> RosterReading:
        """The roster as a list."""
        return RosterReading(self.archive)

    def state(self, workout: Workout) -> str:
        """Return `live`, `idle` (it may go on) or `ended`, now."""
        return state_of(workout, self.settings.idle_timeout_s)

    @property
    def ingest_address(self) -> str:
        """Where a device connects."""
        host = self.settings.host if self.settings.loopback else "<this machine>"
        return f"ws://{host}:{self.settings.ingest_port}/ws"


def state_of(workout: Workout, patience_s: float) -> str:
    """Return `live`, `idle` (it may go on) or `ended`, now.

    What was imported just now but recorded long ago has ended.
    """
    now_us = time.time_ns() // 1000
    newest_us = max((info.last_us for info in workout.streams if info.last_us is not None), default=now_us)
    long_ago = now_us - newest_us > patience_s * 1e6
    return "ended" if long_ago else states.state(workout, now_us, patience_s)
