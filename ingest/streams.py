"""The streams that this process feeds: opening and letting go, leases, marks, gaps and windows.

The lease of an epoch belongs to the process that joined it last. It is read again once a second; who lost it stops
acking and marking. Frames that were accepted before are still stored: an insert cannot be fenced, and the reading
rule makes it harmless.

Terms: feeder, lease (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
import uuid
from collections.abc import Sequence
from typing import Any

from analytics.columns import arrival_columns
from analytics.frames.basic_set import arrival_stats
from barograph.bounds import GAPS
from barograph.errors import FramesAway, NotFound, StorageAway
from barograph.frames import Layout, Stream
from barograph.store.ports import Archive
from barograph.store.records import UNSAID, About, Unstored
from barograph.store.rollups import refresh
from ingest.attendance import of_stream
from ingest.clock import now_us
from ingest.cold_waits import ColdWaits
from ingest.commit import Committer, Piece, ranges_of
from ingest.feed import Publisher
from ingest.messages import Refused
from ingest.metrics import Metrics
from ingest.peers import Peer
from ingest.settled import MAX_SEQ, StreamBook
from ingest.stream_session import STATS_VERSION, StreamSession

log = logging.getLogger("barograph.ingest")

MARK_EVERY_S = 0.5
LEASE_EVERY_S = 1.0
HOLES_EVERY_S = 1.0
WINDOW_EVERY_S = 0.1
ROLLUP_EVERY_S = 5.0
ROLLUP_REST = 4.0  # a fifth of the time at most: readers compute what is not made yet, devices wait for their acks
SPACE_EVERY_S = 5.0


class Streams:
    """All sessions of this process, and what keeps them true."""

    def __init__(self, archive: Archive, publisher: Publisher, metrics: Metrics, min_free_bytes: int) -> None:
        self.archive = archive
        self.metrics = metrics
        self.lease = uuid.uuid4().hex
        self.unmarked: set[StreamSession] = set()
        self.full = False
        self.free_bytes = math.nan
        self._publisher = publisher
        self._min_free_bytes = min_free_bytes
        self._nearly_full = False
        self._books: dict[Stream, StreamBook] = {}
        self._sessions: dict[tuple[Stream, str], StreamSession] = {}
        self._feeders: dict[StreamSession, Peer] = {}
        self.closed_windows = False
        self.cold_waits = ColdWaits()

    def feeder(self, session: StreamSession) -> Peer | None:
        """Return the connection that feeds a session, if there is one."""
        return self._feeders.get(session)

    @property
    def fed(self) -> int:
        """How many streams a connection feeds."""
        return len(self._feeders)

    def book(self, stream: Stream) -> StreamBook | None:
        """Return what is known here of a stream."""
        return self._books.get(stream)

    def in_workout(self, workout_id: str) -> list[StreamSession]:
        """Return the sessions of a workout."""
        return [session for (stream, _), session in self._sessions.items() if stream.workout_id == workout_id]

    def workouts(self) -> set[str]:
        """Return the workouts of all sessions."""
        return {stream.workout_id for stream, _ in self._sessions}

    # --- opening and letting go

    async def open(
        self, stream: Stream, epoch: str, *, numbered: bool, about: About = UNSAID, spool: bool = False
    ) -> StreamSession:
        """Return the session of an epoch; what the archive has of it is read with majority, for it will be acked."""
        if (session := self._sessions.get((stream, epoch))) is not None:
            return session
        if self.full:
            raise Refused("storage_full", "the disk of the archive is nearly full; no new session", retry_after_s=30.0)
        info, mark = await self.archive.open(
            stream, epoch=epoch, numbered=numbered, now_us=now_us(), about=about, spool=spool, lease=self.lease
        )
        for older in self.in_workout(stream.workout_id):
            if older.stream.uid != info.stream.uid:  # the workout was erased, and another one has its name
                self.drop(older)
        stored = ranges_of(await self.archive.keys_by_number(stream, mark.e, 0, MAX_SEQ))
        # Two joins may have waited here for the same epoch: the first that is back makes the session.
        book = self._books.setdefault(stream, StreamBook.of(info))
        book.calibrated(info)
        session = self._sessions.setdefault((stream, epoch), StreamSession(book, mark, stored, time.monotonic()))
        session.told_to_wait = self.closed_windows
        return session

    def feed_from(self, peer: Peer, session: StreamSession, *, spool: bool = False) -> None:
        """Let a connection feed a session; an older one that did is told. With a spool it can go on elsewhere."""
        former = self._feeders.get(session)
        if former is not None and former is not peer:
            self._replaced(former, session)
        self._feeders[session] = peer
        peer.sessions[session.stream] = session
        (peer.spools.add if spool else peer.spools.discard)(session.stream)

    def _replaced(self, peer: Peer, session: StreamSession) -> None:
        if peer.sessions.get(session.stream) is session:
            del peer.sessions[session.stream]
        peer.outbox.push(replaced_by(session).event(workout_id=session.stream.workout_id))

    async def fix_layout(self, book: StreamBook, layout: Layout) -> None:
        """Give a stream its layout, or refuse one that does not fit the stream's."""
        if book.layout is None:
            info = await self.archive.fix_layout(book.stream, layout, arrival_columns(layout), STATS_VERSION)
            book.calibrated(info)
            self._publisher.say(book.stream, {"type": "layout", "workout_id": book.stream.workout_id})
        kept = book.layout
        if kept is not None and (kept.rows, kept.cols, kept.dtype) != (layout.rows, layout.cols, layout.dtype):
            raise Refused(
                "shape_mismatch",
                f"layout: expected {kept.rows} x {kept.cols} {kept.dtype} as stored for {book.stream}, "
                f"got {layout.rows} x {layout.cols} {layout.dtype}",
                field="layout",
            )

    async def let_go(self, peer: Peer, sessions: list[StreamSession], committer: Committer) -> None:
        """Store what a connection sent to these sessions, and forget those that it still feeds."""
        for session in sessions:
            await committer.flush(session)
            await self._write_mark(session)
            session.forget_holes()
            if peer.sessions.get(session.stream) is session:
                del peer.sessions[session.stream]
            if self._feeders.get(session) is peer:
                self._forget(session)
            peer.timestamps.pop(session, None)

    def drop(self, session: StreamSession) -> None:
        """Forget a session at once, whoever feeds it."""
        feeder = self._feeders.get(session)
        if feeder is not None and feeder.sessions.get(session.stream) is session:
            del feeder.sessions[session.stream]
        self._forget(session)

    def _forget(self, session: StreamSession) -> None:
        self._feeders.pop(session, None)
        self._sessions.pop((session.stream, session.epoch.epoch), None)
        self.unmarked.discard(session)
        if not any(stream == session.stream for stream, _ in self._sessions):
            self._books.pop(session.stream, None)

    # --- what is settled without being stored

    async def settle(self, session: StreamSession, spans: list[tuple[int, int]], reason: str) -> bool:
        """Record ranges as settled; False when the lease is lost, and nobody may be told anything."""
        unstored = [Unstored(first, last - first, reason) for first, last in spans]
        if session.book.gaps + len(unstored) > GAPS:
            raise Refused("too_many_gaps", f"seq: {GAPS} gaps are recorded in this stream", field="seq")
        session.book.gaps += len(unstored)
        if unstored and not await self.archive.settle(session.stream, session.e, unstored, lease=self.lease):
            self._lost(session)
            return False
        new = sum(b - a for span in spans for a, b in session.unstored.missing(*span))
        self.metrics.gaps.labels(reason.partition(":")[0]).inc(new)
        for first, last in spans:
            session.settle_unstored(first, last - first)
        return True

    async def keep_gaps(self) -> None:
        """Record what nobody resent, until cancelled."""
        while True:
            await asyncio.sleep(HOLES_EVERY_S)
            for session, peer in list(self._feeders.items()):
                overdue = session.overdue(now_us()) if session.epoch.numbered else []
                overdue = overdue[: max(0, GAPS - session.book.gaps)]
                if overdue and await self._try(self.settle(session, overdue, "not_resent")):
                    log.info("gaps not resent", extra={**of_stream(session.stream), "ranges": len(overdue)})
                    peer.outbox.push(session.ack())

    # --- leases

    async def keep_leases(self) -> None:
        """Drop what another process has taken, until cancelled."""
        while True:
            await asyncio.sleep(LEASE_EVERY_S)
            ours = list(self._sessions.values())
            streams = {session.stream for session in ours}
            held = await self._try(self.archive.leased(self.lease, streams)) if ours else set()
            for session in ours if held is not None else ():
                if (session.stream, session.e) not in (held or set()):
                    await self._no_longer_held(session)

    async def _no_longer_held(self, session: StreamSession) -> None:
        """Another process has it, unless its workout was erased: that is said by whoever looks for it."""
        workout_id = session.stream.workout_id
        if workout_id not in (await self._try(self.archive.erased([workout_id])) or ()):
            self._lost(session)

    def _lost(self, session: StreamSession) -> None:
        if self._sessions.get((session.stream, session.epoch.epoch)) is not session:
            return
        log.info("lease lost", extra={**of_stream(session.stream), "epoch": session.epoch.epoch})
        if (peer := self._feeders.get(session)) is not None:
            self._replaced(peer, session)
        self._forget(session)
        session.waiters.lost(replaced_by(session))

    # --- windows

    async def keep_windows(self, committer: Committer) -> None:
        """Close the windows while the archive is away or behind, open them again, and say so, until cancelled.

        The window of who sends nothing opens wholly.
        """
        while True:
            await asyncio.sleep(WINDOW_EVERY_S)
            closed = committer.pressed or self._nearly_full
            if closed != self.closed_windows:
                self.closed_windows = closed
                self.metrics.closures.inc(closed)
                log.info("windows %s", "closed: the archive is away, behind or full" if closed else "open")
            now_s = time.monotonic()
            for session, peer in self._feeders.items():
                opened = not len(session.pending) and session.window.opened_after_silence(now_s)
                news = session.told_to_wait != closed or (opened and not closed)
                session.told_to_wait = closed
                if news and session.epoch.numbered:
                    peer.outbox.push(session.ack())

    async def keep_space(self) -> None:
        """Watch the room on the archive's disk, until cancelled."""
        while True:
            free = await self._try(self.archive.free_bytes())
            if free is not None:
                self.free_bytes = free
                full = free < self._min_free_bytes
                if full != self.full:
                    log.warning(
                        "disk of the archive: %d MiB free; new sessions %s", free >> 20, "refused" if full else "taken"
                    )
                self.full, self._nearly_full = full, free < self._min_free_bytes // 2
            await asyncio.sleep(SPACE_EVERY_S)

    # --- marks and rollups

    async def keep_marks(self) -> None:
        """Write the marks of streams that moved, until cancelled."""
        while True:
            await asyncio.sleep(MARK_EVERY_S)
            await self.write_marks()

    async def write_marks(self) -> None:
        """Write the marks of streams that moved."""
        for session in list(self.unmarked):
            await self._try(self._write_mark(session))

    async def _write_mark(self, session: StreamSession) -> None:
        if (marks := session.marks()) is None:
            return
        self.unmarked.discard(session)
        try:
            await self.archive.mark(session.stream, session.e, **marks, lease=self.lease)
        except StorageAway:
            self.unmarked.add(session)
            raise

    async def mark_late(self, batch: Sequence[Piece]) -> None:
        """Count frames that came after their numbers were given up, before anybody hears that they are stored."""
        for session, block in batch:
            if session.fills_gap(block) and (marks := session.marks(block)) is not None:
                await self._try(self.archive.mark(session.stream, session.e, **marks, lease=self.lease))

    async def keep_rollups(self) -> None:
        """Mark rollups of an earlier version; make those whose mark is old enough, whoever set it; until cancelled."""
        while True:
            await asyncio.sleep(ROLLUP_EVERY_S)
            while await self._try(self.archive.renew()):
                pass
            before_us = now_us() - round(self.archive.grace_s * 1e6)
            for stream in await self._try(self.archive.dirty_streams(before_us, self.cold_waits.now())) or ():
                await self._try(self._refresh(stream))

    async def _refresh(self, stream: Stream) -> None:
        """Make the marked rows of a stream again; what lies in cold storage that does not answer waits."""
        try:
            await refresh(self.archive, stream, now_us=now_us(), compute=arrival_stats, rest=ROLLUP_REST)
        except FramesAway as error:
            wait_s = self.cold_waits.away(stream.workout_id)
            log.warning("an overview waits %.0f s for cold storage: %s", wait_s, error)
        else:
            self.cold_waits.done(stream.workout_id)

    async def _try(self, work: Any) -> Any:
        """The answer of the archive; None when it is away (asked again soon) or the workout was erased."""
        try:
            return await work
        except StorageAway as error:
            log.warning("archive away: %s", error)
        except NotFound as error:
            log.info("erased meanwhile: %s", error)
        return None


def replaced_by(session: StreamSession) -> Refused:
    """Return what a connection hears whose stream is another's now."""
    return Refused("replaced", f"stream {session.stream} was taken by a newer connection", field="epoch")
