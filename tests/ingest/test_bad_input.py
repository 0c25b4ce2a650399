"""Broken and hostile devices beside a good one: each gets its error, nack or flag, and the good one does not notice."""

import asyncio
import json
import random
import struct
import time
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest
import zstandard
from websockets.asyncio.client import connect

from barograph import codec
from barograph.frames import Layout, Stream
from barograph.store.reading import read_recording

LAYOUT = Layout(rows=4, cols=3, dtype="uint16")
HEAD = {"type": "frames", "workout_id": "bad", "stream": "main", "epoch": "e", "n": 10, "dt_us": 10_000}
MEMORY_MB = 64


def now_us():
    return time.time_ns() // 1000


def batch(seq, value=1, **changes):
    data = changes.pop("data", np.full((10, 4, 3), value, "<u2").tobytes())
    return codec.encode(HEAD | {"seq": seq, "t0_us": changes.pop("t0_us", now_us())} | changes, data)


async def join(device, workout_id="bad", epoch="e", layout=LAYOUT):
    await device.say(type="join_session", workout_id=workout_id, epoch=epoch, layout=layout.to_dict())
    return await device.hear("session_joined")


@asynccontextmanager
async def good_stream(ingest, kind):
    """A device of 100 Hz in a workout of its own; all of it is acked, and nothing is refused, whatever goes on."""
    async with connect(ingest.ws_url) as socket:
        device, stop = kind(socket), asyncio.Event()
        await join(device, "good")

        async def send():
            seq = 0
            while not stop.is_set() or seq < 200:
                message = HEAD | {"workout_id": "good", "seq": seq, "t0_us": now_us()}
                await socket.send(codec.encode(message, bytes(240)))
                ack = await device.hear()
                while ack["type"] == "ack" and ack["next_seq"] < seq + 10:
                    ack = await device.hear()
                assert ack["type"] == "ack", ack
                seq += 10
            return seq

        task = asyncio.create_task(send())
        yield
        stop.set()
        assert await asyncio.wait_for(task, 30) >= 200


@pytest.fixture
async def beside_a_good_stream(ingest, client, mongo_archive):
    before = psutil.Process().memory_info().rss
    async with good_stream(ingest, type(client)):
        yield
    kept = await read_recording(mongo_archive, Stream("good"))
    assert not kept.gaps
    grown_mb = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"memory of the process grew by {grown_mb:.0f} MiB")
    assert grown_mb < MEMORY_MB


pytestmark = pytest.mark.usefixtures("beside_a_good_stream")


async def settled(device, mongo_archive, seq):
    """The stream goes on: a good batch is stored and acked."""
    await device.socket.send(batch(seq, 9))
    ack = await device.hear("ack")
    while ack["next_seq"] < seq + 10:
        ack = await device.hear("ack")
    kept = await read_recording(mongo_archive, Stream("bad"))
    assert (kept.frames[-1] == 9).all()


async def test_every_message_cut_at_every_byte(client, mongo_archive):
    await join(client)
    whole = batch(0)
    for end in range(len(whole)):
        await client.socket.send(whole[:end])
        said = await client.hear()
        assert said["type"] in ("error", "nack"), (end, said)
        if said["type"] == "nack":
            assert (said["seq"], said["n"], said["code"]) == (0, 10, "bad_field")
            assert (await client.hear("ack"))["next_seq"] == 10
    await settled(client, mongo_archive, 10)


async def test_headers_whose_lengths_lie(client, mongo_archive):
    await join(client)
    whole = batch(0)
    for length in (0, 1, 7, len(whole), 2**31, 2**32 - 1):
        await client.socket.send(struct.pack("<I", length) + whole[4:])
        assert (await client.hear("error"))["code"] in ("bad_message", "bad_field", "unknown_event")
    await settled(client, mongo_archive, 0)


async def test_numbers_that_jump_to_the_end_of_what_is_possible(client, mongo_archive):
    await join(client)
    await client.socket.send(batch(2**53))
    assert (await client.hear("error"))["field"] == "seq"
    await client.socket.send(batch(2**53 - 10))
    assert (await client.hear("ack"))["missing"] == [[0, 2**53 - 10]]
    await client.socket.send(batch(0, 9))
    assert (await client.hear("ack"))["frame_count"] == 20
    assert (await read_recording(mongo_archive, Stream("bad"))).frames[0, 0, 0] == 9


