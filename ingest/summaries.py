"""How far the worker is that keeps tables of sessions: read from the archive now and then, for the metrics."""

from __future__ import annotations

import asyncio
import logging
import math

from barograph.errors import StorageAway
from barograph.store.ports import Archive
from barograph.store.summaries import SummariesState
from ingest.metrics import Metrics

LOOK_EVERY_S = 15.0

log = logging.getLogger("barograph.ingest")


class SummariesLook:
    """What the worker said last; NaN before it ever said something, and while the archive does not answer."""

    def __init__(self, archive: Archive, metrics: Metrics) -> None:
        self._archive = archive
        self._state: SummariesState | None = None
        metrics.watch(
            summaries_current=lambda: self._read("current"),
            summaries_waiting=lambda: self._read("waiting"),
            summaries_failed=lambda: self._read("failed"),
            summaries_seen_seconds=lambda: self._read("at_us") / 1e6,
        )

    def _read(self, name: str) -> float:
        return math.nan if self._state is None else float(getattr(self._state, name))

    async def look(self) -> None:
        """Read it once."""
        try:
            self._state = await self._archive.summaries.state()
        except StorageAway as error:
            self._state = None
            log.debug("summaries: not known: %s", error)

    async def run(self) -> None:
        """Read it for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)
