"""What every archive does with its catalogue, in memory and in MongoDB: workouts, streams, epochs, marks, markers."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from barograph.errors import NotFound
from barograph.frames import Block, Layout, Stream
from barograph.store.ports import About, Archive, Marker

T0 = 1_700_000_000_123_457
LEFT, RIGHT = Stream("run", "left"), Stream("run", "right")
LAYOUT = Layout(rows=3, cols=2, dtype="uint16", unit="kPa", pitch_mm=(5.0, 5.5), mask=(1, 1, 1, 1, 1, 0))


async def opened(archive: Archive, stream: Stream = LEFT) -> None:
    await archive.open(stream, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(stream, LAYOUT, ("total", "peak"), 1)


def block(seq: int, n: int = 4) -> Block:
    frames = np.full((n, 3, 2), seq, "<u2")
    return Block(0, seq, T0 + 10_001 * np.arange(seq, seq + n), T0 + seq, frames, np.ones((n, 2), "<f4"))


def test_every_archive_is_one(archive: Archive) -> None:
    assert archive.grace_s >= 0


async def test_an_epoch_gets_its_number_once_in_the_order_of_coming(archive: Archive) -> None:
    numbers = [(await archive.open(LEFT, epoch=epoch, numbered=True, now_us=T0))[1].e for epoch in ("b", "a", "b", "c")]
    assert numbers == [0, 1, 0, 2]
    assert [epoch.epoch for epoch in (await archive.stream_info(LEFT)).epochs] == ["b", "a", "c"]


async def test_whoever_opens_at_once_agrees_on_the_numbers(archive: Archive) -> None:
    names = [f"epoch {i % 4}" for i in range(16)]
    answers = await asyncio.gather(*(archive.open(LEFT, epoch=name, numbered=True, now_us=T0) for name in names))
    numbers: dict[str, int] = {}
    for name, (_, epoch) in zip(names, answers, strict=True):
        assert epoch.epoch == name
        assert numbers.setdefault(name, epoch.e) == epoch.e
    assert sorted(numbers.values()) == [0, 1, 2, 3]


async def test_streams_number_their_epochs_apart(archive: Archive) -> None:
    await archive.open(LEFT, epoch="x", numbered=True, now_us=T0)
    await archive.open(LEFT, epoch="y", numbered=True, now_us=T0)
    assert (await archive.open(RIGHT, epoch="y", numbered=False, now_us=T0))[1].e == 0


async def test_a_stream_is_numbered_only_if_all_its_epochs_are(archive: Archive) -> None:
    info, epoch = await archive.open(LEFT, epoch="x", numbered=True, now_us=T0)
    assert (info.numbered, epoch.numbered) == (True, True)
    info, epoch = await archive.open(LEFT, epoch="y", numbered=False, now_us=T0)
    assert (info.numbered, epoch.numbered) == (False, False)


async def test_the_first_layout_stays(archive: Archive) -> None:
    await archive.open(LEFT, epoch="one", numbered=True, now_us=T0)
    assert (await archive.stream_info(LEFT)).layout is None
    first = await archive.fix_layout(LEFT, LAYOUT, ("total",), 3)
    second = await archive.fix_layout(LEFT, Layout(rows=9, cols=9), ("other",), 4)
    assert (first.layout, first.columns, first.k) == (LAYOUT, ("total",), 3)
    assert (second.layout, second.columns, second.k) == (LAYOUT, ("total",), 3)


async def test_a_layout_comes_back_as_it_went(archive: Archive) -> None:
    layout = Layout(
        rows=2, cols=2, dtype="float32", unit="N/cm2", scale=0.25, offset=-1.5, pitch_mm=(5.08, 5.08),
        cell_area_mm2=(20.0, 21.5, 22.25, 23.0), mask=(1, 0, 1, 1), origin_mm=(-3.5, 4.0), x_axis="left",
        y_axis="up", kind="insole", side="left", cop_floor_n=12.5, contact_kpa=7.5,
    )  # fmt: skip
    await archive.open(LEFT, epoch="one", numbered=True, now_us=T0)
    assert (await archive.fix_layout(LEFT, layout, (), 0)).layout == layout


async def test_of_layouts_that_come_at_once_one_wins(archive: Archive) -> None:
    await archive.open(LEFT, epoch="one", numbered=True, now_us=T0)
    answers = await asyncio.gather(
        *(archive.fix_layout(LEFT, Layout(rows=rows, cols=2), (), 0) for rows in range(1, 9))
    )
    assert len({answer.layout for answer in answers}) == 1


async def test_marks_only_rise(archive: Archive) -> None:
    await opened(archive)
    await archive.mark(LEFT, 0, next_seq=20, frames=18, first_us=T0 + 5, last_us=T0 + 50, now_us=T0 + 60)
    await archive.mark(LEFT, 0, next_seq=10, frames=9, first_us=T0, last_us=T0 + 40, now_us=T0 + 30)
    info = await archive.stream_info(LEFT)
    assert (info.epochs[0].next_seq, info.epochs[0].frames, info.frames) == (20, 18, 18)
    assert (info.first_us, info.last_us, info.last_received_us) == (T0, T0 + 50, T0 + 60)


async def test_marks_belong_to_an_epoch(archive: Archive) -> None:
    await opened(archive)
    await archive.open(LEFT, epoch="two", numbered=True, now_us=T0)
    await archive.mark(LEFT, 1, next_seq=7, frames=7, first_us=T0, last_us=T0, now_us=T0)
    assert [epoch.frames for epoch in (await archive.stream_info(LEFT)).epochs] == [0, 7]
    with pytest.raises(NotFound):
        await archive.mark(LEFT, 2, next_seq=7, frames=7, first_us=T0, last_us=T0, now_us=T0)
    assert len((await archive.stream_info(LEFT)).epochs) == 2


async def test_what_is_said_of_a_workout_is_added(archive: Archive) -> None:
    await archive.note("run", now_us=T0, about=About(athlete="Ada", tags=("track", "wet")))
    await archive.open(LEFT, epoch="one", numbered=True, now_us=T0 + 9, about=About(mass_kg=61.5))
    workout = await archive.note("run", now_us=T0 + 9, about=About(kind="run"))
    assert workout.about == About(athlete="Ada", kind="run", mass_kg=61.5, tags=("track", "wet"))
    assert workout.created_us == T0
    assert [info.stream for info in workout.streams] == [LEFT]


async def test_what_is_said_of_a_workout_is_replaced(archive: Archive) -> None:
    await archive.note("run", now_us=T0, about=About(athlete="Ada", kind="run", tags=("track",)))
    await archive.open(LEFT, epoch="one", numbered=True, now_us=T0)
    workout = await archive.describe("run", About(kind="walk"))
    assert workout == await archive.workout("run")
    assert (workout.about, len(workout.streams)) == (About(kind="walk"), 1)
    with pytest.raises(NotFound):
        await archive.describe("other", About())


async def test_a_workout_is_left_and_entered_again(archive: Archive) -> None:
    assert (await archive.note("run", now_us=T0)).left_us is None
    assert (await archive.note("run", now_us=T0 + 1, left=True)).left_us == T0 + 1
    assert (await archive.note("run", now_us=T0 + 2)).left_us == T0 + 1
    assert (await archive.note("run", now_us=T0 + 3, left=False)).left_us is None


async def test_workouts_come_newest_first_with_their_streams(archive: Archive) -> None:
    for i, name in enumerate(("c", "a", "b")):
        await archive.open(Stream(name, "right"), epoch="x", numbered=True, now_us=T0 + i)
        await archive.open(Stream(name, "left"), epoch="x", numbered=True, now_us=T0 + i)
    found = await archive.workouts()
    assert [workout.workout_id for workout in found] == ["b", "a", "c"]
    assert [[info.stream.stream for info in workout.streams] for workout in found] == [["left", "right"]] * 3
    assert [workout.workout_id for workout in await archive.workouts(limit=1, skip=1)] == ["a"]
    assert await archive.workouts(limit=0) == []


async def test_what_is_not_stored_is_not_found(archive: Archive) -> None:
    for asking in (
        archive.workout("run"), archive.stream_info(LEFT), archive.keys(LEFT), archive.stored_rollups(LEFT),
        archive.fix_layout(LEFT, LAYOUT, (), 0), archive.keys_by_number(LEFT, 0, 0, 9),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="run"):
            await asking


async def test_markers_come_in_order_of_time_and_once(archive: Archive) -> None:
    first, second = Marker(T0, "start"), Marker(T0 + 5, "$turn.")
    with pytest.raises(NotFound, match="run: no such workout"):
        await archive.add_marker("run", first)
    for name in ("run", "run2"):
        await archive.note(name, now_us=T0)
    for marker in (second, first, second):
        await archive.add_marker("run", marker)
    await archive.add_marker("run2", Marker(T0, "other"))
    together = [Marker(T0 + 9, label) for label in ("b", "a", "c")]
    for marker in together:
        await archive.add_marker("run", marker)
    assert await archive.markers("run") == [first, second, *sorted(together, key=lambda one: one.label)]
    assert await archive.markers("none") == []


async def test_names_are_taken_as_they_are(archive: Archive) -> None:
    streams = [Stream("a", "b:c"), Stream("a:b", "c"), Stream("$a.b", "$set"), Stream("ü%3A", "{x}")]
    for i, stream in enumerate(streams):
        await opened(archive, stream)
        await archive.append([(stream, block(0, i + 1))])
    assert [(await archive.keys(stream)).n.tolist() for stream in streams] == [[1], [2], [3], [4]]


async def test_deleting_erases_one_workout_whole(archive: Archive) -> None:
    other = Stream("run2", "left")
    for stream in (LEFT, RIGHT, other):
        await opened(archive, stream)
        await archive.append([(stream, block(0))])
        await archive.add_marker(stream.workout_id, Marker(T0, "x"))
    await archive.delete("run")
    assert [workout.workout_id for workout in await archive.workouts()] == ["run2"]
    assert await archive.markers("run") == []
    assert len(await archive.keys(other)) == 1
    assert await archive.dirty_streams(1 << 60) == [other]
    await opened(archive)
    assert len(await archive.keys(LEFT)) == 0
    assert await archive.dirty(LEFT) == []
    await archive.delete("never there")


async def test_an_archive_answers_a_ping(archive: Archive) -> None:
    await archive.ping()
