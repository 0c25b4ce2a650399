"""Connections, and what they send, within their limits."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from functools import lru_cache
from typing import Any

from barograph.frames import Stream
from ingest.clock import ClockExchange
from ingest.device_times import Reading
from ingest.limits import Meter
from ingest.messages import ClientMessage, FramesBatch, JoinSession, PressureFrame, Refused, parse
from ingest.outbox import Outbox
from ingest.receipts import Receipts
from ingest.stream_session import StreamSession

MAX_COUNTED = 1 << 16
# Every message names its stream, and there are few of them: a name that was good once is not checked again.
stream_named = lru_cache(maxsize=1024)(Stream)


class Peer:
    """One connection: its outbox, its clock, its rooms, and the sessions it feeds."""

    def __init__(self, outbox: Outbox, meter: Meter | None = None) -> None:
        self.name = uuid.uuid4().hex
        self.outbox = outbox
        self.receipts = Receipts(outbox)
        self.meter = meter
        self.clock = ClockExchange()
        self.readings: dict[Stream, Reading] = {}  # what it said of the times of its streams
        self.rooms: dict[str, int] = {}  # workout: when it was joined, µs
        self.gone: set[str] = set()  # workouts that it was in, and that were erased
        self.json_events: set[str] = set()
        self.sessions: dict[Stream, StreamSession] = {}
        self.timestamps: dict[StreamSession, dict[int, Any]] = defaultdict(dict)  # as the client wrote them

    def read(self, data: str | bytes) -> ClientMessage:
        """Return the message that was sent, or `Refused`: it is none, or it came too early."""
        try:
            message = self._within_limits(data)
        except Refused as error:
            if self.meter is not None:
                self.meter.judge(error)
            raise
        return message

    def _within_limits(self, data: str | bytes) -> ClientMessage:
        meter, now_s = self.meter, time.monotonic()
        if meter is None:
            return parse(data)
        meter.arrived(len(data), now_s)
        message = parse(data)
        if isinstance(message, FramesBatch | PressureFrame):
            stream = stream_named(message.workout_id, message.stream)
            # What a message claims to carry counts only against a stream that it may feed.
            fed = stream in self.sessions
            frames = min(max(1, message.n), MAX_COUNTED) if fed and isinstance(message, FramesBatch) else 1
            meter.sent(frames, now_s, stream if fed else None)
        else:
            meter.sent(1, now_s)
        if isinstance(message, JoinSession):
            meter.joined(now_s)
        meter.judge(None)
        return message

    @property
    def address(self) -> str | None:
        """Where it is connected from, if that is known."""
        return None if self.meter is None else self.meter.address

    @property
    def ending(self) -> tuple[int, str] | None:
        """The close code and reason with which the server wants to be rid of it, if it does."""
        if self.outbox.lost:
            return 4408, "the client does not read"
        if self.meter is None or self.meter.over is None:
            return None
        return (4429, "too many") if self.meter.over == "rate_limited" else (4400, "bad message after bad message")

    def sessions_in(self, workout_id: str, stream: str | None = None) -> list[StreamSession]:
        """Return the sessions that it feeds in a workout, or of one of its streams."""
        return [
            session
            for key, session in self.sessions.items()
            if key.workout_id == workout_id and stream in (None, key.stream)
        ]
