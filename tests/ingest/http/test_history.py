"""Paging through a stream: every page size gives what the reading rule gives, once and in order."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barograph.errors import InvalidData
from barograph.frames import Block, Layout, Stream
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import Archive
from barograph.store.reading import read
from ingest.http import history

T0 = 1_700_000_000_000_000
STREAM = Stream("run", "left")
LAYOUT = Layout(rows=1, cols=2, dtype="uint16")
IN_ORDER = 10_000


def block(e: int, seq: int, n: int, r: int, step_us: int = IN_ORDER) -> Block:
    frames = np.stack([np.full(n, r), np.arange(seq, seq + n) % 60_000], 1).astype("<u2").reshape(n, 1, 2)
    return Block(e, seq, T0 + step_us * np.arange(seq, seq + n), T0 + r, frames)


async def store(archive: Archive, blocks: list[Block], *, numbered: bool) -> None:
    for e in range(1 + max((each.e for each in blocks), default=0)):
        await archive.open(STREAM, epoch=f"epoch {e}", numbered=numbered, now_us=T0)
    await archive.fix_layout(STREAM, LAYOUT, (), 1)
    for each in blocks:
        await archive.append([(STREAM, each)])


async def frames_of(blocks) -> list[tuple[int, int, int, int]]:
    return [
        (each.e, each.seq + i, int(each.times_us[i]), int(each.frames[i, 0, 0]))
        async for each in blocks
        for i in range(len(each))
    ]


async def paged(archive: Archive, limit: int, **bounds: int | None) -> list[tuple[int, int, int, int]]:
    given, after = [], None
    while True:
        info = await archive.stream_info(STREAM)
        found = await history.page(archive, info, limit=limit, after=after, **bounds)
        page = await frames_of(history._blocks(archive, found))
        given += page
        assert len(page) <= limit
        if found.next_cursor is None:
            return given
        assert len(page) == limit
        after = history.Place.parse(found.next_cursor)


pieces = st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 8), st.integers(0, 50))
moments = st.none() | st.integers(-2, 50).map(lambda i: T0 + i * IN_ORDER)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, min_size=1, max_size=12), st.booleans(), st.integers(1, 30), moments, moments)
def test_pages_of_any_size_give_what_the_reading_rule_gives(stored, numbered, limit, start_us, stop_us):
    async def law() -> None:
        archive = MemoryArchive()
        await store(archive, [block(*each) for each in stored], numbered=numbered)
        expected = await frames_of(read(archive, STREAM, start_us, stop_us))
        assert await paged(archive, limit, start_us=start_us, stop_us=stop_us) == expected

    asyncio.run(law())


async def test_pages_are_the_same_over_the_real_archive(archive):
    stored = [block(0, 0, 8, 1), block(0, 5, 8, 2), block(1, 3, 4, 3), block(0, 30, 8, 4), block(0, 1 << 40, 3, 5, 0)]
    stored += [block(1, 0, 3, 6, step_us=-5)]
    await store(archive, stored, numbered=True)
    expected = await frames_of(read(archive, STREAM))
    assert len(expected) == 13 + 8 + 3 + 7
    for limit in (1, 4, 1000):
        assert await paged(archive, limit) == expected


async def test_what_comes_between_two_pages_is_given_once_if_it_belongs_after_the_cursor():
    archive = MemoryArchive()
    await store(archive, [block(0, 0, 4, 1), block(0, 10, 4, 2)], numbered=True)
    info = await archive.stream_info(STREAM)
    first = await history.page(archive, info, limit=6)
    await archive.append([(STREAM, each) for each in (block(0, 2, 9, 3), block(0, 14, 2, 4))])
    rest = await history.page(archive, info, limit=100, after=history.Place.parse(first.next_cursor))
    seen = [await frames_of(history._blocks(archive, page)) for page in (first, rest)]
    assert [seq for page in seen for _, seq, _, _ in page] == [0, 1, 2, 3, 10, 11, 12, 13, 14, 15]


async def test_an_epoch_that_begins_while_a_page_is_planned_is_left_to_the_next(monkeypatch):
    archive = MemoryArchive()
    await store(archive, [block(0, 0, 4, 1)], numbered=True)
    info = await archive.stream_info(STREAM)
    await store(archive, [block(1, 0, 4, 2)], numbered=True)

    async def known_before(_):
        return info

    monkeypatch.setattr(archive, "stream_info", known_before)
    found = await history.page(archive, info, start_us=0, limit=100)
    assert [e for e, *_ in await frames_of(history._blocks(archive, found))] == [0] * 4


@pytest.mark.parametrize("cursor", ["", "x", "!!", "bnVsbA", "W10", "W3RydWUsMSwyLC0xLDBd", "é", "A" * 5000])
def test_a_cursor_that_was_not_given_is_refused_by_name(cursor):
    with pytest.raises(InvalidData, match="next_cursor") as caught:
        history.Place.parse(cursor)
    assert caught.value.field == "cursor"


async def test_a_cursor_of_another_order_is_refused():
    archive = MemoryArchive()
    await store(archive, [block(0, 0, 8, 1)], numbered=True)
    found = await history.page(archive, await archive.stream_info(STREAM), limit=2)
    await archive.open(STREAM, epoch="on arrival", numbered=False, now_us=T0)
    with pytest.raises(InvalidData, match="begin again"):
        await history.page(archive, await archive.stream_info(STREAM), limit=2, after=found.last)
