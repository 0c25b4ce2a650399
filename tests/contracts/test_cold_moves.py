"""Moving frames to cold storage on a real MongoDB: killed at any step, beside a device, damaged files, old blocks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from archived import FRAMES, RUN, T0, block, recorded
from keyed import open_archive
from pymongo import MongoClient

from barograph.errors import FramesAway, KeyGone, Refused, StorageAway
from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.store.cold import files as cold_files
from barograph.store.cold.places import MARK, Directory
from barograph.store.cold.port import MovedFrames
from barograph.store.mongo import cold_moves
from barograph.store.mongo.archive import MongoArchive
from barograph.store.reading import plan, read_recording
from barograph.store.sealer import MAGIC
from barograph.store.sealing import Owner

STEPS = ("hot_keys", "hot_documents", "insert_blocks")


class Killed(Exception):
    """What ends a move in the middle."""


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file have two blocks."""
    monkeypatch.setattr(cold_files, "PART_BYTES", 500)
    monkeypatch.setattr(cold_moves, "AT_ONCE", 2)


@pytest.fixture
async def fresh(
    servers: Servers, database: str, cold_place: Directory
) -> AsyncIterator[Callable[[], Awaitable[MongoArchive]]]:
    """Open archives as new processes do, on one database."""
    opened: list[MongoArchive] = []

    async def another() -> MongoArchive:
        archive = await open_archive(servers.mongo_url, database, place=cold_place)
        archive.cold.wait_s = 0.0
        opened.append(archive)
        return archive

    yield another
    for one in opened:
        await one.close()


def killed_at(archive: MongoArchive, number: int) -> list[str]:
    """Let the process end at its so manieth step, before or after it is done; return the steps."""
    done: list[str] = []

    def ending(name: str, call: Any) -> Any:
        async def step(*given: Any, **named: Any) -> Any:
            done.append(name)
            if len(done) == number and number % 2:
                raise Killed
            found = await call(*given, **named)
            if len(done) == number:
                raise Killed
            return found

        return step

    for name in STEPS:
        setattr(archive, name, ending(name, getattr(archive, name)))
    place: Any = archive.cold.place
    inner = Directory(place.root)
    archive._cold._place = inner
    for name in ("put", "get", "remove", "names", "begin"):
        setattr(inner, name, ending(name, getattr(inner, name)))
    for name in ("_turn", "_settle", "_delete", "_compare"):
        setattr(archive.cold, name, ending(name, getattr(archive.cold, name)))
    return done


async def cells(archive: MongoArchive, stream: Stream) -> tuple[bytes, list[int], int]:
    found = await read_recording(archive, stream)
    return found.frames.tobytes(), found.times_us.tolist(), (await plan(archive, stream)).duplicates


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
async def test_a_move_that_is_killed_at_any_step_loses_nothing_and_goes_on(
    fresh: Callable[[], Awaitable[MongoArchive]], servers: Servers, database: str, back: bool
) -> None:
    reader = await fresh()
    steps: set[str] = set()
    for number in itertools.count(1):
        stream = Stream(f"run-{number}", "left")
        await recorded(reader, stream)
        before = await cells(reader, stream)
        if back:
            await reader.cold.archive(stream.workout_id)
        mover = await fresh()
        done = killed_at(mover, number)
        move = mover.cold.bring_back if back else mover.cold.archive
        try:
            await move(stream.workout_id)
        except Killed:
            reader.cold.forget("")
            assert await cells(reader, stream) == before, done
            await (reader.cold.bring_back if back else reader.cold.archive)(stream.workout_id)
        else:
            break
        steps |= set(done)
        assert await cells(reader, stream) == before, done
        reader.cold.forget("")
        assert await cells(reader, stream) == before, done
        assert stored(servers, database, stream) == (4 if back else 0), done
        assert ((await reader.workout(stream.workout_id)).archived_us is None) is back
        await reader.cold.tidy()
        assert await reader.cold.check() == [], done
        assert (await reader.cold.state()).unfinished == 0, done
    assert steps >= ({"insert_blocks", "remove"} if back else {"put", "get", "_turn", "_delete", "begin"})


