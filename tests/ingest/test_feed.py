import asyncio

import numpy as np
import pytest

from barograph import codec
from barograph.errors import LiveAway
from barograph.frames import Block, Stream
from barograph.store.memory.archive import MemoryLive
from ingest import feed
from ingest.feed import Publisher

LEFT, RIGHT = Stream("w", "left"), Stream("w", "right")
NOW_US = 1_700_000_000_000_000


def block(seq=0, t_us=NOW_US):
    return Block(0, seq, np.array([t_us], np.int64), NOW_US, np.zeros((1, 2, 2), "<u2"))


class Flaky(MemoryLive):
    """A live feed that can be away."""

    away = False

    async def publish(self, messages):
        if self.away:
            raise LiveAway("no answer")
        await super().publish(messages)


class PartlyAway(MemoryLive):
    """A live feed that is away for some streams, as a cluster of which a master was killed."""

    away = frozenset({RIGHT})

    async def publish(self, messages):
        await super().publish([each for each in messages if each[0] not in self.away])
        if self.away & {stream for stream, _ in messages}:
            raise LiveAway("no answer", streams=self.away)


@pytest.fixture
async def live():
    return Flaky()


@pytest.fixture
async def publisher(live):
    subject = Publisher(live)
    task = asyncio.create_task(subject.run())
    yield subject
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def heard(live, count, stream=LEFT):
    async with asyncio.timeout(10):
        while len(entries := await live.recent(stream, 60)) < count:
            await asyncio.sleep(0.01)
    return [codec.decode(entry.message)[0] for entry in entries]


async def test_a_block_is_published_and_a_late_one_is_only_announced(live, publisher):
    publisher.block(LEFT, block(0))
    publisher.block(LEFT, block(1, NOW_US - 6_000_000))
    first, second = await heard(live, 2)
    assert (first["type"], first["seq"]) == ("frames", 0)
    assert (second["type"], second["seq"], second["n"], second["stop_us"]) == ("backfilled", 1, 1, NOW_US - 6_000_000)


async def test_after_the_feed_was_away_viewers_are_told_to_read_history_again(live, publisher, monkeypatch):
    monkeypatch.setattr(feed, "RETRY_S", 0.01)
    live.away = True
    publisher.block(LEFT, block(0))
    async with asyncio.timeout(10):
        while not publisher.dropped:
            await asyncio.sleep(0.01)
    live.away = False
    publisher.block(LEFT, block(1))
    publisher.block(LEFT, block(2))
    assert [said["type"] for said in await heard(live, 3)] == ["resync", "frames", "frames"]


async def test_where_one_server_of_a_cluster_is_away_the_streams_of_the_others_go_on(monkeypatch):
    monkeypatch.setattr(feed, "RETRY_S", 1000.0)
    live = PartlyAway()
    subject = Publisher(live)
    task = asyncio.create_task(subject.run())
    for seq in range(3):
        subject.block(LEFT, block(seq))
        subject.block(RIGHT, block(seq))
        async with asyncio.timeout(10):
            while subject.waiting_bytes:
                await asyncio.sleep(0.01)
    assert [said["seq"] for said in await heard(live, 3)] == [0, 1, 2]
    assert await live.recent(RIGHT, 60) == []
    assert subject.dropped == 3
    live.away = frozenset()
    subject.block(RIGHT, block(3))
    assert [said["type"] for said in await heard(live, 2, RIGHT)] == ["resync", "frames"]
    assert [said["type"] for said in await heard(live, 3)] == ["frames"] * 3  # of these nothing was skipped
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_for_a_feed_that_is_slow_is_bounded_and_the_newest_stays(live, monkeypatch):
    size = len(codec.encode_block(block(), {"type": "frames", "workout_id": "w", "stream": "left"}))
    monkeypatch.setattr(feed, "MAX_WAITING_BYTES", 3 * size)
    subject = Publisher(live)
    for seq in range(10):
        subject.block(LEFT, block(seq))
    assert subject.dropped == 7
    task = asyncio.create_task(subject.run())
    said = await heard(live, 4)
    task.cancel()
    assert [(item["type"], item.get("seq")) for item in said] == [
        ("resync", None),
        ("frames", 7),
        ("frames", 8),
        ("frames", 9),
    ]
