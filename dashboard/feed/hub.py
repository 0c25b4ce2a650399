"""The hub: the only reader of the live feed in this process, whatever the number of viewers.

It follows the streams of the workouts that someone watches, in one request, at most once in `TICK_S`: a screen draws
no oftener, and a message costs more than what is in it. What has come goes to each viewer of its workout as one batch,
byte for byte as it was published. A viewer's queue is bounded (`dashboard.feed.waiting`), so nobody waits for anybody.
Once a second the hub reads what is stored of each watched workout: new streams, layouts, counts.

Frames arrive before they are stored: `received` counts what this hub saw beyond the stored marks.

Terms: hub (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from barograph import codec
from barograph.errors import InvalidData, LiveAway, NotFound, StorageAway
from barograph.frames import Block, Stream
from barograph.store import states
from barograph.store.ports import Archive, Entry, Live, StreamInfo, Workout
from dashboard.feed.backfill import Backfill, Backlog, forget
from dashboard.feed.column_feed import ColumnFeed
from dashboard.feed.columns import region_names
from dashboard.feed.recent_rows import Recent
from dashboard.feed.viewer import Viewer
from dashboard.feed.waiting import Batch, Part
from dashboard.page.answers import json_text
from dashboard.reading.overview import drawn_layout
from dashboard.reading.recent_samples import history, samples_of
from dashboard.reading.vitals import Heard

log = logging.getLogger("barograph.dashboard")

TICK_S = 0.012
FOLLOW_S = 0.25
REFRESH_S = 1.0
COLUMNS_S = 0.1
ARCHIVE_PATIENCE_S = 2.0
RETRY_S, PARTLY_S = 1.0, 0.1


def unknown() -> Heard:
    """Return what is known before anybody has asked."""
    return Heard()


@dataclass
class Room:
    """A workout that someone watches; `seen` is the number after the newest frame by stream and epoch."""

    workout_id: str
    columns: ColumnFeed
    viewers: set[Viewer] = field(default_factory=set)
    workout: Workout | None = None
    away_since_us: int | None = None
    devices: dict[str, bytes] = field(default_factory=dict)
    seen: dict[tuple[str, int], int] = field(default_factory=dict)
    newest: dict[str, bytes] = field(default_factory=dict)
    recent: Recent = field(default_factory=Recent)
    held: dict[str, Backlog] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def archive_away(self) -> bool:
        """The archive did not answer when it was last asked."""
        return self.away_since_us is not None

    def sees(self, stream: str, block: Block) -> bool:
        """Return whether any of a block is newer than all of its stream and epoch before; then it is the newest."""
        new = block.stop > self.seen.get((stream, block.e), 0)
        if new:
            self.seen[stream, block.e] = block.stop
        return new

    def note(self, message: bytes | str) -> None:
        """Pass an announcement on to all."""
        for viewer in self.viewers:
            viewer.note(message)

    def received(self, info: StreamInfo) -> int:
        """Return frames of a stream that are stored or on the way."""
        on_the_way = (self.seen.get((info.stream.stream, epoch.e), 0) - epoch.next_seq for epoch in info.epochs)
        return info.frames + sum(max(0, n) for n in on_the_way)


class Hub:
    """Rooms of viewers over one archive and one live feed; `run` is its only task.

    `ingest` says what is heard of the ingest, for pages whose picture stands still.
    """

    def __init__(
        self, archive: Archive, live: Live, *, idle_timeout_s: float = 300.0, ingest: Callable[[], Heard] = unknown
    ) -> None:
        self._archive, self._live, self._idle_timeout_s, self._ingest = archive, live, idle_timeout_s, ingest
        self._backfill = Backfill(archive, live)
        self._rooms: dict[str, Room] = {}
        self._positions: dict[Stream, str] = {}
        self._watched = asyncio.Event()
        self._away: frozenset[Stream] = frozenset()  # streams of which the feed is away

    @property
    def viewers(self) -> int:
        """Open sockets."""
        return sum(len(room.viewers) for room in self._rooms.values())

    @property
    def followed(self) -> frozenset[Stream]:
        """Streams that are read from the feed: those of watched workouts, and no others."""
        return frozenset(self._positions)

    async def run(self) -> None:
        """Follow the feed and what is stored, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="follow the live feed")
            tasks.create_task(self._refresh_all(), name="refresh watched workouts")
            tasks.create_task(self._columns_all(), name="make the columns that are asked for")

    @asynccontextmanager
    async def watch(self, workout_id: str, viewer: Viewer) -> AsyncIterator[None]:
        """Let a viewer into the room: it is told layouts and state, gets the last seconds, then blocks as they come."""
        room = self._rooms.setdefault(workout_id, Room(workout_id, ColumnFeed(self._archive, self._live)))
        room.viewers.add(viewer)  # first: what comes while the last seconds are read waits behind them
        try:
            await self._refresh(room)
            self._tell(room, viewer)
            viewer.begin(await self._begun(room, viewer))
            yield
        finally:
            room.viewers.discard(viewer)
            room.columns.leave(viewer)
            if not room.viewers and self._rooms.get(workout_id) is room:
                self._leave(room)

    async def ask(self, workout_id: str, viewer: Viewer, keys: Iterable[str]) -> None:
        """Give a viewer columns of choice; of new ones it gets the last seconds."""
        room = self._rooms.get(workout_id)
        if room is not None and viewer in room.viewers:
            await room.columns.ask(room.workout, viewer, keys)

    async def _columns_all(self) -> None:
        while True:
            await asyncio.sleep(COLUMNS_S)
            for room in list(self._rooms.values()):
                await room.columns.advance(room.workout)

    async def _begun(self, room: Room, viewer: Viewer) -> list[bytes]:
        """The last seconds of every stream and its newest frame; a thumbnail gets the frame only."""
        messages: list[bytes] = []
        for info in room.workout.streams if room.workout else ():
            async with room.opening:  # who comes while it is read waits for it, and does not read it again
                past = await self._backfill.of(room.held, info, archive_away=room.archive_away)
                self._take_up(room, info.stream, past)
            name = info.stream.stream
            later = room.recent.after(name, past.stop_us)
            messages += [] if viewer.rate_hz else history(info.stream, [*past.samples, *later])
            newest = room.newest.get(name, past.newest)
            messages += [newest] if newest else []
        return messages

    def _take_up(self, room: Room, stream: Stream, past: Backlog) -> None:
        """What was read counts as seen, and the feed is followed from there, unless it is followed already."""
        if not self._watch_stream(stream, past.position):
            return
        if past.device:
            room.devices[stream.stream] = past.device
        for part in past.older:
            room.recent.fill(stream.stream, part)
        for part in past.live:
            name = (stream.stream, part.e)
            room.seen[name] = max(part.stop, room.seen.get(name, 0))
            room.recent.take(stream.stream, part)

    def _leave(self, room: Room) -> None:
        self._rooms.pop(room.workout_id, None)
        for stream in [stream for stream in self._positions if stream.workout_id == room.workout_id]:
            del self._positions[stream]

    async def _follow(self) -> None:
        while True:
            if not self._positions:
                self._watched.clear()
                await self._watched.wait()
            try:
                entries = await self._live.follow(dict(self._positions), FOLLOW_S)
            except LiveAway as error:
                self._feed(error.streams or frozenset(self._positions), str(error))
                self._hand_out(error.entries)
                # Where one server of a cluster is away, the streams of the others go on.
                await asyncio.sleep(PARTLY_S if len(self._away) < len(self._positions) else RETRY_S)
                continue
            self._feed(frozenset())
            self._hand_out(entries)
            if entries:
                await asyncio.sleep(TICK_S)

    def _feed(self, away: frozenset[Stream], why: str = "") -> None:
        if bool(away) != bool(self._away):
            log.warning("live feed away: %s", why) if away else log.info("live feed is back")
        self._away = away

    def _hand_out(self, entries: Iterable[Entry]) -> None:
        batches: dict[str, list[Part]] = {}
        for entry in entries:
            if entry.stream not in self._positions:
                continue  # its last viewer left while it was on its way
            self._positions[entry.stream] = entry.position
            try:
                part = self._read(entry)
            except InvalidData as error:
                log.warning("%s: a message of the live feed was skipped: %s", entry.stream, error)
                continue
            if part is not None:
                batches.setdefault(entry.stream.workout_id, []).append(part)
        for workout_id, parts in batches.items():
            batch = Batch(tuple(parts))
            for viewer in self._rooms[workout_id].viewers:
                viewer.offer(batch)

    def _read(self, entry: Entry) -> Part | None:
        """The frames of an entry; None for an announcement, and for frames that are not the newest."""
        room, name = self._rooms[entry.stream.workout_id], entry.stream.stream
        header, payload = codec.decode(entry.message)
        if header.get("type") != "frames":
            room.note(entry.message)
            if header.get("type") == "status":
                room.devices[name] = entry.message
            return None
        if room.workout is not None and header.get("uid", room.workout.uid) != room.workout.uid:
            return None  # of an erased workout whose name this one has
        block = codec.block_of(header, payload)
        if not room.sees(name, block):
            # A late frame has its place before others that were shown: pages read it from the archive.
            room.note(_late(entry.stream))
            return None
        samples = samples_of(block)
        if samples is not None:
            room.recent.take(name, samples)
        room.newest[name] = entry.message
        room.columns.take(name, block)
        return Part(entry.stream, entry.message, samples)

    async def _refresh_all(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            for room in list(self._rooms.values()):
                await self._refresh(room)
                for info in room.workout.streams if room.workout and room.viewers else ():
                    self._watch_stream(info.stream, "0")
                said = await self._numbers(room)
                forget(room.held)
                for viewer in room.viewers:
                    self._tell(room, viewer)
                    if said:
                        viewer.tell("numbers", said)

    async def _numbers(self, room: Room) -> str | None:
        """The big numbers of a workout, made once for all who watch it."""
        found = await room.recent.numbers(room.workout) if room.workout and room.viewers else None
        return json_text(found) if found else None

    async def _refresh(self, room: Room) -> None:
        try:
            async with asyncio.timeout(ARCHIVE_PATIENCE_S):
                found, erased = await self._look(room)
            room.workout, room.away_since_us = found, None
            if erased:
                self._end(room)
        except (StorageAway, TimeoutError) as error:
            if not room.archive_away:
                log.warning("%s: the archive is away: %s", room.workout_id, str(error) or "no answer in time")
                room.away_since_us = time.time_ns() // 1000

    async def _look(self, room: Room) -> tuple[Workout | None, bool]:
        """The workout as it is stored now, and whether the one that was watched was erased."""
        try:
            found = await self._archive.workout(room.workout_id)
        except NotFound:
            return None, bool(await self._archive.erased([room.workout_id]))
        return found, room.workout is not None and room.workout.uid != found.uid

    def _end(self, room: Room) -> None:
        """The workout was erased: nothing of it is shown any more, and who watches is let go."""
        if self._rooms.get(room.workout_id) is room:
            self._leave(room)
        for viewer in room.viewers:
            viewer.over.set()

    def _watch_stream(self, stream: Stream, position: str) -> bool:
        """Follow a stream from a position, unless it is followed; says whether that is new."""
        if stream in self._positions:
            return False
        self._positions[stream] = position
        self._watched.set()
        return True

    def _tell(self, room: Room, viewer: Viewer) -> None:
        for info in room.workout.streams if room.workout else ():
            if info.layout is not None:
                viewer.tell(f"layout {info.stream.stream}", _layout(info))
        for name, said in room.devices.items():
            viewer.tell(f"device {name}", said)
        viewer.tell("state", self._state(room, viewer))

    def _state(self, room: Room, viewer: Viewer) -> str:
        workout, infos = room.workout, room.workout.streams if room.workout else ()
        now_us, heard = time.time_ns() // 1000, self._ingest()
        streams = {
            info.stream.stream: {"stored": info.frames, "received": room.received(info), "spool": info.spool}
            for info in infos
        }
        return json_text(
            {
                "type": "state",
                "workout": room.workout_id,
                "status": states.state(workout, now_us, self._idle_timeout_s) if workout else "unknown",
                "athlete": viewer.called(workout.about.athlete) if workout else None,
                "archive": "away" if room.archive_away else "ready",
                "away_since_us": room.away_since_us,
                "feed": "away" if any(info.stream in self._away for info in infos) else "ready",
                "ingest": heard.state,
                "ingest_us": heard.last_us,
                "first_us": min((info.first_us for info in infos if info.first_us is not None), default=None),
                "last_us": max((info.last_us for info in infos if info.last_us is not None), default=None),
                "received": sum(stream["received"] for stream in streams.values()),
                "stored": sum(stream["stored"] for stream in streams.values()),
                "streams": streams,
            }
        )


def _late(stream: Stream) -> str:
    return json_text({"type": "backfilled", "workout_id": stream.workout_id, "stream": stream.stream})


def _layout(info: StreamInfo) -> str:
    head = {"type": "layout", "workout": info.stream.workout_id, "stream": info.stream.stream}
    return json_text(
        head | {"layout": drawn_layout(info) or {}, "columns": info.columns, "regions": region_names(info)}
    )
