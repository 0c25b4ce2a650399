"""Erased means erased: what every archive does with a workout that is gone, and with whoever still writes to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keyed import open_archive
from pymongo import MongoClient

from barograph.errors import Gone, NotFound
from barograph.frames import Block, Layout, Stream
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Archive, Live, Marker, Rejected
from barograph.store.reading import read_recording
from barograph.store.records import Clock, Moved, Unstored
from barograph.store.search import Query

T0 = 1_700_000_000_000_000
RUN = Stream("run", "left")
LAYOUT = Layout(rows=2, cols=2, dtype="uint16", unit="kPa")
LATE = 1 << 60


def block(seq: int, value: int = 7, n: int = 4) -> Block:
    times_us = T0 + 10_000 * np.arange(seq, seq + n)
    return Block(0, seq, times_us, T0 + seq, np.full((n, 2, 2), value, "<u2"), np.full((n, 1), value, "<f4"))


async def device(archive: Archive, epoch: str = "device", lease: str = "process") -> Stream:
    """What an ingest does for a device that joins."""
    info, _ = await archive.open(RUN, epoch=epoch, numbered=True, now_us=T0, about=About(athlete="A"), lease=lease)
    await archive.fix_layout(info.stream, LAYOUT, ("total",), 1)
    return info.stream


async def person(archive: Archive) -> Stream:
    """What an import by a person does."""
    info, _ = await archive.open(RUN, epoch="file-1", numbered=True, now_us=T0 + 1)
    await archive.fix_layout(info.stream, LAYOUT, ("total",), 1)
    return info.stream


async def mark(archive: Archive, stream: Stream, frames: int, lease: str = "process") -> None:
    await archive.mark(stream, 0, next_seq=frames, frames=frames, first_us=T0, last_us=T0, now_us=T0, lease=lease)


def late_writes(archive: Archive, stream: Stream) -> list[Any]:
    """What an ingest writes for a device that does not know yet that its workout was erased."""
    return [
        lambda: mark(archive, stream, 99),
        lambda: archive.fix_layout(stream, LAYOUT, ("total",), 1),
        lambda: archive.fix_clock(stream, 0, Clock(5)),
        lambda: archive.move_clock(stream, 0, Moved(4, 5)),
        lambda: archive.settle(stream, 0, [Unstored(4, 1, "declared")], lease="process"),
    ]


async def test_a_device_cannot_make_an_erased_workout_anew(archive: Archive) -> None:
    stream = await device(archive)
    await archive.append([(stream, block(0))])
    assert await archive.delete("run") is True
    calls: list[Any] = [
        lambda: archive.append([(stream, block(4))]),
        lambda: archive.note("run", now_us=T0),
        lambda: archive.open(RUN, epoch="device", numbered=True, now_us=T0, lease="process"),
        lambda: archive.open(RUN, epoch="another", numbered=False, now_us=T0, lease="process"),
        lambda: archive.add_marker("run", Marker(T0, "late")),
        *late_writes(archive, stream),
    ]
    for call in calls:
        with pytest.raises(Gone, match="run"):
            await call()
    writes: list[Any] = [
        lambda: archive.describe("run", About(athlete="B")),
        lambda: archive.mark_dirty(stream, [T0 // 1_000_000]),
        lambda: archive.workout("run"),
        lambda: archive.stream_info(RUN),
        lambda: archive.keys(RUN),
    ]
    for call in writes:
        with pytest.raises(NotFound):
            await call()
    assert (await archive.workouts(), await archive.search(Query())) == ([], ([], 0))
    assert (await archive.known_values()).athletes == ()
    assert await archive.dirty_streams(LATE) == []
    assert await archive.erased(["run", "other"]) == {"run"}
    assert await archive.uids(["run", "other"]) == {}
    assert await archive.delete("run") is False


async def test_a_person_makes_a_new_workout_of_the_name_that_has_nothing_of_the_old_one(archive: Archive) -> None:
    old = await device(archive)
    await archive.append([(old, block(0, 1))])
    await archive.add_marker("run", Marker(T0, "old"))
    first = await archive.workout("run")
    await archive.delete("run")
    new = await person(archive)
    second = await archive.workout("run")
    assert len({first.uid, second.uid, ""}) == 3
    assert (second.about, second.frames, await archive.markers("run")) == (About(), 0, [])
    assert await archive.erased(["run"]) == set()
    assert await archive.uids(["run", "other"]) == {"run": second.uid}
    await archive.append([(new, block(0, 2))])
    await mark(archive, new, 4, lease="")
    assert (await read_recording(archive, RUN)).frames.max() == 2
    await archive.fix_clock(new, 0, Clock(7))
    for call in (lambda: archive.append([(old, block(4, 1))]), *late_writes(archive, old)):
        with pytest.raises(Gone):
            await call()
    (epoch,) = (await archive.stream_info(RUN)).epochs
    assert (epoch.clock, epoch.unstored) == (Clock(7), ())
    with pytest.raises(Gone):
        await archive.open(RUN, epoch="device", numbered=True, now_us=T0, lease="process")
    await archive.open(RUN, epoch="another", numbered=True, now_us=T0, lease="process")
    assert (await archive.workout("run")).frames == 4
    await archive.sweep(LATE)
    assert (await read_recording(archive, RUN)).frames.shape[0] == 4


async def test_a_workout_is_made_anew_when_that_is_asked_for(archive: Archive) -> None:
    await device(archive)
    uids = [(await archive.workout("run")).uid]
    for _ in range(3):
        await archive.delete("run")
        with pytest.raises(Gone):
            await archive.note("run", now_us=T0)
        uids.append((await archive.note("run", now_us=T0, renew=True)).uid)
        assert (await archive.workout("run")).streams == ()
    assert len(set(uids)) == 4
    assert (await archive.note("run", now_us=T0, renew=True)).uid == uids[-1]


async def test_the_feed_of_a_stream_is_forgotten(live: Live) -> None:
    other = Stream("run2", "left")
    await live.publish([(RUN, b"a"), (other, b"b")])
    await live.forget([RUN, Stream("never", "there")])
    assert await live.recent(RUN, 60) == []
    assert [entry.message for entry in await live.recent(other, 60)] == [b"b"]
    await live.forget([])


# --- MongoDB


@pytest.fixture
def raw(servers: Any, database: str) -> Any:
    with MongoClient(servers.mongo_url) as client:
        yield client[database]


def left(raw: Any) -> dict[str, int]:
    names = ("frames", "rollups", "streams", "rejected", "markers")
    return {name: n for name in names if (n := raw[name].count_documents({}))}


@pytest.mark.parametrize("broken", ["_erase", "_clear"])
@pytest.mark.parametrize("again", ["delete", "sweep"])
async def test_an_erasing_that_was_killed_is_erased_at_once_and_finished_later(
    mongo_archive: MongoArchive, raw: Any, monkeypatch: pytest.MonkeyPatch, broken: str, again: str
) -> None:
    stream = await device(mongo_archive)
    await mongo_archive.append([(stream, block(0))])

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mongo_archive, broken, killed)
        with pytest.raises(KeyboardInterrupt):
            await mongo_archive.delete("run")
    assert await mongo_archive.workouts() == []
    with pytest.raises(NotFound):
        await mongo_archive.workout("run")
    with pytest.raises(Gone):
        await device(mongo_archive)
    assert left(raw)
    if again == "delete":
        assert await mongo_archive.delete("run") is True
        assert await mongo_archive.delete("run") is False
    else:
        assert await mongo_archive.sweep(T0) == []  # it is not that old
        assert await mongo_archive.sweep(LATE) == [RUN]
        assert await mongo_archive.sweep(LATE) == []
    assert left(raw) == {}


ERASER = """
import asyncio, sys
from barograph.store.mongo.archive import MongoArchive

