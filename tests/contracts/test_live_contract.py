"""What every live feed does, in memory, in Redis and in a cluster of three."""

from __future__ import annotations

import asyncio

import pytest
from redis.crc import key_slot

from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.store.memory.archive import MemoryLive
from barograph.store.ports import Entry, Live
from barograph.store.redis import RedisLive, key_of

LEFT, RIGHT = Stream("run", "left"), Stream("run", "right")
ELSEWHERE = [Stream(f"walk-{number}", "left") for number in range(8)]  # in a cluster, at all of its servers


@pytest.fixture(params=["memory_live", "redis_live", "cluster_live"])
def live(request: pytest.FixtureRequest) -> Live:
    """Each feed in turn."""
    found: Live = request.getfixturevalue(request.param)
    return found


async def test_what_is_published_is_recent_oldest_first(live: Live) -> None:
    await live.publish([(LEFT, b"a"), (RIGHT, b"r"), (LEFT, b"b")])
    assert [(entry.stream, entry.message) for entry in await live.recent(LEFT, 30)] == [(LEFT, b"a"), (LEFT, b"b")]
    assert [entry.message for entry in await live.recent(RIGHT, 30)] == [b"r"]


async def test_a_stream_that_nobody_published_has_nothing(live: Live) -> None:
    assert await live.recent(LEFT, 30) == []


async def test_following_begins_after_the_position(live: Live) -> None:
    await live.publish([(LEFT, b"a"), (LEFT, b"b"), (LEFT, b"c")])
    first = (await live.recent(LEFT, 30))[0]
    assert [entry.message for entry in await live.follow({LEFT: first.position}, 1)] == [b"b", b"c"]


async def test_following_from_zero_gives_all_that_is_there(live: Live) -> None:
    await live.publish([(LEFT, b"a"), (LEFT, b"b")])
    assert [entry.message for entry in await live.follow({LEFT: "0"}, 1)] == [b"a", b"b"]


async def test_positions_lead_through_the_feed_without_gap_or_repeat(live: Live) -> None:
    seen: list[bytes] = []
    position = "0"
    for i in range(5):
        await live.publish([(LEFT, bytes([i, j])) for j in range(3)])
        for entry in await live.follow({LEFT: position}, 1):
            seen.append(entry.message)
            position = entry.position
    assert seen == [bytes([i, j]) for i in range(5) for j in range(3)]


async def test_one_call_follows_several_streams(live: Live) -> None:
    await live.publish([(LEFT, b"a"), (RIGHT, b"r")])
    found = await live.follow({LEFT: "0", RIGHT: "0"}, 1)
    assert {(entry.stream, entry.message) for entry in found} == {(LEFT, b"a"), (RIGHT, b"r")}


async def test_one_call_follows_several_workouts(live: Live) -> None:
    await live.publish([(stream, stream.workout_id.encode()) for stream in ELSEWHERE])
    found: list[Entry] = []
    positions = dict.fromkeys(ELSEWHERE, "0")
    while len(found) < len(ELSEWHERE):
        found += (new := await live.follow(positions, 5))
        positions |= {entry.stream: entry.position for entry in new}
    assert {(entry.stream, entry.message) for entry in found} == {(at, at.workout_id.encode()) for at in ELSEWHERE}
    assert await live.follow(positions, 0.05) == []


async def test_what_is_forgotten_is_gone_and_nothing_else(live: Live) -> None:
    await live.publish([(stream, b"a") for stream in ELSEWHERE])
    await live.forget(ELSEWHERE[1:])
    assert [len(await live.recent(stream, 30)) for stream in ELSEWHERE] == [1, 0, 0, 0, 0, 0, 0, 0]
    await live.forget([])


@pytest.mark.parametrize("others", [[RIGHT], ELSEWHERE])
async def test_whoever_waits_from_now_on_gets_what_comes(live: Live, others: list[Stream]) -> None:
    await live.publish([(LEFT, b"before")])
    waiting = asyncio.create_task(live.follow(dict.fromkeys([LEFT, *others], "$"), 20))
    found = None
    while found is None:  # the task may not have asked yet: publish until it has
        await live.publish([(LEFT, b"after")])
        done, _ = await asyncio.wait([waiting], timeout=0.05)
        found = done.pop().result() if done else None
    assert {entry.message for entry in found} == {b"after"}


async def test_waiting_ends_with_nothing(live: Live) -> None:
    assert await live.follow({LEFT: "$"}, 0.05) == []
    assert await live.follow({}, 0.01) == []


async def test_a_reader_far_behind_gets_a_bounded_answer_and_asks_again(live: Live) -> None:
    await live.publish([(LEFT, b"%d" % i) for i in range(1000)])
    position, seen = "0", []
    while found := await live.follow({LEFT: position}, 0.05):
        assert len(found) < 500
        seen += [int(entry.message) for entry in found]
        position = found[-1].position
    assert seen == list(range(1000))


