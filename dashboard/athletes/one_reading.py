"""What is read for an athlete's page: the record, the teams, and the sessions of the time shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from barograph.access.acting import actor
from barograph.access.guarded_roster import of_athlete
from barograph.access.rights import decide
from barograph.store.ports import Archive, Marker, Workout
from barograph.store.records import stretches
from barograph.store.roster import Athlete, Team
from barograph.store.search import Query
from barograph.times import dated
from dashboard.athletes.one_query import OneQuery
from dashboard.reading.goal_words import SUMMARY
from dashboard.reading.sources import Sources

MOST_SESSIONS, NEWEST, TRAINED = 1000, 10, 3


@dataclass(frozen=True)
class Session:
    """A session on the timeline: when it began, and for how long something was recorded."""

    workout: Workout
    first_us: int
    length_s: float


@dataclass(frozen=True)
class Found:
    """An athlete, the teams that may be seen, and sessions: those of the time shown in order of time, and the newest.

    `total` counts all sessions, `left_out` those of the time shown that are not in `sessions`. `live` are sessions
    that go on. `trained` are the newest summaries of feedback, each with its session. `may_change` says whether whoever
    looks may change the record.
    """

    athlete: Athlete
    teams: tuple[Team, ...]
    newest: tuple[Workout, ...]
    sessions: tuple[Session, ...]
    total: int
    left_out: int
    shown: tuple[int, int]
    live: tuple[Workout, ...] = ()
    may_change: bool = False
    trained: tuple[tuple[Workout, Marker], ...] = ()


async def find(sources: Sources, uid: str, query: OneQuery, now_us: int) -> Found:
    """Return what the page shows of an athlete who may be seen, or `NotFound`."""
    archive = sources.archive
    athlete = await archive.roster.athlete(uid)
    teams = await archive.roster.teams()
    newest, total = await archive.search(Query(athlete_uid=athlete.uid), limit=NEWEST)
    since_us = 0 if query.weeks == "all" else query.shown(None, now_us)[0]
    found, matching = await archive.search(Query(athlete_uid=athlete.uid, since_us=since_us), limit=MOST_SESSIONS)
    sessions = sessions_of(found)
    shown = query.shown(sessions[0].first_us if sessions else None, now_us)
    live = tuple(one for one in newest if sources.state(one) != "ended")
    may_change = decide(actor(), "describe", of_athlete(athlete))
    left_out = matching - len(sessions)
    trained = await trained_in(archive, newest)
    return Found(athlete, tuple(teams), tuple(newest), sessions, total, left_out, shown, live, may_change, trained)


async def trained_in(archive: Archive, workouts: Sequence[Workout]) -> tuple[tuple[Workout, Marker], ...]:
    """Return the summaries of feedback that are kept with sessions, the newest first, a few."""
    markers = await asyncio.gather(*(archive.markers(one.workout_id) for one in workouts))
    found = [(one, marker) for one, some in zip(workouts, markers, strict=True) for marker in some
             if marker.label.startswith(SUMMARY)]  # fmt: skip
    return tuple(sorted(found, key=lambda each: each[1].t_us, reverse=True)[:TRAINED])


def sessions_of(workouts: Sequence[Workout]) -> tuple[Session, ...]:
    """Return sessions in order of time; without those whose date is not known."""
    found = (_session(one) for one in workouts)
    return tuple(sorted((one for one in found if dated(one.first_us)), key=lambda one: one.first_us))


def _session(workout: Workout) -> Session:
    parts = stretches(workout)
    first_us = parts[0].first_us if parts else workout.created_us
    return Session(workout, first_us, sum(one.last_us - one.first_us for one in parts) / 1e6)


def within(sessions: Sequence[Session], part: tuple[int, int]) -> tuple[Session, ...]:
    """Return the sessions that began in a part of the time."""
    return tuple(one for one in sessions if part[0] <= one.first_us < part[1])
