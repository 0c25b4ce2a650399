"""What "Is it a change?" rests on: whether sessions of A and B are alike, whose noise it is, and what is short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from barograph.times import dated
from dashboard.compare.groups import Group, mass_text
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.reading.doubts import doubts
from dashboard.reading.more_measures import BOTH
from dashboard.reading.session_measures import Entry, layouts

if TYPE_CHECKING:
    from dashboard.compare.change_view import Change

ALIKE = 0.03  # of the cadence
SHORT = 0.6  # of the median number of steps
Item = tuple[bool, str, str]  # whether nothing is to be doubted, in a word, and the rest


def rests(found: Change) -> str:
    """Return the list as a card; what is to be doubted has a triangle."""
    items = [
        tag("li", _icon(good=good), tag("span", tag("b", say(head)), say(text))) for good, head, text in lines(found)
    ]
    return tag("section", tag("h3", "What it rests on"), tag("ul", *items, class_="change-rests"), class_="card pad")


def lines(found: Change) -> list[Item]:
    """Return what is alike and what is not, in words."""
    a, b = found.a, found.b
    both = [*a.entries, *b.entries]
    made: list[Item] = [
        _alike("Same sensors", "Sensors differ", (layouts(one.workout) for one in both)),
        _alike(
            "Same kind of session", "Kinds of sessions differ", (one.workout.about.kind or "not noted" for one in both)
        ),
        *_cadence(a, b),
        (found.noise.of is not None, "Typical error", f": {found.noise.said}"),
        *_short((a, b)),
        *_masses(a, b),
        *_order(a, b),
    ]
    for one in (a, b):
        made += [(False, f"{one.which.upper()}", f": {text}") for text in one.missing]
        for member in one.members:
            made += [(False, member.name, f": {doubt}") for info in member.context.infos for doubt in doubts(info)]
    if twice := sorted(set(a.names) & set(b.names)):
        made.append((False, "In A and in B", f": {', '.join(twice)}"))
    made.append((True, "Parts", ": whole sessions up to 5 min, else the minute that their pages show first"))
    return made


def _icon(*, good: bool) -> str:
    return tag("span", class_=f"icon icon-{'check' if good else 'warning'}", role="img",
               aria_label="alike" if good else "look at this")  # fmt: skip


def _alike(same: str, differ: str, texts: Iterable[str]) -> Item:
    known = list(dict.fromkeys(texts))
    return (True, same, f", {known[0]}") if len(known) == 1 else (False, differ, f": {'; '.join(known[:4])}")


def _mean(entries: Sequence[Entry], name: str) -> float:
    found = [one.values[name, BOTH][0] for one in entries if (name, BOTH) in one.values]
    return float(np.mean(found)) if found else np.nan


def _cadence(a: Group, b: Group) -> list[Item]:
    one, other = (_mean(each.entries, "cadence_spm") for each in (a, b))
    if not (np.isfinite(one) and np.isfinite(other)):
        return []
    good = abs(other - one) <= ALIKE * one
    head = "Same cadence" if good else "Cadence differs"
    return [(good, head, f", {words.number(one, 1)} and {words.number(other, 1)} steps/min")]


def _short(groups: Iterable[Group]) -> list[Item]:
    """Sessions with far fewer steps than the others."""
    found: list[Item] = []
    for group in groups:
        n = {member.name: _steps(member.entry) for member in group.members}
        usual = float(np.median(list(n.values()))) if n else 0.0
        few = [f"{name}, {words.plural(steps, 'step')}" for name, steps in n.items() if 0 < steps < SHORT * usual]
        if few:
            found.append(
                (False, f"Short in {group.which.upper()}", f": {'; '.join(few)}; the others {usual:.0f} or so")
            )
    return found


def _steps(entry: Entry) -> int:
    return entry.values["cadence_spm", BOTH][2] if ("cadence_spm", BOTH) in entry.values else 0


def _masses(a: Group, b: Group) -> list[Item]:
    one, other = mass_text(a.entries), mass_text(b.entries)
    if not one or not other:
        return [(False, "Mass not known", " of every session: forces cannot be shown in % BW")]
    return [] if one == other else [(False, "Mass", f" {one[0]} and {other[0]}: % BW sets forces apart from it")]


def _order(a: Group, b: Group) -> list[Item]:
    times = [[one.first_us for one in each.entries] for each in (a, b)]
    if not all(dated(at) for each in times for at in each):
        return [(False, "Not every session has a date", "")]
    first, last = sorted(times, key=min)
    return [] if max(first) <= min(last) else [(False, "A and B overlap in time", ": something else may have changed")]
