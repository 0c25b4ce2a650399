"""A backup holds every collection, is brought up to date by day, and gives back what it has, document by document."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import numpy as np
import pytest
from keyed import open_archive
from planted import RUN, STATS, plant
from pymongo import MongoClient

import barograph.store.mongo
from barograph.errors import BackupError, SettingsError
from barograph.frames import Block
from barograph.servers.embedded import Servers
from barograph.store import rollups
from barograph.store.backups import BackupState
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.backup import manifest as manifests
from barograph.store.mongo.backup.copying import Report, back_up
from barograph.store.mongo.backup.files import packed
from barograph.store.mongo.backup.restoring import read_checked, restore
from barograph.store.mongo.backup.source import LEFT_OUT
from barograph.store.mongo.driver import INDEXES
from barograph.store.mongo.migrations import RESTORING, SCHEMA
from barograph.store.mongo.roster import INDEXES as ROSTER_INDEXES
from barograph.store.redis import RedisLive

Documents = dict[str, list[bytes]]
NO_COLLECTIONS = {"command", "name", "create_collection", "list_collection_names"}


@pytest.fixture(autouse=True)
def moments(servers: Servers) -> Iterator[None]:
    """Let mongod keep the past for a while, as it does by default; the tests' own keeps none."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=300)
        yield
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=0)


@pytest.fixture
def client(servers: Servers) -> Iterator[Any]:
    with MongoClient[dict[str, Any]](servers.mongo_url, datetime_conversion="DATETIME_MS") as client:
        yield client


@pytest.fixture
async def full(mongo_archive: MongoArchive, redis_live: RedisLive, database: str, client: Any) -> Any:
    """A database with something in each collection that the program names, old enough that nobody writes to it."""
    await plant(mongo_archive, redis_live)
    db = client[database]
    for number, name in enumerate(sorted(named())):
        if name not in db.list_collection_names() or db[name].find_one() is None:
            unique = dict.fromkeys(("hash", "email", "credential", "claim_hash"), f"planted {number}")
            db[name].insert_one({"_id": f"planted {name}", **unique, "x": b"\x00\xff", "big": bson.Int64(1 << 40)})
    old(db)
    return db


def named() -> set[str]:
    """The collections that the archive's modules name."""
    root = Path(str(barograph.store.mongo.__file__)).parent
    found = set[str]()
    for path in root.glob("*.py"):
        text = path.read_text("utf-8")
        found.update(re.findall(r"(?:_db|database|db)\.([a-z_]+)\b(?!\()", text))
        found.update(re.findall(r'(?:_db|database|db)\["([a-z_]+)"\]', text))
        found.update(re.findall(r'COLLECTION = "([a-z_]+)"', text))
    return (found - NO_COLLECTIONS) | {name for name, *_ in (*INDEXES, *ROSTER_INDEXES)}


def old(db: Any) -> None:
    db.written.update_many({}, {"$set": {"at_s": 1_000}})


def stored(db: Any) -> Documents:
    """All documents of all collections, but what is gone within minutes, and the version's."""
    names = {name for name in db.list_collection_names() if not name.startswith("system.")} - LEFT_OUT.keys()
    found = {name: sorted(packed(one) for one in db[name].find() if one["_id"] != SCHEMA["_id"]) for name in names}
    return {name: documents for name, documents in found.items() if documents}


def taken(servers: Servers, db: Any, directory: Path, **more: Any) -> Report:
    return back_up(servers.mongo_url, db.name, 20.0, directory, **more)


async def restored(servers: Servers, name: str, directory: Path, **more: Any) -> Any:
    return await asyncio.to_thread(restore, servers.mongo_url, name, 20.0, directory, compare=True, **more)


def test_every_collection_is_known_to_this_test() -> None:
    assert {"frames", "rollups", "workouts", "athletes", "users", "audit", "seal_keys", "written"} <= named()
    assert LEFT_OUT.keys() <= named()