async def main(url, database):
    archive = await MongoArchive.connect(url, database, 20.0)
    print("ready", flush=True)
    sys.stdin.readline()
    await archive.delete("run")
    print("done", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""
CRUMBS = ("frames", "rollups", "streams", "rejected", "markers", "finals", "origins", "calibrations")


def erase_and_kill(url: str, database: str, reached: Callable[[], bool]) -> None:
    command = [sys.executable, "-c", ERASER, url, database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as eraser:
        assert eraser.stdin is not None
        assert eraser.stdout is not None
        assert eraser.stdout.readline() == "ready\n"
        eraser.stdin.write("go\n")
        eraser.stdin.flush()
        while not reached():
            assert eraser.poll() is None or reached()
        eraser.kill()


@pytest.mark.parametrize("after", ["erased_us", "streams", "frames"])
async def test_a_process_that_is_killed_while_it_erases_leaves_what_the_next_one_finishes(
    mongo_archive: MongoArchive, servers: Any, database: str, raw: Any, after: str
) -> None:
    stream = await device(mongo_archive)
    for i in range(40):
        await mongo_archive.append([(stream, block(100 * i + 4 * j)) for j in range(20)])
        await mongo_archive.add_marker("run", Marker(T0 + i, "here"))
    frames = raw.frames.count_documents({})
    reached: dict[str, Callable[[], bool]] = {
        "erased_us": lambda: raw.workouts.count_documents({"erased_us": {"$exists": True}}) > 0,
        "streams": lambda: raw.streams.count_documents({}) == 0,
        "frames": lambda: raw.frames.count_documents({}) < frames,
    }
    await asyncio.to_thread(erase_and_kill, servers.mongo_url, database, reached[after])
    with pytest.raises(NotFound):
        await mongo_archive.workout("run")
    with pytest.raises(Gone):
        await device(mongo_archive)
    again = await open_archive(servers.mongo_url, database, 20.0)
    try:
        assert await again.sweep(LATE) == [RUN]
    finally:
        await again.close()
    assert {name: n for name in CRUMBS if (n := raw[name].count_documents({}))} == {}
    assert raw.workouts.count_documents({"erased_us": {"$exists": True}}) == 1, "devices still hear that it is gone"


async def test_writes_that_land_late_belong_to_nobody_and_are_swept(mongo_archive: MongoArchive, raw: Any) -> None:
    stream = await device(mongo_archive)
    await mongo_archive.append([(stream, block(0))])
    await mongo_archive.reject(stream, 0, Rejected("left", 9, 1, "bad_field", "x", T0))
    late = {name: list(raw[name].find()) for name in ("frames", "rollups", "rejected", "streams")}
    await mongo_archive.delete("run")
    assert left(raw) == {}
    for name, documents in late.items():
        if name != "streams":
            raw[name].insert_many(documents)
    assert await mongo_archive.dirty_streams(LATE) == []  # and the marks of nobody are gone
    await mongo_archive.note("run", now_us=T0, renew=True)
    new = await person(mongo_archive)
    assert len(await mongo_archive.keys(RUN)) == 0
    assert await mongo_archive.rejected("run") == []
    await mongo_archive.append([(new, block(0, 2))])
    assert (await read_recording(mongo_archive, RUN)).frames.tolist() == np.full((4, 2, 2), 2).tolist()
    await mongo_archive.sweep(LATE)
    assert raw.frames.count_documents({}) == 1
    assert (await read_recording(mongo_archive, RUN)).frames.max() == 2
    await mongo_archive.delete("run")
    await mongo_archive.sweep(LATE)
    assert left(raw) == {}


async def test_a_stream_that_is_entered_while_its_workout_is_erased_is_not_left_behind(
    mongo_archive: MongoArchive, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await device(mongo_archive)
    entered = mongo_archive._enter

    async def slow(*given: Any) -> Any:
        await mongo_archive.delete("run")
        return await entered(*given)

    monkeypatch.setattr(mongo_archive, "_enter", slow)
    with pytest.raises(Gone):
        await device(mongo_archive, "another")
    assert left(raw) == {}


async def test_a_workout_of_version_0_1_gets_its_uid_once(mongo_archive: MongoArchive, raw: Any) -> None:
    raw.workouts.insert_one({"_id": "old", "created_us": T0})
    raw.streams.insert_one({"_id": "old/left", "w": "old", "s": "left", "epochs": []})
    uids = {(await mongo_archive.workout("old")).uid, (await mongo_archive.workouts())[0].uid,
            (await mongo_archive.note("old", now_us=T0)).uid, raw.workouts.find_one()["uid"]}  # fmt: skip
    assert len(uids) == 1
    assert uids != {""}
    raw.workouts.insert_one({"_id": "older", "created_us": T0})
    assert await mongo_archive.delete("older") is True
    with pytest.raises(Gone):
        await mongo_archive.note("older", now_us=T0)
