"""Requests of HTTP as connections of the protocol.

A request that brings frames is a connection while it lasts, and its streams rest for `REST_S` before they are let go:
a client that posts frame after frame opens its stream once. A frame with an epoch takes the lease as a join does.
Frames without one share one epoch per process, which the server numbers. There are at most `MAX_RESTING` streams at
rest; the one that rested longest goes first.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from werkzeug.exceptions import HTTPException

from barograph.errors import BarographError, Gone, StorageAway
from barograph.frames import Stream
from barograph.times import EARLIEST_US
from ingest import messages as m
from ingest.clock import now_us
from ingest.device_times import CLOCK_TOLERANCE_US, DAY_US, Reading, date_us
from ingest.entrance import Entrant, entered
from ingest.messages import Refused
from ingest.outbox import Outbox
from ingest.peers import Peer
from ingest.sessions import Ingest
from ingest.stream_session import StreamSession

MAX_RESTING = 256
AS_DEVICE, ANYBODY = Reading(), Entrant()
REST_S = 30.0
SWEEP_S = 5.0
MAX_NACKS = 1024
AT_ONCE = 16

Key = tuple[Stream, str | None, bool]
FrameMessage = m.JoinSession | m.PressureFrame | m.FramesBatch | m.DeclaredGap


@asynccontextmanager
async def answered(patience_s: float) -> AsyncIterator[None]:
    """Wait for the archive so long and no longer; it goes on with what was taken."""
    try:
        async with asyncio.timeout(patience_s):
            yield
    except TimeoutError as error:
        raise StorageAway(f"the frames are not stored yet, after {patience_s:g} s") from error


class Misplaced(BarographError):
    """The message with this place among those of a request is wrong; the cause says why."""

    def __init__(self, index: int) -> None:
        super().__init__(f"message {index} is wrong")
        self.index = index


class Replies(Outbox):
    """Of what a connection is told, what an answer says: which frames were refused for good."""

    def __init__(self) -> None:
        super().__init__()
        self.nacks: list[dict[str, Any]] = []

    def push(self, event: dict[str, Any]) -> None:
        """Take an event for the client; acks and the like are in the answer's marks."""
        if event["type"] == "nack" and len(self.nacks) < MAX_NACKS:
            self.nacks.append({name: event[name] for name in ("stream", "epoch", "seq", "n", "code", "message")})

    def offer(self, event: dict[str, Any]) -> None:
        """Ignore an event for viewers, which a request is not."""


