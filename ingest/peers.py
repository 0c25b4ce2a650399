"""Connections, and what they send, within their limits."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from barograph.access.principals import MACHINE, Principal
from barograph.access.remembered import MOMENT_S, Remembered
from barograph.frames import Stream
from barograph.store.accounts import Device
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
        self.waited_s = 0.0  # how long what is handled now had waited before
        self.clock = ClockExchange()
        self.readings: dict[Stream, Reading] = {}  # what it said of the times of its streams
        self.rooms: dict[str, int] = {}  # workout: when it was joined, µs
        self.gone: set[str] = set()  # workouts that it was in, and that were erased
        self.json_events: set[str] = set()
        self.sessions: dict[Stream, StreamSession] = {}
        self.spools: set[Stream] = set()  # of which it sends again what was not acked, over another connection too
        self.timestamps: dict[StreamSession, dict[int, Any]] = defaultdict(dict)  # as the client wrote them
        self.principal: Principal = MACHINE
        self.secret = ""  # token of the user or owner that it brought
        self.encrypted = True  # whether such a token may come
        self.decided: Remembered[tuple[str, str, str | None], bool] = Remembered(MOMENT_S)  # messages that it may send
        self.reads: set[str] = set()  # workouts of which it hears everything
        self.watches: set[str] = set()  # workouts at which it only looks on
        self.device: Device | None = None  # whose token the connection came with
        self.devices: dict[Stream, Device] = {}  # by whose token it takes part in streams
        self.ended: set[str] = set()  # uids of devices whose tokens it brought, and which stand no more
        self._ending: tuple[int, str] | None = None
        self._waits: asyncio.Timeout | None = None

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
        if self._ending is not None:
            return self._ending
        if self.outbox.lost:
            return 4408, "the client does not read"
        if self.meter is None or self.meter.over is None:
            return None
        return (4429, "too many") if self.meter.over == "rate_limited" else (4400, "bad message after bad message")

    def end(self, code: int, reason: str) -> None:
        """End the connection now, though it is silent."""
        self._ending = code, reason
        if self._waits is not None:
            self._waits.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def patience(self, for_s: float | None) -> AsyncIterator[None]:
        """Wait for what it says so long, or until it is to end; then it is a `TimeoutError`."""
        async with asyncio.timeout(0 if self._ending else for_s) as waits:
            self._waits = waits
            try:
                yield
            finally:
                self._waits = None

    @property
    def needs_token(self) -> bool:
        """True as long as nobody is known by it."""
        return self.principal.kind == "nobody"

    def all_devices(self) -> list[Device]:
        """Return the devices whose tokens it brought."""
        return [*self.devices.values(), *([] if self.device is None else [self.device])]

    def devices_in(self, workout_id: str) -> list[Device]:
        """Return the devices by whose tokens it takes part in a workout."""
        return [device for stream, device in self.devices.items() if stream.workout_id == workout_id]

    def hears(self, workout_id: str, stream: str) -> bool:
        """Return whether it is told of frames of a stream: whoever may not read hears of what it may feed.

        Without a token that is what it does feed.
        """
        if workout_id in self.reads:
            return True
        held = self.devices_in(workout_id)
        return any(stream in device.streams for device in held) or stream_named(workout_id, stream) in self.sessions

    def sessions_in(self, workout_id: str, stream: str | None = None) -> list[StreamSession]:
        """Return the sessions that it feeds in a workout, or of one of its streams."""
        return [
            session
            for key, session in self.sessions.items()
            if key.workout_id == workout_id and stream in (None, key.stream)
        ]
