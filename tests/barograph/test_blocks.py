"""Blocks are cut and joined by one set of rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.blocks import MAX_BYTES, MAX_FRAMES, MAX_STEP_US, cut, edges, fits, follows, join
from barograph.frames import Block, Layout, Stream
from barograph.store.documents import arrivals_of, blocks_of, frames_documents
from barograph.store.records import StreamInfo
from barograph.store.sealing import PLAIN

NOW_US = 1_700_000_000_000_000


def block(seq: int, n: int, cells: tuple[int, int] = (2, 2), **more: Any) -> Block:
    frames = np.arange(seq, seq + n, dtype="<u2")[:, None, None] * np.ones(cells, "<u2")
    times_us = NOW_US + 10_000 * np.arange(seq, seq + n, dtype=np.int64)
    return Block(0, seq, times_us, NOW_US + seq, frames.astype("<u2"), **more)


def test_a_block_is_cut_where_time_steps_back_or_pauses_and_at_its_limits() -> None:
    times = NOW_US + np.array([0, 1, 2, 0, 1, 20_000_000], np.int64)
    whole = Block(0, 5, times, NOW_US, np.zeros((6, 2, 2), "<u2"))
    assert [(part.seq, len(part)) for part in cut(whole)] == [(5, 3), (8, 2), (10, 1)]
    assert [len(part) for part in cut(block(0, 150))] == [64, 64, 22]
    assert [len(part) for part in cut(block(0, 3, cells=(300, 400)))] == [1, 1, 1]


@given(st.lists(st.integers(-3, 2 * MAX_STEP_US), max_size=200), st.integers(1, 2 * MAX_BYTES))
def test_every_part_is_within_the_limits_and_none_could_be_longer(steps: list[int], frame_bytes: int) -> None:
    times_us = np.cumsum([NOW_US, *steps])
    parts = list(edges(times_us, frame_bytes))
    assert [start for start, _ in parts] == [0, *(stop for _, stop in parts[:-1])]
    assert parts[-1][1] == len(times_us)
    broken = {i + 1 for i, step in enumerate(steps) if not 0 <= step <= MAX_STEP_US}
    for start, stop in parts:
        n = stop - start
        assert 1 <= n <= MAX_FRAMES
        assert n == 1 or n * frame_bytes <= MAX_BYTES
        assert not broken & set(range(start + 1, stop))
        full = n == MAX_FRAMES or (n + 1) * frame_bytes > MAX_BYTES
        assert full or stop in broken or stop == len(times_us)


def test_joining_what_was_cut_gives_the_whole() -> None:
    whole = block(3, 150, stats=np.arange(150, dtype=np.float32)[:, None], k=7)
    again = join(cut(whole))
    assert (again.seq, again.times_us.tolist(), again.k) == (3, whole.times_us.tolist(), 7)
    assert (again.frames == whole.frames).all()
    assert again.stats is not None
    assert again.stats[:, 0].tolist() == list(range(150))


def test_a_joined_block_arrived_with_its_first_frame_unless_it_is_said() -> None:
    assert join([block(0, 5), block(5, 5)]).received_us == NOW_US
    assert join([block(0, 5), block(5, 5)], NOW_US + 5).received_us == NOW_US + 5


@pytest.mark.parametrize(
    "changed",
    [{"k": 2}, {"k": None}, {"stats": None}, {"e": 1}, {"seq": 6}],
    ids=["calibrated anew", "version not said", "no statistics", "another epoch", "a number is missing"],
)
def test_blocks_that_differ_in_more_than_their_frames_stay_apart(changed: dict[str, Any]) -> None:
    stats = np.zeros((5, 1), np.float32)
    first, second = block(0, 5, stats=stats, k=1), block(5, 5, stats=stats, k=1)
    assert follows(first, second)
    assert fits(5, first.nbytes, first, second)
    other = replace(second, **changed)
    assert not follows(first, other)
    assert not fits(5, first.nbytes, first, other)


def test_a_piece_that_would_pass_a_limit_does_not_fit() -> None:
    first = block(0, 5)
    assert not fits(MAX_FRAMES - 4, first.nbytes, first, block(5, 5))
    assert not fits(5, MAX_BYTES, first, block(5, 1))
    late = replace(block(5, 1), times_us=first.times_us[-1:] + MAX_STEP_US + 1)
    assert not fits(5, first.nbytes, first, late)


def test_what_is_joined_is_written_by_nobody_and_has_other_arrays_than_its_parts() -> None:
    parts = [block(0, 5, stats=np.zeros((5, 1), np.float32)), block(5, 5, stats=np.ones((5, 1), np.float32))]
    whole = join(parts)
    for array in (whole.times_us, whole.frames, whole.stats):
        assert array is not None
        assert not array.flags.writeable
    assert not np.shares_memory(whole.frames, parts[0].frames)
    assert [len(part) for part in parts] == [5, 5]
    assert cut(parts[0]) == parts[:1]


@pytest.mark.parametrize("cells", ["noise", "steps"])
def test_cells_are_stored_as_they_came_where_packing_makes_them_no_smaller(cells: str) -> None:
    layout, stream = Layout(rows=20, cols=20, dtype="uint8"), Stream("w")
    shape = (6, 20, 20)
    noise = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    frames = noise if cells == "noise" else np.zeros(shape, np.uint8)
    every_second = np.repeat(frames, 2, axis=0)[::2]  # not one after the other in memory
    one = Block(0, 0, NOW_US + np.arange(6), NOW_US, every_second)
    info = StreamInfo(stream, layout=layout, columns=(), k=0, epochs=())
    [document] = frames_documents(arrivals_of([(stream, one)]), {stream: info}, {stream: {}}, PLAIN)
    assert type(document["x"]) is bytes
    assert document["z"] == (cells == "steps")
    assert (document["x"] == frames.tobytes()) == (cells == "noise")
    stored = document | {"t": document["t"].timestamp() * 1000}
    assert (blocks_of([stored], info, layout, PLAIN)[0].frames == frames).all()
