"""The compare page: what its address asks for, and sessions to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash, Input, Output, no_update

from barograph.errors import BarographError, InvalidData, NotFound, StorageAway
from barograph.frames import check_name
from barograph.ports import Workout
from barograph.search import Query
from dashboard import comparewish, comparing, overview, units, wish
from dashboard.comparewish import Compared
from dashboard.comparing import Pair
from dashboard.context import Context
from dashboard.markup import said
from dashboard.pages import compare, comparebody, sessionhead
from dashboard.pages.comparebody import View
from dashboard.sources import Sources


@dataclass(frozen=True)
class Asked:
    """One of the two: its name, the session where there is one, and its part where anything is stored."""

    which: str
    name: str
    workout: Workout | None = None
    context: Context | None = None


async def show(_sources: Sources, _rest: str, _search: str) -> Any:
    """The page; the browser asks for what is in it."""
    return compare.page()


async def asked(sources: Sources, wished: Compared, which: str) -> Asked:
    """A session of the address."""
    name = wished.a if which == "a" else wished.b
    if not name:
        return Asked(which, name)
    try:
        workout = await sources.archive.workout(check_name("workout_id", name))
    except (NotFound, InvalidData):
        return Asked(which, name)
    whole = overview.span(workout)
    if whole is None:
        return Asked(which, name, workout)
    read = wish.read(wished.of(which), whole.length_s)
    return Asked(which, name, workout, Context(sources.parts, workout, whole, read))


async def body(sources: Sources, search: str, told: Mapping[str, Any] | None = None) -> str:
    """The cards, and below them everything that is compared, or why nothing is."""
    wished = comparewish.read(search)
    a, b = [await asked(sources, wished, which) for which in "ab"]
    if a.context is None or b.context is None:
        return _head((a, b), []) + _missing(a, b)
    pairs = await comparing.pairs(a.context, b.context, wished.map)
    view = View(wished, units.read(told), (a.context.workout.about.mass_kg, b.context.workout.about.mass_kg))
    top = _head((a, b), pairs)
    if not pairs:
        return top + said("Nothing in common", _unlike(a.context, b.context), compare.choose("b", "Choose another"))
    return top + await comparebody.drawn(a.context, b.context, pairs, view)


def _head(both: tuple[Asked, Asked], pairs: list[Pair]) -> str:
    cards = []
    for i, one in enumerate(both):
        texts = ["no frames"] if one.workout and not one.context else []
        if one.context and one.workout:
            steps = comparing.steps_text([pair.halves[i] for pair in pairs])
            texts = compare.facts(one.workout, one.context, steps if pairs else "")
        cards.append(compare.card(one.which, one.name, one.workout, one.context, [text for text in texts if text]))
    return compare.head((cards[0], cards[1]), _warnings(both, pairs))


def _warnings(both: tuple[Asked, Asked], pairs: list[Pair]) -> list[str]:
    a, b = both
    found = [text for pair in pairs for text in comparing.remarks(pair.a.foot.info, pair.b.foot.info)]
    for one in both:
        infos = one.context.infos if one.context else []
        found += [f"{one.which.upper()}: {doubt}" for info in infos for doubt in sessionhead.doubts(info)]
    if a.context and b.context and pairs:
        if a.name == b.name and a.context.part == b.context.part:
            found.append("A and B are the same part of one session: change the part of one of them.")
        steps = [any(comparing.steps_of(pair.halves[i].foot) for pair in pairs) for i in (0, 1)]
        if steps[0] != steps[1]:
            found.append(f"{'B' if steps[0] else 'A'} has no whole step here, so whole parts are compared.")
        found += [_left_out(a.context, b.context, pairs)]
    return list(dict.fromkeys(text for text in found if text))


def _left_out(a: Context, b: Context, pairs: list[Pair]) -> str:
    used = {id(half.foot.info) for pair in pairs for half in pair.halves}
    alone = [f"{which} {info.stream.stream}" for which, one in (("A", a), ("B", b)) for info in one.infos
             if id(info) not in used]  # fmt: skip
    return f"Left out, because the other session has no such sensor: {', '.join(alone)}." if alone else ""


def _missing(a: Asked, b: Asked) -> str:
    if not a.name and not b.name:
        return said(*compare.NOTHING, compare.choose("a", "Choose A"))
    for one in (a, b):
        letter = one.which.upper()
        if one.workout is not None and one.context is None:
            text = f"Nothing has been stored of {one.name} yet. A device that keeps a spool may still send it."
            return said("No frames", text, compare.choose(one.which, f"Choose another {letter}"))
        if one.name and one.workout is None:
            text = f"Nothing is stored under the name {one.name}."
            return said(f"{letter} is no session", text, compare.choose(one.which, f"Choose {letter}"))
    letter = "a" if not a.name else "b"
    text = f"One of the two is chosen. {letter.upper()} can be another session, or another part of the same one."
    return said(f"Choose {letter.upper()}", text, compare.choose(letter, f"Choose {letter.upper()}"))


def _unlike(a: Context, b: Context) -> str:
    one, other = (", ".join(info.stream.stream for info in context.infos) for context in (a, b))
    return f"A has the sensors {one or 'none'}, B has {other or 'none'}: none of A’s goes with one of B’s."


async def found(sources: Sources, text: str, which: str, athlete: str) -> str:
    """Sessions to choose from."""
    query = Query(text=text[: comparewish.MOST_NAME].replace("\0", ""))
    newest, _ = await sources.archive.search(query, limit=compare.MOST_FOUND, skip=0)
    mine: list[Workout] = []
    if athlete and not text:
        same, _ = await sources.archive.search(Query(athlete=athlete), limit=compare.MOST_FOUND, skip=0)
        mine = list(same)
    known = {one.workout_id for one in mine}
    return compare.rows([*mine, *(one for one in newest if one.workout_id not in known)], which, athlete)


def register(app: Dash, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(Output("compare-body", "data-markup"), Input("compare-asked", "data"), prevent_initial_call=True)
    async def draw(told: dict[str, Any] | None) -> Any:
        if not told:
            return no_update
        try:
            return await body(sources, str(told.get("search") or ""), told)
        except StorageAway:
            return said("The archive does not answer", "Nothing is lost; open the page again in a moment.")
        except (BarographError, ValueError) as error:
            return said("This cannot be compared", str(error))

    @app.callback(
        Output("compare-found", "data-markup"), Input("compare-find", "value"), Input("compare-which", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def find(text: str | None, told: dict[str, str] | None) -> Any:
        which = "b" if told and told.get("which") == "b" else "a"
        try:
            return await found(sources, text or "", which, str((told or {}).get("athlete") or ""))
        except StorageAway:
            return said("The archive does not answer", "Nothing is lost; try again in a moment.")
