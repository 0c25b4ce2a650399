"""Erasing athletes, and receipts, as doors get them: who may erase an athlete begins it; the steps are not a door's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from barograph.errors import NotFound
from barograph.store.departures import Departure, Departures
from barograph.store.receipts import Receipt, Receipts

if TYPE_CHECKING:
    from barograph.access.guarded_roster import GuardedRoster
    from barograph.access.sight import Sight


class GuardedDepartures:
    """Departures over others; see `Departures`."""

    def __init__(self, departures: Departures, roster: GuardedRoster) -> None:
        self._departures, self._roster = departures, roster

    async def counts(self, uid: str) -> Mapping[str, int]:
        """Return how much there is of an athlete who may be erased, or `NotFound`."""
        return await self._departures.counts(await self._roster.erasable(uid))

    async def begin(self, uid: str, now_us: int) -> Departure:
        """Note that an athlete, by uid or short id, is to be erased, with an entry in the log before.

        To one that was noted, and has no record any more, whoever erases all athletes may come back.
        """
        try:
            uid = await self._roster.erasable(uid)
        except NotFound:
            known = await self._departures.known(uid) if self._roster.erases_everybody() else None
            if known is None:
                raise
            return known
        await self._roster.note_erasure(uid)
        return await self._departures.begin(uid, now_us)


class GuardedReceipts:
    """Receipts over others, for whoever may erase something; they say nothing of whom."""

    def __init__(self, receipts: Receipts, sight: Sight) -> None:
        self._receipts, self._sight = receipts, sight

    async def one(self, uid: str) -> Receipt:
        """Return a receipt by its number, or `NotFound`."""
        self._require()
        return await self._receipts.one(uid)

    async def newest(self, limit: int = 100) -> list[Receipt]:
        """Return receipts, the newest first."""
        self._require()
        return await self._receipts.newest(limit)

    async def of_session(self, workout_uid: str) -> Receipt | None:
        """Return the receipt of an erased workout, by its uid."""
        self._require()
        return await self._receipts.of_session(workout_uid)

    def _require(self) -> None:
        if not self._sight.possible("erase"):
            raise NotFound("receipt: no such receipt is kept")
