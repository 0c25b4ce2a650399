"""Trials of workouts in MongoDB: one document for each workout, changed by whoever saw its newest revision."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from barograph.errors import Gone, NotFound, Refused
from barograph.store.documents import Document, of_tag, tag_of
from barograph.store.mongo.driver import answered
from barograph.store.sealing import Owner, Sealing
from barograph.store.trial_rules import TrialBook, packed, unpacked
from barograph.store.trials import NewTrial, Trial, TrialChange
from barograph.texts import require_text

ATTEMPTS = 100  # each that fails is one by which somebody else got on


class MongoTrials:
    """The port to trials over MongoDB; `there` returns the document of a workout with its uid, or raises."""

    def __init__(self, database: Any, sealing: Sealing, there: Callable[[str], Awaitable[Document]]) -> None:
        self._db, self._sealing, self._there = database, sealing, there

    async def _book(self, workout: Document) -> tuple[TrialBook, int]:
        """The trials of a workout and their revision, 0 where nothing is stored."""
        uid = workout["uid"]
        stored = await self._db.trials.find_one({"_id": uid})
        if stored is None:
            return TrialBook(), 0
        return unpacked(self._sealing.open("trials", Owner("workout", uid), stored)["x"]), int(stored["revision"])

    @answered
    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout in order of time."""
        book, _ = await self._book(await self._there(require_text("workout_id", workout_id)))
        return book.in_time()

    @answered
    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials, the oldest first."""
        book, _ = await self._book(await self._there(require_text("workout_id", workout_id)))
        return list(book.changes)

    @answered
    async def add(self, workout_id: str, new: NewTrial, *, now_us: int, by: str = "") -> Trial:
        """Make a trial; the same one twice is one."""
        return await self._change(workout_id, lambda book: book.added(new, now_us, by))

    @answered
    async def edit(
        self, workout_id: str, number: int, fields: Mapping[str, Any], *, now_us: int, by: str = ""
    ) -> Trial:
        """Change a trial: move, name or judge it."""
        return await self._change(workout_id, lambda book: book.edited(number, fields, now_us, by))

    async def _change(self, workout_id: str, change: Callable[[TrialBook], tuple[TrialBook, Trial]]) -> Trial:
        workout = await self._there(require_text("workout_id", workout_id))
        for _ in range(ATTEMPTS):
            book, revision = await self._book(workout)
            changed, made = change(book)
            if changed is book or await self._written(workout, changed, revision):
                return made
        raise Refused("busy", f"{workout_id}: others change its trials all the time", retry_after_s=1.0)

    async def _written(self, workout: Document, book: TrialBook, revision: int) -> bool:
        """Store a book unless there is a newer revision than the one that it was made of."""
        uid = workout["uid"]
        tag = of_tag(found) if (found := tag_of(workout)) else {}
        said = {"revision": revision + 1, "w": workout["_id"], **tag, "x": packed(book)}
        document = self._sealing.seal("trials", Owner("workout", uid), {"_id": uid, **said})
        if revision:
            seen = {"_id": uid, "revision": revision}
            done = bool((await self._db.trials.replace_one(seen, document)).matched_count)
        else:
            try:
                await self._db.trials.insert_one(document)
                done = True
            except DuplicateKeyError:
                done = False
        try:
            still = await self._there(workout["_id"])
        except NotFound:
            still = {}
        if still.get("uid") != uid:
            await self._db.trials.delete_one({"_id": uid})
            raise Gone(f"{workout['_id']}: this workout was erased")
        return done