@pytest.mark.parametrize("year_us", [-315_619_200_000_000, 4_102_444_800_000_000, -(2**61), 2**61])
async def test_times_that_cannot_be(client, mongo_archive, year_us):
    for _ in range(2):  # the clocks agree, so the times are believed where they can be
        await client.say(type="ping", t1_us=now_us())
        await client.hear("pong")
    await join(client)
    await client.socket.send(batch(0, t0_us=year_us))
    await client.hear("ack")
    await settled(client, mongo_archive, 10)
    kept = await read_recording(mongo_archive, Stream("bad"))
    assert (np.abs(kept.times_us - now_us()) < 60_000_000).all()


async def test_times_that_go_backwards_or_stand_still_are_kept_as_they_are(client, mongo_archive):
    await join(client)
    start = now_us()
    times = [[start - 1000 * i for i in range(10)], [start] * 10]
    for index, said in enumerate(times):
        await client.socket.send(batch(10 * index, times_us=said))
        await client.hear("ack")
    kept = await read_recording(mongo_archive, Stream("bad"))
    assert kept.times_us.tolist() == times[0] + times[1]
    await settled(client, mongo_archive, 20)


async def test_a_layout_that_changes_within_a_stream(client, mongo_archive):
    await join(client)
    await client.socket.send(batch(0))
    await client.hear("ack")
    other = Layout(rows=5, cols=5, dtype="uint16").to_dict()
    await client.say(type="join_session", workout_id="bad", epoch="e", layout=other)
    error = await client.hear("error")
    assert (error["code"], error["field"]) == ("shape_mismatch", "layout")
    await client.socket.send(batch(10, data=bytes(500)))
    assert (await client.hear("nack"))["code"] == "bad_field"
    await settled(client, mongo_archive, 20)


async def test_every_batch_three_times_and_shuffled(client, mongo_archive):
    joined = await join(client)
    start = joined["server_time_us"]
    batches = [batch(10 * i, i, t0_us=start + 100_000 * i) for i in range(40)] * 3
    random.Random(3).shuffle(batches)
    for message in batches:
        await client.socket.send(message)
    ack = await client.hear("ack")
    while ack["next_seq"] < 400:
        ack = await client.hear("ack")
    kept = await read_recording(mongo_archive, Stream("bad"))
    assert kept.frames[:, 0, 0].tolist() == [i for i in range(40) for _ in range(10)]
    assert ack["frame_count"] == 400


async def test_two_devices_with_one_name_are_both_kept_and_the_stream_says_so(ingest, client, mongo_archive):
    async with connect(ingest.ws_url) as socket:
        other = type(client)(socket)
        await join(client, epoch="one")
        await join(other, epoch="two")
        start = now_us()
        for device, epoch, value in ((client, "one", 1), (other, "two", 2)):
            await device.socket.send(batch(0, value, epoch=epoch, t0_us=start))
            assert (await device.hear("ack"))["next_seq"] == 10
        await client.say(type="leave_session", workout_id="bad")
        await other.say(type="leave_session", workout_id="bad")
        await client.hear("session_ended")
        await other.hear("session_ended")
    assert sorted((await read_recording(mongo_archive, Stream("bad"))).frames[:, 0, 0].tolist()) == [1] * 10 + [2] * 10
    assert (await mongo_archive.stream_info(Stream("bad"))).overlap


async def test_data_that_unpack_to_ten_gigabytes(client, mongo_archive):
    await join(client)
    size = 10 * 2**30
    # A frame that declares 10 GiB and one that only grows to it: neither is unpacked beyond what ten frames need.
    growing = zstandard.ZstdCompressor(level=1).compressobj()
    chunk = bytes(1 << 20)
    grown = b"".join(growing.compress(chunk) for _ in range(size // len(chunk))) + growing.flush()
    declared = zstandard.ZstdCompressor(level=1, write_content_size=True).compress(bytes(1 << 24))
    for index, data in enumerate((grown, declared)):
        await client.socket.send(batch(10 * index, data=data, encoding="zstd"))
        assert (await client.hear("nack"))["code"] == "bad_field"
    await settled(client, mongo_archive, 20)


async def test_json_that_is_none_between_good_messages(client, mongo_archive):
    await join(client)
    for text in ("[" * 10_000, '{"type":' * 10_000, "nul", '{"type":"frames"}', json.dumps({"type": "gap", "n": -1})):
        await client.socket.send(text)
        assert (await client.hear("error"))["message"]
    await settled(client, mongo_archive, 0)
