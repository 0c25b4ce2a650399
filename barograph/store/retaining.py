"""The nightly run of retention: once a day over all processes, after two at night, and whenever the machine is on then.

A run is claimed for its day before anything is done, and what it did is noted at its end; so a run that was ended in
the middle, or whose archive went away, goes on in the next night, which says so. The first run, and one after a pause
of more than `PAUSE_DAYS`, counts and erases nothing: whoever set a rule or a clock wrongly has a day to see it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from barograph.errors import BarographError
from barograph.store.audit import Event
from barograph.store.ports import Archive
from barograph.store.records import Server
from barograph.store.retention import DAY_US, carry_out, due
from barograph.store.retention_rules import Outcome, Retention, Rules

EVERY_S = 300.0
HOUR = 2
PAUSE_DAYS = 3
log = logging.getLogger("barograph.retention")


class ArchiveWithClock(Archive, Protocol):
    """An archive whose server says what time it is."""

    async def server(self) -> Server:
        """Return what the server says of itself."""
        ...


def wall_us() -> int:
    """Return this machine's time in µs since 1970."""
    return time.time_ns() // 1000


class Nightly:
    """Runs retention once a day as long as it runs itself."""

    def __init__(
        self, archive: ArchiveWithClock, retention: Retention, idle_s: float, clock: Callable[[], int] = wall_us
    ) -> None:
        self._archive, self._retention, self._idle_s, self._clock = archive, retention, idle_s, clock

    async def run(self) -> None:
        """Look every few minutes whether it is time."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> Outcome | None:
        """Do the run of this day where it is time and nobody has; return what it did."""
        now_us = self._clock()
        at = datetime.fromtimestamp(now_us / 1e6).astimezone()
        rules = await self._retention.rules()
        if at.hour < HOUR or not rules.rules:
            return None
        claimed, before = await self._retention.claim(Outcome(f"{at:%Y-%m-%d}", now_us))
        if not claimed:
            return None
        if before is not None and not before.ended_us:
            log.warning("retention: the run of %s did not end; this one goes on", before.day)
        return await self.once(rules, Outcome(f"{at:%Y-%m-%d}", now_us), before)

    async def once(self, rules: Rules, begun: Outcome, before: Outcome | None) -> Outcome:
        """Erase what is over, or count it after a pause; say so in the log, the audit log and the archive."""
        now_us = await self.now_us()
        found = await due(self._archive, rules, now_us, self._idle_s)
        paused = before is None or not 0 <= begun.began_us - before.began_us <= PAUSE_DAYS * DAY_US
        if paused:
            ready = sum(not one.why for one in found)
            why = "the first night, or one after a pause or another time, only counts"
            outcome = replace(begun, counted=ready, why=why)
        else:
            outcome = await carry_out(
                self._archive, self._archive.audit, found, rules, begun,
                now_us=now_us, idle_s=self._idle_s, current=self._revision,
            )  # fmt: skip
        outcome = replace(outcome, ended_us=max(1, self._clock()))
        said = Event(verb="retain", kind="system", reason=outcome.words(), how="retention")
        await self._archive.audit.write(said, self._clock())
        await self._retention.note(outcome)
        log.info("retention of %s: %s", outcome.day, outcome.words())
        return outcome

    async def now_us(self) -> int:
        """Return the earlier one of this machine's and MongoDB's time."""
        return min(self._clock(), (await self._archive.server()).t_us)

    async def _revision(self) -> int:
        return (await self._retention.rules()).revision


async def keep_running(nightly: Nightly) -> None:
    """Run it; a fault of one night is said, and does not end what runs beside it."""
    while True:
        try:
            await nightly.run()
        except BarographError as error:
            log.warning("retention stopped, and goes on in the next night: %s", error)
            await asyncio.sleep(EVERY_S)
