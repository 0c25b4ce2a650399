"""A whole series of frames that a client has at the end, compared with what is stored; what is missing is stored.

The predecessor's clients send one when a workout is over. It is compared as a multiset of (time, cells): a frame that
is there twice has to be stored twice. The frames wait in a temporary file while the body comes, so that nothing is
stored of a series that is cut short or wrong, and memory holds their times and one chunk of them.

A stored frame has server time, which is device time plus the offset of its epoch's clock; a series has device time. So
each offset that the stream's epochs have gets a look of its own. New frames get that of the last epoch, or none: dates
of a recording that is over are kept. Numbers that are no dates are of a counter; when nothing of it is stored yet, its
last frame is put at the arrival.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import Gone, NotFound
from barograph.frames import Frames, Ints, Layout, Stream
from barograph.store.reading import read
from barograph.store.records import Clock, StreamInfo
from barograph.times import EARLIEST_US
from ingest import messages as m
from ingest.clock import now_us
from ingest.device_times import DAY_US, UNITS_US, Reading, date_us, tick_of
from ingest.http.digests import Digest, digests_of
from ingest.http.finals import Notes
from ingest.http.visits import Replies, answered
from ingest.messages import Refused
from ingest.peers import Peer
from ingest.sessions import Ingest
from ingest.stream_session import Arrival, StreamSession

CHUNK_FRAMES = 2048
STORED_AT_ONCE = 256
MAX_FRAMES = 4_000_000


async def open_series(ingest: Ingest, stream: Stream) -> Series:
    """Return a series of a stream, which need not be there yet."""
    series = Series(stream)
    await _look(ingest, series)
    return series


async def _look(ingest: Ingest, series: Series) -> None:
    """See what is stored of the stream, with what is on its way."""
    for session in ingest.streams.in_workout(series.stream.workout_id):
        if session.stream == series.stream:
            await ingest.committer.flush(session)
    with suppress(NotFound):
        series.see(await ingest.archive.stream_info(series.stream))


class Series:
    """Frames of one stream, kept aside in a file until all are there; use as a context manager."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.layout: Layout | None = None
        self.reading = Reading("absolute")
        self._clocks: list[Clock] = []
        self._numbers = array("d")
        self._counted: bool | None = None
        self._times_us: Ints = np.empty(0, np.int64)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (this object is its context manager)
        self.notes = Notes()

    def see(self, info: StreamInfo) -> None:
        """Look at what is stored of the stream."""
        self.layout = self.layout or info.layout
        self._clocks = [epoch.clock or Clock(0) for epoch in info.epochs]

    def __enter__(self) -> Series:
        """Nothing to do: the file has no name, and is gone when it is closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go."""
        self._file.close()
        self.notes.close()

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def clock(self) -> Clock:
        """What turns device time into server time, for frames that are new."""
        mine = self._mine
        if mine or not self._counted:
            return Clock(mine[-1].last_offset_us) if mine else Clock(0)
        last_us = int(self._times_us.max(initial=0))
        return Clock(now_us() - last_us, relative=True, tick_us=round(self._tick_us))

    @property
    def _mine(self) -> list[Clock]:
        """Those clocks of the stream that are of the kind of these times: of a counter, or of dates."""
        return [clock for clock in self._clocks if clock.relative == bool(self._counted)]

    @property
    def _tick_us(self) -> float:
        """µs of the unit of a counter: as said, as of what is stored, or by its first step."""
        if self.reading.unit is not None:
            return UNITS_US[self.reading.unit]
        known = [clock.moved[-1].tick_us if clock.moved else clock.tick_us for clock in self._mine]
        if any(known):
            return float(next(tick for tick in reversed(known) if tick))
        steps = np.diff(np.frombuffer(self._numbers, np.float64))
        return tick_of(float(steps[np.flatnonzero(steps)[0]]), 0.0) if steps.any() else UNITS_US["ms"]

    def settle_times(self) -> None:
        """Read the numbers of a counter, whose unit is known when all frames are there."""
        numbers = np.frombuffer(self._numbers, np.float64)
        self._times_us = np.rint(numbers * (self._tick_us if self._counted else 1.0)).astype(np.int64)

    def add(self, matrix: list[list[float | None]], nodes: Any, timestamp: float | str | None) -> None:
        """Keep a frame aside, or `Refused`."""
        number, counted = self._number(timestamp)
        if len(self) >= MAX_FRAMES:
            raise Refused("too_large", f"body: expected at most {MAX_FRAMES} frames", field="body")
        cells = m.matrix_of(matrix)
        mask = m.mask_of(nodes, cells.size)
        if self.layout is None:
            self.layout = Layout(rows=cells.shape[0], cols=cells.shape[1], mask=mask)
        if cells.shape != (self.layout.rows, self.layout.cols):
            came, kept = cells.shape, self.layout
            said = f"matrix: expected {kept.rows} x {kept.cols} cells as before, got {came[0]} x {came[1]}"
            raise Refused("shape_mismatch", said, field="matrix")
        self._write(m.as_layout(cells, self.layout).tobytes())
        self._note(timestamp, nodes)
        self._counted = counted
        self._numbers.append(number)

    def _number(self, timestamp: float | str | None) -> tuple[float, bool]:
        """µs of a date, or the number of a counter and True; `Refused` where the others are of the other kind."""
        t_us, at_us = m.time_us_of(timestamp), now_us()
        number = isinstance(timestamp, int | float)
        date = date_us(float(timestamp), at_us) if number and timestamp is not None else t_us
        known = date is not None and EARLIEST_US <= date <= at_us + DAY_US
        if t_us is None or not (known or number) or self._counted not in (None, not known):
            others = "" if self._counted is None else ", as in the frames before" if not self._counted else ", no date"
            said = f"timestamp: expected a time from the year 2000 to a day from now{others}"
            if self._counted:
                said = "timestamp: expected a number that is no date, as in the frames before"
            raise Refused("bad_field", f"{said}, got {timestamp!r}"[:200], field="timestamp")
        return (float(date), False) if known and date is not None else (float(timestamp or 0), True)

    def _write(self, data: bytes) -> None:
        self._try(lambda: self._file.write(data))

    def _note(self, timestamp: float | str | None, nodes: Any) -> None:
        self._try(lambda: self.notes.add(timestamp, nodes))

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            said = f"no room for the series while it comes: {error.strerror}"
            raise Refused("storage_full", said, retry_after_s=30.0) from error

    def chunks(self) -> Iterator[tuple[Ints, NDArray[np.int64]]]:
        """Yield places of frames in order of time, with their times; frames of one time are in one chunk."""
        times_us = self._times_us
        order = np.argsort(times_us, kind="stable")
        start = 0
        while start < len(order):
            stop = min(start + CHUNK_FRAMES, len(order))
            stop = int(np.searchsorted(times_us[order], times_us[order[stop - 1]], "right"))
            yield times_us[order[start:stop]], order[start:stop]
            start = stop

    def frames(self, places: Sequence[int]) -> Frames:
        """Return (n, rows, cols) the frames at these places."""
        layout = self.known_layout
        raw = b"".join(self._frame(place, layout.frame_bytes) for place in places)
        return np.frombuffer(raw, layout.numpy_dtype).reshape(len(places), layout.rows, layout.cols)

    @property
    def known_layout(self) -> Layout:
        """The layout, of a series that has frames."""
        if self.layout is None:
            raise NotFound(f"{self.stream}: this series has no frame")
        return self.layout

    def _frame(self, place: int, size: int) -> bytes:
        self._file.seek(place * size)
        return self._file.read(size)

    async def missing(self, ingest: Ingest, times_us: Ints, places: NDArray[np.int64]) -> list[int]:
        """Return the places of a chunk's frames that are not stored."""
        wanted = await asyncio.to_thread(self._wanted, times_us, places)
        offsets = [clock.offsets_us for clock in self._clocks]
        for offset_us in dict.fromkeys(one for each in offsets for one in each):
            span = int(times_us[0]) + offset_us, int(times_us[-1]) + offset_us
            async with aclosing(read(ingest.archive, self.stream, *span)) as blocks:
                async for block in blocks:
                    if block.e < len(offsets) and offset_us in offsets[block.e]:
                        digests = digests_of(block.times_us - offset_us, block.frames, self.known_layout)
                        for digest in digests:
                            if wanted.get(digest):
                                wanted[digest].pop()
        return sorted(place for left in wanted.values() for place in left)

    def _wanted(self, times_us: Ints, places: NDArray[np.int64]) -> dict[Digest, list[int]]:
        found: dict[Digest, list[int]] = defaultdict(list)
        for start in range(0, len(places), STORED_AT_ONCE):
            part = places[start : start + STORED_AT_ONCE].tolist()
            digests = digests_of(times_us[start : start + STORED_AT_ONCE], self.frames(part), self.known_layout)
            for digest, place in zip(digests, part, strict=True):
                found[digest].append(place)
        return found

    def names(self) -> Iterator[Digest]:
        """Yield what names each frame, in the order in which they came."""
        for start in range(0, len(self), STORED_AT_ONCE):
            places = range(start, min(start + STORED_AT_ONCE, len(self)))
            yield from digests_of(self.times(places), self.frames(places), self.known_layout)

    def times(self, places: Sequence[int]) -> Ints:
        """Return (n,) device times of the frames at these places."""
        return self._times_us[list(places)]


