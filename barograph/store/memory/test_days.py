"""Test days in this process's memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from barograph.store.test_day_queue import renamed, without
from barograph.store.test_days import DAYS_LISTED, Change, TestDay, new_day, no_day
from barograph.texts import require_text


class MemoryTestDays:
    """The port to test days over a dictionary."""

    def __init__(self) -> None:
        self._days: dict[str, TestDay] = {}

    async def add(self, title: str, *, now_us: int, by: str = "") -> TestDay:
        """Make an empty test day."""
        made = new_day(title, now_us, by)
        self._days[made.id] = made
        return made

    async def one(self, day_id: str) -> TestDay:
        """Return a test day as it was written last."""
        return self._one(day_id)

    def _one(self, day_id: str) -> TestDay:
        if require_text("test_day", day_id) not in self._days:
            raise no_day(day_id)
        return self._days[day_id]

    async def newest(self, limit: int = DAYS_LISTED) -> list[TestDay]:
        """Return test days, the newest first."""
        return sorted(self._days.values(), key=lambda one: (one.made_us, one.id), reverse=True)[:limit]

    async def due(self, now_us: int) -> list[str]:
        """Return ids of days of which something is to be done now."""
        return [one.id for one in self._days.values() if 0 < one.due_us <= now_us]

    async def linked(self, workouts: Collection[str], devices: Collection[str] = ()) -> dict[str, int]:
        """Return id and revision of the days with a station at one of these workouts, or that follows a device."""
        mine = [one for one in self._days.values() if one.workouts & {*workouts} or one.follows & {*devices}]
        return {one.id: one.revision for one in mine}

    async def change(self, day_id: str, change: Change) -> TestDay:
        """Replace a day by what `change` makes of it."""
        return self._change(self._one(day_id), change)

    def _change(self, day: TestDay, change: Change) -> TestDay:
        made = change(day)
        if made == day:
            return day
        self._days[day.id] = replace(made, revision=day.revision + 1)
        return self._days[day.id]

    async def remove(self, day_id: str) -> None:
        """Take a day away; its trials stay."""
        del self._days[self._one(day_id).id]

    async def forget(self, athletes: Collection[str]) -> None:
        """Take an athlete out of every day."""
        for day in [*self._days.values()]:
            self._change(day, lambda one: without(one, athletes))

    async def move(self, athletes: Collection[str], uid: str) -> None:
        """Put another uid in place of these."""
        for day in [*self._days.values()]:
            self._change(day, lambda one: renamed(one, athletes, uid))
