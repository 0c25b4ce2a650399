"""Devices that ask to come in, and attempts to sign in, in MongoDB: a part of the accounts there.

What is tried is counted under a keyed hash of its name: an account's address, or the address that somebody comes from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from bson.datetime_ms import DatetimeMS
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph.errors import NotFound, StorageAway
from barograph.store.account_records import CLOCK_SLACK_US, AskingDevice, Pairing
from barograph.store.accounts import ALLOWED_US, Attempts
from barograph.store.documents import Document
from barograph.store.mongo.driver import answered
from barograph.store.mongo.records import document_of, plain, record_of
from barograph.store.mongo.sealed_records import SealedRecords, account_owner
from barograph.texts import texts_checked

TRIES = 20
DAY_US = 86_400_000_000


def until(us: int) -> DatetimeMS:
    """Return when MongoDB may drop a document by itself: a day after its end, however its clock goes."""
    return DatetimeMS((us + DAY_US) // 1000)


@texts_checked
class MongoDoors(SealedRecords):
    """The port of doors over MongoDB."""

    @answered
    async def add_pairing(self, pairing: Pairing) -> None:
        """Keep a code that is shown; it goes by itself when it is over."""
        document = await self._sealed("pairings", document_of(pairing), over=until(pairing.until_us + DAY_US))
        await self._db.pairings.insert_one({**document, "over": until(pairing.until_us)})

    async def _read(self, document: Document) -> Pairing:
        (opened,) = await self._opened("pairings", [document])
        if (asking := opened.get("asking")) is None:
            return record_of(Pairing, opened)
        asked = AskingDevice(**asking | {"streams": frozenset(asking["streams"])})
        return record_of(Pairing, opened | {"asking": asked})

    async def _pairing(self, where: Document, update: Document | None, otherwise: str) -> Pairing:
        if update is None:
            document = await self._db.pairings.find_one(where)
        else:
            after = ReturnDocument.AFTER
            document = await self._db.pairings.find_one_and_update(where, update, return_document=after)
        if document is None:
            raise NotFound(otherwise)
        return await self._read(document)

    @answered
    async def pairing(self, uid: str) -> Pairing:
        """Return how far a pairing is, or `NotFound`."""
        return await self._pairing({"_id": uid}, None, f"{uid}: no such pairing")

    @answered
    async def pairing_by_claim(self, claim_hash: str) -> Pairing | None:
        """Return the pairing that a device asks after with its own secret."""
        document = await self._db.pairings.find_one({"claim_hash": claim_hash}) if claim_hash else None
        return None if document is None else await self._read(document)

    @answered
    async def ask_pairing(self, hash: str, asking: AskingDevice, claim_hash: str, now_us: int) -> Pairing:
        """Record the device that asks with a code, once."""
        where = {"hash": hash, "asked_us": None, "until_us": {"$gt": now_us}}
        missing = "this code is not there, was used, or is over"
        waiting = await self._db.pairings.find_one(where, {"until_us": 1})
        if waiting is None:
            raise NotFound(missing)
        given = {"asking": plain(asdict(asking)), "asked_us": now_us, "claim_hash": claim_hash}
        uid, over = waiting["_id"], until(waiting["until_us"] + DAY_US)  # after the pairing itself
        said = await self._sealed("pairings", given, account_owner(uid), over=over)
        return await self._pairing({**where, "_id": uid}, {"$set": said}, missing)

    @answered
    async def answer_pairing(
        self, uid: str, now_us: int, *, allowed: bool, name: str = "", streams: frozenset[str] = frozenset()
    ) -> Pairing:
        """Allow the device that asked, or refuse it, once."""
        Pairing(hash="", made_us=0, until_us=0, name=name, streams=streams)  # what cannot be kept is refused here
        where = {"_id": uid, "asked_us": {"$ne": None}, "answered_us": None, "until_us": {"$gt": now_us}}
        given = {"answered_us": now_us, "allowed": allowed, "name": name, "streams": plain(streams)}
        await self.pairing(uid)
        said = await self._sealed("pairings", given, account_owner(uid))
        update = {"$set": said, "$max": {"until_us": now_us + ALLOWED_US}}
        return await self._pairing(where, update, f"{uid}: no device waits for an answer")

    @answered
    async def take_pairing(self, claim_hash: str, now_us: int) -> Pairing:
        """Let the device take what was allowed, once."""
        where = {"claim_hash": claim_hash, "allowed": True, "taken_us": None, "until_us": {"$gt": now_us}}
        missing = "no token waits for this device"
        if not claim_hash:
            raise NotFound(missing)
        return await self._pairing(where, {"$set": {"taken_us": now_us}}, missing)

    @answered
    async def count_attempts(self, names: Sequence[str], now_us: int, window_us: int) -> list[Attempts]:
        """Count one more attempt under each name."""
        hidden = [self._sealing.digest(name) for name in names]
        return list(await asyncio.gather(*(self._count_attempt(name, now_us, window_us) for name in hidden)))

    async def _count_attempt(self, name: str, now_us: int, window_us: int) -> Attempts:
        until_us = now_us + window_us
        goes_on = {"$and": [{"$gt": ["$until_us", now_us]}, {"$lte": ["$until_us", until_us + CLOCK_SLACK_US]}]}
        update = [
            {
                "$set": {
                    "n": {"$cond": [goes_on, {"$add": ["$n", 1]}, 1]},
                    "until_us": {"$cond": [goes_on, "$until_us", until_us]},
                    "over": {"$cond": [goes_on, "$over", until(until_us)]},
                }
            }
        ]
        for _ in range(TRIES):
            try:
                found = await self._db.attempts.find_one_and_update(
                    {"_id": name}, update, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:  # another process has just made it
                continue
            return Attempts(found["n"], found["until_us"])
        raise StorageAway(f"attempts: others counted at the same moment {TRIES} times over")

    @answered
    async def forget_attempts(self, names: Sequence[str]) -> None:
        """Count from nothing under these names."""
        await self._db.attempts.delete_many({"_id": {"$in": [self._sealing.digest(name) for name in names]}})
