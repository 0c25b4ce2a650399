"""Athletes and teams: the records; what the rooms ask of a roster is `barograph.store.roster_port`.

An athlete is a record with a `uid` of its own; a workout belongs to a uid, and what a device or a person wrote as the
athlete's name stays with the workout as text. Where such a text is exactly one athlete's name, short id or alias, the
workout is that athlete's; else it waits as a `Proposal` until a person says whose it is. No text makes an athlete.

A day is a calendar day as people write it, `2026-05-14`; a moment is µs since 1970, UTC.

Terms: athlete, proposal (docs/glossary.md).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from barograph import bounds
from barograph.bounds import SEXES, SIDES, WITHIN
from barograph.days import YEARS, check_day
from barograph.errors import InvalidData, Refused
from barograph.store.goals import Goal
from barograph.texts import require_text, require_whole
from barograph.times import day_us

if TYPE_CHECKING:
    from barograph.store.roster_port import Roster

Kind = Literal["mass_kg", "height_cm", "leg_left_cm", "leg_right_cm"]
LENGTHS = ("height_cm", "leg_left_cm", "leg_right_cm")  # what the stiffness of a runner's leg is made of
ConsentState = Literal["given", "declined", "withdrawn"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[ConsentState, ...] = get_args(ConsentState)
FIRST_US, LAST_US = day_us(f"{YEARS[0]}-01-01"), day_us(f"{YEARS[1] + 1}-01-01")
DAYS_OF_A_YEAR = 365.2425
LONG = ("measurements", "involved", "consents", "goals", "notes")
CHANGE_TRIES = 10
_SHORT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


def text_key(text: str | None) -> str:
    """Return what two spellings of one name have in common: composed, in one case, one blank between words."""
    composed = unicodedata.normalize("NFC", " ".join((text or "").split()))
    return unicodedata.normalize("NFC", composed.casefold())


def check_number(field: str, value: object, what: str) -> float:
    """Return a number within what people have (`bounds.WITHIN`), else `InvalidData`."""
    low, high = WITHIN[what]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidData(f"{field}: expected a number, got {str(value)[:40]!r}", field=field)
    if not low < value < high:
        raise InvalidData(f"{field}: expected above {low:g} and below {high:g}, got {value:g}", field=field)
    return float(value)


def _check_choice(field: str, value: object, choices: Collection[str]) -> None:
    if value not in choices:
        offered = ", ".join(one for one in choices if one) + (" or nothing" if "" in choices else "")
        raise InvalidData(f"{field}: expected {offered}, got {str(value)[:40]!r}", field=field)


def check_short_id(value: object) -> str:
    """Return a short id, as `a-0012` or a code of the lab's own; else `InvalidData`."""
    text = bounds.check_text("short_id", value, 32)
    if not _SHORT_ID.fullmatch(text):
        raise InvalidData(
            f"short_id: expected 1 to 32 of a-z, 0-9, '.', '_' and '-', as a-0012, got {text!r}", field="short_id"
        )
    return text


@dataclass(frozen=True)
class Measurement:
    """A length or a mass of an athlete, when it was measured, and with what."""

    kind: Kind
    value: float
    t_us: int
    source: str = ""

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, KINDS)
        object.__setattr__(self, "value", check_number(self.kind, self.value, self.kind))
        if not FIRST_US <= require_whole("t_us", self.t_us) < LAST_US:
            raise InvalidData(f"t_us: expected a time from {YEARS[0]} to {YEARS[1]}, got {self.t_us}", field="t_us")
        bounds.check_text("source", self.source, bounds.REASON)


@dataclass(frozen=True)
class Age:
    """Years of age on a day, of somebody whose date of birth is not known."""

    years: float
    day: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", check_number("age", self.years, "age"))
        if not check_day("age_day", self.day):
            raise InvalidData("age_day: expected the day on which the age held, got ''", field="age_day")


@dataclass(frozen=True)
class Involved:
    """The side that is injured or was operated on, what of it, since when, and until when where that is over."""

    side: str
    since: str = ""
    until: str = ""
    what: str = ""

    def __post_init__(self) -> None:
        _check_choice("involved", self.side, SIDES)
        _check_span("involved", self.since, self.until)
        bounds.check_text("involved_what", self.what, bounds.REASON)


