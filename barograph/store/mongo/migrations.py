"""What is stored has a version, and whoever connects brings it to the one that this program knows.

The document `schema` of `meta` holds the version; without it, it is 0: a database of version 0.1, or a new one. Each
migration brings it one further, and never back. One process at a time works: it holds a lease in the document and
counts `beat` up while it lives. Whoever sees the same beat for `LEASE_S` of its own clock takes the lease over, so
that a crash costs some seconds and no clock has to be right. A migration may therefore be begun again, or run beside
one that was only slow: each leaves alone what is done already.

Terms: migration (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from barograph.bounds import ATHLETE, readable
from barograph.errors import SettingsError
from barograph.store.documents import Document, tag_of
from barograph.store.mongo.driver import aggregated, answered
from barograph.store.mongo.short_ids import next_short_id
from barograph.store.mongo.written import days_of_streams
from barograph.store.roster import Athlete, text_key
from barograph.store.roster_rules import athlete_document

LEASE_S = 10.0
BEAT_S, LOOK_S = 2.0, 0.2
SCHEMA: Document = {"_id": "schema"}
RESTORING = "restoring"  # a field of that document while a backup is being restored
Migration = Callable[[Any], Awaitable[None]]

_log = logging.getLogger(__name__)


async def athletes_of_texts(database: Any) -> None:
    """Make an athlete of each text that version 0.1 stored as one, and give it the workouts of that text.

    Texts that are one name in two spellings are one athlete, named as in the newest workout. A mass that was said with
    a workout stays with the workout.
    """
    await database.athletes.create_index([("origin.key", ASCENDING)], unique=True, sparse=True)
    old = {"athlete": {"$type": "string"}, "athlete_key": {"$exists": False}}
    stages: list[Document] = [
        {"$match": old},
        {"$group": {"_id": "$athlete", "first_us": {"$min": "$created_us"}, "last_us": {"$max": "$created_us"}}},
        {"$sort": {"first_us": 1, "_id": 1}},
    ]
    found = [(one, text_key(readable(one["_id"], ATHLETE))) for one in await aggregated(database.workouts, stages)]
    newest = {key: one["_id"] for one, key in sorted(found, key=lambda pair: int(pair[0]["last_us"]))}
    for one, key in found:
        if key:
            uid = await _athlete_of(database, key, newest[key])
            belongs = {"athlete_key": key, "athlete_uid": uid}
            await database.workouts.update_many({**old, "athlete": {"$eq": one["_id"]}}, {"$set": belongs})


async def _athlete_of(database: Any, key: str, text: str) -> str:
    """The uid of the athlete that was made of a text, now or before."""
    made = {"origin.key": key}
    if (known := await database.athletes.find_one(made, {"_id": 1})) is None:
        now_us = time.time_ns() // 1000
        athlete = Athlete(
            readable(text, ATHLETE) or "", uuid.uuid4().hex, await next_short_id(database), created_us=now_us,
            changed_us=now_us, revision=1,
        )  # fmt: skip
        with contextlib.suppress(DuplicateKeyError):  # another process has just made it
            await database.athletes.insert_one({**athlete_document(athlete), "origin": {"key": key}})
        known = await database.athletes.find_one(made, {"_id": 1})
    return str(known["_id"])


async def owners_of_streams(database: Any) -> None:
    """Give each workout its uid, and each stream the uid of its workout, for which its frames are sealed."""
    async for workout in database.workouts.find({"uid": {"$exists": False}}, {"_id": 1}):
        nameless = {"_id": workout["_id"], "uid": {"$exists": False}}
        await database.workouts.update_one(nameless, {"$set": {"uid": uuid.uuid4().hex}})
    async for stream in database.streams.find({"o": {"$exists": False}}, {"w": 1, "u": 1}):
        workout = await database.workouts.find_one({"_id": stream["w"]}, {"uid": 1, "again": 1}) or {}
        if "uid" in workout and stream.get("u") == tag_of(workout):
            await database.streams.update_one({"_id": stream["_id"]}, {"$set": {"o": workout["uid"]}})


async def names_in_one_field(database: Any) -> None:
    """Take away a second form of athletes' names, by which MongoDB sorted them."""
    await database.athletes.update_many({"name_key": {"$exists": True}}, {"$unset": {"name_key": ""}})


async def summaries_are_erased(database: Any) -> None:
    """Change nothing: from here on summaries are stored, which an earlier program would not erase with a session."""


async def trials_are_erased(database: Any) -> None:
    """Change nothing: from here on trials are stored, which an earlier program would not erase with a workout."""


async def test_days_are_stored(database: Any) -> None:
    """Change nothing: from here on test days are stored, of which an earlier program would not take an athlete out."""