async def test_documents_of_every_collection_come_back(
    full: Any, servers: Servers, new_database: str, client: Any, tmp_path: Path
) -> None:
    before = stored(full)
    assert before.keys() | LEFT_OUT.keys() == named()
    report = taken(servers, full, tmp_path / "backup")
    assert (report.copied, report.kept) == (1, 0)
    made = await restored(servers, new_database, tmp_path / "backup")
    after = stored(client[new_database])
    assert before["meta"] != after["meta"], "the name of the instance was given by the backup"
    assert {**after, "meta": 0} == {**before, "meta": 0}
    assert made.documents["frames"] == len(before["frames"]) == 1
    assert made.compared


async def test_what_is_being_written_is_taken_with_rollups_to_be_made(
    full: Any, servers: Servers, new_database: str, tmp_path: Path
) -> None:
    full.written.update_many({}, {"$set": {"at_s": int(time.time())}})
    taken(servers, full, tmp_path / "backup")
    await restored(servers, new_database, tmp_path / "backup")
    archive = await open_archive(servers.mongo_url, new_database, 20.0)
    try:
        assert [one.second for one in await archive.dirty(RUN)] == [1_700_000_000]
        await rollups.refresh(archive, RUN, now_us=time.time_ns() // 1000, grace_s=0.0)
        (row,) = await archive.stored_rollups(RUN)
        assert (row.n, row.high.tolist()) == (20, [pytest.approx(float(STATS.max()))])
    finally:
        await archive.close()


async def test_only_days_that_changed_are_copied_again(
    full: Any, servers: Servers, mongo_archive: MongoArchive, tmp_path: Path
) -> None:
    directory = tmp_path / "backup"
    first = taken(servers, full, directory)
    second = taken(servers, full, directory)
    assert (second.copied, second.kept) == (0, 1)
    assert second.manifest.units == first.manifest.units
    later = Block(0, 20, 1_700_100_000_000_000 + 10_000 * np.arange(20), 0, np.zeros((20, 8, 4), "<f4"), STATS)
    await mongo_archive.append([(RUN, later)])
    third = taken(servers, full, directory)
    assert (third.copied, third.kept) == (1, 1), "the new day alone"
    late = Block(0, 40, 1_700_000_001_000_000 + 10_000 * np.arange(20), 0, np.zeros((20, 8, 4), "<f4"), STATS)
    another = await open_archive(servers.mongo_url, full.name, 20.0)
    await another.append([(RUN, late)])
    await another.close()
    fourth = taken(servers, full, directory)
    assert sum(one.documents for one in fourth.manifest.entries if one.collection == "frames") == 3, "a late one too"
    files = {path.relative_to(directory).as_posix() for path in directory.rglob("*.zst")}
    keys = {f"keys/{fourth.manifest.keys.file}"} if fourth.manifest.keys else set()
    assert files == {one.file for one in fourth.manifest.entries} | keys, "what was replaced is gone"


async def test_what_was_erased_is_gone_from_the_next_backup(
    full: Any, servers: Servers, mongo_archive: MongoArchive, tmp_path: Path
) -> None:
    directory = tmp_path / "backup"
    assert taken(servers, full, directory).manifest.units
    await mongo_archive.delete("run")
    after = taken(servers, full, directory)
    assert after.manifest.units == ()
    assert not list(directory.glob("days/*/*"))


async def test_an_interrupted_backup_goes_on_and_leaves_the_one_before(
    full: Any, servers: Servers, tmp_path: Path
) -> None:
    directory = tmp_path / "backup"

    def interrupt(step: str, done: int, of: int) -> None:
        if step == "collections":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken(servers, full, directory, tell=interrupt)
    with pytest.raises(BackupError, match=r"manifest\.json: expected the manifest .*one was begun"):
        read_checked(directory)
    with (directory / manifests.DRAFT).open("ab") as draft:
        draft.write(b'{"uid": "cut in the mid')
    report = taken(servers, full, directory)
    assert (report.copied, report.kept) == (0, 1), "the day that was copied is not copied again"
    with pytest.raises(KeyboardInterrupt):
        taken(servers, full, directory, tell=interrupt)
    assert read_checked(directory)[0] == report.manifest, "the one before is whole"


async def test_a_restore_is_refused_into_what_is_not_empty(full: Any, servers: Servers, tmp_path: Path) -> None:
    taken(servers, full, tmp_path / "backup")
    before = stored(full)
    with pytest.raises(BackupError, match="expected an empty database, and there are documents in "):
        await restored(servers, full.name, tmp_path / "backup")
    assert stored(full) == before


async def test_a_restore_that_was_interrupted_is_begun_anew(
    full: Any, servers: Servers, new_database: str, client: Any, tmp_path: Path
) -> None:
    taken(servers, full, tmp_path / "backup")

    def interrupt(step: str, done: int, of: int) -> None:
        if step == "files restored" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await restored(servers, new_database, tmp_path / "backup", tell=interrupt)
    assert RESTORING in client[new_database].meta.find_one(SCHEMA)
    with pytest.raises(SettingsError, match="a backup is being restored into"):
        await open_archive(servers.mongo_url, new_database, 20.0)
    await restored(servers, new_database, tmp_path / "backup")
    assert stored(client[new_database]).keys() == stored(full).keys()


async def test_a_spoilt_file_is_named_before_anything_is_written(
    full: Any, servers: Servers, new_database: str, client: Any, tmp_path: Path
) -> None:
    entry = taken(servers, full, tmp_path).manifest.entries[-1]
    (tmp_path / entry.file).write_bytes(b"")
    with pytest.raises(BackupError, match=f"{re.escape(entry.file)}: expected {entry.size} bytes, got 0"):
        await restored(servers, new_database, tmp_path)
    assert new_database not in client.list_database_names()


async def test_one_directory_holds_backups_of_one_instance(
    full: Any, servers: Servers, new_database: str, tmp_path: Path
) -> None:
    taken(servers, full, tmp_path / "backup")
    await (await open_archive(servers.mongo_url, new_database, 20.0)).close()
    with pytest.raises(BackupError, match="the backup of another instance"):
        back_up(servers.mongo_url, new_database, 20.0, tmp_path / "backup")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(BackupError, match=r"expected an empty directory or a backup, got thesis\.txt"):
        taken(servers, full, tmp_path / "notes")


async def test_keys_lie_apart_and_their_absence_is_said(
    full: Any, servers: Servers, new_database: str, client: Any, tmp_path: Path
) -> None:
    keys = tmp_path / "elsewhere"
    report = taken(servers, full, tmp_path / "backup", keys=keys)
    assert report.manifest.keys is not None
    assert (keys / report.manifest.keys.file).is_file()
    assert not list((tmp_path / "backup").rglob("*seal_keys*"))
    made = await restored(servers, new_database, tmp_path / "backup")
    assert not made.keys
    assert client[new_database].seal_keys.find_one() is None
    client.drop_database(new_database)
    assert (await restored(servers, new_database, tmp_path / "backup", keys=keys)).keys
    assert stored(client[new_database])["seal_keys"] == stored(full)["seal_keys"]


async def test_the_archive_says_how_its_backups_went(
    full: Any, servers: Servers, mongo_archive: MongoArchive, tmp_path: Path
) -> None:
    assert await mongo_archive.backup_state() == BackupState()
    report = taken(servers, full, tmp_path / "backup")
    state = await mongo_archive.backup_state()
    assert (state.at_us, state.size, state.failures) == (report.manifest.at_us, report.manifest.size, 0)
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    for times in (1, 2):
        with pytest.raises(BackupError):
            taken(servers, full, tmp_path)
        failed = await mongo_archive.backup_state()
        assert (failed.at_us, failed.failures) == (state.at_us, times)
        assert "expected an empty directory or a backup" in failed.why
    taken(servers, full, tmp_path / "backup")
    assert (await mongo_archive.backup_state()).failures == 0
