"""The reading rule against a model that goes frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barograph.frames import Block, Layout, Stream
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import Keys
from barograph.store.reading import count, gaps, read, read_recording
from barograph.store.reading_rule import Reading, reading_rule

STREAM = Stream("run", "left")
LAYOUT = Layout(rows=1, cols=2, dtype="uint16")


@dataclass(frozen=True)
class Stored:
    """A block as the model sees it; its place in the list is its id."""

    e: int
    seq: int
    times_us: tuple[int, ...]
    received_us: int


def keys_of(blocks: Sequence[Stored]) -> Keys:
    def column(values: list[int]) -> np.ndarray:
        return np.array(values, np.int64)

    first = [min(block.times_us) for block in blocks]
    return Keys(
        ids=list(range(len(blocks))),
        e=column([block.e for block in blocks]),
        seq=column([block.seq for block in blocks]),
        n=column([len(block.times_us) for block in blocks]),
        t_us=column(first),
        t1_us=column([max(block.times_us) for block in blocks]),
        r_us=column([block.received_us for block in blocks]),
        dt_us=column([t - t0 for block, t0 in zip(blocks, first, strict=True) for t in block.times_us]),
    )


def model(blocks: Sequence[Stored], numbered: bool) -> list[tuple[int, int]]:
    """(block, place) of every frame to read, in order: each number once, the first stored wins."""
    first: dict[tuple[int, int], tuple[int, int, int]] = {}
    for i, block in enumerate(blocks):
        for at in range(len(block.times_us)):
            name, came = (block.e, block.seq + at), (block.received_us, i, at)
            first[name] = min(first.get(name, came), came)
    order = sorted(first)
    if not numbered:
        order.sort(key=lambda name: (blocks[first[name][1]].times_us[first[name][2]], first[name][0], name))
    return [first[name][1:] for name in order]


def frames_of(reading: Reading) -> list[tuple[int, int]]:
    pieces = zip(reading.block.tolist(), reading.start.tolist(), reading.stop.tolist(), strict=True)
    return [(block, at) for block, start, stop in pieces for at in range(start, stop)]


@st.composite
def stored_blocks(draw: st.DrawFn) -> list[Stored]:
    """Blocks that overlap, repeat and come in any order; one number may even have different times."""
    blocks = []
    for _ in range(draw(st.integers(0, 12))):
        e, seq, n = draw(st.integers(0, 2)), draw(st.integers(0, 25)), draw(st.integers(1, 8))
        wrong = draw(st.sampled_from([0, 0, 0, 35, -40]))
        step = draw(st.sampled_from([10, 10, 10, 0, -10]))
        times = tuple(1000 + 5 * e + 10 * seq + wrong + step * i for i in range(n))
        blocks.append(Stored(e, seq, times, draw(st.integers(0, 3))))
    repeated = draw(st.lists(st.sampled_from(blocks), max_size=6)) if blocks else []
    return draw(st.permutations(blocks + repeated))


@given(stored_blocks(), st.booleans())
def test_the_rule_reads_what_the_model_reads(blocks: list[Stored], numbered: bool) -> None:
    reading = reading_rule(keys_of(blocks), numbered)
    expected = model(blocks, numbered)
    assert frames_of(reading) == expected
    assert reading.frames == len(expected)
    assert reading.duplicates == sum(len(block.times_us) for block in blocks) - len(expected)
    assert (reading.stop > reading.start).all()


@given(stored_blocks())
def test_gaps_and_frames_are_all_numbers_of_an_epoch_up_to_its_last(blocks: list[Stored]) -> None:
    reading = reading_rule(keys_of(blocks), True)
    covered: dict[int, list[int]] = {}
    for gap in reading.gaps:
        covered.setdefault(gap.e, []).extend(range(gap.seq, gap.seq + gap.n))
    for i, at in frames_of(reading):
        covered.setdefault(blocks[i].e, []).append(blocks[i].seq + at)
    for numbers in covered.values():
        assert sorted(numbers) == list(range(max(numbers) + 1))


@given(stored_blocks(), st.randoms(use_true_random=False))
def test_the_order_of_the_keys_changes_nothing(blocks: list[Stored], random: object) -> None:
    keys = keys_of(blocks)
    order = list(range(len(blocks)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = keys_of([blocks[i] for i in order])
    shuffled = Keys(**(vars(shuffled) | {"ids": order}))
    for numbered in (True, False):
        expected = frames_of(reading_rule(keys, numbered))
        assert [(order[i], at) for i, at in frames_of(reading_rule(shuffled, numbered))] == expected


def test_a_repeated_frame_is_read_once_and_the_first_stored_wins() -> None:
    late, early = Stored(0, 0, (0, 10, 20), 900), Stored(0, 1, (11, 21, 31), 100)
    reading = reading_rule(keys_of([late, early]), True)
    assert frames_of(reading) == [(0, 0), (1, 0), (1, 1), (1, 2)]
    assert (reading.frames, reading.duplicates, reading.gaps) == (4, 2, ())


def test_of_the_same_arrival_the_lower_id_wins() -> None:
    reading = reading_rule(keys_of([Stored(0, 0, (5,), 7), Stored(0, 0, (6,), 7)]), True)
    assert frames_of(reading) == [(0, 0)]


def test_whole_blocks_stay_whole() -> None:
    blocks = [Stored(e, seq, tuple(range(10 * seq, 10 * seq + 100, 10)), 0) for e in (1, 0) for seq in (20, 0, 10)]
    reading = reading_rule(keys_of(blocks), True)
    assert reading.block.tolist() == [4, 5, 3, 1, 2, 0]
    assert set(zip(reading.start.tolist(), reading.stop.tolist(), strict=True)) == {(0, 10)}


def test_a_gap_lies_between_the_times_of_its_neighbours() -> None:
    reading = reading_rule(keys_of([Stored(0, 2, (20, 30), 0), Stored(0, 7, (70,), 0), Stored(1, 0, (0,), 0)]), True)
    found = [(gap.e, gap.seq, gap.n, gap.start_us, gap.stop_us) for gap in reading.gaps]
    assert found == [(0, 0, 2, 20, 20), (0, 4, 3, 30, 70)]


def test_a_number_that_jumps_by_2_to_the_53_is_one_gap() -> None:
    reading = reading_rule(keys_of([Stored(0, 0, (0,), 0), Stored(0, 1 << 53, (10,), 0)]), True)
    assert [gap.n for gap in reading.gaps] == [(1 << 53) - 1]
    assert frames_of(reading) == [(0, 0), (1, 0)]


def test_nothing_stored_reads_as_nothing() -> None:
    for numbered in (True, False):
        reading = reading_rule(keys_of([]), numbered)
        assert (reading.frames, reading.duplicates, reading.gaps) == (0, 0, ())
        assert frames_of(reading) == []


async def store(blocks: Sequence[Stored], numbered: bool = True) -> MemoryArchive:
    """An archive with these blocks; a cell says which block and which frame of it it was."""
    archive = MemoryArchive()
    for e in range(3):
        await archive.open(STREAM, epoch=f"epoch {e}", numbered=numbered, now_us=0)
    await archive.fix_layout(STREAM, LAYOUT, ("block",), 0)
    for i, block in enumerate(blocks):
        n = len(block.times_us)
        frames = np.stack([np.full(n, i), np.arange(n)], axis=1).astype("<u2").reshape(n, 1, 2)
        times, stats = np.array(block.times_us), np.full((n, 1), i, np.float32)
        await archive.append([(STREAM, Block(block.e, block.seq, times, block.received_us, frames, stats))])
    return archive


@given(stored_blocks(), st.booleans(), st.integers(1, 30), st.integers(950, 1300), st.integers(0, 200))
async def test_every_reader_reads_what_the_model_reads(
    blocks: list[Stored], numbered: bool, chunk_frames: int, start_us: int, length_us: int
) -> None:
    archive = await store(blocks, numbered)
    for start, stop in ((None, None), (start_us, start_us + length_us), (None, start_us), (start_us, None)):
        expected = [
            (i, at)
            for i, at in model(blocks, numbered)
            if (start is None or blocks[i].times_us[at] >= start) and (stop is None or blocks[i].times_us[at] <= stop)
        ]
        found = [block async for block in read(archive, STREAM, start, stop, chunk_frames)]
        cells = [tuple(frame.reshape(2).tolist()) for block in found for frame in block.frames]
        assert cells == expected
        assert [(block.e, block.seq + at) for block in found for at in range(len(block))] == [
            (blocks[i].e, blocks[i].seq + at) for i, at in expected
        ]
        assert all(block.stats is not None and (block.stats == block.frames[:, 0, :1]).all() for block in found)
        assert await count(archive, STREAM, start, stop) == len(expected)
        recording = await read_recording(archive, STREAM, start, stop, with_stats=True)
        assert [tuple(frame.reshape(2).tolist()) for frame in recording.frames] == expected
        assert recording.times_us.tolist() == [blocks[i].times_us[at] for i, at in expected]
        assert recording.stats is not None
        assert recording.stats["block"].tolist() == [i for i, _ in expected]


async def test_a_copy_that_lost_to_one_outside_of_the_range_stays_lost() -> None:
    archive = await store([Stored(0, 5, (500,), 1), Stored(0, 5, (90,), 2), Stored(0, 4, (80,), 1)])
    found = [block async for block in read(archive, STREAM, 0, 100)]
    assert [(block.seq, block.times_us.tolist()) for block in found] == [(4, [80])]


async def test_a_part_has_the_gaps_between_its_frames_only() -> None:
    archive = await store([Stored(0, 2, (20, 30), 0), Stored(0, 6, (60,), 0), Stored(0, 9, (90,), 0)])
    assert [(gap.seq, gap.n) for gap in await gaps(archive, STREAM)] == [(0, 2), (4, 2), (7, 2)]
    assert [(gap.seq, gap.n) for gap in await gaps(archive, STREAM, 30, 60)] == [(4, 2)]


async def test_consecutive_blocks_are_read_as_one_up_to_the_chunk() -> None:
    archive = await store([Stored(0, i, (10 * i, 10 * i + 5), i) for i in range(0, 20, 2)])
    assert [len(block) async for block in read(archive, STREAM)] == [20]
    assert [len(block) async for block in read(archive, STREAM, chunk_frames=8)] == [8, 8, 4]


async def test_a_reader_may_stop_early() -> None:
    archive = await store([Stored(0, i, (10 * i,), 0) for i in range(50)])
    reader = read(archive, STREAM, chunk_frames=5)
    assert len(await anext(reader)) == 5
    await reader.aclose()
