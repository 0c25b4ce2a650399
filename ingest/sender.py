"""The device side: frames of a source go through the real protocol, paced by their own times or as fast as it takes.

A `Device` keeps every frame until it is acked, sends within the server's window, and after a broken connection joins
the same epoch again and goes on from `next_seq`. Queue: the source is read only as far as `MAX_UNACKED` frames ahead
of the last ack.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from barograph import codec
from barograph.errors import BarographError
from barograph.frames import Frames, Ints, Layout, Recording

MAX_UNACKED = 4096
BATCH_FRAMES = 50
TICK_S = 0.02
PINGS = 4
ANSWER_TIMEOUT_S = 15.0


class SendRefused(BarographError):
    """The server will not take what is sent; trying again would not help."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive frames of a source, their times from its first frame."""

    offsets_us: Ints
    frames: Frames


@dataclass(frozen=True)
class Source:
    """One stream to send: chunks in order, endless when `frames` is None."""

    stream: str
    layout: Layout
    chunks: Callable[[], Iterator[Chunk]]
    frames: int | None = None
    duration_us: int = 0


def of_recording(stream: str, recording: Recording) -> Source:
    """A recording as a source, in chunks of `BATCH_FRAMES`."""

    def chunks() -> Iterator[Chunk]:
        for _, part in recording.blocks(BATCH_FRAMES):
            yield Chunk(part.times_us - recording.times_us[0], part.frames)

    duration_us = int(recording.times_us[-1] - recording.times_us[0]) if len(recording) else 0
    return Source(stream, recording.layout, chunks, len(recording), duration_us)


@dataclass
class Progress:
    """How far a stream is: numbered by the device, settled by the server, and how often it had to connect."""

    stream: str
    total: int | None
    sent: int = 0
    acked: int = 0
    connections: int = 0
    trouble: str = ""


@dataclass(frozen=True, eq=False)
class _Batch:
    seq: int
    times_us: Ints
    frames: Frames

    @property
    def stop(self) -> int:
        return self.seq + len(self.frames)


