"""What waits for a slow viewer is bounded, and the newest comes first."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from barograph import codec
from barograph.frames import Block, Stream
from dashboard.feed.viewer import Viewer
from dashboard.feed.waiting import WAITING_BYTES, WAITING_SAMPLES, Batch, Part
from dashboard.reading.recent_samples import history, samples_of

LEFT, RIGHT = Stream("walk", "left"), Stream("walk", "right")


def block(seq: int, n: int = 1, *, cells: int = 4, stats: bool = True) -> Block:
    numbers = np.arange(seq, seq + n)
    return Block(
        e=0,
        seq=seq,
        times_us=1_000_000 + numbers * 10_000,
        received_us=1,
        frames=np.zeros((n, 1, cells), np.uint16) + numbers.astype(np.uint16)[:, None, None],
        stats=np.stack([numbers, numbers * 2], axis=1).astype(np.float32) if stats else None,
    )


def message(one: Block, stream: Stream = LEFT) -> bytes:
    return codec.encode_block(one, {"type": "frames", "workout_id": stream.workout_id, "stream": stream.stream})


def batch(*blocks: Block, stream: Stream = LEFT) -> Batch:
    return Batch(tuple(Part(stream, message(one, stream), samples_of(one)) for one in blocks))


def each(messages) -> list[bytes | str]:
    """Every block by itself."""
    return [one for m in messages for one in ([m] if isinstance(m, str) else map(bytes, codec.in_turn(m)))]


def headers(messages) -> list[dict]:
    return [json.loads(one) if isinstance(one, str) else codec.decode(one)[0] for one in each(messages)]


async def test_a_viewer_that_keeps_up_gets_every_block_as_it_was_published():
    viewer = Viewer()
    sent = [message(block(seq)) for seq in range(3)]
    viewer.offer(batch(block(0), block(1)))
    viewer.offer(batch(block(2)))
    assert each(await viewer.take()) == sent


async def test_what_came_in_one_moment_is_one_message_the_same_for_all():
    viewers = [Viewer() for _ in range(3)]
    one = batch(block(0), block(1))
    for viewer in viewers:
        viewer.offer(one)
    first, *others = [await viewer.take() for viewer in viewers]
    assert len(first) == 1
    assert all(other[0] is first[0] for other in others), "made once, whoever watches"


async def test_a_viewer_that_falls_behind_gets_the_newest_frame_and_all_statistics():
    viewer = Viewer()
    for seq in range(100):
        viewer.offer(batch(block(seq)))
    past, newest = each(await viewer.take())
    head, payload = codec.decode(past)
    assert head["type"] == "history"
    assert (head["seq"], head["n"]) == (0, 99)
    stats = np.frombuffer(payload, "<f4", count=99 * 2).reshape(99, 2)
    np.testing.assert_array_equal(stats[:, 0], np.arange(99))
    np.testing.assert_array_equal(codec.times_of(head, 99), 1_000_000 + np.arange(99) * 10_000)
    assert codec.decode_block(newest)[1].seq == 99


async def test_having_caught_up_a_viewer_gets_whole_messages_again():
    viewer = Viewer()
    for seq in range(100):
        viewer.offer(batch(block(seq)))
    await viewer.take()
    viewer.offer(batch(block(100)))
    assert [head["seq"] for head in headers(await viewer.take())] == [100]


async def test_what_waits_is_bounded_in_messages_and_samples():
    viewer = Viewer()
    for seq in range(0, 20_000, 10):
        viewer.offer(batch(block(seq, 10)))
    heads = headers(await viewer.take())
    assert sum(head["n"] for head in heads[:-1]) <= WAITING_SAMPLES
    assert heads[-1]["seq"] == 19_990
    assert heads[0]["seq"] > 0, "the oldest samples go when there are too many"


async def test_what_waits_is_bounded_in_bytes():
    viewer = Viewer()
    large = 250_000
    for seq in range(40):
        viewer.offer(batch(block(seq, cells=large)))
    waiting = sum(len(one) for one in await viewer.take())
    assert waiting <= WAITING_BYTES


async def test_one_stream_that_is_behind_does_not_thin_the_other():
    viewer = Viewer()
    for seq in range(50):
        viewer.offer(batch(block(seq)))
    viewer.offer(batch(block(7), stream=RIGHT))
    assert [(head["stream"], head["type"]) for head in headers(await viewer.take())] == [
        ("left", "history"), ("left", "frames"), ("right", "frames"),
    ]  # fmt: skip


async def test_blocks_without_statistics_are_let_go_without_a_trace():
    viewer = Viewer()
    for seq in range(50):
        viewer.offer(batch(block(seq, stats=False)))
    assert [(head["type"], head["seq"]) for head in headers(await viewer.take())] == [("frames", 49)]


async def test_a_thumbnail_gets_the_newest_frame_only():
    viewer = Viewer(rate_hz=5)
    for seq in range(50):
        viewer.offer(batch(block(seq)))
    assert [(head["type"], head["seq"]) for head in headers(await viewer.take())] == [("frames", 49)]


async def test_layouts_and_the_past_come_before_frames_and_pongs_before_all():
    viewer = Viewer()
    viewer.offer(batch(block(0)))
    viewer.begin(list(history(LEFT, [samples_of(block(-0, 3))])))
    viewer.tell("layout left", json.dumps({"type": "layout"}))
    viewer.ping(5)
    kinds = [head["type"] for head in headers(await viewer.take())]
    assert kinds == ["pong", "layout", "history", "frames"]


async def test_a_page_that_falls_behind_is_waited_for_and_then_gets_the_newest():
    now = [100.0]
    viewer = Viewer(clock=lambda: now[0])
    viewer.handled(0)
    sent = 0
    for seq in range(100):
        viewer.offer(batch(block(seq)))
        now[0] += 0.05
        taking = asyncio.ensure_future(viewer.take())
        await asyncio.sleep(0)
        if not taking.done():
            break
        sent = seq + 1
        viewer.sent()
    assert 0 < sent < 40, "it is waited for after a while"
    for later in range(seq + 1, seq + 50):
        viewer.offer(batch(block(later)))
    viewer.handled(sent)
    heads = headers(await taking)
    assert [(head["type"], head["seq"], head["n"]) for head in heads] == [
        ("history", sent, 49), ("frames", sent + 49, 1),
    ]  # fmt: skip


async def test_what_was_told_is_not_told_again_until_it_changes():
    viewer = Viewer()
    for text in ("one", "one", "two"):
        viewer.tell("state", json.dumps({"type": text}))
    assert [head["type"] for head in headers(await viewer.take())] == ["two"]
    viewer.tell("state", json.dumps({"type": "two"}))
    viewer.note(codec.encode({"type": "marker"}))
    assert [head["type"] for head in headers(await viewer.take())] == ["marker"]


async def test_a_pong_carries_the_times_of_both_sides():
    viewer = Viewer()
    viewer.ping(123)
    (pong,) = headers(await viewer.take())
    assert pong["t1_us"] == 123
    assert 0 < pong["t2_us"] <= pong["t3_us"]


@pytest.mark.parametrize("cut", [1, 7, 30])
def test_history_holds_the_same_samples_however_they_were_cut(cut: int):
    parts = [samples_of(block(seq, min(cut, 30 - seq))) for seq in range(0, 30, cut)]
    (one,) = history(LEFT, parts)
    head, payload = codec.decode(one)
    assert (head["seq"], head["n"], head["stats"]) == (0, 30, 2)
    np.testing.assert_array_equal(np.frombuffer(payload, "<f4", count=60).reshape(30, 2)[:, 1], np.arange(30) * 2)


def test_a_gap_in_the_numbers_begins_a_new_message():
    parts = [samples_of(block(0, 5)), samples_of(block(9, 5))]
    assert [codec.decode(one)[0]["seq"] for one in history(LEFT, parts)] == [0, 9]