@dataclass(frozen=True)
class Consent:
    """What an athlete consented to, declined or withdrew, on which day, until when, and who wrote it down.

    `form` names the sheet that was signed. Of one `what` the newest statement counts.
    """

    what: str
    day: str
    until: str = ""
    by: str = ""
    state: ConsentState = "given"
    form: str = ""

    def __post_init__(self) -> None:
        bounds.check_text("consent", self.what, bounds.REASON, 1)
        if not self.day:
            raise InvalidData("consent_day: expected the day of the consent, got ''", field="consent_day")
        _check_span("consent", self.day, self.until, "consent_day")
        bounds.check_text("consent_by", self.by, bounds.ATHLETE)
        bounds.check_text("consent_form", self.form, bounds.REASON)
        _check_choice("consent_state", self.state, STATES)

    def holds(self, day: str) -> bool:
        """Return whether it is a consent on a day, by this statement alone."""
        return self.state == "given" and self.day <= day and (not self.until or day <= self.until)


def _check_span(name: str, since: str, until: str, first: str = "") -> None:
    first = first or f"{name}_since"
    check_day(first, since)
    check_day(f"{name}_until", until)
    if since and until and until < since:
        raise InvalidData(f"{name}_until: expected {since} or later, got {until}", field=f"{name}_until")


@dataclass(frozen=True)
class Team:
    """A group of athletes; its name is no other team's."""

    uid: str
    name: str
    notes: str = ""
    created_us: int = 0

    def __post_init__(self) -> None:
        require_text("uid", self.uid)
        bounds.check_text("team", self.name, bounds.TEAM)
        if not text_key(self.name):
            raise InvalidData("team: expected a name, got nothing", field="team")
        bounds.check_notes("notes", self.notes)


def years_on(born: str, age: Age | None, day: str) -> float | None:
    """Return the age on a day by a date of birth or a part of it, else by an age that was said; None without either."""
    if born:
        parts = [int(part) for part in born.split("-")]
        now = [int(part) for part in day.split("-")]
        return float(now[0] - parts[0] - (now[1 : len(parts)] < parts[1:]))
    if age is not None:
        gone = (date.fromisoformat(day) - date.fromisoformat(age.day)).days / DAYS_OF_A_YEAR
        return age.years + gone
    return None


def consented_of(consents: Sequence[Consent], what: str, day: str) -> Consent | None:
    """Return the statement that counts for something on a day; of one day, what refuses counts."""
    said = [one for one in consents if text_key(one.what) == text_key(what) and one.day <= day]
    return max(said, key=lambda one: (one.day, one.state != "given"), default=None)


def standing_of(consents: Sequence[Consent], day: str) -> tuple[Consent, ...]:
    """Return what counts on a day, one statement for each thing, in the order in which they came up."""
    whats = dict.fromkeys(text_key(one.what) for one in consents if one.day <= day)
    return tuple(one for what in whats if (one := consented_of(consents, what, day)) is not None)


