"""Trials of workouts in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from barograph.errors import Gone, NotFound
from barograph.store.records import Workout
from barograph.store.trial_rules import TrialBook
from barograph.store.trials import NewTrial, Trial, TrialChange
from barograph.texts import require_text


class MemoryTrials:
    """The port to trials over a dictionary; `workouts` are those of the catalogue, `erased` names of erased ones."""

    def __init__(self, workouts: MutableMapping[str, Workout], erased: Collection[str]) -> None:
        self._workouts, self._erased = workouts, erased
        self._books: dict[str, TrialBook] = {}

    def forget(self, uid: str) -> None:
        """Erase the trials of a workout."""
        self._books.pop(uid, None)

    def _uid(self, workout_id: str) -> str:
        require_text("workout_id", workout_id)
        if workout_id in self._erased:
            raise Gone(f"{workout_id}: this workout was erased")
        if workout_id not in self._workouts:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return self._workouts[workout_id].uid

    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout in order of time."""
        return self._books.get(self._uid(workout_id), TrialBook()).in_time()

    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials, the oldest first."""
        return list(self._books.get(self._uid(workout_id), TrialBook()).changes)

    async def add(self, workout_id: str, new: NewTrial, *, now_us: int, by: str = "") -> Trial:
        """Make a trial; the same one twice is one."""
        return self._change(workout_id, lambda book: book.added(new, now_us, by))

    async def edit(
        self, workout_id: str, number: int, fields: Mapping[str, Any], *, now_us: int, by: str = ""
    ) -> Trial:
        """Change a trial: move, name or judge it."""
        return self._change(workout_id, lambda book: book.edited(number, fields, now_us, by))

    def _change(self, workout_id: str, change: Callable[[TrialBook], tuple[TrialBook, Trial]]) -> Trial:
        uid = self._uid(workout_id)
        before = self._books.get(uid, TrialBook())
        self._books[uid], made = change(before)
        if self._books[uid] is not before:
            workout = self._workouts[workout_id]
            self._workouts[workout_id] = replace(workout, edits=workout.edits + 1)
        return made
