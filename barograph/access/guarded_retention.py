"""Rules of retention as doors get them: for whoever administers, and each change of them is written down."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from barograph.access.acting import actor
from barograph.access.rights import Resource, decide
from barograph.errors import AccessDenied
from barograph.store.retention import change_of
from barograph.store.retention_rules import Outcome, Retention, Rules

if TYPE_CHECKING:
    from barograph.store.ports import Archive


class GuardedRetention:
    """Rules of retention, or of archiving, over those of an archive; see `Retention`."""

    def __init__(self, archive: Archive, which: Literal["retention", "archiving"] = "retention") -> None:
        self._archive, self._which = archive, which

    @property
    def _port(self) -> Retention:
        return self._archive.retention if self._which == "retention" else self._archive.archiving

    def _require(self) -> None:
        if not decide(actor(), "administer", Resource("system")):
            raise AccessDenied(f"{self._which}: this account may not say how long sessions are kept")

    async def rules(self) -> Rules:
        """Return the rules."""
        self._require()
        return await self._port.rules()

    async def put(self, rules: Rules) -> Rules:
        """Replace the rules, where they are the revision that was read, else `Refused`; the entry stands before."""
        self._require()
        event = change_of(replace(rules, revision=rules.revision + 1), self._which)
        await self._archive.audit.write(event, time.time_ns() // 1000)
        return await self._port.put(rules)

    async def claim(self, begun: Outcome) -> tuple[bool, Outcome | None]:
        """Begin the run of a day where nobody has; with what the run before did."""
        self._require()
        return await self._port.claim(begun)

    async def note(self, outcome: Outcome) -> None:
        """Keep what the run of a day did."""
        self._require()
        await self._port.note(outcome)

    async def last(self) -> Outcome | None:
        """Return what the newest run did."""
        self._require()
        return await self._port.last()
