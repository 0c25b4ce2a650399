"""Summaries: kept with what they were made of, computed by one process at a time, erased with their session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from barograph.errors import CodecError, Gone, InvalidData, NotFound
from barograph.frames import Block, Layout, Stream
from barograph.store.calibration import calibrate
from barograph.store.ports import About, Archive, Workout
from barograph.store.records import Unstored
from barograph.store.summaries import SummariesState, Summary, basis
from barograph.store.summary_rows import packed, unpacked

T0 = 1_700_000_000_000_000
RAW = Layout(rows=2, cols=3, dtype="uint16", pitch_mm=(10.0, 10.0))


async def session(archive: Archive, name: str = "run") -> Workout:
    """A session of ten frames."""
    stream = Stream(name, "left")
    await archive.open(stream, epoch=name, numbered=True, now_us=T0)
    await archive.fix_layout(stream, RAW, ("raw_sum",), 1)
    await frames(archive, name, 0)
    return await archive.workout(name)


async def frames(archive: Archive, name: str, seq: int) -> None:
    times_us = T0 + 10_000 * np.arange(seq, seq + 10)
    cells, stats = np.ones((10, 2, 3), "<u2"), np.ones((10, 1), "<f4")
    await archive.append([(Stream(name, "left"), Block(0, seq, times_us, T0 + 1 + seq, cells, stats))])


def made(workout: Workout, table: str = "session", **more: object) -> Summary:
    plain = Summary(workout.workout_id, workout.uid, table, basis(workout), "1", T0, 2, 0.5, rows=b"rows of a table")
    return replace(plain, **more)  # type: ignore[arg-type]


async def test_what_is_kept_comes_back_until_it_is_replaced(archive: Archive) -> None:
    run, walk = await session(archive), await session(archive, "walk")
    for one in (run, walk):
        assert await archive.summaries.take(one, "worker", 30.0)
    assert await archive.summaries.stored([run, walk], ["session"]) == []
    kept = [made(run), made(run, "steps", n=0, why="no frames", rows=b"")]
    assert await archive.summaries.keep(run, kept, "worker")
    assert await archive.summaries.keep(walk, [made(walk)], "worker")
    asked = ["steps", "session", "unknown"]
    found = {(one.workout_id, one.table): one for one in await archive.summaries.stored([run, walk], asked)}
    assert found == {("run", "session"): kept[0], ("run", "steps"): kept[1], ("walk", "session"): made(walk)}
    (short,) = await archive.summaries.stored([walk], ["session"], rows=False)
    assert short == replace(made(walk), rows=b"")
    later = made(run, version="2", rows=b"other rows")
    assert await archive.summaries.keep(run, [later], "worker")
    assert await archive.summaries.stored([run], ["session"]) == [later]
    newer = replace(made(walk), at_us=T0 + 5)
    assert await archive.summaries.keep(walk, [newer], "worker")
    assert await archive.summaries.since("session", T0 + 1) == [newer]
    assert {one.uid for one in await archive.summaries.since("session")} == {run.uid, walk.uid}
    assert [one.why for one in await archive.summaries.failed()] == ["no frames"]
    assert await archive.summaries.keep(run, [made(run, "steps")], "worker")
    assert await archive.summaries.failed() == []


async def test_one_process_at_a_time_computes_a_session(archive: Archive) -> None:
    run = await session(archive)
    taken = await asyncio.gather(*(archive.summaries.take(run, f"worker {i}", 30.0) for i in range(4)))
    assert sorted(taken) == [0, 0, 0, 1]
    holder, other = f"worker {taken.index(1)}", f"worker {taken.index(0)}"
    assert await archive.summaries.take(run, holder, 0.05) == 1
    assert not await archive.summaries.keep(run, [made(run)], other)
    assert await archive.summaries.stored([run], ["session"]) == []
    await asyncio.sleep(0.2)  # whoever held it was killed
    assert await archive.summaries.take(run, other, 30.0) == 2
    assert not await archive.summaries.keep(run, [made(run)], holder)
    await archive.summaries.release(run, holder)
    assert not await archive.summaries.take(run, holder, 30.0)
    await archive.summaries.release(run, other)
    assert await archive.summaries.take(run, holder, 30.0) == 1


async def test_what_is_erased_has_no_summary_and_gets_none(archive: Archive) -> None:
    run, walk = await session(archive), await session(archive, "walk")
    for one in (run, walk):
        await archive.summaries.take(one, "worker", 30.0)
        await archive.summaries.keep(one, [made(one)], "worker")
    await archive.delete("run")
    assert [one.workout_id for one in await archive.summaries.stored([run, walk], ["session"])] == ["walk"]
    calls: list[Any] = [
        lambda: archive.summaries.keep(run, [made(run)], "worker"),
        lambda: archive.summaries.take(run, "worker", 1.0),
    ]
    for call in calls:
        with pytest.raises(Gone, match="run"):
            await call()
    again = await session(archive)
    assert again.uid != run.uid
    with pytest.raises(Gone, match="run"):
        await archive.summaries.keep(run, [made(run)], "worker")
    assert await archive.summaries.take(again, "worker", 30.0)
    assert await archive.summaries.keep(again, [made(again)], "worker")
    await archive.sweep(1 << 62)
    found = await archive.summaries.stored([run, again, walk], ["session"])
    assert {one.uid for one in found} == {again.uid, walk.uid}
    with pytest.raises(NotFound, match="never"):
        await archive.summaries.take(replace(run, workout_id="never"), "worker", 1.0)


async def test_all_that_tables_depend_on_changes_their_basis(archive: Archive) -> None:
    known = [basis(await session(archive))]

    async def changed() -> bool:
        known.append(basis(await archive.workout("run")))
        return known[-1] != known[-2]

    assert not await changed()
    await frames(archive, "run", 10)
    assert await changed()
    await calibrate(archive, Stream("run", "left"), unit="kPa", scale=0.5)
    assert await changed()
    await archive.settle(Stream("run", "left"), 0, [Unstored(20, 5, "declared")], lease="")
    assert await changed()
    await archive.describe("run", About(mass_kg=61.0, athlete="Ada"))
    assert await changed()
    await archive.describe("run", About(mass_kg=61.0, kind="gait", tags=("a",)))
    assert not await changed()
    assert len(set(known)) == 5


async def test_the_worker_says_how_far_it_is(archive: Archive) -> None:
    assert await archive.summaries.state() is None
    for state in (SummariesState(T0, 10, 4, 1, "a machine"), SummariesState(T0 + 1, 10, 9, 1, "a machine")):
        await archive.summaries.tell(state)
        assert await archive.summaries.state() == state
    assert SummariesState(T0, 10, 4, 1).waiting == 5


def test_a_table_comes_back_from_its_bytes_to_the_last_bit() -> None:
    table = pd.DataFrame({
        "value": [0.1, np.nan, -np.inf], "n": [1, -2, 1 << 60], "cut": [True, False, True],
        "side": ["left", None, "größer"], "small": np.array([0.1, 0.2, 0.3], np.float32).astype(float),
    })  # fmt: skip
    table.attrs = {"gaps": [[1, 2]], "said": "yes", "least": None, "share": 0.1}
    back = unpacked(packed(table))
    pd.testing.assert_frame_equal(back, table, check_exact=True)
    assert back.attrs == table.attrs
    empty = unpacked(packed(table.iloc[:0]))
    assert (len(empty), list(empty)) == (0, list(table))


def test_what_is_no_table_is_refused() -> None:
    good = packed(pd.DataFrame({"value": [1.0, 2.0]}))
    wrong = packed(pd.DataFrame({"value": [1.0]}))
    for data in (b"", good[:9], good[:-3], b"\xff" * 16, wrong[:8] + good[8:]):
        with pytest.raises(CodecError):
            unpacked(data)
    with pytest.raises(InvalidData, match="rows: expected at most"):
        packed(pd.DataFrame({"noise": np.random.default_rng(1).random(2_500_000)}))


async def test_results_of_a_stream_are_found_by_name_and_replaced_together(archive: Archive) -> None:
    run, walk = await session(archive), await session(archive, "walk")
    for one in (run, walk):
        await archive.summaries.take(one, "worker", 30.0)
        await archive.summaries.keep(one, [made(one), made(one, "result 1"), made(one, "result 2")], "worker")
    info = await archive.stream_info(Stream("run", "left"))
    assert await archive.summaries.of_stream(info, "result 1") == made(run, "result 1")
    assert await archive.summaries.of_stream(info, "result 3") is None
    await archive.summaries.keep(run, [made(run, "result 2"), made(run, "result 3")], "worker", "result ")
    names = ["session", "result 1", "result 2", "result 3"]
    assert {one.table for one in await archive.summaries.stored([run], names)} == {"session", "result 2", "result 3"}
    assert {one.table for one in await archive.summaries.stored([walk], names)} == {"session", "result 1", "result 2"}
