"""What one socket still has to send, bounded: the newest first, and nothing that waits costs anybody else.

Blocks wait in a short queue (`dashboard.feed.waiting`). What is told (layouts, state) is kept by kind, and the newest
wins; announcements are few and bounded. How far ahead of the page sending may be is up to its pace
(`dashboard.feed.pace`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable

from barograph.access.sight import as_named
from dashboard.feed.pace import Pace
from dashboard.feed.waiting import Batch, Extra, Waiting
from dashboard.page.answers import json_text

WAITING_NOTES = 256

Message = bytes | str


class Viewer:
    """One viewer's queue. `rate_hz` limits the pictures and leaves statistics out: for thumbnails.

    `called` says what an athlete is called for whom names are hidden from. Without `past` it gets nothing that was
    there before it came: for a wall.
    """

    def __init__(
        self,
        *,
        rate_hz: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        called: Callable[[str | None], str | None] = as_named,
        past: bool = True,
    ) -> None:
        self.rate_hz, self.called, self.past = rate_hz, called, past
        self._clock = clock
        self._pings: deque[tuple[int, int]] = deque(maxlen=8)
        self._told: dict[str, Message] = {}
        self._telling: dict[str, Message] = {}
        self._past = b""
        self._notes: deque[Message] = deque(maxlen=WAITING_NOTES)
        self._waiting = Waiting(newest_only=rate_hz is not None)
        self._work = asyncio.Event()
        self._pace = Pace()
        self._moved = asyncio.Event()
        self._keys: frozenset[str] = frozenset()
        self._asked = asyncio.Event()
        self.over = asyncio.Event()

    def tell(self, kind: str, message: Message) -> None:
        """Say something that holds until it is said anew; what was said already is not repeated."""
        if self._told.get(kind) != message:
            self._told[kind] = self._telling[kind] = message
            self._work.set()

    def begin(self, past: list[bytes]) -> None:
        """Queue what comes before the first block: the last seconds."""
        self._past = b"".join(past) if self.past else b""
        self._work.set()

    def note(self, message: Message) -> None:
        """Pass an announcement on; what is marked and what comes late is of the past."""
        if self.past:
            self._notes.append(message)
            self._work.set()

    def offer(self, batch: Batch) -> None:
        """Queue new blocks; never blocks, and never makes the queue longer than it may be."""
        self._waiting.put(batch)
        self._work.set()

    def add(self, extras: Iterable[Extra]) -> None:
        """Queue rows of columns that it asked for."""
        self._waiting.add(extras)
        self._work.set()

    def want(self, keys: Iterable[str]) -> None:
        """Want these columns, and no others, for the page."""
        self._keys = frozenset(keys)
        self._asked.set()

    async def wanted_columns(self) -> frozenset[str]:
        """Return what it wants, whenever that is something else."""
        await self._asked.wait()
        self._asked.clear()
        return self._keys

    def ping(self, t1_us: int) -> None:
        """Note a ping, which is answered with the next messages."""
        self._pings.append((t1_us, _now_us()))
        self._work.set()

    def handled(self, count: int) -> None:
        """Note that the page has handled so many messages."""
        self._pace.handled(count, self._clock())
        self._moved.set()

    def sent(self) -> None:
        """Count a message that went out."""
        self._pace.sent(self._clock())

    async def take(self) -> list[Message]:
        """Return all that waits, as soon as there is anything and the page is not behind, in the order of sending."""
        while self._pace.full:
            self._moved.clear()
            await self._moved.wait()
        await self._work.wait()
        self._work.clear()
        messages: list[Message] = [
            json_text({"type": "pong", "t1_us": t1, "t2_us": t2, "t3_us": _now_us()}) for t1, t2 in self._pings
        ]
        messages += [*self._telling.values(), self._past, *self._notes, self._waiting.take()]
        self._past = b""
        for emptied in (self._pings, self._telling, self._notes):
            emptied.clear()
        return [message for message in messages if message]


def _now_us() -> int:
    return time.time_ns() // 1000
