"""The printed "Is it a change?": A and B, the answer, what it rests on, curves of every quantity, and all measures."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from barograph.errors import InvalidData, NotFound
from dashboard.compare import change_charts
from dashboard.compare.change_body import refused
from dashboard.compare.change_view import (
    CURVES,
    HIGHER,
    HOW,
    LINES,
    NOT_INDEPENDENT,
    Change,
    answer,
    made,
    measures,
    method_text,
    sizes,
)
from dashboard.compare.groups import Group, group
from dashboard.compare.query import CompareQuery
from dashboard.compare.rests import lines
from dashboard.drawing import words
from dashboard.drawing.change_flag import legend
from dashboard.drawing.markup import drawing_box, head, paper, say, section, table, tag
from dashboard.drawing.units import Units
from dashboard.reading.lab_noise import noise_of_others
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import SessionMeasures
from dashboard.report.document import definitions, document, parameters


async def report(parts: Parts, query: CompareQuery, units: Units, *, now_us: int) -> str:
    """Return the whole document.

    `NotFound` where a side has no session, `InvalidData` where nothing can be decided or the address is wrong.
    """
    measures_of = SessionMeasures(parts)
    found = []
    for quantity, _ in CURVES:
        asked = replace(query, curve=quantity, foot="both")
        a, b = await asyncio.gather(*(group(parts, measures_of, asked, which) for which in "ab"))
        _refuse(a, b, query)
        lab = await noise_of_others(parts.archive, measures_of, [*a.workouts, *b.workouts])
        found.append(await asyncio.to_thread(made, a, b, asked, units, lab))
    with paper() as terms:
        content = await asyncio.to_thread(_content, found)
        end = definitions(terms) + parameters(_made_by(found[0]), now_us)
    return document("Is it a change?", content + end)


def _refuse(a: Group, b: Group, query: CompareQuery) -> None:
    if query.problems:
        raise InvalidData("; ".join(query.problems))
    for one in (a, b):
        if not one.members:
            said = "; ".join(one.missing) or "none is named"
            raise NotFound(f"sessions of {one.which.upper()}: expected one or more with frames, {said}")
    if why := refused(a, b):
        raise InvalidData(why)


def _content(found: list[Change]) -> str:
    first = found[0]
    n = sizes(first)
    note = f"MDC for means of {n[0]} and {n[1]} sessions: 1.96 · TE · √(1/{n[0]} + 1/{n[1]}); unit: sessions"
    cards = tag("div", *(_card(one) for one in (first.a, first.b)), class_="halves")
    return "".join(
        [
            tag("header", tag("h1", "Is it a change?"), cards), answer(first),
            tag("h2", "Is it more than noise?"), tag("p", say(note), class_="muted"),
            measures(first, explained=False), legend(),
            tag("h2", "What it rests on"), *map(_line, lines(first)),
            tag("h2", "Where do the curves differ?"), tag("p", say(HOW)),
            tag("p", say(NOT_INDEPENDENT), class_="warning") if first.query.unit == "steps" else "",
            *(_curves(one) for one in found if one.tested),
        ]
    )  # fmt: skip


def _line(one: tuple[bool, str, str]) -> str:
    good, first, rest = one
    return tag("p", tag("b", say(first)), say(rest), class_=None if good else "warning")


def _curves(found: Change) -> str:
    title = dict(CURVES)[found.query.curve]
    drawn = tag("div", *(drawing_box(change_charts.curves(one)) for one in found.tested), class_="compare-curves")
    texts = [f"{one.curves.title}: {one.why or change_charts.clusters_text(one)}." for one in found.tested]
    said = (tag("p", say(text), class_="muted") for text in (*texts, method_text(found)) if text)
    return section(head(title, LINES, HIGHER), drawn, *said, kind="together")


def _card(one: Group) -> str:
    rows = [[tag("code", say(member.name)), say(words.date(member.entry.first_us))] for member in one.members]
    letter = tag("span", one.which.upper(), class_="letter", data_which=one.which)
    facts = tag("p", say(" · ".join(one.facts)))
    inside = tag("div", tag("p", tag("b", say(one.title))), facts, table(("Session", "Began"), rows, label="Sessions"))
    return tag("div", letter, inside, class_="half")


def _made_by(found: Change) -> list[tuple[str, str]]:
    """What someone needs who wants the same numbers again."""
    return [
        ("Typical error", found.noise.said),
        ("SWC", found.noise.about_swc),
        ("MDC", "1.959964 · TE · √(1/n of A + 1/n of B)"),
        ("Interval", "95 %, Welch"),
        ("Unit of the table", "sessions, the mean of each"),
        ("Unit of the curves", found.query.unit),
        ("SPM", method_text(found) or "none"),
        ("Parts", "whole sessions up to 5 min, else the minute that their pages show first"),
        ("In a notebook", "analytics.change(a, b), analytics.spm(a, b)"),
    ]
