"""Rooms, the streams of this process, and what happens to each message of a connection.

Every coroutine here serves one connection and handles its messages in order; nothing is shared between processes
but the archive and the live feed.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np

from analytics.columns import arrival_columns
from barograph.codec import frames_of
from barograph.errors import BarographError, InvalidData, NotFound, StorageAway
from barograph.frames import Block, Floats, Frames, Layout, Stream
from barograph.ports import About, Archive, Marker
from barograph.rollups import refresh
from ingest import messages as m
from ingest.commit import Committer, Piece, ranges_of
from ingest.feed import Publisher
from ingest.messages import Refused
from ingest.outbox import Outbox
from ingest.protocol import MAX_SEQ, STATS_VERSION, Arrival, StreamBook, StreamSession

log = logging.getLogger("barograph.ingest")

MARK_EVERY_S = 0.5
ROLLUP_EVERY_S = 5.0


def now_us() -> int:
    """Server time, µs since 1970."""
    return time.time_ns() // 1000


class Peer:
    """One connection: its outbox, its rooms, and the sessions it feeds."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.rooms: set[str] = set()
        self.sessions: dict[Stream, StreamSession] = {}
        self.joined_us: dict[str, int] = {}
        self.json_events: set[str] = set()
        self.offset_us: int | None = None  # of the clock exchange: server minus device, with the shortest way here
        self.timestamps: dict[StreamSession, dict[int, Any]] = defaultdict(dict)


