"""How much a connection, a stream and an address may ask of the ingest. No socket, no clock.

The buckets and what is counted of an address are `barograph.web.limits`'; what is over a rate costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Hashable

from barograph.errors import Refused
from barograph.frames import Stream
from barograph.settings import Settings
from barograph.web.limits import ADDRESS, AddressLimits, Bucket, Buckets, Rate

__all__ = ["Bucket", "Buckets", "Limits", "Meter"]


class Limits(AddressLimits):
    """The limits of one process, and what addresses and streams have used of them."""

    def __init__(self, settings: Settings) -> None:
        s = settings
        super().__init__(
            s,
            Rate("max_address_frames_per_s", s.max_address_frames_per_s, "frames a second", ADDRESS),
            Rate("max_address_joins_per_minute", s.max_address_joins_per_minute, "joins a minute", ADDRESS),
        )
        self.most_bad_messages = s.max_bad_messages
        self.silent_s = s.silent_timeout_s
        self.frames = Rate("max_frames_per_s", s.max_frames_per_s, "frames a second", "one connection")
        self.stream_frames = Rate("max_frames_per_s", s.max_frames_per_s, "frames a second", "one stream")
        self.bytes = Rate("max_bytes_per_s", s.max_bytes_per_s, "bytes a second", "one connection")
        self.joins = Rate("max_joins_per_minute", s.max_joins_per_minute, "joins a minute", "one connection")
        self._streams = Buckets(self.stream_frames.per_s, self.stream_frames.burst)

    def spend_stream(self, stream: Hashable, frames: int, now_s: float) -> None:
        """Take from what a stream may have, over all its connections, or `Refused`."""
        self.stream_frames.check(self._streams.take(stream, frames, now_s))


class Meter:
    """What one connection has used."""

    def __init__(self, limits: Limits, address: str | None, now_s: float) -> None:
        self.limits, self.address = limits, address
        self.bad_messages = 0
        self._frames = Bucket(limits.frames.per_s, limits.frames.burst, now_s)
        self._bytes = Bucket(limits.bytes.per_s, limits.bytes.burst, now_s)
        self._joins = Bucket(limits.joins.per_s, limits.joins.burst, now_s)
        self.over: str | None = None

    def arrived(self, size: int, now_s: float) -> None:
        """Count a message of some bytes; `Refused` when that was too early."""
        self.limits.bytes.check(self._bytes.take(size, now_s))
        self.limits.spend(self.address, "bytes", size, now_s)

    def sent(self, frames: int, now_s: float, stream: Stream | None = None) -> None:
        """Count the frames of a message, of a stream that this connection feeds; `Refused` when too early."""
        self.limits.frames.check(self._frames.take(frames, now_s))
        self.limits.spend(self.address, "frames", frames, now_s)
        if stream is not None:
            self.limits.spend_stream(stream, frames, now_s)

    def joined(self, now_s: float) -> None:
        """Count a join; `Refused` when too early."""
        self.limits.joins.check(self._joins.take(1, now_s))
        self.limits.spend(self.address, "joins", 1, now_s)

    def judge(self, error: Refused | None) -> None:
        """Count what is refused, one after the other; beyond `max_bad_messages` the connection is `over`."""
        if error is None:
            self.bad_messages = 0
            return
        self.bad_messages += 1
        if self.bad_messages >= self.limits.most_bad_messages:
            self.over = error.code
