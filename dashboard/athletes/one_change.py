"""Changes that the forms of an athlete's page make to a record: pure, from a record to the next one.

What cannot be taken is an `InvalidData` whose field is the name of a field of the form.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from barograph.errors import InvalidData
from barograph.store.goals import Goal
from barograph.store.roster import KINDS, Age, Athlete, Consent, Involved, Measurement, changed_meanwhile
from barograph.store.roster_cells import day_in, number_in
from barograph.times import day_of, day_us
from dashboard.athletes.one_query import DAY_US

T = TypeVar("T")
MOST_FIELDS = 30
# Longer than any of these may be: what is too long is answered with its field and its bound.
Written = Annotated[str, Meta(max_length=1 << 16)]
Uid = Annotated[str, Meta(max_length=100)]


class Change(msgspec.Struct):
    """What a form sends: what it is about, the version of the record that was seen, and what stands in its fields.

    `at` is the place of what is corrected or, with `remove`, taken away. `teams` are uids.
    """

    act: Literal["profile", "measurement", "involved", "consent", "goal"]
    revision: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
    at: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    remove: bool = False
    fields: Annotated[dict[Uid, Written], Meta(max_length=MOST_FIELDS)] = {}
    teams: Annotated[list[Uid], Meta(max_length=1000)] = []


def changed(athlete: Athlete, change: Change, teams: Collection[str], now_us: int) -> Athlete:
    """Return the record after a change; `teams` are those that whoever changes it sees.

    `Refused` where somebody else changed the record since the form was made.
    """
    if change.revision != athlete.revision:
        raise changed_meanwhile(athlete)
    given = {name: value.replace("\r\n", "\n").strip() for name, value in change.fields.items()}
    return _ACTS[change.act](athlete, change, _Given(given, teams, now_us))


class _Given:
    """What stands in the fields of a form."""

    def __init__(self, fields: Mapping[str, str], teams: Collection[str], now_us: int) -> None:
        self._fields, self.teams, self._tomorrow = fields, teams, day_of(now_us + DAY_US)

    def text(self, name: str) -> str:
        return self._fields.get(name, "")

    def day(self, name: str, *, part: bool = False, past: bool = False) -> str:
        day = day_in(name, self.text(name), part=part)
        if past and day > self._tomorrow:
            raise InvalidData(f"{name}: expected {self._tomorrow} or earlier, got {day}", field=name)
        return day

    def whole(self, name: str) -> int:
        value = number_in(name, self.text(name) or "0")
        if value != int(value):
            raise InvalidData(f"{name}: expected a whole number, got {value:g}", field=name)
        return int(value)

    def past_day(self, name: str) -> str:
        day = self.day(name, past=True)
        if not day:
            raise InvalidData(f"{name}: expected a day as 2026-05-14, got nothing", field=name)
        return day


def _profile(athlete: Athlete, change: Change, given: _Given) -> Athlete:
    seen = [uid for uid in change.teams if uid in given.teams]
    unseen = [uid for uid in athlete.teams if uid not in given.teams]
    if missing := [uid for uid in change.teams if uid not in given.teams]:
        raise InvalidData(f"teams: expected teams that there are, got {missing[0][:40]!r}", field="teams")
    age = None
    if given.text("age"):
        age = Age(number_in("age", given.text("age")), given.day("age_day", past=True))
    elif given.text("age_day"):
        raise InvalidData("age: expected the years of age on that day, got nothing", field="age")
    texts: dict[str, Any] = {
        name: given.text(name) for name in ("name", "short_id", "sex", "dominant", "sport", "shoe", "notes")
    }
    if not texts["short_id"]:
        raise InvalidData("short_id: expected a short id as a-0012, got nothing", field="short_id")
    teams = tuple(dict.fromkeys((*unseen, *seen)))
    kept = athlete.teams if set(teams) == set(athlete.teams) else teams
    return replace(athlete, born=given.day("born", part=True, past=True), age=age, teams=kept, **texts)


def _measurement(athlete: Athlete, change: Change, given: _Given) -> Athlete:
    def made(old: Measurement | None) -> Measurement:
        kind: Any = given.text("kind")
        if kind not in KINDS:
            raise InvalidData(f"kind: expected one of {', '.join(KINDS)}, got {kind[:40]!r}", field="kind")
        day, value = given.past_day("day"), _value(kind, given.text("value"))
        t_us = old.t_us if old and day_of(old.t_us) == day else day_us(day)
        return Measurement(kind, value, t_us, given.text("source"))

    return replace(athlete, measurements=_with(athlete.measurements, change, made, "measurement"))


def _value(kind: str, text: str) -> float:
    try:
        return Measurement(kind, number_in(kind, text), 0).value  # type: ignore[arg-type]
    except InvalidData as error:
        said = str(error).partition(": ")[2]
        raise InvalidData(f"value: {said}", field="value") from error


def _involved(athlete: Athlete, change: Change, given: _Given) -> Athlete:
    def made(_: Involved | None) -> Involved:
        since, until = given.day("involved_since"), given.day("involved_until")
        return Involved(given.text("involved"), since, until, given.text("involved_what"))

    return replace(athlete, involved=_with(athlete.involved, change, made, "involved"))


def _consent(athlete: Athlete, _: Change, given: _Given) -> Athlete:
    state: Any = given.text("consent_state")
    day, until = given.past_day("consent_day"), given.day("consent_until")
    made = Consent(given.text("consent"), day, until, given.text("consent_by"), state, given.text("consent_form"))
    return replace(athlete, consents=(*athlete.consents, made))


def _goal(athlete: Athlete, change: Change, given: _Given) -> Athlete:
    def made(_: Goal | None) -> Goal:
        band: dict[str, Any] = {name: number_in(f"goal_{name}", given.text(f"goal_{name}")) for name in ("low", "high")}
        # An empty field leaves the exercise open.
        counts: dict[str, Any] = {name: given.whole(f"goal_{name}") for name in ("sets", "steps", "rest_s")}
        chosen: Any = {name: given.text(f"goal_{name}") for name in ("measure", "side", "basis", "by")}
        return Goal(**chosen, **band, **counts, since=given.day("goal_since"), until=given.day("goal_until"))

    return replace(athlete, goals=_with(athlete.goals, change, made, "goal"))


def _with(stored: tuple[T, ...], change: Change, made: Callable[[T | None], T], field: str) -> tuple[T, ...]:
    """Return what is stored with one more, with one corrected, or without it."""
    at = change.at
    if at is None:
        return (*stored, made(None))
    if at >= len(stored):
        raise InvalidData(f"{field}: expected one of {len(stored)}, got number {at + 1}", field=field)
    return (*stored[:at], *(() if change.remove else (made(stored[at]),)), *stored[at + 1 :])


_ACTS: dict[str, Callable[[Athlete, Change, _Given], Athlete]] = {
    "profile": _profile, "measurement": _measurement, "involved": _involved, "consent": _consent,
    "goal": _goal,
}  # fmt: skip
