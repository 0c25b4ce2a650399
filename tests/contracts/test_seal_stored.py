"""What was stored before anything was sealed is sealed later, beside readers and writers, whatever interrupts it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted import FRAMES, RUN, STATS, T0, TOLD, found, plant
from pymongo import MongoClient
from sealed import unsealed

from barograph.errors import Refused
from barograph.frames import Block
from barograph.servers.embedded import Servers
from barograph.store.master_key import KeyFile
from barograph.store.mongo import seal_stored
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.ports import Marker
from barograph.store.reading import read_recording
from barograph.store.records import Unstored
from barograph.store.redis import RedisLive
from barograph.store.rollups import rows
from barograph.store.sealer import MAGIC

PLANTED = {
    "calibrations": 1, "finals": 1, "frames": 3, "origins": 1, "rejected": 1, "rollups": 1, "streams": 1,
    "summaries": 1, "test_days": 1, "trials": 1,
}  # fmt: skip


class Killed(Exception):
    """What ends a run in the middle."""


def ignore(done: int, of: int) -> None:
    """Tell nobody."""
    assert 0 < done <= of


@pytest.fixture
async def archive(
    servers: Servers, new_database: str, tmp_path: Path, redis_live: RedisLive
) -> AsyncIterator[MongoArchive]:
    """An archive in which all was stored readable, opened as servers do now."""
    before = await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    await plant(before, redis_live)
    for n in (1, 2):
        later_us = T0 + 86_400_000_000 * n
        block = Block(0, 20 * n, later_us + 10_000 * np.arange(20), later_us, FRAMES, STATS)
        await before.append([(RUN, block)])
    await before.close()
    await redis_live.forget([RUN])
    opened = await sealed_archive(
        servers.mongo_url, new_database, 20.0, KeyFile(tmp_path / "data/master.key", may_make=True)
    )
    yield opened
    await opened.close()


async def require_same(archive: MongoArchive) -> None:
    recording = await read_recording(archive, RUN)
    assert np.array_equal(recording.frames, np.concatenate([FRAMES] * 3))
    first = (await rows(archive, await archive.stream_info(RUN)))[0]
    assert np.array_equal(first.peak, FRAMES.max(axis=0))
    part = await archive.final_part("series", 0)
    assert (part.digests, part.said) == (b"planted digests", b"planted bytes")
    assert await archive.origins(RUN) == {0: '{"file": "planted origin"}'}
    assert [one.made.source for one in await archive.calibrations(RUN)] == ["planted source"]
    assert [one.reason for one in await archive.trials.of("run")] == ["planted trial"]
    assert [(one.message, one.data) for one in await archive.rejected("run")] == [("planted refusal", b"planted bytes")]
    info = await archive.stream_info(RUN)
    assert info.layout == TOLD
    assert info.epochs[0].unstored == (Unstored(100_000, 2, "planted gap"),)
    assert [one.title for one in await archive.test_days.newest()] == ["planted day"]
    assert await archive.markers("run") == [Marker(T0, "planted marker")]


async def test_what_was_readable_is_sealed_and_read_as_before(
    archive: MongoArchive, servers: Servers, new_database: str
) -> None:
    assert {"a packed block", "statistics", "a map", "refused bytes"} <= found(servers, new_database)
    assert await archive.seal_stored(ignore).count() == PLANTED
    assert {"a packed block", "statistics", "a map", "refused bytes"} <= found(servers, new_database), (
        "counting writes nothing"
    )
    await require_same(archive)
    assert await archive.seal_stored(ignore).seal() == PLANTED
    assert found(servers, new_database) == set()
    assert unsealed(servers.mongo_url, new_database, MAGIC) == []
    await require_same(archive)
    assert await archive.seal_stored(ignore).count() == {}
    assert await archive.seal_stored(ignore).seal() == {}
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        assert client[new_database].frames.count_documents({}) == 3


@pytest.mark.parametrize("at", [0, 4, 8, 9, 10])
async def test_interrupted_at_any_step_it_goes_on_and_nothing_is_lost_or_twice(
    archive: MongoArchive, servers: Servers, new_database: str, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(seal_stored, "BLOCKS_AT_ONCE", 1)
    steps = itertools.count()

    def dying(done: int, of: int) -> None:
        if next(steps) == at:
            raise Killed

    with pytest.raises(Killed):
        await archive.seal_stored(dying).seal()
    await require_same(archive)
    await archive.seal_stored(ignore).seal()
    assert found(servers, new_database) == set()
    await require_same(archive)
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        assert client[new_database].frames.count_documents({}) == 3


async def test_killed_between_copies_and_the_end_of_the_originals_each_frame_is_read_once(
    archive: MongoArchive, servers: Servers, new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: object) -> Any:
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr(seal_stored.SealStored, "_days_of", dying)
        with pytest.raises(Killed):
            await archive.seal_stored(ignore).seal()
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        assert client[new_database].frames.count_documents({}) == 6
    await require_same(archive)
    await archive.seal_stored(ignore).seal()
    await require_same(archive)
    assert found(servers, new_database) == set()


async def test_what_comes_meanwhile_is_kept(archive: MongoArchive, servers: Servers, new_database: str) -> None:
    writing = True

    async def write() -> int:
        n = 3
        while writing:
            later_us = T0 + 86_400_000_000 * n
            block = Block(0, 20 * n, later_us + 10_000 * np.arange(20), later_us, FRAMES, STATS)
            await archive.append([(RUN, block)])
            n += 1
        return n

    writer = asyncio.create_task(write())
    await archive.seal_stored(ignore).seal()
    writing = False
    stored = await writer
    recording = await read_recording(archive, RUN)
    assert np.array_equal(recording.frames, np.concatenate([FRAMES] * stored))
    assert found(servers, new_database) == set()


async def test_an_earlier_program_that_writes_meanwhile_loses_nothing(
    archive: MongoArchive, servers: Servers, new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    copy = seal_stored.SealStored._copy

    async def written_beside(self: Any, stream: Any, page: Any) -> int:
        later_us = T0 + 86_400_000_000 * 3
        await before.append([(RUN, Block(0, 60, later_us + 10_000 * np.arange(20), later_us, FRAMES, STATS))])
        return await copy(self, stream, page)

    with monkeypatch.context() as beside:
        beside.setattr(seal_stored.SealStored, "_copy", written_beside)
        with pytest.raises(Refused, match="an earlier version of Barograph writes to it"):
            await archive.seal_stored(ignore).seal()
    await before.close()
    await archive.seal_stored(ignore).seal()
    recording = await read_recording(archive, RUN)
    assert np.array_equal(recording.frames, np.concatenate([FRAMES] * 4))
    assert found(servers, new_database) == set()


async def test_what_is_erased_meanwhile_stays_erased(
    archive: MongoArchive, servers: Servers, new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = seal_stored.SealStored._copy

    async def erased_before(self: Any, stream: Any, page: Any) -> int:
        await archive.delete("run")
        return await copy(self, stream, page)

    monkeypatch.setattr(seal_stored.SealStored, "_copy", erased_before)
    await archive.seal_stored(ignore).seal()
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        assert client[new_database].frames.count_documents({}) == 0


async def test_a_backup_copies_the_days_anew(archive: MongoArchive, servers: Servers, new_database: str) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        before = {one["_id"]["d"]: one["n"] for one in client[new_database].written.find()}
        await archive.seal_stored(ignore).seal()
        after = {one["_id"]["d"]: one["n"] for one in client[new_database].written.find()}
    assert len(before) == 3
    assert [day for day in before if after[day] < before[day] + 2] == []
