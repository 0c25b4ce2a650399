"""Rules of retention as doors get them: for whoever administers, and each change of them is written down."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from barograph.access.acting import actor
from barograph.access.rights import Resource, decide
from barograph.errors import AccessDenied
from barograph.store.retention import change_of
from barograph.store.retention_rules import Outcome, Rules

if TYPE_CHECKING:
    from barograph.store.ports import Archive


class GuardedRetention:
    """Retention over that of an archive; see `Retention`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def _require(self) -> None:
        if not decide(actor(), "administer", Resource("system")):
            raise AccessDenied("retention: this account may not say how long sessions are kept")

    async def rules(self) -> Rules:
        """Return the rules."""
        self._require()
        return await self._archive.retention.rules()

    async def put(self, rules: Rules) -> Rules:
        """Replace the rules, where they are the revision that was read, else `Refused`; the entry stands before."""
        self._require()
        event = change_of(replace(rules, revision=rules.revision + 1))
        await self._archive.audit.write(event, time.time_ns() // 1000)
        return await self._archive.retention.put(rules)

    async def claim(self, begun: Outcome) -> tuple[bool, Outcome | None]:
        """Begin the run of a day where nobody has; with what the run before did."""
        self._require()
        return await self._archive.retention.claim(begun)

    async def note(self, outcome: Outcome) -> None:
        """Keep what the run of a day did."""
        self._require()
        await self._archive.retention.note(outcome)

    async def last(self) -> Outcome | None:
        """Return what the newest run did."""
        self._require()
        return await self._archive.retention.last()
