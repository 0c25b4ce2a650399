"""The card of a pressure map that the browser's code draws: canvas, scale, colour bar, notice."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.drawing.elements import aria, data, icon, slot


def canvas(name: str, sentence: str) -> Any:
    """Build a picture that the browser's code draws, with a sentence for those who do not see it."""
    return slot(name, html.Canvas, role="img", **aria(label=sentence))


def cell_map(sentence: str) -> html.Div:
    """Build a map that says the words of one cell by pointer or arrow keys, with its colour bar."""
    picture = html.Canvas(
        role="application",
        tabIndex="0",
        **aria(label=sentence, roledescription="pressure map", describedby="map-keys"),
        **data(slot="map"),
    )
    return html.Div(
        [
            picture,
            html.Span("Arrow keys go from cell to cell.", id="map-keys", hidden=True),
            bar(),
            slot("cell-words", html.Div, [html.B(), html.Span()], className="cell-words", hidden=True,
                 **aria(hidden="true")),
            slot("cell-said", className="unseen", role="status"),
        ],
        className="map-area",
    )  # fmt: skip


def scale() -> html.Div:
    """Build the automatic or fixed scale of the pressure."""
    return html.Div(
        [
            html.Button("Auto", className="part", **data(scale="auto"), **aria(pressed="false")),
            html.Button("0–400 kPa", className="part", **data(scale="fixed"), **aria(pressed="true")),
        ],
        className="segments", role="group", title="Scale (S)", **aria(label="Scale"), **data(slot="scale"),
    )  # fmt: skip


def bar() -> html.Div:
    """Build the colour bar with its unit; assets/map/scale.mjs puts the ticks."""
    return html.Div(
        [
            slot("bar-unit", text="kPa", className="bar-unit"),
            html.Div(className="bar-body"),
        ],
        className="bar", **data(slot="bar", map="viridis"), **aria(hidden="true"),
    )  # fmt: skip


def map_notice(*more: Any) -> html.Div:
    """Build a line over the map for what is wrong with it."""
    return html.Div(
        [
            icon("warning"),
            html.P([slot("notice-title", html.B), " ", slot("notice-text")]),
            html.Button("Try now", className="button", hidden=True, **data(slot="retry")),
            *more,
        ],
        className="map-notice", hidden=True, **data(slot="notice"),
    )  # fmt: skip
