"""The session of one stream and epoch: frames in, Blocks and acks out. No socket, no clock, no database.

Rules
 1. `(e, seq)` names one frame for ever. A number that is stored or on its way is a repeat: dropped and counted; with
    another time it is no repeat but `seq_reused`, and refused for good.
 2. Frames are taken in any order; what is missing is only remembered, as ranges, never waited for. The ranges are
    bounded: beyond `MAX_RANGES` a frame that would make another one is refused for now (`too_many_gaps`).
 3. A number is settled when the archive says that it is stored, or when it is refused for good (kept in `rejected`)
    or lies in a recorded gap. `next_seq`, the first number that is not, only rises.
 4. A gap is recorded when the device declares it, or when a number that acks named as missing was not resent within
    `RESEND_S` of a connection. What comes later all the same is still stored: a gap is what is not stored.
 5. The offset between the device's clock and the server's is fixed once an epoch, in the archive, so that a frame
    that is written twice has the same time; `ingest.device_times` says how, and when another offset follows it.
 6. A time that cannot be, before 2000 or a day ahead, is replaced by the arrival.
 7. A session without numbers of the device's own counts on arrival.

    opened ──first frame fixes the clock──▶ running ──lease lost, or let go──▶ closed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.basic_set import arrival_stats
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph.frames import Block, Frames, Ints, Layout, Stream
from barograph.ports import Clock, Epoch, Keys, StreamInfo
from barograph.records import Moved
from ingest.device_times import DeviceTimes
from ingest.messages import Refused
from ingest.ranges import Ranges, spans
from ingest.receipts import Tell, Waiters, on_its_way

NO_DATE = "times_us: expected dates from the year 2000 to a day from now, as times are absolute"
MAX_SEQ = 1 << 53
MAX_RANGES = 1024
WINDOW_FRAMES = 4096
WINDOW_BYTES = 16 << 20
MISSING_SHOWN = 16
RESEND_S = 10.0
REMEMBERED = 8192  # frames whose times are kept to tell a repeat from a reused number without asking the archive
WILD = np.iinfo(np.int64).min  # a remembered time that was replaced by the arrival and says nothing
STATS_VERSION = ARRIVAL_VERSION

Span = tuple[int, int]


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
        """From what is stored."""
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


@dataclass(frozen=True, eq=False)
class Arrival:
    """Frames as they came: `seq` None when the server has to number them; times on the device's clock."""

    seq: int | None
    times_us: Ints
    frames: Frames
    received_us: int


@dataclass(eq=False)
class Taken:
    """What became of an arrival.

    `blocks` are new. `poison` are numbers that can never be stored, `reused` those that name another frame already.
    `unsure` are repeats older than what is remembered, with their times: the archive knows whether they are `reused`.
    """

    seq: int = 0
    blocks: list[Block] = field(default_factory=list)
    poison: list[Span] = field(default_factory=list)
    reused: list[Span] = field(default_factory=list)
    unsure: list[tuple[int, Ints]] = field(default_factory=list)


