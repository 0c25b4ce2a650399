"""The live page: the skeleton that `assets/live/live.mjs` fills from the feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from barograph.frames import Layout
from barograph.store.ports import StreamInfo, Workout
from dashboard.dialogs.forms import choose_geometry
from dashboard.drawing.elements import aria, data, slot
from dashboard.drawing.map_card import canvas, cell_map, map_notice, scale
from dashboard.drawing.markup import Term
from dashboard.feed.numbers import tiles_of, two_feet
from dashboard.live.bar import alarm_line, lookback, title
from dashboard.reading.context import loaded_text
from dashboard.results.tiles import explained, tiles
from dashboard.routes import session_path

WINDOWS_S = (10, 30, 60)


def page(workout_id: str, workout: Workout | None) -> html.Div:
    """Build everything about a workout that is being recorded; it may not have begun yet."""
    about = workout.about if workout else None
    known = [info for info in workout.streams if info.layout] if workout else []
    columns = known[0].columns if known else ()
    facts = {"mass": f"{about.mass_kg:g}"} if about and about.mass_kg else {}
    if not known:
        facts["early"] = ""
    layouts = [info.layout for info in known if info.layout]
    loaded = loaded_text(known) if known else ""
    numbers = tiles(columns, tiles_of(workout), feet=two_feet(known), loaded=loaded, layouts=layouts)
    return html.Div(
        [
            title(workout_id, workout),
            html.Div(
                [
                    _map(session_path(workout_id), _quantity(layouts), known),
                    html.Div(
                        [numbers, _traces()],
                        className="right-side",
                    ),
                ],
                className="live-body",
            ),
            lookback(),
            _status(),
        ],
        id="live-page" if known else "live-early",
        className="live",
        **data(baro="live", workout=workout_id, title=f"Live · {workout_id}", kind=(about.kind if about else "") or ""),
        **data(**facts, tiles=tiles_of(workout)),
    )


def _quantity(layouts: Sequence[Layout]) -> str:
    """What the picture shows, as its heading."""
    found = {layout.quantity for layout in layouts}
    if "counts" in found:
        return "Counts, not calibrated"
    return "Force by area" if found == {"force"} else "Pressure"


def _map(session: str, heading: str, known: Sequence[StreamInfo]) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2(heading),
                    html.Span(className="grow"),
                    html.Details(className="menu layers", **data(slot="layers")),
                    scale(),
                ],
                className="card-head",
            ),
            map_notice(html.Span(dcc.Link("Open the session", href=session, className="button"), **data(slot="open"))),
            cell_map("No frames yet."),
            html.P(className="map-note", hidden=True, **data(slot="places")),
            *choose_geometry(known),
            alarm_line(),
        ],
        className="card map-card", **aria(label="Map"),
    )  # fmt: skip


def _traces() -> html.Section:
    windows = [
        html.Button(f"{seconds} s", className="part", type="button", **data(seconds=str(seconds)),
                    **aria(pressed=str(seconds == 30).lower()))
        for seconds in WINDOWS_S
    ]  # fmt: skip
    return html.Section(
        [
            html.Div(
                [
                    slot("traces-title", html.H2, "Last 30 s"),
                    html.Span([html.Span(className="dash"), "Left"], className="legend", **data(side="left")),
                    html.Span([html.Span(className="dash"), "Right"], className="legend", **data(side="right")),
                    html.Span(className="grow"),
                    slot("chips", className="trace-chips"),
                    slot("moved", className="unseen", role="status"),
                    html.Select([html.Option("+")], className="add-trace", title="Add a curve",
                                **aria(label="Add a curve"), **data(slot="add")),
                    html.Div(windows, className="segments", role="group", **aria(label="Length of the curves"),
                             **data(slot="window")),
                ],
                className="card-head", **data(slot="traces-head"),
            ),
            canvas("traces", "Curves of the last seconds: total load, centre of pressure, peak."),
        ],
        className="card traces-card", **aria(label="Curves"),
    )  # fmt: skip


def _status() -> html.Footer:
    return html.Footer(
        [
            _item("Data age", html.B("–", id="data-age", **data(slot="data-age")), "ms", lead=True,
                  why="Server clock minus the time of the newest frame drawn."),
            _item("Drawn", html.B("0", id="drawn-fps", **data(slot="drawn-fps")), "fps",
                  why="Pictures with a new frame drawn in the last second."),
            _item("Received", slot("received", html.B, "–"), why="Frames that are stored or on their way there."),
            _item("Stored", slot("stored", html.B, "–"), slot("way", className="muted"),
                  why="Distinct frames in the archive's journal."),
            _item("Gaps", slot("gaps", html.B, "–"), slot("gap-time", className="muted"),
                  why="Spans without frames among the last 30 s."),
            html.Span(className="grow"),
            slot("links", className="links"),
        ],
        className="status", tabIndex=0, **aria(label="Health of the live picture"), **data(state="waiting"),
    )  # fmt: skip


def _item(name: str, value: Any, *more: Any, why: str, lead: bool = False) -> html.Span:
    dot = [html.Span(className="dot", **aria(hidden="true"))] if lead else []
    term = explained(Term(name, about=("", why)))
    return html.Span([*dot, term, value, *more], className="item")
