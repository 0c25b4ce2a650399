"""What every archive does, in memory and in MongoDB: frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barograph.errors import InvalidData, NotFound
from barograph.frames import Block, Layout, Stream
from barograph.store.ports import Archive, Keys, Marker
from barograph.store.reading import plan, read, read_computed, read_recording

T0 = 1_700_000_000_123_457
LEFT, RIGHT = Stream("run", "left"), Stream("run", "right")
LAYOUT = Layout(rows=3, cols=2, dtype="uint16", unit="kPa", pitch_mm=(5.0, 5.5), mask=(1, 1, 1, 1, 1, 0))


async def opened(archive: Archive, stream: Stream = LEFT, layout: Layout = LAYOUT, **given: object) -> None:
    await archive.open(stream, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(stream, layout, ("total", "peak"), 1)


def block(seq: int, n: int = 4, *, e: int = 0, t0_us: int = T0, step_us: int = 10_001, **given: object) -> Block:
    rng = np.random.default_rng([e, seq, n])
    return Block(
        e=e,
        seq=seq,
        times_us=t0_us + step_us * np.arange(seq, seq + n),
        received_us=T0 + seq,
        frames=rng.integers(0, 1 << 16, (n, 3, 2)).astype("<u2"),
        stats=rng.random((n, 2)).astype("<f4"),
    )


def same(found: Block, stored: Block) -> bool:
    if found.stats is None or stored.stats is None:
        return False
    return (found.e, found.seq, found.received_us) == (stored.e, stored.seq, stored.received_us) and all(
        a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
        for a, b in (
            (found.times_us, stored.times_us),
            (found.frames, stored.frames),
            (found.stats, stored.stats),
        )
    )


def blocks_of(keys: Keys) -> list[tuple[int, int, int]]:
    return sorted(zip(keys.e.tolist(), keys.seq.tolist(), keys.n.tolist(), strict=True))


class TestFrames:
    async def test_what_was_stored_is_read_to_the_bit(self, archive: Archive) -> None:
        await opened(archive)
        stored = [block(0, 10), block(10, 1), block(11, 7)]
        await archive.append([(LEFT, item) for item in stored])
        keys = await archive.keys(LEFT)
        order = np.argsort(keys.seq).tolist()
        found = await archive.load(LEFT, keys, order)
        assert all(same(a, b) for a, b in zip(found, stored, strict=True))
        assert all(same(a, b) for a, b in zip(await archive.load(LEFT, keys, order[::-1]), stored[::-1], strict=True))
        assert await archive.load(LEFT, keys, []) == []
        statistics = await archive.load_stats(LEFT, keys, order)
        assert all(np.array_equal(a, b.stats, equal_nan=True) for a, b in zip(statistics, stored, strict=True))
        assert await archive.load_stats(LEFT, keys, []) == []

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
    async def test_every_dtype_keeps_its_bits(self, archive: Archive, dtype: str) -> None:
        layout = Layout(rows=3, cols=2, dtype=dtype)  # type: ignore[arg-type]
        await opened(archive, layout=layout)
        rng = np.random.default_rng(5)
        if layout.numpy_dtype.kind == "f":
            frames = rng.normal(0, 1e30, (6, 3, 2)).astype(layout.numpy_dtype)
            frames[2, 1, 1], frames[3] = np.nan, -0.0
        else:
            frames = rng.integers(0, np.iinfo(layout.numpy_dtype).max, (6, 3, 2), endpoint=True).astype(dtype)
        await archive.append([(LEFT, Block(0, 0, T0 + np.arange(6), T0, frames))])
        recording = await read_recording(archive, LEFT)
        assert recording.frames.dtype == layout.numpy_dtype
        assert recording.frames.tobytes() == frames.tobytes()

    async def test_frames_that_cannot_be_packed_smaller_are_kept_as_they_are(self, archive: Archive) -> None:
        layout = Layout(rows=64, cols=64, dtype="uint16")
        await opened(archive, layout=layout)
        noise = np.random.default_rng(1).integers(0, 1 << 16, (5, 64, 64)).astype("<u2")
        for seq, frames in ((0, noise), (5, np.zeros_like(noise))):
            await archive.append([(LEFT, Block(0, seq, T0 + seq + np.arange(5), T0, frames))])
        assert np.array_equal((await read_recording(archive, LEFT)).frames, np.concatenate([noise, 0 * noise]))

    async def test_keys_say_when_every_frame_was(self, archive: Archive) -> None:
        await opened(archive)
        uneven = Block(0, 0, T0 + np.array([0, 1, 999, 1000, 70_000_001]), T0 + 3, np.zeros((5, 3, 2), "<u2"))
        await archive.append([(LEFT, uneven), (LEFT, block(5))])
        keys = await archive.keys(LEFT)
        i = keys.seq.tolist().index(0)
        first = keys.first[i]
        assert keys.times_us[first : first + 5].tolist() == uneven.times_us.tolist()
        assert (keys.t_us[i], keys.t1_us[i], keys.r_us[i]) == (T0, T0 + 70_000_001, T0 + 3)
        assert len(keys) == len(keys.ids) == 2
        assert len(keys.dt_us) == 9

    async def test_keys_of_a_range_are_those_of_blocks_that_touch_it(self, archive: Archive) -> None:
        await opened(archive)
        stored = [block(10 * i, 10, step_us=10_000) for i in range(10)]  # 100 ms each
        await archive.append([(LEFT, item) for item in stored])
        for first, last in ((0, 0), (2, 5), (9, 9)):
            start, stop = int(stored[first].times_us[-1]), int(stored[last].times_us[0])
            if first == last:
                start, stop = stop, start
            found = blocks_of(await archive.keys(LEFT, start, stop))
            assert found == [(0, 10 * i, 10) for i in range(first, last + 1)]
        assert blocks_of(await archive.keys(LEFT, T0 + 10_000_000)) == []
        assert blocks_of(await archive.keys(LEFT, None, T0 - 1000)) == []
        assert len(await archive.keys(LEFT, -(1 << 62), 1 << 62)) == 10

    async def test_a_long_block_is_found_from_its_middle(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(i, 1)) for i in range(5)])
        await archive.append([(LEFT, block(100, 3, t0_us=T0 + 10**9, step_us=9_000_000))])
        await archive.append([(LEFT, block(i, 1)) for i in range(5, 9)])
        middle = T0 + 10**9 + 9_000_000 * 101
        assert blocks_of(await archive.keys(LEFT, middle - 5, middle + 5)) == [(0, 100, 3)]

    async def test_times_that_step_back_within_a_block_are_all_found(self, archive: Archive) -> None:
        await opened(archive)
        times = T0 + np.array([3_000_000, 1_000_000, 2_000_000])
        await archive.append([(LEFT, Block(0, 0, times, T0, np.zeros((3, 3, 2), "<u2")))])
        for at in times.tolist():
            found = [item async for item in read(archive, LEFT, at, at)]
            assert [item.times_us.tolist() for item in found] == [[at]]
        assert (await read_recording(archive, LEFT)).times_us.tolist() == times.tolist()

    async def test_keys_by_number_are_those_that_reach_into_the_range(self, archive: Archive) -> None:
        await opened(archive)
        await archive.open(LEFT, epoch="two", numbered=True, now_us=T0)
        await archive.append([(LEFT, block(seq, n, e=e)) for e in (0, 1) for seq, n in ((0, 10), (10, 5), (20, 30))])
        assert blocks_of(await archive.keys_by_number(LEFT, 1, 9, 20)) == [(1, 0, 10), (1, 10, 5)]
        assert blocks_of(await archive.keys_by_number(LEFT, 0, 15, 20)) == []
        assert blocks_of(await archive.keys_by_number(LEFT, 0, 49, 1 << 53)) == [(0, 20, 30)]
        assert blocks_of(await archive.keys_by_number(LEFT, 2, 0, 100)) == []

    async def test_the_same_block_twice_is_stored_twice_and_read_once(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(0)), (LEFT, block(0))])
        await archive.append([(LEFT, block(0))])
        assert len(await archive.keys(LEFT)) == 3
        found = [item async for item in read(archive, LEFT)]
        assert [same(item, block(0)) for item in found] == [True]

    async def test_one_call_stores_blocks_of_several_streams(self, archive: Archive) -> None:
        await opened(archive)
        await opened(archive, RIGHT)
        await archive.append([(LEFT, block(0, 2)), (RIGHT, block(0, 3)), (LEFT, block(2, 4))])
        assert [blocks_of(await archive.keys(stream)) for stream in (LEFT, RIGHT)] == [
            [(0, 0, 2), (0, 2, 4)],
            [(0, 0, 3)],
        ]
        await archive.append([])

    async def test_the_largest_numbers_are_kept(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(1 << 53, 2, step_us=0))])
        assert blocks_of(await archive.keys(LEFT)) == [(0, 1 << 53, 2)]

    async def test_what_comes_out_is_of_plain_types(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(1 << 40, step_us=0))])
        await archive.mark(LEFT, 0, next_seq=1 << 40, frames=4, first_us=T0, last_us=T0, now_us=T0)
        await archive.add_marker("run", Marker(T0, "x"))
        keys = await archive.keys(LEFT)
        values: list[object] = [await archive.note("run", now_us=T0, left=True), *await archive.markers("run")]
        values += [*await archive.dirty(LEFT), *await archive.load(LEFT, keys, [0])]
        while values:
            value = values.pop()
            if is_dataclass(value):
                values += [getattr(value, item.name) for item in fields(value)]
            elif isinstance(value, tuple):
                values += value
            assert is_dataclass(value) or type(value) in (int, float, str, bool, tuple, np.ndarray, type(None))

    @pytest.mark.parametrize("t_us", [-1, -(1 << 50), (1 << 32) * 1_000_000, 1 << 62])
    async def test_a_time_that_cannot_be_kept_is_refused_and_nothing_is_stored(
        self, archive: Archive, t_us: int
    ) -> None:
        await opened(archive)
        odd = Block(0, 4, np.array([T0, t_us]), T0, np.zeros((2, 3, 2), "<u2"))
        with pytest.raises(InvalidData, match="times_us"):
            await archive.append([(LEFT, block(0)), (LEFT, odd)])
        assert len(await archive.keys(LEFT)) == 0

    @pytest.mark.parametrize(
        "t_us", [0, 999, (1 << 31) * 1_000_000 - 2, (1 << 31) * 1_000_000, (1 << 32) * 1_000_000 - 2]
    )
    async def test_the_earliest_and_latest_times_are_kept(self, archive: Archive, t_us: int) -> None:
        await opened(archive)
        await archive.append([(LEFT, Block(0, 0, np.array([t_us, t_us + 1]), T0, np.ones((2, 3, 2), "<u2")))])
        assert (await read_recording(archive, LEFT, t_us, t_us + 1)).times_us.tolist() == [t_us, t_us + 1]

    async def test_frames_that_do_not_fit_the_stream_are_refused(self, archive: Archive) -> None:
        await opened(archive)
        times = T0 + np.arange(2)
        for frames in (np.zeros((2, 2, 3), "<u2"), np.zeros((2, 3, 2), "<f4")):
            with pytest.raises(InvalidData, match="frames: expected 3 x 2 uint16"):
                await archive.append([(LEFT, Block(0, 0, times, T0, frames))])
        with pytest.raises(InvalidData, match="stats: expected 2 columns"):
            stats = np.zeros((2, 3), np.float32)
            await archive.append([(LEFT, Block(0, 0, times, T0, np.zeros((2, 3, 2), "<u2"), stats))])
        assert len(await archive.keys(LEFT)) == 0

    async def test_frames_of_a_stream_that_was_never_opened_are_refused(self, archive: Archive) -> None:
        await opened(archive)
        with pytest.raises(NotFound, match="run/right"):
            await archive.append([(LEFT, block(0)), (RIGHT, block(0))])
        await archive.open(RIGHT, epoch="one", numbered=True, now_us=T0)
        with pytest.raises(NotFound, match="layout"):
            await archive.append([(RIGHT, block(0))])
        assert len(await archive.keys(LEFT)) == 0

    async def test_a_writer_is_told_of_an_erased_stream_when_the_next_second_begins(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(0))])
        await archive.delete("run")
        with pytest.raises(NotFound):
            await archive.append([(LEFT, block(1000))])

    async def test_the_caller_may_fill_its_buffers_again(self, archive: Archive) -> None:
        await opened(archive)
        frames, times = np.full((2, 3, 2), 7, "<u2"), T0 + np.arange(2)
        await archive.append([(LEFT, Block(0, 0, times, T0, frames))])
        frames[:], times[:] = 0, 0
        recording = await read_recording(archive, LEFT)
        assert recording.frames.min() == 7
        assert recording.times_us.tolist() == [T0, T0 + 1]

    async def test_a_workout_erased_while_it_is_read_is_not_found(self, archive: Archive) -> None:
        await opened(archive)
        await archive.append([(LEFT, block(0))])
        keys = await archive.keys(LEFT)
        await archive.delete("run")
        with pytest.raises(NotFound):
            await archive.load(LEFT, keys, [0])
        await opened(archive)
        with pytest.raises(NotFound):
            await archive.load(LEFT, keys, [0])


def spans(length: int) -> st.SearchStrategy[Sequence[tuple[int, int]]]:
    return st.lists(st.tuples(st.integers(0, length - 1), st.integers(1, 9)), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_whatever_is_sent_in_whatever_order_is_read_once_and_in_order(
    archive: Archive, data: st.DataObject
) -> None:
    await archive.delete("run")
    await opened(archive)
    whole = block(0, 60, step_us=300_000)
    sent = data.draw(spans(60))
    batches = data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=3).map(sorted))
    for first, last in zip([0, *batches], [*batches, len(sent)], strict=True):
        await archive.append([(LEFT, whole.part(seq, min(seq + n, 60))) for seq, n in sent[first:last]])
    expected = sorted({number for seq, n in sent for number in range(seq, min(seq + n, 60))})
    recording = await read_recording(archive, LEFT, with_stats=True)
    assert np.array_equal(recording.frames, whole.frames[expected])
    assert np.array_equal(recording.times_us, whole.times_us[expected])
    assert recording.stats is not None
    assert whole.stats is not None
    assert np.array_equal(recording.stats.to_numpy(), whole.stats[expected])
    computed = [part async for part in read_computed(archive, await plan(archive, LEFT), chunk_frames=16)]
    assert np.array_equal(np.concatenate([part.times_us for part in computed]), recording.times_us)
    assert np.array_equal(np.concatenate([part.stats for part in computed]), whole.stats[expected])
    missing = [n for gap in recording.gaps for n in range(gap.seq, gap.seq + gap.n)]
    assert sorted(missing + expected) == list(range(max(expected) + 1))