class Ingest:
    """All sessions of this process."""

    def __init__(self, archive: Archive, publisher: Publisher) -> None:
        self.archive = archive
        self.publisher = publisher
        self.committer = Committer(archive, self._on_stored, self._on_refused)
        self._rooms: dict[str, set[Peer]] = defaultdict(set)
        self._books: dict[Stream, StreamBook] = {}
        self._sessions: dict[tuple[Stream, str], StreamSession] = {}
        self._feeders: dict[StreamSession, Peer] = {}
        self._unmarked: set[StreamSession] = set()
        self._handlers: dict[type, Callable[[Peer, Any], Awaitable[None]]] = {
            m.JoinSession: self._join, m.PressureFrame: self._pressure_frame, m.FramesBatch: self._frames,
            m.LeaveSession: self._leave, m.MarkerMessage: self._marker, m.Status: self._status,
            m.DeclaredGap: self._gap, m.Ping: self._ping,
        }  # fmt: skip

    async def receive(self, peer: Peer, data: str | bytes) -> None:
        """Handle one message; what is wrong with it goes back as an `error`, and the connection goes on."""
        try:
            message = m.parse(data)
            await self._handlers[type(message)](peer, message)
        except Refused as error:
            peer.outbox.push(error.event())
        except InvalidData as error:
            peer.outbox.push(Refused("bad_field", str(error), field=error.field).event())
        except StorageAway as error:
            log.warning("archive away: %s", error)
            peer.outbox.push(
                Refused("archive_away", "the archive does not answer; try again", retry_after_s=2.0).event()
            )

    async def closed(self, peer: Peer) -> None:
        """The connection is gone: what it sent is stored, its streams are let go."""
        for workout_id in list(peer.rooms):
            await self._let_go(peer, workout_id, None)
            self._leave_room(peer, workout_id)

    # --- joining and leaving

    async def _join(self, peer: Peer, message: m.JoinSession) -> None:
        stream = Stream(message.workout_id, message.stream)
        layout = m.layout_of(message.layout) if message.layout is not None else None
        about = About(message.athlete, message.kind, message.mass_kg, tuple(message.tags))
        if message.epoch is None:
            await self._watch(peer, stream, layout, about)
        else:
            session = await self._open(stream, message.epoch, numbered=True, about=about, spool=message.spool)
            self._feed_from(peer, session)
            if layout is not None:
                await self._fix_layout(session.book, layout)
            peer.outbox.push(session.joined(now_us()))
        self._enter_room(peer, message.workout_id)
        log.info("joined workout=%s stream=%s", message.workout_id, message.stream)

    async def _watch(self, peer: Peer, stream: Stream, layout: Layout | None, about: About) -> None:
        """A join without an epoch enters the room; its stream begins with its first frame."""
        peer.json_events.add(stream.workout_id)
        workout = await self.archive.note(stream.workout_id, now_us=now_us(), about=about)
        stored = sum(info.frames for info in workout.streams if info.stream == stream)
        if layout is not None:
            session = await self._own_session(peer, stream, numbered=False)
            await self._fix_layout(session.book, layout)
        book = self._books.get(stream)
        peer.outbox.push(
            {
                "type": "session_joined", "workout_id": stream.workout_id, "status": "joined", "stream": stream.stream,
                "epoch": None, "frame_count": book.frame_count if book else stored, "next_seq": 0,
                "window_frames": None, "window_bytes": None, "server_time_us": now_us(),
            }
        )  # fmt: skip

    async def _open(self, stream: Stream, epoch: str, *, numbered: bool, about: About, spool: bool) -> StreamSession:
        if (session := self._sessions.get((stream, epoch))) is not None:
            return session
        info, mark = await self.archive.open(
            stream, epoch=epoch, numbered=numbered, now_us=now_us(), about=about, spool=spool
        )
        stored = ranges_of(await self.archive.keys_by_number(stream, mark.e, 0, MAX_SEQ))
        # Two joins may have waited here for the same epoch: the first that is back makes the session.
        book = self._books.setdefault(stream, StreamBook.of(info))
        return self._sessions.setdefault((stream, epoch), StreamSession(book, mark, stored))

    async def _own_session(self, peer: Peer, stream: Stream, *, numbered: bool) -> StreamSession:
        if (session := peer.sessions.get(stream)) is not None:
            return session
        epoch = f"arrival-{uuid.uuid4()}"
        session = await self._open(stream, epoch, numbered=numbered, about=About(), spool=False)
        self._feed_from(peer, session)
        return session

    def _feed_from(self, peer: Peer, session: StreamSession) -> None:
        former = self._feeders.get(session)
        if former is not None and former is not peer and session.stream in former.sessions:
            del former.sessions[session.stream]
            reason = f"stream {session.stream} was taken by a newer connection"
            former.outbox.push(Refused("replaced", reason, field="epoch").event())
        self._feeders[session] = peer
        peer.sessions[session.stream] = session
        session.trust_clock(peer.offset_us)

    async def _fix_layout(self, book: StreamBook, layout: Layout) -> None:
        if book.layout is None:
            info = await self.archive.fix_layout(book.stream, layout, arrival_columns(layout), STATS_VERSION)
            book.layout = info.layout
            self.publisher.say(book.stream, {"type": "layout", "workout_id": book.stream.workout_id})
        kept = book.layout
        if kept is not None and (kept.rows, kept.cols, kept.dtype) != (layout.rows, layout.cols, layout.dtype):
            raise Refused(
                "shape_mismatch",
                f"layout: expected {kept.rows} x {kept.cols} {kept.dtype} as stored for {book.stream}, "
                f"got {layout.rows} x {layout.cols} {layout.dtype}",
                field="layout",
            )

    def _enter_room(self, peer: Peer, workout_id: str) -> None:
        peer.rooms.add(workout_id)
        peer.joined_us.setdefault(workout_id, now_us())
        self._rooms[workout_id].add(peer)

    def _leave_room(self, peer: Peer, workout_id: str) -> None:
        peer.rooms.discard(workout_id)
        peer.joined_us.pop(workout_id, None)
        self._rooms[workout_id].discard(peer)
        if not self._rooms[workout_id]:
            del self._rooms[workout_id]

    async def _leave(self, peer: Peer, message: m.LeaveSession) -> None:
        self._require_room(peer, message.workout_id)
        sessions = await self._let_go(peer, message.workout_id, message.stream)
        begun_us = min((s.first_us for s in sessions if s.first_us), default=peer.joined_us[message.workout_id])
        ended_us = max((s.last_us for s in sessions if s.last_us), default=now_us())
        ended = {
            "type": "session_ended", "workout_id": message.workout_id,
            "frame_count": sum(session.book.frame_count for session in sessions),
            "duration_s": round(max(0, ended_us - begun_us) / 1e6, 3), "gaps": sum(s.gaps() for s in sessions),
        }  # fmt: skip
        if message.stream is None or not any(s.workout_id == message.workout_id for s in peer.sessions):
            self._leave_room(peer, message.workout_id)
        if sessions and not any(key.workout_id == message.workout_id for key, _ in self._sessions):
            await self.archive.note(message.workout_id, now_us=now_us(), left=True)
            self.publisher.say(sessions[0].stream, ended)
        peer.outbox.push(ended)
        log.info("left workout=%s frames=%d", message.workout_id, ended["frame_count"])

    async def _let_go(self, peer: Peer, workout_id: str, stream: str | None) -> list[StreamSession]:
        """Store and forget the sessions that this peer feeds in a workout."""
        chosen = [
            session
            for key, session in peer.sessions.items()
            if key.workout_id == workout_id and stream in (None, key.stream)
        ]
        for session in chosen:
            await self.committer.flush(session)
            await self._mark(session)
            if session.stream in peer.sessions and self._feeders.get(session) is peer:
                del peer.sessions[session.stream], self._feeders[session]
                self._sessions.pop((session.stream, session.epoch.epoch), None)
                peer.timestamps.pop(session, None)
            if not any(key == session.stream for key, _ in self._sessions):
                self._books.pop(session.stream, None)
        return chosen

    # --- frames

    async def _pressure_frame(self, peer: Peer, message: m.PressureFrame) -> None:
        self._require_room(peer, message.workout_id)
        peer.json_events.add(message.workout_id)
        received_us = now_us()
        matrix = m.matrix_of(message.matrix)
        mask = m.mask_of(message.nodes, matrix.size)
        t_us = m.time_us_of(message.timestamp)
        stream = Stream(message.workout_id, message.stream)
        session = await self._own_session(peer, stream, numbered=message.seq is not None)
        if session.book.layout is None:
            await self._fix_layout(session.book, Layout(rows=matrix.shape[0], cols=matrix.shape[1], mask=mask))
        frames = _as_layout(matrix, session.book.layout)
        times_us = np.array([received_us if t_us is None else t_us], np.int64)
        if message.timestamp is not None:
            peer.timestamps[session][session.next_number(message.seq)] = message.timestamp
        await self._take(session, Arrival(message.seq, times_us, frames, received_us))

    async def _frames(self, peer: Peer, message: m.FramesBatch) -> None:
        self._require_room(peer, message.workout_id)
        session = peer.sessions.get(Stream(message.workout_id, message.stream))
        if session is None or session.epoch.epoch != message.epoch:
            raise Refused(
                "not_joined",
                f"epoch: expected join_session with this epoch for stream {message.stream} first",
                field="epoch",
            )
        if (layout := session.book.layout) is None:
            raise Refused("bad_field", "layout: expected in join_session before a batch of frames", field="layout")
        frames = frames_of(message.data, message.n, layout, message.encoding)
        await self._take(session, Arrival(message.seq, message.times(), frames, now_us()))

    async def _take(self, session: StreamSession, arrival: Arrival) -> None:
        blocks = session.take(arrival)
        for block in blocks:
            self.publisher.block(session.stream, block)
            self.committer.add(session, block)
        if not blocks and (feeder := self._feeders.get(session)) is not None:
            feeder.outbox.push(session.ack())
        await self.committer.room()

    def _on_stored(self, batch: Sequence[Piece]) -> None:
        for session, block in batch:
            before = session.book.frame_count
            session.settle(block)
            self._tell_room(session, block, before)
        for session in {session for session, _ in batch}:
            self._unmarked.add(session)
            if session.epoch.numbered and (feeder := self._feeders.get(session)) is not None:
                feeder.outbox.push(session.ack())

    def _on_refused(self, session: StreamSession, block: Block, error: BarographError) -> None:
        """The archive will never take this block, for its workout was erased, or a time cannot be kept."""
        log.warning("refused stream=%s seq=%d n=%d: %s", session.stream, block.seq, len(block), error)
        session.drop(block)
        if (feeder := self._feeders.get(session)) is not None:
            feeder.outbox.push(Refused("bad_field", str(error), field="workout_id").event())

    def _tell_room(self, session: StreamSession, block: Block, before: int) -> None:
        room = [p for p in self._rooms.get(session.stream.workout_id, ()) if session.stream.workout_id in p.json_events]
        if not room:
            return
        feeder = self._feeders.get(session)
        said = feeder.timestamps.get(session, {}) if feeder else {}
        for event in session.processed(block, before, said):
            for peer in room:
                peer.outbox.offer(event) if peer is not feeder else peer.outbox.push(event)

    # --- the rest

    async def _marker(self, peer: Peer, message: m.MarkerMessage) -> None:
        self._require_room(peer, message.workout_id)
        if not 0 < len(message.label) <= 200:
            raise Refused("bad_field", "label: expected 1 to 200 characters", field="label")
        t_us = m.time_us_of(message.timestamp)
        marker = Marker(now_us() if t_us is None else t_us, message.label)
        await self.archive.add_marker(message.workout_id, marker)
        self._announce(message.workout_id, {"type": "marker", "t_us": marker.t_us, "label": marker.label})

    async def _status(self, peer: Peer, message: m.Status) -> None:
        self._require_room(peer, message.workout_id)
        said = {name: getattr(message, name) for name in ("battery_pct", "signal_dbm", "spooled_frames")}
        event = {"type": "status", "workout_id": message.workout_id, "stream": message.stream, **said}
        self.publisher.say(Stream(message.workout_id, message.stream), event)

    async def _gap(self, peer: Peer, message: m.DeclaredGap) -> None:
        self._require_room(peer, message.workout_id)
        raise Refused("unknown_event", "type: this server does not settle declared gaps yet", field="type")

    async def _ping(self, peer: Peer, message: m.Ping) -> None:
        t2_us = now_us()
        ahead_us = t2_us - message.t1_us
        peer.offset_us = ahead_us if peer.offset_us is None else min(peer.offset_us, ahead_us)
        peer.outbox.push({"type": "pong", "t1_us": message.t1_us, "t2_us": t2_us, "t3_us": now_us()})

    def _announce(self, workout_id: str, event: dict[str, Any]) -> None:
        for stream in {key for key, _ in self._sessions if key.workout_id == workout_id}:
            self.publisher.say(stream, {**event, "workout_id": workout_id, "stream": stream.stream})

    def _require_room(self, peer: Peer, workout_id: str) -> None:
        if workout_id not in peer.rooms:
            raise Refused("not_joined", f"workout_id: join_session for {workout_id!r} comes first", field="workout_id")

    async def _mark(self, session: StreamSession) -> None:
        self._unmarked.discard(session)
        if session.first_us is None or session.last_us is None:
            return
        await self.archive.mark(
            session.stream, session.e, next_seq=session.next_seq, frames=session.stored.total,
            first_us=session.first_us, last_us=session.last_us, now_us=session.received_us,
        )  # fmt: skip

    async def keep_marks(self) -> None:
        """Write the marks of streams that moved, until cancelled."""
        while True:
            await asyncio.sleep(MARK_EVERY_S)
            await self.write_marks()

    async def keep_rollups(self) -> None:
        """Make the rollups of seconds whose mark is old enough, whoever set it, until cancelled."""
        while True:
            await asyncio.sleep(ROLLUP_EVERY_S)
            try:
                before_us = now_us() - round(self.archive.grace_s * 1e6)
                for stream in await self.archive.dirty_streams(before_us):
                    await refresh(self.archive, stream, now_us=now_us())
            except NotFound as error:
                log.info("a workout was erased while its rollups were made: %s", error)
            except StorageAway as error:
                log.warning("archive away, rollups wait: %s", error)

    async def write_marks(self) -> None:
        """Write the marks of streams that moved."""
        for session in list(self._unmarked):
            try:
                await self._mark(session)
            except NotFound as error:
                log.info("marks of an erased workout are not kept: %s", error)
            except StorageAway as error:
                self._unmarked.add(session)
                log.warning("archive away, marks wait: %s", error)
                return


def _as_layout(matrix: Floats, layout: Layout | None) -> Frames:
    """A JSON matrix as one frame in the layout's dtype; values that do not fit are `Refused`."""
    if layout is None or layout.numpy_dtype.kind == "f":
        return matrix[None].astype(layout.numpy_dtype if layout else np.float64, copy=False)
    if matrix.shape == layout.valid.shape:
        matrix = np.where(layout.valid, matrix, 0.0)
    limit = np.iinfo(layout.numpy_dtype).max
    if not ((matrix >= 0) & (matrix <= limit) & (matrix == np.floor(matrix))).all():
        raise Refused("bad_field", f"matrix: expected whole numbers from 0 to {limit} ({layout.dtype})", field="matrix")
    return matrix[None].astype(layout.numpy_dtype)
