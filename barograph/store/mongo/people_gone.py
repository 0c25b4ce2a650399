"""What accounts hold of an athlete who is erased, in MongoDB: counted, and taken out; again, it changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from barograph.store.account_records import GONE, StoredShare, gone_email
from barograph.store.documents import Document

LINK: Document = {"kind": StoredShare.kind}


async def count_of_athlete(database: Any, uids: Collection[str], workouts: Sequence[str]) -> dict[str, int]:
    """Return how many sign-ins, invitations, requests and links there are of an athlete and of these workouts."""
    mine = _of(uids)
    counts = {
        "accounts": database.users.count_documents(mine),
        "invitations": database.invitations.count_documents(mine),
        "requests": database.erasures.count_documents(mine),
        "links": database["keys"].count_documents(_links(workouts)),
    }
    return {name: int(await count) for name, count in counts.items()}


async def keys_of_athlete(database: Any, uids: Collection[str], workouts: Sequence[str]) -> list[str]:
    """Return for whom was sealed what `forget_athlete` takes: sign-ins, invitations, requests and links, by uid."""
    mine = _of(uids)
    users = await database.users.find(mine, {"roles": 1}).to_list(None)
    found = [one["_id"] for one in users if not _others(one)]
    links = {"$or": [_links(workouts), {**LINK, "user": {"$in": found}}]}
    for collection, where in ((database.invitations, mine), (database.erasures, mine), (database["keys"], links)):
        found += [one["_id"] for one in await collection.find(where, {"_id": 1}).to_list(None)]
    return found


async def forget_athlete(database: Any, uids: Collection[str], workouts: Sequence[str], now_us: int) -> None:
    """Take an athlete out of all accounts.

    A sign-in that is an athlete's alone ends, and has neither name nor address any more; one that has other roles stays
    without this one. Links to the workouts end, and lose their names; what was asked for is answered.
    """
    mine, ended = _of(uids), {"revoked_us": None}
    for user in await database.users.find(mine, {"roles": 1}).to_list(None):
        await _forget_user(database, user, now_us)
    said = {"athlete": "", "email": "", "name": GONE}
    await database.invitations.update_many({**mine, **ended, "used_us": None}, {"$set": {"revoked_us": now_us}})
    await database.invitations.update_many(mine, {"$set": said})
    links = _links(workouts)
    await database["keys"].update_many({**links, **ended}, {"$set": {"revoked_us": now_us}})
    await database["keys"].update_many(links, {"$set": {"name": GONE, "query": ""}})
    asked = {"state": "done", "answered_us": now_us}
    await database.erasures.update_many({**mine, "state": "open"}, {"$set": asked})
    await database.erasures.update_many(mine, {"$set": {"answer": ""}})


def _of(uids: Collection[str]) -> Document:
    return {"athlete": {"$in": [*uids]}}


def _links(workouts: Sequence[str]) -> Document:
    return {**LINK, "workout": {"$in": [*workouts]}}


def _others(user: Document) -> list[str]:
    """The roles of a user but that of an athlete."""
    return sorted(set(user["roles"]) - {"athlete"})


async def _forget_user(database: Any, user: Document, now_us: int) -> None:
    uid = user["_id"]
    if others := _others(user):
        await database.users.update_one({"_id": uid}, {"$set": {"athlete": "", "roles": others}, "$inc": {"rev": 1}})
        return
    await database["keys"].update_many({"user": uid, "revoked_us": None}, {"$set": {"revoked_us": now_us}})
    await database["keys"].update_many(
        {"user": uid, "agent": {"$exists": True}}, {"$set": {"agent": "", "address": ""}}
    )
    await database["keys"].update_many({"user": uid, "name": {"$exists": True}}, {"$set": {"name": GONE}})
    await database.passkeys.delete_many({"user": uid})
    said = {"name": GONE, "email": gone_email(uid), "email_key": gone_email(uid), "password_hash": "", "athlete": "",
            "teams": [], "granted": [], "disabled_us": now_us, "disabled_by": ""}  # fmt: skip
    await database.users.update_one({"_id": uid}, {"$set": said, "$inc": {"rev": 1}})
