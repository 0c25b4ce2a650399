"""Rooms across ingest processes."""

import asyncio
import json

from served import serving
from websockets.asyncio.client import connect

from barograph import codec
from barograph.errors import LiveAway
from barograph.store.memory.archive import MemoryLive
from barograph.store.redis import RedisLive
from ingest import relay
from ingest.outbox import Outbox
from ingest.peers import Peer
from ingest.rooms import Rooms

MATRIX = [[0.0, 1.5], [3.0, None]]


async def until(what):
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.01)


async def test_whoever_watches_at_one_process_sees_every_frame_of_a_device_at_another(ingest, other_ingest, client):
    async with (
        connect(other_ingest.ws_url, additional_headers=other_ingest.owner) as socket,
        connect(other_ingest.ws_url) as elsewhere,
    ):
        watcher, stranger = type(client)(socket), type(client)(elsewhere)
        await watcher.say(type="join_session", workout_id="far")
        await watcher.hear("session_joined")
        await stranger.say(type="join_session", workout_id="another")
        await stranger.hear("session_joined")
        await client.say(type="join_session", workout_id="far")
        await client.hear("session_joined")
        here = ingest.app.extensions["barograph"]["ingest"]
        await until(lambda: here.relay.wanted("far"))
        for index in range(20):
            frame = {"matrix": MATRIX, "nodes": 4, "timestamp": f"2026-03-01T09:00:00.{index:03}Z"}
            await client.say(type="pressure_frame", workout_id="far", **frame)
        mine = [await client.hear("frame_processed") for _ in range(20)]
        assert [await watcher.hear("frame_processed") for _ in range(20)] == mine
        await stranger.say(type="ping", t1_us=1)
        assert (await stranger.hear())["type"] == "pong"
        assert not here.relay.wanted("nowhere")


async def test_a_process_that_starts_later_hears_who_listens(ingest, client, mongo_archive, redis_live, tmp_path):
    await client.say(type="join_session", workout_id="far")
    await client.hear("session_joined")
    async with serving(mongo_archive, redis_live, tmp_path) as later:
        await until(lambda: later.app.extensions["barograph"]["ingest"].relay.wanted("far"))
        async with connect(later.ws_url, additional_headers=later.owner) as socket:
            await socket.send(json.dumps({"type": "join_session", "workout_id": "far"}))
            frame = {"type": "pressure_frame", "workout_id": "far", "matrix": MATRIX, "timestamp": 1e9}
            await socket.send(json.dumps(frame))
            assert (await client.hear("frame_processed"))["timestamp"] == 1e9


class Away(MemoryLive):
    async def publish(self, messages):
        raise LiveAway("away")

    async def follow(self, after, wait_s):
        raise LiveAway("away")

    recent = follow


async def test_a_process_is_told_of_the_workouts_that_it_asked_for_over_a_stream_of_its_own():
    live, rooms, peers = MemoryLive(), [Rooms() for _ in range(3)], {}
    subjects = [relay.Relay(live, each) for each in rooms]
    for index, workout in ((1, "a"), (2, "a"), (2, "b")):
        peer = peers[index, workout] = Peer(Outbox())
        rooms[index].enter(peer, workout, 0)
        peer.json_events.add(workout)
        peer.reads.add(workout)
    tasks = [asyncio.create_task(each.run()) for each in subjects]
    await until(lambda: len(subjects[0]._listening("a")) == 2 and subjects[0].wanted("b"))
    for workout in ("a", "b"):
        subjects[0].say(workout, [{"type": "frame_processed", "workout_id": workout, "stream": "main"}])
    await until(lambda: all(len(peer.outbox) for peer in peers.values()))
    channels = [relay.channel_of(each._name) for each in subjects]
    assert [len(await live.recent(channel, 60)) for channel in channels] == [0, 1, 2]
    told = [codec.decode(entry.message)[0]["type"] for entry in await live.recent(relay.ROOMS, 60)]
    assert set(told) == {"listening"}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_events_for_others_are_bounded_while_redis_is_away(monkeypatch):
    monkeypatch.setattr(relay, "RETRY_S", 0.01)
    rooms = Rooms()
    peer = Peer(Outbox())
    rooms.enter(peer, "w", 0)
    peer.json_events.add("w")
    subject = relay.Relay(Away(), rooms)
    subject._believe("another", ["w"])
    running = asyncio.create_task(subject.run())
    for index in range(2000):
        subject.say("w", [{"type": "frame_processed", "pad": "x" * 10_000}])
        assert min(index, 300) * 10_000 < subject._size <= relay.MAX_WAITING_BYTES
    await asyncio.sleep(0.1)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_absent_redis_delays_no_ack_and_no_room_of_this_process(mongo_archive, tmp_path):
    absent = await RedisLive.connect("redis://127.0.0.1:1/0", 0.5)
    async with (
        serving(mongo_archive, absent, tmp_path) as alone,
        connect(alone.ws_url, additional_headers=alone.owner) as socket,
    ):
        await socket.send(json.dumps({"type": "join_session", "workout_id": "w"}))
        for index in range(20):
            frame = {"type": "pressure_frame", "workout_id": "w", "matrix": MATRIX, "timestamp": 1e9 + index}
            await socket.send(json.dumps(frame))
        heard = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(21)]
        assert [event["frame_count"] for event in heard[1:]] == list(range(1, 21))
    await absent.close()
