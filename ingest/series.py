"""A whole series of frames that a client has at the end, compared with what is stored; what is missing is stored.

The predecessor's clients send one when a workout is over. It is compared as a multiset of (time, cells): a frame that
is there twice has to be stored twice. The frames wait in a temporary file while the body comes, so that nothing is
stored of a series that is cut short or wrong, and memory holds their times and one chunk of them.

A stored frame has server time, which is device time plus the offset of its epoch's clock; a series has device time. So
each offset that the stream's epochs have gets a look of its own. New frames get that of the last epoch, or none.
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
from barograph.reading import read
from barograph.records import Clock, StreamInfo
from ingest import messages as m
from ingest.clock import now_us
from ingest.digests import Digest, digests_of
from ingest.finals import Notes
from ingest.messages import Refused
from ingest.peers import Peer
from ingest.protocol import DAY_US, EARLIEST_US, Arrival, StreamSession
from ingest.sessions import Ingest
from ingest.visits import Replies, answered

CHUNK_FRAMES = 2048
STORED_AT_ONCE = 256
MAX_FRAMES = 4_000_000


async def open_series(ingest: Ingest, stream: Stream) -> Series:
    """A series of a stream, which need not be there yet."""
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
        self._offsets_us: list[int] = []
        self._times_us = array("q")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (this object is its context manager)
        self.notes = Notes()

    def see(self, info: StreamInfo) -> None:
        """What is stored of the stream."""
        self.layout = self.layout or info.layout
        self._offsets_us = [epoch.clock.offset_us if epoch.clock else 0 for epoch in info.epochs]

    def __enter__(self) -> Series:
        """Nothing to do: the file has no name, and is gone when it is closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go."""
        self._file.close()
        self.notes.close()

    def __len__(self) -> int:
        return len(self._times_us)

    @property
    def offset_us(self) -> int:
        """From device time to server time, for frames that are new."""
        return self._offsets_us[-1] if self._offsets_us else 0

    def add(self, matrix: list[list[float | None]], nodes: Any, timestamp: float | str | None) -> None:
        """Keep a frame aside, or `Refused`."""
        t_us = m.time_us_of(timestamp)
        if t_us is None or not EARLIEST_US <= t_us + self.offset_us <= now_us() + DAY_US:
            said = "timestamp: expected a time from the year 2000 to a day from now"
            raise Refused("bad_field", f"{said}, got {timestamp!r}"[:200], field="timestamp")
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
        self._times_us.append(t_us)

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
        """Places of frames in order of time, with their times; frames of one time are in one chunk."""
        times_us = np.frombuffer(self._times_us, np.int64)
        order = np.argsort(times_us, kind="stable")
        start = 0
        while start < len(order):
            stop = min(start + CHUNK_FRAMES, len(order))
            stop = int(np.searchsorted(times_us[order], times_us[order[stop - 1]], "right"))
            yield times_us[order[start:stop]], order[start:stop]
            start = stop

    def frames(self, places: Sequence[int]) -> Frames:
        """(n, rows, cols) the frames at these places."""
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
        """Of a chunk, the places of frames that are not stored."""
        wanted = await asyncio.to_thread(self._wanted, times_us, places)
        for offset_us in dict.fromkeys(self._offsets_us):
            span = int(times_us[0]) + offset_us, int(times_us[-1]) + offset_us
            async with aclosing(read(ingest.archive, self.stream, *span)) as blocks:
                async for block in blocks:
                    if block.e < len(self._offsets_us) and self._offsets_us[block.e] == offset_us:
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
        """What names each frame, in the order in which they came."""
        for start in range(0, len(self), STORED_AT_ONCE):
            places = range(start, min(start + STORED_AT_ONCE, len(self)))
            yield from digests_of(self.times(places), self.frames(places), self.known_layout)

    def times(self, places: Sequence[int]) -> Ints:
        """(n,) device times of the frames at these places."""
        return np.frombuffer(self._times_us, np.int64)[list(places)]


async def store_missing(ingest: Ingest, series: Series, patience_s: float) -> int:
    """Store the frames of a series that are not stored, and say how many; to do it again stores none."""
    writer, stored = None, 0
    await _look(ingest, series)
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
    clock = Clock(series.offset_us)
    session.clock = await ingest.archive.fix_clock(series.stream, session.e, clock)
    streams.feed_from(peer, session)
    return peer, session
