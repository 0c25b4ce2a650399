"""Blocks and announcements for the live feed, outside the way of the acks.

Queue: at most `MAX_WAITING_BYTES` wait for Redis; when it is away or slow the oldest go first, for a live picture
wants the newest. Nothing is lost by that: the archive has every frame, and viewers read history again after the
`resync` that follows. Where one server of a cluster is away, the streams of the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from barograph import codec
from barograph.errors import LiveAway
from barograph.frames import Block, Stream
from barograph.store.ports import Live
from barograph.texts import plural
from ingest.metrics import Metrics

log = logging.getLogger("barograph.ingest")

MAX_WAITING_BYTES = 16 << 20
BATCH = 512
LATE_US = 5_000_000
RETRY_S = 1.0


class Publisher:
    """Publishes in batches, as soon as the last batch is through."""

    def __init__(self, live: Live, metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics()
        self.waiting_bytes = 0
        self.live = live
        self._waiting: deque[tuple[Stream, bytes, float]] = deque()
        self._work = asyncio.Event()
        self.dropped = 0
        self._holes: set[Stream] = set()
        self._forgotten: set[Stream] = set()

    def block(self, stream: Stream, block: Block) -> None:
        """Publish a block, or only its range when it comes too late for a live picture."""
        head = _names(stream)
        if block.received_us - int(block.times_us[-1]) > LATE_US:
            span = {"start_us": int(block.times_us[0]), "stop_us": int(block.times_us[-1])}
            self._put(
                stream,
                codec.encode({"type": "backfilled", **head, "e": block.e, "seq": block.seq, "n": len(block), **span}),
            )
        else:
            self._put(stream, codec.encode_block(block, {"type": "frames", **head}))

    def say(self, stream: Stream, event: dict[str, object]) -> None:
        """Publish an announcement."""
        self._put(stream, codec.encode(event))

    def forget(self, stream: Stream) -> None:
        """Publish nothing that waits of a stream, and drop what was published."""
        kept = [each for each in self._waiting if each[0] != stream]
        self.waiting_bytes = sum(len(message) for _, message, _ in kept)
        self._waiting = deque(kept)
        self._holes.discard(stream)
        self._forgotten.add(stream)
        self._work.set()

    def _put(self, stream: Stream, message: bytes) -> None:
        self._waiting.append((stream, message, time.monotonic()))
        self.waiting_bytes += len(message)
        while self.waiting_bytes > MAX_WAITING_BYTES:
            skipped, oldest, _ = self._waiting.popleft()
            self.waiting_bytes -= len(oldest)
            self._skip([skipped])
        self._work.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._work.wait()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self.waiting_bytes -= sum(len(message) for _, message, _ in batch)
            if not self._waiting:
                self._work.clear()
            await self._publish(batch)

    async def _publish(self, batch: list[tuple[Stream, bytes, float]]) -> None:
        forgotten, self._forgotten = self._forgotten, set()
        told = [(stream, codec.encode({"type": "resync", **_names(stream)})) for stream in self._holes]
        try:
            await self.live.forget(sorted(forgotten))
            await self.live.publish([*told, *((stream, message) for stream, message, _ in batch)])
        except LiveAway as error:
            lost = [stream for stream, _, _ in batch if stream in error.streams or not error.streams]
            skipped = plural(len(lost), "message")
            log.warning("live feed away, %s skipped (the archive has them): %s", skipped, error)
            self._holes -= {stream for stream, _ in told if error.streams} - error.streams
            self._skip(lost)
            self._forgotten |= forgotten
            if len(lost) == len(batch):  # else the other servers of a cluster go on
                await asyncio.sleep(RETRY_S)
        else:
            for _, _, since_s in batch[:1]:  # the oldest
                self.metrics.feed_lag_s.observe(time.monotonic() - since_s)
            self._holes -= {stream for stream, _ in told}

    def _skip(self, streams: list[Stream]) -> None:
        """Viewers of these streams have a hole, and are told once the feed answers again."""
        self.dropped += len(streams)
        self.metrics.feed_dropped.inc(len(streams))
        self._holes.update(streams)


def _names(stream: Stream) -> dict[str, str]:
    named = {"workout_id": stream.workout_id, "stream": stream.stream}
    return {**named, "uid": stream.uid} if stream.uid else named
