"""What of an epoch is settled, and what is said of it: marks, gaps, acks, and `frame_processed`.

A number is settled when the archive has its frame in the journal, when it is refused for good, or when it lies in a
recorded gap; `ingest.stream_session` has the rules.

Terms: settled (docs/glossary.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.columns import arrival_columns
from barograph.frames import Block, Layout, Stream
from barograph.ranges import Ranges, missing_from
from barograph.store.ports import Epoch, StreamInfo
from ingest.messages import Refused
from ingest.receipts import Tell, Waiters, on_its_way
from ingest.window import MOST_BYTES, MOST_FRAMES, Window

MAX_SEQ = 1 << 53
MAX_RANGES = 1024
MISSING_SHOWN = 16
RESEND_S = 10.0
WHOLE_WINDOW = {"window_frames": MOST_FRAMES, "window_bytes": MOST_BYTES}

Span = tuple[int, int]
Event = dict[str, Any]


@dataclass(eq=False)
class StreamBook:
    """What a process knows of a stream that several sessions may share: its layout and its frames per epoch."""

    stream: Stream
    layout: Layout | None
    frames: dict[int, int]
    k: int | None = None
    gaps: int = 0  # recorded ranges, of all epochs

    @classmethod
    def of(cls, info: StreamInfo) -> StreamBook:
        """Make the book from what is stored."""
        gaps = sum(len(epoch.unstored) for epoch in info.epochs)
        return cls(info.stream, info.layout, {epoch.e: epoch.frames for epoch in info.epochs}, gaps=gaps)

    def calibrated(self, info: StreamInfo) -> None:
        """Take the layout as it is stored now: statistics of later frames carry its version."""
        if info.layout is not None:
            self.layout, self.k = info.layout, info.k

    @property
    def frame_count(self) -> int:
        """Distinct frames stored in the stream."""
        return sum(self.frames.values())

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the statistics that its blocks carry."""
        return arrival_columns(self.layout) if self.layout else ()


