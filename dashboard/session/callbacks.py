"""The session page: its skeleton, its overview and facts, and the tab that its address names."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlencode

import plotly.graph_objects as go
from dash import ALL, Input, Output, State, ctx, no_update

from barograph.access.needs import needs
from barograph.errors import AccessDenied, BarographError, FramesAway, InvalidData, NotFound, StorageAway
from barograph.frames import check_name
from barograph.store import reading
from barograph.store.ports import Workout
from dashboard.dialogs.callbacks import retag
from dashboard.drawing import theme, units, words
from dashboard.drawing.elements import notice
from dashboard.drawing.markup import drawn
from dashboard.page import notices
from dashboard.page.typed_callbacks import Address, Callbacks, Clicks, Count, Text, Window, decoded
from dashboard.reading import overview
from dashboard.reading.context import Context
from dashboard.reading.overview import Span
from dashboard.reading.part_query import COLUMNS, read
from dashboard.reading.parts import key
from dashboard.reading.sources import Sources
from dashboard.session import among, figures, head, page, tabs, trial_acts
from dashboard.session.figures import Mark, Shown

_WINDOW = {"a": "from", "b": "to", "col": "col"}


@needs("read", shared=True)
async def show(sources: Sources, name: str, search: str) -> Any:
    """Return the page of a page."""
    workout_id = check_name("workout_id", name)
    try:
        workout = await sources.archive.workout(workout_id)
    except NotFound:
        erased = await sources.archive.erased([workout_id])
        return notices.erased() if erased else page.unknown(workout_id)
    if (whole := overview.span(workout, overview.piece_of(search))) is None:
        return page.without_frames(workout)
    query, live = read(search, whole.length_s), sources.state(workout) != "ended"
    return page.page(workout, whole, query, search=search, live=live)


async def find(sources: Sources, path: str, piece: str = "", seen: str = "") -> tuple[Workout, Span]:
    """Return a session and when it was, or a part of it was, as its page knows it; `NotFound` without frames."""
    workout = await sources.archive.workout(check_name("workout_id", unquote(path.rpartition("/")[2])))
    whole = overview.span(workout, piece)
    if whole is None:
        raise NotFound(f"{workout.workout_id}: nothing is stored of it")
    return workout, overview.as_opened(whole, seen)


async def figure(sources: Sources, path: str, window: Window, scheme: theme.Scheme) -> go.Figure:
    """Build the overview, of the part and the column that the window names."""
    workout, whole = await find(sources, path, str(window.get("piece") or ""), str(window.get("seen") or ""))
    query = read(urlencode({to: str(window.get(name) or "") for name, to in _WINDOW.items()}), whole.length_s)
    start, stop = (query.start_s, query.stop_s) if window.get("b") else (0.0, whole.length_s)
    column = COLUMNS[query.col]
    ends = await sources.parts.cache.get(
        (*_marks(workout), whole, column), lambda: _extent(sources, workout, whole, column)
    )
    part = Span(whole.first_us + round(start * 1e6), whole.first_us + round(stop * 1e6))
    lanes = await overview.lanes(sources.archive, workout, part, column)
    markers = await sources.archive.markers(workout.workout_id)
    marks = [Mark((marker.t_us - whole.first_us) / 1e6, marker.label) for marker in markers]
    shown = Shown(start, max(stop - start, 1e-3))
    context = Context(sources.parts, workout, whole, query, units.read(window))
    display = context.display(lanes[0].unit) if lanes else None
    return await asyncio.to_thread(figures.overview, lanes, shown, scheme, tops=ends, marks=marks, display=display)


async def _extent(sources: Sources, workout: Workout, whole: Span, column: int) -> figures.Range:
    """The range of the whole session, so that zooming never changes it."""
    return figures.extent(await overview.lanes(sources.archive, workout, whole, column))


def _marks(workout: Workout) -> tuple[object, ...]:
    return "extent", workout.workout_id, *(key(info, Span(0, 0)) for info in workout.streams)


async def gaps(sources: Sources, path: str) -> Any:
    """Return what is not stored of a page."""
    workout, _ = await find(sources, path)
    plans = [await reading.plan(sources.archive, info) for info in workout.streams]
    found = [gap for planned in plans for gap in planned.gaps]
    jumps = [jump for planned in plans for jump in reading.jumps_in(planned)]
    lasting_us = sum(max(0, gap.stop_us - gap.start_us) for gap in found)
    return head.gaps_fact(len(found), lasting_us / 1e6, len(jumps))


async def tab(sources: Sources, path: str, search: str) -> tuple[Any, Any]:
    """Return the tab of an address, and what is said of the selection."""
    workout, whole = await find(sources, path, overview.piece_of(search), overview.seen(search))
    query = read(search, whole.length_s)
    running = sources.state(workout) != "ended"
    more = "" if not query.whole else " · all of it when opened" if running else " · all of it"
    context = Context(sources.parts, workout, whole, query, units.of_address(search))
    body = await tabs.show(context, lambda name: among.among(sources, context, name, search))
    return body, f" · {words.duration(query.length_s)}{more}"


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""
    _register_title(app, sources)
    _register_trials(app, sources)

    @app.callback(
        Output("overview", "figure"), Input("scheme", "data"), Input("window", "data"), State("address", "pathname")
    )
    @needs("read", shared=True)
    async def draw_overview(scheme: theme.Scheme | None, window: Window | None, path: Address) -> Any:
        if scheme is None:
            return no_update
        try:
            return await figure(sources, path, window or {}, scheme)
        except InvalidData:
            return no_update  # the next page's address: this one is on its way out
        except (StorageAway, NotFound):
            return figures.sentence("The overview could not be read; it comes when the page is opened again.", scheme)

    @app.callback(Output("gaps-fact", "children"), Input("gaps-fact", "id"), State("address", "pathname"))
    @needs("read", shared=True)
    async def count_gaps(_id: Text, path: Address) -> Any:
        try:
            return await gaps(sources, path)
        except (StorageAway, NotFound):
            return "gaps not known"

    @app.callback(
        Output("tab-body", "children"), Output("part-fact", "children"), Input("part", "data"),
        State("address", "pathname"),
    )  # fmt: skip
    @needs("read", shared=True)
    async def show_tab(search: Address | None, path: Address) -> Any:
        try:
            return await tab(sources, path, search or "")
        except FramesAway as error:
            return tabs.refusal("The frames of this session cannot be read now", str(error)), ""
        except StorageAway:
            return _away(), ""
        except (BarographError, ValueError) as error:
            return tabs.refusal("This cannot be computed", str(error)), ""


def _register_trials(app: Callbacks, sources: Sources) -> None:
    @app.callback(
        Output("trials", "children"), Input("trials", "id"), Input("trials-changed", "data"),
        State("address", "pathname"), State("part", "data"),
    )  # fmt: skip
    @needs("read", shared=True)
    async def show_trials(_id: Text, _n: Count | None, path: Address, search: Address | None) -> Any:
        try:
            workout, whole = await find(sources, path, overview.piece_of(search or ""), overview.seen(search or ""))
            return drawn(await trial_acts.show(sources, workout, whole))
        except StorageAway:
            return "The trials could not be read; they come when the page is opened again."
        except NotFound:
            return ""

    @app.callback(
        Output("trials-changed", "data"), Output("trials-said", "children"), Input("trial-ask", "data"),
        State("address", "pathname"), prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def change_trial(act: trial_acts.TrialAct | None, path: Address) -> Any:
        if not act or "do" not in act:
            return no_update, no_update
        try:
            workout, _ = await find(sources, path)
            return act.get("n", 0), await trial_acts.done(sources, workout, act)
        except StorageAway:
            return no_update, "The archive does not answer: nothing was changed. Ask again in a moment."
        except NotFound as error:
            return no_update, str(error)


async def title(sources: Sources, path: str, *, add: str = "", take: str = "") -> list[Any]:
    """Build the name and tags of a session, after a tag was put on or taken off."""
    refused = ""
    try:
        workout, _ = await find(sources, path)
        try:
            if add or take:
                await retag(sources, workout, add=[add] if add else [], take=[take] if take else [])
                workout, _ = await find(sources, path)
        except InvalidData as error:
            refused = str(error)
        except AccessDenied:
            refused = "You may look at this session, and not change it. Ask a scientist of its team."
    except NotFound:
        return head.erased()
    return head.title(workout, refused)


def _register_title(app: Callbacks, sources: Sources) -> None:
    @app.callback(
        Output("session-title", "children"), Input("changed", "data"), Input("tag-new", "n_submit"),
        Input({"type": "untag", "tag": ALL}, "n_clicks"), State("tag-new", "value"), State("address", "pathname"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def retitle(_changed: Count | None, _n: Count | None, clicks: Clicks, new: Text | None, path: Address) -> Any:
        by = ctx.triggered_id
        if by == "tag-new" and not (new or "").strip():
            return no_update
        if isinstance(by, dict) and not any(clicks):
            return no_update
        try:
            return await title(sources, path, add=new or "" if by == "tag-new" else "",
                               take=decoded("untag.tag", by["tag"], Text) if isinstance(by, dict) else "")  # fmt: skip
        except StorageAway:
            return no_update


def _away() -> Any:
    return notice("The archive does not answer", "Choose the tab again in a moment.", kind="alarm")
