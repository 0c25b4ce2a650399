"""What has just come of each watched stream: samples for viewers who open the page, and the rows of the big numbers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from analytics.streaming.live_window import LiveWindow
from barograph.store.ports import Workout
from dashboard.feed.numbers import said
from dashboard.reading.recent_samples import Samples

KEPT_S = 12.0
MOST_SAMPLES = 4096


class _Kept:
    """Parts of one stream, as they came; how many samples they hold is counted, not added up with every block."""

    def __init__(self) -> None:
        self.parts: deque[Samples] = deque()
        self._count = 0

    def take(self, part: Samples) -> None:
        self.parts.append(part)
        self._count += len(part)
        while len(self.parts) > 1 and (self._old() or self._count > MOST_SAMPLES):
            self._count -= len(self.parts.popleft())

    def _old(self) -> bool:
        return int(self.parts[-1].times_us[-1]) - int(self.parts[0].times_us[-1]) > KEPT_S * 1e6


class Recent:
    """Bounded: some seconds, and a number of samples whatever their rate."""

    def __init__(self) -> None:
        self._streams: dict[str, _Kept] = {}
        self._widths: dict[str, int] = {}
        self._window = LiveWindow()

    def take(self, stream: str, part: Samples) -> None:
        """Take samples that have just come."""
        if self._widths.setdefault(stream, part.stats.shape[1]) != part.stats.shape[1]:
            # A geometry was chosen, which has other columns: the numbers of the last seconds begin anew.
            self._streams, self._widths, self._window = {}, {}, LiveWindow()
        self._streams.setdefault(stream, _Kept()).take(part)
        self._window.update(stream, part.e, part.seq, part.times_us, part.stats)

    def fill(self, stream: str, part: Samples) -> None:
        """Take samples from before those that come: the numbers begin with them."""
        if self._widths.setdefault(stream, part.stats.shape[1]) == part.stats.shape[1]:
            self._window.update(stream, part.e, part.seq, part.times_us, part.stats)

    def after(self, stream: str, time_us: int) -> list[Samples]:
        """Return those of a stream that end later than a moment."""
        kept = self._streams.get(stream)
        return [part for part in kept.parts if int(part.times_us[-1]) > time_us] if kept else []

    async def numbers(self, workout: Workout) -> dict[str, Any] | None:
        """Return what the tiles show now, or None before the first samples."""
        if self._window.stop_us is None:
            return None
        return await asyncio.to_thread(said, workout, self._window.rows, self._window.stop_us)
