"""`barograph keys`, and what commands and servers say where the master key is not there."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from pathlib import Path

import pytest
from keyed import VARIABLE
from pymongo import MongoClient

from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.records import About


@pytest.fixture
def lab(command, servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data directory with a master key of its own, and a session in the archive; the file of the key."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BAROGRAPH_REDIS_URL", servers.redis_url)
    for door in ("INGEST", "DASHBOARD"):
        monkeypatch.setenv(f"BAROGRAPH_{door}_PORT", "0")
    path = tmp_path / "data" / "master.key"

    async def record() -> None:
        archive = await sealed_archive(servers.mongo_url, database, 20.0, KeyFile(path, may_make=True))
        await archive.note("walk", now_us=1_790_000_000_000_000, about=About("Planted Name"))
        await archive.close()

    asyncio.run(record())
    return path


def test_a_lab_makes_its_master_key_once_and_shows_what_it_wraps(command, lab: Path) -> None:
    assert stat.S_IMODE(lab.stat().st_mode) == 0o600
    said = json.loads(lab.read_text())
    shown = command("keys", "show").output
    assert re.search(rf"{said['current']} .*current .*2 keys", shown)  # of the session, and of compared names
    assert "1 of sessions, 0 of athletes" in shown
    assert said["keys"][said["current"]] not in shown


@pytest.mark.parametrize(
    "arguments", [("sessions", "list"), ("keys", "show"), ("ingest",), ("dashboard",), ("summaries",), ("doctor",)]
)
def test_without_its_master_key_whatever_opens_the_archive_says_so(command, lab: Path, arguments) -> None:
    kept = lab.read_bytes()
    lab.unlink()
    refused = command(*arguments)
    assert refused.exit_code != 0
    assert "is sealed, and its master key" in " ".join(refused.output.split())
    assert not lab.exists(), "no new key over old data"
    lab.write_bytes(kept)
    lab.chmod(0o600)
    assert "Planted Name" in command("sessions", "list").output


def test_erasing_makes_a_new_master_key_due_and_rotating_makes_it(command, lab: Path) -> None:
    before = json.loads(lab.read_text())
    assert "keys rotate" not in command("keys", "show").output
    assert command("sessions", "delete", "walk", "--yes").exit_code == 0
    assert "`barograph keys rotate` makes a new one" in command("keys", "show").output
    rotated = command("keys", "rotate")
    assert rotated.exit_code == 0, rotated.output
    assert json.loads(lab.read_text())["keys"].keys().isdisjoint(before["keys"])
    shown = command("keys", "show").output
    assert "keys rotate" not in shown
    assert "1 were destroyed" in shown


def test_a_file_is_made_where_none_is(command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "mounted.key"
    monkeypatch.setenv(VARIABLE, str(path))
    assert "there is no master key" in command("sessions", "list").output
    made = command("keys", "make", path)
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert "it is there already" in command("keys", "make", path).output
    assert path.read_bytes() == before
    assert "current" in command("keys", "show").output


def test_a_database_that_came_back_without_its_keys_says_so(
    command, lab: Path, servers: Servers, database: str
) -> None:
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        client[database].drop_collection("seal_keys")
    refused = command("sessions", "list")
    assert "is sealed, and its keys are not there: it was restored without them" in refused.output


def test_what_an_earlier_version_stored_readable_is_counted_and_sealed(
    command, lab: Path, servers: Servers, database: str
) -> None:
    async def record() -> None:
        archive = await MongoArchive.connect(servers.mongo_url, database, 20.0)
        await archive.open(Stream("old", "left"), epoch="one", numbered=True, now_us=1)
        await archive.keep_origin(Stream("old", "left"), 0, "planted origin")
        await archive.close()

    asyncio.run(record())
    said = command("keys", "seal", "--dry-run").output
    assert "origins: 1" in said
    assert "Documents that can be read without a key: 1." in said
    assert "Sealed now: 1 document. Make a new backup, and destroy older ones" in command("keys", "seal").output
    assert "Nothing was left to seal." in command("keys", "seal").output