class Settled:
    """How far one stream and epoch is settled in this process."""

    def __init__(self, book: StreamBook, epoch: Epoch, stored: Ranges, now_s: float = 0.0) -> None:
        self.book = book
        self.epoch = epoch
        self.e = epoch.e
        self.stored = stored
        self.pending = Ranges()
        self.waiters = Waiters()
        self.unstored = Ranges((item.seq, item.seq + item.n) for item in epoch.unstored)
        self.dropped = 0
        self.window, self.told_to_wait = Window(now_s), False
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.received_us = 0
        self._next_number = max(stored.end, self.unstored.end)
        self._holes: dict[Span, int] = {}
        book.frames[epoch.e] = stored.total

    @property
    def stream(self) -> Stream:
        """The stream that it belongs to."""
        return self.book.stream

    @property
    def next_seq(self) -> int:
        """The first number that is not settled."""
        at, before = 0, -1
        while at != before:
            before = at
            at = self.unstored.first_missing(self.stored.first_missing(at))
        return at

    @property
    def can_wait(self) -> bool:
        """True while its device may send another message as large as the largest so far."""
        return self.pending.total <= self.window.frames - self.window.largest_frames

    # --- what becomes settled

    def settle(self, block: Block) -> None:
        """Settle a block that the archive has in its journal."""
        count_before = self.book.frame_count
        self.pending.remove(block.seq, block.stop)
        self.stored.add(block.seq, block.stop)
        self.book.frames[self.e] = self.stored.total
        self.waiters.stored(block.seq, block.stop, self.pending, count_before)
        first, last = int(block.times_us.min()), int(block.times_us.max())
        self.first_us = first if self.first_us is None else min(self.first_us, first)
        self.last_us = last if self.last_us is None else max(self.last_us, last)

    def drop(self, block: Block, error: Refused) -> None:
        """Drop a block that the archive will never have."""
        self.pending.remove(block.seq, block.stop)
        self.dropped += len(block)
        self.waiters.lost(error, block.seq, block.stop)

    def when_settled(self, first: int, stop: int, tell: Tell) -> None:
        """Call `tell` with the frame count once none of these numbers is on its way, or with what went wrong."""
        if on_its_way(self.pending, first, stop):
            self.waiters.add(first, stop, tell)
        else:
            tell(self.book.frame_count)

    def settle_unstored(self, seq: int, n: int) -> None:
        """Settle numbers that are recorded as a gap, or as refused for good."""
        self.unstored.add(seq, seq + n)
        self._next_number = max(self._next_number, seq + n)

    def declared(self, seq: int, n: int) -> list[Span]:
        """Return the part of a declared gap that is to be recorded: what is neither stored nor on its way."""
        if n < 1 or not 0 <= seq <= MAX_SEQ - n:
            raise Refused("bad_field", f"n: expected seq and n of a range below 2**53, got {seq}, {n}", field="n")
        if len(self.unstored) >= MAX_RANGES and not self.unstored.touches(seq, seq + n):
            raise Refused("too_many_gaps", f"seq: {MAX_RANGES} gaps are recorded in this epoch", field="seq")
        return missing_from([self.stored, self.pending], seq, seq + n)

    def fills_gap(self, block: Block) -> bool:
        """Return whether numbers of a block were given up before.

        A mark that is written already does not count them.
        """
        return self.unstored.missing(block.seq, block.stop) != [(block.seq, block.stop)]

    def marks(self, *more: Block) -> dict[str, int] | None:
        """Return what the archive keeps of how far the session is, with blocks that are stored but not settled.

        Or None.
        """
        stored = Ranges([*self.stored, *((block.seq, block.stop) for block in more)])
        times = [t for t in (self.first_us, self.last_us) if t is not None]
        times += [int(t) for block in more for t in (block.times_us.min(), block.times_us.max())]
        if not times:
            return None
        next_seq = self.next_seq
        return {
            "next_seq": next_seq, "frames": stored.total, "below": stored.total_below(next_seq),
            "first_us": min(times), "last_us": max(times), "now_us": self.received_us,
        }  # fmt: skip

    def overdue(self, now_us: int) -> list[Span]:
        """Return missing ranges that nobody resent for `RESEND_S`, to be recorded as gaps."""
        holes = self._missing()
        since = {
            hole: min(
                (at for old, at in self._holes.items() if old[0] <= hole[0] and hole[1] <= old[1]), default=now_us
            )
            for hole in holes
        }
        self._holes = since
        return [hole for hole, at in since.items() if now_us - at >= RESEND_S * 1e6]

    def forget_holes(self) -> None:
        """Begin the time to resend anew: nobody is connected who could."""
        self._holes = {}

    def _missing(self) -> list[Span]:
        known = max(self.stored.end, self.pending.end, self.unstored.end)
        return missing_from([self.stored, self.pending, self.unstored], self.next_seq, known)

    def missing(self) -> list[list[int]]:
        """Return ranges [seq, n] below the highest known number, neither settled nor on their way, 16 at most."""
        return [[first, last - first] for first, last in self._missing()[:MISSING_SHOWN]]

    def gaps(self) -> int:
        """Return how many ranges are not stored."""
        return len(self.stored.missing(0, max(self.stored.end, self.unstored.end)))

    # --- what is said

    def joined(self, now_us: int) -> Event:
        """Return the `session_joined` event."""
        names = {"workout_id": self.stream.workout_id, "status": "joined", "stream": self.stream.stream}
        return {"type": "session_joined", **names, "epoch": self.epoch.epoch, **self._marks(), "server_time_us": now_us}

    def ack(self) -> Event:
        """Return the `ack` event."""
        return {"type": "ack", **self._names(), **self._marks(), "missing": self.missing()}

    def nack(self, seq: int, n: int, code: str, message: str) -> Event:
        """Return the `nack` event: these numbers are settled, and will never be stored."""
        return {"type": "nack", **self._names(), "seq": seq, "n": n, "code": code, "message": message}

    def _names(self) -> dict[str, Any]:
        return {"workout_id": self.stream.workout_id, "stream": self.stream.stream, "epoch": self.epoch.epoch}

    def _marks(self) -> dict[str, Any]:
        frames, nbytes = (0, 0) if self.told_to_wait else (self.window.frames, self.window.bytes)
        window = {"window_frames": frames, "window_bytes": nbytes}
        return {"next_seq": self.next_seq, "frame_count": self.book.frame_count, **window}

    def processed(self, block: Block, count_before: int, said: dict[int, Any]) -> list[Event]:
        """Return one `frame_processed` event a frame of a stored block.

        `said` are timestamps as the client wrote them.
        """
        columns = self.book.columns
        rows = np.empty((len(block), 0)) if block.stats is None else block.stats
        if rows.shape[1] != len(columns):  # a geometry was chosen while they were stored
            columns, rows = (), np.empty((len(block), 0))
        return [
            {
                "type": "frame_processed", "workout_id": self.stream.workout_id, "stream": self.stream.stream,
                "seq": block.seq + index, "frame_count": count_before + index + 1,
                "timestamp": said.pop(block.seq + index, int(block.times_us[index]) / 1000),
                "stats": {name: value if value == value else None for name, value in zip(columns, row, strict=True)},
            }
            for index, row in enumerate(rows.tolist())
        ]  # fmt: skip
