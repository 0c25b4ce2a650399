"""A cohort: which athletes somebody is compared with, and who of a lab belongs to it.

Sessions of another kind, or of another kind of sensor, never belong to one: their numbers are not comparable. Who is
compared is no part of the band, for nobody is unusual beside himself.

Terms: cohort (docs/glossary.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from barograph.bounds import KIND, SEXES, check_text
from barograph.errors import InvalidData
from barograph.layout_values import shown

Age = tuple[int, int]  # whole years, both ends included
OLDEST = 130
AGES = ("0-17", "18-25", "26-35", "36-50", "51-")
SENSOR = 500  # characters
WOMEN = {"F": ("women", "girls"), "M": ("men", "boys"), "X": ("neither women nor men", "neither girls nor boys")}
_AGE = re.compile(r"(\d{1,3})-(\d{1,3})?", re.ASCII)


class Person(Protocol):
    """What a cohort asks of an athlete; a record of the roster, or a line of its list."""

    @property
    def sex(self) -> str:
        """F, M, X, or "" where nobody said."""
        ...

    @property
    def sport(self) -> str:
        """A sport, "" where nobody said."""
        ...

    def years(self, day: str) -> float | None:
        """Return the age on a day; None where nobody said."""
        ...


def age_range(text: object) -> Age | None:
    """Return the whole years of `18-25` or `51-`, both ends included; None for "", else `InvalidData`."""
    if text == "":
        return None
    found = _AGE.fullmatch(text) if isinstance(text, str) else None
    if found is None or not int(found[1]) <= (last := int(found[2] or OLDEST)) <= OLDEST:
        expected = f"years as 18-25, or 51- without an end, at most {OLDEST}"
        raise InvalidData(f"age: expected {expected}, got {shown(text)}", field="age")
    return int(found[1]), last


def age_text(age: Age | None) -> str:
    """Return what `age_range` reads."""
    return "" if age is None else f"{age[0]}-{age[1] if age[1] < OLDEST else ''}"


def same_text(one: str, other: str) -> bool:
    """Return whether two texts are one but for case and blanks."""
    return _key(one) == _key(other)


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


@dataclass(frozen=True)
class Cohort:
    """Which sessions of whom: one kind of session, one kind of sensor, and people by sex, age and sport ("": any)."""

    kind: str
    sensor: str
    sex: str = ""
    age: Age | None = None
    sport: str = ""

    def __post_init__(self) -> None:
        check_text("kind", self.kind, KIND)
        check_text("sensor", self.sensor, SENSOR)
        check_text("sport", self.sport, KIND)
        if self.sex not in SEXES:
            raise InvalidData(f"sex: expected one of F, M, X or nothing, got {shown(self.sex)}", field="sex")
        if self.age is not None:
            age_range(age_text(self.age))

    @property
    def people(self) -> str:
        """Who belongs to it, in words; "" for everybody."""
        young = self.age is not None and self.age[1] < 18
        return ", ".join(text for text in (WOMEN[self.sex][young] if self.sex else "", years_said(self.age), self.sport)
                         if text)  # fmt: skip

    @property
    def said(self) -> str:
        """Who and what belongs to it, in words."""
        return ", ".join(text for text in (self.people, self.kind, self.sensor) if text)

    def refused(self, person: Person, day: str) -> str:
        """Return why an athlete does not belong to it on a day, "" for one who does; "no …" where nobody said it."""
        if self.sex and self.sex != person.sex:
            return "of another sex" if person.sex else "no sex in the record"
        if self.sport and not same_text(self.sport, person.sport):
            return "of another sport" if person.sport else "no sport in the record"
        if self.age is None:
            return ""
        if not day:
            return "no date of the session"
        years = person.years(day)
        if years is None:
            return "no date of birth"
        return "" if self.age[0] <= int(years) <= self.age[1] else "of another age"


def years_said(age: Age | None) -> str:
    """Return years in words: `18–25 years`; "" for any."""
    if age is None:
        return ""
    first, last = age
    if last == OLDEST:
        return f"{first} years and older"
    return f"up to {last} years" if not first else f"{first}–{last} years"


@dataclass(frozen=True)
class Member:
    """What is asked of a session: whose it is, its kind, the kind of its sensors, and its day ("": not known)."""

    athlete: str
    kind: str
    sensor: str
    day: str


@dataclass(frozen=True)
class Admitted:
    """Which sessions belong to a cohort, by their place in the list that was asked about, and who is not in it.

    `lacking` counts athletes by what nobody said of them, `nobodys` sessions that belong to no athlete of the roster.
    `part` says whether somebody of `without` would have belonged to it.
    """

    places: tuple[int, ...] = ()
    lacking: Mapping[str, int] = field(default_factory=dict)
    nobodys: int = 0
    part: bool = False

    @property
    def left_out(self) -> str:
        """Return who is not in it for want of data, in words; "" where nobody is."""
        said = [f"{n} {'athlete' if n == 1 else 'athletes'}, {why}" for why, n in sorted(self.lacking.items())]
        said += [f"{self.nobodys} {'session' if self.nobodys == 1 else 'sessions'} of no athlete of the roster"] * bool(
            self.nobodys
        )
        return "; ".join(said)


def admitted(
    cohort: Cohort, people: Mapping[str, Person], sessions: Sequence[Member], without: Collection[str] = ()
) -> Admitted:
    """Return which sessions belong to a cohort; `without` are athletes who are compared with it."""
    places, nobodys, part = [], 0, False
    lacking: dict[str, str] = {}
    inside: set[str] = set()
    for place, one in enumerate(sessions):
        if one.kind != cohort.kind or one.sensor != cohort.sensor:
            continue
        person = people.get(one.athlete) if one.athlete else None
        if person is None:
            nobodys += 1
            continue
        why = cohort.refused(person, one.day)
        if one.athlete in without:
            part = part or not why
        elif not why:
            places.append(place)
            inside.add(one.athlete)
        elif why.startswith("no "):
            lacking[one.athlete] = why
    counts = Counter(why for name, why in lacking.items() if name not in inside)
    return Admitted(tuple(places), dict(counts), nobodys, part)
