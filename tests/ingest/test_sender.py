"""A device against a server in memory that follows the protocol to the letter, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from barograph import codec
from barograph.errors import InvalidData
from barograph.frames import Layout, Recording
from ingest.sender import Chunk, Device, SendRefused, Source, SpoolFile, Timing, of_recording, send

LAYOUT = Layout(rows=5, cols=4, dtype="uint16")
START_US = 1_700_000_000_000_000
QUICK = Timing(answer_s=5.0, silence_s=5.0, first_retry_s=0.01, most_retry_s=0.05)
SHORT = Timing(answer_s=0.5, silence_s=0.5, first_retry_s=0.01, most_retry_s=0.05)


def cells_of(name):
    return np.random.default_rng(name).integers(0, 900, (5, 4)).astype("<u2")


def live(first, n, size=7, identity=""):
    """A source whose frames `first` … say who they are, in their cells and in their time."""

    def chunks():
        for start in range(first, first + n, size):
            names = np.arange(start, min(start + size, first + n))
            yield Chunk(names * 10_000, np.stack([cells_of(name) for name in names]))

    return Source("left", LAYOUT, chunks, n, identity=identity)


class Peer:
    """The server's side of the protocol for one stream, over dictionaries."""

    def __init__(self):
        self.epochs = {}  # epoch: {seq: (time, cells) or why it is a gap}
        self.heard = []
        self.window_frames, self.window_bytes = 4096, 16 << 20
        self.gone = set()  # numbers that get lost on their way, once each, before they are stored
        self.poison = lambda seq, time_us: False
        self.before = lambda message: None  # may be a coroutine; what it returns is sent instead of an answer
        self.joins_at = []
        self.sockets = set()

    # --- what is stored

    def names(self):
        """Every stored frame by name, epoch by epoch; a name that is there twice was doubled."""
        frames = [frame for slots in self.epochs.values() for _, frame in sorted(slots.items())]
        found = [(frame[0] - START_US) // 10_000 for frame in frames if isinstance(frame, tuple)]
        for time_us, cells in (frame for frame in frames if isinstance(frame, tuple)):
            assert cells == cells_of((time_us - START_US) // 10_000).tobytes()
        return found

    def gaps(self):
        """Declared gaps as (epoch's number, seq, reason)."""
        return [
            (number, seq, slot)
            for number, slots in enumerate(self.epochs.values())
            for seq, slot in sorted(slots.items())
            if isinstance(slot, str) and slot != "poison"
        ]

    def next_seq(self, epoch):
        slots = self.epochs[epoch]
        return next(seq for seq in range(len(slots) + 1) if seq not in slots)

    def missing(self, epoch):
        slots, out = self.epochs[epoch], []
        for seq in range(max(slots, default=0)):
            if seq not in slots and out and sum(out[-1]) == seq:
                out[-1][1] += 1
            elif seq not in slots:
                out.append([seq, 1])
        return out[:16]

    # --- what is said

    def windows(self):
        return {"window_frames": self.window_frames, "window_bytes": self.window_bytes}

    def ack(self, epoch):
        return {
            "type": "ack", "workout_id": "w", "stream": "left", "epoch": epoch, "next_seq": self.next_seq(epoch),
            "frame_count": 0, **self.windows(), "missing": self.missing(epoch),
        }  # fmt: skip

    def nack(self, epoch, seq, code):
        return {
            "type": "nack", "workout_id": "w", "stream": "left", "epoch": epoch, "seq": seq, "n": 1, "code": code,
            "message": f"number {seq}: {code}",
        }  # fmt: skip

    def answers(self, message, data):
        kind, epoch = message["type"], message.get("epoch")
        if kind == "ping":
            return [{"type": "pong", "t1_us": message["t1_us"], "t2_us": 0, "t3_us": 0}]
        if kind == "join_session":
            self.epochs.setdefault(epoch, {})
            said = {"type": "session_joined", "status": "joined", "epoch": epoch, "next_seq": self.next_seq(epoch)}
            return [{**said, **self.windows(), "frame_count": 0, "server_time_us": 0}]
        if kind == "frames":
            return [*self.store(message, data), self.ack(epoch)]
        if kind == "gap":
            for seq in range(message["seq"], message["seq"] + message["n"]):
                self.epochs[epoch].setdefault(seq, message["reason"])
            return [self.ack(epoch)]
        assert kind == "leave_session"
        return [{"type": "session_ended", "workout_id": "w", "frame_count": 0, "gaps": 0}]

    def store(self, message, data):
        epoch, slots = message["epoch"], self.epochs[message["epoch"]]
        size = LAYOUT.frame_bytes
        cells = bytes(codec.unpack(data, message["n"] * size, message["encoding"]))
        for index, time_us in enumerate(codec.times_of(message, message["n"]).tolist()):
            seq = message["seq"] + index
            frame = (time_us, cells[index * size : (index + 1) * size])
            if seq in self.gone and seq not in slots:
                self.gone.remove(seq)
            elif self.poison(seq, time_us):
                slots[seq] = "poison"
                yield self.nack(epoch, seq, "bad_field")
            elif isinstance(slots.get(seq), tuple) and slots[seq][0] != time_us:
                yield self.nack(epoch, seq, "seq_reused")
            else:
                slots.setdefault(seq, frame)

    # --- the door

    async def serve(self, socket):
        self.sockets.add(socket)
        async for raw in socket:
            message, data = (json.loads(raw), b"") if isinstance(raw, str) else codec.decode(raw)
            self.heard.append(message)
            if message["type"] == "join_session":
                self.joins_at.append(asyncio.get_running_loop().time())
            instead = self.before(message)
            if asyncio.iscoroutine(instead):
                instead = await instead
            for event in self.answers(message, data) if instead is None else instead:
                await socket.send(json.dumps(event))

    def of(self, kind):
        return [message for message in self.heard if message["type"] == kind]

    async def say(self, event):
        for socket in self.sockets:
            await socket.send(json.dumps(event))


@asynccontextmanager
async def listening(handler):
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


@pytest.fixture
async def peer():
    peer = Peer()
    async with listening(peer.serve) as url:
        peer.url = url
        yield peer


def device(peer, source, **more):
    return Device(peer.url, "w", source, START_US, **{"paced": False, "timing": QUICK, **more})


async def until(what):
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.005)


async def sent(one):
    return await asyncio.wait_for(one.run(), 30)


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


# --- spools


async def interrupted(peer, path, source, acked, **more):
    """Send until so much is acked, and stop the device there."""
    with SpoolFile(path) as file:
        one = device(peer, source, file=file, **more)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.acked >= acked or running.done())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def copied(path, to):
    """The spool of a device that does not run, saved elsewhere."""
    shutil.copy(path, to)
    return to


