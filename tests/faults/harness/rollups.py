"""The overview after all faults: a second that counts as made has exactly the frames that history has in it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from pymongo import MongoClient

PATIENCE_S = 90.0


@dataclass
class Seconds:
    """Frames a second of each stream, as they were read."""

    counts: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)

    def add(self, workout_id: str, stream: str, times_us: list[int]) -> None:
        self.counts[workout_id, stream] = Counter(t_us // 1_000_000 for t_us in times_us)

    async def compare(self, mongo_url: str) -> tuple[int, list[str]]:
        """How many seconds were compared once none was marked any more, and what is wrong."""
        return await asyncio.to_thread(self._compare, mongo_url)

    def _compare(self, mongo_url: str) -> tuple[int, list[str]]:
        workouts = sorted({workout_id for workout_id, _ in self.counts})
        deadline = time.monotonic() + PATIENCE_S
        with MongoClient(mongo_url, timeoutMS=20_000) as client:
            rollups = client.barograph.rollups
            marked = {"_id.w": {"$in": workouts}, "m": {"$exists": True}}
            while left := rollups.count_documents(marked):
                if time.monotonic() > deadline:
                    return 0, [f"{left} seconds are still marked after {PATIENCE_S:.0f} s"]
                time.sleep(0.5)
            made: dict[tuple[str, str], Counter[int]] = {place: Counter() for place in self.counts}
            for row in rollups.find({"_id.w": {"$in": workouts}}, {"n": 1}):
                made.setdefault((row["_id"]["w"], row["_id"]["s"]), Counter())[int(row["_id"]["t"])] = int(row["n"])
        wrong = [
            f"{'/'.join(place)}: seconds where rollup and history differ: {_differences(counts, made[place])}"
            for place, counts in self.counts.items()
            if counts != made[place]
        ]
        return sum(len(counts) for counts in self.counts.values()), wrong


def _differences(expected: Counter[int], made: Counter[int]) -> str:
    seconds = [second for second in sorted({*expected, *made}) if expected[second] != made[second]]
    return ", ".join(f"{second} (history {expected[second]}, rollup {made[second]})" for second in seconds[:3])
