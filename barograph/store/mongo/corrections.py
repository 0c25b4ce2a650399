"""Masks and prints that were corrected by hand, in MongoDB: a book of each workout (`barograph.store.mongo.books`).

`reaches` stands where masks hold for other sessions of the athlete, so that those are found without opening any other
document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from barograph.store.correction_rules import PACKING, CorrectionBook
from barograph.store.corrections import Corrections, MaskVersion, NewMask, PrintFix, PrintsVersion
from barograph.store.documents import Document, of_tag, tag_of
from barograph.store.mongo.books import Books
from barograph.store.mongo.driver import answered
from barograph.store.mongo.edits import ALIVE
from barograph.store.sealing import Sealing
from barograph.texts import require_text


class MongoCorrections:
    """The port to corrections over MongoDB; `there` returns the document of a workout with its uid, or raises."""

    def __init__(self, database: Any, sealing: Sealing, there: Callable[[str], Awaitable[Document]]) -> None:
        self._db, self._there = database, there
        self._books = Books("corrections", PACKING, CorrectionBook(), database, sealing, there, _reaches, _everywhere)

    @answered
    async def of(self, workout_id: str) -> Corrections:
        """Return what was corrected of a workout."""
        workout = await self._there(require_text("workout_id", workout_id))
        book = await self._books.of(workout)
        return book.seen(await self._of_athlete(workout))

    async def _of_athlete(self, workout: Document) -> list[MaskVersion]:
        """Masks of other sessions of the athlete that hold for this one."""
        if not (athlete := workout.get("athlete_uid")):
            return []
        mine = await self._db.workouts.find({"athlete_uid": athlete, **ALIVE}, {"uid": 1}).to_list(None)
        names = {one["uid"]: one["_id"] for one in mine if one.get("uid") not in (None, workout["uid"])}
        where = {"_id": {"$in": list(names)}, "reaches": True}
        stored = await self._db.corrections.find(where).to_list(None) if names else []
        if not stored:
            return []
        first_us = await self._first_us(workout)
        return [each for one in stored for each in self._books.opened(one).reaching(names[one["_id"]], first_us)]

    async def _first_us(self, workout: Document) -> int:
        streams = await self._db.streams.find(
            {"w": workout["_id"], **of_tag(tag_of(workout))}, {"first_us": 1}
        ).to_list(None)
        known = [int(one["first_us"]) for one in streams if one.get("first_us") is not None]
        return min(known, default=int(workout["created_us"]))

    @answered
    async def add_mask(self, workout_id: str, new: NewMask, *, now_us: int, by: str = "") -> MaskVersion:
        """Keep masks as a new version."""
        return await self._books.change(workout_id, lambda book: book.with_mask(new, now_us, by))

    @answered
    async def withdraw_mask(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> MaskVersion:
        """Withdraw a version of masks, or bring it back."""
        return await self._books.change(workout_id, lambda book: book.mask_withdrawn(number, withdrawn, now_us, by))

    @answered
    async def add_prints(
        self, workout_id: str, fixes: Sequence[PrintFix], reason: str = "", *, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version."""
        return await self._books.change(workout_id, lambda book: book.with_prints(fixes, reason, now_us, by))

    @answered
    async def withdraw_prints(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        return await self._books.change(workout_id, lambda book: book.prints_withdrawn(number, withdrawn, now_us, by))


def _reaches(book: CorrectionBook) -> Document:
    return {"reaches": book.reaches}


def _everywhere(before: CorrectionBook, after: CorrectionBook) -> bool:
    return before.reaches or after.reaches
