"""MongoDB's users of the services: each may do what its work needs and nothing else, on a real mongod."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bson import BSON
from databases import Databases, new_name
from keyed import open_archive
from planted import ATHLETE, FRAMES, LAYOUT, NEEDLES, PEOPLE, RUN, STATS, T0, plant, plant_people
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from barograph.errors import AccessDenied, NotFound, SettingsError
from barograph.frames import Block, Stream
from barograph.servers.embedded import Servers
from barograph.store.accounts import Token, User
from barograph.store.audit import Event
from barograph.store.departing import depart
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.migrations import SCHEMA
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.mongo.service_rights import RIGHTS, SERVICES, VIEWS, Service, privileges, role_of
from barograph.store.mongo.service_users import ServiceUsers, differences
from barograph.store.ports import About, FinalPart, Marker, Rejected
from barograph.store.reading import read_recording
from barograph.store.records import Clock, Unstored
from barograph.store.redis import RedisLive
from barograph.store.rollups import refresh

UNAUTHORIZED = 13
DOORS: tuple[Service, ...] = ("ingest", "dashboard", "summaries")
TRIES = {
    "find": lambda one: list(one.find().limit(1)),
    "insert": lambda one: one.insert_one({"m": {}}),
    "update": lambda one: one.update_one({"_id": "nobody"}, {"$set": {"x": 1}}),
    "remove": lambda one: one.delete_many({"m": "nobody"}),
}
LETTERS = {"find": "R", "insert": "A", "update": "C", "remove": "D"}
# What would be worst, written out by itself: whoever changes the rights has to change this too.
NEVER = [
    ("ingest", "athletes", "find"), ("ingest", "athletes", "insert"), ("ingest", "athletes", "update"),
    ("ingest", "users", "find"), ("ingest", "users", "update"), ("ingest", "invitations", "find"),
    ("ingest", "passkeys", "find"), ("ingest", "meta", "update"),
    ("dashboard", "frames", "insert"), ("dashboard", "frames", "update"),
    ("summaries", "frames", "insert"), ("summaries", "athletes", "find"), ("summaries", "users", "find"),
    ("summaries", "keys", "find"),
    *((service, name, how) for service in DOORS for name in ("audit", "receipts") for how in ("update", "remove")),
    *(("frames", name, action) for name in ("frames", "audit", "seal_keys") for action in ("find", "update", "remove")),
]  # fmt: skip


def in_thread(work: Any) -> None:
    """Run a coroutine where no loop runs yet."""
    thread = threading.Thread(target=lambda: asyncio.run(work))
    thread.start()
    thread.join()


async def prepared(url: str, name: str) -> None:
    archive = await open_archive(url, name, 20.0)
    await archive.close()


class Served:
    """A database with its services' users."""

    def __init__(self, url: str) -> None:
        self.owner, self.name = url, new_name()
        at = url.rpartition("@")[2]
        self.urls: dict[Service, str] = {
            service: f"mongodb://{self.user(service)}:secret%40{service}@{at}" for service in SERVICES
        }
        in_thread(prepared(url, self.name))
        self.users = ServiceUsers(url, self.name, 20.0)
        assert self.users.make(self.urls) == dict.fromkeys(SERVICES, "made")

    def user(self, service: Service) -> str:
        return f"{role_of(service)}_{self.name}"

    def gone(self) -> None:
        """Leave nothing on the mongod that all tests share."""
        self.users.close()
        with MongoClient[Any](self.owner) as client:
            client.drop_database(self.name)
            client[self.name].command("dropAllRolesFromDatabase")
            for service in SERVICES:
                client.admin.command("dropUser", self.user(service))

    def archive(self, service: Service) -> Any:
        return open_archive(self.urls[service], self.name, 20.0, frames_url=self.urls["frames"])


@pytest.fixture(scope="module")
def served(servers: Servers) -> Iterator[Served]:
    """A database of this module."""
    made = Served(servers.mongo_url)
    yield made
    made.gone()


@pytest.mark.parametrize("service", SERVICES)
def test_each_user_may_what_is_written_and_mongodb_refuses_the_rest(
    service: Service, served: Served, databases: Databases
) -> None:
    collections = databases.client[served.name].list_collection_names()
    with MongoClient[Any](served.urls[service]) as client:
        for name in sorted({*collections, "sealed_elsewhere"} - {"system.views", "system.buckets.frames"}):
            for action, attempt in TRIES.items():
                may = LETTERS[action] in RIGHTS[service].get(name, "")
                if may and action == "insert":
                    continue  # what is not there yet is not made: the flows below insert
                refused = False
                try:
                    attempt(client[served.name][name])
                except OperationFailure as error:
                    refused = error.code == UNAUTHORIZED
                assert refused is not may, f"{service}: {action} {name}"
        for command in ({"create": "more"}, {"drop": "frames"}, {"dropDatabase": 1}, {"usersInfo": 1}):
            with pytest.raises(OperationFailure, match="not authorized"):
                client[served.name].command(command)
        with pytest.raises(OperationFailure, match="not authorized"):
            list(client["another_database"].frames.find())


