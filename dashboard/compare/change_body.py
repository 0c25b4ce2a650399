"""The view "Is it a change?" of the compare page: who is compared, and all that is decided, or why nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dashboard.compare import page
from dashboard.compare.change_view import UNITS, made, view
from dashboard.compare.groups import Group, group
from dashboard.compare.query import CompareQuery
from dashboard.drawing import words
from dashboard.drawing.markup import said, say, segments, tag
from dashboard.drawing.units import Units
from dashboard.reading.lab_noise import noise_of_others
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import SessionMeasures

WHAT = (
    "A and B are sessions of one athlete, or groups of them: before and after, or two conditions. Three sessions or "
    "more on a side are a baseline, whose scatter is the noise that a difference is set beside."
)
OTHERS = "A and B have sessions of different people: what repeated tests of one differ by says nothing about the other."


async def body(parts: Parts, measures: SessionMeasures, query: CompareQuery, units: Units) -> str:
    """Return the cards, and below them everything that is decided, or why nothing is."""
    a, b = await asyncio.gather(*(group(parts, measures, query, which) for which in "ab"))
    why = refused(a, b)
    actions = "" if why else page.actions(query.report(units), list(dict.fromkeys((*a.names, *b.names))))
    notes = [*query.problems, *([] if not why else [*a.missing, *b.missing])]
    top = page.head((_card(a, b), _card(b, a)), actions, notes)
    steps = tag("span", "Unit of curves", class_="muted") + segments("Unit", "unit", UNITS, query.unit)
    lacking = any(units.lacking(*(one.workout.about.mass_kg for one in each.entries)) for each in (a, b))
    text = "Shown in N: % BW needs the mass in every session." if lacking else ""
    top += page.views(query.view, steps, tag("span", say(text), class_="muted"))
    if why:
        return top + _refusal(a, b, why)
    lab = await noise_of_others(parts.archive, measures, [*a.workouts, *b.workouts])
    return top + await asyncio.to_thread(lambda: view(made(a, b, query, units, lab)))


def refused(a: Group, b: Group) -> str:
    """Return why nothing can be decided, "" where it can."""
    if not a.members or not b.members:
        return WHAT
    if len(a.athletes | b.athletes) > 1:
        return OTHERS
    both = [{where for one in each.entries for _, where in one.values} for each in (a, b)]
    return "" if both[0] & both[1] else "A and B have no measure of one sensor in common."


def _refusal(a: Group, b: Group, why: str) -> str:
    empty = next((one for one in (a, b) if not one.members), None)
    if empty is None:
        return said("This cannot be decided", why)
    letter = empty.which.upper()
    choose = tag("button", f"Choose {letter}", type="button", class_="button primary", data_act="pick",
                 data_which=empty.which, data_many="")  # fmt: skip
    return said(f"Choose sessions as {letter}", why, choose)


def _card(one: Group, other: Group) -> str:
    if not one.members:
        text = "Not chosen yet" if not one.names else "None of the sessions that are named can be shown"
        return page.group_card(one.which, f"Sessions of {one.which.upper()}", [text], [], _athlete(other))
    links = [(member.name, words.date(member.entry.first_us)) for member in one.members]
    return page.group_card(one.which, one.title, one.facts, links, _athlete(other))


def _athlete(one: Group) -> str:
    names: Sequence[str] = [text for entry in one.entries if (text := entry.workout.about.athlete)]
    return names[0] if names else ""
