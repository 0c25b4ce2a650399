"""The roster as a list: of each athlete what a list shows, whom it is narrowed to, and in which order.

A list of a thousand athletes is read in one question, without what grows with time, and without a look at sessions
that nobody asks for: how often and when somebody was tested is another question, of those that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from barograph.errors import InvalidData
from barograph.store.roster import Age, Athlete, Consent, standing_of, text_key, years_on
from barograph.texts import require_text
from barograph.times import day_of, day_us

Show = Literal["all", "changed", "consent", "untested", "teamless"]
RosterSort = Literal["name", "id", "sex", "age", "mass", "height", "consent", "last", "sessions", "change", "load"]
ConsentNow = Literal["given", "declined", "withdrawn", "over", "missing"]
SHOWS: tuple[Show, ...] = get_args(Show)
ROSTER_SORTS: tuple[RosterSort, ...] = get_args(RosterSort)
RECORDING = "record and keep"  # where this was asked, it decides about recording, and nothing else does
ENDING_DAYS, UNTESTED_DAYS = 30, 30
DAY_US = 86_400_000_000
_ASKING: dict[ConsentNow, int] = {"missing": 0, "withdrawn": 1, "declined": 2, "over": 3, "given": 4}


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts of an athlete's consents on a day: its state, for what, and its last day ("": no end was said)."""

    state: ConsentNow
    what: str = ""
    until: str = ""

    def asks(self, day: str) -> bool:
        """Return whether somebody has to ask again: there is no consent, or it ends within `ENDING_DAYS`."""
        return self.state != "given" or (bool(self.until) and self.until <= later(day, ENDING_DAYS))


@dataclass(frozen=True, slots=True)
class SessionsOf:
    """How often an athlete was tested, and the newest session: when it began, its name and kind."""

    sessions: int = 0
    last_us: int | None = None
    workout: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SessionNamed:
    """A session of somebody, by its uid, and of which kind it is."""

    uid: str
    kind: str = ""


UNTESTED = SessionsOf()


def tested_once_more(before: SessionsOf | None, at_us: int, workout: str, kind: str) -> SessionsOf:
    """Return what is known of somebody with one session more; of two at one moment the one of the later name counts."""
    now = before or UNTESTED
    newer = now.last_us is None or (at_us, workout) > (now.last_us, now.workout)
    last = (at_us, workout, kind) if newer else (now.last_us, now.workout, now.kind)
    return SessionsOf(now.sessions + 1, *last)


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """What a list shows of one athlete; mass and height are the newest, `masses` the newest with their times."""

    uid: str
    short_id: str
    name: str
    sex: str = ""
    born: str = ""
    age: Age | None = None
    mass_kg: float | None = None
    height_cm: float | None = None
    masses: tuple[tuple[int, float], ...] = ()
    teams: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    keys: tuple[str, ...] = ()
    sport: str = ""

    def years(self, day: str) -> float | None:
        """Return the age on a day; None when nobody said."""
        return years_on(self.born, self.age, day)

    def consent(self, day: str) -> Standing:
        """Return what counts of the consents on a day."""
        said = standing_of(self.consents, day)
        deciding = [one for one in said if text_key(one.what) == RECORDING] or list(said)
        found = [Standing("over" if one.state == "given" and not one.holds(day) else one.state, one.what, one.until)
                 for one in deciding]  # fmt: skip
        return min(found, key=lambda one: (_ASKING[one.state], one.until or "9"), default=Standing("missing"))

    def without_name(self) -> RosterEntry:
        """Return the entry for eyes that names are hidden from: as `Athlete.without_name`."""
        name = self.short_id or "athlete"
        return replace(self, name=name, born=self.born[:4], keys=(text_key(self.short_id),))


def later(day: str, days: int) -> str:
    """Return the day so many days after another."""
    return day_of(day_us(day) + days * DAY_US)


MOST_MASSES = 12


def entry_of(athlete: Athlete) -> RosterEntry:
    """Return what a list shows of a whole record."""
    mass, height = athlete.latest("mass_kg"), athlete.latest("height_cm")
    weighed = [(one.t_us, one.value) for one in athlete.measurements if one.kind == "mass_kg"]
    return RosterEntry(
        athlete.uid, athlete.short_id, athlete.name, athlete.sex, athlete.born, athlete.age,
        mass.value if mass else None, height.value if height else None, tuple(weighed[-MOST_MASSES:]),
        athlete.teams, athlete.consents, tuple(sorted(athlete.keys)), athlete.sport,
    )  # fmt: skip


