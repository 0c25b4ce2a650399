"""What of people stood readable in MongoDB before anything was sealed: names, masses, labels, and their keys.

It is little, and names are compared by keyed hashes from now on, so it is done at the start, before anybody asks. Each
document is changed in one step where it still is as it was read: another process may do the same, and to begin anew
goes on.
"""

from __future__ import annotations

from typing import Any

from pymongo import UpdateOne

from barograph.store.documents import Document
from barograph.store.mongo.driver import answered
from barograph.store.mongo.seal_keys import COLLECTION
from barograph.store.roster_rules import athlete_of
from barograph.store.sealer import KEYED
from barograph.store.sealing import SECRET, Owner, Sealing

AT_ONCE = 500
STATE: Document = {"_id": "state"}


@answered
async def seal_names(database: Any, sealing: Sealing) -> None:
    """Replace names that are readable yet by sealed ones, once a database."""
    if await database[COLLECTION].find_one({**STATE, "names": True}) is not None:
        return
    await _athletes(database, sealing)
    await _workouts(database, sealing)
    await _dismissals(database, sealing)
    await _markers(database, sealing)
    await database[COLLECTION].update_one(STATE, {"$set": {"names": True}}, upsert=True)


def sealed_fields(collection: str, owner: Owner, document: Document, sealing: Sealing) -> Document:
    """Return the secret fields of a document that are readable yet, sealed."""
    readable = {name: document[name] for name in SECRET[collection] if not isinstance(document.get(name, b""), bytes)}
    return sealing.seal(collection, owner, readable)


async def _athletes(database: Any, sealing: Sealing) -> None:
    async for one in database.athletes.find({"name": {"$type": "string"}}):
        change = sealed_fields("athletes", Owner("athlete", one["_id"]), one, sealing)
        keys = sorted(sealing.digest(key) for key in athlete_of(one).keys)
        same = {"_id": one["_id"], "revision": one.get("revision"), "name": one["name"]}
        await database.athletes.update_one(same, {"$set": {**change, "keys": keys}, "$unset": {"origin": ""}})


async def _workouts(database: Any, sealing: Sealing) -> None:
    where = {"$or": [{"athlete": {"$type": "string"}}, {"mass_kg": {"$type": "number"}}], "uid": {"$exists": True}}
    changes = []
    async for one in database.workouts.find(where, {"uid": 1, "athlete": 1, "mass_kg": 1, "athlete_key": 1}):
        change = sealed_fields("workouts", Owner("workout", one["uid"]), one, sealing)
        if (key := one.get("athlete_key")) and not key.startswith(KEYED):
            change["athlete_key"] = sealing.digest(key)
        same = {name: one.get(name, {"$exists": False}) for name in ("_id", "uid", "athlete", "mass_kg", "athlete_key")}
        changes.append(UpdateOne(same, {"$set": change}))
        if len(changes) >= AT_ONCE:
            await database.workouts.bulk_write(changes, ordered=False)
            changes.clear()
    if changes:
        await database.workouts.bulk_write(changes, ordered=False)


async def _dismissals(database: Any, sealing: Sealing) -> None:
    async for one in database.dismissals.find():
        if not one["_id"].startswith(KEYED):
            at = {"$set": {"at_us": one["at_us"]}}
            await database.dismissals.update_one({"_id": sealing.digest(one["_id"])}, at, upsert=True)
            await database.dismissals.delete_one({"_id": one["_id"]})


async def _markers(database: Any, sealing: Sealing) -> None:
    uids: dict[str, str | None] = {}
    async for one in database.markers.find({"label": {"$type": "string"}}):
        name = one["_id"]["w"]
        if name not in uids:
            uids[name] = (await database.workouts.find_one({"_id": name}, {"uid": 1}) or {}).get("uid")
        if (uid := uids[name]) is not None:
            place = {**one["_id"], "label": sealing.digest(one["label"])}
            said = sealing.seal("markers", Owner("workout", uid), {n: one[n] for n in one if n != "_id"})
            await database.markers.update_one({"_id": place}, {"$set": said}, upsert=True)
        await database.markers.delete_one({"_id": one["_id"]})
