"""Cold storage: whoever reads an archived session does not notice, and what is erased goes there too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from archived import FRAMES, OTHER, RUN, T0, block, recorded
from numpy.typing import NDArray

from barograph.errors import FramesAway, NotFound
from barograph.frames import Layout, Stream
from barograph.store.cold.port import MovedFrames
from barograph.store.memory.archive import MemoryArchive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive
from barograph.store.reading import plan, read_computed, read_recording
from barograph.store.rollups import refresh, rows


def total(frames: NDArray[Any], _layout: Layout) -> NDArray[np.float32]:
    """A statistic for rollups."""
    return np.asarray(np.nansum(frames.reshape(len(frames), -1), axis=1, keepdims=True), np.float32)


async def seen(archive: Archive, stream: Stream = RUN) -> dict[str, Any]:
    """All that a reader gets of a stream."""
    recording = await read_recording(archive, stream, with_stats=True)
    part = await read_recording(archive, stream, T0 + 50_000, T0 + 120_000)
    planned = await plan(archive, stream)
    computed = [one async for one in read_computed(archive, planned)]
    numbers = await archive.keys_by_number(stream, 0, 7, 12)
    return {
        "cells": recording.frames.tobytes(), "times": recording.times_us.tolist(), "gaps": recording.gaps,
        "stats": None if recording.stats is None else recording.stats.to_numpy().tolist(),
        "provenance": recording.provenance, "part": (part.frames.tobytes(), part.times_us.tolist()),
        "duplicates": planned.duplicates, "computed": [one.stats.tolist() for one in computed if one.stats is not None],
        "numbers": sorted(numbers.seq.tolist()), "info": await archive.stream_info(stream),
    }  # fmt: skip


async def test_an_archived_session_is_read_as_before_by_whatever_reads(archive: Archive) -> None:
    await recorded(archive)
    before = {stream: await seen(archive, stream) for stream in (RUN, OTHER)}
    told: list[tuple[int, int]] = []
    moved = await archive.cold.archive("run", lambda done, of: told.append((done, of)))
    assert (moved.blocks, moved.frames) == (8, 2 * FRAMES)
    assert moved.size > 0
    assert told[-1][0] == told[-1][1]
    for stream in (RUN, OTHER):
        after = await seen(archive, stream)
        infos = before[stream].pop("info"), after.pop("info")
        assert after == before[stream]
        assert [one.frames for one in infos] == [FRAMES] * 2
    (workout,) = await archive.workouts()
    assert workout.archived_us is not None
    assert workout.frames == 2 * FRAMES
    state = await archive.cold.state()
    assert (state.sessions, state.frames, state.unfinished, state.leaving) == (1, 2 * FRAMES, 0, 0)
    assert await archive.cold.check() == []


async def test_there_is_nothing_to_move_twice_and_nothing_of_what_is_not_there(archive: Archive) -> None:
    await recorded(archive)
    await archive.cold.archive("run")
    at_us = (await archive.workout("run")).archived_us
    assert await archive.cold.archive("run") == MovedFrames()
    assert (await archive.workout("run")).archived_us == at_us
    with pytest.raises(NotFound):
        await archive.cold.archive("walk")
    with pytest.raises(NotFound):
        await archive.cold.bring_back("walk")


async def test_what_a_device_sends_later_is_read_with_what_is_archived(archive: Archive) -> None:
    await recorded(archive, RUN)
    await archive.cold.archive("run")
    await archive.append([(RUN, block(FRAMES)), (RUN, block(5))])  # new ones, and some that are archived
    found = await plan(archive, RUN)
    assert (found.frames, found.duplicates, found.gaps) == (FRAMES + 5, 5, ())
    recording = await read_recording(archive, RUN)
    assert recording.frames[:, 1, 0].tolist() == [6.0 * i + 2 for i in range(FRAMES + 5)]
    assert (await archive.cold.archive("run")).frames == 10
    assert (await plan(archive, RUN)).frames == FRAMES + 5
    assert (await archive.stream_info(RUN)).frames == FRAMES + 5


async def test_a_session_that_is_brought_back_is_as_it_was(archive: Archive) -> None:
    await recorded(archive)
    before = await seen(archive)
    await archive.cold.archive("run")
    moved = await archive.cold.bring_back("run")
    assert (moved.blocks, moved.frames) == (8, 2 * FRAMES)
    after = await seen(archive)
    assert (after.pop("info").frames, before.pop("info").frames) == (FRAMES, FRAMES)
    assert after == before
    assert (await archive.workout("run")).archived_us is None
    assert (await archive.cold.state()).sessions == 0
    assert await archive.cold.check() == []
    assert (await archive.cold.archive("run")).frames == 2 * FRAMES, "and may be archived again"
    assert (await seen(archive))["cells"] == before["cells"]


async def test_rows_of_seconds_stay_and_are_made_again_of_archived_frames(archive: Archive) -> None:
    await recorded(archive, RUN)
    await refresh(archive, RUN, now_us=1 << 60, compute=total, rest=0.0)
    before = await rows(archive, await archive.stream_info(RUN))
    await archive.cold.archive("run")
    for made in (False, True):
        if made:
            await archive.mark_dirty(RUN, [one.second for one in before])
            await refresh(archive, RUN, now_us=1 << 60, compute=total, rest=0.0)
        after = await rows(archive, await archive.stream_info(RUN))
        assert [(one.second, one.n) for one in after] == [(one.second, one.n) for one in before]
        assert all(np.array_equal(a.peak, b.peak, equal_nan=True) for a, b in zip(after, before, strict=True))
    assert (await archive.stream_info(RUN)).frames == FRAMES


def take_away(archive: Archive) -> None:
    """Make cold storage as if its disk were not there."""
    if isinstance(archive, MemoryArchive):
        archive.cold.away = True
    else:
        assert isinstance(archive, MongoArchive)
        root = archive.cold.place.root  # type: ignore[attr-defined]
        root.rename(root.with_name("away"))


async def test_where_cold_storage_is_away_its_sessions_say_so_and_all_else_goes_on(archive: Archive) -> None:
    await recorded(archive)
    await recorded(archive, Stream("walk", "left"))
    await archive.cold.archive("run")
    archive_cold_keys_forgotten(archive)
    take_away(archive)
    for asked in (read_recording(archive, RUN), archive.keys(RUN), archive.keys_by_number(RUN, 0, 0, 5)):
        with pytest.raises(FramesAway, match="cold storage"):
            await asked
    with pytest.raises(FramesAway):
        await archive.cold.archive("walk")
    assert len(await read_recording(archive, Stream("walk", "left"))) == FRAMES
    assert {one.workout_id: one.frames for one in await archive.workouts()} == {"run": 2 * FRAMES, "walk": FRAMES}
    await archive.append([(RUN, block(FRAMES))])
    assert (await archive.workout("run")).frames == 2 * FRAMES + 5
    assert await archive.delete("run") is True
    with pytest.raises(NotFound):
        await archive.workout("run")


def archive_cold_keys_forgotten(archive: Archive) -> None:
    """Let nothing of what was read be at hand."""
    if isinstance(archive, MongoArchive):
        archive.cold.forget("")


async def test_an_erased_session_is_not_in_cold_storage_any_more(archive: Archive) -> None:
    await recorded(archive)
    await recorded(archive, Stream("walk", "left"))
    for name in ("run", "walk"):
        await archive.cold.archive(name)
    uid = (await archive.workout("run")).uid
    assert await archive.delete("run") is True
    state = await archive.cold.state()
    assert (state.sessions, state.frames, state.leaving) == (1, FRAMES, 0)
    assert await archive.cold.check() == []
    receipt = await archive.receipts.of_session(uid)
    assert receipt is not None
    assert receipt.counts["frames"] == 2 * FRAMES
    assert len(await read_recording(archive, Stream("walk", "left"))) == FRAMES
    await recorded(archive, RUN)
    assert len(await read_recording(archive, RUN)) == FRAMES, "another one of the name has nothing of it"
    assert (await archive.workout("run")).archived_us is None
