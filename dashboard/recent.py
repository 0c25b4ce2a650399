"""The statistics of the last seconds of each watched stream, and the numbers made of them once a second."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from barograph.ports import Workout
from dashboard.livenumbers import WINDOW_S, Tiles, numbers, tables, tiles_of
from dashboard.samples import Samples

MOST_SAMPLES = 4096
MOST_STREAMS = 8


class _Kept:
    """Of one stream; how many they are is counted, not added up with every block."""

    def __init__(self) -> None:
        self.parts: deque[Samples] = deque()
        self._count = 0

    def take(self, part: Samples) -> None:
        self.parts.append(part)
        self._count += len(part)
        while len(self.parts) > 1 and (self._old() or self._count > MOST_SAMPLES):
            self._count -= len(self.parts.popleft())

    def _old(self) -> bool:
        return int(self.parts[-1].times_us[-1]) - int(self.parts[0].times_us[-1]) > WINDOW_S * 1e6


class Recent:
    """Bounded: a window of seconds, and a number of samples whatever their rate."""

    def __init__(self) -> None:
        self._streams: dict[str, _Kept] = {}

    def take(self, stream: str, part: Samples) -> None:
        """Samples that have just come."""
        self._streams.setdefault(stream, _Kept()).take(part)

    def after(self, stream: str, time_us: int) -> list[Samples]:
        """Those of a stream that end later than a moment."""
        kept = self._streams.get(stream)
        return [part for part in kept.parts if int(part.times_us[-1]) > time_us] if kept else []

    async def numbers(self, workout: Workout) -> dict[str, Any] | None:
        """What the tiles show now, or None for a workout whose tiles the page fills by itself."""
        tiles = tiles_of(workout)
        if tiles == "plain" or not self._streams or len(self._streams) > MOST_STREAMS:
            return None
        held = {name: list(kept.parts) for name, kept in self._streams.items()}
        return await asyncio.to_thread(said, workout, tiles, held)


def said(workout: Workout, tiles: Tiles, samples: dict[str, list[Samples]]) -> dict[str, Any]:
    """The message with the numbers."""
    named = {info.stream.stream for info in workout.streams if info.layout}
    known = {name: parts for name, parts in samples.items() if name in named}
    values = numbers(tiles, tables(workout, known))
    return {"type": "numbers", "workout": workout.workout_id, "tiles": tiles, "values": values}
