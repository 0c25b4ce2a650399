"""Rollups against plain computations: one row, and a whole overview whatever the order of arrival."""

from __future__ import annotations

import asyncio
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.curve import Curve
from barograph.frames import Block, Layout, Stream
from barograph.store.memory.archive import MemoryArchive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive
from barograph.store.reading import read
from barograph.store.rollups import overview, peak_map, rebuild, refresh, rollup, rows

RUN = Stream("run", "left")
T0 = 1_700_000_000_000_000
SECOND = T0 // 1_000_000


def block(
    frames: np.ndarray, stats: np.ndarray | None = None, t0_us: int = T0, step_us: int = 100_000, seq: int = 0
) -> Block:
    return Block(0, seq, t0_us + step_us * np.arange(len(frames)), T0, frames, stats)


def test_a_row_counts_the_frames_of_its_second_alone() -> None:
    layout = Layout(rows=1, cols=1, dtype="uint8")
    frames = np.arange(20, dtype="u1").reshape(20, 1, 1)
    stats = frames.reshape(20, 1).astype("f4")
    whole = block(frames, stats, t0_us=T0 + 500_000)
    for second, first, last in ((SECOND, 0, 4), (SECOND + 1, 5, 14), (SECOND + 2, 15, 19)):
        row = rollup(second, [whole.part(0, 7), whole.part(7, 20)], layout, 1)
        assert (row.second, row.n) == (second, last - first + 1)
        assert (row.low[0], row.mean[0], row.high[0]) == (first, (first + last) / 2, last)
        assert (row.peak[0, 0], row.mean_map[0, 0]) == (last, (first + last) / 2)


def test_nan_counts_nowhere_and_what_was_never_defined_is_nan() -> None:
    layout = Layout(rows=1, cols=3, dtype="float64")
    frames = np.array([[[1.0, np.nan, np.nan]], [[3.0, 5.0, np.nan]]])
    stats = np.array([[1.0, np.nan, np.nan], [2.0, 7.0, np.nan]], np.float32)
    row = rollup(SECOND, [block(frames, stats)], layout, 3)
    np.testing.assert_array_equal(row.low, [1, 7, np.nan])
    np.testing.assert_array_equal(row.mean, [1.5, 7, np.nan])
    np.testing.assert_array_equal(row.high, [2, 7, np.nan])
    np.testing.assert_array_equal(row.peak, [[3, 5, np.nan]])
    np.testing.assert_array_equal(row.mean_map, [[2, 5, np.nan]])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_cells_that_do_not_exist_are_nan_in_the_maps(dtype: str) -> None:
    layout = Layout(rows=2, cols=2, dtype=dtype, mask=(1, 0, 1, 1))  # type: ignore[arg-type]
    frames = np.array([[[1, 0], [2, 0]], [[3, 0], [1, 0]]], dtype)
    row = rollup(SECOND, [block(frames)], layout, 0)
    np.testing.assert_array_equal(row.peak, [[3, np.nan], [2, 0]])
    np.testing.assert_array_equal(row.mean_map, [[2, np.nan], [1.5, 0]])
    assert row.peak.dtype == row.mean_map.dtype == np.float32


def test_frames_without_statistics_count_as_frames() -> None:
    layout = Layout(rows=1, cols=1, dtype="uint8")
    frames = np.ones((3, 1, 1), "u1")
    row = rollup(SECOND, [block(frames), block(frames, np.full((3, 1), 4, "f4"), seq=3)], layout, 1)
    assert (row.n, row.low[0], row.mean[0], row.high[0]) == (6, 4, 4, 4)


def test_a_second_without_frames_is_a_row_of_none() -> None:
    layout = Layout(rows=2, cols=1, dtype="float32")
    row = rollup(SECOND, [], layout, 2)
    assert row.n == 0
    assert np.isnan([*row.low, *row.mean, *row.high, *row.peak.ravel(), *row.mean_map.ravel()]).all()


def test_cells_too_large_for_a_map_are_the_largest_it_has() -> None:
    layout = Layout(rows=1, cols=2, dtype="float64")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = rollup(SECOND, [block(np.array([[[1e300, -1e300]]]))], layout, 0)
    assert row.peak.tolist() == [[np.finfo(np.float32).max, np.finfo(np.float32).min]]


