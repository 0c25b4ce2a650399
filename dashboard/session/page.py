"""The session page: the whole session at a glance, and any moment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from dash import dcc, html

from analytics.columns import definition
from barograph.frames import Layout
from barograph.store.ports import StreamInfo, Workout
from dashboard.dialogs.forms import choose_geometry
from dashboard.drawing import titles, words
from dashboard.drawing.cell_picture import MANY
from dashboard.drawing.elements import aria, data, icon, notice, slot
from dashboard.drawing.map_card import canvas, cell_map, map_notice, scale
from dashboard.drawing.titles import column_of
from dashboard.page.notices import with_a_reason
from dashboard.page.visitors import is_guest
from dashboard.reading import sides
from dashboard.reading.context import loaded_text
from dashboard.reading.overview import Span
from dashboard.reading.part_query import TABS, PartQuery
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import in_order, side
from dashboard.reading.soles import estimated
from dashboard.results.tiles import explained, term
from dashboard.session import head
from dashboard.session.figures import AXIS_PX, MOST_LANES, OVERVIEW_LEFT_PX, OVERVIEW_RIGHT_PX, overview_px
from dashboard.session.head import name_of

MOST_BESIDE = 4
JUMPS = ("jump", "hop", "cmj")
AT_CURSOR = ("total", "peak", "area", "y", "x")
SHOWN_AS = {
    "y": "Shown from the back edge (of a foot: the heel).",
    "x": "Shown from the inner edge of a foot, else the left.",
}


WINDOW = ("a", "b", "col", "piece")


def page(workout: Workout, whole: Span, query: PartQuery, *, search: str = "", live: bool = False) -> html.Div:
    """Build a session with frames."""
    infos = ordered(workout)
    tab, seen = query.tab or first_tab(infos, workout.about.kind), f"{whole.first_us}-{whole.last_us}"
    return html.Div(
        [
            dcc.Store(
                id="window", data={"seen": seen, **{name: text for name in WINDOW if (text := _given(search, name))}}
            ),
            dcc.Store(id="part", data=f"{search or '?'}&seen={seen}"),
            head.head(workout, whole, live=live),
            _overview(infos, query),
            _trials(),
            html.Div([_at_cursor(infos), _tabs(infos, tab)], className="session-body"),
        ],
        className="session",
        **data(baro="session", workout=workout.workout_id, uid=workout.uid, title=name_of(workout), tab=tab),
        **(data(guest="") if is_guest() else {}),
        **data(mass="" if workout.about.mass_kg is None else str(workout.about.mass_kg)),
        **data(**{"first-us": str(whole.first_us), "last-us": str(whole.last_us)}),
        **data(**{"from-s": f"{query.start_s:.3f}", "to-s": f"{query.stop_s:.3f}"}),
    )


def _given(search: str, name: str) -> str:
    return parse_qs(search.lstrip("?")).get(name, [""])[-1]


def without_frames(workout: Workout) -> html.Section:
    """Build a session that was begun but holds nothing yet."""
    return notice(
        "No frames in this session", f"{name_of(workout)} was begun on {words.date(workout.created_us)}, and nothing "
        "has been stored of it. A device that keeps a spool may still send it.",
        dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip


def unknown(workout_id: str) -> html.Section:
    """Say that there is no such session."""
    return notice(
        "No such session", f"Nothing is stored under the name {workout_id}. It may have been erased, or the address is "
        "not complete.", dcc.Link("All sessions", href="/", className="button"), *with_a_reason(),
    )  # fmt: skip


def ordered(workout: Workout) -> list[StreamInfo]:
    """Return the streams that have a layout: left, right, then by name."""
    return in_order(info for info in workout.streams if info.layout)


def first_tab(infos: Sequence[StreamInfo], kind: str | None = None) -> str:
    """Return the tab that opens by itself: feet walk, plates are stood on, unless the session is one of jumps."""
    if any(word in (kind or "").lower() for word in JUMPS) and why_not("jump", infos) is None:
        return "jump"
    kinds = {info.layout.kind for info in infos if info.layout}
    return "gait" if kinds == {"insole"} else "balance" if kinds == {"plate"} else "maps"


def why_not(tab: str, infos: Sequence[StreamInfo]) -> str | None:
    """Return why a tab says nothing about these streams, or None."""
    kinds = {info.layout.kind for info in infos if info.layout}
    if tab == "gait" and kinds <= {"seat", "saddle"}:
        return "No steps: a seat or a saddle is never left."
    if tab == "footprints" and not kinds & {"plate", "mat"}:
        return "No footprints: they are left on plates and walkways."
    if tab == "jump" and kinds <= {"seat", "saddle"}:
        return "No jumps: a seat or a saddle is never left."
    return None


def _trials() -> html.Section:
    """Where the trials of the session are listed, and what the page tells the server of them."""
    return html.Section(
        [
            dcc.Store(id="trial-ask"), dcc.Store(id="trials-changed"),
            html.Div(id="trials"), html.P(id="trials-said", className="trials-said", role="status"),
        ],
        className="card trials-card", **aria(label="Marked parts"),
    )  # fmt: skip


def _overview(infos: list[StreamInfo], query: PartQuery) -> html.Section:
    height = overview_px(len(infos))
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Overview"),
                    html.Span(_overview_text(infos), className="muted"),
                    html.Span(className="grow"),
                    html.Span(["Selection ", slot("selection", html.B, _between(query)), html.Span(id="part-fact")],
                              className="part-fact"),
                    _columns(infos, query),
                    html.Button(["Whole session", html.Kbd("0")], className="button", **data(act="whole")),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    dcc.Graph(id="overview", config={"staticPlot": True}, responsive=True,
                              style={"height": f"{height}px"}),
                    _timeline(),
                ],
                className="overview", style={"height": f"{height}px"}, **data(slot="overview"),
            ),
        ],
        className="card", **aria(label="Overview"),
    )  # fmt: skip


def _between(query: PartQuery) -> str:
    return f"{words.moment(query.start_s)} – {words.moment(query.stop_s)}"


def _columns(infos: Sequence[StreamInfo], query: PartQuery) -> html.Div:
    """What the overview shows, by places in the basic set; where no sensor has places of cells, no centre."""
    calibrated = any(info.layout.calibrated for info in infos if info.layout)
    force = "Force" if any("total_force_n" in info.columns for info in infos) else "Sum"
    titles = {"force": force if calibrated else "Raw sum", "peak": "Peak", "area": "Area", "y": "CoP y", "x": "CoP x"}
    if not any(info.layout.placed for info in infos if info.layout):
        titles = {name: title for name, title in titles.items() if name not in "xy"}
    hints = {"area": f"Cells {loaded_text(infos)}"}
    return html.Div(
        [
            html.Button(title, className="part", type="button", title=hints.get(name), **data(set=f"col={name}"),
                        **aria(pressed=str(query.col == name).lower()))
            for name, title in titles.items()
        ],
        className="segments", role="group", **aria(label="Column of the overview"),
    )  # fmt: skip


def _timeline() -> html.Div:
    edges = [
        html.Div(role="slider", tabIndex="0", className="edge", **aria(label=f"{which} of the selection", valuenow="0"),
                 **data(slot=name))
        for name, which in (("edge-start", "Start"), ("edge-stop", "End"))
    ]  # fmt: skip
    return html.Div(
        [
            html.Div(
                role="slider", tabIndex="0", className="scrub", **aria(label="Moment of the session", valuenow="0"),
                **data(slot="scrub"),
            ),
            slot("selection-box", html.Div, className="selection"),
            *edges,
            slot("cursor", html.Div, className="cursor"),
        ],
        className="timeline",
        style={"left": OVERVIEW_LEFT_PX, "right": OVERVIEW_RIGHT_PX, "bottom": AXIS_PX},
        **data(slot="timeline"),
    )  # fmt: skip


def _overview_text(infos: list[StreamInfo]) -> str:
    more = f", first {MOST_LANES} of {len(infos)} streams" if len(infos) > MOST_LANES else ""
    return f"lowest to highest in each pixel{more}"


def _drawn(infos: list[StreamInfo]) -> str:
    """How the cells of the picture are drawn."""
    ways = {"smoothed" if _is_smooth(info.layout) else "cells" for info in infos if info.layout}
    return ", ".join(sorted(ways, reverse=True))


def _is_smooth(layout: Layout) -> bool:
    return layout.places == "grid" or (layout.placed and layout.cells >= MANY)


def _at_cursor(infos: list[StreamInfo]) -> html.Section:
    return html.Section(
        [
            html.Div(
                [html.H2("At cursor"), slot("moment", html.Code), html.Span(_drawn(infos), className="muted"),
                 slot("outside", text="outside the selection", className="muted", hidden=True),
                 html.Span(className="grow"), scale()],
                className="card-head",
            ),
            map_notice(),
            cell_map("Loading."),
            html.P(className="map-note", hidden=True, **data(slot="places")),
            *choose_geometry(infos),
            _values(infos),
            _player(),
        ],
        className="card cursor-card", **aria(label="At cursor"),
    )  # fmt: skip


def _player() -> html.Div:
    def act(name: str, label: str, *inside: Any, **more: Any) -> html.Button:
        return html.Button(list(inside), className="button square", type="button", title=label, **data(act=name),
                           **aria(label=label), **more)  # fmt: skip

    speeds = [
        html.Button(text, className="part", **data(speed=speed), **aria(pressed=str(speed == "1").lower()))
        for speed, text in (("0.1", "0.1×"), ("0.25", "¼×"), ("1", "1×"), ("4", "4×"), ("10", "10×"))
    ]  # fmt: skip
    return html.Div(
        [
            act("back", "One frame back", icon("back")),
            html.Button([icon("play"), slot("play-word", text="Play"), html.Kbd("Space")], className="button play",
                        type="button", **data(act="play", slot="play"), **aria(pressed="false")),
            act("forth", "One frame on", icon("forth")),
            html.Div(speeds, className="segments", role="group", **aria(label="Speed")),
            html.Span(["loops the selection · ", html.Kbd(","), html.Kbd("."), " one frame · ", html.Kbd("←"),
                       html.Kbd("→"), " 1 s"], className="muted keys"),
        ],
        className="player",
    )  # fmt: skip


def _tabs(infos: Sequence[StreamInfo], chosen: str) -> html.Section:
    return html.Section(
        [
            html.Div([_tab(name, infos, chosen) for name in TABS], role="tablist", className="view-tabs",
                     **aria(label="What the selection says")),
            html.Div([_around(), _reading(), html.Div(loading_tab(), id="tab-body")], role="tabpanel",
                     className="tab-panel", **aria(labelledby=f"tab-{chosen}")),
        ],
        className="card tabs-card", **aria(label="Selection"),
    )  # fmt: skip


def _tab(name: str, infos: Sequence[StreamInfo], chosen: str) -> html.Button:
    reason = why_not(name, infos)
    return html.Button(
        name.capitalize(), id=f"tab-{name}", role="tab", className="view-tab", type="button",
        tabIndex="0" if name == chosen else "-1", title=reason or "",
        **data(**{"tab-name": name}), **aria(selected=str(name == chosen).lower(), disabled=str(bool(reason)).lower()),
    )  # fmt: skip


def _reading() -> html.Div:
    """How far the server has come, while a tab is made that takes its time."""
    return html.Div(
        [slot("reading-text", text="Reading the selection"), html.Progress(max="1", **data(slot="reading-bar"))],
        className="tab-reading", hidden=True, role="status", **data(slot="reading"),
    )  # fmt: skip


def loading_tab() -> html.Div:
    """Build grey bars where a tab will be."""
    bones = [html.Div(className="bone title"), *(html.Div(className="bone") for _ in range(3))]
    return html.Div(bones, className="loading tab-loading", role="status", **aria(label="Loading"))


def _values(infos: list[StreamInfo]) -> html.Div:
    """One row per measure; of more streams than are read side by side, one row per stream."""
    known = [quantity for quantity in AT_CURSOR if any(column_of(quantity, info.columns) for info in infos)]
    measures = [_measure(quantity, infos) for quantity in known]
    streams: list[tuple[Any, dict[str, Any]]] = [(sides.name_of(info), data(side=side(info) or "")) for info in infos]
    cells = [[_value(quantity, info) for info in infos] for quantity in known]
    if len(infos) <= MOST_BESIDE:
        return html.Div(_table("Measure", streams, measures, cells), className="values-table")
    turned = [list(row) for row in zip(*cells, strict=True)]
    inside = _table("Stream", [(one, {}) for one in measures], [sides.name_of(info) for info in infos], turned)
    return html.Div(inside, className="values-table many", tabIndex="0", role="region", **aria(label="Values"))


def _table(corner: str, heads: Sequence[tuple[Any, dict[str, Any]]], names: Sequence[Any], cells: Any) -> html.Table:
    top = [html.Th(corner, scope="col"), *(html.Th(one, scope="col", className="n", **more) for one, more in heads)]
    rows = [html.Tr([html.Th(name, scope="row"), *row]) for name, row in zip(names, cells, strict=True)]
    return html.Table([html.Thead(html.Tr(top)), html.Tbody(rows)])


def _measure(quantity: str, infos: Sequence[StreamInfo]) -> list[Any]:
    name = next(name for info in infos if (name := column_of(quantity, info.columns)))
    known = definition(name)
    about = term(name, known.title, SHOWN_AS.get(quantity, ""))
    unit = html.Span(known.unit, className="unit", **data(unit=known.unit))
    title = estimated(titles.quantity(quantity, name), known.unit, [layout_of(info) for info in infos])
    return [explained(replace(about, title=title)), " ", unit]


def _value(quantity: str, info: StreamInfo) -> html.Td:
    return html.Td("–", className="n", **data(value=quantity, stream=info.stream.stream))


def _around() -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.H2("Around the cursor"),
                    html.Span("every frame", className="muted"),
                    html.Span([html.Span(className="dash"), "Left"], className="legend", **data(side="left")),
                    html.Span([html.Span(className="dash"), "Right"], className="legend", **data(side="right")),
                ],
                className="card-head",
            ),
            canvas("traces", "Curves of the seconds around the cursor."),
        ],
        className="traces-card", hidden=True, **data(slot="curves"),
    )  # fmt: skip
