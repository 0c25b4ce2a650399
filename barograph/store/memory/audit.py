"""The audit log in this process's memory: what the port means, in the fewest lines."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from barograph.store.audit import PART, Entry, Event, following


class MemoryAudit:
    """The audit port over a list; nothing waits, so that each entry is one step."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    async def write(self, event: Event, now_us: int) -> Entry:
        """Add an entry."""
        self._entries.append(following(self._entries[-1] if self._entries else None, event, now_us))
        return self._entries[-1]

    async def entries(self, *, after: int = 0, limit: int = PART, athlete: str | None = None) -> list[Entry]:
        """Return entries behind a sequence number, oldest first."""
        found = (one for one in self._entries if one.seq > after and athlete in (None, one.athlete))
        return list(found)[:limit]

    async def latest(self, athletes: Collection[str], *, before: int | None = None, limit: int = PART) -> list[Entry]:
        """Return entries of what is of some athletes, the newest first."""
        found = (one for one in reversed(self._entries) if one.athlete in athletes and (not before or one.seq < before))
        return list(islice(found, limit))

    async def last(self) -> Entry | None:
        """Return the newest entry."""
        return self._entries[-1] if self._entries else None
