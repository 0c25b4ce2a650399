"""The roster of an archive in this process's memory: what `Roster` means, in the fewest lines."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from barograph import bounds
from barograph.bounds import check_count
from barograph.errors import NotFound
from barograph.store.memory.test_days import MemoryTestDays
from barograph.store.merging import folded
from barograph.store.records import About, Workout
from barograph.store.roster import Athlete, Proposal, Team, changed_meanwhile, text_key
from barograph.store.roster_list import RosterEntry, SessionNamed, SessionsOf, entry_of, tested_once_more
from barograph.store.roster_rules import (
    WORKOUTS_NAMED,
    check_athlete,
    no_athlete,
    proposal_uid,
    require_no_workouts,
    require_said,
    short_id_taken,
    team_taken,
    with_alias,
)
from barograph.store.scope import EVERYTHING, Scope
from barograph.texts import require_text, texts_checked


@texts_checked
class MemoryRoster:
    """The roster port over dictionaries; `workouts` are those of the catalogue, and are changed here too."""

    def __init__(self, workouts: dict[str, Workout]) -> None:
        self._workouts = workouts
        self._athletes: dict[str, Athlete] = {}
        self._into: dict[str, str] = {}
        self._short_ids: set[str] = set()
        self._teams: dict[str, Team] = {}
        self._dismissed: set[str] = set()
        self._count = 0
        self.test_days = MemoryTestDays()
        self.begun: Callable[[str], int | None] = lambda _workout_id: None  # when the first frame of a workout was
        self.moved: Callable[[Collection[str], str], None] = lambda gone, kept: None

    async def add_team(self, name: str, *, now_us: int, notes: str = "") -> Team:
        """Make a team."""
        check_count("team", "teams", len(self._teams), bounds.TEAMS)
        return self._keep_team(Team(uuid.uuid4().hex, name, notes, now_us))

    async def put_team(self, team: Team) -> Team:
        """Replace what is said of a team."""
        return self._keep_team(replace(team, created_us=self._team(team.uid).created_us))

    def _keep_team(self, team: Team) -> Team:
        if any(text_key(one.name) == text_key(team.name) and one.uid != team.uid for one in self._teams.values()):
            raise team_taken(team.name)
        self._teams[team.uid] = team
        return team

    def _team(self, uid: str) -> Team:
        if uid not in self._teams:
            raise NotFound(f"team: no team {uid[:40]} is stored")
        return self._teams[uid]

    async def remove_team(self, uid: str) -> None:
        """Take a team away, and from its athletes."""
        del self._teams[self._team(uid).uid]
        for one in self._athletes.values():
            if uid in one.teams:
                teams = tuple(team for team in one.teams if team != uid)
                self._athletes[one.uid] = replace(one, teams=teams, revision=one.revision + 1)

    async def teams(self) -> list[Team]:
        """Return all teams in the order of their names."""
        return sorted(self._teams.values(), key=lambda one: text_key(one.name))

    async def add(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Keep a new athlete."""
        check_athlete(athlete, self._teams, now_us)
        check_count("athlete", "athletes", len(self._athletes), bounds.ATHLETES)
        made = replace(
            athlete, uid=uuid.uuid4().hex, short_id=athlete.short_id or self._new_short_id(), merged=(),
            created_us=now_us, changed_us=now_us, revision=1,
        )  # fmt: skip
        return self._keep(made)

    def _new_short_id(self) -> str:
        while True:
            self._count += 1
            if (short_id := f"a-{self._count:04d}") not in self._short_ids:
                return short_id

    def _keep(self, athlete: Athlete) -> Athlete:
        before = self._athletes.get(athlete.uid)
        old = before.short_id if before else None
        if athlete.short_id != old and athlete.short_id in self._short_ids:
            raise short_id_taken(athlete.short_id)
        self._short_ids -= {old or ""}
        self._short_ids.add(athlete.short_id)
        self._athletes[athlete.uid] = athlete
        if before is not None and before.lengths != athlete.lengths:
            self._remeasured(athlete.uid)
        return athlete

    def _remeasured(self, uid: str) -> None:
        """Count an edit of all workouts of an athlete, as tables of runs hang on leg and height."""
        for name, one in list(self._workouts.items()):
            if one.athlete_uid == uid:
                self._workouts[name] = replace(one, edits=one.edits + 1)

    async def put(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Replace an athlete's record, where it is the revision that was read."""
        known = self._athlete(athlete.uid)
        check_athlete(athlete, {*self._teams, *known.teams}, now_us)
        if known.uid != athlete.uid or known.revision != athlete.revision:
            raise changed_meanwhile(athlete)
        return self._change(known, athlete, now_us)

    def _change(self, known: Athlete, athlete: Athlete, now_us: int) -> Athlete:
        fixed: dict[str, Any] = {"created_us": known.created_us, "changed_us": now_us, "revision": known.revision + 1}
        return self._keep(replace(athlete, short_id=athlete.short_id or known.short_id, **fixed))

    def _athlete(self, uid: str) -> Athlete:
        while uid in self._into:
            uid = self._into[uid]
        if uid not in self._athletes:
            raise no_athlete(uid)
        return self._athletes[uid]

    async def remove(self, uid: str) -> None:
        """Take away an athlete to whom no workout belongs."""
        athlete = self._athlete(uid)
        require_no_workouts(athlete, sum(one.athlete_uid in athlete.uids for one in self._workouts.values()))
        await self.test_days.forget(athlete.uids)
        self.take(athlete.uid)

    def take(self, uid: str) -> None:
        """Take a record away, where there is one."""
        if (athlete := self._athletes.pop(uid, None)) is not None:
            self._short_ids.discard(athlete.short_id)

    async def athlete(self, uid: str) -> Athlete:
        """Return one athlete, also by a uid that was merged into it."""
        return self._athlete(uid)

    async def athletes(self, scope: Scope | None = None, *, brief: bool = False) -> list[Athlete]:
        """Return all athletes, or those that may be seen, in the order of their names."""
        scope = scope or EVERYTHING
        found = [one for one in self._athletes.values() if scope.everything or scope.athletes & set(one.uids)]
        found = [one.in_brief() for one in found] if brief else found
        shown = found if scope.names else [one.without_name() for one in found]
        return sorted(shown, key=lambda one: (text_key(one.name), one.short_id))

    async def entries(self, teams: Collection[str] | None = None) -> list[RosterEntry]:
        """Return what a list shows of all athletes, or of those of any of these teams."""
        found = [one for one in self._athletes.values() if teams is None or set(teams) & set(one.teams)]
        return [entry_of(one) for one in sorted(found, key=lambda one: (text_key(one.name), one.short_id))]

    async def tested(self, uids: Collection[str] | None = None) -> dict[str, SessionsOf]:
        """Return how often and when athletes were tested."""
        found: dict[str, SessionsOf] = {}
        for one in self._workouts.values():
            if one.athlete_uid and (uids is None or one.athlete_uid in uids):
                begun_us, known = self.begun(one.workout_id), found.get(one.athlete_uid)
                at_us = one.created_us if begun_us is None else begun_us
                found[one.athlete_uid] = tested_once_more(known, at_us, one.workout_id, one.about.kind or "")
        return found

    async def sessions(self, uids: Collection[str] | None = None) -> dict[str, list[SessionNamed]]:
        """Return uid and kind of every session of athletes."""
        found: dict[str, list[SessionNamed]] = {}
        for one in self._workouts.values():
            if one.athlete_uid and (uids is None or one.athlete_uid in uids):
                found.setdefault(one.athlete_uid, []).append(SessionNamed(one.uid, one.about.kind or ""))
        return found

    async def match(self, text: str) -> list[Athlete]:
        """Return the athletes that a text may be."""
        return self.matching(text)

    def matching(self, text: str | None) -> list[Athlete]:
        """Return the same at once."""
        found = [one for one in self._athletes.values() if text_key(text) in one.keys]
        return sorted(found, key=lambda one: (text_key(one.name), one.short_id))

    def owner_of(self, text: str | None) -> str:
        """Return the uid of the one athlete that a text is, else ""."""
        found = self.matching(text)
        return found[0].uid if len(found) == 1 else ""

    def described(self, workout: Workout, about: About) -> Workout:
        """Return a workout of which something else is said; whose it is changes with its text, and else stays."""
        if text_key(about.athlete) == text_key(workout.about.athlete):
            return replace(workout, about=about)
        return replace(workout, about=about, athlete_uid=self.owner_of(about.athlete))

    async def merge(self, kept: str, other: str, *, now_us: int) -> Athlete:
        """Make two records of one person one."""
        into, gone = self._athlete(kept), self._athlete(other)
        if other in into.merged:
            return into
        one = self._change(into, folded(into, gone, now_us), now_us)
        del self._athletes[gone.uid]
        self._into[gone.uid] = into.uid
        self.moved(gone.uids, into.uid)
        await self.test_days.move(gone.uids, into.uid)
        for workout in self._workouts.values():
            if workout.athlete_uid in gone.uids:
                self._workouts[workout.workout_id] = replace(workout, athlete_uid=into.uid)
        return one

    async def proposals(self, *, dismissed: bool = False) -> list[Proposal]:
        """Return texts that wait for a person, or those that were dismissed."""
        waiting: dict[str, list[Workout]] = {}
        for workout in sorted(self._workouts.values(), key=lambda one: (one.created_us, one.workout_id), reverse=True):
            if not workout.athlete_uid and (key := text_key(workout.about.athlete)):
                waiting.setdefault(key, []).append(workout)
        return [self._proposal(key, of) for key, of in waiting.items() if (key in self._dismissed) is dismissed]

    def _proposal(self, key: str, workouts: Sequence[Workout]) -> Proposal:
        return Proposal(
            proposal_uid(key), workouts[0].about.athlete or "", len(workouts),
            tuple(one.workout_id for one in workouts[:WORKOUTS_NAMED]), workouts[-1].created_us, workouts[0].created_us,
            tuple(one.uid for one in self.matching(key)), key in self._dismissed,
        )  # fmt: skip

    async def confirm(self, text: str, uid: str, *, now_us: int) -> int:
        """Give the waiting workouts of a text to an athlete."""
        known = self._athlete(uid)
        athlete = with_alias(known, text)
        if athlete is not known:
            self._change(known, athlete, now_us)
        self._dismissed.discard(text_key(text))
        waiting = [
            one
            for one in self._workouts.values()
            if not one.athlete_uid and text_key(one.about.athlete) == text_key(text)
        ]
        for one in waiting:
            self._workouts[one.workout_id] = replace(one, athlete_uid=athlete.uid)
        return len(waiting)

    async def dismiss(self, text: str, *, now_us: int) -> None:
        """Ask no more about a text."""
        require_said(text)
        self._dismissed.add(text_key(text))

    async def assign(self, workout_ids: Sequence[str], uid: str) -> int:
        """Say whose workouts these are."""
        owner = self._athlete(uid).uid if uid else ""
        names = [require_text("workout_id", name) for name in workout_ids]
        there = [name for name in dict.fromkeys(names) if name in self._workouts]
        for name in there:
            self._workouts[name] = replace(self._workouts[name], athlete_uid=owner)
        return len(there)
