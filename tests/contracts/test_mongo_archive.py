"""What only MongoDB can get wrong: answers that never come, several processes, the documents themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from keyed import open_archive
from pymongo import MongoClient

from barograph.errors import NotFound, StorageAway
from barograph.frames import Block, Layout, Stream
from barograph.servers.embedded import Servers
from barograph.store.marks import Marks
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.catalog import driver
from barograph.store.mongo.driver import answered
from barograph.store.ports import About
from barograph.store.reading import plan, read_computed, read_recording
from barograph.store.rollups import refresh

RUN = Stream("run", "left")
T0 = 1_700_000_000_123_457
FAR_US = 1 << 60
LAYOUT = Layout(rows=8, cols=4, dtype="uint16")


def block(seq: int, n: int = 4, t0_us: int = T0) -> Block:
    frames = np.full((n, 8, 4), seq, "<u2")
    return Block(0, seq, t0_us + 1000 * np.arange(n), T0, frames, np.full((n, 1), seq, "f4"))


async def opened(archive: MongoArchive) -> None:
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0, about=About(athlete="Ada"))
    await archive.fix_layout(RUN, LAYOUT, ("total_force_n",), 2)


@pytest.fixture
async def other_archive(servers: Servers, database: str) -> AsyncIterator[MongoArchive]:
    """A second process on the same database."""
    archive = await open_archive(servers.mongo_url, database, 20.0)
    yield archive
    await archive.close()


@pytest.fixture
def raw(servers: Servers, database: str, mongo_archive: MongoArchive) -> Any:
    """The database as any other client sees it."""
    with MongoClient[dict[str, Any]](servers.mongo_url, tz_aware=True) as client:
        yield client[database]


class Door:
    """A proxy before mongod that can hold back every answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.open = asyncio.Event()
        self.open.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, out = await asyncio.open_connection("127.0.0.1", self._port)
        ways = {asyncio.create_task(pour(reader, out)), asyncio.create_task(pour(back, writer, self.open))}
        self._tasks |= ways
        await asyncio.wait(ways)
        for end in (out, writer):
            end.close()

    async def shut(self) -> None:
        self.open.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)


