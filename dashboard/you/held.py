"""What is stored of an athlete, and who may see it: read for the athlete themselves, within their own sessions."""

from __future__ import annotations

from dataclasses import dataclass

from barograph.access.principals import Principal
from barograph.errors import NotFound
from barograph.store.accounts import StoredShare, User
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.ports import Archive, Workout
from barograph.store.records import stretches
from barograph.store.roster import Athlete
from barograph.store.scope import Scope

AT_ONCE = 500


@dataclass(frozen=True)
class OfTeam:
    """A team of an athlete, and how many may see the athlete by it."""

    name: str
    scientists: int
    analysts: int


@dataclass(frozen=True)
class Held:
    """All that the page says."""

    athlete: Athlete
    workouts: list[Workout]
    teams: list[OfTeam]
    people: int
    admins: int
    shares: list[StoredShare]
    requests: list[ErasureRequest]

    @property
    def recorded_s(self) -> float:
        """Seconds that were recorded."""
        return sum(length_s(one) for one in self.workouts)

    @property
    def frames(self) -> int:
        """Frames that are stored."""
        return sum(one.frames for one in self.workouts)

    def workout(self, uid: str) -> Workout | None:
        """Return one of the sessions by its uid."""
        return next((one for one in self.workouts if one.uid == uid), None)

    def asked(self, workout: str) -> ErasureRequest | None:
        """Return the open request for a session, or for everything ("")."""
        return next((one for one in self.requests if one.state == "open" and one.workout == workout), None)


def length_s(workout: Workout) -> float:
    """Return how many seconds of a session were recorded."""
    return sum(part.last_us - part.first_us for part in stretches(workout)) / 1e6


async def athlete_of(archive: Archive, who: Principal) -> Athlete | None:
    """Return the record of the athlete who asks, None where the account has none, or it was erased."""
    if not who.athlete:
        return None
    try:
        return await archive.roster.athlete(who.athlete)
    except NotFound:
        return None


async def sessions_of(archive: Archive, athlete: Athlete) -> list[Workout]:
    """Return every session of an athlete, the newest first."""
    scope, found = Scope(athletes=frozenset(athlete.uids), names=True), list[Workout]()
    while len(part := await archive.workouts(limit=AT_ONCE, skip=len(found), scope=scope)) == AT_ONCE:
        found += part
    return found + part


async def held(archive: Archive, athlete: Athlete, who: Principal, now_us: int) -> Held:
    """Read what the page says of an athlete."""
    workouts, users = (
        await sessions_of(archive, athlete),
        [one for one in await archive.accounts.users() if one.enabled],
    )
    names = {one.uid: one.name for one in await archive.roster.teams()}
    teams = [
        OfTeam(names[uid], len(_scientists(users, uid)), len(_analysts(users, uid)))
        for uid in athlete.teams
        if uid in names
    ]
    seers = set().union(*(_scientists(users, uid) | _analysts(users, uid) for uid in athlete.teams))
    requests = [one for uid in athlete.uids for one in await archive.accounts.erasures(uid)]
    mine, own = {one.uid for one in workouts}, set(athlete.teams)
    shares = [
        one for one in await archive.accounts.shares()
        if one.stands(now_us) and (one.workout in mine or one.team in own or (one.user == who.uid))
    ]  # fmt: skip
    admins = sum("admin" in one.roles for one in users)
    return Held(
        athlete, workouts, sorted(teams, key=lambda one: one.name), len(seers - {who.uid}), admins, shares, requests
    )


def _scientists(users: list[User], team: str) -> set[str]:
    return {one.uid for one in users if "scientist" in one.roles and team in one.teams}


def _analysts(users: list[User], team: str) -> set[str]:
    return {one.uid for one in users if "analyst" in one.roles and team in one.granted}