@dataclass(frozen=True)
class RosterQuery:
    """Whom a list shows, and in which order. `text` is looked for in name, short id and aliases, without case.

    `team` is a team's uid. Without `names` nothing is found or sorted by a name. `now_us` decides about age, consent
    and who was not tested.
    """

    now_us: int
    text: str = ""
    team: str = ""
    show: Show = "all"
    sort: RosterSort = "name"
    descending: bool = False
    names: bool = True

    def __post_init__(self) -> None:
        for name in ("text", "team"):
            if "\0" in require_text(name, getattr(self, name)):
                raise InvalidData(f"{name}: expected a text without NUL, got {getattr(self, name)[:40]!r}", field=name)
        for name, known in (("show", SHOWS), ("sort", ROSTER_SORTS)):
            if (value := getattr(self, name)) not in known:
                raise InvalidData(f"{name}: expected one of {', '.join(known)}, got {str(value)[:40]!r}", field=name)

    @property
    def day(self) -> str:
        """The day of `now_us`."""
        return day_of(self.now_us)

    @property
    def needs_sessions(self) -> bool:
        """Whether sessions of all athletes have to be known: else those of whom is shown are enough."""
        return self.show == "untested" or self.sort in ("last", "sessions")

    @property
    def plain(self) -> bool:
        """Whether everybody is asked for."""
        return not (self.text or self.team or self.show != "all")


def listed(
    entries: Iterable[RosterEntry], query: RosterQuery, tested: Mapping[str, SessionsOf] | None = None,
    changes: Mapping[str, float] | None = None, loads: Mapping[str, float] | None = None,
) -> list[RosterEntry]:  # fmt: skip
    """Return whom a query asks for, in its order; who has no such value is last, and who ties is in order of name.

    `changes` are distances from the own baseline in MDCs, by uid: beyond 1 somebody has changed. `loads` are what was
    recorded of somebody in the last 28 days.
    """
    seen = entries if query.names else [one.without_name() for one in entries]
    known, moved = tested or {}, changes or {}
    wanted, text = _shown(query, known, moved), text_key(query.text)
    found = [one for one in seen if wanted(one) and any(text in key for key in one.keys)
             and (not query.team or query.team in one.teams)]  # fmt: skip
    found.sort(key=lambda one: (text_key(one.name), one.short_id))
    if query.sort == "name":
        return found[::-1] if query.descending else found
    value = _values(query, known, moved, loads or {})[query.sort]
    there = [one for one in found if value(one) is not None]
    there.sort(key=value, reverse=query.descending)
    return there + [one for one in found if value(one) is None]


def _shown(
    query: RosterQuery, tested: Mapping[str, SessionsOf], changes: Mapping[str, float]
) -> Callable[[RosterEntry], bool]:
    day, before_us = query.day, query.now_us - UNTESTED_DAYS * DAY_US
    rules: dict[Show, Callable[[RosterEntry], bool]] = {
        "all": lambda one: True,
        "changed": lambda one: changes.get(one.uid, 0.0) > 1.0,
        "consent": lambda one: one.consent(day).asks(day),
        "untested": lambda one: untested(tested.get(one.uid, UNTESTED), before_us),
        "teamless": lambda one: not one.teams,
    }
    return rules[query.show]


def untested(tested: SessionsOf, before_us: int) -> bool:
    """Return whether somebody was not tested since a moment."""
    return tested.last_us is None or tested.last_us < before_us


def _values(
    query: RosterQuery, tested: Mapping[str, SessionsOf], changes: Mapping[str, float], loads: Mapping[str, float]
) -> dict[str, Callable[[RosterEntry], Any]]:
    day = query.day
    return {
        "id": lambda one: one.short_id,
        "sex": lambda one: one.sex or None,
        "age": lambda one: one.years(day),
        "mass": lambda one: one.mass_kg,
        "height": lambda one: one.height_cm,
        "consent": lambda one: _consent_order(one.consent(day)),
        "last": lambda one: tested.get(one.uid, UNTESTED).last_us,
        "sessions": lambda one: tested.get(one.uid, UNTESTED).sessions,
        "change": lambda one: changes.get(one.uid),
        "load": lambda one: loads.get(one.uid),
    }


def _consent_order(one: Standing) -> tuple[int, str]:
    """Who has to be asked first: none, refused, over, then by the day on which it ends."""
    return _ASKING[one.state], one.until or "9"


@dataclass(frozen=True)
class RosterCounts:
    """How many there are of whom a list can be narrowed to; `teams` by uid."""

    all: int
    changed: int
    consent: int
    untested: int
    teamless: int
    teams: Mapping[str, int]


def counted_roster(
    entries: Sequence[RosterEntry], tested: Mapping[str, SessionsOf], now_us: int,
    changes: Mapping[str, float] | None = None,
) -> RosterCounts:  # fmt: skip
    """Return how many there are of each."""
    teams: dict[str, int] = {}
    for one in entries:
        for team in one.teams:
            teams[team] = teams.get(team, 0) + 1
    n = {show: sum(map(_shown(RosterQuery(now_us, show=show), tested, changes or {}), entries)) for show in SHOWS}
    return RosterCounts(n["all"], n["changed"], n["consent"], n["untested"], n["teamless"], teams)
