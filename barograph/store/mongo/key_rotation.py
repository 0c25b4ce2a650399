"""A new master key: all keys are wrapped by it, and the old one is destroyed.

Erasing somebody destroys a key in MongoDB, but copies of the database that were taken before have it yet, wrapped by
the master key of that time. So a destroyed key says which one that was (`was`), and is not done with until that master
key is destroyed, too. Whatever a kill leaves is gone on with by the next one who looks: keys that the current master
key does not wrap, old master keys in the file, and destroyed keys whose master key is there yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymongo import UpdateOne

from barograph.errors import Unreadable
from barograph.store.documents import Document
from barograph.store.master_key import Wrapped
from barograph.store.mongo.driver import answered
from barograph.store.mongo.seal_keys import COLLECTION, MongoSealKeys

AT_ONCE = 500
Progress = Callable[[int, int], None]


@answered
async def is_due(keys: MongoSealKeys) -> bool:
    """Return whether a destroyed key's master key is there yet, or a rotation was interrupted."""
    known = keys.service.known()
    if not known:
        return False
    return (
        len(known) > 1 or await keys.database[COLLECTION].find_one({"was": {"$in": [*known]}}, {"_id": 1}) is not None
    )


async def rotate(keys: MongoSealKeys, *, always: bool = False, progress: Progress | None = None) -> bool:
    """Make a new master key, wrap all keys by it and destroy the old one, where it is due or `always`.

    Return False where another process does it. It ends when no key that was destroyed before the call was wrapped by a
    master key that is there.
    """
    keys.service.ready()
    if not keys.service.known():
        return True  # nothing was sealed yet
    with keys.service.changing() as mine:
        if not mine:
            return False
        while always or await is_due(keys):
            always = False
            await _rotated(keys, progress)
        keys.service.destroy_old()  # a kill may have left a file of old ones when nothing else was due any more
    return True


@answered
async def _rotated(keys: MongoSealKeys, progress: Progress | None) -> None:
    known, stored = keys.service.known(), keys.database[COLLECTION]
    fresh = len(known) > 1 and await stored.find_one({"was": known[0]}, {"_id": 1}) is None
    current = keys.service.renew(() if fresh else known)  # one that was interrupted has its new key already
    others = {"by": {"$exists": True, "$ne": current}}
    of, done = await stored.count_documents(others), 0
    while found := await stored.find(others).limit(AT_ONCE).to_list(None):
        await stored.bulk_write([_rewrapped(keys, one) for one in found], ordered=False)
        done += len(found)
        if progress is not None:
            progress(done, max(of, done))
    keys.service.destroy_old()
    await stored.update_many({"was": {"$exists": True, "$ne": current}}, {"$unset": {"was": ""}})


def _rewrapped(keys: MongoSealKeys, one: Document) -> UpdateOne:
    about = one["_id"].encode()
    try:
        key = keys.service.unwrap(Wrapped(one["by"], bytes(one["key"])), about)
    except Unreadable as error:
        raise Unreadable(f"{one['_id'][:16]}: {error}. Nothing was destroyed") from error
    wrapped = keys.service.wrap(key, about)
    same: dict[str, Any] = {"_id": one["_id"], "by": one["by"], "key": one["key"]}
    return UpdateOne(same, {"$set": {"by": wrapped.by, "key": wrapped.key}})
