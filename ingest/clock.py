"""The clock exchange of one connection: device time plus `offset_us` is server time.

    device ── ping t1 ──▶ server (arrives t2)
    device ◀── pong t3 ── server
    device ── ping t1' ─▶ server (arrives t2')

`t2' − t3` is a round trip plus the time that the device took to ask again, so a device sends its pings back to back.
The exchange with the smallest round trip wins; half of it is the most that the offset can be wrong.
"""

from __future__ import annotations

import time

from barograph.store.records import Clock


class ClockExchange:
    """Pings of one connection, and the best estimate so far."""

    def __init__(self) -> None:
        self._last_t3_us: int | None = None
        self._best: Clock | None = None

    def ping(self, t1_us: int, t2_us: int) -> None:
        """Note a ping that the device sent at `t1_us` of its clock and that arrived at `t2_us` of ours."""
        if self._last_t3_us is None:
            self._best = self._best or Clock(t2_us - t1_us)
            return
        round_trip_us = max(0, t2_us - self._last_t3_us)
        half_us = round_trip_us // 2
        known_us = self._best.error_us if self._best else None
        if known_us is None or half_us < known_us:
            self._best = Clock(t2_us - t1_us - half_us, half_us)

    def pong(self, t3_us: int) -> None:
        """Note that its answer left at `t3_us` of our clock."""
        self._last_t3_us = t3_us

    @property
    def estimate(self) -> Clock | None:
        """The offset of the shortest exchange; None without a ping."""
        return self._best


def now_us() -> int:
    """Return the server time, µs since 1970."""
    return time.time_ns() // 1000
