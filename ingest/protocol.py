"""The session of one stream and epoch: frames in, Blocks and acks out. No socket, no clock, no database.

Rules
1. `(e, seq)` names one frame for ever. A number that is stored or on its way is a duplicate: dropped and counted.
2. Frames are taken in any order; what is missing is only remembered (as ranges), never waited for.
3. `next_seq` is the first number not settled; it rises when the archive says that a block is stored, never before.
4. The offset between the device's clock and the server's is fixed with the first frame and never changes after it, so
   that a frame written twice has the same time. It comes from a clock exchange before the join. Without one, it is 0,
   and a clock that is not within `CLOCK_TOLERANCE_US` of the server's is suspect: the offset then puts the first
   frame at its arrival.
5. A session without numbers of the device's own counts on arrival.

    opened ──first frame──▶ running ──closed by its last connection──▶ closed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.basic_set import arrival_stats
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph.frames import Block, Frames, Ints, Layout, Stream
from barograph.ports import Epoch, StreamInfo
from ingest.messages import Refused
from ingest.ranges import Ranges

CLOCK_TOLERANCE_US = 5_000_000
EARLIEST_US = 946_684_800_000_000  # 2000-01-01
DAY_US = 86_400_000_000
MAX_SEQ = 1 << 53
WINDOW_FRAMES = 4096
WINDOW_BYTES = 16 << 20
MISSING_SHOWN = 16
STATS_VERSION = ARRIVAL_VERSION


@dataclass(eq=False)
class StreamBook:
    """What a process knows of a stream that several sessions may share: its layout and its frames per epoch."""

    stream: Stream
    layout: Layout | None
    frames: dict[int, int]

    @classmethod
    def of(cls, info: StreamInfo) -> StreamBook:
        """From what is stored."""
        return cls(info.stream, info.layout, {epoch.e: epoch.frames for epoch in info.epochs})

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


class StreamSession:
    """One stream and epoch in this process."""

    def __init__(self, book: StreamBook, epoch: Epoch, stored: Ranges) -> None:
        self.book = book
        self.epoch = epoch
        self.e = epoch.e
        self.stored = stored
        self.pending = Ranges()
        self.duplicates = 0
        self.offset_us: int | None = None
        self.clock_suspect = False
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.received_us = 0
        self._next_number = stored.end
        book.frames[epoch.e] = stored.total

    @property
    def stream(self) -> Stream:
        """The stream that it belongs to."""
        return self.book.stream

    @property
    def next_seq(self) -> int:
        """The first number that is not settled."""
        return self.stored.first_missing(0)

    def take(self, arrival: Arrival) -> list[Block]:
        """The Blocks of what is new, with statistics; duplicates are dropped and counted, bad frames `Refused`."""
        layout = self._layout_for(arrival.frames)
        seq = self._number(arrival)
        times_us = self._server_times(arrival)
        fresh = [
            part
            for first, last in self.stored.missing(seq, seq + len(arrival.frames))
            for part in self.pending.missing(first, last)
        ]
        self.duplicates += len(arrival.frames) - sum(last - first for first, last in fresh)
        return [self._block(layout, arrival, times_us, first, first - seq, last - seq) for first, last in fresh]

    def _block(self, layout: Layout, arrival: Arrival, times_us: Ints, seq: int, start: int, stop: int) -> Block:
        frames = arrival.frames[start:stop]
        self.pending.add(seq, seq + stop - start)
        self.received_us = max(self.received_us, arrival.received_us)
        stats = arrival_stats(frames, layout)
        return Block(self.e, seq, times_us[start:stop], arrival.received_us, frames, stats)

    def _layout_for(self, frames: Frames) -> Layout:
        layout = self.book.layout
        if layout is None:
            raise Refused("bad_field", "layout: expected in join_session before a batch of frames", field="layout")
        if frames.shape[1:] != (layout.rows, layout.cols):
            came = " x ".join(str(side) for side in frames.shape[1:])
            raise Refused(
                "shape_mismatch",
                f"matrix: expected {layout.rows} x {layout.cols} cells as before, got {came}",
                field="matrix",
            )
        if frames.dtype.kind == "f" and np.isinf(frames).any():
            raise Refused("bad_field", "data: expected finite values or NaN for a missing cell", field="data")
        return layout

    def next_number(self, seq: int | None) -> int:
        """The number of a frame that came with `seq`, or without."""
        return self._next_number if seq is None else seq

    def _number(self, arrival: Arrival) -> int:
        seq = self.next_number(arrival.seq)
        if not 0 <= seq <= MAX_SEQ - len(arrival.frames):
            raise Refused("bad_field", f"seq: expected a whole number from 0 to 2**53, got {seq}", field="seq")
        self._next_number = max(self._next_number, seq + len(arrival.frames))
        return seq

    def trust_clock(self, offset_us: int | None) -> None:
        """Fix the offset that a clock exchange found, unless one is fixed already."""
        if self.offset_us is None:
            self.offset_us = offset_us

    def _server_times(self, arrival: Arrival) -> Ints:
        times_us, now_us = arrival.times_us, arrival.received_us
        if self.offset_us is None:
            ahead_us = int(times_us[-1]) - now_us
            self.clock_suspect = abs(ahead_us) > CLOCK_TOLERANCE_US
            self.offset_us = -ahead_us if self.clock_suspect else 0
        out = times_us + self.offset_us
        wild = (out < EARLIEST_US) | (out > now_us + DAY_US)
        return np.where(wild, now_us, out) if wild.any() else out

    def settle(self, block: Block) -> None:
        """The archive has this block in its journal."""
        self.pending.remove(block.seq, block.stop)
        self.stored.add(block.seq, block.stop)
        self.book.frames[self.e] = self.stored.total
        first, last = int(block.times_us.min()), int(block.times_us.max())
        self.first_us = first if self.first_us is None else min(self.first_us, first)
        self.last_us = last if self.last_us is None else max(self.last_us, last)

    def drop(self, block: Block) -> None:
        """The archive will never have this block."""
        self.pending.remove(block.seq, block.stop)

    def missing(self) -> list[list[int]]:
        """Ranges [seq, n] below the highest known number that are neither stored nor on their way, 16 at most."""
        known = max(self.stored.end, self.pending.end)
        holes = [
            [first, last - first]
            for start, stop in self.stored.missing(0, known)
            for first, last in self.pending.missing(start, stop)
        ]
        return holes[:MISSING_SHOWN]

    def gaps(self) -> int:
        """How many ranges are missing."""
        return len(self.stored.missing(0, self.stored.end))

    def window(self) -> dict[str, int]:
        """How much may be unsettled."""
        return {"window_frames": WINDOW_FRAMES, "window_bytes": WINDOW_BYTES}

    def joined(self, now_us: int) -> dict[str, Any]:
        """The `session_joined` event."""
        return {
            "type": "session_joined", "workout_id": self.stream.workout_id, "status": "joined",
            "stream": self.stream.stream, "epoch": self.epoch.epoch, "frame_count": self.book.frame_count,
            "next_seq": self.next_seq, **self.window(), "server_time_us": now_us,
        }  # fmt: skip

    def ack(self) -> dict[str, Any]:
        """The `ack` event."""
        return {
            "type": "ack", "workout_id": self.stream.workout_id, "stream": self.stream.stream,
            "epoch": self.epoch.epoch, "next_seq": self.next_seq, "frame_count": self.book.frame_count,
            **self.window(), "missing": self.missing(),
        }  # fmt: skip

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
