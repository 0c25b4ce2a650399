"""What a principal may do to a stored workout, and how they are shown it: the decision, with what it has to know.

Who may do a verb to whatever it may be is let through without a look at the archive. For all others the workout and the
teams of its athlete are read. One that may not be seen is `NotFound`, in the words, with the questions to the archive
and so in the time of one that there is not; one that may be seen, but not so changed, is `AccessDenied`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from barograph.access.acting import actor
from barograph.access.principals import Principal
from barograph.access.readings import by_reason_alone, of_another, readings_of
from barograph.access.remembered import MOMENT_S, Remembered
from barograph.access.rights import NOBODYS, Kind, Resource, Verb, decide, names_shown, of_workout, possible, visible
from barograph.errors import AccessDenied, InvalidData, NotFound
from barograph.store.ports import Archive, Workout
from barograph.store.roster import Athlete
from barograph.store.scope import Scope


@dataclass(frozen=True)
class People:
    """Who is in which team, and what athletes are called where names are hidden; of one moment."""

    athletes: dict[str, Athlete]
    members: dict[str, set[str]]

    def teams(self, athlete: str) -> tuple[str, ...]:
        """Return the teams of an athlete; none of one that is not known."""
        known = self.athletes.get(athlete)
        return known.teams if known else ()

    def short_id(self, athlete: str) -> str | None:
        """Return what an athlete is called where names are hidden."""
        known = self.athletes.get(athlete)
        return known.short_id if known else None


def unknown(workout_id: str) -> NotFound:
    """Return the error of a workout that is not stored, and of one that may not be seen."""
    return NotFound(f"{workout_id}: no such workout is stored")


class Sight:
    """Decides over one archive, for whomever this is done for (`barograph.access.acting`)."""

    def __init__(self, archive: Archive, clock: Callable[[], float] = time.monotonic) -> None:
        self._archive = archive
        self._people: Remembered[str, People] = Remembered(MOMENT_S, 1, clock)

    async def people(self) -> People:
        """Return who is in which team, not older than a second."""
        if (known := self._people.get("")) is not None:
            return known
        asked_s = self._people.now_s()
        athletes: dict[str, Athlete] = {}
        members: dict[str, set[str]] = {}
        for one in await self._archive.roster.athletes(brief=True):
            athletes |= dict.fromkeys(one.uids, one)
            for team in one.teams:
                members.setdefault(team, set()).update(one.uids)
        return self._people.keep("", People(athletes, members), asked_s)

    async def scope(self, verb: Verb = "read", kind: Kind = "workout") -> Scope:
        """Return the workouts to which this may be done, as a filter of lists; what a reason opens is written down."""
        who = actor()
        if verb == "read":
            await self.noted("list", Resource(kind))
        if decide(who, verb, Resource(kind)):
            return visible(who, verb, {}, kind)
        return visible(who, verb, (await self.people()).members, kind)

    async def require(self, verb: Verb, workout_id: str, kind: Kind = "workout") -> None:
        """Raise `NotFound` or `AccessDenied` where this may not be done to a workout."""
        if verb == "export" or not self.unlimited(verb, kind):
            await self.look(verb, workout_id, kind)

    async def sees(self, workout_id: str) -> bool:
        """Return whether a workout may be seen."""
        try:
            await self.require("read", workout_id)
        except NotFound:
            return False
        return True

    def unlimited(self, verb: Verb, kind: Kind = "workout") -> bool:
        """Return whether this may be done to whatever it may be."""
        who = actor()
        return not who.reason and decide(who, verb, Resource(kind))

    async def look(self, verb: Verb, workout_id: str, kind: Kind = "workout") -> Workout:
        """Return a workout to which this may be done, as it is stored, or raise."""
        who, workout = actor(), await self._found(workout_id)
        people = await self.people()
        if workout is None:
            raise unknown(workout_id)
        what = of_workout(workout, people.teams(workout.athlete_uid))
        if decide(who, verb, replace(what, kind=kind)):
            await self.noted(verb, replace(what, kind=kind))
            return workout
        if decide(who, "read", what):
            raise AccessDenied(f"{workout_id}: {said(who)} may look at this workout, and not {verb} it")
        raise unknown(workout_id)

    async def noted(self, verb: Verb | Literal["list"], what: Resource) -> None:
        """Write down what is about to be taken out or erased, and what one does to somebody else's; lists for a reason.

        An athlete who looks at their own leaves no entry, and neither do the owner and devices.
        """
        who = actor()
        reading: Verb = "read" if verb == "list" else verb
        if verb in ("export", "erase") or of_another(who, verb, what) or by_reason_alone(who, reading, what):
            await readings_of(self._archive).note(who, verb, what.kind, what.uid, what.athlete or "")

    def possible(self, verb: Verb, kind: Kind = "workout") -> bool:
        """Return whether there may be something to which this may be done."""
        return possible(actor(), verb, kind)

    async def called(self, workout_id: str) -> Callable[[str | None], str | None]:
        """Return how the athlete of a workout is called for whoever watches it: by name, or by short id; or raise."""
        if self.unlimited("read", "live"):
            return as_named
        workout = await self.look("read", workout_id, "live")
        shown = await self.shown_live(workout)
        return as_named if shown is workout else lambda _name: shown.about.athlete

    async def require_new(self, workout_id: str, verb: Verb = "import") -> None:
        """Raise where no workout of this name may be made: it is there and not theirs, or they may make none.

        Who may make none is told the same of every name that they do not see. Who may is told of a name that is taken
        by what they do not see that it cannot be used, as of one that no workout can have; and it is written down.
        """
        if self.unlimited(verb):
            return
        try:
            await self.look(verb, workout_id)
        except NotFound as error:
            if not decide(actor(), verb, Resource("workout", athlete=NOBODYS)):
                raise AccessDenied(f"{workout_id}: {said(actor())} may make no workout") from error
            if (taken := await self._found(workout_id)) is None:
                return
            who, readings = actor(), readings_of(self._archive)
            await readings.note(who, "try a name", "workout", taken.uid, taken.athlete_uid)
            told = f"workout_id: expected another name, {workout_id!r} cannot be used"
            raise InvalidData(told, field="workout_id") from None

    async def shown(self, workout: Workout) -> Workout:
        """Return a workout as it is shown: with its athlete's short id in place of the name, where names are hidden."""
        who = actor()
        if decide(who, "read", Resource("workout")) and names_shown(who, Resource("workout")):
            return workout
        people = await self.people()
        if names_shown(who, of_workout(workout, people.teams(workout.athlete_uid))):
            return workout
        return nameless(workout, people)

    async def shown_live(self, workout: Workout) -> Workout:
        """Return a workout as its live picture is shown."""
        people = await self.people()
        what = replace(of_workout(workout, people.teams(workout.athlete_uid)), kind="live")
        return workout if names_shown(actor(), what) else nameless(workout, people)

    async def shown_all(self, workouts: Sequence[Workout], scope: Scope) -> list[Workout]:
        """Return a list that the archive filtered by a scope, as it is shown."""
        if scope.names:
            return list(workouts)
        people = await self.people()
        return [nameless(one, people) for one in workouts]

    async def _found(self, workout_id: str) -> Workout | None:
        try:
            return await self._archive.workout(workout_id)
        except NotFound:
            return None


def as_named(name: str | None) -> str | None:
    """Return a name as it is."""
    return name


def nameless(workout: Workout, people: People) -> Workout:
    """Return a workout with its athlete's short id in place of the name, or with nothing."""
    return replace(workout, about=replace(workout.about, athlete=people.short_id(workout.athlete_uid)))


def said(who: Principal) -> str:
    """Return how a sentence speaks of somebody."""
    return "this link" if who.kind == "share" else "this account"
