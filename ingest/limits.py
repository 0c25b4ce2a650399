"""How much a connection, a stream and an address may ask of a process. No socket, no clock.

Rates are token buckets that hold two seconds' worth. A bucket that is not empty lets one message through, whatever it
costs, and goes into debt: so a message is never too large for a rate, only too early. What is over a rate is refused
with `rate_limited`, which names the setting and says when to try again; it costs the others nothing.

Tables: buckets of streams and addresses are kept for as long as they are in debt or in use, `MOST` of each; a table
that is full forgets those that are full again, else the one that was used longest ago.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from barograph.frames import Stream
from barograph.settings import Settings
from ingest.messages import Refused

BURST_S = 2.0
MOST = 4096
UNKNOWN = "unknown"


class Bucket:
    """Tokens that come back at a rate."""

    __slots__ = ("_at_s", "_burst", "_level", "_rate")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._at_s = burst, now_s

    def take(self, cost: float, now_s: float) -> float:
        """0.0 when there was something left, else the seconds until there will be."""
        level = min(self._burst, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if level <= 0:
            self._level = level
            return max(1e-3, (1 - level) / self._rate)
        self._level = level - cost
        return 0.0

    def full(self, now_s: float) -> bool:
        """Whether nothing is owed: a new bucket would be the same."""
        return self._level + (now_s - self._at_s) * self._rate >= self._burst


class Buckets:
    """A bucket a key, of a bounded number of keys."""

    def __init__(self, rate: float, burst: float, most: int = MOST) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, cost: float, now_s: float) -> float:
        """As `Bucket.take`, of the key's bucket."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now_s)
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now_s)
        else:
            self._buckets.move_to_end(key)
        return bucket.take(cost, now_s)

    def _make_room(self, now_s: float) -> None:
        if len(self._buckets) < self._most:
            return
        for key in [key for key, bucket in self._buckets.items() if bucket.full(now_s)]:
            del self._buckets[key]
        while len(self._buckets) >= self._most:
            self._buckets.popitem(last=False)


def refused(setting: str, whose: str, most: float, unit: str, wait_s: float) -> Refused:
    """The refusal that names a limit."""
    said = f"{setting}: at most {most:,.0f} {unit} of {whose}; try again in {wait_s:.3f} s"
    return Refused("rate_limited", said, field=setting, retry_after_s=round(wait_s, 3))


@dataclass(frozen=True)
class Rate:
    """One rate: its setting, its number and unit, and of whom it counts."""

    setting: str
    most: float
    unit: str
    whose: str

    @property
    def per_s(self) -> float:
        """Tokens a second."""
        return self.most / 60 if self.unit.endswith("a minute") else self.most

    @property
    def burst(self) -> float:
        """Tokens that are there at first: a minute's, where it is a rate a minute."""
        return self.most if self.unit.endswith("a minute") else self.most * BURST_S

    def check(self, wait_s: float) -> None:
        """Raise `Refused` when there is something to wait for."""
        if wait_s:
            raise refused(self.setting, self.whose, self.most, self.unit, wait_s)


class Limits:
    """The limits of one process, and what addresses and streams have used of them."""

    def __init__(self, settings: Settings) -> None:
        s = settings
        self.most_sockets, self.most_handshakes = s.max_address_sockets, s.max_address_handshakes
        self.most_bad_messages = s.max_bad_messages
        self.silent_s, self.handshake_s = s.silent_timeout_s, s.handshake_timeout_s
        self.frames = Rate("max_frames_per_s", s.max_frames_per_s, "frames a second", "one connection")
        self.stream_frames = Rate("max_frames_per_s", s.max_frames_per_s, "frames a second", "one stream")
        self.bytes = Rate("max_bytes_per_s", s.max_bytes_per_s, "bytes a second", "one connection")
        self.joins = Rate("max_joins_per_minute", s.max_joins_per_minute, "joins a minute", "one connection")
        self._address = {
            rate.unit.partition(" ")[0]: (rate, Buckets(rate.per_s, rate.burst))
            for rate in (
                Rate("max_address_frames_per_s", s.max_address_frames_per_s, "frames a second", "one address"),
                Rate("max_address_bytes_per_s", s.max_address_bytes_per_s, "bytes a second", "one address"),
                Rate("max_address_joins_per_minute", s.max_address_joins_per_minute, "joins a minute", "one address"),
                Rate("max_address_requests_per_s", s.max_address_requests_per_s, "requests a second", "one address"),
            )
        }
        self._streams = Buckets(self.stream_frames.per_s, self.stream_frames.burst)
        self._open: dict[str, dict[str, int]] = {"sockets": defaultdict(int), "handshakes": defaultdict(int)}

    # --- what is open

    def opened(self, address: str | None, what: str = "sockets") -> bool:
        """Count one more of what an address has open; False, and nothing is counted, when it has too many."""
        count, most = self._open[what], self.most_sockets if what == "sockets" else self.most_handshakes
        if count[address or UNKNOWN] >= most:
            return False
        count[address or UNKNOWN] += 1
        return True

    def closed(self, address: str | None, what: str = "sockets") -> None:
        """One that was counted is closed."""
        count, key = self._open[what], address or UNKNOWN
        count[key] -= 1
        if count[key] <= 0:
            del count[key]

    def has_room(self, address: str | None) -> bool:
        """Whether an address may open one socket more."""
        return self._open["sockets"].get(address or UNKNOWN, 0) < self.most_sockets

    def too_many_sockets(self) -> Refused:
        """The refusal of one socket more."""
        return refused("max_address_sockets", "one address", self.most_sockets, "open sockets", 1.0)

    # --- rates

    def spend(self, address: str | None, what: str, cost: float, now_s: float) -> None:
        """Take from what an address may use of frames, bytes, joins or requests, or `Refused`."""
        rate, buckets = self._address[what]
        rate.check(buckets.take(address or UNKNOWN, cost, now_s))

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
        """A message of some bytes has come; `Refused` when that was too early."""
        self.limits.bytes.check(self._bytes.take(size, now_s))
        self.limits.spend(self.address, "bytes", size, now_s)

    def sent(self, frames: int, now_s: float, stream: Stream | None = None) -> None:
        """A message came with so many frames, of a stream that this connection feeds; `Refused` when too early."""
        self.limits.frames.check(self._frames.take(frames, now_s))
        self.limits.spend(self.address, "frames", frames, now_s)
        if stream is not None:
            self.limits.spend_stream(stream, frames, now_s)

    def joined(self, now_s: float) -> None:
        """A join came; `Refused` when too early."""
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
