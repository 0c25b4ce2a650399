"""The version of what is stored: one process brings it further, others wait, a crash is outlived, newer is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from barograph.errors import SettingsError
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.migrations import MIGRATIONS, migrate
from barograph.store.ports import About

T0 = 1_700_000_000_000_000
OLD = (
    {"_id": "walk", "created_us": T0, "athlete": "A12", "mass_kg": 71.5, "tags": ["x"], "kind": "Walking"},
    {"_id": "run", "created_us": T0 + 5, "athlete": "a12 ", "mass_kg": 72.0},
    {"_id": "plate", "created_us": T0 + 2, "athlete": "B 7"},
    {"_id": "raw", "created_us": T0 + 3},
    {"_id": "blank", "created_us": T0 + 4, "athlete": " "},
    {"_id": "odd", "created_us": T0 + 4, "athlete": "N\u0000ul" + "x" * 300},
)


@pytest.fixture
async def db(servers: Servers, new_database: str) -> Any:
    """A database with the workouts of version 0.1."""
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_url) as client:
        await client[new_database].workouts.insert_many([dict(one) for one in OLD])
        yield client[new_database]


async def athletes(servers: Servers, database: str) -> tuple[MongoArchive, dict[str, str]]:
    archive = await MongoArchive.connect(servers.mongo_url, database, 20.0)
    return archive, {one.name: one.uid for one in await archive.roster.athletes()}


async def test_what_version_0_1_stored_gets_its_athletes_and_is_shown_the_same(
    db: Any, servers: Servers, new_database: str
) -> None:
    archive, found = await athletes(servers, new_database)
    odd = "N ul" + "x" * 196
    assert list(found) == ["a12 ", "B 7", odd]
    assert [one.short_id for one in await archive.roster.athletes()] == ["a-0001", "a-0002", "a-0003"]
    whose = {one.workout_id: one.athlete_uid for one in await archive.workouts()}
    assert whose == {"walk": found["a12 "], "run": found["a12 "], "plate": found["B 7"], "odd": found[odd],
                     "raw": "", "blank": ""}  # fmt: skip
    assert (await archive.workout("walk")).about == About("A12", "Walking", 71.5, ("x",))
    assert (await archive.workout("run")).about == About("a12 ", None, 72.0)
    assert all(not one.measurements for one in await archive.roster.athletes())
    assert await archive.roster.proposals() == []
    again = await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    assert await again.roster.athletes() == await archive.roster.athletes(), "and once"
    assert (await archive.note("new", now_us=T0, about=About("A12"))).athlete_uid == found["a12 "]
    for one in (archive, again):
        await one.close()


async def test_what_an_older_program_stores_beside_this_one_is_matched_or_waits(
    db: Any, servers: Servers, new_database: str
) -> None:
    archive, found = await athletes(servers, new_database)
    late = (("late 1", "A12"), ("late 2", "Cy"), ("late 3", " "))
    await db.workouts.insert_many([{"_id": name, "created_us": T0, "athlete": text} for name, text in late])
    assert [one.text for one in await archive.roster.proposals()] == ["Cy"]
    whose = [(await archive.workout(name)).athlete_uid for name, _ in late]
    assert whose == [found["a12 "], "", ""]
    await archive.close()


async def test_streams_of_earlier_versions_get_the_uid_of_their_workout(
    db: Any, servers: Servers, new_database: str
) -> None:
    await db.workouts.insert_one({"_id": "anew", "created_us": T0, "uid": "u2", "again": True})
    streams = ({"_id": "run/left", "w": "run", "s": "left"}, {"_id": "anew/main", "w": "anew", "s": "main", "u": "u2"})
    late, nobodys = ({"_id": "anew/left", "w": "anew", "s": "left"}, {"_id": "gone/main", "w": "gone", "s": "main"})
    await db.streams.insert_many([dict(one) for one in (*streams, late, nobodys)])
    archive, _ = await athletes(servers, new_database)
    uid = (await archive.workout("run")).uid
    assert {one["_id"]: one.get("o") async for one in db.streams.find()} == {
        "run/left": uid, "anew/main": "u2", "anew/left": None, "gone/main": None,
    }  # fmt: skip
    assert uid
    await archive.close()


async def test_a_migration_that_was_interrupted_goes_on(db: Any, servers: Servers, new_database: str) -> None:
    await migrate(db)
    await db.workouts.update_one({"_id": "run"}, {"$unset": {"athlete_key": "", "athlete_uid": ""}})
    await db.meta.update_one({"_id": "schema"}, {"$set": {"version": 0}})
    archive, found = await athletes(servers, new_database)
    assert len(found) == 3
    assert (await archive.workout("run")).athlete_uid == found["a12 "]
    await archive.close()


async def test_processes_that_come_at_once_do_it_once(db: Any) -> None:
    runs: list[int] = []

    def step(number: int) -> Any:
        async def run(database: Any) -> None:
            runs.append(number)
            await asyncio.sleep(0.05)

        return run

    steps = [step(number) for number in range(3)]
    await asyncio.gather(*(migrate(db, steps) for _ in range(6)))
    assert runs == [0, 1, 2]
    assert (await db.meta.find_one({"_id": "schema"}))["version"] == 3


async def test_whoever_waits_goes_on_after_a_crash(db: Any) -> None:
    await db.meta.insert_one({"_id": "schema", "version": 0, "lease": "a process that was killed", "beat": 7})
    await migrate(db, lease_s=0.4)
    schema = await db.meta.find_one({"_id": "schema"})
    assert (schema["version"], "lease" in schema) == (len(MIGRATIONS), False)
    assert await db.athletes.count_documents({}) == 3


async def test_a_lease_is_left_alone_while_its_process_lives(db: Any) -> None:
    done: list[str] = []
    may_end = asyncio.Event()

    async def slow(database: Any) -> None:
        await may_end.wait()
        done.append("first")

    async def second(database: Any) -> None:
        done.append("second")

    first = asyncio.create_task(migrate(db, [slow], lease_s=1.0))
    while not (await db.meta.find_one({"_id": "schema"}) or {}).get("lease"):
        await asyncio.sleep(0.01)
    waits = asyncio.create_task(migrate(db, [second], lease_s=30.0))
    while (await db.meta.find_one({"_id": "schema"})).get("beat", 0) < 4:
        await asyncio.sleep(0.01)
    may_end.set()
    await asyncio.gather(first, waits)
    assert done == ["first"]


async def test_a_migration_that_fails_frees_its_lease_and_says_why(db: Any) -> None:
    async def bad(database: Any) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        await migrate(db, [bad])
    schema = await db.meta.find_one({"_id": "schema"})
    assert (schema["version"], "lease" in schema) == (0, False)


async def test_a_database_of_a_newer_version_is_refused_before_anything_is_written(
    db: Any, servers: Servers, new_database: str
) -> None:
    await db.meta.insert_one({"_id": "schema", "version": 99})
    with pytest.raises(SettingsError, match=r"newer Barograph .*99.* this one knows"):
        await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    assert sorted(await db.list_collection_names()) == ["meta", "workouts"]