@dataclass(eq=False)
class Device:
    """Sends one source to one workout."""

    url: str
    workout_id: str
    source: Source
    start_us: int
    paced: bool = True
    about: dict[str, Any] = field(default_factory=dict)
    on_progress: Callable[[Progress], None] = lambda progress: None
    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self.progress = Progress(self.source.stream, self.source.frames)
        self._kept: deque[_Batch] = deque()
        self._exhausted = False
        self._ended: dict[str, Any] | None = None
        self._window = 0
        self._send_from = 0
        self._changed = asyncio.Condition()

    async def run(self) -> dict[str, Any]:
        """Send all, and return the `session_ended` event that confirms it."""
        reader = asyncio.create_task(self._read_source(), name=f"read-{self.source.stream}")
        try:
            attempt = 0
            while self._ended is None:
                try:
                    await self._connection()
                    attempt = 0
                except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError) as error:
                    attempt = 0 if self.progress.connections and not attempt else attempt + 1
                    await self._wait_to_retry(attempt, error)
                if reader.done():
                    reader.result()
        finally:
            reader.cancel()
        return self._ended

    async def _wait_to_retry(self, attempt: int, error: Exception) -> None:
        self.progress.trouble = f"no connection to {self.url}: {error or type(error).__name__}"
        self.on_progress(self.progress)
        # Jitter: many devices that lost the same server must not come back in the same moment.
        await asyncio.sleep(min(10.0, 0.2 * 2**attempt) * (0.5 + random.random()))  # noqa: S311

    async def _read_source(self) -> None:
        seq = 0
        async for chunk in self._due():
            batch = _Batch(seq, self.start_us + chunk.offsets_us, chunk.frames)
            seq = batch.stop
            async with self._changed:
                await self._changed.wait_for(self._has_room)
                self._kept.append(batch)
                self._changed.notify_all()
        async with self._changed:
            self._exhausted = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._kept or self._kept[-1].stop - self._kept[0].seq < MAX_UNACKED

    async def _due(self) -> AsyncIterator[Chunk]:
        """Chunks as their time comes; paced ones are cut so that a frame waits `TICK_S` at most."""
        begun = time.monotonic()
        for chunk in self.source.chunks():
            start = 0
            while self.paced and start < len(chunk.frames):
                elapsed_us = int((time.monotonic() - begun) * 1e6)
                stop = int(np.searchsorted(chunk.offsets_us, elapsed_us, side="right"))
                if stop > start:
                    yield Chunk(chunk.offsets_us[start:stop], chunk.frames[start:stop])
                    start = stop
                else:
                    await asyncio.sleep(max(TICK_S, (int(chunk.offsets_us[start]) - elapsed_us) / 1e6))
            if not self.paced:
                yield chunk

    async def _connection(self) -> None:
        async with connect(self.url, max_size=1 << 20, compression=None, open_timeout=ANSWER_TIMEOUT_S) as socket:
            self.progress.connections += 1
            await self._exchange_clocks(socket)
            await self._join(socket)
            self.progress.trouble = ""
            receiving = asyncio.create_task(self._receive(socket), name=f"receive-{self.source.stream}")
            sending = asyncio.create_task(self._send(socket), name=f"send-{self.source.stream}")
            try:
                done, _ = await asyncio.wait((receiving, sending), return_when=asyncio.FIRST_COMPLETED)
                if sending in done and not sending.exception():
                    await asyncio.wait_for(receiving, ANSWER_TIMEOUT_S)
                for task in done:
                    task.result()
            finally:
                receiving.cancel()
                sending.cancel()
                await asyncio.gather(receiving, sending, return_exceptions=True)

    async def _exchange_clocks(self, socket: ClientConnection) -> None:
        for _ in range(PINGS):
            await socket.send(json.dumps({"type": "ping", "t1_us": time.time_ns() // 1000}))
            await self._answer(socket, "pong")

    async def _join(self, socket: ClientConnection) -> None:
        join = {"type": "join_session", "stream": self.source.stream, "epoch": self.epoch, "spool": False}
        layout = self.source.layout.to_dict()
        await socket.send(json.dumps({**self._names(), **self.about, **join, "layout": layout}))
        self._settle(await self._answer(socket, "session_joined"))
        self._send_from = 0

    async def _answer(self, socket: ClientConnection, kind: str) -> dict[str, Any]:
        while True:
            event: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), ANSWER_TIMEOUT_S))
            self._raise_if_refused(event)
            if event["type"] == kind:
                return event

    def _names(self) -> dict[str, Any]:
        return {"workout_id": self.workout_id, "stream": self.source.stream}

    @staticmethod
    def _raise_if_refused(event: dict[str, Any]) -> None:
        if event["type"] in ("error", "nack") and not event.get("retryable"):
            raise SendRefused(f"the server refused: {event['message']}")

    async def _send(self, socket: ClientConnection) -> None:
        while (batch := await self._next_batch()) is not None:
            head = {"type": "frames", **self._names(), "epoch": self.epoch, "seq": batch.seq, "n": len(batch.frames)}
            head |= {"encoding": "raw", **codec.times_header(batch.times_us)}
            await socket.send(codec.encode(head, np.ascontiguousarray(batch.frames).tobytes()))
            self._send_from = batch.stop
            self.progress.sent = max(self.progress.sent, batch.stop)
            self.on_progress(self.progress)
        await socket.send(json.dumps({"type": "leave_session", **self._names()}))

    async def _next_batch(self) -> _Batch | None:
        """The next batch inside the window; None when all is settled and the source has ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._sendable() is not None or (self._exhausted and not self._kept))
            return self._sendable()

    def _sendable(self) -> _Batch | None:
        if not self._kept or self._send_from - self.progress.acked >= self._window:
            return None
        return next((batch for batch in self._kept if batch.seq >= self._send_from), None)

    async def _receive(self, socket: ClientConnection) -> None:
        async for text in socket:
            event = json.loads(text)
            self._raise_if_refused(event)
            if event["type"] == "ack":
                async with self._changed:
                    self._settle(event)
                    self._changed.notify_all()
            elif event["type"] == "session_ended":
                self._ended = event
                return

    def _settle(self, event: dict[str, Any]) -> None:
        self._window = event["window_frames"]
        self.progress.acked = event["next_seq"]
        while self._kept and self._kept[0].stop <= event["next_seq"]:
            self._kept.popleft()
        self.on_progress(self.progress)


async def send(
    sources: list[Source],
    *,
    url: str,
    workout_id: str,
    paced: bool = True,
    about: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> list[dict[str, Any]]:
    """Send sources side by side, each as a device of its own; answers with their `session_ended` events.

    Paced frames are stamped from now on; others so that the last one is now. `SendRefused` says why the server will
    not take them; a server that does not answer is tried again without end.
    """
    now_us = time.time_ns() // 1000
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                Device(
                    url,
                    workout_id,
                    source,
                    now_us - (0 if paced else source.duration_us),
                    paced,
                    about or {},
                    on_progress,
                ).run(),
                name=f"device-{source.stream}",
            )
            for source in sources
        ]
    return [task.result() for task in tasks]