def test_the_mean_is_taken_in_float64() -> None:
    layout = Layout(rows=1, cols=1, dtype="float32")
    frames = np.full((1000, 1, 1), 16_777_217, np.float32)
    stats = np.full((1000, 1), 0.1, np.float32)
    row = rollup(SECOND, [block(frames, stats, step_us=1000)], layout, 1)
    assert row.mean[0] == pytest.approx(float(np.float32(0.1)), rel=1e-14)
    assert row.mean_map[0, 0] == frames[0, 0, 0]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_whole_numbers_and_floats_make_the_same_maps(dtype: str) -> None:
    layout = Layout(rows=3, cols=2, dtype=dtype)  # type: ignore[arg-type]
    frames = np.random.default_rng(1).integers(0, 256, (50, 3, 2)).astype(dtype)
    row = rollup(SECOND, [block(frames, step_us=1000)], layout, 0)
    np.testing.assert_array_equal(row.peak, frames.astype(np.float64).max(axis=0).astype(np.float32))
    np.testing.assert_array_equal(row.mean_map, (frames.astype(np.float64).sum(axis=0) / 50).astype(np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("scale", [0.5, -0.5])
@pytest.mark.parametrize("tare", [None, (10.5, 0.0, 200.0, 90.0)])
def test_the_maps_read_as_the_largest_and_the_mean_reading(
    dtype: str, scale: float, tare: tuple[float, ...] | None
) -> None:
    layout = Layout(
        rows=2, cols=2, dtype=dtype, unit="kPa", scale=scale, offset=3.0, cell_factors=(1.0, 2.0, 0.5, 1.5), tare=tare
    )  # type: ignore[arg-type]
    frames = np.random.default_rng(3).integers(0, 250, (9, 2, 2)).astype(dtype)
    if dtype.startswith("float"):
        frames[2, 0, 1] = np.nan
    row = rollup(SECOND, [block(frames)], layout, 0)
    readings = layout.to_unit(frames)
    np.testing.assert_allclose(layout.to_unit(row.peak), np.nanmax(readings, axis=0), rtol=1e-6)
    np.testing.assert_allclose(layout.to_unit(row.mean_map), np.nanmean(readings, axis=0), rtol=1e-5, atol=1e-5)


CURVES = {
    "a cubic": Curve(kind="polynomial", numbers=((0.1, 0.02, -1e-4, 2e-6),)),
    "a power law a cell": Curve(kind="power", numbers=((0.1, 1.2), (0.2, 1.1), (0.1, 0.9), (0.3, 1.5))),
    "a table": Curve(kind="table", numbers=((0.0, 0.0, 50.0, 10.0, 400.0, 100.0),)),
    "a table that ends": Curve(kind="table", numbers=((10.0, 0.0, 50.0, 10.0, 240.0, 100.0),)),
    "a falling curve": Curve(kind="exponential", numbers=((90.0, -0.02, 1.0),)),
}


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("tare", [None, (10.5, 0.0, 200.0, 90.0)])
def test_the_maps_read_through_a_curve_as_the_largest_and_the_mean_reading(
    curve: str, dtype: str, tare: tuple[float, ...] | None
) -> None:
    layout = Layout(
        rows=2, cols=2, dtype=dtype, unit="kPa", scale=0.5, cell_factors=(1.0, 1.2, 0.5, 1.0), tare=tare,
        curve=CURVES[curve],
    )  # type: ignore[arg-type]  # fmt: skip
    frames = np.random.default_rng(3).integers(0, 250, (9, 2, 2)).astype(dtype)
    row = rollup(SECOND, [block(frames)], layout, 0)
    readings = layout.to_unit(frames)
    np.testing.assert_allclose(layout.to_unit(row.peak), np.nanmax(readings, axis=0), rtol=1e-6)
    np.testing.assert_allclose(layout.to_unit(row.mean_map), np.nanmean(readings, axis=0), rtol=1e-5, atol=1e-5)


async def test_of_a_falling_scale_the_largest_reading_of_all_seconds_is_the_smallest_value() -> None:
    archive = MemoryArchive()
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, Layout(rows=1, cols=1, dtype="uint8", unit="kPa", scale=-1.0, offset=255.0), (), 0)
    frames = np.array([9, 4, 7, 200], np.uint8).reshape(4, 1, 1)
    await archive.append([(RUN, block(frames, step_us=1_000_000))])
    assert (await peak_map(archive, RUN)).tolist() == [[4.0]]


LAYOUT = Layout(rows=2, cols=2, dtype="float32", mask=(1, 1, 1, 0))
N = 60


def the_whole() -> Block:
    """Sixty frames over twenty seconds, some cells and some statistics missing."""
    rng = np.random.default_rng(7)
    frames = rng.normal(50, 20, (N, 2, 2)).astype("f4")
    frames[rng.random((N, 2, 2)) < 0.2] = np.nan
    stats = rng.normal(100, 30, (N, 2)).astype("f4")
    stats[rng.random((N, 2)) < 0.3] = np.nan
    times = T0 + np.cumsum(rng.integers(1, 700_000, N))
    return Block(0, 0, times, T0, frames, stats)


async def archive_for(whole: Block) -> MemoryArchive:
    archive = MemoryArchive()
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, LAYOUT, ("a", "b"), 0)
    return archive