async def store_missing(ingest: Ingest, series: Series, patience_s: float) -> int:
    """Store the frames of a series that are not stored, and say how many; to do it again stores none."""
    writer, stored = None, 0
    await _look(ingest, series)
    series.settle_times()
    try:
        for times_us, places in series.chunks():
            missing = await series.missing(ingest, times_us, places)
            for start in range(0, len(missing), STORED_AT_ONCE):
                part = missing[start : start + STORED_AT_ONCE]
                writer = writer or await _writer(ingest, series)
                peer, session = writer
                frames = await asyncio.to_thread(series.frames, part)
                async with answered(patience_s):
                    await ingest.take(peer, session, Arrival(None, series.times(part), frames, now_us()))
                stored += len(part)
        if writer is not None:
            await _settle(ingest, writer[1], patience_s)
    finally:
        if writer is not None:
            ingest.closed(writer[0])
    return stored


async def _settle(ingest: Ingest, session: StreamSession, patience_s: float) -> None:
    async with answered(patience_s):
        await ingest.committer.flush(session)
    if session.dropped:
        raise Gone(f"{session.stream}: the workout was erased while its frames came")


async def _writer(ingest: Ingest, series: Series) -> tuple[Peer, StreamSession]:
    """A connection and a session of its own for the frames that were missing."""
    streams, peer = ingest.streams, Peer(Replies())
    session = await streams.open(series.stream, f"series-{uuid.uuid4().hex}", numbered=False)
    await streams.fix_layout(session.book, series.known_layout)
    session.clock = await ingest.archive.fix_clock(series.stream, session.e, series.clock)
    streams.feed_from(peer, session)
    return peer, session
