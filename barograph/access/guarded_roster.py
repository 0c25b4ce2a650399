"""The roster as doors get it: athletes and teams that may be seen, and changes by whoever may make them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from barograph.access.acting import actor
from barograph.access.rights import NOBODYS, Resource, Verb, decide, names_shown
from barograph.errors import AccessDenied
from barograph.store.roster import Athlete, Proposal, Team, text_key
from barograph.store.roster_list import RosterEntry, SessionNamed, SessionsOf
from barograph.store.roster_port import Roster
from barograph.store.roster_rules import no_athlete
from barograph.store.scope import Scope

if TYPE_CHECKING:
    from barograph.access.sight import Sight


def of_athlete(athlete: Athlete) -> Resource:
    """Return a record of the roster as a resource."""
    return Resource("athlete", athlete.uid, athlete.uid, frozenset(athlete.teams))


def of_entry(entry: RosterEntry) -> Resource:
    """Return a line of the roster's list as a resource."""
    return Resource("athlete", entry.uid, entry.uid, frozenset(entry.teams))


class GuardedRoster:
    """A roster over another one; see `Roster`."""

    def __init__(self, roster: Roster, sight: Sight) -> None:
        self._roster, self._sight = roster, sight

    # --- reading

    async def athlete(self, uid: str) -> Athlete:
        """Return one athlete who may be seen, or `NotFound`."""
        found = await self._roster.athlete(uid)
        if not decide(actor(), "read", of_athlete(found)):
            raise no_athlete(uid)
        await self._sight.noted("read", of_athlete(found))
        return found if names_shown(actor(), of_athlete(found)) else found.without_name()

    async def athletes(self, scope: Scope | None = None, *, brief: bool = False) -> list[Athlete]:
        """Return all athletes who may be seen, without names where those are hidden."""
        await self._sight.noted("list", Resource("athlete"))
        who, found = actor(), await self._roster.athletes(scope, brief=brief)
        seen = [one for one in found if decide(who, "read", of_athlete(one))]
        return [one if names_shown(who, of_athlete(one)) else one.without_name() for one in seen]

    async def entries(self, teams: Collection[str] | None = None) -> list[RosterEntry]:
        """Return what a list shows of athletes who may be seen, without names where those are hidden."""
        who = actor()
        if not decide(who, "read", Resource("athlete")):  # not of whomever it may be: of these teams alone
            mine = who.teams | who.granted
            teams = mine if teams is None else mine & set(teams)
        seen = [(one, of_entry(one)) for one in await self._roster.entries(teams)]
        may = [(one, what) for one, what in seen if decide(who, "read", what)]
        return [one if names_shown(who, what) else one.without_name() for one, what in may]

    async def tested(self, uids: Collection[str] | None = None) -> dict[str, SessionsOf]:
        """Return how often and when athletes who may be seen were tested."""
        return await self._roster.tested(await self._seen(uids))

    async def sessions(self, uids: Collection[str] | None = None) -> dict[str, list[SessionNamed]]:
        """Return uid and kind of every session of athletes who may be seen."""
        return await self._roster.sessions(await self._seen(uids))

    async def _seen(self, uids: Collection[str] | None) -> Collection[str] | None:
        """Those of these athletes who may be seen; None for everybody."""
        who = actor()
        if decide(who, "read", Resource("athlete")):
            return uids
        people = await self._sight.people()
        wanted = people.athletes if uids is None else uids
        return [uid for uid in wanted
                if decide(who, "read", Resource("athlete", uid, uid, frozenset(people.teams(uid))))]  # fmt: skip

    async def teams(self) -> list[Team]:
        """Return the teams that may be seen."""
        who, found = actor(), await self._roster.teams()
        return [one for one in found if decide(who, "read", Resource("team", one.uid, teams=frozenset({one.uid})))]

    async def match(self, text: str) -> list[Athlete]:
        """Return the athletes whom a text may name; where names are hidden, by short id alone."""
        found = [one for one in await self._roster.match(text) if decide(actor(), "read", of_athlete(one))]
        named = [one for one in found if names_shown(actor(), of_athlete(one))]
        rest = (one for one in found if one not in named and text_key(one.short_id) == text_key(text))
        return [*named, *(one.without_name() for one in rest)]

    async def proposals(self, *, dismissed: bool = False) -> list[Proposal]:
        """Return texts that wait for a person; for whoever may say whose a workout is."""
        self._require_unowned()
        return await self._roster.proposals(dismissed=dismissed)

    # --- changing

    async def add_team(self, name: str, *, now_us: int, notes: str = "") -> Team:
        """Make a team."""
        self._require("administer", Resource("team"))
        return await self._roster.add_team(name, now_us=now_us, notes=notes)

    async def put_team(self, team: Team) -> Team:
        """Replace what is said of a team."""
        self._require("administer", Resource("team"))
        return await self._roster.put_team(team)

    async def remove_team(self, uid: str) -> None:
        """Take a team away."""
        self._require("administer", Resource("team"))
        await self._roster.remove_team(uid)

    async def add(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Keep a new athlete, in teams of one's own."""
        self._require("describe", of_athlete(athlete))
        return await self._roster.add(athlete, now_us=now_us)

    async def put(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Replace an athlete's record, before and after it one that may be described."""
        await self._require_athlete("describe", athlete.uid)
        self._require("describe", of_athlete(athlete))
        return await self._roster.put(athlete, now_us=now_us)

    async def remove(self, uid: str) -> None:
        """Take an athlete away."""
        await self._require_athlete("erase", uid)
        await self.note_erasure(uid)
        await self._roster.remove(uid)

    async def merge(self, kept: str, other: str, *, now_us: int) -> Athlete:
        """Make two records of one person one, both of which may be described."""
        for uid in (kept, other):
            await self._require_athlete("describe", uid)
        return await self._roster.merge(kept, other, now_us=now_us)

    async def confirm(self, text: str, uid: str, *, now_us: int) -> int:
        """Give the waiting workouts of a text to an athlete."""
        self._require_unowned()
        await self._require_athlete("describe", uid)
        return await self._roster.confirm(text, uid, now_us=now_us)

    async def dismiss(self, text: str, *, now_us: int) -> None:
        """Ask no more about a text."""
        self._require_unowned()
        await self._roster.dismiss(text, now_us=now_us)

    async def assign(self, workout_ids: Sequence[str], uid: str) -> int:
        """Say whose workouts these are, each of which may be described."""
        for workout_id in workout_ids:
            await self._sight.require("describe", workout_id)
        if uid:
            await self._require_athlete("describe", uid)
        return await self._roster.assign(workout_ids, uid)

    async def erasable(self, text: str) -> str:
        """Return the uid of an athlete who may be erased, by uid or short id; `NotFound` of one not to be seen."""
        named = [one for one in await self._roster.match(text) if one.short_id == text]
        uid = named[0].uid if named else text
        await self._require_athlete("erase", uid)
        return uid

    def erases_everybody(self) -> bool:
        """Return whether who asks may erase any athlete."""
        return bool(decide(actor(), "erase", Resource("athlete")))

    async def note_erasure(self, uid: str) -> None:
        """Write down in the log that an athlete is about to be erased."""
        await self._sight.noted("erase", Resource("athlete", uid, uid))

    def require_described(self, athlete: Athlete) -> None:
        """Raise where an athlete may be seen and not described: whoever tests them describes what was recorded."""
        self._require("describe", of_athlete(athlete))

    def _require(self, verb: Verb, what: Resource) -> None:
        if not decide(actor(), verb, what):
            raise AccessDenied(f"{what.kind}: this account may not {verb} it")

    def _require_unowned(self) -> None:
        self._require("describe", Resource("workout", athlete=NOBODYS))

    async def _require_athlete(self, verb: Verb, uid: str) -> None:
        found = await self._roster.athlete(uid)
        if decide(actor(), verb, of_athlete(found)):
            return
        if decide(actor(), "read", of_athlete(found)):
            raise AccessDenied(f"athlete: this account may not {verb} it")
        raise no_athlete(uid)
