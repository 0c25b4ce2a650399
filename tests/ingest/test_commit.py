import asyncio
import contextlib
import random
from dataclasses import replace

import numpy as np
import pytest

from analytics.columns import arrival_columns
from barograph.errors import StorageAway
from barograph.frames import Block, Geometry, Layout, Stream
from barograph.ranges import Ranges
from barograph.store.calibration import calibrate
from barograph.store.memory.archive import MemoryArchive
from barograph.store.reading import read
from ingest import commit
from ingest.commit import Committer
from ingest.settled import StreamBook
from ingest.stream_session import STATS_VERSION, Arrival, StreamSession

LAYOUT = Layout(rows=2, cols=2, dtype="uint16")
NOW_US = 1_700_000_000_000_000


def block(seq, n, t_us=NOW_US, cells=(2, 2)):
    frames = np.arange(seq, seq + n, dtype="<u2")[:, None, None] * np.ones(cells, "<u2")
    return Block(0, seq, t_us + 10_000 * np.arange(n, dtype=np.int64), NOW_US, frames.astype("<u2"))


async def opened(archive, stream):
    _, epoch = await archive.open(stream, epoch="e", numbered=True, now_us=NOW_US)
    await archive.fix_layout(stream, LAYOUT, arrival_columns(LAYOUT), STATS_VERSION)
    return StreamSession(StreamBook(stream, LAYOUT, {}), epoch, Ranges())


@contextlib.asynccontextmanager
async def committing(store, on_stored=lambda batch: None, on_refused=None):
    async def told(batch):
        on_stored(batch)

    committer = Committer(store, told, on_refused)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(committer.run())
        async with asyncio.timeout(20):
            yield committer
        task.cancel()


