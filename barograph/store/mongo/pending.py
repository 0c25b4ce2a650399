"""Which migrations wait for a database; nothing is written by asking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from barograph.store.mongo.driver import driver, shut
from barograph.store.mongo.migrations import MIGRATIONS, require_known


class Pending:
    """A look at the version of a database."""

    def __init__(self, url: str, database: str, timeout_s: float) -> None:
        self._client = driver(url, timeout_s)
        self._db = self._client[database]

    def close(self) -> None:
        """Give back the connection."""
        shut(self._client)

    async def version(self) -> int:
        """Return the version of what is stored, or `SettingsError` of a newer program's."""
        return await require_known(self._db)

    async def steps(self) -> list[str]:
        """Return what each migration that waits does, in order."""
        return [(one.__doc__ or one.__name__).partition("\n")[0] for one in MIGRATIONS[await self.version() :]]


@asynccontextmanager
async def pending(url: str, database: str, timeout_s: float) -> AsyncIterator[Pending]:
    """Provide a look at the version of a database."""
    look = Pending(url, database, timeout_s)
    try:
        yield look
    finally:
        look.close()
