"""A server in memory that follows the protocol to the letter and can be told to misbehave, and sources for devices."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import numpy as np
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from barograph import codec
from barograph.frames import Layout
from ingest.device.sender import Chunk, Device, Source, Timing

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
        self.largest = 0  # bytes of a message
        self.window_frames, self.window_bytes = 4096, 16 << 20
        self.max_message_bytes = None  # not said, as older servers do not
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
            most = {} if self.max_message_bytes is None else {"max_message_bytes": self.max_message_bytes}
            return [{**said, **self.windows(), **most, "frame_count": 0, "server_time_us": 0}]
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
            self.largest = max(self.largest, len(raw))
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


def device(peer, source, **more):
    return Device(peer.url, "w", source, START_US, **{"paced": False, "timing": QUICK, **more})


async def until(what):
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.005)


async def sent(one):
    return await asyncio.wait_for(one.run(), 30)


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
