"""The rules of retention and what the last run did, in this process's memory."""

from __future__ import annotations

from dataclasses import replace

from barograph.store.retention_rules import Outcome, Rules, changed


class MemoryRetention:
    """The port of retention over two values."""

    def __init__(self) -> None:
        self._rules, self._run = Rules(), Outcome("", 0)

    async def rules(self) -> Rules:
        """Return the rules."""
        return self._rules

    async def put(self, rules: Rules) -> Rules:
        """Replace the rules, where they are the revision that was read, else `Refused`."""
        if rules.revision != self._rules.revision:
            raise changed()
        self._rules = replace(rules, revision=rules.revision + 1)
        return self._rules

    async def claim(self, begun: Outcome) -> tuple[bool, Outcome | None]:
        """Begin the run of a day where nobody has; with what the run before did."""
        before = await self.last()
        if before is not None and before.day == begun.day:
            return False, None
        self._run = begun
        return True, before

    async def note(self, outcome: Outcome) -> None:
        """Keep what the run of a day did."""
        if outcome.day == self._run.day:
            self._run = outcome

    async def last(self) -> Outcome | None:
        """Return what the newest run did."""
        return self._run if self._run.day else None
