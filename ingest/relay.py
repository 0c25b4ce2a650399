"""Rooms across ingest processes: who listens at another process hears what was stored at this one.

Processes speak to each other over one stream of the live feed that no workout can have. Each says in which workouts
somebody listens, at once when that changes and every `ANNOUNCE_S`; for `BELIEVED_S` after that the others send it
the `frame_processed` events of those workouts. Where nobody listens elsewhere, nothing is sent.

Queue: `MAX_WAITING_BYTES` of events wait for Redis, the oldest go first; when Redis is away they are dropped. Nothing
here is on the way of an ack.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import deque
from typing import Any

import msgspec

from barograph import codec
from barograph.errors import CodecError, LiveAway
from barograph.frames import Stream
from barograph.store.ports import Entry, Live
from ingest.rooms import Rooms

log = logging.getLogger("barograph.ingest")

ANNOUNCE_S = 2.0
BELIEVED_S = 3 * ANNOUNCE_S
WAIT_S = 5.0
RETRY_S = 1.0
MAX_WAITING_BYTES = 4 << 20


class _Channel(Stream):
    """A stream of the feed whose name no workout can have."""

    def __post_init__(self) -> None:
        """Take any name."""


ROOMS = _Channel("/", "rooms")


class Relay:
    """What this process tells the others of its rooms, and hears of theirs; `run` is its only task."""

    def __init__(self, live: Live, rooms: Rooms) -> None:
        self._live, self._rooms = live, rooms
        self._name = uuid.uuid4().hex
        self._wanted: dict[str, float] = {}  # workouts that somebody listens to elsewhere: until when
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._work = asyncio.Event()
        self._announced: set[str] = set()
        self._due_s = 0.0

    def wanted(self, workout_id: str) -> bool:
        """Return whether somebody listens to a workout at another process."""
        return self._wanted.get(workout_id, 0.0) > time.monotonic()

    def say(self, workout_id: str, events: list[dict[str, Any]]) -> None:
        """Tell the others what the room of a workout is told."""
        text = msgspec.json.encode(events)
        head = {"type": "said", "by": self._name, "workout_id": workout_id, "size": len(text)}
        self._waiting.append(codec.encode(head, text))
        self._size += len(self._waiting[-1])
        while self._size > MAX_WAITING_BYTES:
            self._size -= len(self._waiting.popleft())
        self._work.set()

    def entered(self) -> None:
        """Announce at once that somebody came into a room here."""
        self._work.set()

    async def run(self) -> None:
        """Tell and hear until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(), name="ingest-relay-tell")
            tasks.create_task(self._hear(), name="ingest-relay-hear")

    # --- telling

    async def _tell(self) -> None:
        while True:
            await self._wait()
            batch, self._size = list(self._waiting), 0
            self._waiting.clear()
            try:
                await self._live.publish([(ROOMS, message) for message in (*self._announcement(), *batch)])
            except LiveAway as error:
                log.debug("other processes do not hear of %d messages: %s", len(batch), error)
                self._due_s = 0.0
                await asyncio.sleep(RETRY_S)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(ANNOUNCE_S):
                await self._work.wait()
        except TimeoutError:
            return
        self._work.clear()

    def _announcement(self) -> list[bytes]:
        heard, now_s = self._rooms.heard(), time.monotonic()
        news = heard - self._announced
        if not heard or (not news and now_s < self._due_s):
            return []
        self._announced, self._due_s = heard, now_s + ANNOUNCE_S * 0.9
        workouts = msgspec.json.encode(sorted(heard))
        return [codec.encode({"type": "listening", "by": self._name, "size": len(workouts)}, workouts)]

    # --- hearing

    async def _hear(self) -> None:
        position = None
        while True:
            try:
                if position is None:  # who listens elsewhere said so a moment ago
                    entries = await self._live.recent(ROOMS, BELIEVED_S)
                    position = "0"
                else:
                    entries = await self._live.follow({ROOMS: position}, WAIT_S)
            except LiveAway:
                await asyncio.sleep(RETRY_S)
                continue
            for entry in entries:
                position = entry.position
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        try:
            head, payload = codec.decode(entry.message)
            if head["by"] == self._name:
                return
            said = msgspec.json.decode(payload[: head["size"]])
        except (CodecError, KeyError, msgspec.DecodeError) as error:
            log.warning("another process was not understood: %s", error)
            return
        if head["type"] == "listening":
            until_s = time.monotonic() + BELIEVED_S
            self._wanted = {workout: at for workout, at in self._wanted.items() if at > until_s - BELIEVED_S}
            self._wanted.update(dict.fromkeys(said, until_s))
        elif head["type"] == "said":
            for peer in self._rooms.listeners(head["workout_id"]):
                for event in said:
                    if peer.hears(head["workout_id"], event["stream"]):
                        peer.outbox.offer(event)
