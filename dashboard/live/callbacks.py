"""The live page: its skeleton is made here, everything that moves comes over the feed."""

from __future__ import annotations

from typing import Any

from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.frames import check_name
from dashboard.live import page
from dashboard.page import notices
from dashboard.reading.sources import Sources


@needs("read", "live", shared=True)
async def show(sources: Sources, name: str, _search: str) -> Any:
    """Build the live page of a workout; it may not have begun yet."""
    workout_id = check_name("workout_id", name)
    try:
        return page.page(workout_id, await sources.archive.workout(workout_id))
    except NotFound:
        erased = await sources.archive.erased([workout_id])
        return notices.erased() if erased else page.page(workout_id, None)
