"""Passkeys and challenges in MongoDB, as a part of the accounts there; each change is one step of one document."""

from __future__ import annotations

from bson.datetime_ms import DatetimeMS
from pymongo.errors import DuplicateKeyError

from barograph.store.mongo.driver import answered
from barograph.store.mongo.records import NEWEST, document_of
from barograph.store.mongo.sealed_records import SealedRecords
from barograph.store.passkeys import Challenge, Passkey, passkey_taken
from barograph.texts import texts_checked

KEPT_MS = 86_400_000  # MongoDB drops a challenge by itself a day after its end, however its clock goes


@texts_checked
class MongoPasskeys(SealedRecords):
    """The passkeys port over MongoDB."""

    @answered
    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a passkey, or refuse one whose credential is known; the unique index decides between two at once."""
        try:
            await self._db.passkeys.insert_one(await self._sealed("passkeys", document_of(passkey)))
        except DuplicateKeyError as error:
            raise passkey_taken() from error

    @answered
    async def passkeys(self, user: str | None = None) -> list[Passkey]:
        """Return passkeys, of a user or of all, the newest first."""
        found = self._db.passkeys.find({} if user is None else {"user": user})
        return await self._records(Passkey, "passkeys", await found.sort(NEWEST).to_list(None))

    @answered
    async def passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its credential."""
        return await self._record(Passkey, "passkeys", await self._db.passkeys.find_one({"credential": credential}))

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
        over = DatetimeMS(challenge.until_us // 1000 + KEPT_MS)
        document = await self._sealed("challenges", document_of(challenge, "hash"))
        await self._db.challenges.insert_one(document | {"over": over})

    @answered
    async def take_challenge(self, hash: str, now_us: int) -> Challenge | None:
        """Take what was asked, once: of two at once one gets it."""
        document = await self._db.challenges.find_one_and_delete({"_id": hash})
        found = await self._record(Challenge, "challenges", document, "hash")
        return found if found is not None and found.stands(now_us) else None
