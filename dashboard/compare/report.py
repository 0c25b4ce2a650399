"""The printed comparison: two sessions as one HTML file that needs nothing else, made by the functions of the page.

All three maps and curves are in it, and the table of every foot, whichever of them the page showed; alignment, parts,
thresholds and units are those of its address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from barograph.errors import InvalidData, NotFound
from dashboard.compare import body, table
from dashboard.compare.body import ALIGNED, CURVES, LEGEND, MAPS, View
from dashboard.compare.comparison import ChosenSession, chosen_session, problems, unlike, warnings
from dashboard.compare.page import facts, part_text
from dashboard.compare.pairs import Half, Pair, masks_said, pairs_of, stances_of, steps_text
from dashboard.compare.query import CompareQuery
from dashboard.drawing import words
from dashboard.drawing.markup import head, paper, say, section, tag
from dashboard.drawing.units import Units
from dashboard.reading.context import Context
from dashboard.reading.parts import Parts
from dashboard.reading.sides import name_of
from dashboard.report.document import definitions, document, parameters, steps_by
from dashboard.results import data, regions


async def report(parts: Parts, query: CompareQuery, units: Units, *, now_us: int) -> str:
    """Return the whole document.

    `NotFound` where one of the two has no frames, `InvalidData` where nothing goes together.
    """
    both = (await chosen_session(parts, query, "a"), await chosen_session(parts, query, "b"))
    a, b = (_known(one) for one in both)
    kinds = {kind: await pairs_of(a, b, kind) for kind, _ in MAPS}
    pairs = kinds["peak"]
    if not pairs:
        raise InvalidData(unlike(a, b))
    _refuse((a, b), pairs, query)
    view = View.of(query, units, (a, b))
    with paper() as terms:
        content = _head(both, pairs, view) + await asyncio.to_thread(_body, a, b, kinds, view)
        end = definitions(terms) + parameters(_made_by(a, b, pairs, view), now_us)
    return document(f"{a.workout.workout_id} and {b.workout.workout_id} compared", content + end)


def _refuse(contexts: tuple[Context, Context], pairs: Sequence[Pair], query: CompareQuery) -> None:
    """Refuse an address that asks for what cannot be: nobody reads a note on paper twice."""
    found = list(query.problems)
    for i, (which, context) in enumerate(zip("AB", contexts, strict=True)):
        found += [f"{which}: {text}" for text in problems(context, [pair.halves[i] for pair in pairs])]
    if found:
        raise InvalidData("; ".join(found))


def _known(one: ChosenSession) -> Context:
    if one.context is None:
        asked_for = one.name or f"session {one.which.upper()}, which is not named"
        raise NotFound(f"{asked_for}: nothing is stored of it, so there is nothing to compare")
    return one.context


def _head(both: tuple[ChosenSession, ChosenSession], pairs: Sequence[Pair], view: View) -> str:
    """Who and what A and B are, and what is to be known before the numbers are believed."""
    notes = [*warnings(both, pairs), *([text] if (text := body.lacking(view)) else [])]
    said = [tag("p", say(text), class_="warning") for text in notes]
    cards = [_card(one, [pair.halves[i] for pair in pairs]) for i, one in enumerate(both)]
    return tag("header", tag("h1", "Two sessions compared"), tag("div", *cards, class_="halves"), *said)


def _card(one: ChosenSession, halves: Sequence[Half]) -> str:
    if one.workout is None or one.context is None:
        return ""
    about = one.workout.about
    title = ", ".join(text for text in (about.athlete or one.name, about.kind) if text)
    shown = [*facts(one.context, steps_text(halves)), part_text(one.context)]
    shown += [f"{about.mass_kg:g} kg"] if about.mass_kg else []
    line = tag("p", " · ".join([tag("code", say(one.name)), *map(say, shown)]))
    tags = tag("p", *(tag("span", say(text), class_="chip") for text in about.tags)) if about.tags else ""
    letter = tag("span", one.which.upper(), class_="letter", data_which=one.which)
    return tag("div", letter, tag("div", tag("p", tag("b", say(title))), line, tags), class_="half")


def _body(a: Context, b: Context, kinds: dict[str, list[Pair]], view: View) -> str:
    """The measures first, then maps and curves, then each foot; all drawings are made away from the event loop."""
    pairs = kinds["peak"]
    named = [replace(view, query=replace(view.query, map=kind)) for kind, _ in MAPS]
    maps = [_maps(title, kinds[one.query.map], one) for one, (_, title) in zip(named, MAPS, strict=True)]
    peaks = body.regions(pairs, view)
    first, *others, remarks = _tables(pairs, view)
    return "".join(
        [
            tag("h2", "Paired measures"), first, remarks,
            tag("h2", "Maps"), *maps, section(peaks) if peaks else "",
            tag("h2", body.curves_name(a, b, pairs, "force")[0]), *_curves(a, b, pairs, view),
            tag("h2", "Paired measures of each foot") if others else "", *others,
            tag("h2", "Data"), *(data.streams(one, f"Streams of {which}") for which, one in (("A", a), ("B", b))),
        ]
    )  # fmt: skip


def _maps(title: str, pairs: Sequence[Pair], view: View) -> str:
    shown = body.maps(pairs, view)
    note = f"{shown.said}; {_aligned(view.query)}, {shown.shift}" if shown.shift else shown.said
    return section(head(f"{title} map{'s' if title != 'PTI' else 's, pressure-time integral'}", note=note),
                   tag("div", *shown.figures, class_="compare-maps"))  # fmt: skip


def _aligned(query: CompareQuery) -> str:
    title = dict(ALIGNED)[query.align].lower().replace("cop", "CoP")
    return f"aligned {title}"


def _curves(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> list[str]:
    made = []
    for quantity, title in CURVES:
        _, note = body.curves_name(a, b, pairs, quantity)
        drawn = body.curves(a, b, pairs, replace(view, query=replace(view.query, curve=quantity)))
        if drawn:
            inside = tag("div", *drawn, class_="compare-curves")
            made.append(section(head(title, LEGEND, note=note), inside))
    return made or [tag("p", "One of the two is not calibrated: a force and counts have no curve in common.")]


def _tables(pairs: Sequence[Pair], view: View) -> list[str]:
    """Of both feet, then of each; what is to be known of them comes last."""
    choices = sorted(table.choices(pairs), key=lambda choice: choice[0] != "both")
    found = [(title, table.measures(pairs, key, view.shown)) for key, title in choices]
    drawn = [section(head(title or pairs[0].title, note=one.note), one.table) for title, one in found]
    remarks = dict.fromkeys(one.remark for _, one in found)
    return [*drawn, "".join(tag("p", say(text), class_="muted") for text in remarks)]


def _made_by(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> list[tuple[str, str]]:
    """Parts, thresholds and epochs: what someone needs who wants the same numbers again."""
    both = (("A", a), ("B", b))
    return [
        *((f"Part of {which}", _part(one)) for which, one in both),
        ("Maps", _aligned(view.query)),
        *steps_by(a.query, a.loaded([*a.infos, *b.infos]), stances_of(pairs)),
        ("Regions", "; ".join(f"{which} {regions.preset_of(one)}" for which, one in both)),
        *([("Masks", text)] if (text := masks_said(pairs)) else []),
        ("Intervals", "95 %: Welch of means, Hedges and Olkin 1985 of g"),
        *((f"{which} in a notebook", data.notebook_line(one)) for which, one in both),
        *((f"Epochs of {which}, {name_of(info)}", ", ".join(epoch.epoch for epoch in info.epochs))
          for which, one in both for info in one.infos),
    ]  # fmt: skip


def _part(one: Context) -> str:
    whole = ", all of it" if one.query.whole else f" of {words.duration(one.whole.length_s)}"
    start, stop = words.moment(one.query.start_s), words.moment(one.query.stop_s)
    return f"{start} – {stop}, {words.duration(one.query.length_s)}{whole}"
