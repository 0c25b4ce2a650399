"""A cluster that loses a master: its streams alone are away, and the feed says so and comes back."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
import structlog
from valkey_cluster import ValkeyCluster, until

from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.logs import about_connection
from barograph.store.redis import RedisLive, key_of, servers
from ingest.relay import ROOMS, channel_of

STREAMS = [Stream(f"walk-{number}", side) for number in range(12) for side in ("left", "right")]
BACK_S = 30.0  # 2 s where nobody else works: a master counts as dead after 1 s


def by_master(cluster: ValkeyCluster) -> dict[int, set[Stream]]:
    """Which streams lie at which master."""
    found: dict[int, set[Stream]] = {}
    for stream in STREAMS:
        found.setdefault(cluster.master_of(key_of(stream)).port, set()).add(stream)
    return found


def test_workouts_spread_over_the_masters_and_the_streams_of_one_stay_together(feed_cluster: ValkeyCluster) -> None:
    feed_cluster.heal()
    places = by_master(feed_cluster)
    assert len(places) == 3
    for streams in places.values():
        assert {stream.stream for stream in streams} == {"left", "right"}
        assert len({stream.workout_id for stream in streams}) * 2 == len(streams)


def test_what_processes_tell_each_other_of_rooms_lies_at_all_masters(feed_cluster: ValkeyCluster) -> None:
    feed_cluster.heal()
    channels = [ROOMS, *(channel_of(f"process-{number}") for number in range(12))]
    assert len({feed_cluster.master_of(key_of(channel)).port for channel in channels}) == 3


async def publish_until(live: RedisLive, done) -> float:
    """Publish to all streams until something is so; how many seconds that took."""
    begun_s = time.monotonic()
    async with asyncio.timeout(BACK_S):
        while True:
            try:
                await live.publish([(stream, b"more") for stream in STREAMS])
            except LiveAway as error:
                away = error.streams or frozenset(STREAMS)
            else:
                away = frozenset()
            if done(away):
                return time.monotonic() - begun_s
            await asyncio.sleep(0.02)


async def test_a_killed_master_takes_its_own_streams_away_and_its_replica_gives_them_back(
    feed_cluster: ValkeyCluster, cluster_live: RedisLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_connection("a device")  # its frames are the first that are not taken; where slots lie concerns everybody
    bound = list[dict[str, object]]()
    monkeypatch.setattr(servers.log, "info", lambda *_: bound.append(structlog.contextvars.get_contextvars()))
    await cluster_live.publish([(stream, b"first") for stream in STREAMS])
    places = by_master(feed_cluster)
    master = feed_cluster.master_of(key_of(STREAMS[0]))
    lost = places[master.port]
    master.signal(signal.SIGKILL)
    assert await publish_until(cluster_live, lambda away: away == lost) < 1.0
    with pytest.raises(LiveAway, match="did not take and give an entry"):
        await cluster_live.ping()
    with pytest.raises(LiveAway) as followed:
        await cluster_live.follow(dict.fromkeys(STREAMS, "0"), 0.1)
    assert followed.value.streams == lost
    assert {entry.stream for entry in followed.value.entries} == set(STREAMS) - lost
    back_s = await publish_until(cluster_live, lambda away: not away)
    print(f"the killed master's streams were away for {back_s:.1f} s")
    await cluster_live.ping()
    found = await cluster_live.follow(dict.fromkeys(STREAMS, "0"), 1)
    assert {entry.stream for entry in found} == set(STREAMS)
    assert bound
    assert not any(bound)


async def test_slots_that_move_to_another_master_are_followed(
    feed_cluster: ValkeyCluster, cluster_live: RedisLive
) -> None:
    await cluster_live.publish([(stream, b"first") for stream in STREAMS])
    master = feed_cluster.master_of(key_of(STREAMS[0]))
    feed_cluster.replica_of(master).ask("CLUSTER FAILOVER")  # planned, as for an upgrade
    until(lambda: feed_cluster.master_of(key_of(STREAMS[0])) is not master, "the replica is master")
    assert await publish_until(cluster_live, lambda away: not away) < 5.0
    await cluster_live.ping()
    found = await cluster_live.follow({STREAMS[0]: "0", STREAMS[1]: "0"}, 1)
    assert {entry.message for entry in found} == {b"first", b"more"}


async def test_a_master_that_hangs_holds_the_others_up_for_a_moment_only(feed_cluster: ValkeyCluster) -> None:
    feed_cluster.heal()
    live = await RedisLive.connect(feed_cluster.url, 0.3)
    await live.publish([(stream, b"first") for stream in STREAMS])
    master = feed_cluster.master_of(key_of(STREAMS[0]))
    master.signal(signal.SIGSTOP)
    try:
        begun_s = time.monotonic()
        with pytest.raises(LiveAway, match="no answer in time"):
            await live.publish([(stream, b"second") for stream in STREAMS])
        with pytest.raises(LiveAway, match="did not answer a moment ago"):
            await live.publish([(stream, b"third") for stream in STREAMS])
        assert time.monotonic() - begun_s < 1.0
        await publish_until(live, lambda away: not away)
    finally:
        master.signal(signal.SIGCONT)
        await live.close()


async def test_a_cluster_that_was_gone_as_a_whole_is_found_again(
    feed_cluster: ValkeyCluster, cluster_live: RedisLive
) -> None:
    await cluster_live.ping()
    for node in feed_cluster.nodes:
        node.signal(signal.SIGKILL)
    for _ in range(3):
        with pytest.raises(LiveAway):
            await cluster_live.publish([(STREAMS[0], b"lost")])
        with pytest.raises(LiveAway):
            await cluster_live.ping()
        await asyncio.sleep(0.3)
    await asyncio.to_thread(feed_cluster.heal)
    await publish_until_answered(cluster_live)
    assert (await cluster_live.recent(STREAMS[0], 60))[-1].message == b"found"
    await cluster_live.ping()


async def publish_until_answered(live: RedisLive) -> None:
    async with asyncio.timeout(BACK_S):
        while True:
            try:
                return await live.publish([(STREAMS[0], b"found")])
            except LiveAway:
                await asyncio.sleep(0.05)


async def test_one_server_of_a_cluster_says_what_the_url_should_be(feed_cluster: ValkeyCluster) -> None:
    feed_cluster.heal()
    alone = await RedisLive.connect(feed_cluster.url.replace("redis+cluster", "redis").partition(",")[0], 5.0)
    try:
        for asking in (alone.ping(), alone.publish([(stream, b"a") for stream in STREAMS])):
            with pytest.raises(LiveAway, match=r"redis\+cluster://"):
                await asking
    finally:
        await alone.close()


async def test_a_cluster_says_what_it_is(cluster_live: RedisLive) -> None:
    product, version = await cluster_live.version()
    assert product in ("Redis", "Valkey")
    assert version[0].isdigit()