class Unsure:
    """An archive whose writes time out at random, some of them after they were stored."""

    def __init__(self, archive, seed):
        self._archive, self._random = archive, random.Random(seed)
        self.keys_by_number = archive.keys_by_number
        self.unknown = 0

    async def append(self, batch):
        fate = self._random.random()
        if fate < 0.3:
            self.unknown += 1
            raise StorageAway("no answer, not stored")
        await self._archive.append(batch[: len(batch) // 2] if fate < 0.6 else batch)
        if fate < 0.8:
            self.unknown += 1
            raise StorageAway("no answer, stored in part or whole")


@pytest.mark.parametrize("seed", range(5))
async def test_every_frame_is_stored_once_however_often_the_outcome_is_unknown(monkeypatch, seed):
    monkeypatch.setattr(commit, "RETRY_S", (0.0,))
    monkeypatch.setattr(commit, "PACE_S", 0.0)  # many inserts, so that some have no outcome
    archive = MemoryArchive()
    streams = [Stream("w", name) for name in ("left", "right")]
    sessions = [await opened(archive, stream) for stream in streams]
    unsure = Unsure(archive, seed)
    async with committing(unsure) as committer:
        for seq in range(0, 300, 10):
            for session in sessions:
                for part in session.take(
                    Arrival(seq, block(seq, 10, NOW_US + seq * 10_000).times_us, block(seq, 10).frames, NOW_US)
                ).blocks:
                    committer.add(session, part)
            await asyncio.sleep(0)
        await committer.drain()
    assert unsure.unknown > 0
    for stream in streams:
        keys = await archive.keys(stream)
        numbers = [n for seq, count in zip(keys.seq, keys.n, strict=True) for n in range(seq, seq + count)]
        assert sorted(numbers) == list(range(300))


async def test_blocks_that_close_one_after_the_other_share_inserts_too(monkeypatch):
    monkeypatch.setattr(commit, "PACE_S", 1.0)
    archive, inserts = MemoryArchive(), []
    sessions = [await opened(archive, Stream("w", f"s{number}")) for number in range(20)]
    async with committing(archive, lambda batch: inserts.append(list(batch))) as committer:
        for session in sessions:
            for part in session.take(Arrival(0, block(0, 64).times_us, block(0, 64).frames, NOW_US)).blocks:
                committer.add(session, part)
            await asyncio.sleep(0)
        await committer.drain()
    assert len(inserts) == 2
    assert sum(len(batch) for batch in inserts) == 20


async def test_pieces_of_a_stream_become_one_block_and_streams_share_an_insert(monkeypatch):
    monkeypatch.setattr(commit, "MAX_BLOCK_AGE_S", 0.02)
    archive, inserts = MemoryArchive(), []
    sessions = [await opened(archive, Stream("w", name)) for name in ("left", "right")]
    async with committing(archive, lambda batch: inserts.append(list(batch))) as committer:
        for seq in range(0, 20, 5):
            for session in sessions:
                committer.add(session, block(seq, 5, NOW_US + seq * 10_000))
        await committer.drain()
    assert [[(len(part), part.seq) for _, part in batch] for batch in inserts] == [[(20, 0), (20, 0)]]


async def test_a_block_closes_by_itself_when_nothing_follows(monkeypatch):
    monkeypatch.setattr(commit, "MAX_BLOCK_AGE_S", 0.01)
    stored = asyncio.Event()
    archive = MemoryArchive()
    session = await opened(archive, Stream("w"))
    async with committing(archive, lambda batch: stored.set()) as committer:
        committer.add(session, block(0, 1))
        await asyncio.wait_for(stored.wait(), 10)
    assert committer.pending_bytes == 0


async def test_what_waits_is_counted_with_its_times_and_statistics_however_it_is_cut_and_joined():
    archive = MemoryArchive()
    session = await opened(archive, Stream("w"))
    stats = np.zeros((200, len(arrival_columns(LAYOUT))), np.float32)
    many = replace(block(0, 200), stats=stats, k=STATS_VERSION)
    async with committing(archive) as committer:
        committer.add(session, many)
        for seq in range(200, 220):
            committer.add(session, block(seq, 1, NOW_US + seq * 10_000))
        assert committer.pending_bytes >= 220 * (8 + 8) + stats.nbytes
        await committer.drain()
        assert committer.pending_bytes == 0


async def test_a_part_of_a_message_does_not_keep_all_of_it_in_memory():
    session = await opened(MemoryArchive(), Stream("w"))
    first, more = block(0, 100), block(1, 100, NOW_US + 10_000)
    whole = session.take(Arrival(0, first.times_us, first.frames, NOW_US)).blocks
    assert [np.shares_memory(one.frames, first.frames) for one in whole] == [True]
    (new,) = session.take(Arrival(1, more.times_us, more.frames, NOW_US)).blocks
    assert (new.seq, len(new), np.shares_memory(new.frames, more.frames)) == (100, 1, False)


async def test_beyond_the_bound_there_is_no_room_until_the_archive_takes_some(monkeypatch):
    monkeypatch.setattr(commit, "MAX_PENDING_BYTES", 100)
    monkeypatch.setattr(commit, "RETRY_S", (0.01,))
    archive, open_gate = MemoryArchive(), asyncio.Event()

    class Slow:
        keys_by_number = archive.keys_by_number

        async def append(self, batch):
            await open_gate.wait()
            await archive.append(batch)

    session = await opened(archive, Stream("w"))
    async with committing(Slow()) as committer:
        committer.add(session, block(0, 20))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(committer.room(), 0.05)
        open_gate.set()
        await asyncio.wait_for(committer.room(), 10)


async def test_an_error_that_is_not_absence_ends_the_committer():
    archive = MemoryArchive()

    class Broken:
        keys_by_number = archive.keys_by_number

        async def append(self, batch):
            raise ZeroDivisionError("a bug")

    committer = Committer(Broken(), None, None)
    session = await opened(archive, Stream("w"))
    committer.add(session, block(0, 64))
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(committer.run(), 10)


async def test_what_the_archive_will_never_take_is_told_and_the_rest_is_stored():
    archive, refused, stored = MemoryArchive(), [], []
    kept, erased = [await opened(archive, Stream(name)) for name in ("kept", "erased")]
    await archive.delete("erased")
    async with committing(archive, stored.extend, lambda *said: refused.append(said)) as committer:
        for session in (erased, kept):
            committer.add(session, block(0, 10))
        await committer.drain()
    assert [session for session, _ in stored] == [kept]
    assert [(session, part.seq, len(part)) for session, part, _ in refused] == [(erased, 0, 10)]


async def test_a_calibration_between_two_pieces_is_not_forgotten_with_them():
    archive, stream = MemoryArchive(), Stream("w")
    session = await opened(archive, stream)
    k = (await archive.stream_info(stream)).k
    stats = np.ones((5, len(arrival_columns(LAYOUT))), np.float32)
    async with committing(archive) as committer:
        for seq, version in ((0, k), (5, k), (10, k + 1)):
            committer.add(session, replace(block(seq, 5, NOW_US + seq * 10_000), stats=stats, k=version))
        await archive.calibrate(stream, replace(LAYOUT, scale=2.0), arrival_columns(LAYOUT), now_us=0)
        await committer.drain()
    found = [part async for part in read(archive, stream)]
    assert [(part.seq, len(part), part.stats is None) for part in found] == [(0, 10, True), (10, 5, False)]


async def test_a_geometry_between_two_pieces_changes_how_many_numbers_they_have():
    archive, stream = MemoryArchive(), Stream("w")
    bare = Layout(rows=1, cols=12, dtype="float32", side="left", geometry=Geometry(places="none"))
    placed = Layout.from_dict({**bare.to_dict(), "geometry": "stappone"})
    info, epoch = await archive.open(stream, epoch="e", numbered=True, now_us=0)
    info = await archive.fix_layout(stream, bare, arrival_columns(bare), STATS_VERSION)
    session = StreamSession(StreamBook(stream, bare, {0: 0}), epoch, Ranges())
    pieces = []
    for seq, layout, version in ((0, bare, info.k), (5, bare, info.k), (10, placed, info.k + 1)):
        stats = np.ones((5, len(arrival_columns(layout))), np.float32)
        piece = block(seq, 5, NOW_US + seq * 10_000, (1, 12))
        pieces.append(replace(piece, frames=piece.frames.astype("<f4"), stats=stats, k=version))
    async with committing(archive) as committer:
        for piece in pieces:
            committer.add(session, piece)
        await calibrate(archive, stream, geometry="stappone")
        await committer.drain()
    found = [part async for part in read(archive, stream)]
    assert [(part.seq, len(part), part.stats is None) for part in found] == [(0, 10, True), (10, 5, False)]
    # Who hears of the older ones hears no numbers rather than wrong ones.
    session.book.calibrated(await archive.stream_info(stream))
    assert [len(one["stats"]) for one in session.processed(pieces[0], 0, {})] == [0] * 5
    assert [len(one["stats"]) for one in session.processed(pieces[2], 0, {})] == [10] * 5
