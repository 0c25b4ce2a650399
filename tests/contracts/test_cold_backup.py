"""A backup names the files of cold storage, whatever is archived or brought back while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archived import FRAMES, RUN, recorded
from keyed import open_archive
from pymongo import MongoClient

from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.store.cold.places import Directory
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.backup.copying import back_up
from barograph.store.mongo.backup.restoring import restore
from barograph.store.mongo.backup.source import Database
from barograph.store.reading import read_recording

WALK = Stream("walk", "left")


@pytest.fixture(autouse=True)
def moments(servers: Servers) -> Any:
    """Let mongod keep the past for a while, as it does by default."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=300)
        yield
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=0)


@pytest.mark.parametrize("when", ["before", "after the moment", "back after the moment"])
async def test_frames_are_in_the_backup_or_named_in_it(
    mongo_archive: MongoArchive, servers: Servers, database: str, new_database: str, cold_place: Directory,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str,
) -> None:  # fmt: skip
    await recorded(mongo_archive, RUN)
    await recorded(mongo_archive, WALK)
    before = {stream: (await read_recording(mongo_archive, stream)).frames.tobytes() for stream in (RUN, WALK)}
    if when != "after the moment":
        await mongo_archive.cold.archive("run")
    meanwhile = {"before": None, "after the moment": "archive", "back after the moment": "bring_back"}[when]
    _once_at_the_days(monkeypatch, servers, database, cold_place, meanwhile)
    await asyncio.to_thread(back_up, servers.mongo_url, database, 20.0, tmp_path / "backup")
    await asyncio.to_thread(restore, servers.mongo_url, new_database, 20.0, tmp_path / "backup", compare=True)
    again = await open_archive(servers.mongo_url, new_database, place=cold_place)
    try:
        for stream, cells in before.items():
            found = await read_recording(again, stream)
            assert found.frames.tobytes() == cells
            assert (await again.stream_info(stream)).frames == FRAMES
    finally:
        await again.close()


def _once_at_the_days(
    monkeypatch: pytest.MonkeyPatch, servers: Servers, database: str, place: Directory, move: str | None
) -> None:
    """Move the session, once, between the moment of a backup and its days."""
    inner: Callable[..., Any] = Database.days
    left = [move] if move else []

    async def moved(name: str) -> None:
        archive = await open_archive(servers.mongo_url, database, place=place)
        archive.cold.wait_s = 0.0
        await getattr(archive.cold, name)("run")
        await archive.close()

    def days(self: Database, known: Any = None) -> Any:
        if known is not None and left:
            found = inner(self, known)
            asyncio.run(moved(left.pop()))
            return found
        return inner(self, known)

    monkeypatch.setattr(Database, "days", days)
