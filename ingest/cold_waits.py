"""Sessions whose frames lie in cold storage that does not answer: how long their overviews wait to be made again.

A mark stays until its second can be read. Asked again every few seconds, a storage that hangs would hold up the
overviews of all others, and fill the log; so each such session waits longer each time, up to an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_S, MOST_S = 60.0, 3600.0


class ColdWaits:
    """Until when each session waits; those that were read are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits: dict[str, tuple[float, float]] = {}  # until when, and for how long

    def now(self) -> list[str]:
        """Return the workouts that wait at this moment."""
        now_s = self._clock()
        return sorted(name for name, (until_s, _) in self._waits.items() if until_s > now_s)

    def away(self, workout_id: str) -> float:
        """Let a workout wait, twice as long as before; return for how many seconds."""
        _, before_s = self._waits.get(workout_id, (0.0, FIRST_S / 2))
        wait_s = min(MOST_S, 2 * before_s)
        self._waits[workout_id] = self._clock() + wait_s, wait_s
        return wait_s

    def done(self, workout_id: str) -> None:
        """Let a workout wait no more."""
        self._waits.pop(workout_id, None)
