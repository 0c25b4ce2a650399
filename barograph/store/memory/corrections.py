"""Masks and prints that were corrected by hand, in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping, Sequence
from dataclasses import replace
from typing import TypeVar

from barograph.errors import Gone, NotFound
from barograph.store.correction_rules import CorrectionBook
from barograph.store.corrections import Corrections, MaskVersion, NewMask, PrintFix, PrintsVersion
from barograph.store.records import Workout
from barograph.texts import require_text

T = TypeVar("T")
Begun = Callable[[str], int | None]


class MemoryCorrections:
    """The port to corrections over a dictionary; `begun` says when a workout began."""

    def __init__(self, workouts: MutableMapping[str, Workout], erased: Collection[str], begun: Begun) -> None:
        self._workouts, self._erased, self._begun = workouts, erased, begun
        self._books: dict[str, CorrectionBook] = {}

    def forget(self, workout: Workout) -> None:
        """Erase the corrections of a workout; what held for other sessions of its athlete holds no more."""
        book = self._books.pop(workout.uid, CorrectionBook())
        if book.reaches:
            self._edited(workout, everywhere=True)

    def _there(self, workout_id: str) -> Workout:
        require_text("workout_id", workout_id)
        if workout_id in self._erased:
            raise Gone(f"{workout_id}: this workout was erased")
        if workout_id not in self._workouts:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return self._workouts[workout_id]

    async def of(self, workout_id: str) -> Corrections:
        """Return what was corrected of a workout."""
        here = self._there(workout_id)
        others: list[MaskVersion] = []
        for one in self._workouts.values() if here.athlete_uid else ():
            if one.athlete_uid == here.athlete_uid and one.uid != here.uid and one.uid in self._books:
                first_us = self._begun(here.workout_id) or here.created_us
                others += self._books[one.uid].reaching(one.workout_id, first_us)
        return self._books.get(here.uid, CorrectionBook()).seen(others)

    async def add_mask(self, workout_id: str, new: NewMask, *, now_us: int, by: str = "") -> MaskVersion:
        """Keep masks as a new version."""
        return self._change(workout_id, lambda book: book.with_mask(new, now_us, by))

    async def withdraw_mask(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> MaskVersion:
        """Withdraw a version of masks, or bring it back."""
        return self._change(workout_id, lambda book: book.mask_withdrawn(number, withdrawn, now_us, by))

    async def add_prints(
        self, workout_id: str, fixes: Sequence[PrintFix], reason: str = "", *, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version."""
        return self._change(workout_id, lambda book: book.with_prints(fixes, reason, now_us, by))

    async def withdraw_prints(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        return self._change(workout_id, lambda book: book.prints_withdrawn(number, withdrawn, now_us, by))

    def _change(self, workout_id: str, change: Callable[[CorrectionBook], tuple[CorrectionBook, T]]) -> T:
        workout = self._there(workout_id)
        before = self._books.get(workout.uid, CorrectionBook())
        self._books[workout.uid], made = change(before)
        if self._books[workout.uid] is not before:
            self._edited(workout, everywhere=before.reaches or self._books[workout.uid].reaches)
        return made

    def _edited(self, workout: Workout, *, everywhere: bool) -> None:
        """Count the change where tables hang on it: of the workout, or of all of its athlete."""
        for name, one in list(self._workouts.items()):
            of_athlete = everywhere and workout.athlete_uid and one.athlete_uid == workout.athlete_uid
            if one.uid == workout.uid or of_athlete:
                self._workouts[name] = replace(one, edits=one.edits + 1)