@pytest.mark.parametrize(("service", "collection", "action"), NEVER)
def test_the_worst_is_refused(service: Service, collection: str, action: str, served: Served) -> None:
    with (
        MongoClient[Any](served.urls[service]) as client,
        pytest.raises(OperationFailure, match="not authorized"),
    ):
        TRIES[action](client[served.name][collection])


async def test_the_dashboard_stores_and_erases_all_that_a_person_leaves_and_frames_by_their_own_user(
    served: Served, redis_live: RedisLive
) -> None:
    archive = await served.archive("dashboard")
    try:
        athlete = await plant(archive, redis_live)
        assert np.array_equal((await read_recording(archive, RUN)).frames, FRAMES)
        assert (await archive.roster.athlete(athlete.uid)).name == "Planted Name"
        assert (await archive.audit.write(Event(verb="read", kind="workout", uid="uid"), T0)).seq > 0
        for name in ("run", "walk", "sit"):
            assert await archive.delete(name)
        await archive.roster.remove(athlete.uid)
        with pytest.raises(NotFound):
            await archive.workout("run")
    finally:
        await archive.close()


async def test_the_ingest_begins_to_erase_an_athlete_and_the_dashboard_ends_it(
    servers: Servers, redis_live: RedisLive
) -> None:
    served = Served(servers.mongo_url)
    owner, ingest = await open_archive(served.owner, served.name, 20.0), await served.archive("ingest")
    worker, dashboard = await served.archive("summaries"), await served.archive("dashboard")
    try:
        athlete = await plant(owner, redis_live)
        user = User(
            email="planted@lab.example", name="Planted", roles=frozenset({"athlete"}), athlete=athlete.uid, made_us=T0
        )
        await owner.accounts.add_user(user)
        one = await ingest.departures.begin(athlete.uid, T0)
        for service in (ingest, worker):
            assert await depart(service, redis_live, one) is None, "the record is another's to take"
            assert [left for left in await service.workouts() if left.athlete_uid == athlete.uid] == []
        assert (await owner.roster.athlete(athlete.uid)).name == "Planted Name"
        receipt = await depart(dashboard, redis_live, one)
        assert (receipt.counts["sessions"], receipt.counts["accounts"]) == (2, 1)
        for reader in (ingest, worker, dashboard):
            assert await reader.receipts.one(receipt.uid) == receipt
            await reader.departures.sweep(1 << 60)
        with pytest.raises(NotFound):
            await owner.roster.athlete(athlete.uid)
        assert (await owner.accounts.user(user.uid)).name == "erased"
    finally:
        for archive in (owner, ingest, worker, dashboard):
            await archive.close()
        served.gone()


async def test_without_the_user_of_frames_the_dashboard_stores_none_and_says_so(served: Served) -> None:
    archive = await open_archive(served.urls["dashboard"], served.name, 20.0)
    try:
        stream = await opened(archive, "alone")
        with pytest.raises(AccessDenied, match="no right to append"):
            await archive.append([(stream, block())])
    finally:
        await archive.close()


def block() -> Block:
    return Block(0, 0, T0 + 10_000 * np.arange(20), T0, FRAMES, STATS)


async def opened(archive: MongoArchive, name: str) -> Stream:
    """What an ingest does for a device that joins."""
    about = About("Planted Name", "gait")
    stream = Stream(name, "left")
    info, _ = await archive.open(stream, epoch="one", numbered=True, now_us=T0, about=about, lease="process")
    await archive.fix_layout(info.stream, LAYOUT, ("total",), 1)
    return info.stream


