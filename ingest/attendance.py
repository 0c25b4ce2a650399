"""Who comes and goes, in the log: the first of a crowd by name, and how many came after them in one line.

Lines of one event have the connection in the field `connection`, which every line about it has (`barograph.logs`), and
name workout and stream as they are. A line that counts is about many connections, and has none of them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from barograph.frames import Stream

log = logging.getLogger("barograph.ingest")

SPAN_S, LINES = 10.0, 20  # of each event so many lines in so many seconds; the rest is counted
BEYOND = "more than are told one by one"


@dataclass
class _Told:
    since_s: float
    lines: int = 0
    untold: int = 0


@dataclass(eq=False)
class Attendance:
    """Counts events of connections, and logs them; `run` tells what was counted and not told."""

    _told: dict[str, _Told] = field(default_factory=dict)

    def note(self, event: str, **about: Any) -> None:
        """Note an event, which is one of few."""
        now_s = time.monotonic()
        self.flush(now_s)
        told = self._told.setdefault(event, _Told(now_s))
        if told.lines >= LINES:
            told.untold += 1
            return
        told.lines += 1
        log.info(event, extra=about)

    def flush(self, now_s: float) -> None:
        """Tell what was counted of events that began so long ago, and begin anew."""
        for event, told in [item for item in self._told.items() if now_s >= item[1].since_s + SPAN_S]:
            del self._told[event]
            if told.untold:
                Context().run(log.info, event, extra={"count": told.untold, "reason": BEYOND})

    async def run(self) -> None:
        """Flush every now and then, until cancelled."""
        while True:
            await asyncio.sleep(SPAN_S)
            self.flush(time.monotonic())


def of_stream(stream: Stream) -> dict[str, str]:
    """Return the fields of the log that name a stream."""
    return {"workout": stream.workout_id, "stream": stream.stream}
