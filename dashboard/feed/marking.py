"""Markers that pages set: kept, then told to all who watch, as those of a device are."""

from __future__ import annotations

from barograph import codec
from barograph.errors import LiveAway
from barograph.store.ports import Archive, Live, Marker


async def add(archive: Archive, live: Live, workout_id: str, marker: Marker) -> None:
    """Keep a marker, and tell everyone who watches; without the live feed they see it when they open the page again."""
    workout = await archive.workout(workout_id)
    await archive.add_marker(workout_id, marker)
    told = [(info.stream, codec.encode(marker.event(info.stream))) for info in workout.streams]
    try:
        await live.publish(told)
    except LiveAway:
        return
