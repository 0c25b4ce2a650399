"""The bar of what is selected in the list: how many, whether they go together, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard.dialogs import forms
from dashboard.drawing import words
from dashboard.drawing.elements import aria, icon
from dashboard.routes import compare_path

MOST = 200
KEPT = ("id", "athlete", "layout", "begun_us")
Row = Mapping[str, Any]


def merged(kept: Sequence[Row], shown: Sequence[Row], chosen: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the selection after the list said what is chosen of the rows it shows; rows of other pages stay chosen."""
    here = {row["id"] for row in shown}
    both = [*(row for row in kept if row["id"] not in here), *chosen]
    return [{name: row.get(name) for name in KEPT} for row in both][:MOST]


def bar(rows: Sequence[Row]) -> list[Any]:
    """Build the bar, or nothing."""
    if not rows:
        return []
    names = [row["id"] for row in rows]
    inside = [
        html.B(f"{words.number(len(rows))} selected"),
        html.Span(alike(rows), className="muted"),
        *_compare(rows),
        _button("Export", "export", names, icon("import")),
        _button("Tag", "tag", names),
        _button("Delete", "erase", names, icon("bin")),
        html.Button(icon("close"), id="home-clear", className="button square plain", type="button",
                    title="Select nothing", **aria(label="Select nothing")),
    ]  # fmt: skip
    return [html.Section(inside, className="selection-bar", **aria(label="Selected sessions"))]


def _compare(rows: Sequence[Row]) -> list[Any]:
    """Two are compared, the older as A; more or fewer are not."""
    if len(rows) != 2:
        return [html.Span("select two to compare", className="muted")]
    older, newer = sorted(rows, key=lambda row: row["begun_us"] or 0)
    link = dcc.Link([icon("compare"), "Compare", html.Kbd("C")], href=compare_path(older["id"], newer["id"]),
                    className="button primary", id="compare-selected")  # fmt: skip
    return [link]


def alike(rows: Sequence[Row]) -> str:
    """Return what several sessions have in common, or not."""
    if len(rows) < 2:
        return ""
    athlete = "same athlete" if len({row["athlete"] for row in rows}) == 1 else "different athletes"
    layout = "same layout" if len({tuple(row["layout"] or ()) for row in rows}) == 1 else "different layouts"
    return f"{athlete}, {layout}"


def _button(title: str, what: str, names: Sequence[str], *before: Any) -> html.Button:
    return html.Button([*before, title], className="button", type="button", **forms.asks(what, names))