async def pour(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event | None = None
) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            if passing is not None:
                await passing.wait()
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@pytest.fixture
async def door(servers: Servers) -> AsyncIterator[tuple[Door, str]]:
    """The proxy, and the URL that leads through it."""
    parts = urlsplit(servers.mongo_url)
    assert parts.port is not None
    door = Door(parts.port)
    server = await asyncio.start_server(door.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield door, servers.mongo_url.replace(f":{parts.port}", f":{port}")
    server.close()
    await door.shut()
    await server.wait_closed()


async def test_an_absent_server_is_away() -> None:
    with pytest.raises(StorageAway, match="MongoDB gave no sure answer"):
        await MongoArchive.connect("mongodb://127.0.0.1:1/?directConnection=true", "barograph", 0.3)


async def test_a_write_without_an_answer_is_away_though_it_was_stored(
    door: tuple[Door, str], database: str, mongo_archive: MongoArchive
) -> None:
    held = await open_archive(door[1], database, 1.0)
    await opened(held)
    await held.append([(RUN, block(0))])
    door[0].open.clear()
    with pytest.raises(StorageAway, match="append"):
        await held.append([(RUN, block(4))])
    with pytest.raises(StorageAway, match="ping"):
        await held.ping()
    assert (await mongo_archive.keys_by_number(RUN, 0, 4, 8)).seq.tolist() == [4]
    door[0].open.set()
    await held.append([(RUN, block(4))])  # the caller does not know and writes it again
    recording = await read_recording(mongo_archive, RUN)
    assert recording.frames[:, 0, 0].tolist() == [0] * 4 + [4] * 4
    assert recording.provenance["duplicates"] == 4
    await held.close()


async def test_a_read_that_is_cut_between_two_batches_is_away(mongo_archive: MongoArchive, raw: Any) -> None:
    """As when mongod is started again: it knows the cursor no more."""
    raw.rollups.insert_many([{"_id": {"w": "cut", "s": "x", "t": t}} for t in range(10)])
    rollups = mongo_archive._db.rollups

    @answered
    async def read() -> list[Any]:
        cursor = rollups.find({"_id.w": "cut"}).batch_size(2)
        await anext(cursor)
        raw.command({"killCursors": "rollups", "cursors": [cursor.cursor_id]})
        return list(await cursor.to_list(None))

    with pytest.raises(StorageAway, match="no sure answer to read"):
        await read()


async def test_what_an_unknown_write_touched_is_marked_again_before_the_next_ack(
    door: tuple[Door, str], database: str, mongo_archive: MongoArchive
) -> None:
    held = await open_archive(door[1], database, 1.0)
    await opened(held)
    await held.append([(RUN, block(0))])
    door[0].open.clear()
    with pytest.raises(StorageAway):
        await held.append([(RUN, block(4))])
    await refresh(mongo_archive, RUN, now_us=FAR_US)  # as if the write had landed only after this
    assert await mongo_archive.dirty(RUN) == []
    door[0].open.set()
    await held.mark(RUN, 0, next_seq=8, frames=8, first_us=T0, last_us=T0, now_us=T0)
    assert [item.second for item in await mongo_archive.dirty(RUN)] == [T0 // 1_000_000]
    (mark,) = await mongo_archive.dirty(RUN)
    await held.mark(RUN, 0, next_seq=9, frames=9, first_us=T0, last_us=T0, now_us=T0)
    assert await mongo_archive.dirty(RUN) == [mark]
    await held.close()


async def test_a_cancelled_write_owes_its_marks(
    door: tuple[Door, str], database: str, mongo_archive: MongoArchive
) -> None:
    held = await open_archive(door[1], database, 20.0)
    await opened(held)
    await held.append([(RUN, block(0))])
    door[0].open.clear()
    writing = asyncio.create_task(held.append([(RUN, block(4))]))
    while not len(await mongo_archive.keys_by_number(RUN, 0, 4, 8)):
        await asyncio.sleep(0.01)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    door[0].open.set()
    assert held._marks.owed(RUN) == [T0 // 1_000_000]
    await held.close()


async def test_any_number_of_processes_may_prepare_a_database_at_once(servers: Servers, database: str) -> None:
    archives = await asyncio.gather(*(open_archive(servers.mongo_url, database, 20.0) for _ in range(4)))
    await opened(archives[0])
    await archives[1].append([(RUN, block(0))])
    assert len(await archives[2].keys(RUN)) == 1
    for archive in archives:
        await archive.close()


async def test_two_processes_give_the_same_numbers(mongo_archive: MongoArchive, other_archive: MongoArchive) -> None:
    both = (mongo_archive, other_archive)
    answers = await asyncio.gather(
        *(both[i % 2].open(RUN, epoch=f"epoch {i // 2}", numbered=True, now_us=T0) for i in range(12))
    )
    numbers = [epoch.e for _, epoch in answers]
    assert numbers[::2] == numbers[1::2]
    assert sorted(numbers[::2]) == list(range(6))


async def test_a_second_is_marked_once_while_the_mark_is_young(mongo_archive: MongoArchive) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    marks = await mongo_archive.dirty(RUN)
    await mongo_archive.append([(RUN, block(4))])
    assert await mongo_archive.dirty(RUN) == marks


def clocked(archive: MongoArchive, clock: Callable[[], float]) -> None:
    archive._marks = Marks(archive.grace_s, clock)


async def test_a_second_that_another_process_cleaned_is_marked_again(
    mongo_archive: MongoArchive, other_archive: MongoArchive
) -> None:
    now = [T0 / 1e6]
    clocked(mongo_archive, lambda: now[0])
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    now[0] += mongo_archive.grace_s
    assert await refresh(other_archive, RUN, now_us=int(now[0] * 1e6)) == 1
    await mongo_archive.append([(RUN, block(4))])
    assert len(await other_archive.dirty(RUN)) == 1


async def test_a_writer_stopped_between_mark_and_insert_marks_again_before_it_answers(
    mongo_archive: MongoArchive, other_archive: MongoArchive
) -> None:
    times = iter([0.0, 0.0] + [mongo_archive.grace_s] * 9)  # stopped after the mark was set
    clocked(mongo_archive, lambda: T0 / 1e6 + next(times))
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    (mark,) = await other_archive.dirty(RUN)
    assert mark.since_us == pytest.approx(T0 + mongo_archive.grace_s * 1e6, abs=2)


async def test_the_same_document_twice_is_read_once(mongo_archive: MongoArchive, raw: Any) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    raw.frames.insert_one(raw.frames.find_one())
    assert len(await mongo_archive.keys(RUN)) == 2
    assert len(await read_recording(mongo_archive, RUN)) == 4


async def test_statistics_of_an_old_version_are_left_out(mongo_archive: MongoArchive, raw: Any) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    keys = await mongo_archive.keys(RUN)
    assert [item.stats is None for item in await mongo_archive.load(RUN, keys, [0])] == [False]
    raw.streams.update_one({"_id": "run/left"}, {"$set": {"k": 3}})
    assert [item.stats is None for item in await mongo_archive.load(RUN, keys, [0])] == [True]
    assert await mongo_archive.load_stats(RUN, keys, [0]) == [None]
    (found,) = [part async for part in read_computed(mongo_archive, await plan(mongo_archive, RUN))]
    assert isinstance(found, Block)
    assert len(found) == 4


async def test_frames_are_a_time_series_of_blocks(mongo_archive: MongoArchive, raw: Any) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0))])
    (info,) = raw.list_collections(filter={"name": "frames"})
    assert info["type"] == "timeseries"
    assert info["options"]["timeseries"]["metaField"] == "m"
    document = raw.frames.find_one()
    assert document["m"] == {"w": "run", "s": "left", "v": 1}
    assert document["t"].timestamp() == (T0 // 1000) / 1000
    assert (document["e"], document["seq"], document["n"], document["z"], document["k"]) == (0, 0, 4, 1, 2)
    assert np.frombuffer(document["dt"], "<i8").tolist() == [457, 1457, 2457, 3457]
    assert (document["t1"], document["r"]) == (T0 + 3000, T0)


async def test_rollups_say_when_and_how_many_and_nothing_more(mongo_archive: MongoArchive, raw: Any) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(7))])
    await refresh(mongo_archive, RUN, now_us=FAR_US)
    row = raw.rollups.find_one()
    assert row["_id"] == {"w": "run", "s": "left", "t": T0 // 1_000_000}
    assert row["t"].timestamp() == T0 // 1_000_000
    assert row["n"] == 4
    assert {name for name, value in row.items() if isinstance(value, bytes)} == {"min", "mean", "max", "peak", "map"}
    (read,) = await mongo_archive.stored_rollups(RUN)
    assert (read.low.tolist(), read.mean.tolist()) == ([7.0], [7.0])
    assert "m" not in row
    assert "since" not in row


async def test_deleting_leaves_no_document_behind(mongo_archive: MongoArchive, raw: Any) -> None:
    await opened(mongo_archive)
    await mongo_archive.append([(RUN, block(0)), (RUN, block(4, t0_us=T0 + 10**7))])
    await refresh(mongo_archive, RUN, now_us=FAR_US)
    await mongo_archive.append([(RUN, block(8, t0_us=T0 + 10**8))])
    await mongo_archive.delete("run")
    stored = {name: raw[name].count_documents({}) for name in raw.list_collection_names() if "system" not in name}
    left = {"workouts": 1, "erased": 1, "meta": 1, "receipts": 1, "seal_keys": 3}
    assert {name: n for name, n in stored.items() if n} == left
    assert [one["_id"] for one in raw.seal_keys.find({"key": {"$exists": True}})] == ["names"]
    assert stored.keys() >= {"frames", "rollups", "streams", "rejected", "finals", "origins", "calibrations"}
    assert raw.workouts.find_one().keys() == {"_id", "created_us", "uid", "erased_us"}
    with pytest.raises(NotFound):
        await mongo_archive.mark(RUN, 0, next_seq=1, frames=1, first_us=T0, last_us=T0, now_us=T0)


async def test_no_url_can_weaken_what_an_ack_rests_on() -> None:
    url = "mongodb://127.0.0.1:1/?w=1&journal=false&readConcernLevel=local&compressors=zlib&readPreference=secondary"
    client = driver(url, 7.0)
    assert client.write_concern.document == {"w": "majority", "j": True}
    assert client.read_concern.level == "majority"
    assert client.read_preference.mode == 0
    assert client.options.timeout == 7.0
    assert client.options.pool_options._compression_settings.compressors == []
    client.close()
