"""What is stored is counted at once, marks or not, by every archive."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barograph.frames import Block, Layout, Stream
from barograph.store.counts import covered, exact
from barograph.store.memory.archive import MemoryArchive
from barograph.store.memory.shelves import Stored, keys_of_stored
from barograph.store.ports import Archive, Epoch, StreamInfo, Unstored
from barograph.store.rollups import refresh

T0 = 1_700_000_000_000_000
LEFT = Stream("run", "left")
LAYOUT = Layout(rows=1, cols=2, dtype="uint16")


def block(seq: int, n: int, e: int = 0, t0_us: int = T0) -> Block:
    frames = np.full((n, 1, 2), seq, "<u2")
    return Block(e, seq, t0_us + 10_000 * np.arange(seq, seq + n), T0 + 7, frames, np.ones((n, 1), "<f4"))


async def opened(archive: Archive, *epochs: str) -> None:
    for epoch in epochs or ("one",):
        await archive.open(LEFT, epoch=epoch, numbered=True, now_us=T0, lease="l")
    await archive.fix_layout(LEFT, LAYOUT, ("total",), 1)


async def told(archive: Archive) -> list[tuple[int, int | None, int | None]]:
    """Frames, first and last moment, of every surface that has them."""
    surfaces = [await archive.stream_info(LEFT)]
    surfaces += [one.streams[0] for one in await archive.workouts()]
    surfaces += (await archive.workout("run")).streams
    surfaces += (await archive.note("run", now_us=T0)).streams
    surfaces.append((await archive.open(LEFT, epoch="one", numbered=True, now_us=T0, lease="l"))[0])
    found = [(info.frames, info.first_us, info.last_us) for info in surfaces]
    assert len(found) == 5
    return found


async def mark(archive: Archive, next_seq: int, frames: int, below: int, e: int = 0) -> None:
    times: dict[str, Any] = {"first_us": T0, "last_us": T0, "now_us": T0}
    await archive.mark(LEFT, e, next_seq=next_seq, frames=frames, below=below, lease="l", **times)


async def test_frames_without_any_mark_are_counted(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(LEFT, block(0, 5)), (LEFT, block(5, 7))])
    assert await told(archive) == [(12, T0, T0 + 110_000)] * 5


async def test_frames_beyond_the_mark_are_counted_once_however_often_they_are_stored(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(LEFT, block(0, 10)), (LEFT, block(20, 5))])
    await mark(archive, next_seq=10, frames=15, below=10)
    await archive.append([(LEFT, block(20, 5)), (LEFT, block(8, 4)), (LEFT, block(23, 10))])
    assert await told(archive) == [(25, T0, T0 + 320_000)] * 5


async def test_every_epoch_is_counted(archive: Archive) -> None:
    await opened(archive, *(f"epoch {index}" for index in range(120)))
    for e in (0, 60, 119):
        await archive.append([(LEFT, block(0, 4, e))])
        await archive.append([(LEFT, block(4, 4, e))])
    await mark(archive, next_seq=4, frames=4, below=4, e=60)
    info = await archive.stream_info(LEFT)
    assert {epoch.e: epoch.frames for epoch in info.epochs if epoch.frames} == {0: 8, 60: 8, 119: 8}


async def test_marks_of_the_past_without_counts_are_understood(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(LEFT, block(0, 10))])
    await archive.settle(LEFT, 0, [Unstored(10, 5, "not_resent"), Unstored(12, 8, "declared: x")], lease="l")
    await archive.append([(LEFT, block(20, 6))])
    await mark(archive, next_seq=20, frames=10, below=10)
    assert (await archive.stream_info(LEFT)).frames == 16


async def test_what_is_counted_stays_counted_when_the_overview_is_made(archive: Archive) -> None:
    await opened(archive)
    await archive.append([(LEFT, block(0, 5))])
    await mark(archive, next_seq=5, frames=5, below=5)
    await archive.append([(LEFT, block(5, 7))])  # and its process is killed
    await refresh(archive, LEFT, now_us=int((T0 + 1) * 2), grace_s=0.0)
    assert await archive.dirty(LEFT) == []
    assert await told(archive) == [(12, T0, T0 + 110_000)] * 5


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=8), st.integers(0, 40))
def test_marks_and_what_lies_beyond_make_the_number_of_distinct_frames(
    ranges: list[tuple[int, int]], next_seq: int
) -> None:
    stored = {number for seq, n in ranges for number in range(seq, seq + n)}
    below = len([number for number in stored if number < next_seq])
    epoch = Epoch(0, "one", True, next_seq=next_seq, counted=(next_seq, below))
    keys = keys_of_stored([Stored(index, 1, block(seq, n)) for index, (seq, n) in enumerate(ranges)])
    assert covered((seq, seq + n) for seq, n in ranges) == len(stored)
    assert exact(StreamInfo(LEFT, LAYOUT, epochs=(epoch,)), keys).frames == len(stored)


async def test_memory_counts_no_block_twice_after_a_recount() -> None:
    archive = MemoryArchive()
    await opened(archive)
    await archive.append([(LEFT, block(0, 5))])
    await archive.recount(LEFT)
    await archive.recount(LEFT)
    assert (await archive.stream_info(LEFT)).frames == 5
