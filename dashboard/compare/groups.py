"""A and B of "Is it a change?": sessions of one athlete, each with its numbers and its stance curves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analytics import stance_curves
from analytics.columns import definition
from barograph.errors import InvalidData
from barograph.store.ports import Workout
from barograph.times import dated
from dashboard.compare.comparison import chosen_session
from dashboard.compare.query import CompareQuery
from dashboard.drawing import titles, words
from dashboard.drawing.units import Units
from dashboard.reading.context import Context, token_of
from dashboard.reading.lab_noise import athlete_of
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import Entry, SessionMeasures, layouts
from dashboard.reading.sides import name_of
from dashboard.reading.step_parts import foot_of, step_count

AT_ONCE = 4  # sessions that are read together
FORCES = ("N", "kN")


@dataclass(frozen=True, eq=False)
class Curve:
    """Stance curves of one sensor of a session, (k, 101) in the unit of `column`."""

    key: str
    title: str
    paint: str
    column: str
    rows: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Member:
    """A session of a group: what is stored, its numbers, and the curves of its sensors that walk."""

    context: Context
    entry: Entry
    curves: tuple[Curve, ...] = ()

    @property
    def name(self) -> str:
        """The session's name."""
        return self.entry.workout.workout_id


@dataclass(frozen=True, eq=False)
class Group:
    """A or B: its sessions in order of time, and why others that are named are not among them."""

    which: str
    names: tuple[str, ...]
    members: tuple[Member, ...] = ()
    missing: tuple[str, ...] = ()
    query: CompareQuery = field(default_factory=CompareQuery)

    @property
    def workouts(self) -> list[Workout]:
        """The sessions as they are stored."""
        return [one.entry.workout for one in self.members]

    @cached_property
    def entries(self) -> list[Entry]:
        """The numbers of the sessions."""
        return [one.entry for one in self.members]

    @property
    def athletes(self) -> set[str]:
        """Whose sessions these are: a uid, or a name that nobody has confirmed."""
        return {athlete_of(one.workout) for one in self.entries}

    @property
    def title(self) -> str:
        """Athlete and kind of the sessions."""
        said = ((one.workout.about.athlete, one.workout.about.kind) for one in self.entries)
        names, kinds = (list(dict.fromkeys(text for text in some if text)) for some in zip(*said, strict=True))
        return ", ".join([*names[:1], *kinds[:2]]) or self.members[0].name

    @property
    def facts(self) -> list[str]:
        """How many, when, with what, and how heavy."""
        found = [words.plural(len(self.members), "session"), span(self.entries)]
        found += list(dict.fromkeys(layouts(one.workout) for one in self.entries))[:2]
        return [*found, *mass_text(self.entries)]


def span(entries: Sequence[Entry]) -> str:
    """Write from which day to which these sessions are."""
    known = [one.first_us for one in entries if dated(one.first_us)]
    if not known:
        return "date unknown"
    days = [words.date(at).partition(",")[0] for at in (min(known), max(known))]
    return days[0] if days[0] == days[1] else " – ".join(days)


def mass_text(entries: Sequence[Entry]) -> list[str]:
    """Write the mean mass where it is known of every session."""
    masses = [one.workout.about.mass_kg for one in entries]
    known = [one for one in masses if one]
    return [f"{words.number(float(np.mean(known)), 1)} kg"] if known and len(known) == len(masses) else []


async def group(parts: Parts, measures: SessionMeasures, query: CompareQuery, which: str) -> Group:
    """Return A or B of an address; its sessions count with the part that their pages show first."""
    names = query.groups["ab".index(which)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def member(name: str) -> Member | str:
        async with turns:
            return await _member(parts, measures, name, query.curve)

    found = await asyncio.gather(*map(member, names))
    members = sorted((one for one in found if isinstance(one, Member)), key=lambda one: one.entry.first_us)
    missing = tuple(one for one in found if isinstance(one, str))
    return Group(which, names, tuple(members), missing, query)


async def _member(parts: Parts, measures: SessionMeasures, name: str, quantity: str) -> Member | str:
    one = await chosen_session(parts, CompareQuery(a=name), "a")
    if one.workout is None:
        return f"{name}: {'it was erased' if one.erased else 'nothing is stored under this name'}."
    if one.context is None:
        return f"{name}: no frames are stored of it."
    entry = await measures.entry(one.workout)
    return Member(one.context, entry, await _curves(one.context, quantity)) if not entry.why else f"{name}: {entry.why}"


async def _curves(context: Context, quantity: str) -> tuple[Curve, ...]:
    found = []
    for info in context.infos:
        one = await foot_of(context, info)
        if not step_count(one):
            continue
        try:
            column = one.column(quantity)
        except InvalidData:  # a sensor that has no such quantity has no such curve
            continue
        rows = await asyncio.to_thread(stance_curves, one.stats, one.stances, column)
        found.append(Curve(one.key, name_of(info), token_of(info), column, rows))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class FootCurves:
    """Curves of one sensor of A and of B in the viewer's unit: one row per session, or per step."""

    key: str
    title: str
    paint: str
    name: str
    unit: str
    digits: int
    a: pd.DataFrame
    b: pd.DataFrame


def foot_curves(a: Group, b: Group, units: Units, unit: str) -> list[FootCurves]:
    """Return the curves of every sensor that A and B have in common, `unit` "sessions" or "steps"."""
    first = {curve.key: curve for member in a.members for curve in member.curves}
    return [made for one in first.values() if (made := _both(one, a, b, units, unit))]


def _both(one: Curve, a: Group, b: Group, units: Units, unit: str) -> FootCurves | None:
    masses = [member.entry.workout.about.mass_kg for each in (a, b) for member in each.members]
    known = definition(one.column)
    usable = Units("N", units.pressure) if units.lacking(*masses) else units
    sides = []
    for each in (a, b):
        rows = []
        for member in each.members:
            shown = usable.display(known.unit, member.entry.workout.about.mass_kg)
            found = [
                curve.rows * shown.factor
                for curve in member.curves
                if (curve.key, curve.column) == (one.key, one.column)
            ]
            rows += [part if unit == "steps" else part.mean().to_frame().T for part in found if len(part)]
        if not rows:
            return None
        sides.append(pd.concat(rows, ignore_index=True))
    shown = usable.display(known.unit, masses[0])
    name = titles.CURVES[one.column].lower()
    return FootCurves(one.key, one.title, one.paint, name, shown.unit, shown.places(0), sides[0], sides[1])
