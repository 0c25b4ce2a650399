"""Accounts in MongoDB: users, invitations and what opens a door, each change in one step of one document.

The last admin is kept without a transaction, which a lone MongoDB does not have. Who is to lose the role is marked
first, then the admins without a mark are counted, then the change is made, if the mark still stands. Of two at once
each sees the mark of the other, so at least one is refused. A mark that a process left behind is taken away by the
next one that counts, and whoever comes back to it finds that it is gone, and begins again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import TypeVar

from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph.bounds import check_text
from barograph.errors import NotFound, StorageAway
from barograph.store.account_records import KINDS, NAME
from barograph.store.accounts import (
    ALLOWED_US,
    CLOCK_SLACK_US,
    AskingDevice,
    Attempts,
    Change,
    Charge,
    Device,
    Found,
    Invitation,
    Key,
    Pairing,
    Seen,
    Session,
    StoredShare,
    Token,
    User,
    email_taken,
    last_admin,
    normal_email,
)
from barograph.store.documents import Document
from barograph.store.mongo import charges
from barograph.store.mongo.driver import answered
from barograph.store.mongo.erasure_requests import MongoErasureRequests
from barograph.store.mongo.passkeys import MongoPasskeys
from barograph.store.mongo.records import NEWEST, document_of, plain, record_of
from barograph.store.mongo.service_rights import USERS
from barograph.texts import require_text, texts_checked

SIGNED_IN = (Session.kind, Token.kind)
TRIES = 20
MARK_US = 60_000_000  # a process that has marked an admin and is silent for so long has died
DAY_US = 86_400_000_000
CHANGEABLE = ("email", "name", "roles", "teams", "granted", "athlete", "disabled_us", "disabled_by")
UNMARKED: Document = {"leaving": "", "leaving_us": ""}
K = TypeVar("K", bound=Key)


def _pairing_of(document: Document) -> Pairing:
    asking = document.get("asking")
    if asking is None:
        return record_of(Pairing, document)
    return record_of(Pairing, document | {"asking": AskingDevice(**asking | {"streams": frozenset(asking["streams"])})})


def _key_of(document: Document) -> Key:
    return record_of(KINDS[document["kind"]], document)


def _found_of(document: Document) -> Iterator[Found]:
    """The keys of one user; "of" is empty where the owner of this machine made them."""
    user = record_of(User, document["of"][0]) if document["of"] else None
    for key in document["keys"]:
        yield Found(_key_of(key), user)


def _until(us: int) -> DatetimeMS:
    """When MongoDB may drop a document by itself: a day after its end, however its clock goes."""
    return DatetimeMS((us + DAY_US) // 1000)


@texts_checked
class MongoAccounts(MongoPasskeys, MongoErasureRequests):
    """The accounts port over MongoDB."""

    _users_seen = "users"

    def without_names(self) -> None:
        """Read users as a service does that may not read who they are: an id stands for the address."""
        self._users_seen = USERS

    @answered
    async def add_user(self, user: User) -> None:
        """Keep a new user, or refuse one whose address is another's; the unique index decides between two at once."""
        try:
            await self._db.users.insert_one(document_of(user))
        except DuplicateKeyError as error:
            raise email_taken(user.email) from error

    @answered
    async def user(self, uid: str) -> User:
        """Return one user, or `NotFound`."""
        return record_of(User, await self._user(uid))

    async def _user(self, uid: str) -> Document:
        document: Document | None = await self._db.users.find_one({"_id": uid})
        if document is None:
            raise NotFound(f"{uid}: no such user")
        return document

    @answered
    async def user_by_email(self, email: str) -> User | None:
        """Return the user with an address, however it is typed."""
        document = await self._db.users.find_one({"email": normal_email(email)})
        return None if document is None else record_of(User, document)

    @answered
    async def users(self) -> list[User]:
        """Return all users, by address."""
        return [record_of(User, one) for one in await self._db.users.find().sort("email", ASCENDING).to_list(None)]

    @answered
    async def change_user(self, uid: str, change: Change, now_us: int) -> User:
        """Change a user; refuse an address that is another's, and to lose the last admin."""
        for _ in range(TRIES):
            document = await self._user(uid)
            user = record_of(User, document)
            changed = change.applied(user, now_us)
            leaving = user.governs and not changed.governs
            where: Document = {"_id": uid, "rev": document.get("rev")}
            if leaving:
                where["leaving"] = await self._leave(user, now_us)
            said = {name: plain(getattr(changed, name)) for name in CHANGEABLE}
            update = {"$set": said, "$inc": {"rev": 1}, "$unset": UNMARKED}
            try:
                done = await self._db.users.find_one_and_update(where, update, return_document=ReturnDocument.AFTER)
            except DuplicateKeyError as error:
                raise email_taken(changed.email) from error
            if done is not None:
                return record_of(User, done)
        raise StorageAway(f"{uid}: others changed this user at the same moment {TRIES} times over")

    async def _leave(self, user: User, now_us: int) -> str:
        """Mark an admin who is to go, and return the mark; refuse when nobody else would stay."""
        mark, users = uuid.uuid4().hex, self._db.users
        await users.update_one({"_id": user.uid}, {"$set": {"leaving": mark, "leaving_us": now_us}})
        silent = {"_id": {"$ne": user.uid}, "$or": [_far(now_us, -1), _far(now_us, 1)]}
        await users.update_many(silent, {"$unset": UNMARKED})
        staying = {"_id": {"$ne": user.uid}, "roles": "admin", "disabled_us": None, "leaving": {"$exists": False}}
        if await users.count_documents(staying, limit=1):
            return mark
        await users.update_one({"_id": user.uid, "leaving": mark}, {"$unset": UNMARKED})
        raise last_admin(user)

    @answered
    async def set_password(self, uid: str, password_hash: str, *, instead_of: str | None = None) -> bool:
        """Keep another hash of a user's password."""
        await self._user(uid)
        where = {"_id": uid} | ({} if instead_of is None else {"password_hash": instead_of})
        return bool((await self._db.users.update_one(where, {"$set": {"password_hash": password_hash}})).matched_count)

    @answered
    async def see_user(self, uid: str, now_us: int) -> None:
        """Raise when a user was seen last."""
        await self._db.users.update_one({"_id": uid}, {"$max": {"seen_us": now_us}})

    @answered
    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        await self._db.invitations.insert_one(document_of(invitation))

    @answered
    async def invitations(self) -> list[Invitation]:
        """Return all invitations, the newest first."""
        return [record_of(Invitation, one) for one in await self._db.invitations.find().sort(NEWEST).to_list(None)]

    @answered
    async def invitation(self, hash: str) -> Invitation | None:
        """Return an invitation by its secret's hash."""
        document = await self._db.invitations.find_one({"hash": hash})
        return None if document is None else record_of(Invitation, document)

    @answered
    async def use_invitation(self, hash: str, user: str, now_us: int) -> Invitation:
        """Use an invitation up for the user that it is to make."""
        where = {"hash": hash, "used_us": None, "revoked_us": None, "until_us": {"$gt": now_us}}
        document = await self._db.invitations.find_one_and_update(
            where, {"$set": {"used_us": now_us, "user": user}}, return_document=ReturnDocument.AFTER
        )
        if document is None:
            raise NotFound("this invitation is not there, was used, or is over")
        return record_of(Invitation, document)

    @answered
    async def release_invitation(self, uid: str, user: str) -> None:
        """Let an invitation be used again, where it was used for this user."""
        await self._db.invitations.update_one({"_id": uid, "user": user}, {"$set": {"used_us": None, "user": ""}})

    @answered
    async def add_key(self, key: Key) -> None:
        """Keep a session, a token, a device or a share; sessions go by themselves when they are over."""
        over = {"over": _until(key.until_us)} if isinstance(key, Session) else {}
        await self._db["keys"].insert_one({**document_of(key), "kind": key.kind, **over})

    async def _with_users(self, where: Document) -> list[Found]:
        """Keys with their users, who are looked up once each, however many keys they have."""
        stages: list[Document] = [
            {"$match": where},
            {"$group": {"_id": "$user", "keys": {"$push": "$$ROOT"}}},
            {"$lookup": {"from": self._users_seen, "localField": "_id", "foreignField": "_id", "as": "of"}},
        ]
        # PyMongo's cursor has to be awaited, motor's is there at once.
        cursor = self._db["keys"].aggregate(stages)
        documents = await (await cursor if hasattr(cursor, "__await__") else cursor).to_list(None)
        return [found for document in documents for found in _found_of(document)]

    @answered
    async def key(self, hash: str) -> Found | None:
        """Return a key by its secret's hash, with its user."""
        return next(iter(await self._with_users({"hash": hash})), None)

    async def _of(self, kind: type[K], user: str | None) -> list[K]:
        where = {"kind": kind.kind} | ({} if user is None else {"user": require_text("user", user)})
        return [record_of(kind, one) for one in await self._db["keys"].find(where).sort(NEWEST).to_list(None)]

    @answered
    async def sessions(self, user: str | None = None) -> list[Session]:
        """Return sessions, of a user or of all, the newest first."""
        return await self._of(Session, user)

    @answered
    async def tokens(self, user: str | None = None) -> list[Token]:
        """Return tokens of users likewise."""
        return await self._of(Token, user)

    @answered
    async def devices(self) -> list[Device]:
        """Return devices likewise."""
        return await self._of(Device, None)

    @answered
    async def shares(self, user: str | None = None) -> list[StoredShare]:
        """Return shares likewise."""
        return await self._of(StoredShare, user)

    @answered
    async def use_key(self, uid: str, now_us: int, *, uses: int = 0) -> None:
        """Raise when a key was used last, and count uses of a share."""
        counted = {"$inc": {"uses": uses}} if uses else {}
        await self._db["keys"].update_one({"_id": uid}, {"$max": {"used_us": now_us}, **counted})

    @answered
    async def see_device(self, uid: str, seen: Seen, now_us: int, *, frames: int = 0) -> None:
        """Keep what was seen of a device, and count frames of it that were stored."""
        said = {"$set": seen.said()} if seen.said() else {}
        change = {"$max": {"seen_us": now_us}, "$inc": {"frames": frames}, **said}
        there = await self._db["keys"].update_one({"_id": uid, "kind": Device.kind}, change)
        if seen.battery_pct is not None and there.matched_count:
            await charges.keep(self._db, uid, seen.battery_pct, now_us)

    @answered
    async def charges(self, uid: str) -> list[Charge]:
        """Return what a device said of its battery, in order of time."""
        return await charges.read(self._db, uid)

    @answered
    async def rename_device(self, uid: str, name: str) -> bool:
        """Give a device another name."""
        renamed = {"$set": {"name": check_text("name", name, NAME, 1)}}
        return bool((await self._db["keys"].update_one({"_id": uid, "kind": Device.kind}, renamed)).matched_count)

    @answered
    async def revoke(self, uid: str, now_us: int) -> bool:
        """End a key, or an invitation that was not used."""
        there, end = {"_id": uid, "revoked_us": None}, {"$set": {"revoked_us": now_us}}
        if (await self._db["keys"].update_one(there, end)).modified_count:
            return True
        return bool((await self._db.invitations.update_one({**there, "used_us": None}, end)).modified_count)

    @answered
    async def revoke_all(self, user: str, now_us: int, *, kinds: Collection[str] = SIGNED_IN, spare: str = "") -> int:
        """End all keys of a user of these kinds but one."""
        where = {"user": user, "kind": {"$in": list(kinds)}, "_id": {"$ne": spare}, "revoked_us": None}
        return int((await self._db["keys"].update_many(where, {"$set": {"revoked_us": now_us}})).modified_count)

    @answered
    async def standing(self, uids: Collection[str], now_us: int) -> set[str]:
        """Return those of these keys that open something now."""
        found = await self._with_users({"_id": {"$in": [*uids]}}) if uids else []
        return {one.key.uid for one in found if one.stands(now_us)}

    @answered
    async def add_pairing(self, pairing: Pairing) -> None:
        """Keep a code that is shown; it goes by itself when it is over."""
        await self._db.pairings.insert_one({**document_of(pairing), "over": _until(pairing.until_us)})

    async def _pairing(self, where: Document, update: Document | None, otherwise: str) -> Pairing:
        if update is None:
            document = await self._db.pairings.find_one(where)
        else:
            after = ReturnDocument.AFTER
            document = await self._db.pairings.find_one_and_update(where, update, return_document=after)
        if document is None:
            raise NotFound(otherwise)
        return _pairing_of(document)

    @answered
    async def pairing(self, uid: str) -> Pairing:
        """Return how far a pairing is, or `NotFound`."""
        return await self._pairing({"_id": uid}, None, f"{uid}: no such pairing")

    @answered
    async def pairing_by_claim(self, claim_hash: str) -> Pairing | None:
        """Return the pairing that a device asks after with its own secret."""
        document = await self._db.pairings.find_one({"claim_hash": claim_hash}) if claim_hash else None
        return None if document is None else _pairing_of(document)

    @answered
    async def ask_pairing(self, hash: str, asking: AskingDevice, claim_hash: str, now_us: int) -> Pairing:
        """Record the device that asks with a code, once."""
        where = {"hash": hash, "asked_us": None, "until_us": {"$gt": now_us}}
        said = {"asking": plain(asdict(asking)), "asked_us": now_us, "claim_hash": claim_hash}
        return await self._pairing(where, {"$set": said}, "this code is not there, was used, or is over")

    @answered
    async def answer_pairing(
        self, uid: str, now_us: int, *, allowed: bool, name: str = "", streams: frozenset[str] = frozenset()
    ) -> Pairing:
        """Allow the device that asked, or refuse it, once."""
        Pairing(hash="", made_us=0, until_us=0, name=name, streams=streams)  # what cannot be kept is refused here
        where = {"_id": uid, "asked_us": {"$ne": None}, "answered_us": None, "until_us": {"$gt": now_us}}
        said = {"answered_us": now_us, "allowed": allowed, "name": name, "streams": plain(streams)}
        update = {"$set": said, "$max": {"until_us": now_us + ALLOWED_US}}
        await self.pairing(uid)
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
        return list(await asyncio.gather(*(self._count_attempt(name, now_us, window_us) for name in names)))

    async def _count_attempt(self, name: str, now_us: int, window_us: int) -> Attempts:
        until_us = now_us + window_us
        goes_on = {"$and": [{"$gt": ["$until_us", now_us]}, {"$lte": ["$until_us", until_us + CLOCK_SLACK_US]}]}
        update = [
            {
                "$set": {
                    "n": {"$cond": [goes_on, {"$add": ["$n", 1]}, 1]},
                    "until_us": {"$cond": [goes_on, "$until_us", until_us]},
                    "over": {"$cond": [goes_on, "$over", _until(until_us)]},
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
        await self._db.attempts.delete_many({"_id": {"$in": list(names)}})


def _far(now_us: int, sign: int) -> Document:
    return {"leaving_us": {"$lt": now_us - MARK_US} if sign < 0 else {"$gt": now_us + MARK_US}}
