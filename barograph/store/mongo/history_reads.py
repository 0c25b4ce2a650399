"""Frames and rollups are read here: of the primary, or of secondaries once they have all that the primary knows.

A secondary may be behind. So a question to one is asked in a session of its own that first asks the primary for its
time; the secondary answers when it has come that far, and never with less than what was said of a stream before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeAlias

from pymongo.read_preferences import SecondaryPreferred

HistoryFrom: TypeAlias = Literal["primary", "secondaries"]


class HistoryReads:
    """Finds documents of `frames` and `rollups`; with `secondaries` it spares the primary that work."""

    def __init__(self, client: Any, database: str, at: HistoryFrom = "primary") -> None:
        self._client, self._apart = client, at == "secondaries"
        self._db = client[database]
        if self._apart:
            self._db = self._db.with_options(read_preference=SecondaryPreferred())

    @asynccontextmanager
    async def find(self, collection: str, *args: Any, **more: Any) -> AsyncIterator[Any]:
        """Give a cursor, as `find` of a collection does, for as long as its session is open."""
        if not self._apart:
            yield self._db[collection].find(*args, **more)
            return
        begun = self._client.start_session(causal_consistency=True)
        # motor's has to be awaited, PyMongo's is there at once.
        async with await begun if hasattr(begun, "__await__") else begun as session:
            await self._client.admin.command("ping", session=session)  # of the primary, whose time it brings
            yield self._db[collection].find(*args, session=session, **more)
