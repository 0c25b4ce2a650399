"""The reference band of a cohort of this lab, what other athletes of the same kind of session and sensor have; or a
published one.

Only sessions whose numbers are kept as summaries count, so that no frame is read for it, and only athletes whom whoever
asks may see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.sessions.norms import athlete_means, place, reference_bands
from barograph.norms import PERCENTILES, Admitted, Cohort, Member, Published, admitted
from barograph.norms import usable as published
from barograph.store.ports import Archive, Workout
from barograph.store.search import Query
from barograph.times import dated, day_of
from dashboard.drawing import words
from dashboard.drawing.units import Units
from dashboard.reading import overview
from dashboard.reading.band_query import LAB, BandQuery
from dashboard.reading.session_measures import Entry, Metric, SessionMeasures, layouts
from dashboard.reading.sources import Sources
from dashboard.reading.turned import Turned

NEWEST = 2000  # sessions of a kind that are looked at
NOBODY = Admitted()
NOTHING = reference_bands(pd.DataFrame({"v": np.empty(0)})).iloc[0]
NO_DIAGNOSIS = "not a diagnosis"


@dataclass(frozen=True, eq=False)
class Norm:
    """The band of a measure and a sensor in the unit that is shown: a row of `reference_bands`, and whose it is.

    `why` says why there is none, or only its middle 50 %.
    """

    row: pd.Series
    of: str = ""
    why: str = ""
    cohort: bool = True  # of this lab, or published

    @property
    def known(self) -> bool:
        """Whether there is a band."""
        return bool(np.isfinite(self.row[["p5", "p25"]].astype(np.float64)).any())

    @property
    def whole(self) -> bool:
        """Whether the middle 90 % are known."""
        return bool(np.isfinite(self.row["p5"]))

    def place(self, value: float) -> str:
        """Return where a value lies, in words."""
        return place(value, self.row)

    @property
    def inner(self) -> bool:
        """Whether the middle 50 % are known."""
        return bool(np.isfinite(self.row["p25"]))

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of what is drawn."""
        names = ("p5", "p95") if self.whole else ("p25", "p75")
        return float(self.row[names[0]]), float(self.row[names[1]])

    @property
    def said(self) -> str:
        """What is drawn, in words, or why nothing is."""
        if not self.known:
            return f"No reference band: {self.why}."
        count = int(self.row["n_athletes"])
        n = words.plural(count, "athlete") if self.cohort else f"{count} people"
        drawn = ["middle 90 %"] * self.whole + (["inner: middle 50 %"] if self.whole else ["middle 50 %"]) * self.inner
        drawn += ["line: median"] * bool(np.isfinite(self.row["p50"]))
        more = f" {self.why[0].upper()}{self.why[1:]}." if self.why else ""
        return f"Band: {', '.join(drawn)} of {n} {self.of}; {NO_DIAGNOSIS}.{more}"


@dataclass(frozen=True, eq=False)
class Norms:
    """Sessions of a cohort, or `why` there is none; `asked` says whether a band was chosen at all."""

    entries: tuple[Entry, ...] = ()
    cohort: Cohort | None = None
    admitted: Admitted = NOBODY
    why: str = ""
    asked: bool = False
    sports: tuple[str, ...] = ()  # of the athletes who may be seen
    given: Published | None = None
    offered: tuple[tuple[str, str], ...] = ()  # names and titles of published bands that may stand here

    @property
    def notes(self) -> str:
        """Who is left out, in words."""
        mine = "This athlete belongs to the cohort and is left out of its band." if self.admitted.part else ""
        out = f"Left out: {self.admitted.left_out}." if self.admitted.left_out else ""
        waiting = len(self.admitted.places) - len(self.entries) if self.given is None else 0
        later = f"{words.plural(waiting, 'session')} of the cohort without numbers yet." if waiting > 0 else ""
        return " ".join(text for text in (mine, out, later) if text)

    def of(self, metric: Metric, where: str, how: Turned, units: Units) -> Norm:
        """Return the band of a measure and a sensor, in the unit that the measure is shown in."""
        if self.given is not None and not self.why:
            return published_norm(self.given, metric, how, units)
        if self.why or self.cohort is None:
            return Norm(NOTHING, why=self.why)
        usable = replace(units, force="N") if how.lacking else units
        rows = [(one.workout.athlete_uid, _value(one, metric, where, usable, how.unit)) for one in self.entries]
        table = pd.DataFrame(rows, columns=["athlete_uid", "v"]).astype({"v": np.float64})
        row = reference_bands(athlete_means(table, "athlete_uid", ["v"]), ["v"]).iloc[0]
        return Norm(row, f"of this lab ({self.cohort.said})", str(row["band_why"]))


NO_NORMS = Norms()


