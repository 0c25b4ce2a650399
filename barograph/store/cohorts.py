"""The sessions of a cohort, as analysts and clients of HTTP ask for them: from summaries and roster, as may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from barograph.bounds import ATHLETE, KIND, check_text
from barograph.errors import InvalidData, NotFound
from barograph.norms import Admitted, Cohort, Member, admitted, age_range
from barograph.store.roster import Athlete, text_key
from barograph.store.roster_port import RosterReader
from barograph.store.summarised import Lister, SummariesQuery, Summarised, frame_of
from barograph.times import dated, day_of

ABOUT = ("athlete", "athlete_uid", "kind", "sensors", "mass_kg", "start")


@dataclass(frozen=True)
class NormsQuery:
    """Which cohort: `Cohort`, with the age as text and the sensor "" for the only one; `athlete` is compared with it.

    `table` is `session` or another part of sessions. The athlete is a uid, a short id or a name.
    """

    kind: str
    sensor: str = ""
    sex: str = ""
    age: str = ""
    sport: str = ""
    athlete: str = ""
    table: str = "session"

    def __post_init__(self) -> None:
        check_text("kind", self.kind, KIND, 1)
        check_text("athlete", self.athlete, ATHLETE)
        if self.table != "session" and not self.table.startswith("session "):
            raise InvalidData(f"table: expected session or a part of sessions, got {self.table[:40]!r}", field="table")
        self.of(self.sensor)

    def of(self, sensor: str) -> Cohort:
        """Return the cohort of a kind of sensor."""
        return Cohort(self.kind, sensor, self.sex, age_range(self.age), self.sport)


@dataclass(frozen=True, eq=False)
class Gathered:
    """Sessions of a cohort and of the athlete who is compared, one row each, and which columns are measures."""

    cohort: Cohort
    sessions: pd.DataFrame
    own: pd.DataFrame
    measures: tuple[str, ...]
    admitted: Admitted

    @property
    def said(self) -> str:
        """What a band of it is, in words."""
        return f"athletes of this lab ({self.cohort.said}); not a diagnosis"


async def gathered(lister: Lister, roster: RosterReader, query: NormsQuery) -> Gathered:
    """Return the sessions of a cohort that have a table which holds, and those of the athlete who is compared."""
    athletes = await roster.athletes(brief=True)
    whose = _athlete(athletes, query.athlete) if query.athlete else None
    found = await _listed(lister, SummariesQuery(query.table, kind=query.kind))
    sensor = query.sensor or _only_sensor(found)
    cohort = query.of(sensor)
    there = [one for one in found if one.table is not None and one.sensors == sensor]
    people = {uid: one for one in athletes for uid in one.uids}
    without = whose.uids if whose else ()
    chosen = admitted(cohort, people, [_member(one) for one in there], without)
    table = frame_of(there, query.table)
    measures = tuple(name for name in map(str, table) if name not in ABOUT)
    mine = table["athlete_uid"].isin(list(without)).to_numpy(bool)
    return Gathered(cohort, table.iloc[list(chosen.places)], table[mine], measures, chosen)


async def _listed(lister: Lister, asked: SummariesQuery) -> list[Summarised]:
    found: list[Summarised] = []
    after: int | None = 0
    while after is not None:
        page, after = await lister(asked, after)
        found += page
    return [one for one in found if one.kind == asked.kind]


def _member(one: Summarised) -> Member:
    return Member(one.athlete_uid, one.kind or "", one.sensors, day_of(one.start_us) if dated(one.start_us) else "")


def _only_sensor(found: Sequence[Summarised]) -> str:
    there = sorted({one.sensors for one in found if one.table is not None})
    if len(there) > 1:
        raise InvalidData(f"sensor: expected one of {'; '.join(there)[:400]}, got none", field="sensor")
    return there[0] if there else ""


def _athlete(athletes: Sequence[Athlete], text: str) -> Athlete:
    by_uid = [one for one in athletes if text in one.uids]
    named = by_uid or [one for one in athletes if text_key(text) in one.keys]
    if len(named) != 1:
        raise NotFound(f"athlete: expected one athlete of the roster, got {len(named)} that {text[:60]!r} may name")
    return named[0]