async def corrections_are_erased(database: Any) -> None:
    """Change nothing: from here on masks and corrected prints are stored, which an earlier program would not erase."""


async def departures_are_stored(database: Any) -> None:
    """Change nothing: from here on athletes are erased step by step, which an earlier program would not go on with."""


async def sealed_frames_stand_apart(database: Any) -> None:
    """Change nothing: from here on sealed frames say so in their meta field, where an earlier program would not."""


async def accounts_are_sealed(database: Any) -> None:
    """Take away the index of addresses: users are found by keyed hashes, where an earlier program finds nobody."""
    if "email_1" in await database.users.index_information():
        await database.users.drop_index("email_1")


async def words_of_devices_are_sealed(database: Any) -> None:
    """Change nothing: from here on geometries and reasons of gaps are sealed, which an earlier program cannot read."""


async def frames_lie_in_cold_storage(database: Any) -> None:
    """Change nothing: from here on frames may be in cold storage, which an earlier program neither reads nor erases."""


MIGRATIONS: tuple[Migration, ...] = (
    athletes_of_texts, owners_of_streams, names_in_one_field, summaries_are_erased, trials_are_erased,
    test_days_are_stored, corrections_are_erased, days_of_streams, departures_are_stored,
    sealed_frames_stand_apart, accounts_are_sealed, words_of_devices_are_sealed, frames_lie_in_cold_storage,
)  # fmt: skip


@answered
async def require_known(database: Any, newest: int = len(MIGRATIONS)) -> int:
    """Return the version of what is stored, or `SettingsError` where a newer program has written it."""
    stored = await database.meta.find_one(SCHEMA) or {}
    if RESTORING in stored:
        raise SettingsError(
            f"database: a backup is being restored into {database.name}, or was and did not end; "
            "`barograph restore` with the same backup begins it anew"
        )
    version = int(stored.get("version", 0))
    if version > newest:
        raise SettingsError(
            f"database: {database.name} was written by a newer Barograph (its data have version {version}, this one "
            f"knows {newest} and older); install that one, or name another database"
        )
    return version


def require_current(name: str, version: int) -> None:
    """Raise `SettingsError` where what is stored is older than this program, for one who may not bring it further."""
    if version < len(MIGRATIONS):
        raise SettingsError(
            f"database: what {name} holds has version {version}, and this program needs {len(MIGRATIONS)}; run "
            "`barograph users` under an administrator's address first, which prepares it"
        )


@answered
async def migrate(database: Any, migrations: Sequence[Migration] = MIGRATIONS, lease_s: float = LEASE_S) -> None:
    """Bring what is stored to the newest version, or wait until another process has done it."""
    while (version := await require_known(database, len(migrations))) < len(migrations):
        owner = uuid.uuid4().hex
        await _take_lease(database, owner, version, lease_s)
        if await require_known(database, len(migrations)) > version:
            await _release(database, owner)
            continue
        try:
            async with _beating(database, owner, min(BEAT_S, lease_s / 4)):
                await migrations[version](database)
            await database.meta.update_one({**SCHEMA, "version": version}, {"$set": {"version": version + 1}})
        finally:
            await _release(database, owner)
        _log.info("%s: what is stored has version %d now", database.name, version + 1)


async def _take_lease(database: Any, owner: str, version: int, lease_s: float) -> None:
    """Wait until this process is the one that works, or the version has changed."""
    with contextlib.suppress(DuplicateKeyError):  # another process has just made it
        await database.meta.update_one(SCHEMA, {"$setOnInsert": {"version": 0}}, upsert=True)
    seen, since = None, time.monotonic()
    while True:
        document = await database.meta.find_one(SCHEMA)
        held = (document.get("lease"), document.get("beat", 0))
        if document["version"] != version:
            return
        if held != seen:
            seen, since = held, time.monotonic()
        if held[0] is None or time.monotonic() - since >= lease_s:
            mine = {"lease": owner, "beat": held[1] + 1}
            free = {**SCHEMA, "lease": held[0], "version": version} | ({"beat": held[1]} if held[1] else {})
            if await database.meta.find_one_and_update(free, {"$set": mine}, return_document=ReturnDocument.AFTER):
                return
        await asyncio.sleep(min(LOOK_S, lease_s / 4))


async def _release(database: Any, owner: str) -> None:
    await database.meta.update_one({**SCHEMA, "lease": owner}, {"$unset": {"lease": ""}})


@asynccontextmanager
async def _beating(database: Any, owner: str, every_s: float) -> AsyncIterator[None]:
    """Say that this process is still at it, as long as the body runs."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(every_s)
            with contextlib.suppress(PyMongoError):  # the next one may get through, or the lease goes over
                await database.meta.update_one({**SCHEMA, "lease": owner}, {"$inc": {"beat": 1}})

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
