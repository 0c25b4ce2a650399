"""What the last nights of retention and archiving did, as this process knows it: no page waits to be told."""

from __future__ import annotations

import asyncio
import logging

from barograph.errors import StorageAway
from barograph.store.cold.port import ColdState
from barograph.store.ports import Archive
from barograph.store.retention import DAY_US
from barograph.store.retention_rules import Outcome, Rule

EVERY_S = 30.0
LATE_US = DAY_US + DAY_US // 4  # a run that began so long ago had a successor, if anything runs it
log = logging.getLogger("barograph.dashboard")


class LastNight:
    """Asks the archive now and then: how many rules there are, what the newest runs did, what is in cold storage."""

    def __init__(self, archive: Archive | None = None) -> None:
        self._archive = archive
        self.rules = 0
        self.outcome: Outcome | None = None
        self.archived: Outcome | None = None
        self.cold, self.cold_rules = ColdState(), tuple[Rule, ...]()
        self.teams: dict[str, str] = {}

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Ask once; while the archive is away what is known stays."""
        if self._archive is None:
            return
        try:
            self.rules = len((await self._archive.retention.rules()).rules)
            self.outcome = await self._archive.retention.last()
            self.archived = await self._archive.archiving.last()
            self.cold_rules = tuple((await self._archive.archiving.rules()).rules)
            self.teams = {team.uid: team.name for team in await self._archive.roster.teams()} if self.cold_rules else {}
            self.cold = await self._archive.cold.state()
        except StorageAway as error:
            log.debug("retention: what the last night did is not known: %s", error)

    def trouble(self, now_us: int) -> str:
        """Return what is wrong with the nightly run, "" for nothing."""
        last = self.outcome
        if not self.rules or last is None:
            return ""
        if now_us - last.began_us <= LATE_US:
            return ""
        ended = "The last night of retention did not end" if not last.ended_us else "Retention has not run for a day"
        return f"{ended}, and no other night began: nothing is erased. Start barograph summaries --keep, or look why."