async def check_against_frames(archive: Archive) -> None:
    """Overview and maps equal a plain computation over what the reading rule returns."""
    found = [part async for part in read(archive, RUN)]
    times = np.concatenate([part.times_us for part in found])
    frames = np.concatenate([part.frames for part in found]).astype(np.float64)
    stats = np.concatenate([part.stats for part in found if part.stats is not None]).astype(np.float64)
    seconds = np.unique(times // 1_000_000)
    whole = await overview(archive, RUN)
    assert whole.columns == ("a", "b")
    assert whole.seconds.tolist() == seconds.tolist()
    masked = np.where(LAYOUT.valid, frames, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's own way with what is all NaN
        for i, (second, row) in enumerate(zip(seconds, await rows(archive, RUN), strict=True)):
            here = times // 1_000_000 == second
            assert whole.n[i] == row.n == here.sum()
            np.testing.assert_array_equal(whole.low[i], np.nanmin(stats[here], axis=0))
            np.testing.assert_allclose(whole.mean[i], np.nanmean(stats[here], axis=0), rtol=1e-12)
            np.testing.assert_array_equal(whole.high[i], np.nanmax(stats[here], axis=0))
            np.testing.assert_array_equal(row.peak, np.nanmax(masked[here], axis=0).astype("f4"))
            np.testing.assert_allclose(row.mean_map, np.nanmean(masked[here], axis=0), rtol=1e-6)
        np.testing.assert_array_equal(await peak_map(archive, RUN), np.nanmax(masked, axis=0).astype("f4"))


arrivals = st.lists(
    st.one_of(
        st.tuples(st.integers(0, N - 1), st.integers(1, 12)),  # a block, perhaps again, perhaps overlapping
        st.just("refresh"),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(arrivals)
async def test_whatever_the_order_and_repetition_of_arrival_the_overview_is_exact(arriving: list[object]) -> None:
    whole = the_whole()
    archive = await archive_for(whole)
    await archive.append([(RUN, whole.part(0, 1))])
    for what in arriving:
        if isinstance(what, tuple):
            await archive.append([(RUN, whole.part(what[0], min(N, what[0] + what[1])))])
        else:
            await refresh(archive, RUN, now_us=1 << 60)
            assert await archive.dirty(RUN) == []
    await check_against_frames(archive)
    await refresh(archive, RUN, now_us=1 << 60)
    await check_against_frames(archive)


async def test_a_long_stream_is_made_in_groups_that_fit_into_memory() -> None:
    archive = MemoryArchive()
    layout = Layout(rows=512, cols=512, dtype="uint16")
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, layout, (), 0)
    frames = np.zeros((4, 512, 512), "<u2")
    frames[:, 0, 0] = (1, 2, 3, 4)
    await archive.append([(RUN, block(frames, step_us=1_000_000))])
    assert await refresh(archive, RUN, now_us=1 << 60) == 4
    assert [row.peak[0, 0] for row in await archive.stored_rollups(RUN)] == [1, 2, 3, 4]
    assert (await peak_map(archive, RUN))[0, 0] == 4


async def test_who_has_other_work_rests_after_each_group_of_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, pauses = the_whole(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    archive = await archive_for(whole)
    await archive.append([(RUN, whole)])
    groups = sum(np.diff(np.unique(whole.times_us // 1_000_000), prepend=-9) != 1)
    monkeypatch.setattr(asyncio, "sleep", pause)
    await refresh(archive, RUN, now_us=1 << 60, rest=4.0)
    assert len(pauses) == groups
    assert min(pauses) > 0


async def test_rebuilding_makes_every_row_again_from_the_frames(mongo_archive: MongoArchive) -> None:
    stream = Stream("again", "left")
    await mongo_archive.open(stream, epoch="e", numbered=True, now_us=1)
    layout = Layout(rows=2, cols=2)
    await mongo_archive.fix_layout(stream, layout, ("raw_sum",), 1)
    times_us = 1_700_000_000_000_000 + np.arange(250, dtype=np.int64) * 10_000
    for seq in range(0, 250, 50):
        frames = np.full((50, 2, 2), float(seq))
        stats = np.full((50, 1), 4.0 * seq, np.float32)
        await mongo_archive.append([(stream, Block(0, seq, times_us[seq : seq + 50], 1, frames, stats))])
    before = await overview(mongo_archive, stream)
    assert await rebuild(mongo_archive, stream, now_us=time.time_ns() // 1000) == (3, 3)
    assert await mongo_archive.dirty(stream) == []
    after = await overview(mongo_archive, stream)
    assert after.seconds.tolist() == before.seconds.tolist()
    np.testing.assert_array_equal(after.mean, before.mean)


async def test_rebuilding_a_stream_that_is_written_only_marks_its_rows(mongo_archive: MongoArchive) -> None:
    stream = Stream("busy", "left")
    await mongo_archive.open(stream, epoch="e", numbered=True, now_us=1)
    await mongo_archive.fix_layout(stream, Layout(rows=1, cols=1), (), 1)
    now_us = time.time_ns() // 1000
    await mongo_archive.append([(stream, Block(0, 0, np.array([now_us]), now_us, np.ones((1, 1, 1))))])
    await mongo_archive.mark(stream, 0, next_seq=1, frames=1, first_us=now_us, last_us=now_us, now_us=now_us)
    assert await rebuild(mongo_archive, stream, now_us=now_us) == (1, 0)
    assert len(await mongo_archive.dirty(stream)) == 1
