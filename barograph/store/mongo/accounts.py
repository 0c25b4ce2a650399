"""Accounts in MongoDB: users, invitations and what opens a door, each change in one step of one document.

The last admin is kept without a transaction, which a lone MongoDB does not have. Who is to lose the role is marked
first, then the admins without a mark are counted, then the change is made, if the mark still stands. Of two at once
each sees the mark of the other, so at least one is refused. A mark that a process left behind is taken away by the
next one that counts, and whoever comes back to it finds that it is gone, and begins again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TypeVar

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph.bounds import check_text
from barograph.errors import NotFound, StorageAway
from barograph.store.account_records import KINDS, NAME
from barograph.store.accounts import (
    Change,
    Charge,
    Device,
    Found,
    Invitation,
    Key,
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
from barograph.store.mongo.doors import TRIES, MongoDoors, until
from barograph.store.mongo.driver import answered
from barograph.store.mongo.erasure_requests import MongoErasureRequests
from barograph.store.mongo.passkeys import MongoPasskeys
from barograph.store.mongo.records import NEWEST, document_of, plain, record_of
from barograph.store.mongo.sealed_records import USERS_OWN as SIGNED_IN
from barograph.store.mongo.sealed_records import account_owner
from barograph.store.mongo.service_rights import USERS
from barograph.texts import require_text, texts_checked

MARK_US = 60_000_000  # a process that has marked an admin and is silent for so long has died
EMAIL_KEY = "email_key"  # what stands for a user's address where users are looked for
CHANGEABLE = ("email", "name", "roles", "teams", "granted", "athlete", "disabled_us", "disabled_by")
UNMARKED: Document = {"leaving": "", "leaving_us": ""}
K = TypeVar("K", bound=Key)


@texts_checked
class MongoAccounts(MongoDoors, MongoPasskeys, MongoErasureRequests):
    """The accounts port over MongoDB; a user is found by the keyed hash of their address."""

    _users_seen = "users"

    def without_names(self) -> None:
        """Read users as a service does that may not read who they are: an id stands for the address."""
        self._users_seen = USERS

    @answered
    async def add_user(self, user: User) -> None:
        """Keep a new user, or refuse one whose address is another's; the unique index decides between two at once."""
        await self._require_free(user)
        document = await self._sealed("users", document_of(user))
        try:
            await self._db.users.insert_one({**document, EMAIL_KEY: self._sealing.digest(user.email)})
        except DuplicateKeyError as error:
            raise email_taken(user.email) from error

    @answered
    async def user(self, uid: str) -> User:
        """Return one user, or `NotFound`."""
        return await self._read_user(await self._user(uid))

    async def _read_user(self, document: Document) -> User:
        (user,) = await self._records(User, "users", [document])
        return user

    async def _readable_yet(self, email: str) -> Document | None:
        """The user with an address, among those whose address is not sealed.

        They are compared here: an address in a question may get into MongoDB's log.
        """
        found = await self._db.users.find({"email": {"$type": "string"}}).to_list(None)
        return next((one for one in found if one["email"] == email), None)

    async def _require_free(self, user: User) -> None:
        twin = await self._readable_yet(user.email)
        if twin is not None and twin["_id"] != user.uid:
            raise email_taken(user.email)

    async def _user(self, uid: str) -> Document:
        document: Document | None = await self._db.users.find_one({"_id": uid})
        if document is None:
            raise NotFound(f"{uid}: no such user")
        return document

    @answered
    async def user_by_email(self, email: str) -> User | None:
        """Return the user with an address, however it is typed."""
        wanted = normal_email(email)
        document = await self._readable_yet(wanted)  # first: it may be sealed between the two
        if document is None:
            document = await self._db.users.find_one({EMAIL_KEY: self._sealing.digest(wanted)})
        return await self._record(User, "users", document)

    @answered
    async def users(self) -> list[User]:
        """Return all users, by address."""
        found = await self._records(User, "users", await self._db.users.find().to_list(None))
        return sorted(found, key=lambda one: one.email)

    @answered
    async def change_user(self, uid: str, change: Change, now_us: int) -> User:
        """Change a user; refuse an address that is another's, and to lose the last admin."""
        for _ in range(TRIES):
            document = await self._user(uid)
            user = await self._read_user(document)
            changed = change.applied(user, now_us)
            await self._require_free(changed)
            leaving = user.governs and not changed.governs
            where: Document = {"_id": uid, "rev": document.get("rev")}
            if leaving:
                where["leaving"] = await self._leave(user, now_us)
            given = {name: plain(getattr(changed, name)) for name in CHANGEABLE}
            said = await self._sealed("users", given, account_owner(uid))
            said[EMAIL_KEY] = self._sealing.digest(changed.email)
            update = {"$set": said, "$inc": {"rev": 1}, "$unset": UNMARKED}
            try:
                done = await self._db.users.find_one_and_update(where, update, return_document=ReturnDocument.AFTER)
            except DuplicateKeyError as error:
                raise email_taken(changed.email) from error
            if done is not None:
                return await self._read_user(done)
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
        document = await self._user(uid)
        where: Document = {"_id": uid}
        if instead_of is not None:
            if (await self._read_user(document)).password_hash != instead_of:
                return False
            where["password_hash"] = document["password_hash"]
        said = await self._sealed("users", {"password_hash": password_hash}, account_owner(uid))
        return bool((await self._db.users.update_one(where, {"$set": said})).matched_count)

    @answered
    async def see_user(self, uid: str, now_us: int) -> None:
        """Raise when a user was seen last."""
        await self._db.users.update_one({"_id": uid}, {"$max": {"seen_us": now_us}})

    @answered
    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        await self._db.invitations.insert_one(await self._sealed("invitations", document_of(invitation)))

    @answered
    async def invitations(self) -> list[Invitation]:
        """Return all invitations, the newest first."""
        found = await self._db.invitations.find().sort(NEWEST).to_list(None)
        return await self._records(Invitation, "invitations", found)

    @answered
    async def invitation(self, hash: str) -> Invitation | None:
        """Return an invitation by its secret's hash."""
        return await self._record(Invitation, "invitations", await self._db.invitations.find_one({"hash": hash}))

    @answered
    async def use_invitation(self, hash: str, user: str, now_us: int) -> Invitation:
        """Use an invitation up for the user that it is to make."""
        where = {"hash": hash, "used_us": None, "revoked_us": None, "until_us": {"$gt": now_us}}
        document = await self._db.invitations.find_one_and_update(
            where, {"$set": {"used_us": now_us, "user": user}}, return_document=ReturnDocument.AFTER
        )
        used = await self._record(Invitation, "invitations", document)
        if used is None:
            raise NotFound("this invitation is not there, was used, or is over")
        return used

    @answered
    async def release_invitation(self, uid: str, user: str) -> None:
        """Let an invitation be used again, where it was used for this user."""
        await self._db.invitations.update_one({"_id": uid, "user": user}, {"$set": {"used_us": None, "user": ""}})

    @answered
    async def add_key(self, key: Key) -> None:
        """Keep a session, a token, a device or a share; sessions go by themselves when they are over."""
        over = {"over": until(key.until_us)} if isinstance(key, Session) else {}
        await self._db["keys"].insert_one(await self._sealed("keys", {**document_of(key), "kind": key.kind, **over}))

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
        users = await self._records(User, "users", [one for document in documents for one in document["of"]])
        keys = await self._opened("keys", [one for document in documents for one in document["keys"]])
        by_uid = {user.uid: user for user in users}
        return [Found(record_of(KINDS[one["kind"]], one), by_uid.get(one["user"])) for one in keys]

    @answered
    async def key(self, hash: str) -> Found | None:
        """Return a key by its secret's hash, with its user."""
        return next(iter(await self._with_users({"hash": hash})), None)

    async def _of(self, kind: type[K], user: str | None) -> list[K]:
        where = {"kind": kind.kind} | ({} if user is None else {"user": require_text("user", user)})
        return await self._records(kind, "keys", await self._db["keys"].find(where).sort(NEWEST).to_list(None))

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
        said = await self._sealed("keys", seen.said(), account_owner(uid))
        change = {"$max": {"seen_us": now_us}, "$inc": {"frames": frames}, **({"$set": said} if said else {})}
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
        renamed = await self._sealed("keys", {"name": check_text("name", name, NAME, 1)}, account_owner(uid))
        there = {"_id": uid, "kind": Device.kind}
        return bool((await self._db["keys"].update_one(there, {"$set": renamed})).matched_count)

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


def _far(now_us: int, sign: int) -> Document:
    return {"leaving_us": {"$lt": now_us - MARK_US} if sign < 0 else {"$gt": now_us + MARK_US}}
