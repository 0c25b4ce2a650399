"""What is live now: of the newest sessions that somebody may see, those that have not ended."""

from __future__ import annotations

from barograph.store.ports import Workout
from dashboard.reading.sources import Sources

SEARCHED = 200


async def live_now(sources: Sources) -> list[Workout]:
    """Return what is live, the newest first."""
    newest = await sources.archive.workouts(limit=SEARCHED)
    return [item for item in newest if sources.state(item) != "ended"]
