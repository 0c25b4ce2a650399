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

Terms: epoch (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.columns import ARRIVAL_VERSION
from analytics.frames.basic_set import arrival_stats
from barograph.frames import Block, Frames, Ints, Layout
from barograph.ranges import Ranges, missing_from, spans
from barograph.store.ports import Clock, Epoch, Keys
from barograph.store.records import Moved
from ingest.device_times import DeviceTimes
from ingest.messages import Refused
from ingest.settled import MAX_RANGES, MAX_SEQ, Settled, Span, StreamBook

NO_DATE = "times_us: expected dates from the year 2000 to a day from now, as times are absolute"
REMEMBERED = 8192  # frames whose times are kept to tell a repeat from a reused number without asking the archive
WILD = np.iinfo(np.int64).min  # a remembered time that was replaced by the arrival and says nothing
STATS_VERSION = ARRIVAL_VERSION


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


class StreamSession(Settled):
    """One stream and epoch in this process."""

    def __init__(self, book: StreamBook, epoch: Epoch, stored: Ranges, now_s: float = 0.0) -> None:
        super().__init__(book, epoch, stored, now_s)
        self.times = DeviceTimes(epoch.clock)
        self.duplicates = 0
        self._known_seq = np.full(REMEMBERED, -1, np.int64)
        self._known_us = np.zeros(REMEMBERED, np.int64)

    @property
    def clock(self) -> Clock | None:
        """Of the epoch, once it is fixed."""
        return self.times.clock

    @clock.setter
    def clock(self, clock: Clock | None) -> None:
        self.times.clock = clock

    def proposed_clock(self, exchanged: Clock | None, device_us: int, now_us: int) -> Clock:
        """Return the clock to fix when a frame of `device_us` arrives at `now_us` and none is fixed yet (rule 5)."""
        return self.times.proposed(exchanged, device_us, now_us)

    def moved_clock(self, arrival: Arrival) -> Moved | None:
        """Return the offset that holds from one of these frames on, when they are new and the old one does not."""
        seq = self.next_number(arrival.seq)
        return self.times.moved(seq, arrival.times_us, arrival.received_us) if seq >= self._next_number else None

    # --- frames

    def next_number(self, seq: int | None) -> int:
        """Return the number of a frame that came with `seq`, or without."""
        return self._next_number if seq is None else seq

    def take(self, arrival: Arrival) -> Taken:
        """Sort an arrival into what is new, what is known, and what can never be stored."""
        layout = self._layout_for(arrival.frames)
        seq, n = self._number(arrival), len(arrival.frames)
        times_us, wild = self.times.server_us(seq, arrival.times_us, arrival.received_us)
        said_us = times_us
        if wild.any():
            if self.times.absolute:
                raise Refused("bad_field", NO_DATE, field="times_us")
            said_us = np.where(wild, WILD, times_us)
        fresh = missing_from([self.stored, self.pending], seq, seq + n)
        self._require_room_for(fresh)
        taken = Taken(seq)
        if sum(last - first for first, last in fresh) < n:
            self._judge_repeats(taken, seq, said_us, fresh)
        bad = _poisoned(arrival.frames)
        for first, last in fresh:
            good = [(first, last)]
            if bad is not None:
                numbers = np.arange(first, last)
                taken.poison += spans(numbers[bad[first - seq : last - seq]])
                good = spans(numbers[~bad[first - seq : last - seq]])
            taken.blocks += [self._block(layout, arrival, times_us, a, a - seq, b - seq) for a, b in good]
        self._remember(seq, said_us, fresh)
        if seq >= self._next_number:
            self.times.placed(arrival.times_us)
        self._next_number = max(self._next_number, seq + n)
        return taken

    def _block(self, layout: Layout, arrival: Arrival, times_us: Ints, seq: int, start: int, stop: int) -> Block:
        frames, times_us = arrival.frames[start:stop], times_us[start:stop]
        if len(frames) < len(arrival.frames):  # a part does not keep the whole message in memory
            frames, times_us = frames.copy(), times_us.copy()
        self.pending.add(seq, seq + stop - start)
        self.received_us = max(self.received_us, arrival.received_us)
        stats = arrival_stats(frames, layout)
        return Block(self.e, seq, times_us, arrival.received_us, frames, stats, self.book.k)

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
        """Return the numbers of `unsure` that name another frame in the archive; `stored` are keys of this epoch."""
        seq, times_us = unsure
        numbers = np.repeat(stored.seq - stored.first, stored.n) + np.arange(int(stored.n.sum()))
        here = (numbers >= seq) & (numbers < seq + len(times_us))
        other = times_us[numbers[here] - seq] != stored.times_us[here]
        reused = np.unique(numbers[here][other])
        self.duplicates -= len(reused)
        return spans(reused)


def _poisoned(frames: Frames) -> NDArray[np.bool_] | None:
    """(n,) True where a frame holds an infinite value; None when none does."""
    if frames.dtype.kind != "f":
        return None
    bad: NDArray[np.bool_] = np.logical_or.reduce(np.isinf(frames), axis=(1, 2))
    return bad if bad.any() else None
