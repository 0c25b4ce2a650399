"""What other processes said last, read from the archive now and then, for the metrics: tables of sessions, and backups.

A number is NaN before anything was said, and while the archive does not answer.
"""

from __future__ import annotations

import asyncio
import logging
import math
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from barograph.errors import StorageAway
from barograph.store.backups import BackupState
from barograph.store.ports import Archive
from barograph.store.summaries import SummariesState
from ingest.metrics import Metrics

SUMMARIES_EVERY_S, BACKUPS_EVERY_S = 15.0, 30.0

log = logging.getLogger("barograph.ingest")

S = TypeVar("S")


class Look(ABC, Generic[S]):
    """What was said last of `about`; None where it is not known."""

    def __init__(self, archive: Archive, about: str, every_s: float) -> None:
        self._archive, self._about, self._every_s = archive, about, every_s
        self._state: S | None = None

    @abstractmethod
    async def _said(self) -> S | None:
        """Ask the archive."""

    async def look(self) -> None:
        """Read it once."""
        try:
            self._state = await self._said()
        except StorageAway as error:
            self._state = None
            log.debug("%s: not known: %s", self._about, error)

    async def run(self) -> None:
        """Read it for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._every_s)


class SummariesLook(Look[SummariesState]):
    """How far the worker is that keeps tables of sessions."""

    def __init__(self, archive: Archive, metrics: Metrics) -> None:
        super().__init__(archive, "summaries", SUMMARIES_EVERY_S)
        metrics.watch(
            summaries_current=lambda: self._read("current"),
            summaries_waiting=lambda: self._read("waiting"),
            summaries_failed=lambda: self._read("failed"),
            summaries_seen_seconds=lambda: self._read("at_us") / 1e6,
        )

    async def _said(self) -> SummariesState | None:
        return await self._archive.summaries.state()

    def _read(self, name: str) -> float:
        return math.nan if self._state is None else float(getattr(self._state, name))


class BackupsLook(Look[BackupState]):
    """How old the newest backup is, how large, and how many failed since."""

    def __init__(self, archive: Archive, metrics: Metrics) -> None:
        super().__init__(archive, "backups", BACKUPS_EVERY_S)
        metrics.watch(
            backup_seconds=lambda: self._read("at_us") / 1e6,
            backup_bytes=lambda: self._read("size"),
            backup_failures=lambda: math.nan if self._state is None else float(self._state.failures),
        )

    async def _said(self) -> BackupState | None:
        return await self._archive.backup_state()

    def _read(self, name: str) -> float:
        return math.nan if self._state is None or not self._state.at_us else float(getattr(self._state, name))
