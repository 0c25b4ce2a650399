"""Cold storage that hangs, or cannot be read: what needs it hears so in time, and nothing else waits for it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from archived import FRAMES, OTHER, RUN, T0, recorded
from keyed import open_archive

from barograph.errors import FramesAway
from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.settings import load
from barograph.store.cold import files as cold_files
from barograph.store.cold.beside import MOST
from barograph.store.cold.places import Directory
from barograph.store.cold.watched import Watched, watched
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive
from barograph.store.reading import read_recording
from barograph.web.readiness import Readiness
from ingest.cold_waits import FIRST_S, MOST_S, ColdWaits
from ingest.feed import Publisher
from ingest.metrics import Metrics
from ingest.streams import Streams

WALK = Stream("walk", "left")


def hang(root: Path) -> None:
    """Let each file be one that nobody ever writes: to open it waits for ever, as on a disk whose server is gone."""
    for path in root.glob("*/*"):
        path.unlink()
        os.mkfifo(path)


async def test_a_disk_that_hangs_is_said_in_time_and_all_else_goes_on(
    mongo_archive: MongoArchive, servers: Servers, database: str, cold_place: Directory
) -> None:
    await recorded(mongo_archive)
    await recorded(mongo_archive, WALK)
    await mongo_archive.cold.archive("run")
    hang(cold_place.root)
    reader = await open_archive(servers.mongo_url, database, place=Watched(Directory(cold_place.root), 0.5))
    try:
        begun_s = time.monotonic()
        asked = [read_recording(reader, stream) for stream in (RUN, OTHER) for _ in range(2 * MOST)]
        ended = await asyncio.gather(*asked, read_recording(reader, WALK), return_exceptions=True)
        assert [str(one) for one in ended[:-1] if "does not answer: nothing for" not in str(one)] == []
        assert {type(one) for one in ended[:-1]} == {FramesAway}
        assert len(ended[-1]) == FRAMES  # type: ignore[arg-type]
        with pytest.raises(FramesAway):  # whoever comes next does not wait again
            await read_recording(reader, RUN)
        assert time.monotonic() - begun_s < 4
        assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 2) == 7, "threads that compute are free"
        assert "does not answer" in (await reader.cold.state()).away
        states = await Readiness({"archive": reader, "cold": reader.cold}).states()
        assert (states["archive"], states["cold"][:5]) == ("ready", "away:")
        assert await reader.delete("run") is True
        assert (await reader.cold.state()).leaving == 2
    finally:
        await reader.close()


def test_the_place_of_the_settings_answers_in_time(tmp_path: Path) -> None:
    assert watched(load()) is None
    found = watched(load(cold_storage=str(tmp_path)))
    assert found is not None
    assert found.said == str(tmp_path)


async def test_a_file_of_a_newer_version_is_away_not_the_end_of_whoever_reads(
    mongo_archive: MongoArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await recorded(mongo_archive, RUN)
    monkeypatch.setattr(cold_files, "VERSION", 2)
    await mongo_archive.cold.archive("run")
    monkeypatch.undo()
    mongo_archive.cold.forget("")
    with pytest.raises(FramesAway, match="version 2"):
        await read_recording(mongo_archive, RUN)


async def test_whether_it_answers_is_part_of_readiness_once_something_is_archived(
    mongo_archive: MongoArchive, cold_place: Directory
) -> None:
    readiness = Readiness({"archive": mongo_archive, "cold": mongo_archive.cold})
    cold_place.root.rename(cold_place.root.with_name("away"))
    assert (await readiness.states())["cold"] == "ready", "nobody needs it yet"
    cold_place.root.with_name("away").rename(cold_place.root)
    await recorded(mongo_archive, RUN)
    await mongo_archive.cold.archive("run")
    cold_place.root.rename(cold_place.root.with_name("away"))
    await asyncio.sleep(0.6)
    states = await readiness.states()
    assert "see that its disk is mounted" in states["cold"]
    assert states["archive"] == "ready"
    assert "mounted" in (await mongo_archive.cold.state()).away


def test_what_waits_for_cold_storage_waits_longer_each_time() -> None:
    now_s = 0.0
    waits = ColdWaits(lambda: now_s)
    assert [waits.away("run") for _ in range(8)] == [FIRST_S * 2**n for n in range(6)] + [MOST_S] * 2
    assert waits.now() == ["run"]
    now_s = MOST_S + 1
    assert waits.now() == []
    assert waits.away("run") == MOST_S
    waits.done("run")
    assert waits.away("run") == FIRST_S


async def test_marked_seconds_of_archived_sessions_are_in_nobodys_way(archive: Archive) -> None:
    await recorded(archive)
    await recorded(archive, WALK)
    late_us = 1 << 60
    assert await archive.dirty_streams(late_us) == [RUN, OTHER, WALK]
    assert await archive.dirty_streams(late_us, ["run"]) == [WALK]
    assert await archive.dirty_streams(late_us, ["run", "walk"]) == []


async def test_overviews_of_archived_sessions_wait_and_come_when_they_can_be_read(
    memory_archive: MemoryArchive, memory_live: MemoryLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker asks a session that cannot be read once, and not again for a while."""
    await recorded(memory_archive, RUN)
    await memory_archive.cold.archive("run")
    await memory_archive.mark_dirty(RUN, [T0 // 10**6])
    memory_archive.cold.away = True
    now_s = 0.0
    streams = Streams(memory_archive, Publisher(memory_live), Metrics(), 0)
    streams.cold_waits = ColdWaits(lambda: now_s)
    monkeypatch.setattr("ingest.streams.ROLLUP_EVERY_S", 0.0)
    asked = 0
    dirty = memory_archive.dirty

    async def counted(stream: Stream) -> list[object]:
        nonlocal asked
        asked += 1
        return await dirty(stream)  # type: ignore[return-value]

    monkeypatch.setattr(memory_archive, "dirty", counted)
    monkeypatch.setattr(type(memory_archive), "grace_s", 0.0)
    worker = asyncio.create_task(streams.keep_rollups())
    try:
        await asyncio.sleep(0.2)
        assert asked == 1
        memory_archive.cold.away, now_s = False, FIRST_S + 1
        async with asyncio.timeout(5):
            while await dirty(RUN):
                await asyncio.sleep(0.01)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
