"""The Record page: the list of test days, and the skeleton of one that `assets/record/record.mjs` fills."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.drawing.elements import aria, data, icon, notice, pill, slot
from dashboard.drawing.map_card import canvas, cell_map, scale
from dashboard.page.navigation import roles_of
from dashboard.page.notices import trying
from dashboard.page.visitors import visitor
from dashboard.routes import protocols_path

FIND = "Add an athlete or a team"


def days() -> html.Div:
    """Build the list of test days, which the browser's code fills, and the way to a new one."""
    return html.Div(
        [
            html.Div(
                [
                    html.H1("Record"),
                    slot("days-count", className="muted"),
                    html.Span(className="grow"),
                    html.A("Protocols", href=protocols_path(), className="button large"),
                    html.Button([icon("record"), html.Span("New test day"), html.Kbd("N", **aria(hidden="true"))],
                                className="button primary large", type="button", disabled=True,
                                **data(slot="new-day")),
                ],
                className="record-head",
            ),
            slot("days-said", html.P, className="record-said", role="status"),
            slot("days", html.Div, className="record-days"),
        ],
        className="record record-list",
        **data(baro="recorddays", title="Record"),
    )  # fmt: skip


def only_watching() -> html.Section:
    """Say to whoever may not record what they can do instead."""
    text = (
        f"{_who_you_are()}Recording is for scientists of an athlete's team; whoever looks after people gives roles and "
        "teams. What is recorded now can be watched."
    )
    return notice("You can watch, not record", text, dcc.Link("Watch live", href="/live", className="button"))


def _who_you_are() -> str:
    roles = roles_of(visitor())
    team = ", and in no team" if "scientist" in roles else ""
    return f"You are here as {roles}{team}. " if roles else ""


def day(day_id: str) -> html.Div:
    """Build the page of one test day; the day itself says what is on."""
    return html.Div(
        [
            slot("trouble", html.Div, className="trouble record-trouble", role="alert", hidden=True),
            _head(),
            html.Div(className="record-stations", role="group", hidden=True, **aria(label="Stations"),
                     **data(slot="stations")),
            html.Div(className="record-strip", hidden=True, role="group", **aria(label="Queue"), **data(slot="strip")),
            html.Div([_who(), _what(), _ready()], className="record-body at-setup"),
            html.Div([_map(), _beside()], className="record-body at-trial"),
            html.Div([_trials(), _curve(), _decide()], className="record-body at-review"),
            html.P(className="unseen", role="timer", **aria(live="polite"), **data(slot="clock-said")),
            html.P(className="unseen", role="status", **data(slot="failed")),
            html.Footer(className="record-foot", **aria(label="What can be done now"), **data(slot="foot")),
        ],
        className="record",
        **data(baro="record", day=day_id, title="Record", phase="loading"),
    )  # fmt: skip


def _head() -> html.Div:
    return html.Div(
        [
            pill("Loading"),
            slot("title", html.H1, "Record"),
            slot("what", className="record-what"),
            slot("chips"),
            slot("said", className="record-said", role="status"),
            html.Span(className="grow"),
            slot("rest", className="record-rest"),
            slot("add-station", hidden=True),
            html.A("All test days", href="/record", className="record-all"),
        ],
        className="record-head",
    )


def _card(number: str, title: str, *inside: Any, kind: str, more: tuple[Any, ...] = ()) -> html.Section:
    head = html.Div(
        [html.Span(number, className="step-number", **aria(hidden="true")), html.H2(title), *more],
        className="card-head",
    )
    return html.Section([head, *inside], className=f"card {kind}", **aria(label=title))


def _who() -> html.Section:
    order = html.Div(className="segments", role="group", **aria(label="Order"), **data(slot="order"))
    field = dcc.Input(id="record-find", type="search", placeholder=FIND, maxLength=200, autoComplete="off",
                      persistence=False)  # fmt: skip
    label = html.Label([icon("find"), field], className="find", **data(baro="labelled", label=FIND))
    find = html.Div(label, className="find-row")
    return _card(
        "1", "Who", find, slot("found", html.Div, className="found-box", hidden=True),
        slot("queue", html.Div, className="queue"), kind="who", more=(html.Span(className="grow"), order),
    )  # fmt: skip


