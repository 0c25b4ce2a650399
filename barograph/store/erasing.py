"""Erasing a workout: the archive, and the last moments that the live feed still holds of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from barograph.errors import LiveAway, NotFound
from barograph.frames import Stream
from barograph.store.ports import Archive, Live

log = logging.getLogger("barograph")


async def erase(archive: Archive, live: Live | None, workout_id: str) -> bool:
    """Erase a workout for good; False when there was none.

    `StorageAway`: it may be erased in part, and goes on when it is done again. A feed that does not answer, or is not
    known here, is emptied later, by whichever ingest sweeps.
    """
    try:
        streams = [info.stream for info in (await archive.workout(workout_id)).streams]
    except NotFound:
        streams = []
    erased = await archive.delete(workout_id)
    await forget(live, streams)
    return erased


async def forget(live: Live | None, streams: Sequence[Stream]) -> None:
    """Drop what the feed has of streams that were erased, where it is known and answers."""
    if live is None:
        return
    try:
        await live.forget(streams)
    except LiveAway as error:
        log.warning("the live feed is emptied later: %s", error)