def published_norm(given: Published, metric: Metric, how: Turned, units: Units) -> Norm:
    """Return a published band in the unit that a measure is shown in, or why it cannot stand there."""
    found = given.measures.get(metric.name)
    if found is None:
        return Norm(NOTHING, why=f"{given.title} has no values of this measure")
    shown = replace(units, force="N" if units.force == "% BW" else units.force).display(metric.unit, None)
    factor = (
        1.0 if found.unit == how.unit else shown.factor if (found.unit, shown.unit) == (metric.unit, how.unit) else 0.0
    )
    if not factor:
        return Norm(NOTHING, why=f"{given.title} is in {found.unit}, these numbers are in {how.unit}")
    values = {name: value * factor for name, value in zip(PERCENTILES, found.percentiles, strict=True)}
    row = pd.Series(dict(NOTHING) | values | {"n_athletes": given.n, "band_why": ""})
    about = "; ".join(text for text in (given.people, given.population, given.device, given.protocol) if text)
    source = f"{given.source}{f', doi {given.doi}' if given.doi else ''}"
    why = "the band is made of a published mean and SD, as of a normal curve" if found.normal else ""
    return Norm(row, f"of {given.title} ({about}). Source: {source}", why, cohort=False)


def _value(one: Entry, metric: Metric, where: str, units: Units, unit: str) -> float:
    """A session's value as it is shown; NaN where there is none, or it cannot be shown in the unit."""
    value, shown = one.values.get((metric.name, where)), units.display(metric.unit, one.workout.about.mass_kg)
    return value[0] * shown.factor * metric.scale if value is not None and shown.unit == unit else np.nan


async def norms_of(sources: Sources, workouts: Sequence[Workout], query: BandQuery, part: str = "") -> Norms:
    """Return the band that is asked for beside an athlete's sessions; no session is read where none is."""
    there = await asyncio.to_thread(published, sources.settings.data_dir)
    kinds, sensors = {one.about.kind or "" for one in workouts}, {layouts(one) for one in workouts}
    alike = (kinds.copy().pop(), sensors.copy().pop()) if len(kinds) == len(sensors) == 1 else None
    offered = tuple((one.name, one.title) for one in there if alike and not one.mismatch(*alike))
    if query.band == LAB:
        return replace(await lab_norms(sources.archive, sources.measures, workouts, query, part), offered=offered)
    if not query.band:
        return replace(NO_NORMS, offered=offered)
    given = next((one for one in there if one.name == query.band), None)
    if given is None:
        return Norms(why=f"this lab has no published band {query.band!r} that can be used", asked=True, offered=offered)
    why = f"{given.title}: {given.mismatch(*alike)}" if alike else _unlike(kinds, sensors)
    return Norms(why=why if not alike or given.mismatch(*alike) else "", asked=True, given=given, offered=offered)


async def lab_norms(
    archive: Archive, measures: SessionMeasures, workouts: Sequence[Workout], query: BandQuery, part: str = ""
) -> Norms:
    """Return the cohort of an athlete's sessions that are shown; the athlete is left out of it."""
    kinds, sensors = {one.about.kind or "" for one in workouts}, {layouts(one) for one in workouts}
    roster = await archive.roster.entries()
    sports = tuple(sorted({one.sport for one in roster if one.sport}, key=str.casefold))
    if len(kinds) != 1 or len(sensors) != 1 or kinds == {""}:
        return Norms(why=_unlike(kinds, sensors), asked=True, sports=sports)
    cohort = Cohort(kinds.pop(), sensors.pop(), query.sex, query.years, query.sport)
    found, total = await archive.search(Query(kind=cohort.kind), limit=NEWEST, skip=0)
    people = {one.uid: one for one in roster}
    mine = {one.athlete_uid for one in workouts}
    chosen = admitted(cohort, people, [_member(one) for one in found], mine)
    entries = await measures.ready([found[i] for i in chosen.places], part)
    why = "" if entries else _nobody(chosen, total > len(found))
    return Norms(tuple(entries), cohort, chosen, why, asked=True, sports=sports)


def _unlike(kinds: set[str], sensors: set[str]) -> str:
    if kinds == {""}:
        return "these sessions have no kind, so nobody knows what they compare with"
    if len(kinds) > 1:
        return "sessions of several kinds do not compare; choose one kind"
    return f"sessions of several kinds of sensor do not compare: {'; '.join(sorted(sensors))}"


def _nobody(chosen: Admitted, more: bool) -> str:
    if chosen.places:
        return "no session of the cohort has numbers yet"
    alone = "this athlete alone belongs to the cohort" if chosen.part else "no other athlete belongs to the cohort"
    left = f" ({chosen.left_out})" if chosen.left_out else ""
    return f"{alone}{left}{f' among the newest {NEWEST} sessions' if more else ''}"


def _member(one: Workout) -> Member:
    span = overview.span(one)
    first_us = span.first_us if span else one.created_us
    return Member(one.athlete_uid, one.about.kind or "", layouts(one), day_of(first_us) if dated(first_us) else "")
