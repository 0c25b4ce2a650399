"""What one socket still has to send, bounded: the newest first, and nothing that waits costs anybody else.

Frames wait in a short queue a stream. When the viewer is slower than the feed, the frames of older blocks are let go
and only their statistics are kept, so that its traces have no holes while its picture skips; of those, too, the
oldest go when there are more than the traces show. What is told (layouts, state) is kept by kind, and the newest
wins; announcements are few and bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from barograph import codec
from barograph.frames import Block, Ints, Stream

WAITING_BLOCKS = 8
WAITING_BYTES = 4 << 20
WAITING_SAMPLES = 8192
WAITING_NOTES = 256

Message = bytes | str


def text(message: dict[str, Any]) -> str:
    """A message in JSON."""
    return msgspec.json.encode(message).decode()


@dataclass(frozen=True, eq=False)
class Samples:
    """Statistics of consecutive frames, without the frames: `times_us` (n,), `stats` (n, k) float32."""

    e: int
    seq: int
    times_us: Ints
    stats: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.times_us)

    @property
    def stop(self) -> int:
        """The number after the last frame's."""
        return self.seq + len(self)


def samples_of(block: Block) -> Samples | None:
    """A block without its frames, or None when it carries no statistics."""
    return None if block.stats is None else Samples(block.e, block.seq, block.times_us, block.stats.copy())


def history(stream: Stream, samples: Iterable[Samples]) -> Iterator[bytes]:
    """Samples as messages, one a run of consecutive numbers."""
    for run in _runs(samples):
        times = np.concatenate([part.times_us for part in run])
        stats = np.concatenate([part.stats for part in run])
        head = {"type": "history", "workout_id": stream.workout_id, "stream": stream.stream}
        yield codec.encode(
            {**head, "e": run[0].e, "seq": run[0].seq, "n": len(times), "stats": stats.shape[1]}
            | codec.times_header(times),
            np.ascontiguousarray(stats, "<f4").tobytes(),
        )


def _runs(samples: Iterable[Samples]) -> Iterator[list[Samples]]:
    run: list[Samples] = []
    for part in samples:
        if run and ((part.e, part.seq) != (run[-1].e, run[-1].stop) or part.stats.shape[1] != run[-1].stats.shape[1]):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


@dataclass
class _Queue:
    """Of one stream: whole messages, newest last, and before them samples whose frames were let go."""

    stream: Stream
    whole: deque[bytes] = field(default_factory=deque)
    size: int = 0
    samples: deque[Samples] = field(default_factory=deque)
    behind: bool = False

    def put(self, message: bytes) -> None:
        self.whole.append(message)
        self.size += len(message)
        while len(self.whole) > WAITING_BLOCKS or (self.size > WAITING_BYTES and len(self.whole) > 1):
            self.behind = True
            self._let_go()

    def put_newest(self, message: bytes) -> None:
        self.whole = deque([message])

    def _let_go(self) -> None:
        message = self.whole.popleft()
        self.size -= len(message)
        if part := samples_of(codec.decode_block(message)[1]):
            self.samples.append(part)
        while sum(map(len, self.samples)) > WAITING_SAMPLES and len(self.samples) > 1:
            self.samples.popleft()

    def take(self) -> Iterator[bytes]:
        while self.behind and len(self.whole) > 1:
            self._let_go()
        yield from history(self.stream, self.samples)
        yield from self.whole
        self.samples.clear()
        self.whole.clear()
        self.size, self.behind = 0, False


class Viewer:
    """One viewer's queue. `rate_hz` limits the pictures and leaves statistics out: for thumbnails."""

    def __init__(self, *, rate_hz: float | None = None) -> None:
        self.rate_hz = rate_hz
        self._pings: deque[tuple[int, int]] = deque(maxlen=8)
        self._told: dict[str, Message] = {}
        self._telling: dict[str, Message] = {}
        self._past: list[bytes] = []
        self._notes: deque[Message] = deque(maxlen=WAITING_NOTES)
        self._queues: dict[Stream, _Queue] = {}
        self._work = asyncio.Event()

    def tell(self, kind: str, message: Message) -> None:
        """Say something that holds until it is said anew; what was said already is not repeated."""
        if self._told.get(kind) != message:
            self._told[kind] = self._telling[kind] = message
            self._work.set()

    def begin(self, past: list[bytes]) -> None:
        """What comes before the first block: the last seconds."""
        self._past = past
        self._work.set()

    def note(self, message: Message) -> None:
        """Pass an announcement on."""
        self._notes.append(message)
        self._work.set()

    def offer(self, stream: Stream, message: bytes) -> None:
        """A new block; never blocks, and never makes the queue longer than it may be."""
        queue = self._queues.setdefault(stream, _Queue(stream))
        if self.rate_hz is None:
            queue.put(message)
        else:
            queue.put_newest(message)
        self._work.set()

    def ping(self, t1_us: int) -> None:
        """A ping came; it is answered with the next messages."""
        self._pings.append((t1_us, _now_us()))
        self._work.set()

    async def take(self) -> list[Message]:
        """All that waits, as soon as there is anything, in the order in which it is to be sent."""
        await self._work.wait()
        self._work.clear()
        messages: list[Message] = [
            text({"type": "pong", "t1_us": t1, "t2_us": t2, "t3_us": _now_us()}) for t1, t2 in self._pings
        ]
        messages += [*self._telling.values(), *self._past, *self._notes]
        for queue in self._queues.values():
            messages += queue.take()
        for emptied in (self._pings, self._telling, self._past, self._notes):
            emptied.clear()
        return messages


def _now_us() -> int:
    return time.time_ns() // 1000
