"""The blocks that wait for one viewer, bounded: the newest first, and nothing that waits costs anybody else.

What came in one moment is a batch: one message, made once, whoever watches. A viewer that keeps up gets batches as they
are. When too many wait, the viewer is behind: of each stream the newest block stays whole, and of those before it only
the statistics, so that its curves have no holes while its picture skips; of those, too, the oldest go when there are
more than the curves show.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from barograph import codec
from barograph.frames import Stream
from dashboard.reading.recent_samples import Samples, history

WAITING_BATCHES = 8
WAITING_BYTES = 4 << 20
WAITING_SAMPLES = 8192
WAITING_EXTRA_ROWS = 1 << 18  # twelve columns of two streams, a minute at 180 Hz


@dataclass(frozen=True, eq=False)
class Part:
    """A block as it was published, and its statistics if it carries any."""

    stream: Stream
    message: bytes
    samples: Samples | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Blocks of one workout that came in one moment."""

    parts: tuple[Part, ...]

    @cached_property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(len(part.message) for part in self.parts)

    @cached_property
    def message(self) -> bytes:
        """All of them, one after the other: each is padded, so the next begins at a multiple of eight bytes."""
        return b"".join(part.message for part in self.parts)


@dataclass(frozen=True, eq=False)
class Extra:
    """Rows of a column that some viewers asked for (`dashboard.feed.column_feed`)."""

    stream: Stream
    key: str
    samples: Samples

    @cached_property
    def message(self) -> bytes:
        """As a message, made once, whoever gets it."""
        return codec.encode(self._header(), np.ascontiguousarray(self.samples.stats, "<f4").tobytes())

    def _header(self) -> codec.Header:
        part = self.samples
        head = {"type": "column", "workout_id": self.stream.workout_id, "stream": self.stream.stream, "key": self.key}
        return {**head, "e": part.e, "seq": part.seq, "n": len(part), "stats": 1} | codec.times_header(part.times_us)


class _Past:
    """Statistics of one stream whose frames were let go."""

    def __init__(self) -> None:
        self.samples: deque[Samples] = deque()
        self._count = 0

    def add(self, samples: Samples) -> None:
        self.samples.append(samples)
        self._count += len(samples)
        while self._count > WAITING_SAMPLES and len(self.samples) > 1:
            self._count -= len(self.samples.popleft())


class Waiting:
    """Of one viewer."""

    def __init__(self, *, newest_only: bool = False) -> None:
        self._newest_only = newest_only
        self._batches: deque[Batch] = deque()
        self._size = 0
        self._behind = newest_only
        self._newest: dict[Stream, Part] = {}
        self._past: dict[Stream, _Past] = {}
        self._extras: deque[Extra] = deque()
        self._extra_rows = 0

    def put(self, batch: Batch) -> None:
        """Put one more."""
        self._batches.append(batch)
        self._size += batch.size
        too_many = len(self._batches) > WAITING_BATCHES or (self._size > WAITING_BYTES and len(self._batches) > 1)
        if too_many or self._behind:
            self._fall_behind()

    def add(self, extras: Iterable[Extra]) -> None:
        """Add rows of columns that were asked for; when far too many wait, the oldest go."""
        for extra in extras:
            self._extras.append(extra)
            self._extra_rows += len(extra.samples)
        while self._extra_rows > WAITING_EXTRA_ROWS and len(self._extras) > 1:
            self._extra_rows -= len(self._extras.popleft().samples)

    def _fall_behind(self) -> None:
        self._behind = True
        for batch in self._batches:
            for part in batch.parts:
                former = self._newest.get(part.stream)
                self._newest[part.stream] = part
                if former is not None and former.samples is not None and not self._newest_only:
                    self._past.setdefault(part.stream, _Past()).add(former.samples)
        self._batches.clear()

    def take(self) -> bytes:
        """Return all that waits, as one message; empty when nothing does."""
        past = [message for stream, kept in self._past.items() for message in history(stream, kept.samples)]
        whole = [part.message for part in self._newest.values()] + [batch.message for batch in self._batches]
        whole += [extra.message for extra in self._extras]
        for emptied in (self._batches, self._newest, self._past, self._extras):
            emptied.clear()
        self._size, self._behind, self._extra_rows = 0, self._newest_only, 0
        return whole[0] if len(whole) == 1 and not past else b"".join((*past, *whole))
