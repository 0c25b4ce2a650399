"""The page of one athlete: who it is, all sessions on a timeline, and trends and load of the time chosen there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from dash import Input, Output, State, dcc, html, no_update

from barograph.access.guarded_roster import of_athlete
from barograph.access.needs import needs
from barograph.access.rights import decide
from barograph.errors import BarographError, NotFound, StorageAway
from barograph.times import day_of
from dashboard.athletes import one_facts, one_goals, one_load, one_query, one_timeline, one_trends
from dashboard.athletes.one_query import OneQuery
from dashboard.athletes.one_reading import Found, find, within
from dashboard.drawing import units, words
from dashboard.drawing.elements import data, erased_notes, icon, reset_view
from dashboard.drawing.markup import away, place, said, say, tag
from dashboard.page import notices
from dashboard.page.typed_callbacks import Address, Callbacks, PageQuery
from dashboard.page.visitors import visitor
from dashboard.reading.lab_noise import noise_of_others
from dashboard.reading.lab_norms import norms_of
from dashboard.reading.overview import span
from dashboard.reading.series import loads_of
from dashboard.reading.sources import Sources
from dashboard.routes import athletes_path, compare_path, day_report_path, erase_path, history_path, live_path

MOST_TRENDS = 200


async def show(sources: Sources, uid: str, search: str) -> Any:
    """Build the frame of the page of an athlete; one who may not be seen is not there."""
    now_us = now()
    try:
        found = await find(sources, uid, one_query.read(search), now_us)
    except NotFound:
        return notices.nowhere()
    return frame(found, now_us)


def now() -> int:
    """Return the time, µs since 1970."""
    return time.time_ns() // 1000


def frame(found: Found, now_us: int) -> html.Div:
    """Build the head, and the places of what callbacks draw."""
    athlete = found.athlete
    return html.Div(
        [
            dcc.Store(id="one-asked"),
            html.Div(_head(found, now_us), id="one-head"),
            erased_notes(),
            html.P(className="one-saved", role="status", **data(slot="saved")),
            html.Div([place("one-aside"),
                      html.Div([place(name) for name in ("one-body", "one-trends", "one-load")], className="one-main")],
                     className="one-columns"),
        ],
        className="one", **data(baro="one", title=athlete.name, uid=athlete.uid),
    )  # fmt: skip


def _head(found: Found, now_us: int) -> Any:
    newest = found.newest[0] if found.newest else None
    whole = span(newest) if newest else None
    last = words.date(whole.first_us if whole else newest.created_us) if newest else ""
    return one_facts.head(found.athlete, found.teams, day_of(now_us), athletes_path(), *_actions(found), last=last)


def _actions(found: Found) -> list[Any]:
    uid, newest = found.athlete.uid, [one.workout_id for one in found.newest]
    live = [dcc.Link([html.Span(className="dot"), "Watch live"], href=live_path(one.workout_id), className="button go")
            for one in found.live[:1]]  # fmt: skip
    history = (
        [
            dcc.Link("History", href=history_path(uid), className="button"),
            html.A("Test day", href=day_report_path(athlete=uid), className="button"),
        ]
        if newest
        else []
    )
    compare = [dcc.Link([icon("compare"), "Compare the last two"], href=compare_path(newest[1], newest[0]),
                        className="button")] if len(newest) > 1 else []  # fmt: skip
    merge = [] if not found.may_change else [
        html.A("Merge…", href=f"{athletes_path()}/merge?kept={uid}", className="button",
               title="Make this and another record of the same person one")
    ]  # fmt: skip
    erase = [html.A("Erase…", href=erase_path(uid), className="button", title="Erase this athlete with all sessions")]
    return [reset_view(), *live, *history, *compare, *merge, *(erase if _may_erase(found) else [])]


def _may_erase(found: Found) -> bool:
    return decide(visitor(), "erase", of_athlete(found.athlete))


def aside(found: Found, now_us: int) -> str:
    """Return facts: profile, goals, measurements, consent."""
    athlete, day = found.athlete, day_of(now_us)
    who = visitor()
    by = who.name if who is not None and who.kind == "user" else ""
    return (
        one_facts.profile(athlete, found.teams, day, may_change=found.may_change)
        + one_goals.goals(athlete, day, by, may_change=found.may_change, trained=found.trained)
        + one_facts.measurements(athlete, day, may_change=found.may_change)
        + one_facts.consent(athlete, day, by, may_change=found.may_change)
    )


def timeline(found: Found, query: OneQuery, now_us: int) -> str:
    """Return the timeline, below what is wrong with the address."""
    wrong = "".join(tag("p", say(text), class_="tab-problem", role="alert") for text in query.problems)
    return wrong + one_timeline.timeline(found, query, now_us)


async def load(sources: Sources, found: Found, query: OneQuery, now_us: int) -> str:
    """Return the load of the time that is chosen."""
    if not found.total:
        return ""
    part = query.chosen(found.shown)
    loads = await loads_of(sources.archive, [one.workout for one in found.sessions])
    shown = one_load.Shown(query.load, query.each, loads)
    return one_load.load(within(found.sessions, part), part, now_us, shown, found.sessions)


async def trends(sources: Sources, found: Found, query: OneQuery, told: Mapping[str, Any] | None) -> str:
    """Return the trends of the time that is chosen."""
    if not found.total:
        return ""
    mine = within(found.sessions, query.chosen(found.shown))
    newest = mine[-MOST_TRENDS:]
    entries = await sources.measures.entries([one.workout for one in newest])
    ordered = sorted(entries, key=lambda one: one.first_us)
    shown = [one.workout for one in ordered]
    lab = await noise_of_others(sources.archive, sources.measures, shown)
    norms = await norms_of(sources, shown, query.of)
    left_out = len(mine) - len(newest)
    return await asyncio.to_thread(one_trends.trends, ordered, query, units.read(told), left_out, lab, norms)


def uid_in(path: str | None) -> str:
    """Return the uid in the address of a page."""
    return unquote((path or "").strip("/").removeprefix("athletes/"))


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(
        Output("one-head", "children"), Output("one-aside", "data-markup"), Output("one-body", "data-markup"),
        Output("one-load", "data-markup"), Input("one-asked", "data"), State("address", "pathname"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read", "athlete")
    async def draw(told: PageQuery | None, path: Address | None) -> tuple[Any, Any, Any, Any]:
        if told is None:
            return no_update, no_update, no_update, no_update
        now_us, query = now(), one_query.read(told.search)
        try:
            found = await find(sources, uid_in(path), query, now_us)
        except StorageAway:
            return no_update, no_update, away(), ""
        except (BarographError, ValueError) as error:
            return no_update, "", _failed(error), ""
        parts = timeline(found, query, now_us), await load(sources, found, query, now_us)
        return _head(found, now_us), aside(found, now_us), *parts

    @app.callback(
        Output("one-trends", "data-markup"), Input("one-asked", "data"), State("address", "pathname"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read", "athlete")
    async def draw_trends(told: PageQuery | None, path: Address | None) -> Any:
        if told is None:
            return no_update
        query = one_query.read(told.search)
        try:
            found = await find(sources, uid_in(path), query, now())
            return await trends(sources, found, query, told.units)
        except StorageAway:
            return ""
        except (BarographError, ValueError) as error:
            return _failed(error)


def _failed(error: Exception) -> str:
    if isinstance(error, NotFound):
        return said("Nothing at this address", "The address may be incomplete, or the page has moved.")
    return said("This cannot be shown", str(error))
