"""How long sessions are kept: rules by kind and team, which sessions are over, and the nightly run that erases them.

Nothing is erased by default. A rule says after how many days sessions of a kind, of a team's athletes, of both or of
all are erased, or that they are kept. The rule that names most decides: kind and team, then team, then kind, then the
one for all. Of rules that name as much, as when an athlete is in two teams, the one that keeps longer does. A session
of nobody's, or of an athlete without a team, has no rule of a team.

A session's days count from its last frame, or from when it was stored if that was later, by the earlier one of two
clocks: this machine's and MongoDB's. A clock that was set back keeps more. The first night, and one after a pause of
days, only count (`barograph.store.retaining`), so that a clock that was set forward erases nothing unseen. A session
that is not ended, or at a station of a test day, is left for another night.

Frames that were refused, and those of test days that nobody claimed, have limits of their own
(`barograph.store.test_day_held`).

Terms: retention (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from barograph.errors import NotFound
from barograph.store.audit import Audit, Event
from barograph.store.ports import Archive
from barograph.store.records import Workout
from barograph.store.retention_rules import Outcome, Rule, Rules
from barograph.store.states import state
from barograph.texts import plural

DAY_US = 86_400_000_000
PAGE = 500
Why: TypeAlias = Literal["", "not ended", "at a station"]


@dataclass(frozen=True)
class Due:
    """A session that is over by a rule; `why` it is left all the same."""

    workout: Workout
    rule: Rule
    age_days: int
    why: Why = ""


@dataclass(frozen=True)
class Count:
    """How many sessions are over by a rule now, and how many more are left as they are for now."""

    ready: int = 0
    left: int = 0


def counted(found: Iterable[Due]) -> dict[tuple[str, str], Count]:
    """Return how many sessions are over, by the places of the rules."""
    counts: dict[tuple[str, str], Count] = {}
    for one in found:
        before = counts.get(one.rule.place, Count())
        more = replace(before, left=before.left + 1) if one.why else replace(before, ready=before.ready + 1)
        counts[one.rule.place] = more
    return counts


def change_of(rules: Rules, of: str = "retention") -> Event:
    """Return what is written down of a change of the rules: how many there are, and how long the shortest keeps."""
    days = [one.days for one in rules.rules if one.days is not None]
    shortest = f", the shortest keeps {plural(min(days), 'day')}" if days else ""
    said = f"{plural(len(rules.rules), 'rule')} of {of}, revision {rules.revision}{shortest}"
    return Event(verb="change", kind="system", reason=said)


def age_days(workout: Workout, now_us: int) -> int:
    """Return whole days since a session's last frame, or since it was stored if that was later; 0 at least."""
    moments = [moment for info in workout.streams for moment in (info.last_us, info.last_received_us) if moment]
    return max(0, now_us - max(workout.created_us, *moments, 0)) // DAY_US


def over(workout: Workout, rules: Rules, teams: Sequence[str], now_us: int) -> Rule | None:
    """Return the rule by which a session goes, None where it stays."""
    rule = rules.of(workout.about.kind or "", teams)
    return rule if rule is not None and rule.days is not None and age_days(workout, now_us) >= rule.days else None


async def due(archive: Archive, rules: Rules, now_us: int, idle_s: float) -> list[Due]:
    """Return the sessions that are over, the oldest last; those that are left for now, too."""
    if not any(one.days is not None for one in rules.rules):
        return []
    teams = await teams_of(archive)
    found: list[Due] = []
    skip = 0
    while page := await archive.workouts(limit=PAGE, skip=skip):
        skip += len(page)
        for workout in page:
            if rule := over(workout, rules, teams.get(workout.athlete_uid, ()), now_us):
                found.append(await _due(archive, workout, rule, now_us, idle_s))
    return found


async def teams_of(archive: Archive) -> Mapping[str, Sequence[str]]:
    """Return the teams of each athlete, by each uid that stands for them."""
    athletes = await archive.roster.athletes(brief=True)
    return {uid: one.teams for one in athletes for uid in one.uids}


async def _due(archive: Archive, workout: Workout, rule: Rule, now_us: int, idle_s: float) -> Due:
    why: Why = ""
    if state(workout, now_us, idle_s) != "ended":
        why = "not ended"
    elif await archive.test_days.linked([workout.workout_id]):
        why = "at a station"
    return Due(workout, rule, age_days(workout, now_us), why)


async def carry_out(
    archive: Archive, audit: Audit, found: Iterable[Due], rules: Rules, outcome: Outcome,
    *, now_us: int, idle_s: float, current: Callable[[], Awaitable[int]],
) -> Outcome:  # fmt: skip
    """Erase what is over, one session after the other, each looked at once more; an entry in the log stands before.

    `current` says the revision of the rules: when they are changed meanwhile the rest stays for the next run.
    """
    for one in found:
        if await current() != rules.revision:
            return replace(outcome, why="the rules were changed meanwhile: the rest is looked at in the next night")
        again = await _again(archive, one, rules, now_us, idle_s)
        if again is None:
            continue
        if again.why:
            outcome = _left(outcome, again.why)
            continue
        workout = again.workout
        of = {"uid": workout.uid, "athlete": workout.athlete_uid}
        days = f"kept {plural(again.rule.days or 0, 'day')}"
        await audit.write(Event(verb="erase", kind="workout", how="retention", reason=days, **of), now_us)
        await archive.delete(workout.workout_id)
        outcome = replace(outcome, erased=outcome.erased + 1)
    return outcome


async def _again(archive: Archive, one: Due, rules: Rules, now_us: int, idle_s: float) -> Due | None:
    """The same session as it is now; None where it is gone, another one, or not over any more."""
    try:
        workout = await archive.workout(one.workout.workout_id)
    except NotFound:
        return None
    teams = (await teams_of(archive)).get(workout.athlete_uid, ())
    rule = over(workout, rules, teams, now_us)
    if rule is None or workout.uid != one.workout.uid:
        return None
    return await _due(archive, workout, rule, now_us, idle_s)


def _left(outcome: Outcome, why: Why) -> Outcome:
    if why == "not ended":
        return replace(outcome, not_ended=outcome.not_ended + 1)
    return replace(outcome, at_a_station=outcome.at_a_station + 1)