def _what() -> html.Div:
    chosen = (slot("chosen", className="muted"), html.Span(className="grow"),
              html.A("Protocols", href=protocols_path(), className="button"))  # fmt: skip
    return html.Div(
        [
            slot("over", html.Div, className="card record-over", hidden=True),
            _card("2", "What", slot("tests", html.Div, className="tests"), kind="what", more=chosen),
            slot("how", html.Section, className="card how", **aria(label="How each trial is done")),
            slot("today", html.Section, className="card today", hidden=True, **aria(label="Trials today")),
            slot("last", html.Section, className="card last", hidden=True, **aria(label="Last time")),
        ],
        className="record-middle",
    )


def _ready() -> html.Section:
    empty = html.Div(
        [
            html.H3("No device is linked"),
            html.P("Switch a device on: it is listed under Link a device as soon as it sends. A device that is not "
                   "known yet is paired first."),
            html.Div(
                [html.A([icon("device"), "Pair a device"], href="/devices", className="button"),
                 *trying()],
                className="row",
            ),
        ],
        className="record-empty",
        **data(slot="no-device"),
    )  # fmt: skip
    return _card(
        "3", "Ready?", slot("linked", html.Div, className="linked"), empty,
        slot("map-ready", html.Div, className="map-place"),
        slot("checks", html.Ul, className="checks"), kind="ready",
    )  # fmt: skip


def _map() -> html.Section:
    part = html.Div(
        [
            cell_map("No frames yet."),
            html.P(className="map-note", hidden=True, **data(slot="places")),
            html.Div([slot("shares", className="muted"), html.Span(className="grow"), scale()], className="map-foot"),
        ],
        className="map-part",
        **data(slot="map-part"),
    )
    return html.Section(
        [slot("silent", html.P, className="record-silent", role="status", hidden=True),
         slot("map-run", html.Div, part, className="map-place")],
        className="card map-card", **aria(label="Map"),
    )  # fmt: skip


def _beside() -> html.Div:
    clock = html.Section(
        [
            html.Div([slot("clock", html.B, "–", className="clock"), slot("clock-small", className="muted")],
                     className="clock-words", **aria(hidden="true")),
            html.Div(html.Span(), className="progress", hidden=True, **aria(hidden="true"), **data(slot="progress")),
            html.Div([html.Span("read out", className="muted"), slot("read", html.P)], className="clock-read"),
            slot("word", html.P, className="word", **aria(hidden="true")),
        ],
        className="card clock-card", **aria(label="Time"),
    )  # fmt: skip
    curves = html.Section(
        [canvas("traces", "Curves of this trial from its start."),
         slot("curves-note", html.P, "Curves begin at go.", className="record-note", hidden=True)],
        className="card traces-card", **aria(label="Curves"),
    )  # fmt: skip
    good = html.Section(
        [
            html.Div([html.H2("Is this trial good?"), slot("criteria-said", className="muted")], className="card-head"),
            slot("criteria", html.Ul, className="checks"),
        ],
        className="card good", **aria(label="Is this trial good?"),
    )  # fmt: skip
    return html.Div([clock, curves, good], className="record-beside")


def _trials() -> html.Section:
    return html.Section(
        [html.Div([html.H2("Trials")], className="card-head"), slot("trials", html.Div)],
        className="card trials-card", **aria(label="Trials"),
    )  # fmt: skip


def _curve() -> html.Div:
    curve = html.Section(
        [
            html.Div([html.H2("This trial"), slot("curve-note", className="muted")], className="card-head"),
            slot("curve", html.Div, className="review-curve"),
        ],
        className="card", **aria(label="Curve"),
    )  # fmt: skip
    return html.Div([curve, slot("tiles", html.Div, className="results")], className="record-middle")


def _decide() -> html.Section:
    return html.Section(slot("decide", html.Div), className="card decide-card", **aria(label="Is this trial good?"))
