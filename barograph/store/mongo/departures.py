"""Athletes who are being erased, in MongoDB: one document of `departures` each, until nothing can land late any more.

The document says of whom by random ids, and what went. Its `_id` is the athlete's uid, so that two who erase the same
athlete at once do one erasure with one receipt. It goes at the end, and with it what ties sessions to the athlete.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, ReturnDocument

from barograph.errors import NotFound, Refused, SettingsError, Unreadable
from barograph.frames import Stream
from barograph.store.departures import Departure, Leaving
from barograph.store.documents import Document
from barograph.store.mongo.driver import Index, answered
from barograph.store.mongo.key_rotation import is_due, rotate
from barograph.store.mongo.people_gone import count_of_athlete, forget_athlete, keys_of_athlete
from barograph.store.mongo.receipts import OF_A_WORKOUT, total
from barograph.store.mongo.roster import NOBODYS, STALE_US
from barograph.store.mongo.seal_keys import destroy, held
from barograph.store.mongo.sealed_records import account_owner
from barograph.store.mongo.service_rights import ATHLETES
from barograph.store.receipts import MasterKey, Receipt
from barograph.store.roster import Athlete
from barograph.store.sealing import Owner, Sealing

if TYPE_CHECKING:
    from barograph.store.mongo.workouts import MongoWorkouts

INDEXES: tuple[Index, ...] = (
    ("departures", [("at_us", ASCENDING)], {}),
    ("receipts", [("done_us", ASCENDING)], {}),
    ("erased", [("a", ASCENDING)], {"sparse": True}),
)
ROTATING_TRIES, ROTATING_S = 100, 0.2  # another process may be at it: it is waited for so often, so long
# What is counted of all sessions of an athlete, by collection: where a session's name stands.
OF_SESSIONS = {"markers": ("markers", "_id.w"), **{one: (name, "w") for one, name in OF_A_WORKOUT.items()}}
log = logging.getLogger("barograph")


class MongoDepartures:
    """The port over MongoDB; `rotates` says whether an erasure replaces the master key by itself."""

    def __init__(self, database: Any, catalog: MongoWorkouts, sealing: Sealing) -> None:
        self._db, self._catalog, self._sealing = database, catalog, sealing
        self.rotates = False

    @answered
    async def counts(self, uid: str) -> Mapping[str, int]:
        """Return how much there is of an athlete."""
        athlete = await self._catalog.roster.athlete(uid)
        mine: Document = {"athlete_uid": {"$in": [*athlete.uids]}, "erased_us": {"$exists": False}}
        workouts = await self._db.workouts.find(mine, {"uid": 1}).to_list(None)
        names = [one["_id"] for one in workouts]
        counts = {"sessions": len(names), **await self._catalog.frames_of(names, {})}
        for collection, (name, field) in OF_SESSIONS.items():
            counts[name] = await self._db[collection].count_documents({field: {"$in": names}})
        counts |= await self._of_record(athlete)
        counts |= await count_of_athlete(self._db, athlete.uids, [one.get("uid", "") for one in workouts])
        keys = [self._sealing.digest(key) for key in athlete.keys]
        counts["waiting"] = await self._db.workouts.count_documents({"athlete_key": {"$in": keys}, **NOBODYS})
        return counts

    async def _of_record(self, athlete: Athlete) -> dict[str, int]:
        days = await self._db.test_days.count_documents({"athletes": {"$in": [*athlete.uids]}})
        lists = {"measurements": athlete.measurements, "consents": athlete.consents, "goals": athlete.goals}
        return {name: len(some) for name, some in lists.items()} | {"days": days}

    @answered
    async def begin(self, uid: str, now_us: int) -> Departure:
        """Note that an athlete is to be erased."""
        roster = self._catalog.roster
        known = await self._db.departures.find_one({"uids": uid})
        if known is not None:
            return _departure_of(known)
        athlete = await roster.athlete(uid)
        people = self._db.athletes if roster.names else self._db[ATHLETES]
        claims = {"_id": athlete.uid, "absorbing.at_us": {"$gte": now_us - STALE_US}}
        if await people.find_one(claims, {"_id": 1}) is not None:
            raise Refused("busy", f"{athlete.short_id}: another record goes into this one at the moment; try again")
        said = {"uids": [*athlete.uids], "short_id": athlete.short_id, "receipt": uuid.uuid4().hex, "at_us": now_us,
                "record": False, "counts": await self._of_record(athlete)}  # fmt: skip
        made = await self._db.departures.find_one_and_update(
            {"_id": athlete.uid}, {"$setOnInsert": said}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return _departure_of(made)

    @answered
    async def known(self, text: str) -> Departure | None:
        """Return what was noted of an athlete, by uid or short id."""
        found = await self._db.departures.find_one({"$or": [{"uids": text}, {"short_id": text}]})
        return None if found is None else _departure_of(found)

    @answered
    async def waiting(self, before_us: int) -> list[Departure]:
        """Return those that have no receipt yet."""
        where = {"done_us": {"$exists": False}, "at_us": {"$lt": before_us}}
        found = self._db.departures.find(where).sort([("at_us", ASCENDING), ("_id", ASCENDING)])
        return [_departure_of(one) for one in await found.to_list(None)]

    @answered
    async def record(self, one: Departure, now_us: int) -> bool:
        """Take record, sign-ins, invitations and links."""
        if not self._catalog.roster.names:
            return bool((await self._db.departures.find_one({"_id": one.uid}) or {"record": True})["record"])
        sessions = await self._session_uids(one)
        counts = await count_of_athlete(self._db, one.uids, sessions)
        accounts = await keys_of_athlete(self._db, one.uids, sessions)
        counts["keys"] = await held(self._db, map(account_owner, accounts))
        raised = {f"counts.{name}": n for name, n in counts.items()}  # one that was interrupted finds less
        noted = {"$max": raised, "$addToSet": {"accounts": {"$each": accounts}}}
        await self._db.departures.update_one({"_id": one.uid}, noted)
        await forget_athlete(self._db, one.uids, sessions, now_us)
        await self._db.athletes.delete_many({"_id": {"$in": [*one.uids]}})
        await self._db.departures.update_one({"_id": one.uid}, {"$set": {"record": True}})
        return True

    async def _session_uids(self, one: Departure) -> list[str]:
        """Uids of the athlete's workouts, also of those that were erased since."""
        mine = {"$in": [*one.uids]}
        there = await self._db.workouts.find({"athlete_uid": mine}, {"uid": 1}).to_list(None)
        gone = await self._db.erased.find({"a": mine}, {"_id": 1}).to_list(None)
        return [found.get("uid", "") for found in there] + [found["_id"] for found in gone]

    @answered
    async def sessions(self, one: Departure) -> list[Leaving]:
        """Return the sessions that are there yet, or that are erased in part."""
        mine = {"$in": [*one.uids]}
        there = await self._db.workouts.find({"athlete_uid": mine, "erased_us": {"$exists": False}}).to_list(None)
        begun = await self._db.erased.find({"a": mine, "done_us": {"$exists": False}}, {"w": 1}).to_list(None)
        left = {found["_id"]: found["w"] for found in begun}
        left |= {(await self._catalog.with_uid(found))["uid"]: found["_id"] for found in there}
        return [Leaving(name, uid) for uid, name in left.items()]

    @answered
    async def erase(self, session: Leaving) -> list[Stream]:
        """Erase a session, and return its streams."""
        await self._catalog.erase_one(session.workout_id, session.uid)
        found = await self._db.erased.find_one({"_id": session.uid}) or {}
        return [Stream(session.workout_id, name) for name in found.get("streams", ())]

    @answered
    async def finish(self, one: Departure) -> Receipt:
        """Destroy keys, replace the master key where that is to be done, and keep the receipt."""
        with suppress(NotFound):
            return await self._catalog.receipts.one(one.receipt)
        noted = await self._db.departures.find_one({"_id": one.uid}) or {}
        await self._destroy(one, noted)
        master = await self._master()
        gone = {"a": {"$in": [*one.uids]}, "at_us": {"$gte": one.at_us}}
        parts: list[Mapping[str, int]] = [
            item.get("counts", {}) for item in await self._db.erased.find(gone).to_list(None)
        ]
        keys = 0 if master == "none" else len(one.uids) + len(parts)
        counts = total([*parts, noted.get("counts", {}), {"keys": keys}])
        receipt = Receipt(uid=one.receipt, what="athlete", began_us=one.at_us, done_us=time.time_ns() // 1000,
                          counts=counts, master_key=master)  # fmt: skip
        if await self._catalog.receipts.keep(receipt):
            return receipt
        return await self._catalog.receipts.one(one.receipt)

    async def _destroy(self, one: Departure, noted: Document) -> None:
        """Destroy the keys of an athlete's record, sign-ins, invitations, requests and links."""
        records = [Owner("athlete", uid) for uid in one.uids]
        await destroy(self._db, [*records, *map(account_owner, noted.get("accounts", ()))])

    @answered
    async def close(self, one: Departure, now_us: int) -> None:
        """Note that all is done, but for what may land late."""
        await self._db.departures.update_one({"_id": one.uid}, {"$set": {"done_us": now_us}})

    async def _master(self) -> MasterKey:
        """Replace the master key where that is to be done; a file that cannot be changed is said, and left."""
        keys = self._catalog.seal_keys
        if keys is None:
            return "none"
        if not self.rotates:
            return "kept"
        try:
            for _ in range(ROTATING_TRIES):
                if await rotate(keys) and not await is_due(keys):
                    return "replaced"
                await asyncio.sleep(ROTATING_S)
        except (SettingsError, Unreadable, OSError) as error:
            log.warning("the master key is not replaced; `barograph keys rotate` does it: %s", error)
        return "kept"

    @answered
    async def sweep(self, before_us: int) -> None:
        """Erase what landed late, and forget whose it was."""
        for document in await self._db.departures.find({"done_us": {"$lt": before_us}}).to_list(None):
            one = _departure_of(document)
            late = await self.sessions(one)
            for session in late:
                await self.erase(session)
            await self._destroy(one, document)
            if late:
                await self._master()
            await self._db.erased.update_many({"a": {"$in": [*one.uids]}}, {"$unset": {"a": ""}})
            await self._db.departures.delete_one({"_id": one.uid})


def _departure_of(document: Document) -> Departure:
    return Departure(document["_id"], tuple(document["uids"]), document["receipt"], int(document["at_us"]))
