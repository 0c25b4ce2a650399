"""What the open session can be put beside: another part of itself, then what is like it, then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from barograph.store.ports import Workout
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.reading.overview import Span, span
from dashboard.reading.part_query import PartQuery

MOST = 30


def ordered(here: Workout, others: Sequence[Workout]) -> list[Workout]:
    """Return sessions with frames: of the same athlete, kind and layout first; among equals in the order given."""
    known = {one.workout_id: one for one in others if span(one) and one.workout_id != here.workout_id}
    return sorted(known.values(), key=lambda one: -_likeness(here, one))[:MOST]


def _likeness(here: Workout, one: Workout) -> int:
    same = (here.about.athlete == one.about.athlete, here.about.kind == one.about.kind, _kinds(here) == _kinds(one))
    return 4 * same[0] + 2 * same[1] + same[2]


def _kinds(one: Workout) -> set[tuple[str, int, int]]:
    return {(info.layout.kind, info.layout.rows, info.layout.cols) for info in one.streams if info.layout}


def path(here: Workout, other: Workout, query: PartQuery) -> str:
    """Return the address of the two, the older first, with the part that is selected here."""
    mine, its = span(here) or Span(0, 0), span(other) or Span(0, 0)
    first = mine.first_us <= its.first_us and here.workout_id != other.workout_id
    a, b = (here, other) if first else (other, here)
    part = {} if query.whole else dict(zip(("a0", "a1") if first else ("b0", "b1"),
                                          (f"{query.start_s:.3f}", f"{query.stop_s:.3f}"), strict=True))  # fmt: skip
    return f"/compare?{urlencode({'a': a.workout_id, 'b': b.workout_id, **part}, quote_via=quote)}"


def rows(here: Workout, others: Sequence[Workout], query: PartQuery) -> str:
    """Return links, the likeliest first."""
    itself = _link(path(here, here, query), "Another part of this session", "both parts are chosen there")
    links = [
        _link(path(here, one, query), one.about.athlete or one.workout_id,
              " · ".join(text for text in (one.about.kind, words.date(_first(one)), one.workout_id) if text))
        for one in ordered(here, others)
    ]  # fmt: skip
    return tag("div", *links, itself, class_="choices compare-with")


def _first(one: Workout) -> int | None:
    whole = span(one)
    return whole.first_us if whole else None


def _link(href: str, title: str, text: str) -> str:
    return tag("a", tag("b", say(title)), tag("span", say(text)), href=href)
