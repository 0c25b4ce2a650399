"""Trials of sessions as rows: measures of each that counts, as the worker keeps them or made now, and who was tested.

A day is one of the time zone of whoever runs the dashboard, as dates on pages are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pandas as pd

from barograph.store.ports import Archive, Workout
from barograph.store.records import first_us
from barograph.store.search import Query
from barograph.store.summaries import basis
from barograph.store.summary_rows import unpacked
from barograph.store.trials import Trial
from dashboard.reading.parts import Parts
from dashboard.reading.program import version
from dashboard.reading.session_measures import trial_entries

TABLE = "trials"
ABOUT = ("trial", "protocol", "title", "condition", "side", "state", "start_us", "stop_us", "duration_s")
MOST_TESTED, MOST_BEFORE = 500, 50


@dataclass(frozen=True, eq=False)
class Tested:
    """A session with trials: `rows` as `trial_rows` makes them, and all of its trials, rejected ones too."""

    workout: Workout
    rows: pd.DataFrame
    trials: tuple[Trial, ...]

    @property
    def name(self) -> str:
        """Whose it is, as far as that is known."""
        return self.workout.about.athlete or self.workout.workout_id

    @property
    def whose(self) -> str:
        """What tells athletes apart."""
        return self.workout.athlete_uid or self.name

    @property
    def rejected(self) -> list[Trial]:
        """The trials that count nowhere."""
        return [one for one in self.trials if not one.counts]


async def trial_rows(parts: Parts, workout: Workout) -> pd.DataFrame:
    """Return one row per trial that counts: `ABOUT`, and a column per measure and sensor; `attrs` name the rejected."""
    trials = await parts.archive.trials.of(workout.workout_id)
    found = await trial_entries(parts, workout, [one for one in trials if one.counts])
    rows = [_about(one) | {_column(*name): value[0] for name, value in entry.values.items()} for one, entry in found]
    table = pd.DataFrame(rows)
    table.attrs = {"rejected": [one.number for one in trials if not one.counts]}
    return table


def _about(one: Trial) -> dict[str, object]:
    return {name: getattr(one, name) for name in ABOUT if name != "trial"} | {"trial": one.number}


def _column(measure: str, where: str) -> str:
    return f"{measure}.{where}" if where else measure


async def kept_rows(archive: Archive, workouts: Sequence[Workout]) -> dict[str, pd.DataFrame]:
    """Return the rows that the worker keeps and that hold, by the uid of the session."""
    if not workouts:
        return {}
    now, program = {one.uid: basis(one) for one in workouts}, await asyncio.to_thread(version)
    found = await archive.summaries.stored(workouts, [TABLE])
    return {one.uid: unpacked(one.rows) for one in found if one.stands(now[one.uid], program) and not one.why}


async def sessions_on(
    parts: Parts, day: date, athletes: Collection[str] | None = None, athlete_uid: str = ""
) -> list[Tested]:
    """Return the sessions of a day that have trials, in order of time: of these athletes, of one, or of everybody."""
    first = datetime(day.year, day.month, day.day).astimezone()
    since_us, until_us = (round(one.timestamp() * 1e6) for one in (first, first + timedelta(days=1)))
    asked = Query(since_us=since_us, athlete_uid=athlete_uid, sort="date", descending=False)
    found, _ = await parts.archive.search(asked, limit=MOST_TESTED)
    mine = [one for one in found if _begun_us(one) < until_us and (athletes is None or one.athlete_uid in athletes)]
    kept = await kept_rows(parts.archive, mine)
    tested = []
    for one in mine:
        if trials := await parts.archive.trials.of(one.workout_id):
            rows = kept[one.uid] if one.uid in kept else await trial_rows(parts, one)
            tested.append(Tested(one, rows, tuple(trials)))
    return tested


class Before(NamedTuple):
    """Rows of earlier sessions, oldest first, and how many sessions with trials wait to be summarised."""

    rows: list[pd.DataFrame]
    waiting: int = 0


async def rows_before(archive: Archive, one: Tested) -> Before:
    """Return the kept rows of the sessions of the same athlete before this one; none is computed."""
    if not one.workout.athlete_uid:
        return Before([])
    asked = Query(athlete_uid=one.workout.athlete_uid, sort="date", descending=True)
    found, _ = await archive.search(asked, limit=MOST_BEFORE)
    before = [each for each in found if _begun_us(each) < _begun_us(one.workout)]
    kept = await kept_rows(archive, before)
    waiting = [each for each in before if each.uid not in kept and await archive.trials.of(each.workout_id)]
    return Before([kept[each.uid] for each in reversed(before) if each.uid in kept], len(waiting))


async def newest_day(archive: Archive, athletes: Collection[str] | None = None, athlete_uid: str = "") -> date | None:
    """Return the newest day with a trial; None without one."""
    found, _ = await archive.search(Query(athlete_uid=athlete_uid), limit=MOST_TESTED)
    for one in found:
        if (athletes is None or one.athlete_uid in athletes) and await archive.trials.of(one.workout_id):
            return datetime.fromtimestamp(_begun_us(one) / 1e6).astimezone().date()
    return None


def _begun_us(workout: Workout) -> int:
    known = first_us(workout)
    return workout.created_us if known is None else known