class StreamSession:
    """One stream and epoch in this process."""

    def __init__(self, book: StreamBook, epoch: Epoch, stored: Ranges) -> None:
        self.book = book
        self.epoch = epoch
        self.e = epoch.e
        self.times = DeviceTimes(epoch.clock)
        self.stored = stored
        self.pending = Ranges()
        self.waiters = Waiters()
        self.unstored = Ranges((item.seq, item.seq + item.n) for item in epoch.unstored)
        self.duplicates = 0
        self.dropped = 0
        self.window_frames, self.window_bytes = WINDOW_FRAMES, WINDOW_BYTES
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.received_us = 0
        self._next_number = max(stored.end, self.unstored.end)
        self._known_seq = np.full(REMEMBERED, -1, np.int64)
        self._known_us = np.zeros(REMEMBERED, np.int64)
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
    def clock(self) -> Clock | None:
        """Of the epoch, once it is fixed."""
        return self.times.clock

    @clock.setter
    def clock(self, clock: Clock | None) -> None:
        self.times.clock = clock

    def proposed_clock(self, exchanged: Clock | None, device_us: int, now_us: int) -> Clock:
        """The clock to fix when a frame of `device_us` arrives at `now_us` and none is fixed yet (rule 5)."""
        return self.times.proposed(exchanged, device_us, now_us)

    def moved_clock(self, arrival: Arrival) -> Moved | None:
        """The offset that holds from one of these frames on, when they are new and that of before holds no more."""
        seq = self.next_number(arrival.seq)
        return self.times.moved(seq, arrival.times_us, arrival.received_us) if seq >= self._next_number else None

    # --- frames

    def next_number(self, seq: int | None) -> int:
        """The number of a frame that came with `seq`, or without."""
        return self._next_number if seq is None else seq

    def take(self, arrival: Arrival) -> Taken:
        """Sort an arrival into what is new, what is known, and what can never be stored."""
        layout = self._layout_for(arrival.frames)
        seq, n = self._number(arrival), len(arrival.frames)
        times_us, wild = self.times.server_us(seq, arrival.times_us, arrival.received_us)
        if wild.any() and self.times.absolute:
            raise Refused("bad_field", NO_DATE, field="times_us")
        fresh = self._fresh(seq, seq + n)
        self._require_room_for(fresh)
        taken = Taken(seq)
        if sum(last - first for first, last in fresh) < n:
            self._judge_repeats(taken, seq, np.where(wild, WILD, times_us), fresh)
        bad = _poisoned(arrival.frames)
        for first, last in fresh:
            good = [(first, last)]
            if bad is not None:
                numbers = np.arange(first, last)
                taken.poison += spans(numbers[bad[first - seq : last - seq]])
                good = spans(numbers[~bad[first - seq : last - seq]])
            taken.blocks += [self._block(layout, arrival, times_us, a, a - seq, b - seq) for a, b in good]
        self._remember(seq, np.where(wild, WILD, times_us), fresh)
        if seq >= self._next_number:
            self.times.placed(arrival.times_us)
        self._next_number = max(self._next_number, seq + n)
        return taken

    def _fresh(self, start: int, stop: int) -> list[Span]:
        return [part for span in self.stored.missing(start, stop) for part in self.pending.missing(*span)]

    def _block(self, layout: Layout, arrival: Arrival, times_us: Ints, seq: int, start: int, stop: int) -> Block:
        frames = arrival.frames[start:stop]
        self.pending.add(seq, seq + stop - start)
        self.received_us = max(self.received_us, arrival.received_us)
        stats = arrival_stats(frames, layout)
        return Block(self.e, seq, times_us[start:stop], arrival.received_us, frames, stats, self.book.k)

    def _layout_for(self, frames: Frames) -> Layout:
        layout = self.book.layout
        if layout is None:
            raise Refused("bad_field", "layout: expected in join_session before a batch of frames", field="layout")
        if frames.shape[1:] != (layout.rows, layout.cols):
            came = " x ".join(str(side) for side in frames.shape[1:])
            expected = f"{layout.rows} x {layout.cols}"
            raise Refused("shape_mismatch", f"matrix: expected {expected} cells as before, got {came}", field="matrix")
        return layout

    def _number(self, arrival: Arrival) -> int:
        seq = self.next_number(arrival.seq)
        if not 0 <= seq <= MAX_SEQ - len(arrival.frames):
            raise Refused("bad_field", f"seq: expected a whole number from 0 to 2**53, got {seq}", field="seq")
        return seq

    def _require_room_for(self, fresh: Sequence[Span]) -> None:
        if fresh and len(self.stored) + len(self.pending) + len(self.unstored) >= MAX_RANGES:
            new = [span for span in fresh if not (self.stored.touches(*span) or self.pending.touches(*span))]
            if new:
                raise Refused(
                    "too_many_gaps",
                    f"seq: frame {new[0][0]} would make one range more than {MAX_RANGES}; resend what is missing",
                    field="seq",
                    retry_after_s=1.0,
                )

    # --- repeats

    def _remember(self, seq: int, times_us: Ints, fresh: Sequence[Span]) -> None:
        for first, last in fresh:
            numbers = np.arange(max(first, last - REMEMBERED), last)
            self._known_seq[numbers % REMEMBERED] = numbers
            self._known_us[numbers % REMEMBERED] = times_us[numbers - seq]

    def _judge_repeats(self, taken: Taken, seq: int, times_us: Ints, fresh: Sequence[Span]) -> None:
        stop = seq + len(times_us)
        for first, last in Ranges(fresh).missing(seq, stop):
            numbers = np.arange(first, last)
            said_us = times_us[first - seq : last - seq]
            place = numbers % REMEMBERED
            known = self._known_seq[place] == numbers
            known_us = np.where(known, self._known_us[place], WILD)
            other = (known_us != said_us) & (known_us != WILD) & (said_us != WILD)
            taken.reused += spans(numbers[other])
            self.duplicates += int((~other).sum())
            for a, b in spans(numbers[~known & (said_us != WILD)]):
                taken.unsure.append((a, times_us[a - seq : b - seq]))

    def judge(self, unsure: tuple[int, Ints], stored: Keys) -> list[Span]:
        """The numbers of `unsure` that name another frame in the archive; `stored` are keys of this epoch."""
        seq, times_us = unsure
        numbers = np.repeat(stored.seq - stored.first, stored.n) + np.arange(int(stored.n.sum()))
        here = (numbers >= seq) & (numbers < seq + len(times_us))
        other = times_us[numbers[here] - seq] != stored.times_us[here]
        reused = np.unique(numbers[here][other])
        self.duplicates -= len(reused)
        return spans(reused)

    # --- what is settled

    def settle(self, block: Block) -> None:
        """The archive has this block in its journal."""
        count_before = self.book.frame_count
        self.pending.remove(block.seq, block.stop)
        self.stored.add(block.seq, block.stop)
        self.book.frames[self.e] = self.stored.total
        self.waiters.stored(block.seq, block.stop, self.pending, count_before)
        first, last = int(block.times_us.min()), int(block.times_us.max())
        self.first_us = first if self.first_us is None else min(self.first_us, first)
        self.last_us = last if self.last_us is None else max(self.last_us, last)

    def drop(self, block: Block, error: Refused) -> None:
        """The archive will never have this block."""
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
        """The archive has recorded that these numbers are a gap, or were refused for good."""
        self.unstored.add(seq, seq + n)
        self._next_number = max(self._next_number, seq + n)

    def declared(self, seq: int, n: int) -> list[Span]:
        """The part of a declared gap that is to be recorded: what is neither stored nor on its way."""
        if n < 1 or not 0 <= seq <= MAX_SEQ - n:
            raise Refused("bad_field", f"n: expected seq and n of a range below 2**53, got {seq}, {n}", field="n")
        if len(self.unstored) >= MAX_RANGES and not self.unstored.touches(seq, seq + n):
            raise Refused("too_many_gaps", f"seq: {MAX_RANGES} gaps are recorded in this epoch", field="seq")
        return self._fresh(seq, seq + n)

    def fills_gap(self, block: Block) -> bool:
        """Whether numbers of a block were given up before: a mark that is written already does not count them."""
        return self.unstored.missing(block.seq, block.stop) != [(block.seq, block.stop)]

    def marks(self, *more: Block) -> dict[str, int] | None:
        """What the archive keeps of how far the session is, with blocks that are stored but not settled; or None."""
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
        """Missing ranges that nobody resent for `RESEND_S`, to be recorded as gaps."""
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
        """Nobody is connected who could resend: the time to resend begins anew."""
        self._holes = {}

    def _missing(self) -> list[Span]:
        known = max(self.stored.end, self.pending.end, self.unstored.end)
        return [
            part
            for span in self.stored.missing(self.next_seq, known)
            for piece in self.pending.missing(*span)
            for part in self.unstored.missing(*piece)
        ]

    def missing(self) -> list[list[int]]:
        """Ranges [seq, n] below the highest known number that are not settled and not on their way, 16 at most."""
        return [[first, last - first] for first, last in self._missing()[:MISSING_SHOWN]]

    def gaps(self) -> int:
        """How many ranges are not stored."""
        return len(self.stored.missing(0, max(self.stored.end, self.unstored.end)))

    # --- what is said

    def joined(self, now_us: int) -> dict[str, Any]:
        """The `session_joined` event."""
        names = {"workout_id": self.stream.workout_id, "status": "joined", "stream": self.stream.stream}
        return {"type": "session_joined", **names, "epoch": self.epoch.epoch, **self._marks(), "server_time_us": now_us}

    def ack(self) -> dict[str, Any]:
        """The `ack` event."""
        return {"type": "ack", **self._names(), **self._marks(), "missing": self.missing()}

    def nack(self, seq: int, n: int, code: str, message: str) -> dict[str, Any]:
        """The `nack` event: these numbers are settled, and will never be stored."""
        return {"type": "nack", **self._names(), "seq": seq, "n": n, "code": code, "message": message}

    def _names(self) -> dict[str, Any]:
        return {"workout_id": self.stream.workout_id, "stream": self.stream.stream, "epoch": self.epoch.epoch}

    def _marks(self) -> dict[str, Any]:
        window = {"window_frames": self.window_frames, "window_bytes": self.window_bytes}
        return {"next_seq": self.next_seq, "frame_count": self.book.frame_count, **window}

    def processed(self, block: Block, count_before: int, said: dict[int, Any]) -> list[dict[str, Any]]:
        """One `frame_processed` event a frame of a stored block; `said` are timestamps as the client wrote them."""
        columns = self.book.columns
        rows = np.empty((len(block), 0)) if block.stats is None else block.stats
        return [
            {
                "type": "frame_processed", "workout_id": self.stream.workout_id, "stream": self.stream.stream,
                "seq": block.seq + index, "frame_count": count_before + index + 1,
                "timestamp": said.pop(block.seq + index, int(block.times_us[index]) / 1000),
                "stats": {name: value if value == value else None for name, value in zip(columns, row, strict=True)},
            }
            for index, row in enumerate(rows.tolist())
        ]  # fmt: skip


def _poisoned(frames: Frames) -> NDArray[np.bool_] | None:
    """(n,) True where a frame holds an infinite value; None when none does."""
    if frames.dtype.kind != "f":
        return None
    bad: NDArray[np.bool_] = np.logical_or.reduce(np.isinf(frames), axis=(1, 2))
    return bad if bad.any() else None