def stored(servers: Servers, database: str, stream: Stream) -> int:
    """Blocks that MongoDB has of a stream."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        return client[database].frames.count_documents({"m.w": stream.workout_id, "m.s": stream.stream})


async def test_what_a_device_stores_while_its_session_is_archived_stays(
    fresh: Callable[[], Awaitable[MongoArchive]], servers: Servers, database: str
) -> None:
    """The writer hears of the fence within the grace of its marks, which is what the mover waits for."""
    mover, writer = await fresh(), await open_archive(servers.mongo_url, database, timeout_s=0.5)
    await recorded(writer, RUN)
    stored_so_far = 4

    async def write() -> None:
        nonlocal stored_so_far
        while stored_so_far < 60:
            with contextlib.suppress(StorageAway):  # a device sends it again
                await writer.append([(RUN, block(5 * stored_so_far))])
                stored_so_far += 1
            await asyncio.sleep(0.05)

    mover.cold.wait_s = writer.grace_s
    device = asyncio.create_task(write())
    rounds = 0
    while not device.done():
        begun = stored_so_far
        with contextlib.suppress(Refused):  # at first the writer has not heard of the fence
            await mover.cold.archive("run")
            rounds += stored_so_far > begun
    await device
    await writer.close()
    assert rounds, "something was stored while it was archived"
    found = await plan(await fresh(), RUN)
    assert (found.frames, found.gaps) == (300, ())
    await mover.cold.archive("run")
    assert stored(servers, database, RUN) == 0
    assert (await read_recording(await fresh(), RUN)).frames[:, 1, 0].tolist() == [6.0 * i + 2 for i in range(300)]


async def test_files_hold_ciphertext_alone_which_nobody_reads_once_the_key_is_gone(
    mongo_archive: MongoArchive, cold_place: Directory, fresh: Callable[[], Awaitable[MongoArchive]]
) -> None:
    await recorded(mongo_archive)
    uid, plain = (await mongo_archive.workout("run")).uid, block(0).frames.tobytes()
    await mongo_archive.cold.archive("run")
    kept = {path: path.read_bytes() for path in cold_place.root.glob("*/*")}
    assert len(kept) == 2 * 3, "two files of blocks and one of keys for each stream"
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    rows = [row for path, data in kept.items() if "keys" not in path.name for row in
            cold_files.blocks_in(data, path.name)]  # fmt: skip
    assert all(row.x.startswith(MAGIC) and (row.stats or b"").startswith(MAGIC) for row in rows)
    assert not any(plain[:24] in data for data in kept.values())
    assert await mongo_archive.delete("run") is True
    assert [path.name for path in cold_place.root.iterdir()] == [MARK], "nor is any file left"
    sealing = (await fresh()).sealing
    with pytest.raises(KeyGone):
        await asyncio.to_thread(sealing.open, "frames", Owner("workout", uid), {"x": rows[0].x})


async def test_files_of_what_is_erased_while_the_disk_is_away_go_when_it_is_there(
    mongo_archive: MongoArchive, cold_place: Directory
) -> None:
    await recorded(mongo_archive)
    await mongo_archive.cold.archive("run")
    away = cold_place.root.rename(cold_place.root.with_name("away"))
    assert await mongo_archive.delete("run") is True
    assert (await mongo_archive.cold.state()).leaving == 2
    cold_place.root.mkdir()  # where nothing is mounted an empty directory may be
    with pytest.raises(FramesAway, match="mounted"):
        await mongo_archive.cold.tidy()
    cold_place.root.rmdir()
    away.rename(cold_place.root)
    assert await mongo_archive.cold.tidy() == 2
    assert [path.name for path in cold_place.root.iterdir()] == [MARK]


async def test_a_file_that_is_damaged_or_gone_is_noticed_before_and_after(
    mongo_archive: MongoArchive, servers: Servers, database: str, cold_place: Directory
) -> None:
    await recorded(mongo_archive, RUN)

    async def spoilt(name: str, data: bytes) -> None:
        await Directory(cold_place.root).put(name, data[:-40] + bytes(40) if name.endswith("00000.parquet") else data)

    cold_place.put = spoilt  # type: ignore[method-assign]
    with pytest.raises(FramesAway, match="not as it was written"):
        await mongo_archive.cold.archive("run")
    assert stored(servers, database, RUN) == 4, "nothing was removed"
    assert len(await read_recording(mongo_archive, RUN)) == FRAMES
    del cold_place.put
    await mongo_archive.cold.archive("run")
    first, second = sorted(cold_place.root.glob("*/*-0000?.parquet"))
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    second.unlink()
    (cold_place.root / "stray").mkdir()
    (cold_place.root / "stray/file").write_bytes(b"")
    mongo_archive.cold.forget("")
    faults = await mongo_archive.cold.check()
    assert [(one.workout_id, one.name.rpartition("/")[2][-13:]) for one in faults] == [
        ("run", first.name[-13:]), ("run", second.name[-13:]), ("", "file"),
    ]  # fmt: skip
    with pytest.raises(FramesAway, match=r"damaged|not there"):
        await read_recording(mongo_archive, RUN)


async def test_what_an_earlier_version_stored_readable_is_sealed_in_files(
    servers: Servers, database: str, cold_place: Directory, fresh: Callable[[], Awaitable[MongoArchive]]
) -> None:
    before = await MongoArchive.connect(servers.mongo_url, database, 20.0)
    await recorded(before, RUN)
    await before.close()
    archive = await fresh()
    found = await cells(archive, RUN)
    await archive.cold.archive("run")
    rows = [row for path in cold_place.root.glob("*/*-0000?.parquet") for row in
            cold_files.blocks_in(path.read_bytes(), path.name)]  # fmt: skip
    assert all(row.x.startswith(MAGIC) and (row.stats or b"").startswith(MAGIC) for row in rows)
    assert await cells(await fresh(), RUN) == found


async def test_without_a_place_nothing_is_archived_and_the_sentence_says_which_setting(
    mongo_archive: MongoArchive, servers: Servers, database: str, tmp_path: Path
) -> None:
    await recorded(mongo_archive, RUN)
    await mongo_archive.cold.archive("run")
    other = await open_archive(servers.mongo_url, database)
    try:
        for asked in (other.cold.archive("run"), read_recording(other, RUN)):
            with pytest.raises(FramesAway, match="BAROGRAPH_COLD_STORAGE"):
                await asked
        assert (await other.cold.state()).place == ""
        assert (await other.workout("run")).frames == FRAMES
    finally:
        await other.close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("of somebody else")
    other = await open_archive(servers.mongo_url, database, place=Directory(tmp_path / "full"))
    try:
        await recorded(other, Stream("walk", "left"))
        with pytest.raises(FramesAway, match="something else"):
            await other.cold.archive("walk")
    finally:
        await other.close()


async def test_blocks_of_a_time_between_are_read_alone(mongo_archive: MongoArchive) -> None:
    """Of four files one is asked for."""
    await recorded(mongo_archive, RUN, blocks=8, days=1)
    await mongo_archive.cold.archive("run")
    mongo_archive.cold.forget("")
    asked: list[str] = []
    inner = mongo_archive.cold.place.get

    async def get(name: str) -> bytes:
        asked.append(name[-13:])
        return await inner(name)

    mongo_archive.cold.place.get = get  # type: ignore[method-assign]
    part = await read_recording(mongo_archive, RUN, T0 + 60_000, T0 + 80_000)
    assert part.frames[:, 1, 0].tolist() == [6.0 * i + 2 for i in (6, 7, 8)]
    assert len(asked) == 2
    assert asked[0].endswith("-keys.parquet")


async def test_two_who_move_a_session_at_once_lose_nothing(
    fresh: Callable[[], Awaitable[MongoArchive]], servers: Servers, database: str
) -> None:
    movers = [await fresh() for _ in range(3)]
    await recorded(movers[0], RUN)
    before = await cells(movers[0], RUN)
    for number in range(8):
        moves = [one.cold.bring_back if number % 2 and place else one.cold.archive for place, one in enumerate(movers)]
        ended = await asyncio.gather(*(move("run") for move in moves), return_exceptions=True)
        assert all(isinstance(one, MovedFrames | Refused | FramesAway) for one in ended), ended
        reader = await fresh()
        assert (await cells(reader, RUN))[:2] == before[:2], ended
    last = await fresh()
    for move in (last.cold.bring_back, last.cold.archive, last.cold.bring_back):
        with contextlib.suppress(Refused):
            await move("run")
    assert (await cells(last, RUN))[:2] == before[:2]


async def test_of_two_who_bring_a_session_back_at_once_one_does_and_each_block_is_stored_once(
    fresh: Callable[[], Awaitable[MongoArchive]], servers: Servers, database: str
) -> None:
    """The first has looked what is there, and inserts when the second already has."""
    first, second = await fresh(), await fresh()
    await recorded(first, RUN)
    before = await cells(first, RUN)
    await first.cold.archive("run")
    looked, inserted = asyncio.Event(), asyncio.Event()
    insert, insert_again = first.insert_blocks, second.insert_blocks

    async def late(documents: Any) -> None:
        looked.set()
        await inserted.wait()
        await insert(documents)

    async def early(documents: Any) -> None:
        await insert_again(documents)
        inserted.set()

    first.insert_blocks, second.insert_blocks = late, early  # type: ignore[method-assign]
    second.cold.wait_s = 1.0  # as long as what the first had under way may take
    begun = asyncio.create_task(first.cold.bring_back("run"))
    await looked.wait()
    assert (await second.cold.bring_back("run")).blocks == 4
    with pytest.raises(Refused, match="another process"):
        await begun
    assert stored(servers, database, RUN) == 4
    assert await cells(await fresh(), RUN) == before
    assert await second.cold.check() == []


async def test_of_two_who_begin_to_archive_a_session_at_once_both_move_the_same(
    fresh: Callable[[], Awaitable[MongoArchive]], servers: Servers, database: str
) -> None:
    first, second = await fresh(), await fresh()
    await first.cold.place.begin(new=True)
    for number in range(4):
        stream = Stream(f"run-{number}", "left")
        await recorded(first, stream)
        await asyncio.gather(*(one.cold.fence(stream.workout_id) for one in (first, second)))
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        named = [one["w"] for one in client[database].archived.find({})]
    assert sorted(named) == [f"run-{number}" for number in range(4)]
