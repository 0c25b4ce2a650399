"""What an earlier version stored readable of frames, rollups, tables, series, accounts, words of devices, sealed now.

Documents are changed in place, each where it still is as it was read. A time series changes nothing in place, and
deletes by its meta field alone. So the blocks of a stream are copied, sealed, with their ids, under a meta field that
says so (`SEALED`), and then those without it are deleted. This version writes sealed blocks under the other one alone:
what is deleted gets nothing new meanwhile, and a block that stands there twice is read once, by the reading rule. The
days are said to be written to, before and after, so that a backup copies them anew.

To begin again goes on: copies that are there are not made again. Names are sealed at the start (`seal_names`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, UpdateOne

from barograph.errors import Refused
from barograph.frames import Stream
from barograph.store.account_records import says_nothing
from barograph.store.documents import SEALED, Document, of_tag, tag_of
from barograph.store.mongo.accounts import EMAIL_KEY
from barograph.store.mongo.driver import answered
from barograph.store.mongo.sealed_records import owner_of
from barograph.store.mongo.written import WrittenDays
from barograph.store.sealer import MAGIC
from barograph.store.sealing import FIELDS, Owner, Sealing
from barograph.store.stream_documents import readable_in, stream_owner

OF_ACCOUNTS = ("users", "invitations", "keys", "pairings", "passkeys", "erasures")
IN_PLACE = (
    "rollups", "finals", "origins", "calibrations", "summaries", "trials", "test_days", "corrections", "rejected",
    *OF_ACCOUNTS,
)  # fmt: skip
AT_ONCE, BLOCKS_AT_ONCE = 200, 50
Progress = Callable[[int, int], None]
Owners = Mapping[tuple[str, str | None], str]


def _ignore(done: int, of: int) -> None:
    """Tell nobody."""


class SealStored:
    """Looks for what is readable yet in a database, and seals it; counts are documents by collection."""

    def __init__(self, database: Any, sealing: Sealing, progress: Progress = _ignore) -> None:
        self._db, self._sealing, self._progress = database, sealing, progress
        self._done = self._of = 0

    @answered
    async def count(self) -> Counter[str]:
        """Return how many documents have something readable; nothing is written."""
        found = Counter[str]()
        await self._begin()
        for collection in IN_PLACE:
            async for page in self._pages(collection):
                found[collection] += sum(bool(readable(collection, one)) for one in page)
        async for page in self._pages("streams"):
            found["streams"] += sum(bool(readable_in(one)) for one in page)
        for stream in await self._streams():
            async for page in self._blocks(stream):
                found["frames"] += sum(bool(readable("frames", one)) for one in page)
        return +found

    @answered
    async def seal(self) -> Counter[str]:
        """Seal all that is readable, and return how much that was."""
        sealed = Counter[str]()
        await self._begin()
        owners = await self._owners()
        for collection in IN_PLACE:
            async for page in self._pages(collection):
                sealed[collection] += await self._seal_page(collection, page, owners)
        for stream in await self._streams():
            sealed["frames"] += await self._seal_stream(stream)
        async for page in self._pages("streams"):
            sealed["streams"] += await self._seal_words(page, set(owners.values()))
        return +sealed

    async def _begin(self) -> None:
        self._done, self._of = 0, 0
        for collection in (*IN_PLACE, "streams", "frames"):
            self._of += await self._db[collection].estimated_document_count()

    def _step(self, n: int) -> None:
        self._done += n
        self._progress(self._done, max(self._done, self._of))

    # --- what is changed in place

    async def _pages(self, collection: str) -> AsyncIterator[list[Document]]:
        """Give the documents of a collection that have secrets, by their ids; a question has a bound of time."""
        after: Document = {}
        while page := await self._db[collection].find(after).sort("_id", ASCENDING).limit(AT_ONCE).to_list(None):
            yield page
            self._step(len(page))
            after = {"_id": {"$gt": page[-1]["_id"]}}

    async def _owners(self) -> Owners:
        """The uid of each workout that is there, by its name and its tag."""
        alive = {"uid": {"$exists": True}, "erased_us": {"$exists": False}}
        there = self._db.workouts.find(alive, {"uid": 1, "again": 1})
        return {(one["_id"], tag_of(one)): one["uid"] for one in await there.to_list(None)}

    async def _seal_page(self, collection: str, page: Sequence[Document], owners: Owners) -> int:
        changes = []
        for one in page:
            owner, plain = _owner(collection, one, owners), readable(collection, one)
            if plain and owner is not None:
                change = await asyncio.to_thread(self._sealing.seal, collection, owner, plain)
                if "email" in plain and collection == "users":
                    change[EMAIL_KEY] = self._sealing.digest(plain["email"])
                changes.append(UpdateOne({"_id": one["_id"], **_unchanged(collection, plain)}, {"$set": change}))
        if changes:
            await self._db[collection].bulk_write(changes, ordered=False)
        return len(changes)

    async def _seal_words(self, page: Sequence[Document], alive: Collection[str]) -> int:
        """Seal what devices said in documents of streams; lists there only grow at their ends."""
        changes = []
        for one in page:
            owner, plain = stream_owner(one), readable_in(one)
            if plain and owner.uid in alive:
                still = {at: {"$type": "object" if kind == "layouts" else "string"} for at, (kind, _) in plain.items()}
                sealed = {at: next(iter(self._sealing.seal(kind, owner, said).values()))
                          for at, (kind, said) in plain.items()}  # fmt: skip
                changes.append(UpdateOne({"_id": one["_id"], "w": one["w"], **still}, {"$set": sealed}))
        if changes:
            await self._db.streams.bulk_write(changes, ordered=False)
        return len(changes)

    # --- frames

    async def _streams(self) -> list[Document]:
        return list(
            await self._db.streams.find({"o": {"$exists": True}}, {"w": 1, "s": 1, "u": 1, "o": 1}).to_list(None)
        )

    async def _blocks(self, stream: Document) -> AsyncIterator[list[Document]]:
        """Give the blocks of a stream that may be readable, in the order of their numbers."""
        where = _before(stream)
        order = [("e", ASCENDING), ("seq", ASCENDING)]
        keys = await self._db.frames.find(where, {"e": 1, "seq": 1}).sort(order).to_list(None)
        for first in range(0, len(keys), BLOCKS_AT_ONCE):
            part = keys[first : first + BLOCKS_AT_ONCE]
            ids = {one["_id"] for one in part}
            page = []
            for e in sorted({one["e"] for one in part}):
                numbers = [one["seq"] for one in part if one["e"] == e]
                near = {**where, "e": e, "seq": {"$gte": numbers[0], "$lte": numbers[-1]}}
                page += [one for one in await self._db.frames.find(near).to_list(None) if one["_id"] in ids]
            yield page
            self._step(len(page))

    async def _seal_stream(self, stream: Document) -> int:
        """Copy the blocks of a stream, sealed, and delete those that are not; how many were readable."""
        if not await self._any_readable(stream):
            return 0
        days, there, sealed = WrittenDays(self._db), 0, 0
        async for page in self._blocks(stream):
            await self._say(days, stream, page)
            sealed += await self._copy(stream, page)
            there += len(page)
        alive = {"_id": stream["w"], "uid": stream["o"], "erased_us": {"$exists": False}}
        if await self._db.workouts.find_one(alive, {"_id": 1}) is None:  # erased meanwhile: no copy outlives it
            await self._db.frames.delete_many(_of(stream))
            return 0
        if await self._db.frames.count_documents(_before(stream)) != there:
            said = f"{stream['w']}: an earlier version of Barograph writes to it: end that one, and begin again"
            raise Refused("busy", said)
        touched = await self._days_of(stream)
        await self._db.frames.delete_many(_before(stream))
        await WrittenDays(self._db).say(touched, _tag(stream))
        return sealed

    async def _any_readable(self, stream: Document) -> bool:
        async for page in self._blocks(stream):
            if any(readable("frames", one) for one in page):
                return True
        return False

    async def _copy(self, stream: Document, page: Sequence[Document]) -> int:
        """Insert what is not copied yet of some blocks; how many of them were readable."""
        numbers, epochs = [one["seq"] for one in page], sorted({one["e"] for one in page})
        near = {"e": {"$in": epochs}, "seq": {"$gte": min(numbers), "$lte": max(numbers)}}
        made = self._db.frames.find({**_of(stream), f"m.{SEALED}": 1, **near}, {"_id": 1})
        there = {one["_id"] for one in await made.to_list(None)}
        fresh = [one for one in page if one["_id"] not in there]
        copies = await asyncio.to_thread(self._copies, stream, fresh)
        if copies:
            await self._db.frames.insert_many(copies, ordered=False)
        return sum(bool(readable("frames", one)) for one in page)

    def _copies(self, stream: Document, blocks: Sequence[Document]) -> list[Document]:
        owner = Owner("workout", stream["o"])
        return [
            {**one, **self._sealing.seal("frames", owner, readable("frames", one)), "m": {**one["m"], SEALED: 1}}
            for one in blocks
        ]

    async def _say(self, days: WrittenDays, stream: Document, page: Sequence[Document]) -> None:
        seconds = {int(one["t"]) // 1000 for one in page}
        await days.say({Stream(stream["w"], stream["s"]): sorted(seconds)}, _tag(stream))

    async def _days_of(self, stream: Document) -> dict[Stream, list[int]]:
        """One second of each day on which a stream has blocks."""
        found = await self._db.written.find({"_id.w": stream["w"], "_id.s": stream["s"]}, {"_id": 1}).to_list(None)
        return {Stream(stream["w"], stream["s"]): [86_400 * int(one["_id"]["d"]) for one in found]}


def readable(collection: str, document: Mapping[str, Any]) -> Document:
    """Return the secret fields of a document that stand there as they are."""
    found = {}
    for name, _, packed in FIELDS[collection]:
        value = document.get(name)
        if collection in OF_ACCOUNTS and says_nothing(value):
            continue
        if value is not None and not (isinstance(value, bytes) and (packed or value.startswith(MAGIC))):
            found[name] = value
    return found


def _unchanged(collection: str, plain: Document) -> Document:
    """What finds a document where it still is as it was read.

    Names and addresses are in no question, which may get into MongoDB's log; who changes one seals it.
    """
    if collection not in OF_ACCOUNTS:
        return plain
    return {name: {"$type": "object" if isinstance(value, dict) else "string"} for name, value in plain.items()}


def _owner(collection: str, one: Document, owners: Owners) -> Owner | None:
    """For whom a document is to be sealed; None where its workout is gone."""
    if collection in OF_ACCOUNTS:
        return owner_of(collection, one)
    if collection == "test_days":
        return Owner("day", one["_id"])
    name = one["_id"]["w"] if collection == "rollups" else one["w"]
    uid = owners.get((name, one.get("u")))
    return None if uid is None else Owner("workout", uid)


def _of(stream: Document) -> Document:
    return {"m.w": stream["w"], "m.s": stream["s"], **of_tag(stream.get("u"), "m.u")}


def _before(stream: Document) -> Document:
    return {**_of(stream), f"m.{SEALED}": {"$exists": False}}


def _tag(stream: Document) -> dict[Stream, str]:
    return {Stream(stream["w"], stream["s"]): stream["u"]} if stream.get("u") else {}
