"""The session page: the whole session at a glance, and any moment of it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from analytics.columns import definition
from barograph.ports import StreamInfo, Workout
from dashboard import words
from dashboard.figures import AXIS_PX, LANE_PX, MOST_LANES, OVERVIEW_LEFT_PX, OVERVIEW_RIGHT_PX
from dashboard.overview import Span, side
from dashboard.pages.live import bar, canvas, live_path, map_notice, scale
from dashboard.pages.tiles import QUANTITIES, column, explained, term
from dashboard.shell import aria, data, icon, notice, slot

TITLES = {"y": "CoP front–back", "x": "CoP side"}
SHOWN_AS = {
    "y": "Shown from the back edge (of a foot: the heel).",
    "x": "Shown from the inner edge of a foot, else the left.",
}


def page(workout: Workout, whole: Span, *, live: bool) -> html.Div:
    """A session with frames."""
    infos = sorted((info for info in workout.streams if info.layout), key=_order)
    return html.Div(
        [
            _header(workout, whole, live=live),
            _overview(infos),
            html.Div([_at_cursor(infos), _around()], className="session-body"),
        ],
        className="session",
        **data(baro="session", workout=workout.workout_id, title=_name(workout)),
        **data(**{"first-us": str(whole.first_us), "last-us": str(whole.last_us)}),
    )


def without_frames(workout: Workout) -> html.Section:
    """A session that was begun but holds nothing yet."""
    return notice(
        "No frames in this session", f"{_name(workout)} was begun on {words.date(workout.created_us)}, and nothing has "
        "been stored of it. A device that keeps a spool may still send it.",
        dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip


def unknown(workout_id: str) -> html.Section:
    """No such session."""
    return notice(
        "No such session", f"Nothing is stored under the name {workout_id}. It may have been erased, or the address is "
        "not complete.", dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip


def _order(info: StreamInfo) -> tuple[int, str]:
    return {"left": 0, "right": 1}.get(side(info) or "", 2), info.stream.stream


def _name(workout: Workout) -> str:
    return workout.about.athlete or workout.workout_id


def _header(workout: Workout, whole: Span, *, live: bool) -> html.Div:
    about = workout.about
    chips = [text for text in (about.kind, *about.tags) if text]
    watch = [
        dcc.Link([html.Span(className="dot"), "Watch live"], href=live_path(workout.workout_id), className="button go")
    ]
    return html.Div(
        [
            html.Div(
                [html.H1(_name(workout)), *(html.Span(chip, className="chip") for chip in chips)], className="card-line"
            ),
            html.Div(_facts(workout, whole), className="facts"),
            html.Div(watch if live else [], className="actions"),
        ],
        className="session-head",
    )


def _facts(workout: Workout, whole: Span) -> list[Any]:
    infos = [info for info in workout.streams if info.layout]
    shapes = sorted({f"{info.layout.rows} × {info.layout.cols}" for info in infos if info.layout})
    rates = sorted({rate for info in infos if (rate := rate_hz(info))})
    streams = ", ".join([words.plural(len(infos), "stream"), *shapes, *(f"{words.number(rate)} Hz" for rate in rates)])
    mass = workout.about.mass_kg
    return [
        *([html.Code(workout.workout_id)] if workout.about.athlete else []),
        html.Span(words.date(whole.first_us, weekday=True)),
        html.Span([html.B(words.duration(whole.length_s)), " min:s" if whole.length_s >= 60 else ""]),
        html.Span(streams),
        html.Span([html.B(words.number(workout.frames)), " frames"]),
        html.Span(id="gaps-fact"),
        *([html.Span(f"{mass:g} kg")] if mass else []),
        *(html.Span([icon("warning"), doubt], className="warn") for info in infos for doubt in doubts(info)),
    ]


def doubts(info: StreamInfo) -> list[str]:
    """What is to be known of a stream before its numbers are believed."""
    name = info.stream.stream
    both = [f"two devices sent as {name} at the same time; both are kept"] if info.overlap else []
    clock = [f"{name}: the device's clock was off, its first frame is put at its arrival"] if info.clock_suspect else []
    return [*both, *clock]


def rate_hz(info: StreamInfo) -> float | None:
    """Frames a second, gaps included."""
    if info.first_us is None or info.last_us is None or info.frames < 2 or info.last_us == info.first_us:
        return None
    return round((info.frames - 1) / (info.last_us - info.first_us) * 1e6)


def gaps_fact(count: int, seconds: float) -> list[Any]:
    """How much is not stored."""
    if not count:
        return ["no gaps"]
    return [icon("warning"), f"{words.plural(count, 'gap')}, {words.number(seconds, 2)} s"]


def _overview(infos: list[StreamInfo]) -> html.Section:
    height = LANE_PX * max(1, min(len(infos), MOST_LANES)) + AXIS_PX
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Overview"),
                    html.Span(_overview_text(infos), className="muted"),
                    html.Span(className="grow"),
                    html.Span([html.Kbd("←"), html.Kbd("→"), " 1 s ", html.Kbd(","), html.Kbd("."), " one frame"],
                              className="muted keys"),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    dcc.Graph(id="overview", config={"staticPlot": True}, style={"height": f"{height}px"}),
                    html.Div(
                        slot("cursor", className="cursor"), role="slider", tabIndex="0", className="scrub",
                        style={"left": OVERVIEW_LEFT_PX, "right": OVERVIEW_RIGHT_PX, "bottom": AXIS_PX},
                        **aria(label="Moment of the session", valuenow="0", valuetext="start"), **data(slot="scrub"),
                    ),
                ],
                className="overview", style={"height": f"{height}px"},
            ),
        ],
        className="card", **aria(label="Overview"),
    )  # fmt: skip


def _overview_text(infos: list[StreamInfo]) -> str:
    name = definition(infos[0].columns[0]).title.lower() if infos and infos[0].columns else "load"
    more = f", first {MOST_LANES} of {len(infos)} streams" if len(infos) > MOST_LANES else ""
    return f"{name} a stream, lowest to highest in each pixel{more}"


def _at_cursor(infos: list[StreamInfo]) -> html.Section:
    return html.Section(
        [
            html.Div(
                [html.H2("At cursor"), slot("moment", html.Code), html.Span(className="grow"), scale()],
                className="card-head",
            ),
            map_notice(),
            html.Div([canvas("map", "Loading."), bar()], className="map-area"),
            html.Div(_values(infos), className="values-table"),
        ],
        className="card cursor-card", **aria(label="At cursor"),
    )  # fmt: skip


def _values(infos: list[StreamInfo]) -> html.Table:
    heads = [html.Th(_head(info), scope="col", className="n", **data(side=side(info) or "")) for info in infos]
    return html.Table(
        [
            html.Thead(html.Tr([html.Th("", scope="col"), *heads])),
            html.Tbody([row for quantity in QUANTITIES if (row := _value_row(quantity, infos)) is not None]),
        ]
    )


def _head(info: StreamInfo) -> str:
    return (side(info) or "").capitalize() or info.stream.stream


def _value_row(quantity: str, infos: list[StreamInfo]) -> html.Tr | None:
    name = next((name for info in infos if (name := column(quantity, info.columns))), None)
    if name is None:
        return None
    known = definition(name)
    about = term(name, known.title, SHOWN_AS.get(quantity, ""))
    cells = [html.Td("–", className="n", **data(value=quantity, stream=info.stream.stream)) for info in infos]
    title = html.Th([explained(TITLES.get(quantity, known.title), about), " ", html.Span(known.unit, className="unit")],
                    scope="row")  # fmt: skip
    return html.Tr([title, *cells])


def _around() -> html.Section:
    return html.Section(
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
        className="card traces-card", **aria(label="Around the cursor"),
    )  # fmt: skip
