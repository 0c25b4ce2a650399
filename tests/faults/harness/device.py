"""A device of the harness: it makes frames at a rate, sends them as the protocol says, and keeps its own log.

It shares no code with the sender that Barograph brings, so that a mistake there cannot hide itself here. What it has
made it can send again until it is acked, like a device with a spool.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import random
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness import frames
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

ANSWER_S = 5.0
RESEND_AFTER_S = 0.5
LOST_TOGETHER = 20
KEPT, DECLARED, SILENT = range(3)
tags = itertools.count(1)


def now_us() -> int:
    return time.time_ns() // 1000


class Refused(Exception):
    """The server said `error`, and what the device says next goes through a new connection."""


@dataclass
class Log:
    """One epoch as its maker knows it: what was numbered, handed to a socket, confirmed, and refused for good."""

    workout_id: str
    stream: str
    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))
    tag: int = field(default_factory=lambda: next(tags))
    times_us: list[int] = field(default_factory=list)
    made_us: list[int] = field(default_factory=list)
    sent: int = 0
    acked: int = 0
    nacked: list[tuple[int, int, str]] = field(default_factory=list)
    declared: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def made(self) -> int:
        return len(self.times_us)


@dataclass
class Ack:
    """When an ack came, how far it went, and over which connection."""

    at_s: float
    next_seq: int
    connection: int


@dataclass(eq=False)
class Device:
    """Feeds one stream. `clock` is the device's own, in µs; `repeats` sends each batch so often, and shuffled.

    A `lossy` one has lost some of its frames: it declares most of those as gaps, and keeps silent about the others.
    """

    url: Callable[[], str]
    log: Log
    rng: random.Random
    rate: float = 400.0
    batches: tuple[int, int] = (1, 50)
    clock: Callable[[], int] = now_us
    pings: int = 3
    repeats: int = 1
    lossy: bool = False
    keepalive_s: float = 2.0
    token: str = ""
    source: str = ""  # address from which it connects
    makes_every_s: tuple[float, float] = (0.005, 0.03)
    looks_every_s: float = 0.2
    answer_s: float = ANSWER_S
    acks: list[Ack] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    finishing: bool = False
    ended: dict[str, Any] | None = None
    window: int = 0

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()
        self._resend: list[tuple[int, int]] = []
        self._resent_s: dict[int, float] = {}
        self._cursor = 0
        self._lost: set[int] = set()

    @property
    def in_flight(self) -> int:
        return self.log.sent - self.log.acked

    async def run(self) -> None:
        """Make and send until told to finish and all is confirmed."""
        making = asyncio.create_task(self._make(), name="make")
        try:
            while self.ended is None:
                with contextlib.suppress(OSError, WebSocketException, TimeoutError, Refused, EOFError):
                    await self._connection()
                if self.ended is None:
                    await asyncio.sleep(self.rng.uniform(0.05, 0.3))
        finally:
            making.cancel()

    async def _make(self) -> None:
        begun, before = time.monotonic(), self.log.made
        while not self.finishing:
            due = before + int((time.monotonic() - begun) * self.rate)
            self._number(due - self.log.made)
            await asyncio.sleep(self.rng.uniform(*self.makes_every_s))

    def _number(self, n: int) -> None:
        if n > 0:
            now = self.clock()
            step = int(1e6 / self.rate)
            self.log.times_us += [now + step * i for i in range(n)]
            self.log.made_us += [now_us() + step * i for i in range(n)]
            self._changed.set()

    async def _connection(self) -> None:
        options: dict[str, Any] = {"ping_interval": self.keepalive_s, "ping_timeout": self.keepalive_s}
        if self.token:
            options["additional_headers"] = {"Authorization": f"Bearer {self.token}"}
        if self.source:
            options["local_addr"] = (self.source, 0)
        async with connect(
            self.url(), compression=None, open_timeout=self.answer_s, close_timeout=0.2, **options
        ) as socket:
            self.connections += 1
            await self._join(socket)
            tasks = [asyncio.create_task(each(socket)) for each in (self._send, self._receive)]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, socket: ClientConnection) -> None:
        for _ in range(self.pings):
            await socket.send(json.dumps({"type": "ping", "t1_us": self.clock()}))
            await self._answer(socket, "pong")
        await socket.send(json.dumps({"type": "join_session", **self._names(), "layout": frames.LAYOUT, "spool": True}))
        joined = await self._answer(socket, "session_joined")
        if joined["next_seq"] > self.log.sent:
            self.heard.append(f"invented: next_seq {joined['next_seq']} beyond {self.log.sent}")
        self._take(joined)
        self._cursor, self._resend = self.log.acked, []

    async def _answer(self, socket: ClientConnection, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(self.answer_s):
            while True:
                event = json.loads(await socket.recv())
                if event["type"] == "error":
                    self._refuse(event)
                if event["type"] == kind:
                    return event

    def _names(self) -> dict[str, str]:
        return {"workout_id": self.log.workout_id, "stream": self.log.stream, "epoch": self.log.epoch}

    def _refuse(self, event: dict[str, Any]) -> None:
        self.heard.append(f"{event['code']}: {event['message']}")
        raise Refused(event["code"])

    async def _receive(self, socket: ClientConnection) -> None:
        async for text in socket:
            event = json.loads(text)
            if event["type"] == "error":
                self._refuse(event)
            if event["type"] == "nack":
                self.log.nacked.append((event["seq"], event["n"], event["code"]))
            if event["type"] in ("ack", "window"):
                self._take(event)
            if event["type"] == "session_ended":
                self.ended = event
                return

    def _take(self, event: dict[str, Any]) -> None:
        self.window = event["window_frames"]
        if event["next_seq"] > self.log.acked:
            self.log.acked = event["next_seq"]
            self.acks.append(Ack(time.monotonic(), event["next_seq"], self.connections))
        now = time.monotonic()
        for first, count in event.get("missing", ()):
            # What was acked is forgotten, as a device's spool forgets it: a server that acked too early must be found.
            seq = max(first, self.log.acked)
            n = first + count - seq
            if n > 0 and now - self._resent_s.get(seq, 0.0) > RESEND_AFTER_S and seq + n <= self._cursor:
                self._resent_s[seq] = now
                self._resend.append((seq, n))
        self._changed.set()

    async def _send(self, socket: ClientConnection) -> None:
        while not (self.finishing and self.log.acked >= self.log.made):
            batches = self._next_batches()
            for seq, n in batches:
                self.log.sent = max(self.log.sent, seq + n)  # before it is, for it may arrive though this fails
                for message in self._messages(seq, n):
                    await socket.send(message)
            if not batches:
                self._changed.clear()
                # Not `wait_for`, which in Python 3.11 may swallow a cancellation.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.looks_every_s):
                        await self._changed.wait()
        await socket.send(json.dumps({"type": "leave_session", **self._names()}))
        await asyncio.sleep(self.answer_s)

    def _next_batches(self) -> list[tuple[int, int]]:
        resend = [(seq + i, min(50, n - i)) for seq, n in self._resend for i in range(0, n, 50)]
        self._resend = []
        fresh = []
        last = min(self.log.made, self.log.acked + self.window)
        while self._cursor < last and len(fresh) < (8 if self.repeats > 1 else 1):
            n = min(self.rng.randint(*self.batches), last - self._cursor)
            fresh.append((self._cursor, n))
            self._cursor += n
        if self.repeats > 1:
            fresh *= self.repeats
            self.rng.shuffle(fresh)
        return resend + fresh

    def _messages(self, seq: int, n: int) -> Iterator[bytes | str]:
        """Frames, or what became of them."""
        if not self.lossy:
            yield self._message(seq, n)
            return
        stop = seq + n
        while seq < stop:
            end = min(stop, seq - seq % LOST_TOGETHER + LOST_TOGETHER)
            fate = self._fate(seq // LOST_TOGETHER)
            if fate == KEPT:
                yield self._message(seq, end - seq)
            elif fate == DECLARED:
                gap = {"type": "gap", **self._names(), "seq": seq, "n": end - seq, "reason": "sensor off"}
                yield json.dumps(gap)
            seq = end

    def _fate(self, number: int) -> int:
        """What happens to a run of `LOST_TOGETHER` frames, the same each time that it is asked."""
        fate = random.Random(f"{self.log.tag}/{number}").choices((KEPT, DECLARED, SILENT), (50, 4, 1))[0]
        first = number * LOST_TOGETHER
        if fate != KEPT and first not in self._lost:
            self._lost.add(first)
            reason = "sensor off" if fate == DECLARED else "not_resent"
            self.log.declared.append((first, LOST_TOGETHER, reason))
        return fate

    def _message(self, seq: int, n: int) -> bytes | str:
        head: dict[str, Any] = {"type": "frames", **self._names(), "seq": seq, "n": n, "encoding": "raw"}
        head["times_us"] = self.log.times_us[seq : seq + n]
        data = frames.make(self.log.tag, seq, n)
        if self.rng.random() < 0.05:  # JSON text is the other way to say it
            return json.dumps(head | {"data": base64.b64encode(data).decode()})
        text = json.dumps(head).encode()
        text += b" " * (-(4 + len(text)) % 8)
        return struct.pack("<I", len(text)) + text + data
