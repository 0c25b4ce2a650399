"""A timed trial ends though no page looks: this process looks which test days have something due, and what goes.

When that is seen changes no moment of a trial: those follow from the server's clock. Several processes may do it, and
after a restart of all servers the first look finds what was due meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time

from barograph.access.acting import ITSELF, acting
from barograph.errors import BarographError, StorageAway
from barograph.store.ports import Archive
from barograph.store.test_day_held import Erase, let_go
from barograph.store.test_day_settling import settled

EVERY_S = 2.0
HELD_EVERY_S = 60.0
log = logging.getLogger("barograph.dashboard")


class Keeper:
    """Does what is due of the test days of an archive, which is not guarded; `erase` erases a workout."""

    def __init__(self, stored: Archive, erase: Erase, held_s: float, every_s: float = EVERY_S) -> None:
        self._stored, self._erase, self._held_s, self._every_s = stored, erase, held_s, every_s

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        held_at_s = time.monotonic()
        while True:
            try:
                await self.look()
                if time.monotonic() - held_at_s >= HELD_EVERY_S:
                    held_at_s = time.monotonic()
                    await self.let_go()
            except StorageAway:
                log.debug("test days: the archive does not answer; what is due is done later")
            await asyncio.sleep(self._every_s)

    async def look(self) -> int:
        """Do what is due now, and return of how many days."""
        now_us = time.time_ns() // 1000
        due = await self._stored.test_days.due(now_us)
        for day_id in due:
            try:
                await settled(self._stored, day_id, now_us)
            except StorageAway:
                raise
            except BarographError as error:
                log.warning("test day %s: what is due could not be done: %s", day_id, error)
        return len(due)

    async def let_go(self) -> list[str]:
        """Erase what devices sent and no trial has claimed, when that was long ago, and return of which workouts."""
        with acting(ITSELF):
            gone = await let_go(self._stored, self._erase, self._held_s, time.time_ns() // 1000)
        for workout_id in gone:
            log.info("%s: nothing came for %g s; what no trial has claimed is erased", workout_id, self._held_s)
        return gone