async def test_the_ingest_stores_what_a_device_sends_and_reads_no_name(served: Served) -> None:
    owner = await open_archive(served.owner, served.name, 20.0)
    archive = await served.archive("ingest")
    try:
        athlete = await owner.roster.add(ATHLETE, now_us=T0)
        user = User(email="a.example@lab.example", name="A. Example", password_hash="a hash", made_us=T0)
        await owner.accounts.add_user(user)
        await owner.accounts.add_key(Token(hash="h", user=user.uid, made_us=T0, until_us=T0 * 2, name="mine"))
        stream = await opened(archive, "walked")
        await archive.fix_clock(stream, 0, Clock(5))
        await archive.append([(stream, block())])
        await archive.mark(stream, 0, next_seq=20, frames=20, first_us=T0, last_us=T0, now_us=T0, lease="process")
        await archive.settle(stream, 0, [Unstored(20, 1, "declared")], lease="process")
        await archive.add_marker("walked", Marker(T0, "turn"))
        await archive.reject(stream, 0, Rejected("left", 90, 1, "bad_field", "refused", T0, b"bytes"))
        await archive.add_final(stream, "another series", FinalPart(0, 1, b"digests", b"bytes"))
        await refresh(archive, stream, now_us=time.time_ns() // 1000 + 1_000_000, grace_s=0.0)
        assert (await archive.workout("walked")).athlete_uid == athlete.uid, "whose it is is found all the same"
        for seen in (await archive.roster.athlete(athlete.uid), (await archive.roster.athletes())[0],
                     (await archive.roster.match("Planted Name"))[0]):  # fmt: skip
            assert (seen.uid, seen.name, seen.aliases, seen.notes) == (athlete.uid, athlete.short_id, (), "")
        found = await archive.accounts.key("h")
        assert found.user.uid == user.uid
        assert (found.user.name, found.user.password_hash) == ("", "")
        assert "example" not in found.user.email
        await archive.accounts.use_key(found.key.uid, T0)
        assert await archive.free_bytes() > 0
        assert await archive.delete("walked")
        await archive.sweep(1 << 60)
    finally:
        await archive.close()
        await owner.close()


async def test_nothing_that_the_ingest_may_read_of_a_sealed_archive_has_a_name(
    servers: Servers, redis_live: RedisLive, tmp_path: Path
) -> None:
    made = Served(servers.mongo_url)
    archive = await sealed_archive(made.owner, made.name, 20.0, KeyFile(tmp_path / "master.key", may_make=True))
    athlete = await plant(archive, redis_live)
    await plant_people(archive, athlete.uid, (await archive.workout("run")).uid)
    await archive.close()
    with MongoClient[Any](made.urls["ingest"]) as client:
        stored = [
            BSON.encode(document)
            for name, letters in RIGHTS["ingest"].items()
            if "R" in letters
            for document in client[made.name][name].find()
        ]
    assert len(stored) > 10
    assert [what for what, needle in {**NEEDLES, **PEOPLE}.items() if any(needle in one for one in stored)] == []
    made.gone()


def test_users_are_made_once_and_what_was_changed_is_said_and_mended(servers: Servers) -> None:
    made = Served(servers.mongo_url)
    with MongoClient[Any](made.owner) as client:
        database = client[made.name]
        assert made.users.make(made.urls) == dict.fromkeys(SERVICES, "as it should be")
        assert set(made.users.differences().values()) == {""}
        names = {"resource": {"db": made.name, "collection": "athletes"}, "actions": ["find"]}
        more = [*privileges("ingest", made.name), names]
        database.command("updateRole", role_of("ingest"), privileges=more)
        database.command("updateRole", role_of("summaries"), privileges=privileges("summaries", made.name)[1:])
        client.admin.command("grantRolesToUser", made.user("dashboard"), roles=["root"])
        client.admin.command("updateUser", made.user("frames"), pwd="another one")
        said = differences(made.owner, made.name, 20.0)
        assert said["ingest"] == "too much: find athletes"
        assert said["summaries"].startswith("too little: find archived")
        assert said["dashboard"] == f"too much: the user {made.user('dashboard')} is root too"
        assert made.users.make(made.urls) == dict.fromkeys(SERVICES, "corrected")
        assert set(differences(made.owner, made.name, 20.0).values()) == {""}
        client[made.name].drop_collection("athletes_seen")
        made.users.make(made.urls)
        assert database["athletes_seen"].count_documents({}) == 0
    with (
        ServiceUsers(made.urls["dashboard"], made.name, 20.0) as users,
        pytest.raises(SettingsError, match="an administrator"),
    ):
        users.make(made.urls)
    with pytest.raises(SettingsError, match="an administrator"):
        differences(made.urls["dashboard"], made.name, 20.0)
    made.gone()


async def test_a_service_refuses_a_database_that_nobody_prepared_for_it(served: Served, databases: Databases) -> None:
    newest = databases.client[served.name].meta.find_one_and_update(SCHEMA, {"$inc": {"version": -1}})
    try:
        with pytest.raises(SettingsError, match="run `barograph users`"):
            await served.archive("ingest")
    finally:
        databases.client[served.name].meta.update_one(SCHEMA, {"$set": {"version": newest["version"]}})
    archive = await served.archive("ingest")
    assert await archive.service_rights() == ("ingest", "")
    await archive.close()


async def test_an_owner_is_no_service_and_reads_as_before(served: Served) -> None:
    archive = await open_archive(served.owner, served.name, 20.0)
    assert await archive.service_rights() == (None, "")
    await archive.close()


def test_views_are_read_by_services_alone_and_written_by_nobody() -> None:
    for name in VIEWS:
        assert {letters for of in RIGHTS.values() if (letters := of.get(name))} == {"R"}
