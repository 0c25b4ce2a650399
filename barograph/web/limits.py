"""How much an address may ask of a server, whichever of them it is. No socket, no clock.

Rates are token buckets that hold two seconds' worth, or a minute's where the rate is one a minute. A bucket that is not
empty lets one thing through, whatever it costs, and goes into debt: so nothing is ever too large for a rate, only too
early. What is over a rate is refused with `rate_limited`, which names the setting and says when to try again.

Tables: buckets of addresses are kept for as long as they are in debt or in use, `MOST` of each; a table that is full
forgets those that are full again, else the one that was used longest ago.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from barograph.errors import Refused
from barograph.settings import Settings

BURST_S = 2.0
MOST = 4096
UNKNOWN = "unknown"
ADDRESS = "one address"


class Bucket:
    """Tokens that come back at a rate."""

    __slots__ = ("_at_s", "_burst", "_level", "_rate")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._at_s = burst, now_s

    def take(self, cost: float, now_s: float) -> float:
        """Return 0.0 when there was something left, else the seconds until there will be."""
        level = min(self._burst, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if level <= 0:
            self._level = level
            return max(1e-3, (1 - level) / self._rate)
        self._level = level - cost
        return 0.0

    def full(self, now_s: float) -> bool:
        """Return whether nothing is owed: a new bucket would be the same."""
        return self._level + (now_s - self._at_s) * self._rate >= self._burst


class Buckets:
    """One bucket per key, of a bounded number of keys."""

    def __init__(self, rate: float, burst: float, most: int = MOST) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, cost: float, now_s: float) -> float:
        """Take from the key's bucket, as `Bucket.take` does."""
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
    """Return the refusal that names a limit."""
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


class AddressLimits:
    """The limits of one process, and what addresses have used of them: what is open, and `rates` by what they count."""

    def __init__(self, settings: Settings, *rates: Rate) -> None:
        self.most_sockets, self.most_handshakes = settings.max_address_sockets, settings.max_address_handshakes
        self.handshake_s = settings.handshake_timeout_s
        common = (
            Rate("max_address_requests_per_s", settings.max_address_requests_per_s, "requests a second", ADDRESS),
            Rate("max_address_bytes_per_s", settings.max_address_bytes_per_s, "bytes a second", ADDRESS),
        )
        self._rates = {
            rate.unit.partition(" ")[0]: (rate, Buckets(rate.per_s, rate.burst)) for rate in (*common, *rates)
        }
        self._open: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    # --- what is open

    def opened(self, address: str | None, what: str = "sockets") -> bool:
        """Count one more of what an address has open; False, and nothing is counted, when it has too many.

        `what`: "handshakes" (connections that have asked nothing yet), "connections" (of HTTP), or "sockets".
        """
        count, most = self._open[what], self.most_handshakes if what == "handshakes" else self.most_sockets
        if count[address or UNKNOWN] >= most:
            return False
        count[address or UNKNOWN] += 1
        return True

    def closed(self, address: str | None, what: str = "sockets") -> None:
        """Count one less: one that was counted is closed."""
        count, key = self._open[what], address or UNKNOWN
        count[key] -= 1
        if count[key] <= 0:
            del count[key]

    def has_room(self, address: str | None) -> bool:
        """Return whether an address may open one socket more."""
        return self._open["sockets"].get(address or UNKNOWN, 0) < self.most_sockets

    def too_many_sockets(self) -> Refused:
        """Return the refusal of one socket more."""
        return refused("max_address_sockets", ADDRESS, self.most_sockets, "open sockets", 1.0)

    # --- rates

    def spend(self, address: str | None, what: str, cost: float, now_s: float) -> None:
        """Take from what an address may use of requests, bytes and whatever else has a rate, or `Refused`."""
        rate, buckets = self._rates[what]
        rate.check(buckets.take(address or UNKNOWN, cost, now_s))

    def check(self, address: str | None, what: str, now_s: float) -> None:
        """Raise `Refused` when an address has used up a rate; nothing is taken."""
        self.spend(address, what, 0, now_s)
