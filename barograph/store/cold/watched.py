"""A place of cold storage that answers in time, or says that it does not: a disk that hangs holds up nothing else.

After a question that had no answer in time, others are refused at once for `AGAIN_S`: a page that asks for ten sessions
does not wait ten times. Questions that take their time by nature (a list of all files) are not watched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from barograph.errors import FramesAway
from barograph.settings import Settings
from barograph.store.cold.places import Place, place_of

AGAIN_S = 5.0
T = TypeVar("T")


class Watched:
    """A place, each of whose answers is waited for `most_s` seconds at most."""

    def __init__(self, inner: Place, most_s: float) -> None:
        self.inner, self._most_s = inner, most_s
        self._away_until_s, self._why = 0.0, ""

    @property
    def said(self) -> str:
        """How people are told of it."""
        return self.inner.said

    async def begin(self, *, new: bool) -> None:
        """Check that files can be put here."""
        await self._answer(self.inner.begin(new=new))

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file durably."""
        await self._answer(self.inner.put(name, data))

    async def get(self, name: str) -> bytes:
        """Return a file."""
        return await self._answer(self.inner.get(name))

    async def names(self, folder: str = "") -> dict[str, int]:
        """Return names and sizes of the files in a folder, or of all."""
        asked = self.inner.names(folder)
        return await (self._answer(asked) if folder else asked)

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        await self._answer(self.inner.remove(names))

    async def _answer(self, asked: Coroutine[Any, Any, T]) -> T:
        if time.monotonic() < self._away_until_s:
            asked.close()
            raise FramesAway(self._why)
        try:
            async with asyncio.timeout(self._most_s):
                return await asked
        except TimeoutError as error:
            self._why = f"cold storage {self.said} does not answer: nothing for {self._most_s:.0f} s"
            self._away_until_s = time.monotonic() + AGAIN_S
            raise FramesAway(self._why) from error


def watched(settings: Settings) -> Watched | None:
    """Return the place that the settings name, which answers in time; None where they name none."""
    place = place_of(settings)
    return None if place is None else Watched(place, 2 * settings.storage_timeout_s)
