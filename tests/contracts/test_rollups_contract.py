"""What every archive does with rollups and marks, in memory and in MongoDB."""

from __future__ import annotations

import numpy as np
import pytest

from barograph.frames import Block, Layout, Stream
from barograph.store.ports import Archive, Rollup
from barograph.store.rollups import overview, peak_map, refresh

RUN, OTHER = Stream("run", "left"), Stream("run", "right")
T0 = 1_700_000_000_000_000
SECOND = T0 // 1_000_000
FAR_US = 1 << 60
LAYOUT = Layout(rows=2, cols=1, dtype="uint16")
COLUMNS = ("total_force_n", "peak_kpa")


async def opened(archive: Archive, stream: Stream = RUN) -> None:
    await archive.open(stream, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(stream, LAYOUT, COLUMNS, 0)


def block(seconds: float, value: int, seq: int, n: int = 2) -> Block:
    """Frames of one value, 1 ms apart, some seconds after T0."""
    times = T0 + round(seconds * 1e6) + 1000 * np.arange(n)
    stats = np.full((n, 2), (value, np.nan), np.float32)
    return Block(0, seq, times, T0, np.full((n, 2, 1), value, "<u2"), stats)


def row(second: int, value: float) -> Rollup:
    numbers = np.array([value, np.nan])
    cells = np.array([[value], [np.nan]], np.float32)
    return Rollup(second, 5, numbers, numbers + 1, numbers + 2, cells, (cells / 2).astype("f4"))


def same(found: Rollup, stored: Rollup) -> bool:
    names = ("low", "mean", "high", "peak", "mean_map")
    return (found.second, found.n) == (stored.second, stored.n) and all(
        np.array_equal(getattr(found, name), getattr(stored, name), equal_nan=True)
        and getattr(found, name).dtype == getattr(stored, name).dtype
        for name in names
    )


async def dirty_seconds(archive: Archive, stream: Stream = RUN) -> list[int]:
    return [item.second - SECOND for item in await archive.dirty(stream)]


async def test_every_second_with_a_new_frame_is_marked(archive: Archive) -> None:
    await opened(archive)
    await opened(archive, OTHER)
    assert await dirty_seconds(archive) == []
    await archive.append([(RUN, block(0.9995, 1, 0)), (RUN, block(7, 1, 2)), (OTHER, block(3, 1, 0))])
    assert await dirty_seconds(archive) == [0, 1, 7]
    assert await dirty_seconds(archive, OTHER) == [3]


async def test_marks_differ_and_say_since_when(archive: Archive) -> None:
    await opened(archive)
    await archive.mark_dirty(RUN, [SECOND])
    (first,) = await archive.dirty(RUN)
    await archive.mark_dirty(RUN, [SECOND])
    (second,) = await archive.dirty(RUN)
    assert first.mark != second.mark
    assert T0 < first.since_us <= second.since_us < FAR_US


async def test_a_row_comes_back_as_it_went(archive: Archive) -> None:
    await opened(archive)
    await archive.mark_dirty(RUN, [SECOND, SECOND + 1, SECOND + 5])
    rows = [row(SECOND, 1), row(SECOND + 1, 2.5), row(SECOND + 5, -0.1)]
    await archive.put_rollups(RUN, rows, await archive.dirty(RUN))
    assert await archive.dirty(RUN) == []
    assert all(same(a, b) for a, b in zip(await archive.stored_rollups(RUN), rows, strict=True))
    part = await archive.stored_rollups(RUN, SECOND + 1, SECOND + 5, maps=False)
    assert [found.second for found in part] == [SECOND + 1, SECOND + 5]
    assert part[0].peak.shape == part[0].mean_map.shape == (0, 0)
    assert part[0].low[0] == 2.5
    assert await archive.stored_rollups(RUN, SECOND + 2, SECOND + 4) == []


async def test_a_row_is_replaced_whole(archive: Archive) -> None:
    await opened(archive)
    for value in (3.0, float("nan"), 4.0):
        await archive.mark_dirty(RUN, [SECOND])
        await archive.put_rollups(RUN, [row(SECOND, value)], await archive.dirty(RUN))
        (found,) = await archive.stored_rollups(RUN)
        assert same(found, row(SECOND, value))


async def test_a_second_marked_anew_keeps_its_row_and_its_mark(archive: Archive) -> None:
    await opened(archive)
    await archive.mark_dirty(RUN, [SECOND, SECOND + 1])
    await archive.put_rollups(RUN, [row(SECOND, 1)], await archive.dirty(RUN))
    await archive.mark_dirty(RUN, [SECOND])
    old = await archive.dirty(RUN)
    await archive.mark_dirty(RUN, [SECOND])
    await archive.put_rollups(RUN, [row(SECOND, 99)], old)
    assert await dirty_seconds(archive) == [0]
    assert [found.low[0] for found in await archive.stored_rollups(RUN)] == [1]


async def test_a_slow_sweep_does_not_undo_a_newer_one(archive: Archive) -> None:
    await opened(archive)
    await archive.mark_dirty(RUN, [SECOND])
    slow = await archive.dirty(RUN)
    await archive.mark_dirty(RUN, [SECOND])
    await archive.put_rollups(RUN, [row(SECOND, 2)], await archive.dirty(RUN))
    await archive.put_rollups(RUN, [row(SECOND, 1)], slow)
    await archive.put_rollups(RUN, [], slow)
    assert [found.low[0] for found in await archive.stored_rollups(RUN)] == [2]
    assert await archive.dirty(RUN) == []


async def test_a_second_that_has_no_frames_loses_its_row(archive: Archive) -> None:
    await opened(archive)
    await archive.mark_dirty(RUN, [SECOND])
    await archive.put_rollups(RUN, [row(SECOND, 1)], await archive.dirty(RUN))
    await archive.mark_dirty(RUN, [SECOND])
    assert await refresh(archive, RUN, now_us=FAR_US) == 1
    assert await archive.stored_rollups(RUN) == []
    assert await archive.dirty(RUN) == []


async def test_refresh_leaves_young_marks_alone(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(RUN, block(0, 1, 0))])
    (mark,) = await archive.dirty(RUN)
    assert await refresh(archive, RUN, now_us=mark.since_us + 4_999_999, grace_s=5) == 0
    assert await dirty_seconds(archive) == [0]
    assert await refresh(archive, RUN, now_us=mark.since_us + 5_000_000, grace_s=5) == 1
    assert await dirty_seconds(archive) == []


