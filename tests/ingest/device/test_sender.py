"""A device against a server in memory: windows, resends, refusals, silence, and what else a connection may bring."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from peer import LAYOUT, QUICK, SHORT, START_US, Peer, cells_of, device, listening, live, sent, until
from websockets.asyncio.server import serve

from barograph.errors import InvalidData
from barograph.frames import Recording
from ingest.device.sender import Chunk, Device, SendRefused, Source, SpoolFile, of_recording, send


async def test_every_frame_arrives_once_and_all_of_them_are_acked(peer):
    one = device(peer, live(0, 300))
    ended = await sent(one)
    assert ended["type"] == "session_ended"
    assert peer.names() == list(range(300))
    at = one.progress
    assert (at.total, at.spooled, at.sent, at.acked, at.gaps, at.nacked) == (300, 300, 300, 300, 0, 0)
    assert (at.connections, at.trouble) == (1, "")


async def test_clocks_are_exchanged_before_the_join(peer):
    await sent(device(peer, live(0, 5)))
    kinds = [message["type"] for message in peer.heard]
    assert kinds.index("join_session") >= 4
    assert set(kinds[: kinds.index("join_session")]) == {"ping"}


@pytest.mark.parametrize(("frames", "nbytes"), [(10, 1 << 20), (3, 1 << 20), (1000, 400), (1000, 90), (1, 40)])
async def test_what_is_unsettled_stays_within_the_window(peer, frames, nbytes):
    peer.window_frames, peer.window_bytes = frames, nbytes
    over = []

    def before(message):
        if message["type"] == "frames":
            ahead = message["seq"] + message["n"] - peer.next_seq(message["epoch"])
            over.append(ahead > frames or ahead * LAYOUT.frame_bytes > nbytes)

    peer.before = before
    await sent(device(peer, live(0, 120)))
    assert peer.names() == list(range(120))
    assert not any(over)


async def test_a_closed_window_is_waited_for(peer):
    peer.window_frames = 0
    one = device(peer, live(0, 50))
    sending = asyncio.create_task(one.run())
    await until(lambda: peer.of("join_session") and one.progress.spooled == 50)
    assert peer.of("frames") == []
    peer.window_frames = 4096
    await peer.say(peer.ack(next(iter(peer.epochs))))
    await asyncio.wait_for(sending, 20)
    assert (peer.names(), one.progress.connections) == (list(range(50)), 1)


async def test_what_got_lost_on_its_way_is_sent_again(peer):
    peer.gone = {3, 4, 5, 60}
    one = device(peer, live(0, 100))
    await sent(one)
    assert peer.names() == list(range(100))
    assert (one.progress.acked, one.progress.connections) == (100, 1)


async def test_a_last_frame_that_nobody_misses_is_sent_again_by_the_next_connection(peer):
    peer.gone = {99}
    one = device(peer, live(0, 100), timing=SHORT)
    await sent(one)
    assert peer.names() == list(range(100))
    assert (one.progress.acked, one.progress.connections) == (100, 2)


async def test_a_refused_frame_is_counted_and_the_stream_goes_on(peer):
    peer.poison = lambda seq, time_us: seq in (10, 11, 40)
    one = device(peer, live(0, 100))
    await sent(one)
    assert peer.names() == [name for name in range(100) if name not in (10, 11, 40)]
    assert (one.progress.acked, one.progress.nacked, one.progress.gaps) == (97, 3, 0)


async def test_a_device_that_another_one_replaced_stops_and_says_so_while_others_go_on(peer):
    right = Peer()

    def before(message):
        if message["type"] == "frames":
            return [{"type": "error", "code": "replaced", "message": "taken by a newer connection", "retryable": False}]
        return None

    peer.before = before
    async with listening(right.serve) as url:
        right.url = url
        first, second = device(peer, live(0, 20)), device(right, live(0, 400))
        done = await asyncio.gather(sent(first), sent(second), return_exceptions=True)
    assert isinstance(done[0], SendRefused)
    assert "another device took over: taken by a newer connection" in str(done[0])
    assert right.names() == list(range(400))


async def test_one_refused_stream_does_not_end_the_others(peer):
    frames = np.stack([cells_of(name) for name in range(60)])
    recordings = [Recording(frames, np.arange(60) * 10_000, LAYOUT)] * 2

    def before(message):
        if message["type"] == "join_session" and message["stream"] == "right":
            return [{"type": "error", "code": "shape_mismatch", "message": "another shape", "retryable": False}]
        return None

    peer.before = before
    sources = [of_recording(name, recording) for name, recording in zip(("right", "left"), recordings, strict=True)]
    with pytest.raises(SendRefused, match="another shape"):
        await asyncio.wait_for(send(sources, url=peer.url, workout_id="w", paced=False), 30)
    assert sum(len(slots) for slots in peer.epochs.values()) == 60


@pytest.mark.parametrize("where", ["ping", "join_session", "frames"])
async def test_an_error_that_may_pass_is_waited_out_as_long_as_the_server_asks(peer, where):
    def before(message):
        if message["type"] == where and one.progress.connections <= 3:
            error = {"type": "error", "code": "storage_full", "message": "the disk is full", "field": None}
            return [{**error, "retryable": True, "retry_after_s": 0.2}]
        return None

    peer.before = before
    seen = []
    one = device(peer, live(0, 30), on_progress=lambda at: seen.append(at.trouble))
    began = asyncio.get_running_loop().time()
    await sent(one)
    assert asyncio.get_running_loop().time() - began >= 0.6
    assert (peer.names(), one.progress.connections) == (list(range(30)), 4)
    assert any("the disk is full" in trouble for trouble in seen)
    assert seen[-1] == ""


async def test_a_session_that_the_server_forgot_is_joined_again(peer):
    times = iter(["not_joined"])

    def before(message):
        if message["type"] == "frames" and (code := next(times, None)):
            return [{"type": "error", "code": code, "message": "join first", "retryable": False}]
        return None

    peer.before = before
    one = device(peer, live(0, 30))
    await sent(one)
    assert (peer.names(), one.progress.connections) == (list(range(30)), 2)


@pytest.mark.parametrize("silent_from", ["ping", "join_session", "frames", "leave_session"])
async def test_a_server_that_falls_silent_is_left_for_a_new_connection(peer, silent_from):
    silent = set()

    def before(message):
        if message["type"] == silent_from:
            silent.add(1)
        return [] if one.progress.connections in silent else None

    peer.before = before
    one = device(peer, live(0, 30), timing=SHORT)
    await sent(one)
    assert (peer.names(), one.progress.connections) == (list(range(30)), 2)


async def test_a_port_that_accepts_and_says_nothing_is_tried_again(peer):
    accepted = []

    async def nothing(reader, writer):
        accepted.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    one = Device(f"ws://127.0.0.1:{port}/ws", "w", live(0, 10), START_US, paced=False, timing=SHORT)
    sending = asyncio.create_task(one.run())
    await until(lambda: len(accepted) >= 2)
    server.close()
    await until(lambda: "refused" in one.progress.trouble.lower() or "connect" in one.progress.trouble.lower())
    one.url = peer.url
    await asyncio.wait_for(sending, 20)
    assert peer.names() == list(range(10))


@pytest.mark.parametrize("said", ["no json", "[1, 2]", '{"type": "session_joined", "next_seq": "many"}', '{"a": 1}'])
async def test_a_server_that_speaks_otherwise_is_tried_again(peer, said):
    async def babbling(socket):
        if one.progress.connections > 1:
            await peer.serve(socket)
        else:
            await socket.send(said)
            await socket.wait_closed()

    async with listening(babbling) as url:
        one = Device(url, "w", live(0, 10), START_US, paced=False, timing=QUICK)
        await sent(one)
    assert peer.names() == list(range(10))


async def test_what_no_other_attempt_would_change_is_refused_at_once(peer):
    with pytest.raises(SendRefused, match="isn't a valid URI"):
        await sent(Device("http://127.0.0.1/ws", "w", live(0, 5), START_US))

    async def too_big(socket):
        await socket.close(1009, "too big")

    async with listening(too_big) as url:
        with pytest.raises(SendRefused, match="1009"):
            await sent(Device(url, "w", live(0, 5), START_US))

    def forbidden(connection, request):
        return connection.respond(403, "no")

    async with serve(peer.serve, "127.0.0.1", 0, process_request=forbidden) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        with pytest.raises(SendRefused, match="403"):
            await sent(Device(url, "w", live(0, 5), START_US))
    wrong = Source("left", LAYOUT, lambda: iter([Chunk(np.arange(2), np.zeros((2, 5, 4)))]), 2)
    with pytest.raises(InvalidData, match="uint16 as in the layout"):
        await sent(device(peer, wrong))


@pytest.mark.parametrize("most", [4096 + 64, 4096 + 200, 4096 + 1000])
async def test_no_message_is_larger_than_the_server_takes(peer, most):
    peer.max_message_bytes = most
    peer.gone = {3, 40, 41}  # what is sent again is bounded too
    assert await sent(device(peer, live(0, 120, size=50)))
    assert peer.names() == list(range(120))
    assert peer.largest <= most
    assert max(message["n"] for message in peer.of("frames")) <= (most - 4096) // LAYOUT.frame_bytes


async def test_a_frame_that_no_message_holds_is_refused_with_the_limit(peer):
    peer.max_message_bytes = 4096
    with pytest.raises(SendRefused, match=r"at most 4096 bytes.*got frames of 40 bytes"):
        await sent(device(peer, live(0, 5)))


async def test_a_source_with_a_date_keeps_it_and_says_that_it_is_absolute(peer):
    recording = Recording(np.stack([cells_of(name) for name in range(6)]), np.arange(6) * 10_000, LAYOUT)
    await send([of_recording("left", recording, began_us=START_US)], url=peer.url, workout_id="w", paced=False)
    assert peer.names() == list(range(6))
    assert [join["times"] for join in peer.of("join_session")] == ["absolute"]


async def test_a_source_without_a_date_in_the_spool_of_one_with_it_is_stamped_anew(peer, tmp_path):
    recording = Recording(np.stack([cells_of(name) for name in range(6)]), np.arange(6) * 10_000, LAYOUT)
    for began_us in (START_US, None):
        with SpoolFile(tmp_path / "spool", 1 << 24) as file:
            source = of_recording("left", recording, f"file from {began_us}", began_us)
            await send([source], url=peer.url, workout_id="w", paced=False, file=file)
    assert [join["times"] for join in peer.of("join_session")] == ["absolute", None]
    ((times),) = [[t for t, _ in slots.values()] for slots in peer.epochs.values()]
    assert times[:6] == [START_US + 10_000 * i for i in range(6)]
    assert min(times[6:]) > START_US + 10**12
