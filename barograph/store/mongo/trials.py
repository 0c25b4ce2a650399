"""Trials of workouts in MongoDB: a book of each workout (`barograph.store.mongo.books`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from barograph.store.documents import Document
from barograph.store.mongo.books import Books
from barograph.store.mongo.driver import answered
from barograph.store.sealing import Sealing
from barograph.store.trial_rules import PACKING, TrialBook
from barograph.store.trials import NewTrial, Trial, TrialChange
from barograph.texts import require_text


class MongoTrials:
    """The port to trials over MongoDB; `there` returns the document of a workout with its uid, or raises."""

    def __init__(self, database: Any, sealing: Sealing, there: Callable[[str], Awaitable[Document]]) -> None:
        self._there = there
        self._books = Books("trials", PACKING, TrialBook(), database, sealing, there)

    async def _book(self, workout_id: str) -> TrialBook:
        return await self._books.of(await self._there(require_text("workout_id", workout_id)))

    @answered
    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout in order of time."""
        return (await self._book(workout_id)).in_time()

    @answered
    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials, the oldest first."""
        return list((await self._book(workout_id)).changes)

    @answered
    async def add(self, workout_id: str, new: NewTrial, *, now_us: int, by: str = "") -> Trial:
        """Make a trial; the same one twice is one."""
        return await self._books.change(workout_id, lambda book: book.added(new, now_us, by))

    @answered
    async def edit(
        self, workout_id: str, number: int, fields: Mapping[str, Any], *, now_us: int, by: str = ""
    ) -> Trial:
        """Change a trial: move, name or judge it."""
        return await self._books.change(workout_id, lambda book: book.edited(number, fields, now_us, by))
