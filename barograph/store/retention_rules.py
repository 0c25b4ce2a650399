"""The rules of retention, what a run of it did, and the port to both.

`barograph.store.mongo.retention` answers with MongoDB, `barograph.store.memory.retention` in this process's memory.
What the rules mean is `barograph.store.retention`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from barograph.bounds import KIND, check_text
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.roster import text_key
from barograph.texts import plural

MOST_DAYS, MOST_RULES = 36_500, 200


@dataclass(frozen=True)
class Rule:
    """After how many `days` sessions of a `kind` and of a `team`, by uid, go; None keeps them, "" stands for any."""

    kind: str = ""
    team: str = ""
    days: int | None = None

    def __post_init__(self) -> None:
        check_text("kind", self.kind, KIND)
        check_text("team", self.team, 64)
        if self.days is not None and (isinstance(self.days, bool) or not 1 <= self.days <= MOST_DAYS):
            raise InvalidData(f"days: expected 1 to {MOST_DAYS}, got {self.days!r}", field="days")

    @property
    def place(self) -> tuple[str, str]:
        """What it is for: of each there is one rule."""
        return text_key(self.kind), self.team

    @property
    def _weight(self) -> tuple[int, float]:
        named = 2 * bool(self.team) + bool(self.kind)
        return named, float("inf") if self.days is None else self.days

    def holds_for(self, kind: str, teams: Collection[str]) -> bool:
        """Return whether it is for sessions of a kind, and of an athlete of these teams."""
        return (not self.kind or text_key(self.kind) == text_key(kind)) and (not self.team or self.team in teams)


@dataclass(frozen=True)
class Rules:
    """All rules of a lab; `revision` counts changes."""

    rules: tuple[Rule, ...] = ()
    revision: int = 0

    def of(self, kind: str, teams: Collection[str]) -> Rule | None:
        """Return the rule that decides about sessions of a kind and of an athlete's teams."""
        holding = [one for one in self.rules if one.holds_for(kind, teams)]
        return max(holding, key=lambda one: one._weight, default=None)

    def with_rule(self, rule: Rule) -> Rules:
        """Return the rules with one more, or with another one in its place."""
        rules = [one for one in self.rules if one.place != rule.place]
        if len(rules) >= MOST_RULES:
            raise InvalidData(f"retention: expected at most {MOST_RULES} rules", field="rules")
        return replace(self, rules=tuple(sorted([*rules, rule], key=lambda one: one.place)))

    def without(self, kind: str, team: str) -> Rules:
        """Return the rules without one, or `NotFound`."""
        place = (text_key(kind), team)
        rules = tuple(one for one in self.rules if one.place != place)
        if len(rules) == len(self.rules):
            raise NotFound("retention: there is no such rule")
        return replace(self, rules=rules)


@dataclass(frozen=True)
class Outcome:
    """What a run did; `ended_us` is 0 of one that did not end, `why` says what there is to know of it.

    `counted` are sessions that were over in a run that only counts.
    """

    day: str
    began_us: int
    ended_us: int = 0
    erased: int = 0
    counted: int = 0
    not_ended: int = 0
    at_a_station: int = 0
    why: str = ""

    def words(self) -> str:
        """Return it as a sentence."""
        parts = (
            (self.counted, "counted"),
            (self.not_ended, "left, not ended"),
            (self.at_a_station, "left, at a station"),
        )
        rest = [f"{n} {what}" for n, what in parts if n]
        return "; ".join([f"{plural(self.erased, 'session')} erased", *rest, *([self.why] if self.why else [])])


@dataclass(frozen=True)
class ArchivingRun(Outcome):
    """What a run did that moves sessions to cold storage; of `failed` ones `why` says the first reason."""

    archived: int = 0
    failed: int = 0

    def words(self) -> str:
        """Return it as a sentence."""
        parts = (
            (self.failed, "could not be archived"),
            (self.not_ended, "left, not ended"),
            (self.at_a_station, "left, at a station"),
        )
        rest = [f"{n} {what}" for n, what in parts if n]
        return "; ".join([f"{plural(self.archived, 'session')} archived", *rest, *([self.why] if self.why else [])])


class Retention(Protocol):
    """The rules of a lab, and what the last run did."""

    async def rules(self) -> Rules:
        """Return the rules."""
        ...

    async def put(self, rules: Rules) -> Rules:
        """Replace the rules, where they are the revision that was read, else `Refused`."""
        ...

    async def claim(self, begun: Outcome) -> tuple[bool, Outcome | None]:
        """Begin the run of a day where nobody has; with what the run before did."""
        ...

    async def note(self, outcome: Outcome) -> None:
        """Keep what the run of a day did."""
        ...

    async def last(self) -> Outcome | None:
        """Return what the newest run did."""
        ...


def changed() -> Refused:
    """Return what is said where the rules are not those that were read any more."""
    return Refused("changed", "retention: somebody else has changed the rules meanwhile: look at them again")