class Visit:
    """One request: its connections, one a stream and epoch, and what became of its frames."""

    def __init__(
        self,
        ingest: Ingest,
        name: str,
        sent_us: int | None,
        patience_s: float,
        reading: Reading = AS_DEVICE,
        entrant: Entrant = ANYBODY,
    ) -> None:
        self.reading, self._entrant = reading, entrant
        self.replies = Replies()
        self.frames = 0
        self.peers: dict[Key, Peer] = {}
        self._ingest = ingest
        self._name = name
        self._sent_us = sent_us
        self._patience_s = patience_s
        self._sessions: dict[StreamSession, None] = {}

    async def take_all(self, messages: AsyncIterator[tuple[str | None, FrameMessage]]) -> None:
        """Handle messages with their epochs in their order, and return when all frames are stored.

        What is wrong with one is raised as the cause of `Misplaced`; all before it are stored then.
        """
        index = 0
        try:
            async for epoch, message in messages:
                await self._take(epoch, message)
                index += 1
                if index % AT_ONCE == 0:
                    await asyncio.sleep(0)
        except BarographError as error:
            await self._settle()
            raise Misplaced(index) from error
        except HTTPException:
            await self._settle()
            raise
        await self._settle()

    async def _take(self, epoch: str | None, message: FrameMessage) -> None:
        stream = Stream(message.workout_id, message.stream)
        peer = self._peer(stream, epoch, message)
        if isinstance(message, m.JoinSession):
            await self._enter(peer, message)
        elif epoch is not None and not _feeds(peer, stream, epoch):
            await self._enter(peer, m.JoinSession(workout_id=stream.workout_id, stream=stream.stream, epoch=epoch))
        peer.rooms.setdefault(stream.workout_id, now_us())
        if not isinstance(message, m.JoinSession):
            await self._ingest.serve(peer, [message] if isinstance(message, m.FramesBatch) else message)
        if (session := peer.sessions.get(stream)) is not None:
            self._sessions[session] = None
        if not isinstance(message, m.JoinSession | m.DeclaredGap):
            self.frames += message.n if isinstance(message, m.FramesBatch) else 1

    def _old(self, message: FrameMessage) -> bool:
        """Whether a frame says a date that is more than a day old: then it is of a recording that is over."""
        if self.reading.times != "auto" or not isinstance(message, m.PressureFrame):
            return False
        said, arrived_us = message.timestamp, now_us()
        t_us = date_us(said, arrived_us) if isinstance(said, int | float) else m.time_us_of(said)
        return t_us is not None and EARLIEST_US <= t_us < arrived_us - DAY_US

    async def _enter(self, peer: Peer, message: m.JoinSession) -> None:
        await self._ingest.serve(peer, message)
        self._ingest.rooms.leave(peer, message.workout_id)  # it watches nothing

    def _peer(self, stream: Stream, epoch: str | None, message: FrameMessage) -> Peer:
        """The connection that a message is for: uploads of old recordings have one of their own, which keeps dates."""
        dated = self.reading.times == "absolute" or (epoch is None and self._old(message))
        key = stream, epoch, dated
        if (peer := self.peers.get(key)) is None:
            peer = self.peers[key] = Peer(self.replies)
            peer.name = f"{self._name}-dated" if dated else self._name
            entered(peer, self._entrant, self._ingest.tokens)
            peer.readings[stream] = replace(self.reading, times="absolute") if dated else self.reading
            if self._sent_us is not None:
                arrived_us = now_us()
                close = abs(arrived_us - self._sent_us) <= CLOCK_TOLERANCE_US
                peer.clock.ping(arrived_us if close else self._sent_us, arrived_us)
        return peer

    async def _settle(self) -> None:
        """Return when all that was taken is stored; the archive goes on with it if that takes too long."""
        async with answered(self._patience_s):
            for session in self._sessions:
                await self._ingest.committer.flush(session)
        erased = next((session for session in self._sessions if session.dropped), None)
        if erased is not None:
            raise Gone(f"{erased.stream}: the workout was erased while its frames came")

    def answer(self) -> dict[str, Any]:
        """Return what became of the frames, and how far the streams are."""
        marks = ("stream", "epoch", "next_seq", "frame_count", "missing")
        streams = [{name: session.ack()[name] for name in marks} for session in self._sessions]
        return {"frames": self.frames, "nacked": self.replies.nacks, "streams": streams}


def _feeds(peer: Peer, stream: Stream, epoch: str) -> bool:
    session = peer.sessions.get(stream)
    return session is not None and session.epoch.epoch == epoch


class Visits:
    """All requests of this process that bring frames, and the streams that rest between them."""

    def __init__(self, ingest: Ingest, patience_s: float) -> None:
        self._ingest = ingest
        self._patience_s = patience_s
        self._name = f"http-{uuid.uuid4().hex}"
        self._resting: dict[Key, tuple[Peer, float]] = {}

    @asynccontextmanager
    async def visit(
        self, sent_us: int | None = None, reading: Reading = AS_DEVICE, entrant: Entrant = ANYBODY
    ) -> AsyncIterator[Visit]:
        """Open a connection for one request.

        `sent_us` is the client's clock when it sent it, `reading` of its times, `entrant` who sends it.
        """
        if self._ingest.committer.pressed:
            raise Refused("archive_away", "the archive is away or far behind; try again", retry_after_s=2.0)
        visit = Visit(self._ingest, self._name, sent_us, self._patience_s, reading, entrant)
        try:
            yield visit
        finally:
            self._rest(visit)

    def _rest(self, visit: Visit) -> None:
        for key, peer in visit.peers.items():
            peer.timestamps.clear()
            if peer.sessions:
                # Whoever rested here before feeds nothing any more: a session has one feeder.
                self._resting.pop(key, None)
                self._resting[key] = (peer, time.monotonic())
        while len(self._resting) > MAX_RESTING:
            self._close(next(iter(self._resting)))

    def _close(self, key: Key) -> None:
        peer, _ = self._resting.pop(key)
        self._ingest.closed(peer)

    async def run(self) -> None:
        """Let go of what rested long enough, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            before_s = time.monotonic() - REST_S
            for key in [key for key, (_, since_s) in self._resting.items() if since_s < before_s]:
                self._close(key)
