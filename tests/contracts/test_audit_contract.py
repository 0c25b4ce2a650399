"""What every store of the audit log does, in memory and in MongoDB alike, and what verifying it finds."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Any

import pytest
import structlog

from barograph.errors import InvalidData, Refused
from barograph.logs import about_connection
from barograph.store.accounts import PAIRING_US, AskingDevice, Change, Device, Invitation, Pairing, Session, Token, User
from barograph.store.audit import (
    FIRST,
    Doer,
    Entry,
    Event,
    Tampered,
    all_entries,
    canonical,
    doing,
    following,
    hash_of,
    verify,
)
from barograph.store.mongo.archive import MongoArchive
from barograph.store.passkeys import Passkey
from barograph.store.ports import Archive

NOW = 1_790_000_000_000_000
READ = Event(verb="read", kind="workout", uid="w1", athlete="a1", reason="a complaint", who="u1", how="user")


async def of(*entries: Entry) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


async def test_entries_follow_each_other_each_with_the_hash_of_the_one_before(archive: Archive) -> None:
    assert await archive.audit.last() is None
    assert await verify(all_entries(archive.audit)) is None
    made = [await archive.audit.write(replace(READ, uid=f"w{n}"), NOW + n) for n in range(5)]
    assert [one.seq for one in made] == [1, 2, 3, 4, 5]
    assert [one.before for one in made] == [FIRST, *(one.hash for one in made[:-1])]
    assert await archive.audit.entries() == made
    assert await archive.audit.entries(after=2, limit=2) == made[2:4]
    assert await archive.audit.last() == made[-1] == await verify(all_entries(archive.audit))


async def test_what_is_written_for_several_is_no_connections_work(archive: Archive, monkeypatch: Any) -> None:
    if not isinstance(archive, MongoArchive):
        return  # in memory, who writes an entry does it alone
    audit, bound, add = archive.audit, list[dict[str, Any]](), archive.audit.add

    async def heard(events: list[tuple[Event, int]]) -> list[Entry]:
        bound.append(structlog.contextvars.get_contextvars())
        return await add(events)

    async def write(connection: str) -> None:
        about_connection(connection)
        await audit.write(READ, NOW)

    monkeypatch.setattr(audit, "add", heard)
    await asyncio.gather(*(asyncio.create_task(write(f"connection-{n}")) for n in range(3)))
    assert bound == [{}]


async def test_entries_of_an_athlete_are_found(archive: Archive) -> None:
    for whose in ("a1", "a2", "a1", ""):
        await archive.audit.write(replace(READ, athlete=whose), NOW)
    assert [one.seq for one in await archive.audit.entries(athlete="a1")] == [1, 3]
    assert [one.seq async for one in all_entries(archive.audit, "a1")] == [1, 3]
    assert [one.seq for one in await archive.audit.entries(after=1, athlete="a1")] == [3]


async def test_the_latest_entries_of_some_athletes_come_newest_first_part_by_part(archive: Archive) -> None:
    for whose in ("a1", "a2", "a3", "a1", "", "a2"):
        await archive.audit.write(replace(READ, athlete=whose), NOW)
    assert [one.seq for one in await archive.audit.latest({"a1", "a2"}, limit=3)] == [6, 4, 2]
    assert [one.seq for one in await archive.audit.latest({"a1", "a2"}, before=2)] == [1]
    assert await archive.audit.latest(set()) == []


async def test_who_gives_up_waiting_keeps_nobody_from_writing(archive: Archive) -> None:
    given_up = asyncio.create_task(archive.audit.write(replace(READ, uid="w1"), NOW))
    waiting = asyncio.create_task(archive.audit.write(replace(READ, uid="w2"), NOW))
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await waiting).uid == "w2"
    await archive.audit.write(replace(READ, uid="w3"), NOW)
    assert {one.uid for one in await archive.audit.entries()} >= {"w2", "w3"}
    await verify(all_entries(archive.audit))


async def test_many_who_write_at_once_get_a_number_each(archive: Archive) -> None:
    made = await asyncio.gather(*(archive.audit.write(replace(READ, uid=f"w{n}"), NOW) for n in range(40)))
    assert sorted(one.seq for one in made) == list(range(1, 41))
    assert {one.uid for one in await archive.audit.entries()} == {f"w{n}" for n in range(40)}
    await verify(all_entries(archive.audit))


async def test_two_processes_count_together(mongo_archive: MongoArchive, servers: Any, database: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from barograph.store.audit import Event\n"
        "from barograph.store.mongo.archive import MongoArchive\n"
        "async def work():\n"
        "    archive = await MongoArchive.connect(sys.stdin.readline().strip(), sys.argv[1], 20.0)\n"
        "    for n in range(30):\n"
        "        await archive.audit.write(Event(verb='read', kind='workout', uid=f'{sys.argv[2]}{n}'), n)\n"
        "    await archive.close()\n"
        "asyncio.run(work())\n"
    )

    async def writer(name: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, database, name, stdin=asyncio.subprocess.PIPE
        )
        await process.communicate(servers.mongo_url.encode() + b"\n")
        assert process.returncode == 0

    await asyncio.gather(writer("x"), writer("y"))
    found = [one async for one in all_entries(mongo_archive.audit)]
    assert [one.seq for one in found] == list(range(1, 61))
    assert {one.uid for one in found} == {f"{name}{n}" for name in "xy" for n in range(30)}
    last = await verify(of(*found))
    assert last is not None
    assert last.seq == 60


def test_what_is_hashed_is_written_out_here() -> None:
    entry = following(None, replace(READ, reason="ä"), NOW)
    text = f'[1,1,{NOW},"u1","user","read","workout","w1","a1","\\u00e4","{"0" * 64}"]'
    assert canonical(entry) == text.encode()
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(text)[0] == 1


def chain(n: int) -> list[Entry]:
    made: list[Entry] = []
    for index in range(n):
        made.append(following(made[-1] if made else None, replace(READ, uid=f"w{index}"), NOW + index))
    return made


def forged(entry: Entry, **values: Any) -> Entry:
    """An entry that was changed by somebody who knows how hashes are made."""
    changed = replace(entry, **values)
    return replace(changed, hash=hash_of(changed))


@pytest.mark.parametrize("field", list(asdict(READ)))
async def test_an_edited_entry_is_noticed(field: str) -> None:
    made = chain(4)
    for changed in (replace(made[1], **{field: "x"}), forged(made[1], **{field: "x"})):
        with pytest.raises(Tampered, match=r"entry [23]"):
            await verify(of(made[0], changed, *made[2:]))


async def test_a_deleted_a_swapped_and_an_inserted_entry_are_noticed() -> None:
    made = chain(4)
    with pytest.raises(Tampered, match="expected entry 2, got 3"):
        await verify(of(made[0], *made[2:]))
    with pytest.raises(Tampered, match="expected entry 2, got 3"):
        await verify(of(made[0], made[2], made[1], made[3]))
    with pytest.raises(Tampered, match="expected entry 2, got 1"):
        await verify(of(made[0], *made))
    with pytest.raises(Tampered, match="expected entry 1, got 2"):
        await verify(of(*made[1:]))


async def test_a_cut_end_and_a_log_written_anew_are_noticed_by_a_head_that_was_noted() -> None:
    made = chain(4)
    head = {4: made[3].hash}
    assert await verify(of(*made), head) == made[3]
    await verify(of(*made[:2]))  # by itself a shorter log is whole
    with pytest.raises(Tampered, match="expected entry 4, the log ends with 2"):
        await verify(of(*made[:2]), head)
    anew = [forged(made[0], who="another")]
    for one in made[1:]:
        anew.append(forged(one, before=anew[-1].hash))
    await verify(of(*anew))
    with pytest.raises(Tampered, match="entry 4 had the hash"):
        await verify(of(*anew), head)


async def test_a_document_that_somebody_changed_in_the_database_is_noticed(mongo_archive: MongoArchive) -> None:
    for n in range(3):
        await mongo_archive.audit.write(READ, NOW + n)
    await mongo_archive.audit._log.update_one({"_id": 2}, {"$unset": {"reason": ""}})
    with pytest.raises(Tampered, match="entry 2 was changed"):
        await verify(all_entries(mongo_archive.audit))


@pytest.mark.parametrize("field", ["verb", "reason", "uid"])
def test_an_event_that_does_not_fit_is_refused(field: str) -> None:
    for value in ("x" * 201, "two\nlines"):
        with pytest.raises(InvalidData, match=field):
            replace(READ, **{field: value})


async def told(archive: Archive) -> list[tuple[str, str, str, str]]:
    return [(one.who, one.how, one.verb, one.kind) for one in await archive.audit.entries()]


async def test_whatever_changes_a_right_leaves_an_entry_with_who_did_it(archive: Archive) -> None:
    accounts = archive.accounts
    admin, other = (User(email=f"{n}@lab.example", roles=frozenset({"admin"}), made_us=1) for n in "ab")
    times = {"made_us": NOW, "until_us": 2 * NOW}
    with doing(Doer("root", "user")):
        for user in (admin, other):
            await accounts.add_user(user)
        await accounts.change_user(other.uid, Change(disabled=True), NOW)
        await accounts.set_password(admin.uid, "hash")
        assert not await accounts.set_password(admin.uid, "hash", instead_of="another")
        token = Token(hash="t", user=admin.uid, name="program", **times)
        await accounts.add_key(token)
        await accounts.add_key(Device(hash="d", name="Insole", streams=frozenset({"left"}), **times))
        assert await accounts.revoke(token.uid, NOW)
        assert not await accounts.revoke("never", NOW)
        await accounts.revoke_all(admin.uid, NOW)
        await accounts.add_invitation(Invitation(hash="i", roles=frozenset({"athlete"}), **times))
        await accounts.add_passkey(Passkey(user=admin.uid, name="n", credential="c", public_key="k", made_us=NOW))
        pairing = Pairing(hash="p", made_us=NOW, until_us=NOW + PAIRING_US)
        await accounts.add_pairing(pairing)
        await accounts.ask_pairing("p", AskingDevice(name="x"), "claim", NOW)
        await accounts.answer_pairing(pairing.uid, NOW, allowed=True, name="x", streams=frozenset({"left"}))
    await accounts.add_key(Session(hash="s", user=admin.uid, used_us=NOW, **times))
    await accounts.use_invitation("i", "new", NOW)
    await accounts.use_key(token.uid, NOW)  # what changes no right leaves none
    by_root = [
        ("add", "user"), ("add", "user"), ("change", "user"), ("change", "password"), ("add", "token"),
        ("add", "device"), ("revoke", "key"), ("invite", "invitation"), ("add", "passkey"), ("allow", "device"),
    ]  # fmt: skip
    expected = [("root", "user", verb, kind) for verb, kind in by_root]
    expected[4] = (admin.uid, "user", "add", "token")
    assert await told(archive) == [
        *expected, (admin.uid, "user", "sign in", "session"), ("new", "user", "accept", "invitation"),
    ]  # fmt: skip
    await verify(all_entries(archive.audit))


async def test_what_was_refused_leaves_none(archive: Archive) -> None:
    admin = User(email="a@lab.example", roles=frozenset({"admin"}), made_us=1)
    await archive.accounts.add_user(admin)
    with pytest.raises(Refused):
        await archive.accounts.change_user(admin.uid, Change(disabled=True), NOW)
    with pytest.raises(Refused):
        await archive.accounts.add_user(replace(admin, uid="another"))
    assert [verb for _, _, verb, _ in await told(archive)] == ["add"]
