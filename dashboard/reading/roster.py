"""What the roster reads: who is shown, how often they were tested, and the counts above the list."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from analytics.sessions.change import FEWEST_TESTS
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
from dashboard.reading.series import AllSeries, Series, series_of

MASS = "mass"
REMEMBERED_S = 10.0  # how long sessions of all athletes are remembered: who was tested meanwhile counts after that
MOST_BYTES = 16 << 20
MOST_SERIES = 10_000


@dataclass(frozen=True)
class Found:
    """A part of the list, how many match in all, and sessions of those in the part.

    `changes` and `loads` (the last 7 and 28 days) are of athletes of whom they are known.
    """

    entries: Sequence[RosterEntry]
    total: int
    tested: Mapping[str, SessionsOf]
    changes: Mapping[str, Series] = field(default_factory=dict)
    loads: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


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
class Columns:
    """What is chosen for the list: a measure, how many of its first tests are the baseline, and a load or ""."""

    measure: str = MASS
    first: int = FEWEST_TESTS
    load: str = ""


USUAL = Columns()


@dataclass(frozen=True)
class RosterReading:
    """Reads the roster of one archive for whomever this is done for."""

    archive: Archive
    cache: ResultCache = field(default_factory=lambda: ResultCache(MOST_BYTES))

    @cached_property
    def series(self) -> AllSeries:
        """Numbers of all sessions."""
        return AllSeries(self.archive)

    async def tested(self) -> Mapping[str, SessionsOf]:
        """Return sessions of all athletes who may be seen, not older than `REMEMBERED_S`."""
        name = ("tested", actor(), int(time.monotonic() / REMEMBERED_S))
        found: Mapping[str, SessionsOf] = await self.cache.get(name, self.archive.roster.tested)
        return found

    async def found(self, query: RosterQuery, start: int, stop: int, shown: Columns = USUAL) -> Found:
        """Return a part of the list; sessions are looked up of those who are in it, unless the order needs all."""
        entries = await self.archive.roster.entries()
        everybody = await self.tested() if query.needs_sessions else {}
        changes = await self.changes(entries, shown)
        loads = self.series.loads(shown.load, query.now_us) if shown.load else {}
        chosen = listed(entries, query, everybody, sizes(changes), {uid: one[-1] for uid, one in loads.items()})
        part = chosen[start:stop]
        tested = everybody if query.needs_sessions else await self.archive.roster.tested([one.uid for one in part])
        return Found(part, len(chosen), tested, changes, loads)

    async def changes(self, entries: Sequence[RosterEntry], shown: Columns) -> Mapping[str, Series]:
        """Return a measure of athletes who may be seen, each beside the own baseline."""
        await self.series.ready()
        if shown.measure != MASS:
            return self.series.changes(shown.measure, shown.first)
        return {one.uid: _of_masses(one.masses, shown.first) for one in entries if one.masses}

    async def overview(self, now_us: int, shown: Columns = USUAL) -> Overview:
        """Return counts and what may be done."""
        roster = self.archive.roster
        entries, teams, who = await roster.entries(), await roster.teams(), actor()
        changes = sizes(await self.changes(entries, shown))
        counts = counted_roster(entries, await self.tested(), now_us, changes)
        unowned = decide(who, "describe", Resource("workout", athlete=NOBODYS))
        waiting = len(await roster.proposals()) if unowned else None
        named = names_shown(who, Resource("athlete", teams=who.teams | who.granted))
        return Overview(counts, teams, waiting, may(who, "describe"), may(who, "export"), named)


@lru_cache(maxsize=MOST_SERIES)
def _of_masses(masses: tuple[tuple[int, float], ...], first: int) -> Series:
    return series_of(masses, first)


def sizes(changes: Mapping[str, Series]) -> dict[str, float]:
    """Return how far athletes are from their baselines, in MDCs; who has none is left out."""
    return {uid: size for uid, one in changes.items() if (size := one.size) is not None}


def may(who: Principal, verb: Verb) -> bool:
    """Return whether there may be an athlete to whom somebody may do this."""
    teams = who.teams | who.granted
    return decide(who, verb, Resource("athlete")) or (
        bool(teams) and decide(who, verb, Resource("athlete", teams=teams))
    )
