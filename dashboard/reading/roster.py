"""What the roster reads: who is shown, how often they were tested, and the counts above the list."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barograph.access.acting import actor
from barograph.access.principals import Principal
from barograph.access.rights import NOBODYS, Resource, Verb, decide, names_shown
from barograph.store.ports import Archive
from barograph.store.roster import Team
from barograph.store.roster_list import (
    RosterCounts,
    RosterEntry,
    RosterQuery,
    SessionsOf,
    counted_roster,
    listed,
)
from dashboard.reading.result_cache import ResultCache

REMEMBERED_S = 10.0  # how long sessions of all athletes are remembered: who was tested meanwhile counts after that
MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Found:
    """A part of the list, how many match in all, and sessions of those in the part."""

    entries: Sequence[RosterEntry]
    total: int
    tested: Mapping[str, SessionsOf]


@dataclass(frozen=True)
class Overview:
    """What stands above the list."""

    counts: RosterCounts
    teams: Sequence[Team] = ()
    proposals: int | None = None  # None for whoever may not confirm any
    may_describe: bool = False
    may_export: bool = False
    names: bool = True


@dataclass(frozen=True)
class RosterReading:
    """Reads the roster of one archive for whomever this is done for."""

    archive: Archive
    cache: ResultCache = field(default_factory=lambda: ResultCache(MOST_BYTES))

    async def tested(self) -> Mapping[str, SessionsOf]:
        """Return sessions of all athletes who may be seen, not older than `REMEMBERED_S`."""
        name = ("tested", int(time.monotonic() / REMEMBERED_S))
        found: Mapping[str, SessionsOf] = await self.cache.get(name, self.archive.roster.tested)
        return found

    async def found(self, query: RosterQuery, start: int, stop: int) -> Found:
        """Return a part of the list; sessions are looked up of those who are in it, unless the order needs all."""
        entries = await self.archive.roster.entries()
        everybody = await self.tested() if query.needs_sessions else {}
        chosen = listed(entries, query, everybody)
        part = chosen[start:stop]
        tested = everybody if query.needs_sessions else await self.archive.roster.tested([one.uid for one in part])
        return Found(part, len(chosen), tested)

    async def overview(self, now_us: int) -> Overview:
        """Return counts and what may be done."""
        roster = self.archive.roster
        entries, teams, who = await roster.entries(), await roster.teams(), actor()
        counts = counted_roster(entries, await self.tested(), now_us)
        unowned = decide(who, "describe", Resource("workout", athlete=NOBODYS))
        waiting = len(await roster.proposals()) if unowned else None
        named = names_shown(who, Resource("athlete", teams=who.teams | who.granted))
        return Overview(counts, teams, waiting, may(who, "describe"), may(who, "export"), named)


def may(who: Principal, verb: Verb) -> bool:
    """Return whether there may be an athlete to whom somebody may do this."""
    teams = who.teams | who.granted
    return decide(who, verb, Resource("athlete")) or (
        bool(teams) and decide(who, verb, Resource("athlete", teams=teams))
    )
