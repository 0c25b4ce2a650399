"""Rooms across ingest processes: who listens at another process hears what was stored at this one.

Each process says in which workouts somebody listens, at once when that changes and every `ANNOUNCE_S`, over one stream
of the live feed that no workout can have. For `BELIEVED_S` after that the others send it the `frame_processed` events
of those workouts, over a stream of its own: so a process hears what it asked for and nothing else, and in a cluster
the events lie where each process's stream lies, not all in one place. Where nobody listens elsewhere, nothing is sent.
With a `load`, each says how many connections feed it, too (`ingest.spreading`).

Queue: `MAX_WAITING_BYTES` of events wait for Redis, the oldest go first; when Redis is away they are dropped. Nothing
here is on the way of an ack.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
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
LOAD_BELIEVED_S = 1.5 * ANNOUNCE_S
WAIT_S = 5.0
RETRY_S = 1.0
MAX_WAITING_BYTES = 4 << 20


class _Channel(Stream):
    """A stream of the feed whose name no workout can have."""

    def __post_init__(self) -> None:
        """Take any name."""


ROOMS = _Channel("/", "rooms")


def channel_of(name: str) -> Stream:
    """Return the stream over which a process is told what it asked for."""
    return _Channel(f"/{name}", "rooms")


class Relay:
    """What this process tells the others of its rooms, and hears of theirs; `run` is its only task."""

    def __init__(self, live: Live, rooms: Rooms) -> None:
        self._live, self._rooms = live, rooms
        self._name = uuid.uuid4().hex
        self._wanted: dict[str, dict[str, float]] = {}  # workouts that processes listen to elsewhere: until when
        self._waiting: deque[tuple[Stream, bytes]] = deque()
        self._size = 0
        self._work = asyncio.Event()
        self._announced: set[str] = set()
        self._due_s = 0.0
        self.load: Callable[[], int] | None = None
        self._loads: dict[str, tuple[int, float]] = {}  # by process: its load, and until when that is believed

    def wanted(self, workout_id: str) -> bool:
        """Return whether somebody listens to a workout at another process."""
        return bool(self._listening(workout_id))

    def _listening(self, workout_id: str) -> list[str]:
        now_s = time.monotonic()
        return [name for name, until_s in self._wanted.get(workout_id, {}).items() if until_s > now_s]

    def loads(self) -> dict[str, int]:
        """Return the loads of the other processes, by name."""
        now_s = time.monotonic()
        self._loads = {name: found for name, found in self._loads.items() if found[1] > now_s}
        return {name: load for name, (load, _) in self._loads.items()}

    def say(self, workout_id: str, events: list[dict[str, Any]]) -> None:
        """Tell the others what the room of a workout is told."""
        text = msgspec.json.encode(events)
        head = {"type": "said", "by": self._name, "workout_id": workout_id, "size": len(text)}
        message = codec.encode(head, text)
        for name in self._listening(workout_id):
            self._waiting.append((channel_of(name), message))
            self._size += len(message)
        while self._size > MAX_WAITING_BYTES:
            self._size -= len(self._waiting.popleft()[1])
        self._work.set()

    def entered(self) -> None:
        """Announce at once that somebody came into a room here."""
        self._work.set()

    async def run(self) -> None:
        """Tell and hear until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(), name="ingest-relay-tell")
            for channel in (ROOMS, channel_of(self._name)):
                tasks.create_task(self._hear(channel), name=f"ingest-relay-hear-{channel.workout_id}")

    # --- telling

    async def _tell(self) -> None:
        while True:
            await self._wait()
            batch, self._size = list(self._waiting), 0
            self._waiting.clear()
            try:
                await self._live.publish([*((ROOMS, message) for message in self._announcement()), *batch])
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
        if not (heard or self.load) or (not news and now_s < self._due_s):
            return []
        self._announced, self._due_s = heard, now_s + ANNOUNCE_S * 0.9
        said: dict[str, Any] = {"listening": sorted(heard)} if heard else {}
        if self.load is not None:
            said["feeding"] = self.load()
        texts = ((kind, msgspec.json.encode(value)) for kind, value in said.items())
        return [codec.encode({"type": kind, "by": self._name, "size": len(text)}, text) for kind, text in texts]

    # --- hearing

    async def _hear(self, channel: Stream) -> None:
        position = None
        while True:
            try:
                if position is None:  # who listens elsewhere said so a moment ago
                    entries = await self._live.recent(channel, BELIEVED_S)
                    position = "0"
                else:
                    entries = await self._live.follow({channel: position}, WAIT_S)
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
            self._believe(head["by"], said)
        elif head["type"] == "feeding":
            self._loads[head["by"]] = (said, time.monotonic() + LOAD_BELIEVED_S)
        elif head["type"] == "said":
            for peer in self._rooms.listeners(head["workout_id"]):
                for event in said:
                    if peer.hears(head["workout_id"], event["stream"]):
                        peer.outbox.offer(event)

    def _believe(self, name: str, workouts: list[str]) -> None:
        now_s = time.monotonic()
        old = self._wanted.items()
        still = ((workout, {by: at for by, at in names.items() if at > now_s}) for workout, names in old)
        self._wanted = {workout: names for workout, names in still if names}
        for workout in workouts:
            self._wanted.setdefault(workout, {})[name] = now_s + BELIEVED_S
