"""Summaries of many sessions, as analysts ask for them: a table of each session, in the order of time, page by page.

Only what holds is given: a table whose session has changed since is left out, with the reason. Times are µs since 1970,
UTC.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pandas as pd

from barograph.bounds import KIND, check_text
from barograph.errors import NotFound
from barograph.store.ports import Archive, Workout
from barograph.store.records import sensors_of
from barograph.store.search import Query
from barograph.store.summaries import Summary, basis
from barograph.store.summary_rows import unpacked
from barograph.texts import require_whole

MOST_SESSIONS, MOST_ROWS = 200, 20_000  # in one answer; of a session that has more rows, all of them
NAME = 100
UID = re.compile(r"[0-9a-f]{32}")
NOT_YET = "not computed: the session has not ended, or the worker has not come to it"
CHANGED = "the session has changed since its table was computed; the worker computes it again"


@dataclass(frozen=True)
class SummariesQuery:
    """Which table, of which athlete's sessions (a uid, a short id or a name; "": all), that began at `since_us`.

    `kind` is a kind of session, "" for all.
    """

    table: str = "session"
    athlete: str = ""
    since_us: int = 0
    kind: str = ""

    def __post_init__(self) -> None:
        check_text("table", self.table, NAME, 1)
        check_text("athlete", self.athlete, 200)
        check_text("kind", self.kind, KIND)
        require_whole("since_us", self.since_us)


@dataclass(frozen=True, eq=False)
class Summarised:
    """A session and its table, or `why` there is none; `version` is the program that computed it, at `at_us`.

    `sensors` is their kind, as `sensors_of` says it.
    """

    workout_id: str
    athlete: str | None
    athlete_uid: str
    kind: str | None
    mass_kg: float | None
    start_us: int
    why: str = ""
    version: str = ""
    at_us: int | None = None
    table: pd.DataFrame | None = None
    sensors: str = ""


class Lister(Protocol):
    """What gives a page of summaries: those from `skip` on, and where the next page begins, None after the last."""

    async def __call__(self, query: SummariesQuery, skip: int) -> tuple[list[Summarised], int | None]:
        """Return a page."""
        ...


async def summarised(
    archive: Archive, query: SummariesQuery, skip: int = 0, limit: int = MOST_SESSIONS
) -> tuple[list[Summarised], int | None]:
    """Return a page of at most `limit` sessions, oldest first; it ends early where their tables are long."""
    asked = await _asked(archive, query)
    found, total = await archive.search(asked, limit=limit, skip=skip)
    heads = {one.uid: one for one in await archive.summaries.stored(found, [query.table], rows=False)}
    page = _fitting(found, heads)
    kept = {one.uid: one for one in await archive.summaries.stored(page, [query.table])}
    made = await asyncio.to_thread(lambda: [_summarised(one, kept.get(one.uid)) for one in page])
    after = skip + len(page)
    return made, after if page and after < total else None


async def _asked(archive: Archive, query: SummariesQuery) -> Query:
    plain = Query(since_us=query.since_us, kind=query.kind, sort="date", descending=False)
    if not query.athlete:
        return plain
    uid, text = "", query.athlete
    if UID.fullmatch(query.athlete):
        with suppress(NotFound):
            uid = (await archive.roster.athlete(query.athlete)).uid
    elif len(matches := await archive.roster.match(query.athlete)) == 1:
        uid = matches[0].uid
    return replace(plain, athlete=text * (not uid), athlete_uid=uid)


def _fitting(found: Sequence[Workout], heads: dict[str, Summary]) -> list[Workout]:
    """The first sessions, at least one, whose tables have not more rows together than one answer has."""
    rows = 0
    for place, one in enumerate(found):
        rows += heads[one.uid].n if one.uid in heads else 0
        if rows > MOST_ROWS and place:
            return list(found[:place])
    return list(found)


def _summarised(workout: Workout, kept: Summary | None) -> Summarised:
    about = workout.about
    first_us = min((info.first_us for info in workout.streams if info.first_us is not None), default=workout.created_us)
    said = (workout.workout_id, about.athlete, workout.athlete_uid, about.kind, about.mass_kg, first_us)
    sensors = sensors_of(workout)
    if kept is None:
        return Summarised(*said, why=NOT_YET, sensors=sensors)
    made = kept.version, kept.at_us
    if kept.of != basis(workout):
        return Summarised(*said, CHANGED, *made, sensors=sensors)
    if kept.why:
        return Summarised(*said, f"could not be computed: {kept.why}", *made, sensors=sensors)
    table = unpacked(kept.rows)
    if not len(table) and (why := table.attrs.get("why")):
        return Summarised(*said, why, *made, sensors=sensors)
    return Summarised(*said, "", *made, table, sensors)


def frame_of(found: Sequence[Summarised], table: str, *, spread: bool = False) -> pd.DataFrame:
    """Return one DataFrame of many sessions: of measures one row per session, of other tables the rows of all of them.

    `attrs` say why sessions are missing (`missing`, by workout), and which programs computed (`versions`); of trials
    also the numbers of those that are left out (`rejected`, by workout).
    """
    there = [one for one in found if one.table is not None]
    wide = table == "session" or table.startswith("session ")
    made = _wide(there, spread=spread) if wide else _long(there)
    made.attrs["missing"] = {one.workout_id: one.why for one in found if one.why}
    made.attrs["versions"] = sorted({one.version for one in there})
    if table == "trials":
        tables = {one.workout_id: one.table.attrs for one in there if one.table is not None}
        made.attrs["rejected"] = {name: said["rejected"] for name, said in tables.items() if said.get("rejected")}
    return made


def _about(one: Summarised) -> dict[str, Any]:
    return {"workout_id": one.workout_id, "athlete": one.athlete, "athlete_uid": one.athlete_uid, "kind": one.kind,
            "sensors": one.sensors, "mass_kg": one.mass_kg, "start": one.start_us}  # fmt: skip


def _timed(made: pd.DataFrame) -> pd.DataFrame:
    made["start"] = pd.to_datetime(made["start"].astype("int64"), unit="us", utc=True)
    return made.set_index("workout_id")


def _wide(there: Sequence[Summarised], *, spread: bool) -> pd.DataFrame:
    rows = []
    for one in there:
        values = _about(one)
        for measure, sensor, mean, sd, n in () if one.table is None else one.table.itertuples(index=False):
            name = f"{measure}.{sensor}" if sensor else measure
            values |= {name: mean, f"{name}.sd": sd, f"{name}.n": n} if spread else {name: mean}
        rows.append(values)
    plain = list(_about(Summarised("", None, "", None, None, 0)))
    columns = dict.fromkeys([*plain, *(name for values in rows for name in values)])
    return _timed(pd.DataFrame(rows, columns=list(columns)).astype({"mass_kg": "float64"}))


def _long(there: Sequence[Summarised]) -> pd.DataFrame:
    parts = [one.table.assign(**_about(one)) for one in there if one.table is not None and len(one.table)]
    plain = list(_about(Summarised("", None, "", None, None, 0)))
    if not parts:
        return _timed(pd.DataFrame(columns=plain).astype({"mass_kg": "float64"}))
    for part in parts:
        part.attrs = {}
    joined = pd.concat(parts, ignore_index=True)
    joined["mass_kg"] = joined["mass_kg"].astype("float64")
    return _timed(joined[[*plain, *(name for name in joined if name not in plain)]])
