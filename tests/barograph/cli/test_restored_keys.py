"""A backup without its keys, or without the master key of its time: told when it is restored, and when it is opened."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from keyed import VARIABLE
from planted import FRAMES, LAYOUT, RUN, STATS, T0
from pymongo import MongoClient

import barograph
from barograph.errors import SettingsError, Unreadable
from barograph.frames import Block
from barograph.servers.embedded import Servers
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.reading import read_recording
from barograph.store.records import About

OPENING = [("sessions", "list"), ("keys", "show"), ("keys", "rotate"), ("keys", "seal"), ("summaries",), ("doctor",)]
Command = Callable[..., Result]


def plain(result: Result) -> str:
    """Return all that was said in one line, also what a table breaks into several: paths may be long."""
    return " ".join(re.sub("[\u2500-\u257f]", " ", result.output).split())


async def record(archive: MongoArchive) -> None:
    await archive.note("run", now_us=T0, about=About("Planted Name"))
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, LAYOUT, ("total",), 1)
    await archive.append([(RUN, Block(0, 0, T0 + 10_000 * np.arange(20), T0, FRAMES, STATS))])
    await archive.mark(RUN, 0, next_seq=20, frames=20, first_us=T0, last_us=T0 + 190_000, now_us=T0)
    await archive.close()


@pytest.fixture
def lab(
    command: Command,
    servers: Servers,
    database: str,
    new_database: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Path:
    """A backup of a lab with a session, its keys apart, and what follows in another instance; the master key's file."""
    monkeypatch.delenv(VARIABLE)
    path = tmp_path / "data" / "master.key"

    async def recorded() -> None:
        await record(await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True)))

    asyncio.run(recorded())
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path / "data"))
    made = command("backup", tmp_path / "backup", "--keys", tmp_path / "keys")
    assert made.exit_code == 0, made.output
    (tmp_path / "other").mkdir(mode=0o700)
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("BAROGRAPH_DATABASE", new_database)
    return path


def test_a_backup_that_is_restored_without_the_master_key_says_which_and_is_refused_until_it_is_there(
    command: Command, lab: Path, servers: Servers, new_database: str, tmp_path: Path
) -> None:
    needed = KeyFile(lab, may_make=False).known()[0]
    restored = command("restore", tmp_path / "backup", "--keys", tmp_path / "keys", "--verify")
    assert restored.exit_code == 0, restored.output
    place = tmp_path / "other" / "master.key"
    assert f"needs the master key {needed}, which is not in {place}: put its file there" in plain(restored)
    for arguments in OPENING:
        refused = command(*arguments)
        assert refused.exit_code != 0, arguments
        assert f"its master key {needed} is not here" in plain(refused), arguments
    assert not place.exists(), "no new key over old data"
    with pytest.raises(SettingsError, match="Restore this file from where it is kept"):
        barograph.connect(servers.mongo_url, database=new_database)
    place.write_bytes(lab.read_bytes())
    place.chmod(0o600)
    assert "Planted Name" in command("sessions", "list").output


def test_a_backup_that_is_restored_without_its_keys_says_so_each_time(
    command: Command, lab: Path, tmp_path: Path
) -> None:
    asked = command("restore", tmp_path / "backup")
    assert asked.exit_code == 1
    assert "what is sealed in this backup has its keys elsewhere; name their directory with --keys" in plain(asked)
    restored = command("restore", tmp_path / "backup", "--without-keys")
    assert restored.exit_code == 0, restored.output
    assert "Restored without its keys: what is sealed cannot be read, and whatever opens the archive says so." in plain(
        restored
    )
    for arguments in OPENING:
        refused = command(*arguments)
        assert refused.exit_code != 0, arguments
        said = (
            "it wraps nothing" if arguments == ("doctor",) else "is sealed, and its keys are not there: it was restored"
        )
        assert said in plain(refused), arguments
    assert not (tmp_path / "other" / "master.key").exists()


def test_where_the_master_key_is_there_already_nothing_is_asked_for(
    command: Command, lab: Path, tmp_path: Path
) -> None:
    place = tmp_path / "other" / "master.key"
    place.write_bytes(lab.read_bytes())
    place.chmod(0o600)
    restored = command("restore", tmp_path / "backup", "--keys", tmp_path / "keys", "--verify")
    assert f"which is in {place}." in plain(restored)
    assert "Planted Name" in command("sessions", "list").output


async def test_of_a_single_key_that_was_lost_what_it_was_of_says_so(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    service = KeyFile(tmp_path / "master.key", may_make=True)
    archive = await sealed_archive(servers.mongo_url, database, 20.0, service)
    await archive.note("other", now_us=T0, about=About("Somebody Else"))
    await record(archive)
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        uid = (client[database].workouts.find_one({"_id": "run"}) or {})["uid"]
        client[database].seal_keys.delete_one({"_id": f"workout {uid}"})
    again = await sealed_archive(servers.mongo_url, database, 20.0, service)
    assert (await again.workout("other")).about.athlete == "Somebody Else"
    for asked in (again.workout("run"), read_recording(again, RUN)):
        with pytest.raises(Unreadable, match=r"there is no key of workout .*: restored without its keys, or erased"):
            await asked
    await again.close()


@pytest.mark.parametrize("lost", ["a directory", "cut", "no json", "a link to nowhere", "readable"])
def test_a_master_key_that_cannot_be_read_is_told_with_its_path(
    command: Command, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str, lost: str
) -> None:
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)
    kept = lab.read_bytes()
    lab.unlink()
    if lost == "a directory":
        lab.mkdir(mode=0o700)
    elif lost == "a link to nowhere":
        lab.symlink_to(tmp_path / "gone")
    elif lost == "readable":
        lab.write_bytes(kept)
        lab.chmod(0o644)
    else:
        lab.write_bytes(kept[:40] if lost == "cut" else b"hello")
        lab.chmod(0o600)
    refused = command("sessions", "list")
    assert refused.exit_code == 1
    assert f"{lab}: " in plain(refused)
    assert "Traceback" not in refused.output
    assert not isinstance(refused.exception, OSError)
    assert "delete" not in plain(refused), "nobody is told to throw a key away"
