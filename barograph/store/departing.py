"""Erasing an athlete whole: what is to be done, step by step, by whichever process may do which step.

A `Departure` is noted first; from then on the athlete is erased, whoever is killed meanwhile. Each step may be done
again, so any process goes on where another one ended: the one that was asked, the dashboard, and the ingest, which does
all but what stands under names. The record goes first, so that no device records for the athlete any more; then
sessions, one after the other, by the one way in which sessions are erased; then the athlete's place in test days; then
keys. After that the receipt is written. What lands late is swept, and then the departure itself is forgotten: what
stays is a receipt, and random ids in the audit log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from barograph.errors import BarographError
from barograph.store.audit import Event, now_us
from barograph.store.departures import Departure
from barograph.store.erasing import forget
from barograph.store.ports import Archive, Live
from barograph.store.receipts import Receipt

EVERY_S = 5.0
AFTER_S = 15.0  # whoever was asked to erase is left alone with it so long
SWEPT_AFTER_S = 30.0
Progress = Callable[[int, int], None]
log = logging.getLogger("barograph")


async def depart(
    archive: Archive, live: Live | None, one: Departure, progress: Progress | None = None
) -> Receipt | None:
    """Do all that this process may of an erasure; return the receipt, None where another process has to go on.

    `StorageAway`: it goes on when it is done again. A feed that does not answer, or is not known here, is emptied by
    the ingest that sweeps.
    """
    departures, done = archive.departures, 0
    taken = await departures.record(one, now_us())
    while sessions := await departures.sessions(one):
        for session in sessions:
            await forget(live, await departures.erase(session))
            done += 1
            if progress is not None:
                progress(done, done + len(sessions) - 1 - sessions.index(session))
    await archive.test_days.forget(one.uids)
    if not taken:
        return None
    receipt = await departures.finish(one)
    said = Event(verb="erase", kind="receipt", uid=receipt.uid, reason=f"sha256 {receipt.hash}", how="erasing")
    await archive.audit.write(said, now_us())
    await departures.close(one, now_us())
    return receipt


async def go_on(archive: Archive, live: Live, *, after_s: float, swept_after_s: float = SWEPT_AFTER_S) -> None:
    """Go on with erasures that somebody began and did not end, and sweep those that ended."""
    for one in await archive.departures.waiting(_before(after_s)):
        if (receipt := await depart(archive, live, one)) is not None:
            log.info("an erasure that was interrupted is done", extra={"receipt": receipt.uid})
    await archive.departures.sweep(_before(max(swept_after_s, archive.grace_s)))


class Departing:
    """Goes on with erasures as long as it runs; `then` is awaited after each look, to drop what is kept in memory."""

    def __init__(self, archive: Archive, live: Live, then: Callable[[], Awaitable[None]] | None = None) -> None:
        self._archive, self._live, self._then = archive, live, then

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Go on with what there is; what cannot be done now is said, and tried again."""
        try:
            await go_on(self._archive, self._live, after_s=AFTER_S)
            if self._then is not None:
                await self._then()
        except BarographError as error:
            log.warning("an erasure waits, and goes on later: %s", error)


def _before(seconds: float) -> int:
    return now_us() - round(seconds * 1e6)
