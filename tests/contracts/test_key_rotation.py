"""A new master key: what is read and written meanwhile, what a kill leaves, and what an old copy shows afterwards."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from pymongo import MongoClient

from barograph.errors import SettingsError, Unreadable
from barograph.private import write_private
from barograph.servers.embedded import Servers
from barograph.store.master_key import KeyFile, Wrapped
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.key_rotation import is_due, rotate
from barograph.store.mongo.seal_keys import MongoSealKeys
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.ports import About

T0 = 1_700_000_000_000_000
NAMES = ("ada", "ben", "cem")


class Killed(BaseException):
    """Ends what a process does where a kill would."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the master key."""
    return tmp_path / "data" / "master.key"


@pytest.fixture
async def archive(servers: Servers, database: str, path: Path) -> AsyncIterator[MongoArchive]:
    """An archive with three sessions, each with a name."""
    opened = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
    for name in NAMES:
        await opened.note(name, now_us=T0, about=About(f"Planted {name}"))
    yield opened
    await opened.close()


def keys_of(archive: MongoArchive) -> MongoSealKeys:
    assert archive.seal_keys is not None
    return archive.seal_keys


def masters(path: Path) -> list[bytes]:
    return [base64.b64decode(text) for text in msgspec.json.decode(path.read_bytes())["keys"].values()]


async def names(archive: MongoArchive) -> list[str | None]:
    return sorted(one.about.athlete or "" for one in await archive.workouts())


async def reopened(servers: Servers, database: str, path: Path) -> list[str | None]:
    again = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
    try:
        return await names(again)
    finally:
        await again.close()


async def test_erasing_makes_a_new_master_key_due_and_the_old_one_is_nowhere(
    archive: MongoArchive, servers: Servers, database: str, path: Path
) -> None:
    keys, (old,) = keys_of(archive), masters(path)
    assert not await is_due(keys)
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        copy = list(client[database]["seal_keys"].find())
        await archive.delete("ada")
        assert await is_due(keys)
        assert await rotate(keys)
        assert not await is_due(keys)
        assert await reopened(servers, database, path) == ["Planted ben", "Planted cem"]
        assert masters(path) != [old]
        beside = [file.read_bytes() for file in path.parent.iterdir()]
        assert not any(base64.b64encode(old) in one or old in one for one in beside)
        client[database]["seal_keys"].drop()
        client[database]["seal_keys"].insert_many(copy)  # a backup from before
    with pytest.raises(SettingsError, match=r"is sealed, and its master key .* is not here"):
        await reopened(servers, database, path)


async def test_another_process_reads_and_writes_on(
    archive: MongoArchive, servers: Servers, database: str, path: Path
) -> None:
    other = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
    assert await rotate(keys_of(archive), always=True)
    await other.note("dan", now_us=T0, about=About("Planted dan"))
    assert await names(other) == [f"Planted {one}" for one in (*NAMES, "dan")]
    assert await names(archive) == await names(other) == await reopened(servers, database, path)
    await other.close()


async def test_of_two_at_once_one_does_it(archive: MongoArchive, servers: Servers, database: str, path: Path) -> None:
    other = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
    done = await asyncio.gather(rotate(keys_of(archive), always=True), rotate(keys_of(other), always=True))
    assert True in done
    await other.close()
    assert await reopened(servers, database, path) == [f"Planted {one}" for one in NAMES]
    assert len(masters(path)) == 1


async def test_a_file_that_a_kill_left_beside_the_new_one_is_destroyed_by_the_next_one(
    archive: MongoArchive, path: Path
) -> None:
    keys, (old,) = keys_of(archive), masters(path)
    assert await rotate(keys, always=True)
    left = path.with_name(f"{path.name}.old-0123abcd")  # as it is between the new file and the end of the old one
    write_private(left, old)
    assert not await is_due(keys)
    assert await rotate(keys)
    assert list(path.parent.glob("*.old-*")) == []
    assert await names(archive) == [f"Planted {one}" for one in NAMES]


@pytest.mark.parametrize("step", ["renew", "wrap", "destroy_old"])
@pytest.mark.parametrize("after", [False, True])
async def test_what_a_kill_leaves_is_gone_on_with(
    archive: MongoArchive,
    servers: Servers,
    database: str,
    path: Path,
    step: str,
    after: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await archive.delete("ada")
    (old,), done = masters(path), getattr(KeyFile, step)

    def killed(*given: object) -> None:
        if after:
            done(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(KeyFile, step, killed)
        with pytest.raises(Killed):
            await rotate(keys_of(archive))
    assert await reopened(servers, database, path) == ["Planted ben", "Planted cem"]
    again = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
    if step != "destroy_old" or not after:
        assert await is_due(keys_of(again))
    assert await rotate(keys_of(again))
    assert not await is_due(keys_of(again))
    await again.close()
    assert old not in masters(path)
    assert len(masters(path)) == 1
    assert not [*path.parent.glob("*.old-*")]
    assert await reopened(servers, database, path) == ["Planted ben", "Planted cem"]


async def test_a_key_that_is_stored_while_the_master_key_changes_is_not_lost(
    archive: MongoArchive, servers: Servers, database: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap, before = KeyFile.wrap, masters(path)

    async def rotated() -> None:
        other = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
        assert await rotate(keys_of(other), always=True)
        await other.close()

    def overtaken(self: KeyFile, key: bytes, about: bytes) -> Wrapped:
        wrapped = wrap(self, key, about)
        monkeypatch.setattr(KeyFile, "wrap", wrap)
        thread = threading.Thread(target=lambda: asyncio.run(rotated()))
        thread.start()
        thread.join()
        return wrapped  # by a master key that is destroyed now

    monkeypatch.setattr(KeyFile, "wrap", overtaken)
    await archive.note("dan", now_us=T0, about=About("Planted dan"))
    assert masters(path) != before
    assert "Planted dan" in await names(archive)
    assert "Planted dan" in await reopened(servers, database, path)


async def test_a_key_that_somebody_changed_stops_it_before_anything_is_destroyed(
    archive: MongoArchive, servers: Servers, database: str, path: Path
) -> None:
    (old,) = masters(path)
    with MongoClient[dict[str, bytes]](servers.mongo_url) as client:
        one = client[database]["seal_keys"].find_one({"_id": {"$regex": "^workout"}}) or {}
        client[database]["seal_keys"].update_one({"_id": one["_id"]}, {"$set": {"key": one["key"][:-1] + b"!"}})
    with pytest.raises(Unreadable, match="Nothing was destroyed"):
        await rotate(keys_of(archive), always=True)
    assert old in masters(path)
