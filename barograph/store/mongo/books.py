"""A book of a workout in MongoDB: one sealed document for each workout, changed by whoever saw its newest revision.

Whoever changes a book replaces the revision that was read, or begins again. Trials are such a book, and corrections.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pymongo.errors import DuplicateKeyError

from barograph.errors import Gone, NotFound, Refused
from barograph.store.documents import Document, of_tag, tag_of
from barograph.store.mongo.edits import edited
from barograph.store.packing import Packing
from barograph.store.sealing import Owner, Sealing
from barograph.texts import require_text

ATTEMPTS = 100  # each that fails is one by which somebody else got on

Book = TypeVar("Book")
Made = TypeVar("Made")


def _no_fields(_book: Any) -> Document:
    return {}


def _mine_alone(_before: Any, _after: Any) -> bool:
    return False


@dataclass(frozen=True)
class Books(Generic[Book]):
    """The books of one collection. `there` returns the document of a workout with its uid, or raises.

    `empty` is the book of a workout of which nothing is stored. `fields` are stored beside a book unsealed, to find it
    by. `everywhere` says of a book before and after a change whether it concerns all workouts of the athlete.
    """

    collection: str
    packing: Packing[Book, Any]
    empty: Book
    database: Any
    sealing: Sealing
    there: Callable[[str], Awaitable[Document]]
    fields: Callable[[Book], Document] = _no_fields
    everywhere: Callable[[Book, Book], bool] = _mine_alone

    def opened(self, stored: Document) -> Book:
        """Return the book in a document of the collection."""
        owner = Owner("workout", stored["_id"])
        return self.packing.unpacked(self.sealing.open(self.collection, owner, stored)["x"])

    async def of(self, workout: Document) -> Book:
        """Return the book of a workout."""
        return (await self._newest(workout))[0]

    async def _newest(self, workout: Document) -> tuple[Book, int]:
        """The book of a workout and its revision, 0 where nothing is stored."""
        stored = await self.database[self.collection].find_one({"_id": workout["uid"]})
        return (self.empty, 0) if stored is None else (self.opened(stored), int(stored["revision"]))

    async def change(self, workout_id: str, change: Callable[[Book], tuple[Book, Made]]) -> Made:
        """Replace a book by what `change` makes of it, and return what else that returns; the same book is kept.

        Others may change it at the same moment: `change` is asked again, of theirs. Errors are those of `there` and
        `change`; `Refused` where others are always faster, `Gone` where the workout is erased meanwhile.
        """
        workout = await self.there(require_text("workout_id", workout_id))
        for _ in range(ATTEMPTS):
            book, revision = await self._newest(workout)
            changed, made = change(book)
            if changed is book:
                return made
            everywhere = self.everywhere(book, changed)
            await edited(self.database, workout, everywhere=everywhere)
            if await self._written(workout, changed, revision):
                await edited(self.database, workout, everywhere=everywhere)
                return made
        raise Refused("busy", f"{workout_id}: others change its {self.collection} all the time", retry_after_s=1.0)

    async def _written(self, workout: Document, book: Book, revision: int) -> bool:
        """Store a book unless there is a newer revision than the one that it was made of."""
        stored, uid = self.database[self.collection], workout["uid"]
        tag = of_tag(found) if (found := tag_of(workout)) else {}
        said = {"revision": revision + 1, "w": workout["_id"], **tag, **self.fields(book)}
        document = self.sealing.seal(
            self.collection, Owner("workout", uid), {"_id": uid, **said, "x": self.packing.packed(book)}
        )
        if revision:
            done = bool((await stored.replace_one({"_id": uid, "revision": revision}, document)).matched_count)
        else:
            try:
                await stored.insert_one(document)
                done = True
            except DuplicateKeyError:
                done = False
        try:
            still = await self.there(workout["_id"])
        except NotFound:
            still = {}
        if still.get("uid") != uid:
            await stored.delete_one({"_id": uid})
            raise Gone(f"{workout['_id']}: this workout was erased")
        return done
