"""Accounts that an earlier version stored readable: they work on, are sealed by `keys seal`, and go with their keys."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from keyed import open_archive
from planted import PEOPLE, PEOPLE_TEXTS, T0, found, plant_people
from pymongo import MongoClient
from sealed import unsealed

from barograph.errors import Gone, Refused
from barograph.servers.embedded import Servers
from barograph.store.account_records import GONE, PAIRING_US, AskingDevice, Pairing, Session, User, new_uid
from barograph.store.accounts import Change
from barograph.store.departing import depart
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.migrations import SCHEMA
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.passkeys import Challenge
from barograph.store.receipts import Receipt
from barograph.store.redis import RedisLive
from barograph.store.roster import Athlete
from barograph.store.sealer import MAGIC

ADDRESS = PEOPLE_TEXTS[0]
PLANTED = {"users": 1, "invitations": 1, "keys": 4, "pairings": 1, "passkeys": 1, "erasures": 1}
OTHER = User(email="other@lab.example", made_us=T0)


class Killed(Exception):
    """What ends a run in the middle."""


def ignore(done: int, of: int) -> None:
    """Tell nobody."""


@pytest.fixture
async def before(servers: Servers, new_database: str) -> dict[str, Any]:
    """A database as the version before had it, and what was read there."""
    archive = await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    athlete = await archive.roster.add(Athlete("Somebody"), now_us=T0)
    await plant_people(archive, athlete.uid, new_uid())
    read = await all_of(archive)
    await archive.close()
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        stored = client[new_database]
        stored.users.update_many({}, {"$unset": {"email_key": ""}})
        stored.users.create_index([("email", 1)], unique=True)
        stored.meta.update_one(SCHEMA, {"$inc": {"version": -1}})
        stored.challenges.delete_many({})
        stored.attempts.delete_many({})
    return read


@pytest.fixture
async def archive(
    before: dict[str, Any], servers: Servers, new_database: str, tmp_path: Path
) -> AsyncIterator[MongoArchive]:
    """That database, opened as servers do now."""
    opened = await sealed_archive(servers.mongo_url, new_database, 20.0, KeyFile(tmp_path / "m.key", may_make=True))
    yield opened
    await opened.close()


async def all_of(archive: MongoArchive) -> dict[str, Any]:
    accounts = archive.accounts
    return {
        "users": await accounts.users(), "invitations": await accounts.invitations(),
        "sessions": await accounts.sessions(), "tokens": await accounts.tokens(), "devices": await accounts.devices(),
        "links": await accounts.shares(), "passkeys": await accounts.passkeys(), "asked": await accounts.erasures(),
        "pairing": await accounts.pairing_by_claim("claim"), "key": await accounts.key("session"),
        "by address": await accounts.user_by_email(ADDRESS),
    }  # fmt: skip


async def test_what_was_stored_readable_works_on_and_its_address_is_nobody_elses(
    archive: MongoArchive, before: dict[str, Any], servers: Servers, new_database: str
) -> None:
    assert await all_of(archive) == before
    accounts, (user,) = archive.accounts, before["users"]
    with pytest.raises(Refused, match="no user has"):
        await accounts.add_user(replace(OTHER, email=ADDRESS.upper()))
    await accounts.add_user(OTHER)
    with pytest.raises(Refused, match="no user has"):
        await accounts.change_user(OTHER.uid, Change(email=ADDRESS), T0)
    assert await accounts.set_password(user.uid, "another", instead_of="a wrong one") is False
    assert await accounts.set_password(user.uid, "another", instead_of="planted password") is True
    await accounts.change_user(user.uid, Change(name="Planted Person"), T0)
    assert (await accounts.user_by_email(ADDRESS)) == replace(user, password_hash="another")
    assert not {ADDRESS, "Planted Person", "planted password"} & found(servers, new_database, PEOPLE), "whoever changes"


async def test_keys_seal_seals_them_and_they_read_as_before(
    archive: MongoArchive, before: dict[str, Any], servers: Servers, new_database: str
) -> None:
    stored = PEOPLE.keys() - {"planted challenge", "hash of an address"}
    assert await archive.seal_stored(ignore).count() == PLANTED
    assert stored == found(servers, new_database, PEOPLE), "counting writes nothing"
    assert await archive.seal_stored(ignore).seal() == PLANTED
    assert found(servers, new_database, PEOPLE) == set()
    assert unsealed(servers.mongo_url, new_database, MAGIC) == []
    assert await all_of(archive) == before
    assert await archive.seal_stored(ignore).count() == {}
    assert await archive.seal_stored(ignore).seal() == {}
    with pytest.raises(Refused, match="no user has"):
        await archive.accounts.add_user(replace(OTHER, email=ADDRESS))


@pytest.mark.parametrize("at", range(6))
async def test_interrupted_it_goes_on(
    archive: MongoArchive, before: dict[str, Any], servers: Servers, new_database: str, at: int
) -> None:
    steps = itertools.count()

    def dying(done: int, of: int) -> None:
        if next(steps) == at:
            raise Killed

    with pytest.raises(Killed):
        await archive.seal_stored(dying).seal()
    assert await all_of(archive) == before
    await archive.seal_stored(ignore).seal()
    assert found(servers, new_database, PEOPLE) == set()
    assert await all_of(archive) == before


async def test_one_who_is_changed_while_it_is_sealed_keeps_the_change(
    archive: MongoArchive, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (user,) = before["users"]
    stored, seal_page = archive.seal_stored(ignore), type(archive.seal_stored(ignore))._seal_page

    async def changed_before(self: Any, collection: str, page: Any, owners: Any) -> int:
        if collection == "users":
            await archive.accounts.change_user(user.uid, Change(email="new@lab.example", name="New"), T0)
        return await seal_page(self, collection, page, owners)

    monkeypatch.setattr(type(stored), "_seal_page", changed_before)
    await stored.seal()
    after = await archive.accounts.user_by_email("new@lab.example")
    assert after == replace(user, email="new@lab.example", name="New")
    assert await archive.accounts.user_by_email(ADDRESS) is None


@pytest.fixture
async def leaving(mongo_archive: MongoArchive) -> tuple[Athlete, User]:
    """Somebody with a sign-in, and all that is of it."""
    athlete = await mongo_archive.roster.add(Athlete("Somebody"), now_us=T0)
    await mongo_archive.note("run", now_us=T0)
    await mongo_archive.roster.assign(["run"], athlete.uid)
    return athlete, await plant_people(mongo_archive, athlete.uid, (await mongo_archive.workout("run")).uid)


async def gone(archive: MongoArchive, live: RedisLive, athlete: Athlete) -> Receipt:
    receipt = await depart(archive, live, await archive.departures.begin(athlete.uid, T0))
    assert receipt is not None
    return receipt


async def test_the_key_of_a_pairing_goes_by_itself_after_the_pairing(
    mongo_archive: MongoArchive, servers: Servers, database: str
) -> None:
    accounts, until_us = mongo_archive.accounts, time.time_ns() // 1000 + PAIRING_US
    await accounts.add_user(OTHER)
    await accounts.add_pairing(pairing := Pairing(hash="code", made_us=T0, until_us=until_us))
    await accounts.ask_pairing("code", AskingDevice(name="mat"), "claim", T0)
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        stored = client[database]
        ends = {one["_id"].partition(" ")[2]: one.get("over") for one in stored.seal_keys.find()}
        (mine,) = stored.pairings.find()
        assert ends[pairing.uid] == mine["over"] + timedelta(days=1)
        assert [uid for uid, over in ends.items() if over] == [pairing.uid], "keys of others stay"
        assert {"key": [("over", 1)], "expireAfterSeconds": 0}.items() <= stored.seal_keys.index_information()[
            "over_1"
        ].items()


async def test_erasing_destroys_the_keys_of_sign_in_invitation_request_and_link(
    mongo_archive: MongoArchive, redis_live: RedisLive, servers: Servers, database: str, leaving: Any
) -> None:
    athlete, user = leaving
    await mongo_archive.accounts.add_user(OTHER)
    accounts = mongo_archive.accounts
    theirs = {user.uid, (await accounts.invitations())[0].uid, (await accounts.erasures())[0].uid,
              (await accounts.shares())[0].uid}  # fmt: skip
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        stored = client[database]
        copies = {name: list(stored[name].find()) for name in ("users", "invitations", "keys", "passkeys", "erasures")}
        receipt = await gone(mongo_archive, redis_live, athlete)
        keys = {one["_id"]: "key" in one for one in stored.seal_keys.find({"_id": {"$regex": "^account "}})}
        assert {name.partition(" ")[2] for name, there in keys.items() if not there} == theirs
        assert keys[f"account {OTHER.uid}"]
        assert receipt.counts["keys"] == 2 + len(theirs), "and those of the record and the session"
        for name, documents in copies.items():
            stored[name].delete_many({})
            if documents:
                stored[name].insert_many(documents)
    again = await open_archive(servers.mongo_url, database, 20.0)
    try:
        read = await all_of(again)
    finally:
        await again.close()
    said = repr([read[name] for name in ("users", "invitations", "sessions", "tokens", "links", "passkeys", "asked")])
    assert [text for text in PEOPLE_TEXTS if text in said] == [], "an old copy stays ciphertext"
    assert read["by address"] is None or read["by address"].name == GONE
    assert OTHER.email in said


async def test_who_signs_in_elsewhere_as_they_are_erased_leaves_nothing_that_is_read(
    mongo_archive: MongoArchive, redis_live: RedisLive, servers: Servers, database: str, leaving: Any
) -> None:
    athlete, user = leaving
    late = Session(hash="late", user=user.uid, agent="planted late", made_us=T0, until_us=4 * T0)
    beside = await open_archive(servers.mongo_url, database, 20.0)
    fresh = None
    try:
        assert await beside.accounts.user(user.uid) == user, "it has the key in memory now"
        await gone(mongo_archive, redis_live, athlete)
        await beside.accounts.add_key(late)
        fresh = await open_archive(servers.mongo_url, database, 20.0)
        assert {one.agent for one in await fresh.accounts.sessions(user.uid)} == {""}
        with pytest.raises(Gone):
            await fresh.accounts.add_key(replace(late, uid=new_uid(), hash="later"))
    finally:
        await beside.close()
        if fresh is not None:
            await fresh.close()


async def test_what_is_asked_of_nobody_makes_no_key(
    mongo_archive: MongoArchive, servers: Servers, database: str
) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        before = client[database].seal_keys.count_documents({})
        for n in range(3):
            await mongo_archive.accounts.add_challenge(
                Challenge(hash=f"h{n}", purpose="openid", said='{"nonce": "n"}', until_us=T0 + 1)
            )
        taken = await mongo_archive.accounts.take_challenge("h1", T0)
        assert taken is not None
        assert taken.said == '{"nonce": "n"}'
        assert client[database].seal_keys.count_documents({}) == before


def test_a_receipt_of_before_says_what_it_said_and_has_its_hash() -> None:
    """Hashes of these were written into audit logs by the version before."""
    said: dict[str, Any] = {"uid": "0" * 32, "began_us": 1, "done_us": 2, "counts": {"sessions": 1}}
    athlete = Receipt(what="athlete", master_key="kept", edition=1, **said)
    session = Receipt(what="session", master_key="kept", edition=1, **said)
    assert athlete.hash == "fb7b2336dd2bcca204744195b3e3e640849b1442d5892c791f6b7f87a5431d30"
    assert session.hash == "b0ab5ffacc6197482aad6b53a3defdbda0c17e56d9a0a7119add0e8178abe94e"
    assert "never encrypted" in " ".join(athlete.not_reached)
    assert "never encrypted" not in " ".join(Receipt(what="athlete", master_key="kept", **said).not_reached)
