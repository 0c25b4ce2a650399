"""Streams spread over ingest processes: whoever feeds more than its share asks some devices to connect anew.

A balancer gives a new connection to the process that has the fewest, and cannot move one that is open: after a process
was started again, all would stay with the others. So each tells the others how many connections feed it, and one that
has more than the mean ends some with 1012, until it is near the mean. Only connections whose every stream has a spool
are asked, which send again what was not acked; nothing is lost or doubled by it.

Rules
- Asked are a fifth of what is beyond the mean, every `EVERY_S`: a thousand come back in about half a minute.
- Within `MARGIN` of the mean, and of `LEAST` connections, nobody is asked; nor while more connect here, as they do
  where another process has just ended.
- Where those who were asked do not turn up at the others, the balancer does not spread: nobody is asked for `REST_S`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Mapping

from ingest.peers import Peer
from ingest.relay import ANNOUNCE_S, Relay
from ingest.rooms import Rooms

log = logging.getLogger("barograph.ingest")

EVERY_S = ANNOUNCE_S
SHARE, MARGIN, LEAST = 0.2, 0.1, 2
TURN_UP_S, REST_S = 30.0, 600.0
CODE, REASON = 1012, "another process has room: connect anew"


class Plan:
    """How many connections to move; no socket, no clock."""

    def __init__(self) -> None:
        self._before = 0
        self._moved = 0
        self._others: frozenset[str] = frozenset()
        self._had = 0  # connections of the others when the first was moved
        self._since_s = 0.0
        self._rests_until_s = 0.0

    def due(self, mine: int, others: Mapping[str, int], now_s: float) -> int:
        """Return how many of `mine` to move to the others, by name, that feed on so many each."""
        grows, self._before = mine > self._before * (1 + MARGIN / 2), mine
        if not others or grows or now_s < self._rests_until_s:
            return 0
        total = mine + sum(others.values())
        mean = total / (1 + len(others))
        if mine - mean <= max(LEAST, MARGIN * mean):
            self._moved = 0
            return 0
        if not self._moved or others.keys() != self._others:
            self._moved, self._since_s = 0, now_s
            self._others, self._had = frozenset(others), sum(others.values())
        elif now_s - self._since_s > TURN_UP_S and sum(others.values()) - self._had < self._moved / 2:
            log.warning("%d devices were asked to connect anew, and are not at the other processes", self._moved)
            self._moved, self._rests_until_s = 0, now_s + REST_S
            return 0
        number = math.ceil((mine - mean) * SHARE)
        self._moved += number
        return number


class Spreading:
    """Moves connections of one process; `run` is its only task."""

    def __init__(self, rooms: Rooms, relay: Relay) -> None:
        self._rooms, self._relay = rooms, relay
        self._plan = Plan()
        relay.load = self._load

    def _load(self) -> int:
        return sum(bool(peer.sessions) for peer in self._rooms.peers())

    async def run(self) -> None:
        """Look every now and then, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            number = self._plan.due(self._load(), self._relay.loads(), time.monotonic())
            movable = [peer for peer in self._rooms.peers() if _movable(peer)]
            chosen = random.sample(movable, min(number, len(movable)))
            for peer in chosen:
                peer.end(CODE, REASON)
            if chosen:
                log.info("moved", extra={"count": len(chosen), "reason": REASON})


def _movable(peer: Peer) -> bool:
    return bool(peer.sessions) and peer.sessions.keys() <= peer.spools and peer.ending is None
