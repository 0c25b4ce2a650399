"""The frame around every page: header, theme, the place for the page itself, and the document Dash is put into."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import theme

INDEX = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="dark">
    <head>
        {%metas%}
        <title>{%title%}</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
        <script src="/assets/scheme.js"></script>
        <script src="/assets/reach.js"></script>
        <script src="/assets/remembered.js"></script>
        {%css%}
    </head>
    <body>
        {%app_entry%}
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>"""

META = ({"name": "viewport", "content": "width=device-width, initial-scale=1, viewport-fit=cover"},)
LIVE_COUNT_MS = 5_000
UNITS = {"force": ("N", "kgf", "% BW"), "pressure": ("kPa", "N/cm²", "mmHg")}


def icon(name: str) -> html.Span:
    """A picture of frame.css in the colour of the text."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))


def aria(**names: str) -> dict[str, Any]:
    """Keyword arguments for aria-… attributes."""
    return {f"aria-{name}": value for name, value in names.items()}


def data(**names: str) -> dict[str, Any]:
    """Keyword arguments for data-… attributes."""
    return {f"data-{name}": value for name, value in names.items()}


def slot(name: str, tag: type[Any] = html.Span, text: Any = "", **more: Any) -> Any:
    """A place that the browser's code fills."""
    return tag(text, **data(slot=name), **more)


def header() -> html.Header:
    """Name, pages, theme."""
    return html.Header(
        [
            html.A("Skip to the page", href="#page", className="skip"),
            dcc.Link(
                [html.Img(src="/assets/mark.svg", alt="", width=22, height=22), "Barograph"],
                href="/",
                className="brand",
            ),
            html.Nav(
                [
                    html.Span(id="nav-live"),
                    dcc.Link("Sessions", href="/", className="nav", id="nav-sessions"),
                    dcc.Link("Compare", href="/compare", className="nav", id="nav-compare"),
                    dcc.Link("System", href="/system", className="nav", id="nav-system"),
                ],
                **aria(label="Pages"),
            ),
            html.Span(className="grow"),
            _find(),
            _units(),
            dmc.ColorSchemeToggle(
                lightIcon=icon("moon"), darkIcon=icon("sun"), variant="subtle", color="gray", size=32, id="theme",
                **aria(label="Switch between light and dark"),
            ),
            html.Button("?", id="keys", className="button square plain", type="button", title="Keys (?)",
                        **aria(label="Keys")),
        ],
        className="header",
    )  # fmt: skip


def _find() -> html.Div:
    """Search from every page; assets/find.mjs leads to the list."""
    field = dcc.Input(id="find", type="search", placeholder="Find athlete, tag, session", maxLength=200,
                      autoComplete="off", persistence=False)  # fmt: skip
    return html.Div(
        html.Label([icon("find"), field, html.Kbd("/")], className="find",
                   **data(baro="labelled", label="Search")),
        className="find-form", role="search",
    )  # fmt: skip


def holder() -> list[Any]:
    """The one dialog of every page (dashboard/pages/dialogs.py), what is asked of it, and that it changed something."""
    return [
        dcc.Store(id="ask"),
        dcc.Store(id="changed"),
        dmc.Modal(
            id="modal",
            title="",
            children=[],
            opened=False,
            size="lg",
            returnFocus=True,
            closeButtonProps=aria(label="Close"),
        ),
    ]


def _units() -> html.Details:
    """Units of force and pressure; the browser keeps the choice."""
    groups = [
        html.Div(
            [html.Span(name.capitalize(), className="muted"), html.Div(
                [html.Button(unit, className="part", type="button", **data(kind=name, unit=unit)) for unit in units],
                className="segments", role="group", **aria(label=f"Unit of {name}"),
            )]
        )
        for name, units in UNITS.items()
    ]  # fmt: skip
    lacking = slot("units-lacking", html.P, hidden=True, className="muted")
    summary = html.Summary(html.Span("N · kPa"), title="Units", **aria(label="Units"))
    return html.Details(
        [summary, html.Div([*groups, lacking], className="drop")],
        className="menu", id="units", **data(baro="units"),
    )  # fmt: skip


def layout() -> dmc.MantineProvider:
    """The whole document, before its page is known."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Store(id="scheme"),
            dcc.Store(id="again"),
            dcc.Interval(id="live-count", interval=LIVE_COUNT_MS),
            header(),
            html.Main(loading(), id="page", tabIndex="-1"),
            *holder(),
        ],
        theme=theme.mantine(),
        defaultColorScheme="auto",
    )


def reset_view() -> html.Button:
    """Gives up what is set on a page, and what the browser keeps of it; there while anything is set."""
    return html.Button([icon("reset"), html.Span("Reset view")], className="button reset-view", type="button",
                       hidden=True, title="Give up what is set on this page", **aria(label="Reset view"),
                       **data(baro="reset"))  # fmt: skip


def loading() -> html.Div:
    """Grey bars where the page will be; shown after 200 ms by the style sheet."""
    return html.Div(
        [html.Div(className="bone title"), html.Div(className="bone"), html.Div(className="bone short")],
        className="loading", role="status", **aria(label="Loading"),
    )  # fmt: skip


def notice(title: str, text: str, *more: Any, kind: str = "nothing") -> html.Section:
    """A page that says what happened, what is safe and what to do."""
    mark = [icon("warning")] if kind != "nothing" else []
    return html.Section(
        [html.Div([*mark, html.H1(title)], className="notice-title"), html.P(text), *more],
        className=f"page-notice {kind}",
        role="alert" if kind == "alarm" else None,
    )
