"""What each message of a connection does.

Every coroutine here serves one connection and handles its messages in order; nothing is shared between processes but
the archive and the live feed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from barograph.access.proofs import Proofs
from barograph.codec import MOST_BATCH_FRAMES, frames_of
from barograph.errors import InvalidData, NotFound, StorageAway
from barograph.frames import Layout, Stream
from barograph.store.ports import Archive
from barograph.store.records import UNSAID, About, Marker, Rejected, Workout
from ingest import messages as m
from ingest.acknowledger import Acknowledger
from ingest.attendance import of_stream
from ingest.callers import Callers
from ingest.clock import now_us as now_us
from ingest.commit import Committer, OnRefused, OnStored
from ingest.decisions import Decisions
from ingest.device_times import Reading, date_us
from ingest.dispatcher import Dispatcher
from ingest.erasures import Erasures, gone
from ingest.feed import Publisher
from ingest.messages import Refused
from ingest.peers import Peer, stream_named
from ingest.receipts import Outcome, Reply
from ingest.relay import Relay
from ingest.rooms import Rooms
from ingest.settled import MAX_SEQ, WHOLE_WINDOW, Span
from ingest.sightings import Sightings
from ingest.stream_session import Arrival, StreamSession
from ingest.streams import Streams, replaced_by
from ingest.telling import Telling
from ingest.tokens import Tokens

log = logging.getLogger("barograph.ingest")

RANGES_SHOWN = 4
KEPT_BYTES, MESSAGE_BYTES = 256 << 10, 9 << 20
INFINITE = ("bad_field", "data: expected finite values, or NaN for a missing cell")
REUSED = ("seq_reused", "seq: this number names a frame of another time; is the spool an old copy? Begin a new epoch")


class Ingest(Dispatcher):
    """The protocol over the streams of this process."""

    def __init__(
        self,
        archive: Archive,
        publisher: Publisher,
        *,
        min_free_bytes: int = 0,
        max_message_bytes: int = MESSAGE_BYTES,
        proofs: Proofs | None = None,
        committer: Callable[[Archive, OnStored, OnRefused], Committer] = Committer,
    ) -> None:
        super().__init__(publisher.metrics)
        self.archive, self.publisher = archive, publisher
        self._most_message = max_message_bytes
        self.rooms = Rooms()
        self.relay = Relay(publisher.live, self.rooms)
        self.streams = Streams(archive, publisher, self.metrics, min_free_bytes)
        self.erasures = Erasures(archive, publisher, self.rooms, self.streams)
        told = Acknowledger(self.streams, self.rooms, self.relay, self.erasures, self.metrics, self.refusals)
        self.committer = committer(archive, told.stored, told.refused)
        self.tokens = Tokens(archive, self.rooms, self.streams, self.committer)
        self.callers = Callers(self.tokens.keyring, proofs)
        self.decisions = Decisions(archive, self.rooms, self.tokens, self.callers)
        self.sightings = Sightings(archive, self.tokens)
        self.telling = Telling(archive, self.tokens)
        self._partings: set[asyncio.Task[None]] = set()
        self._handlers = {
            m.JoinSession: self._join, m.PressureFrame: self._pressure_frame, list: self._frames,
            m.LeaveSession: self._leave, m.MarkerMessage: self._marker, m.Status: self._status,
            m.DeclaredGap: self._gap, m.Ping: self._ping,
        }  # fmt: skip

    def closed(self, peer: Peer) -> None:
        """Store what a closed connection sent, and let its streams go, however long that takes."""
        for workout_id in list(peer.rooms):
            self.rooms.leave(peer, workout_id)
        task = asyncio.create_task(self._part(peer), name="ingest-part")
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)

    async def _part(self, peer: Peer) -> None:
        sessions = list(peer.sessions.values())
        try:
            await self.streams.let_go(peer, sessions, self.committer)
            await self.sightings.note(peer, sessions)
        except (StorageAway, NotFound) as error:
            log.info("marks of a lost connection are not written: %s", error)
        for session in sessions:
            self.attendance.note("session over", **_counts(session))

    async def drain(self) -> None:
        """Return when all that was accepted is stored and all marks are written."""
        await self.committer.drain()
        await asyncio.gather(*self._partings)
        await self.streams.write_marks()

    # --- joining and leaving

    async def _join(self, peer: Peer, message: m.JoinSession) -> Reply:
        stream = Stream(message.workout_id, message.stream)
        if message.workout_id in peer.watches:
            return await self._look_on(peer, stream)
        layout = m.layout_of(message.layout) if message.layout is not None else None
        about = About(message.athlete, message.kind, message.mass_kg, tuple(message.tags))
        if message.times is not None or message.time_unit is not None:
            peer.readings[stream] = Reading(message.times or "device", message.time_unit)
        if message.epoch is None:
            joined = await self._watch(peer, stream, layout, about)
        else:
            streams = self.streams
            session = await streams.open(stream, message.epoch, numbered=True, about=about, spool=message.spool)
            if layout is not None:
                await streams.fix_layout(session.book, layout)
            session.times.reading = peer.readings.get(stream, session.times.reading)
            estimate = None if session.times.absolute else peer.clock.estimate
            if session.clock is None and estimate is not None:
                session.clock = await self.archive.fix_clock(stream, session.e, estimate)
            streams.feed_from(peer, session, spool=message.spool)
            self.sightings.fed(peer, session)
            joined = session.joined(now_us())
        self.sightings.said(peer, stream, firmware=message.firmware)
        return self._entered(peer, stream, joined)

    def _entered(self, peer: Peer, stream: Stream, joined: dict[str, Any]) -> Reply:
        joined["max_message_bytes"] = self._most_message
        self.rooms.enter(peer, stream.workout_id, now_us())
        self.relay.entered()
        peer.outbox.push(joined)
        self.attendance.note("joined", **of_stream(stream), epoch=joined["epoch"])
        return joined

    async def _look_on(self, peer: Peer, stream: Stream) -> Reply:
        """Enter the room of a workout that is there, and say and make nothing."""
        peer.json_events.add(stream.workout_id)
        return self._entered(peer, stream, self._seen(stream, await self.archive.workout(stream.workout_id)))

    async def _watch(self, peer: Peer, stream: Stream, layout: Layout | None, about: About) -> dict[str, Any]:
        """A join without an epoch enters the room; its stream begins with its first frame."""
        peer.json_events.add(stream.workout_id)
        workout = await self.archive.note(stream.workout_id, now_us=now_us(), about=about)
        if layout is not None:
            session = await self._own_session(peer, stream, numbered=False)
            await self.streams.fix_layout(session.book, layout)
        return self._seen(stream, workout)

    def _seen(self, stream: Stream, workout: Workout) -> dict[str, Any]:
        stored = sum(info.frames for info in workout.streams if info.stream == stream)
        book = self.streams.book(stream)
        return {
            "type": "session_joined", "workout_id": stream.workout_id, "status": "joined", "stream": stream.stream,
            "epoch": None, "frame_count": book.frame_count if book else stored, "next_seq": 0,
            **WHOLE_WINDOW, "server_time_us": now_us(),
        }  # fmt: skip

    async def _own_session(self, peer: Peer, stream: Stream, *, numbered: bool) -> StreamSession:
        """The session of a connection that named no epoch."""
        if (session := peer.sessions.get(stream)) is not None:
            return session
        self.tokens.feed(peer, stream)
        session = await self.streams.open(stream, f"arrival-{peer.name}", numbered=numbered, about=UNSAID)
        session.times.reading = peer.readings.get(stream, session.times.reading)
        self.streams.feed_from(peer, session)
        self.sightings.fed(peer, session)
        return session

    async def _leave(self, peer: Peer, message: m.LeaveSession) -> Reply:
        joined_us = self._require_room(peer, message.workout_id)
        sessions = peer.sessions_in(message.workout_id, message.stream)
        await self.streams.let_go(peer, sessions, self.committer)
        await self.sightings.note(peer, sessions)
        begun_us = min((s.first_us for s in sessions if s.first_us is not None), default=joined_us)
        ended_us = max((s.last_us for s in sessions if s.last_us is not None), default=now_us())
        ended = {
            "type": "session_ended", "workout_id": message.workout_id,
            "frame_count": sum(session.book.frame_count for session in sessions),
            "duration_s": round(max(0, ended_us - begun_us) / 1e6, 3), "gaps": sum(s.gaps() for s in sessions),
        }  # fmt: skip
        if message.stream is None or not peer.sessions_in(message.workout_id):
            self.rooms.leave(peer, message.workout_id)
        if sessions and not self.streams.in_workout(message.workout_id):
            await self.archive.note(message.workout_id, now_us=now_us(), left=True)
            self.publisher.say(sessions[0].stream, ended)
        peer.outbox.push(ended)
        said = {name: ended[name] for name in ("frame_count", "duration_s", "gaps")}
        self.attendance.note("left", workout=message.workout_id, **said)
        return ended

    # --- frames

    async def _pressure_frame(self, peer: Peer, message: m.PressureFrame) -> Reply:
        self._require_room(peer, message.workout_id)
        peer.json_events.add(message.workout_id)
        received_us = now_us()
        matrix = m.matrix_of(message.matrix)
        mask = m.mask_of(message.nodes, matrix.size)
        stream = Stream(message.workout_id, message.stream)
        session = await self._own_session(peer, stream, numbered=message.seq is not None)
        if session.book.layout is None:
            layout = Layout(rows=matrix.shape[0], cols=matrix.shape[1], mask=mask)
            await self.streams.fix_layout(session.book, layout)
        frames = m.as_layout(matrix, session.book.layout)
        times_us = np.array([self._device_us(peer, session, message.timestamp, received_us)], np.int64)
        if message.timestamp is not None:
            peer.timestamps[session][session.next_number(message.seq)] = message.timestamp
        return await self.take(peer, session, Arrival(message.seq, times_us, frames, received_us))

    def _device_us(self, peer: Peer, session: StreamSession, timestamp: float | str | None, received_us: int) -> int:
        """The time of a frame on the device's clock; its arrival when it says none."""
        if isinstance(timestamp, int | float):
            return session.times.device_us(timestamp, received_us, peer.clock.estimate)
        t_us = m.time_us_of(timestamp)
        return received_us if t_us is None else t_us

    async def _frames(self, peer: Peer, run: Sequence[m.FramesBatch]) -> Reply:
        session = self._fed(peer, run[0])
        if (layout := session.book.layout) is None:
            raise Refused("bad_field", "layout: expected in join_session before a batch of frames", field="layout")
        received_us, good = now_us(), list[Arrival]()
        outcome = Outcome(session.when_settled, run[0].seq, run[-1].seq + run[-1].n)
        for message in run:
            try:
                frames = frames_of(message.data, message.n, layout, message.encoding)
                session.window.took(len(frames), frames.nbytes, peer.waited_s)
                good.append(Arrival(message.seq, message.times(), frames, received_us))
            except InvalidData as error:
                await self._take_all(peer, session, good, outcome)
                good = []
                await self._nack_message(peer, session, message, error, outcome)
        await self._take_all(peer, session, good, outcome)
        return outcome

    async def _nack_message(
        self, peer: Peer, session: StreamSession, message: m.FramesBatch, error: InvalidData, outcome: Outcome
    ) -> None:
        if not 1 <= message.n <= MOST_BATCH_FRAMES or not 0 <= message.seq <= MAX_SEQ - message.n:
            raise error
        span = (message.seq, message.seq + message.n)
        refused = Refused("bad_field", str(error), field=error.field)
        await self._nack(peer, session, [span], refused, message.data, outcome)

    async def _take_all(
        self, peer: Peer, session: StreamSession, arrivals: Sequence[Arrival], outcome: Outcome
    ) -> None:
        """Take arrivals that follow each other as one."""
        if len(arrivals) == 1:
            taken = await self.take(peer, session, arrivals[0])
        elif arrivals:
            times_us = np.concatenate([arrival.times_us for arrival in arrivals])
            frames = np.concatenate([arrival.frames for arrival in arrivals])
            taken = await self.take(peer, session, replace(arrivals[0], times_us=times_us, frames=frames))
        else:
            return
        outcome.refused += taken.refused

    def _fed(self, peer: Peer, message: m.FramesBatch | m.DeclaredGap) -> StreamSession:
        """The session that a message of this connection is for."""
        self._require_room(peer, message.workout_id)
        session = peer.sessions.get(stream_named(message.workout_id, message.stream))
        if session is None or session.epoch.epoch != message.epoch:
            expected = f"epoch: expected join_session with this epoch for stream {message.stream} first"
            raise Refused("not_joined", expected, field="epoch")
        return session

    async def take(self, peer: Peer, session: StreamSession, arrival: Arrival) -> Outcome:
        """Sort an arrival, and give on what is new."""
        if session.clock is None:
            clock = session.proposed_clock(peer.clock.estimate, int(arrival.times_us[-1]), arrival.received_us)
            session.clock = await self.archive.fix_clock(session.stream, session.e, clock)
        if (moved := session.moved_clock(arrival)) is not None:
            session.clock = await self.archive.move_clock(session.stream, session.e, moved)
            log.info("clock moved", extra={**of_stream(session.stream), "seq": moved.seq})
        self.metrics.received.inc(len(arrival.frames))
        before = session.duplicates
        taken = session.take(arrival)
        outcome = Outcome(session.when_settled, taken.seq, taken.seq + len(arrival.frames))
        doubled = session.duplicates - before
        for block in taken.blocks:
            self.publisher.block(session.stream, block)
            self.committer.add(session, block)
        for unsure in taken.unsure:
            seq, times_us = unsure
            stored = await self.archive.keys_by_number(session.stream, session.e, seq, seq + len(times_us))
            others = session.judge(unsure, stored)
            doubled -= sum(last - first for first, last in others)
            taken.reused += others
        if doubled:
            self.metrics.doubled.inc(doubled)
        for spans, (code, message) in ((taken.poison, INFINITE), (taken.reused, REUSED)):
            if spans:
                error = Refused(code, message, field=message.partition(":")[0])
                await self._nack(peer, session, spans, error, arrival.frames.tobytes(), outcome)
        if not taken.blocks and session.epoch.numbered:
            peer.outbox.push(session.ack())
        await self.committer.room()
        return outcome

    async def _nack(
        self, peer: Peer, session: StreamSession, spans: list[Span], error: Refused, data: bytes, outcome: Outcome
    ) -> None:
        """Refuse numbers for good: kept in `rejected`, settled, and then told."""
        if not session.epoch.numbered:
            raise error
        code, message = error.code, str(error)
        self.metrics.nacked.labels(code).inc(sum(last - first for first, last in spans))
        for first, last in spans:
            kept = Rejected(
                session.stream.stream, first, last - first, code, message, now_us(), bytes(data[:KEPT_BYTES])
            )
            await self.archive.reject(session.stream, session.e, kept)
        outcome.refuse(spans, error)
        # A reused number is settled by the frame that has it.
        if code == "seq_reused" or await self.streams.settle(session, spans, f"rejected: {code}"):
            for first, last in spans:
                peer.outbox.push(session.nack(first, last - first, code, message))
            peer.outbox.push(session.ack())
        self.refusals.note(
            peer.name, error, address=peer.address, stream=str(session.stream), ranges=spans[:RANGES_SHOWN]
        )

    async def _gap(self, peer: Peer, message: m.DeclaredGap) -> Reply:
        session = self._fed(peer, message)
        spans = session.declared(message.seq, message.n)
        if await self.streams.settle(session, spans, f"declared: {message.reason}"):
            peer.outbox.push(session.ack())
            return Outcome(session.when_settled, message.seq, message.seq + message.n)
        raise replaced_by(session)

    # --- the rest

    async def _marker(self, peer: Peer, message: m.MarkerMessage) -> Reply:
        self._require_room(peer, message.workout_id)
        return vars(await self.mark(message))

    async def mark(self, message: m.MarkerMessage) -> Marker:
        """Keep an annotation, and tell who watches."""
        marker = Marker(self._moment_us(message), message.label)
        await self.archive.add_marker(message.workout_id, marker)
        for stream in {session.stream for session in self.streams.in_workout(message.workout_id)}:
            self.publisher.say(stream, marker.event(stream))
        return marker

    def _moment_us(self, message: m.MarkerMessage) -> int:
        """When a marker was set: a number that is no date is of the counter of a stream that is being sent."""
        said, arrived_us = message.timestamp, now_us()
        if not isinstance(said, int | float):
            t_us = m.time_us_of(said)
            return arrived_us if t_us is None else t_us
        m.time_us_of(said)  # or it is refused
        if (date := date_us(said, arrived_us)) is not None:
            return date
        for session in self.streams.in_workout(message.workout_id):
            if (t_us := session.times.counted_us(said, arrived_us)) is not None:
                return t_us
        return arrived_us

    async def _status(self, peer: Peer, message: m.Status) -> Reply:
        self._require_room(peer, message.workout_id)
        self.tokens.feed(peer, Stream(message.workout_id, message.stream))
        said = {name: getattr(message, name) for name in ("battery_pct", "signal_dbm", "spooled_frames")}
        self.sightings.said(peer, Stream(message.workout_id, message.stream), **said)
        event = {"type": "status", "workout_id": message.workout_id, "stream": message.stream, **said}
        self.publisher.say(Stream(message.workout_id, message.stream), event)
        return said

    async def _ping(self, peer: Peer, message: m.Ping) -> Reply:
        t2_us = now_us()
        peer.clock.ping(message.t1_us, t2_us)
        t3_us = now_us()
        pong = {"type": "pong", "t1_us": message.t1_us, "t2_us": t2_us, "t3_us": t3_us}
        peer.outbox.push(pong)
        peer.clock.pong(t3_us)
        return pong

    def _require_room(self, peer: Peer, workout_id: str) -> int:
        if workout_id in peer.gone:
            raise gone(workout_id)
        if workout_id not in peer.rooms:
            raise Refused("not_joined", f"workout_id: join_session for {workout_id!r} comes first", field="workout_id")
        return peer.rooms[workout_id]


def _counts(session: StreamSession) -> dict[str, Any]:
    """How many frames of a session are stored, for the log."""
    names = {**of_stream(session.stream), "epoch": session.epoch.epoch}
    return {**names, "frames": session.stored.total, "frame_count": session.book.frame_count, "gaps": session.gaps()}