async def resumed(peer, path, source, **more):
    with SpoolFile(path) as file:
        one = device(peer, source, file=file, **more)
        return await sent(one), one.progress


async def test_an_interrupted_source_goes_on_where_it_stopped(peer, tmp_path):
    peer.window_frames = 30
    path = tmp_path / "a.spool"
    for acked in (20, 20, 60):
        await interrupted(peer, path, live(0, 400, identity="walk"), acked)
    _, at = await resumed(peer, path, live(0, 400, identity="walk"))
    assert peer.names() == list(range(400))
    assert len(peer.epochs) == 1
    assert at.acked == at.total
    assert at.acked < 400


async def test_what_waits_in_a_spool_is_sent_before_what_comes(peer, tmp_path):
    path = tmp_path / "a.spool"
    peer.window_frames = 0
    with SpoolFile(path) as file:
        one = device(peer, live(0, 50), file=file)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == 50)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    peer.window_frames = 4096
    _, at = await resumed(peer, path, live(50, 50))
    assert (peer.names(), at.total, at.acked, len(peer.epochs)) == (list(range(100)), 100, 100, 1)


async def test_what_waits_in_a_spool_can_be_sent_alone(peer, tmp_path):
    peer.window_frames = 20
    path = tmp_path / "a.spool"
    await interrupted(peer, path, live(0, 300, identity="walk"), 50, about={"athlete": "A"})
    with SpoolFile(path) as file:
        ended = await asyncio.wait_for(send([], url=peer.url, workout_id="", paced=False, file=file), 30)
    assert [(event["workout_id"], event["stream"]) for event in ended] == [("w", "left")]
    assert {join["athlete"] for join in peer.of("join_session")} == {"A"}
    sent_alone = peer.names()
    assert sent_alone == list(range(len(sent_alone)))
    _, at = await resumed(peer, path, live(0, 300, identity="walk"))
    assert (peer.names(), at.acked) == (list(range(300)), 300 - len(sent_alone))