async def test_a_cleaned_second_is_marked_again_by_the_next_frame(archive: Archive) -> None:
    await opened(archive)
    for i in range(3):
        await archive.append([(RUN, block(0.1 * i, i + 1, 2 * i))])
        assert await dirty_seconds(archive) == [0]
        assert await refresh(archive, RUN, now_us=FAR_US) == 1
        (found,) = await archive.stored_rollups(RUN)
        assert (found.n, found.low[0], found.high[0]) == (2 * i + 2, 1, i + 1)


async def test_a_marked_row_is_never_trusted(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(RUN, block(0, 3, 0)), (RUN, block(1, 4, 2))])
    await refresh(archive, RUN, now_us=FAR_US)
    await archive.mark_dirty(RUN, [SECOND])
    await archive.put_rollups(RUN, [row(SECOND, 99)], await archive.dirty(RUN))
    assert (await overview(archive, RUN)).low[:, 0].tolist() == [99, 4]
    await archive.mark_dirty(RUN, [SECOND])
    assert [found.low[0] for found in await archive.stored_rollups(RUN)] == [99, 4]
    assert (await overview(archive, RUN)).low[:, 0].tolist() == [3, 4]
    assert (await peak_map(archive, RUN)).ravel().tolist() == [4, 4]


async def test_an_overview_of_a_range_has_the_seconds_it_touches_whole(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(RUN, block(i, i + 1, 2 * i)) for i in range(6)])
    for _ in range(2):
        found = await overview(archive, RUN, T0 + 1_500_000, T0 + 3_000_000)
        assert found.seconds.tolist() == [SECOND + 1, SECOND + 2, SECOND + 3]
        assert found.n.tolist() == [2, 2, 2]
        assert found.mean[:, 0].tolist() == [2, 3, 4]
        assert np.isnan(found.high[:, 1]).all()
        await refresh(archive, RUN, now_us=FAR_US)
    assert len(await overview(archive, RUN, T0 + 100_000_000)) == 0


async def test_streams_with_old_marks_are_found(archive: Archive) -> None:
    await opened(archive)
    await opened(archive, OTHER)
    assert await archive.dirty_streams(FAR_US) == []
    await archive.append([(OTHER, block(0, 1, 0)), (RUN, block(0, 1, 0)), (RUN, block(1, 1, 2))])
    assert await archive.dirty_streams(FAR_US) == [RUN, OTHER]
    assert await archive.dirty_streams(T0) == []
    await refresh(archive, RUN, now_us=FAR_US)
    assert await archive.dirty_streams(FAR_US) == [OTHER]


async def test_a_stream_without_frames_has_an_empty_overview(archive: Archive) -> None:
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    found = await overview(archive, RUN)
    assert (len(found), found.columns, found.low.shape) == (0, (), (0, 0))
    assert await refresh(archive, RUN, now_us=FAR_US) == 0


@pytest.mark.parametrize("name", ["run:left", "run"])
async def test_rows_of_one_stream_are_not_those_of_another(archive: Archive, name: str) -> None:
    neighbours = [Stream(name, "left"), Stream(name, "left2"), Stream(name + "2", "left")]
    for i, stream in enumerate(neighbours):
        await opened(archive, stream)
        await archive.append([(stream, block(i, i + 1, 0))])
        await refresh(archive, stream, now_us=FAR_US)
    for i, stream in enumerate(neighbours):
        assert [found.high[0] for found in await archive.stored_rollups(stream)] == [i + 1]
