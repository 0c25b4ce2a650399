"""The compare page: what its address asks for, and sessions to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from dash import Input, Output, no_update

from barograph.access.needs import needs
from barograph.errors import BarographError, FramesAway, StorageAway
from barograph.store.ports import Workout
from barograph.store.search import Query
from barograph.store.trials import Trial
from dashboard.compare import change_body, page
from dashboard.compare import query as compare_query
from dashboard.compare.body import View, drawn
from dashboard.compare.comparison import ChosenSession, chosen_session, left_out, unlike, warnings
from dashboard.compare.eyes import romberg_of
from dashboard.compare.pairs import Pair, pairs_of, steps_text
from dashboard.compare.query import CompareQuery
from dashboard.compare.strip import strip
from dashboard.drawing import units
from dashboard.drawing.markup import away, said
from dashboard.drawing.units import Units
from dashboard.page.typed_callbacks import Callbacks, PageQuery, Text
from dashboard.reading.sources import Sources


@needs("read")
async def show(_sources: Sources, _rest: str, _search: str) -> Any:
    """Build the page; the browser asks for what is in it."""
    return page.page()


async def body(sources: Sources, search: str, told: Mapping[str, Any] | None = None) -> str:
    """Return the cards, and below them everything that is compared, or why nothing is."""
    query = compare_query.read(search)
    if query.view == "change":
        return await change_body.body(sources.parts, sources.measures, query, units.read(told))
    a, b = [await chosen_session(sources.parts, query, which) for which in "ab"]
    if a.context is None or b.context is None:
        return await _head((a, b), [], "", query) + _missing(a, b)
    pairs = await pairs_of(a.context, b.context, query.map)
    view = View.of(query, units.read(told), (a.context, b.context))
    top = await _head((a, b), pairs, _actions(query, view.units) if pairs else "", query)
    if not pairs:
        return top + said("Nothing in common", unlike(a.context, b.context), page.choose("b", "Choose another"))
    below = await drawn(a.context, b.context, pairs, view) + await romberg_of(a.context, b.context)
    return top + page.views(query.view) + below


def _actions(query: CompareQuery, shown: Units) -> str:
    return page.actions(query.report(shown), list(dict.fromkeys((query.a, query.b))))


async def _head(both: tuple[ChosenSession, ChosenSession], pairs: list[Pair], actions: str, query: CompareQuery) -> str:
    cards = []
    for i, one in enumerate(both):
        texts = ["no frames"] if one.workout and not one.context else []
        track, trials = "", list[Trial]()
        if one.context:
            trials = await one.context.parts.archive.trials.of(one.name)
            steps = steps_text([pair.halves[i] for pair in pairs])
            texts, track = page.facts(one.context, steps if pairs else ""), await strip(one.context)
        cards.append(page.card(one, texts, track, trials))
    said_first = [*query.problems, *left_out(query), *warnings(both, pairs)]
    return page.head((cards[0], cards[1]), actions, said_first)


def _missing(a: ChosenSession, b: ChosenSession) -> str:
    if not a.name and not b.name:
        return said(*page.NOTHING, page.choose("a", "Choose A"))
    for one in (a, b):
        letter = one.which.upper()
        if one.workout is not None and one.context is None:
            text = f"Nothing has been stored of {one.name} yet. A device that keeps a spool may still send it."
            return said("No frames", text, page.choose(one.which, f"Choose another {letter}"))
        if one.name and one.workout is None:
            title = f"{letter} was erased" if one.erased else f"{letter} is no session"
            text = f"Nothing is stored under the name {one.name}."
            return said(title, text, page.choose(one.which, f"Choose {letter}"))
    letter = "a" if not a.name else "b"
    text = f"One of the two is chosen. {letter.upper()} can be another session, or another part of the same one."
    return said(f"Choose {letter.upper()}", text, page.choose(letter, f"Choose {letter.upper()}"))


async def found(sources: Sources, text: str, which: str, athlete: str) -> str:
    """Return sessions to choose from."""
    query = Query(text=text[: compare_query.MOST_NAME].replace("\0", ""))
    newest, _ = await sources.archive.search(query, limit=page.MOST_FOUND, skip=0)
    mine: list[Workout] = []
    if athlete and not text:
        same, _ = await sources.archive.search(Query(athlete=athlete), limit=page.MOST_FOUND, skip=0)
        mine = list(same)
    known = {one.workout_id for one in mine}
    return page.rows([*mine, *(one for one in newest if one.workout_id not in known)], which, athlete)


class _Side(msgspec.Struct):
    """For which side a session is looked for, and the athlete of the other one."""

    which: Literal["a", "b"] = "a"
    athlete: Text | None = None


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(Output("compare-body", "data-markup"), Input("compare-asked", "data"), prevent_initial_call=True)
    @needs("read")
    async def draw(told: PageQuery | None) -> Any:
        if told is None:
            return no_update
        try:
            return await body(sources, told.search, told.units)
        except FramesAway as error:
            return said("The frames of a session cannot be read now", str(error))
        except StorageAway:
            return away()
        except (BarographError, ValueError) as error:
            return said("This cannot be compared", str(error))

    @app.callback(
        Output("compare-found", "data-markup"), Input("compare-find", "value"), Input("compare-which", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def find(text: Text | None, told: _Side | None) -> Any:
        side = told or _Side()
        try:
            return await found(sources, text or "", side.which, side.athlete or "")
        except StorageAway:
            return said("The archive does not answer", "Try again in a moment.")
