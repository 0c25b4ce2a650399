"""Passkeys and challenges in MongoDB, as a part of the accounts there; each change is one step of one document."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, TypeVar

from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from barograph.store.documents import Document, plain_numbers
from barograph.store.mongo.driver import answered
from barograph.store.passkeys import Challenge, Passkey, passkey_taken
from barograph.texts import texts_checked

KEPT_MS = 86_400_000  # MongoDB drops a challenge by itself a day after its end, however its clock goes
R = TypeVar("R")


def _record(kind: type[R], document: Document, key: str) -> R:
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    said = plain_numbers({name: one for name, one in document.items() if name in known})
    return kind(**said | {key: document["_id"]})


@texts_checked
class MongoPasskeys:
    """The passkeys port over MongoDB."""

    def __init__(self, database: Any) -> None:
        self._db = database

    @answered
    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a passkey, or refuse one whose credential is known; the unique index decides between two at once."""
        document = asdict(passkey)
        try:
            await self._db.passkeys.insert_one({"_id": document.pop("uid"), **document})
        except DuplicateKeyError as error:
            raise passkey_taken() from error

    @answered
    async def passkeys(self, user: str | None = None) -> list[Passkey]:
        """Return passkeys, of a user or of all, the newest first."""
        found = self._db.passkeys.find({} if user is None else {"user": user})
        order = [("made_us", DESCENDING), ("_id", ASCENDING)]
        return [_record(Passkey, one, "uid") for one in await found.sort(order).to_list(None)]

    @answered
    async def passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its credential."""
        document = await self._db.passkeys.find_one({"credential": credential})
        return None if document is None else _record(Passkey, document, "uid")

    @answered
    async def use_passkey(self, uid: str, count: int, now_us: int) -> bool:
        """Record a use, if the device counted on or does not count at all."""
        where = {"_id": uid, "count": {"$lt": count} if count else 0}
        result = await self._db.passkeys.update_one(where, {"$set": {"count": count, "used_us": now_us}})
        return bool(result.matched_count)

    @answered
    async def remove_passkey(self, uid: str) -> bool:
        """Forget a passkey."""
        return bool((await self._db.passkeys.delete_one({"_id": uid})).deleted_count)

    @answered
    async def add_challenge(self, challenge: Challenge) -> None:
        """Keep what is asked."""
        document = asdict(challenge)
        over = DatetimeMS(challenge.until_us // 1000 + KEPT_MS)
        await self._db.challenges.insert_one({"_id": document.pop("hash"), **document, "over": over})

    @answered
    async def take_challenge(self, hash: str, now_us: int) -> Challenge | None:
        """Take what was asked, once: of two at once one gets it."""
        document = await self._db.challenges.find_one_and_delete({"_id": hash})
        found = None if document is None else _record(Challenge, document, "hash")
        return found if found is not None and found.stands(now_us) else None