async def test_a_device_without_its_spool_begins_an_epoch_of_its_own(peer, tmp_path):
    await interrupted(peer, tmp_path / "a.spool", live(0, 1000), 100)
    before = len(peer.names())
    await resumed(peer, tmp_path / "b.spool", live(1000, 100))
    assert len(peer.epochs) == 2
    assert peer.names()[before:] == list(range(1000, 1100))


async def test_an_old_copy_of_a_spool_begins_a_new_epoch_and_nothing_is_lost_or_doubled(peer, tmp_path):
    """The copy has frames that the server got later from the original; then it records others."""
    path = tmp_path / "a.spool"
    peer.window_frames = 20
    await interrupted(peer, path, live(0, 200), 60)
    waits = copied(path, tmp_path / "old.spool")
    peer.window_frames = 4096
    with SpoolFile(path) as file:
        await send([], url=peer.url, workout_id="", paced=False, file=file)
    await resumed(peer, path, live(1000, 100))
    stored = len(peer.names())
    _, at = await resumed(peer, waits, live(2000, 50))
    assert len(peer.epochs) == 2
    assert peer.names()[stored:] == list(range(2000, 2050))
    assert len(set(peer.names())) == len(peer.names())
    assert at.acked == at.total


async def test_an_old_copy_that_recorded_alone_keeps_what_it_recorded(peer, tmp_path):
    """Both used the same numbers: the server refuses those of the copy, which go on in a new epoch."""
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 40))
    waits = copied(path, tmp_path / "old.spool")
    await resumed(peer, path, live(1000, 40))  # numbers 40 … 79
    with SpoolFile(waits) as file:
        one = Device("ws://127.0.0.1:9/ws", "w", live(2000, 100), START_US, paced=False, file=file, timing=QUICK)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == 100)  # numbers 40 … 139, without any server
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    _, at = await resumed(peer, waits, live(3000, 30))
    names = peer.names()
    assert sorted(names) == [*range(40), *range(1000, 1040), *range(2000, 2100), *range(3000, 3030)]
    assert len(peer.epochs) == 2
    assert at.acked == 130


async def test_a_server_that_lost_what_it_had_acked_is_told_what_the_device_has_no_more(peer, tmp_path):
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 50))
    (slots,) = peer.epochs.values()
    for seq in range(20, 50):
        del slots[seq]
    _, at = await resumed(peer, path, live(50, 10))
    assert peer.gaps() == [(0, seq, "no longer on the device") for seq in range(20, 50)]
    assert peer.names() == [*range(20), *range(50, 60)]
    assert (at.acked, at.total) == (10, 10)


async def test_a_spool_that_is_full_drops_its_oldest_frames_and_declares_them(peer, tmp_path):
    layout, rng = Layout(rows=64, cols=64, dtype="uint16"), np.random.default_rng(4)
    noise = [rng.integers(0, 65536, (5, 64, 64)).astype("<u2") for _ in range(80)]

    def chunks():
        for number, frames in enumerate(noise):
            yield Chunk(np.arange(5 * number, 5 * number + 5) * 100, frames)

    source = Source("left", layout, chunks, 400)
    declared, frames = [], []

    def before(message):
        if message["type"] == "frames":
            frames.append((message["seq"], message["seq"] + message["n"]))
            peer.epochs[message["epoch"]].update(dict.fromkeys(range(*frames[-1]), "a frame"))
        elif message["type"] == "gap":
            declared.append((message["seq"], message["seq"] + message["n"], message["reason"]))
        return [peer.ack(message["epoch"])] if message["type"] == "frames" else None

    peer.before = before
    with SpoolFile(tmp_path / "a.spool", 1 << 20) as file:
        one = Device("ws://127.0.0.1:9/ws", "w", source, START_US, paced=True, file=file, timing=QUICK)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == 400)
        one.url = peer.url
        await asyncio.wait_for(running, 30)
    ((first, stop, reason),) = declared
    assert (first, reason) == (0, "spool full")
    assert frames[0][0] == stop
    assert frames[-1][1] == 400
    assert all(before[1] == after[0] for before, after in pairwise(frames))
    assert (one.progress.gaps, one.progress.acked) == (stop, 400 - stop)