async def test_publishing_nothing_is_nothing(live: Live) -> None:
    await live.publish([])
    assert await live.recent(LEFT, 30) == []


async def test_messages_are_any_bytes(live: Live) -> None:
    message = bytes(range(256)) * 100
    await live.publish([(LEFT, message)])
    assert [entry.message for entry in await live.recent(LEFT, 30)] == [message]


async def test_a_feed_answers_a_ping(live: Live) -> None:
    await live.ping()


def test_no_two_streams_share_a_key() -> None:
    names = ["a", "a:b", "a%3Ab", "b", ":", "a:", ":b", "%", "a%", "{", "}", "{a}", "a}", "}:{", "a%7D"]
    streams = [Stream(workout, stream) for workout in names for stream in names]
    assert len({key_of(stream) for stream in streams}) == len(streams)
    assert key_of(Stream("run-42", "left")) == "barograph:live:{run-42}:left"


def test_streams_of_one_workout_have_one_slot_whatever_its_name() -> None:
    for name in ("run", "{", "}", "a}b", "{}", "a:{b}"):
        slots = [key_slot(key_of(Stream(name, stream)).encode()) for stream in ("left", "right", "{other}", "}")]
        assert len(set(slots)) == 1


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_memory_keeps_a_minute() -> None:
    clock = Clock()
    live = MemoryLive(clock=clock)
    await live.publish([(LEFT, b"old")])
    clock.now += 61
    await live.publish([(LEFT, b"new")])
    assert [entry.message for entry in await live.recent(LEFT, 1000)] == [b"new"]


async def test_memory_forgets_a_stream_an_hour_after_its_last_entry() -> None:
    clock = Clock()
    live = MemoryLive(clock=clock)
    await live.publish([(LEFT, b"last")])
    clock.now += 3601
    await live.publish([(RIGHT, b"other")])
    assert await live.recent(LEFT, 1e9) == []


async def test_memory_is_bounded_in_bytes() -> None:
    live = MemoryLive(most_bytes=1000)
    await live.publish([(LEFT, bytes([i]) * 300) for i in range(10)])
    assert [entry.message[0] for entry in await live.recent(LEFT, 30)] == [7, 8, 9]


async def _redis(servers: Servers, **options: float) -> RedisLive:
    return await RedisLive.connect(servers.redis_url, 5.0, **options)  # type: ignore[arg-type]


async def test_redis_is_bounded_in_bytes(servers: Servers, redis_live: RedisLive) -> None:
    bounded = await _redis(servers, most_bytes=1_000_000)
    for i in range(40):
        await bounded.publish([(LEFT, bytes([i, j]) * 10_000) for j in range(5)])
    kept = [entry.message[:2] for entry in await redis_live.recent(LEFT, 30)]
    await bounded.close()
    assert 40 <= len(kept) <= 60
    assert kept[-1] == bytes([39, 4])


async def test_redis_is_bounded_in_time(servers: Servers, redis_live: RedisLive) -> None:
    short = await _redis(servers, seconds=0.2)
    await short.publish([(LEFT, b"x" * 5000)])
    oldest = (await redis_live.recent(LEFT, 30))[0]
    found = [oldest]
    while oldest in found:  # ends when Redis has dropped it; the test's own limit is the patience
        await short.publish([(LEFT, b"x" * 5000)])
        found = await redis_live.recent(LEFT, 30)
    await short.close()
    assert found


async def test_a_key_expires_an_hour_after_the_last_entry(redis_live: RedisLive) -> None:
    await redis_live.publish([(LEFT, b"a")])
    assert 3590 <= await redis_live.servers.client.ttl(key_of(LEFT)) <= 3600


async def test_a_redis_that_answers_but_takes_no_entry_is_away(redis_live: RedisLive) -> None:
    await redis_live.ping()
    redis = redis_live.servers.client
    before = set(await redis.keys("barograph:live::*"))
    await redis.config_set("min-replicas-to-write", 1)  # as where it has lost its replicas, or is none
    try:
        assert await redis.ping()
        with pytest.raises(LiveAway, match="did not take and give an entry"):
            await redis_live.ping()
    finally:
        await redis.config_set("min-replicas-to-write", 0)
    await redis_live.ping()
    assert set(await redis.keys("barograph:live::*")) == before == set()


async def test_an_absent_redis_is_away() -> None:
    absent = await RedisLive.connect("redis://127.0.0.1:1/0", 0.5)
    for asking in (
        absent.ping(),
        absent.publish([(LEFT, b"a")]),
        absent.recent(LEFT, 1),
        absent.follow({LEFT: "$"}, 0.1),
    ):
        with pytest.raises(LiveAway):
            await asking
    await absent.close()


async def test_a_redis_that_does_not_answer_is_away_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    live = await RedisLive.connect(f"redis://127.0.0.1:{port}/0", 0.2)
    with pytest.raises(LiveAway):
        await live.publish([(LEFT, b"a")])
    await live.close()
    server.close()
    await server.wait_closed()
