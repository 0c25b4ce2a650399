"""Keys of workouts, athletes, test days and accounts in MongoDB, each wrapped by the master key, which is not there.

One document an owner in `seal_keys`. A key is stored, and known to be, before anything is sealed with it. A destroyed
one leaves a document that says so: nothing is sealed for that owner again. Keys are read at the start, and with `fetch`
where workouts are made and read. One that another process made since is else asked for by a client of its own that
blocks, as the sealing is called from threads too.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from bson.datetime_ms import DatetimeMS
from pymongo import DESCENDING, MongoClient
from pymongo.errors import DuplicateKeyError, PyMongoError

from barograph.errors import KeyGone, StorageAway, Unreadable
from barograph.store.documents import Document
from barograph.store.master_key import KEY_BYTES, KeyService, MasterKeyError, Wrapped
from barograph.store.mongo.driver import aggregated, driver, shut
from barograph.store.sealer import MAGIC
from barograph.store.sealing import FEED, NAMES, Owner

COLLECTION = "seal_keys"
AT_ONCE = 20_000  # keys that are read at the start, the newest first
OF_NO_PERSON = (FEED, NAMES)
KEYS: Document = {"by": {"$exists": True}}
_COUNTED: Document = {"$group": {"_id": "$by", "n": {"$sum": 1}}}


class KeyCounts(NamedTuple):
    """How many keys each master key wraps, how many there are of each kind of owner, and how many are gone."""

    by: dict[str, int]
    of: dict[str, int]
    destroyed: int


def require_masters(service: KeyService, database: str, masters: Iterable[str]) -> None:
    """Check that the master keys of a database are here, by their fingerprints; else `MasterKeyError`."""
    for by in masters:
        if not service.knows(by):
            raise MasterKeyError(
                f"{service.at}: what is stored in the database {database} is sealed, and its master key {by} is not "
                "here. Restore this file from where it is kept; without it nobody can read what is stored, and no new "
                "key is made. If somebody was erased since a copy of the database was made, the copy's master key was "
                "destroyed with them"
            )


async def require_nothing_sealed(database: Any) -> None:
    """Check that nothing is sealed in a database that has no keys; else `MasterKeyError`."""
    named = await database.workouts.find_one({"athlete": {"$type": "binData"}}, {"_id": 1})
    block = await database.frames.find_one({}, {"x": 1}) or {}
    if named is not None or block.get("x", b"").startswith(MAGIC):
        raise MasterKeyError(
            f"database: what is stored in {database.name} is sealed, and its keys are not there: it was "
            "restored without them. Restore the keys of the same backup with it, `barograph restore DIR --keys DIR`"
        )


class MongoSealKeys:
    """The `DataKeys` of a database."""

    def __init__(self, url: str, database: Any, timeout_s: float, service: KeyService) -> None:
        self._url, self.database, self._timeout_s, self.service = url, database, timeout_s, service
        self._client: Any = None
        self._lock = threading.Lock()
        self._wrapped: dict[str, Wrapped | None] = {}

    async def load(self) -> None:
        """Read the newest keys, and refuse a database whose master key is not here with `MasterKeyError`."""
        self.service.ready()
        masters = await self.database[COLLECTION].distinct("by", KEYS)
        self._require(masters)
        if not masters:
            await require_nothing_sealed(self.database)
        newest = await self.database[COLLECTION].find(KEYS).sort("at_us", DESCENDING).limit(AT_ONCE).to_list(None)
        self._keep(newest)
        await self.fetch(OF_NO_PERSON)

    async def fetch(self, owners: Iterable[Owner], *, new: bool = False, over: DatetimeMS | None = None) -> None:
        """Read the keys of owners that are not at hand; with `new` they are made where there are none.

        MongoDB removes the ones that are made when `over` is past.
        """
        asked = {name for owner in owners if (name := _name(owner)) not in self._wrapped}
        if not asked:
            return
        keys = self.database[COLLECTION]
        self._keep(await keys.find({"_id": {"$in": [*asked]}}).to_list(None))
        lacking = [name for name in asked if new and name not in self._wrapped]
        if lacking:
            self._require(await keys.distinct("by", KEYS))
        for name in lacking:
            key = os.urandom(KEY_BYTES)
            made, ends = self._made(name, key), {} if over is None else {"over": over}
            try:
                await keys.insert_one(made | ends)
                while self._overtaken(made):
                    made, before = self._made(name, key), made
                    await keys.update_one({"_id": name, "by": before["by"]}, {"$set": made})
            except DuplicateKeyError:  # another process has just made it
                made = await keys.find_one({"_id": name})
            self._keep([made])

    def key(self, owner: Owner, *, new: bool) -> bytes:
        """Return the key of an owner; with `new` it is made where there is none, else `Unreadable`.

        `KeyGone` where it was destroyed, so that whoever still writes for something that was erased is refused.
        """
        name = _name(owner)
        with self._lock:
            known = self._wrapped.get(name)
            if name not in self._wrapped or (known is not None and not self.service.knows(known.by)):
                self._look_up(name, new=new)  # made by another process, or wrapped anew
            wrapped = self._wrapped[name]
        if wrapped is None:
            raise KeyGone(f"the key of {owner.kind} {owner.uid[:8]} was destroyed: it was erased")
        return self.service.unwrap(wrapped, name.encode())

    async def counts(self) -> KeyCounts:
        """Return how many keys there are."""
        keys, found = self.database[COLLECTION], Counter[str]()
        by = {one["_id"]: one["n"] for one in await aggregated(keys, [{"$match": KEYS}, _COUNTED])}
        async for one in keys.find(KEYS, {"_id": 1}):
            found[one["_id"].partition(" ")[0]] += 1
        return KeyCounts(by, dict(found), await keys.count_documents({"destroyed_us": {"$exists": True}}))

    def close(self) -> None:
        """Give back the connection, where there is one."""
        if self._client is not None:
            shut(self._client)

    def _require(self, masters: Iterable[str]) -> None:
        require_masters(self.service, self.database.name, masters)

    def _look_up(self, name: str, *, new: bool) -> None:
        try:
            keys = self._collection()
            found: Document | None = keys.find_one({"_id": name})
            if found is None:
                if not new:
                    kind, _, uid = name.partition(" ")
                    raise Unreadable(f"there is no key of {kind} {uid[:8]}: restored without its keys, or erased")
                self._require(keys.distinct("by", KEYS))
                found = self._stored(keys, name)
        except PyMongoError as error:
            raise StorageAway(f"MongoDB gave no key: {error}") from error
        self._wrapped[name] = _wrapped(found)

    def _keep(self, found: Iterable[Document]) -> None:
        with self._lock:
            self._wrapped.update((one["_id"], _wrapped(one)) for one in found)

    def _made(self, name: str, key: bytes) -> Document:
        wrapped = self.service.wrap(key, name.encode())
        return {"_id": name, "by": wrapped.by, "key": wrapped.key, "at_us": time.time_ns() // 1000}

    def _stored(self, keys: Any, name: str) -> Document:
        key = os.urandom(KEY_BYTES)
        made = self._made(name, key)
        try:
            keys.insert_one(dict(made))
            while self._overtaken(made):
                made, before = self._made(name, key), made
                keys.update_one({"_id": name, "by": before["by"]}, {"$set": made})
        except DuplicateKeyError:  # another process has just made it
            made = keys.find_one({"_id": name})
        return made

    def _overtaken(self, made: Document) -> bool:
        """True where the master key was changed while a key was stored: nobody else would wrap it anew."""
        return made["by"] not in self.service.known()

    def _collection(self) -> Any:
        if self._client is None:
            self._client = driver(self._url, self._timeout_s, MongoClient)
        return self._client[self.database.name][COLLECTION]


def _name(owner: Owner) -> str:
    return f"{owner.kind} {owner.uid}".strip()


def _wrapped(document: Document) -> Wrapped | None:
    return Wrapped(document["by"], bytes(document["key"])) if "by" in document else None


async def held(database: Any, owners: Iterable[Owner]) -> int:
    """Return how many of these owners have a key."""
    names = [_name(owner) for owner in owners]
    return int(await database[COLLECTION].count_documents({"_id": {"$in": names}, **KEYS}))


async def destroy(database: Any, owners: Iterable[Owner]) -> None:
    """Replace the keys of owners by documents that say so; to do it again changes nothing."""
    for owner in owners:
        # Whose master key wrapped it stands as long as that is there: see `key_rotation`.
        gone = [
            {"$set": {"destroyed_us": time.time_ns() // 1000, "was": "$by"}},
            {"$unset": ["by", "key", "at_us"]},
        ]
        await database[COLLECTION].update_one({"_id": _name(owner), "destroyed_us": {"$exists": False}}, gone)