@dataclass(frozen=True)
class Athlete:
    """Who is measured. The record holds what is known now, and all that was ever measured.

    `born` is a date of birth or a part of it (`2002`), `age` stands for it where only that is known. `teams` are uids
    of teams, `aliases` other texts that a person said are this athlete, `merged` the uids of records that were found
    to be the same person. `revision` counts changes: who writes says which one was read.
    """

    name: str
    uid: str = ""
    short_id: str = ""
    sex: str = ""
    born: str = ""
    age: Age | None = None
    dominant: str = ""
    involved: tuple[Involved, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    teams: tuple[str, ...] = ()
    sport: str = ""
    shoe: str = ""
    notes: str = ""
    consents: tuple[Consent, ...] = ()
    goals: tuple[Goal, ...] = ()
    aliases: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    created_us: int = 0
    changed_us: int = 0
    revision: int = 0

    def __post_init__(self) -> None:
        for uid in (self.uid, *self.teams, *self.merged):
            require_text("uid", uid)
        bounds.check_text("name", self.name, bounds.ATHLETE)
        if not text_key(self.name):
            raise InvalidData("name: expected a name, got nothing", field="name")
        if self.short_id:
            check_short_id(self.short_id)
        _check_choice("sex", self.sex, SEXES)
        check_day("born", self.born, part=True)
        _check_choice("dominant", self.dominant, ("", *SIDES))
        bounds.check_text("sport", self.sport, bounds.KIND)
        bounds.check_text("shoe", self.shoe, bounds.KIND)
        bounds.check_notes("notes", self.notes)
        for text in self.aliases:
            bounds.check_text("aliases", text, bounds.ATHLETE, 1)
        for name, most in bounds.OF_AN_ATHLETE.items():
            if len(getattr(self, name)) > most:
                raise InvalidData(f"{name}: expected at most {most}, got {len(getattr(self, name))}", field=name)
        object.__setattr__(self, "measurements", tuple(sorted(self.measurements, key=lambda one: one.t_us)))
        object.__setattr__(self, "consents", tuple(sorted(self.consents, key=lambda one: one.day)))

    @property
    def uids(self) -> tuple[str, ...]:
        """All uids that stand for this athlete, its own first."""
        return (self.uid, *self.merged)

    @property
    def lengths(self) -> tuple[Measurement, ...]:
        """Return the measurements that tables of runs are made with."""
        return tuple(one for one in self.measurements if one.kind in LENGTHS)

    @property
    def keys(self) -> frozenset[str]:
        """What a text is compared with: name, short id and aliases, as `text_key` has them."""
        return frozenset(map(text_key, (self.name, self.short_id, *self.aliases))) - {""}

    def latest(self, kind: Kind, before_us: int | None = None) -> Measurement | None:
        """Return the newest measurement of a kind, or the newest up to a moment."""
        known = (one for one in self.measurements if one.kind == kind and (before_us is None or one.t_us <= before_us))
        return max(known, key=lambda one: one.t_us, default=None)

    def years(self, day: str) -> float | None:
        """Return the age on a day, whole years of a birthday that is known; None when nobody said."""
        return years_on(self.born, self.age, day)

    def involved_on(self, day: str) -> Involved | None:
        """Return what is involved on a day, the newest of it."""
        now = [one for one in self.involved if one.since <= day and (not one.until or day <= one.until)]
        return max(now, key=lambda one: one.since, default=None)

    def consented(self, what: str, day: str) -> Consent | None:
        """Return the statement that counts for something on a day; of one day, what refuses counts."""
        return consented_of(self.consents, what, day)

    def standing_consents(self, day: str) -> tuple[Consent, ...]:
        """Return what counts on a day, one statement for each thing, in the order in which they came up."""
        return standing_of(self.consents, day)

    def in_brief(self) -> Athlete:
        """Return the record without what grows with time (`LONG`)."""
        return replace(self, measurements=(), involved=(), consents=(), goals=(), notes="")

    def without_name(self) -> Athlete:
        """Return the record for eyes that names are hidden from: the short id, and of the birth the year."""
        return replace(self, name=self.short_id or "athlete", aliases=(), notes="", born=self.born[:4])


@dataclass(frozen=True)
class Proposal:
    """A text that devices or persons said as an athlete, which is no athlete's or several's, and its workouts.

    `candidates` are uids of athletes that it may be. `workouts` are names, the newest first, the first few of `count`.
    """

    uid: str
    text: str
    count: int
    workouts: tuple[str, ...]
    first_us: int
    last_us: int
    candidates: tuple[str, ...] = ()
    dismissed: bool = False


async def change(roster: Roster, uid: str, edit: Callable[[Athlete], Athlete], *, now_us: int) -> Athlete:
    """Change an athlete as `edit` says; where others change it at the same moment, the edit is made on theirs."""
    for left in reversed(range(CHANGE_TRIES)):
        try:
            return await roster.put(edit(await roster.athlete(uid)), now_us=now_us)
        except Refused as refused:
            if refused.code != "changed" or not left:
                raise
    raise AssertionError("unreachable")


def changed_meanwhile(athlete: Athlete) -> Refused:
    """Return the refusal of a change to a record that somebody else changed since it was read."""
    sentence = f"{athlete.short_id}: somebody changed this athlete meanwhile; look at it again, then change it"
    return Refused("changed", sentence, field="revision")