async def test_a_source_that_can_wait_never_fills_the_spool(peer, tmp_path):
    peer.window_frames = 0
    with SpoolFile(tmp_path / "a.spool", 1 << 20) as file:
        one = device(peer, live(0, 10_000, size=50), file=file)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled > 5000 or file.used_bytes() > 500_000)
        peer.window_frames = 1 << 20
        await peer.say(peer.ack(next(iter(peer.epochs))))
        await asyncio.wait_for(running, 60)
        assert not file.dropped
    assert one.progress.acked == 10_000


# --- everything at once


class Chaos:
    """Breaks, losses, closed windows and silence at random, until a number of faults is used up."""

    def __init__(self, peer, rng):
        self.peer, self.rng, self.left = peer, rng, 12

    def __call__(self, message):
        if not self.left or self.rng.random() > 0.08:
            return None
        self.left -= 1
        return self.rng.choice([self.drop, self.lose, self.close_window, self.again])(message)

    async def drop(self, message):
        for socket in list(self.peer.sockets):
            socket.transport.abort()
        raise ConnectionClosed(None, None)

    def lose(self, message):
        self.peer.gone |= {self.rng.randrange(400) for _ in range(5)}

    def close_window(self, message):
        self.peer.window_frames = self.rng.choice([1, 5, 60])

    def again(self, message):
        return [{"type": "error", "code": "archive_away", "message": "away", "retryable": True, "retry_after_s": 0.01}]


def as_killed(file, to):
    """What a kill between two commits would leave."""
    with file.lock:
        shutil.copy(file.path, to)
        shutil.copy(f"{file.path}-wal", f"{to}-wal")
    return to


@pytest.mark.parametrize("seed", range(5))
async def test_through_any_faults_and_kills_every_frame_is_stored_once(peer, tmp_path, seed):
    rng = random.Random(seed)
    peer.before = Chaos(peer, rng)
    path = tmp_path / "0.spool"
    for number in range(1, 5):
        with SpoolFile(path) as file:
            one = device(peer, live(0, 400, identity="walk"), file=file, timing=SHORT)
            running = asyncio.create_task(one.run())
            goal = rng.randrange(1, 150)
            await until(lambda: one.progress.acked >= goal or running.done())  # noqa: B023
            path = as_killed(file, tmp_path / f"{number}.spool")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    await resumed(peer, path, live(0, 400, identity="walk"), timing=SHORT)
    assert sorted(peer.names()) == list(range(400))
    assert len(peer.epochs) == 1


def revived(path, to):
    """A copy of what a kill left."""
    for end in ("", "-wal"):
        if Path(f"{path}{end}").exists():
            shutil.copy(f"{path}{end}", f"{to}{end}")
    return to


def taken(path, to):
    """How many frames of its last source a killed spool has."""
    with SpoolFile(revived(path, to)) as file:
        return file.rows("SELECT taken FROM streams")[0][0]


@pytest.mark.parametrize("seed", range(8))
async def test_with_whatever_copy_of_its_spool_a_device_goes_on_nothing_of_it_is_lost_or_doubled(peer, tmp_path, seed):
    """Each run records new frames, some without a server; then the device has what the kill left, or an older copy."""
    rng = random.Random(seed)
    peer.before = Chaos(peer, rng)
    copies = [(tmp_path / "none.spool", [])]
    for number in range(1, 8):
        path, recorded = rng.choice(copies[-3:])
        source = live(1000 * number, rng.randrange(20, 150))
        url = rng.choice([peer.url, peer.url, "ws://127.0.0.1:9/ws"])
        with SpoolFile(revived(path, tmp_path / f"{number}-run.spool")) as file:
            one = Device(url, "w", source, START_US, paced=False, file=file, timing=SHORT)
            running = asyncio.create_task(one.run())
            goal = rng.randrange(1, source.frames)
            counted = "acked" if url == peer.url else "spooled"
            await until(lambda: one.progress.spooled)  # noqa: B023
            goal += one.progress.total - source.frames if counted == "spooled" else 0
            await until(lambda: running.done() or getattr(one.progress, counted) >= goal)  # noqa: B023
            left = as_killed(file, tmp_path / f"{number}-left.spool")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        names = range(1000 * number, 1000 * number + taken(left, tmp_path / f"{number}-seen.spool"))
        copies.append((left, [*recorded, *names]))
    path, recorded = rng.choice(copies[-3:])
    await resumed(peer, revived(path, tmp_path / "last.spool"), live(9000, 30), timing=SHORT)
    names = peer.names()
    assert len(set(names)) == len(names)
    assert set(names) >= {*recorded, *range(9000, 9030)}
