"""Workouts of devices on a test day: what no trial has claimed of them is nobody's, and goes.

A workout that is nobody's when a station is linked to it is *held*: that is a tag of it, which everybody sees and may
take away. When nothing came into it for a while, and all that trials claimed is copied, it is erased as a whole; its
name stays for the device. One that got an athlete or trials of its own, or lost the tag, is never touched, nor one that
was there long before the test day.

Terms: held (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from barograph.errors import NotFound
from barograph.store.ports import About, Archive, Workout
from barograph.store.search import Query
from barograph.store.test_days import TestDay

HELD = "held"
MOST_AT_ONCE, DAYS = 200, 1000
BEFORE_US = 3_600_000_000  # a device may have been switched on so long before the test day was made

Erase = Callable[[str], Awaitable[None]]


async def hold(archive: Archive, day: TestDay, workout_id: str, now_us: int) -> bool:
    """Mark a workout to which a station was linked as held, if it is its device's alone; return whether it is held."""
    workout = await archive.workout(workout_id)
    if _holds(workout):
        return True
    nobodys = not workout.athlete_uid and not workout.about.athlete
    if not nobodys or workout.created_us < day.made_us - BEFORE_US or await archive.trials.of(workout_id):
        return False
    await archive.note(workout_id, now_us=now_us, about=About(tags=(*workout.about.tags, HELD)))
    return True


async def held(archive: Archive, day: TestDay) -> list[str]:
    """Return the workouts of the stations of a day that are held."""
    found = []
    for workout_id in dict.fromkeys(one.workout_id for one in day.stations if one.workout_id):
        try:
            found += [workout_id] if _holds(await archive.workout(workout_id)) else []
        except NotFound:
            continue
    return found


async def unclaimed(archive: Archive, held_s: float, now_us: int) -> list[str]:
    """Return held workouts into which nothing came for `held_s`, and of which nothing is to be copied any more."""
    workouts, _ = await archive.search(Query(tag=HELD), limit=MOST_AT_ONCE)
    days = await archive.test_days.newest(DAYS)
    needed = {one.source for day in days for one in day.parts if not one.settled or one.due_us or one.wrong}
    needed |= {one.workout_id for day in days for one in day.stations if one.phase in ("countdown", "running")}
    silent = [one for one in workouts if _holds(one) and one.streams and now_us - _newest_us(one) >= held_s * 1e6]
    return [one.workout_id for one in silent
            if one.workout_id not in needed and not await archive.trials.of(one.workout_id)]  # fmt: skip


async def let_go(archive: Archive, erase: Erase, held_s: float, now_us: int) -> list[str]:
    """Erase what nobody claimed, and return which workouts; an empty one of each name stays, for the device."""
    gone = await unclaimed(archive, held_s, now_us)
    for workout_id in gone:
        await erase(workout_id)
        await archive.note(workout_id, now_us=now_us, about=About(tags=(HELD,)), renew=True)
    return gone


def _holds(workout: Workout) -> bool:
    return HELD in workout.about.tags and not workout.athlete_uid and not workout.about.athlete


def _newest_us(workout: Workout) -> int:
    return max(workout.created_us, *(one.last_received_us or one.last_us or 0 for one in workout.streams))
