"""Test days as doors get them: for whoever may describe the athletes in them, who are the scientists of their teams.

Of a day with athletes of several teams each sees their own; the others are left out. An empty day is for whoever made
it. Where names are hidden nobody tests, so a day that is seen at all may be changed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from barograph.access.acting import actor
from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide, possible
from barograph.errors import AccessDenied
from barograph.store.test_day_queue import without
from barograph.store.test_days import DAYS_LISTED, Change, TestDay, TestDays, no_day

if TYPE_CHECKING:
    from barograph.access.sight import People, Sight


class GuardedTestDays:
    """Test days over others; see `TestDays`. Whoever makes one is noted as who they are, whatever a caller says."""

    def __init__(self, days: TestDays, sight: Sight) -> None:
        self._days, self._sight = days, sight

    async def add(self, title: str, *, now_us: int, by: str = "") -> TestDay:
        """Make an empty test day; for whoever may describe an athlete."""
        if not possible(actor(), "describe", "athlete"):
            raise AccessDenied("test day: this account may make none")
        return await self._days.add(title, now_us=now_us, by=actor().uid)

    async def one(self, day_id: str) -> TestDay:
        """Return a test day that may be seen, with the athletes who may be."""
        return await self._seen(await self._days.one(day_id))

    async def newest(self, limit: int = DAYS_LISTED) -> list[TestDay]:
        """Return the test days that may be seen, the newest first."""
        people = await self._sight.people()
        found = [_as_seen(actor(), one, people) for one in await self._days.newest(limit)]
        return [one for one in found if one is not None]

    async def due(self, now_us: int) -> list[str]:
        """Refuse: what is due is done by the servers themselves."""
        raise AccessDenied("test day: the servers do what is due")

    async def linked(self, workouts: Collection[str], devices: Collection[str] = ()) -> dict[str, int]:
        """Refuse: devices are told by the servers themselves."""
        raise AccessDenied("test day: the servers look which devices are to be told")

    async def change(self, day_id: str, change: Change) -> TestDay:
        """Replace a day that may be seen; what is asked is asked of the whole day."""
        await self.one(day_id)
        return await self._seen(await self._days.change(day_id, change))

    async def remove(self, day_id: str) -> None:
        """Take a day away, all of whose athletes may be described."""
        day = await self._days.one(day_id)
        if await self._seen(day) != day:
            raise AccessDenied("test day: athletes are in it whom this account may not describe")
        await self._days.remove(day_id)

    async def forget(self, athletes: Collection[str]) -> None:
        """Refuse: an athlete is taken out by being erased."""
        raise AccessDenied("test day: athletes are taken out where they are erased")

    async def move(self, athletes: Collection[str], uid: str) -> None:
        """Refuse: records become one by being merged."""
        raise AccessDenied("test day: uids change where athletes are merged")

    async def _seen(self, day: TestDay) -> TestDay:
        seen = _as_seen(actor(), day, await self._sight.people())
        if seen is None:
            raise no_day(day.id)
        return seen


def _as_seen(who: Principal, day: TestDay, people: People) -> TestDay | None:
    """A day with the athletes of whom somebody may describe workouts, None where it is not theirs at all."""

    def may(uid: str) -> bool:
        return decide(who, "describe", Resource("athlete", uid, uid, frozenset(people.teams(uid))))

    hidden = [uid for uid in day.athletes if not may(uid)]
    if hidden and len(hidden) == len(day.athletes):
        return None
    if not day.athletes and not _made(who, day):
        return None
    return without(day, hidden)


def _made(who: Principal, day: TestDay) -> bool:
    """Whether somebody made an empty day, or may see whatever there is."""
    return decide(who, "describe", Resource("athlete")) or (bool(who.uid) and who.uid == day.made_by)
