"""Importing: every frame once however often and wherever it is interrupted, and nothing of what cannot be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.errors import InvalidData, NotFound, StorageAway
from barograph.frames import Block, Layout, Recording, Stream
from barograph.store.imports import Placement, blocks_of, identity, import_recording, placement
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import About, Archive
from barograph.store.reading import read_recording
from barograph.store.records import stretches
from barograph.store.rollups import overview

STREAM = Stream("run", "left")
NOW_US = 1_800_000_000_000_000
STATISTICS = ArrivalStatistics()


def walk(seconds: float = 4.0, **changes: Any) -> Recording:
    return sim.walk(seconds, **changes)["left"]


async def bring(archive: Archive, recording: Recording, stream: Stream = STREAM, **given: Any) -> tuple[int, int]:
    done = await import_recording(archive, stream, recording, STATISTICS, now_us=NOW_US, **given)
    return done.frames, done.stored


async def test_what_was_imported_is_read_as_it_was(archive: Archive) -> None:
    foot = walk()
    heard: list[int] = []
    assert await bring(archive, foot, about=About(athlete="A12"), progress=heard.append) == (400, 400)
    back = await read_recording(archive, STREAM, with_stats=True)
    assert back.frames.tobytes() == foot.frames.tobytes()
    assert back.times_us.tolist() == foot.times_us.tolist()
    assert back.layout == foot.layout
    np.testing.assert_array_equal(back.stats, STATISTICS.compute(foot.frames, foot.layout))
    assert sum(heard) == 400
    workout = await archive.workout("run")
    assert (workout.frames, workout.about.athlete) == (400, "A12")
    assert workout.streams[0].epochs[0].next_seq == 400


async def test_the_same_recording_again_adds_nothing(archive: Archive) -> None:
    await bring(archive, walk())
    blocks = len(await archive.keys(STREAM))
    heard: list[int] = []
    assert await bring(archive, walk(), progress=heard.append) == (400, 0)
    assert sum(heard) == 400
    assert len(await archive.keys(STREAM)) == blocks
    assert len((await archive.stream_info(STREAM)).epochs) == 1


async def test_the_same_recording_with_a_geometry_adds_nothing_either(archive: Archive) -> None:
    cells, times_us = np.ones((50, 1, 99), "<f4"), NOW_US - 10_000 * np.arange(50)[::-1]
    bare = Layout(rows=1, cols=99, dtype="float32", unit="kPa", kind="insole", side="left")
    placed = Layout.from_dict({**bare.to_dict(), "geometry": "pedar-x"})
    assert await bring(archive, Recording(cells, times_us, bare)) == (50, 50)
    assert await bring(archive, Recording(cells, times_us, placed)) == (50, 0)
    assert (await archive.stream_info(STREAM)).layout == bare, "calibrating chooses it"


async def test_an_interrupted_import_goes_on_where_it_stopped(memory_archive: MemoryArchive) -> None:
    foot, appends = walk(), memory_archive.append
    calls = 0

    async def failing(batch: Sequence[tuple[Stream, Block]]) -> None:
        nonlocal calls
        calls += 1
        await appends([*batch[:3], (batch[3][0], batch[3][1].part(0, 5))])
        raise StorageAway("gone")

    memory_archive.append = failing  # type: ignore[method-assign]
    with pytest.raises(StorageAway):
        await bring(memory_archive, foot)
    memory_archive.append = appends  # type: ignore[method-assign]
    stored = (await read_recording(memory_archive, STREAM)).frames
    assert 0 < len(stored) < 400
    assert await bring(memory_archive, foot) == (400, 400 - len(stored))
    back = await read_recording(memory_archive, STREAM)
    assert back.frames.tobytes() == foot.frames.tobytes()
    assert back.provenance["duplicates"] == 0
    assert calls == 1


async def test_the_overview_is_made_at_once(archive: Archive) -> None:
    await bring(archive, walk())
    assert await archive.dirty(STREAM) == []
    assert (await overview(archive, STREAM)).n.sum() == 400


async def test_two_recordings_of_one_sensor_share_a_stream(memory_archive: MemoryArchive) -> None:
    first, second = walk(1.0), walk(1.0, seed=8)
    later = Recording(frames=second.frames, times_us=second.times_us + 60_000_000, layout=second.layout)
    for recording in (first, later):
        await bring(memory_archive, recording)
    assert len(await read_recording(memory_archive, STREAM)) == 200


async def test_another_sensor_under_the_same_name_is_refused(memory_archive: MemoryArchive) -> None:
    await bring(memory_archive, walk())
    other = Recording(frames=np.zeros((2, 3, 3)), times_us=np.arange(2), layout=Layout(rows=3, cols=3))
    with pytest.raises(InvalidData, match=r"run/left is of another sensor \(.*cols, .*rows.*\)"):
        await bring(memory_archive, other)
    assert len((await memory_archive.stream_info(STREAM)).epochs) == 1


@pytest.mark.parametrize("times_us", [[-1], [5_000_000_000_000_000], []], ids=["before 1970", "after 2106", "empty"])
async def test_what_cannot_be_stored_leaves_no_workout(times_us: list[int], memory_archive: MemoryArchive) -> None:
    wrong = Recording(
        frames=np.zeros((len(times_us), 1, 1)), times_us=np.array(times_us, np.int64), layout=Layout(rows=1, cols=1)
    )
    with pytest.raises(InvalidData):
        await bring(memory_archive, wrong)
    with pytest.raises(NotFound):
        await memory_archive.workout("run")


def test_blocks_are_bounded_and_cut_where_time_steps_back_or_jumps() -> None:
    layout = Layout(rows=64, cols=64, dtype="uint8")
    times_us = np.concatenate([np.arange(100) * 10_000, 500_000 + np.arange(5), 60_000_000 + np.arange(3) * 700_000])
    long = Recording(frames=np.zeros((108, 64, 64), np.uint8), times_us=times_us, layout=layout)
    blocks = list(blocks_of(long, 0, NOW_US, layout))
    assert [block.seq for block in blocks] == [0, 32, 64, 96, 100, 105]
    assert sum(len(block) for block in blocks) == 108
    assert all(block.nbytes <= 128 << 10 for block in blocks)


def test_the_identity_is_of_the_content_alone() -> None:
    foot = walk(1.0)
    same = Recording(foot.frames.copy(), foot.times_us.copy(), foot.layout, provenance={"file": "other"})
    assert identity(foot) == identity(same)
    assert identity(foot) == identity(replace(foot, layout=replace(foot.layout, scale=2.0)))
    changed = foot.frames.copy()
    changed[-1, -1, -1] += 1
    assert identity(foot) != identity(Recording(changed, foot.times_us, foot.layout))


def dateless(seconds: float = 2.0) -> Recording:
    foot = walk(seconds)
    return replace(foot, times_us=foot.times_us - foot.times_us[0])


async def test_a_file_without_a_date_begins_as_asked_or_with_the_other_stream_or_its_date_is_unknown(
    archive: Archive,
) -> None:
    file = dateless()
    assert await placement(archive, "run", [file], now_us=NOW_US) == Placement(known=False)
    await bring(archive, file, Stream("alone", "left"))
    assert (await archive.stream_info(Stream("alone", "left"))).date_unknown
    start_us = 1_790_000_000_000_000
    asked = await placement(archive, "run", [file], start_us, now_us=NOW_US)
    await bring(archive, file, Stream("asked", "left"), placed=asked)
    info = await archive.stream_info(Stream("asked", "left"))
    assert (info.first_us, info.date_unknown, info.placed) == (start_us, False, "begin as given at import")
    await bring(archive, walk())
    beside = await placement(archive, "run", [replace(file, times_us=file.times_us + 20_000), file], now_us=NOW_US)
    assert beside == Placement(int(walk().times_us[0]), "begin with stream left")
    right = Stream("run", "right")
    await bring(archive, file, right, placed=beside)
    back = await read_recording(archive, right)
    assert back.times_us.tolist() == walk(2.0).times_us.tolist()
    assert back.provenance["placed"] == "begin with stream left"
    assert len(stretches(await archive.workout("run"))) == 1
    assert await placement(archive, "run", [walk()], start_us, now_us=NOW_US) == Placement(), (
        "a file with a date keeps it"
    )
    with pytest.raises(InvalidData, match="start: expected a time from the year 2000"):
        await placement(archive, "run", [file], 5, now_us=NOW_US)


async def test_a_file_that_is_stored_keeps_its_date_when_it_comes_again(archive: Archive) -> None:
    file = dateless()
    await bring(archive, file, placed=Placement(1_790_000_000_000_000, "begin as given at import"))
    assert await bring(archive, file, placed=Placement(1_700_000_000_000_000, "other")) == (200, 0)
    assert (await archive.stream_info(STREAM)).first_us == 1_790_000_000_000_000
    assert len(stretches(await archive.workout("run"))) == 1
