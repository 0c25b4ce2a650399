"""The frame around every page: header, theme, the place for the page itself, and the document Dash is put into."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from barograph.access.principals import Principal
from dashboard.drawing import theme
from dashboard.drawing.elements import aria, data, icon, loading, slot
from dashboard.page.navigation import (
    LIVE,
    Entry,
    account_name,
    administers,
    behind_more,
    entries,
    has_account,
    in_the_bar,
    initials,
    tabs,
)
from dashboard.page.static import STYLES
from dashboard.page.visitors import is_guest, lab, visitor

LINKS = "\n        ".join(f'<link rel="stylesheet" href="/assets/{name}">' for name in STYLES)
INDEX = f"""<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="dark">
    <head>
        {{%metas%}}
        <title>{{%title%}}</title>
        <link rel="icon" href="/assets/core/mark.svg" type="image/svg+xml">
        <script src="/assets/core/scheme.js"></script>
        <script src="/assets/core/reach.js"></script>
        <script src="/assets/core/remembered.js"></script>
        <script src="/assets/sessions/grid.js"></script>
        <script src="/assets/athletes/roster_grid.js"></script>
        {{%css%}}
        {LINKS}
    </head>
    <body>
        {{%app_entry%}}
        <footer>
            {{%config%}}
            {{%scripts%}}
            {{%renderer%}}
        </footer>
    </body>
</html>"""

META = ({"name": "viewport", "content": "width=device-width, initial-scale=1, viewport-fit=cover"},)
LIVE_COUNT_MS = 5_000
UNITS = {"force": ("N", "kgf", "% BW"), "pressure": ("kPa", "N/cm²", "mmHg")}


def header() -> html.Header:
    """Build the name, the pages for whoever looks, the theme, and the way to one's account."""
    who = visitor()
    return html.Header(
        [
            html.A("Skip to the page", href="#page", className="skip"),
            _brand(),
            *([html.Span(lab(), className="lab")] if lab() and not is_guest() else []),
            *_nav(who),
            html.Span(className="grow"),
            *([] if is_guest() else [_find()]),
            _units(),
            dmc.ColorSchemeToggle(
                lightIcon=icon("moon"), darkIcon=icon("sun"), variant="subtle", color="gray", size=32, id="theme",
                **aria(label="Switch between light and dark"),
            ),
            html.Button("?", id="keys", className="button square plain", type="button", title="Keys (?)",
                        **aria(label="Keys")),
            *avatar(who),
        ],
        className="header",
    )  # fmt: skip


def _brand() -> html.Span | dcc.Link:
    inside: list[Any] = [html.Img(src="/assets/core/mark.svg", alt="", width=22, height=22), "Barograph"]
    return html.Span(inside, className="brand") if is_guest() else dcc.Link(inside, href="/", className="brand")


def _nav(who: Principal | None) -> list[html.Nav]:
    """The pages; on a phone a bar below (assets/core/bar.css), where those it has no room for stand behind More."""
    shown, bar = entries(who), in_the_bar(who)
    if not shown:
        return []
    links = [_entry(one, "nav" if one in bar else "nav rest") for one in shown]
    return [html.Nav([*links, *_more(who)], className="pages", **aria(label="Pages"))]


def _entry(one: Entry, kind: str) -> html.A | dcc.Link:
    said = [icon(one.picture), html.Span(one.title, className="nav-title")]
    counted = [html.Span(id="live-number", className="badge")] if one is LIVE else []
    return (html.A if one.whole else dcc.Link)([*said, *counted], href=one.href, className=kind, id=one.id)


def _more(who: Principal | None) -> list[html.Details]:
    others = behind_more(who)
    if not others:
        return []
    links = [(html.A if one.whole else dcc.Link)([icon(one.picture), one.title], href=one.href) for one in others]
    summary = html.Summary([icon("more"), html.Span("More", className="nav-title")], className="nav")
    return [html.Details([summary, html.Div(links, className="drop")], className="more", **data(baro="menu"))]


def admin_tabs(current: str) -> list[html.Nav]:
    """Build the tabs of Admin above one of them, for whoever administers."""
    if not administers(visitor()):
        return []
    links = [
        html.A(one.title, href=one.href, id=one.id, **aria(current="page")) if one.id == current
        else (html.A if one.whole else dcc.Link)(one.title, href=one.href, id=one.id)
        for one in tabs(visitor())
    ]  # fmt: skip
    return [html.Nav(links, className="admin-tabs", **aria(label="Admin"))]


def avatar(who: Principal | None) -> list[html.A]:
    """Build the way to the account of whoever has one."""
    if who is None or not has_account(who):
        return []
    name = account_name(who)
    return [html.A(initials(who), href="/account", className="avatar", id="account", title=name, **aria(label=name))]


def _find() -> html.Div:
    """Search from every page; assets/core/find.mjs leads to the list."""
    field = dcc.Input(id="find", type="search", placeholder="Find athlete, tag, session", maxLength=200,
                      autoComplete="off", persistence=False)  # fmt: skip
    return html.Div(
        html.Label([icon("find"), field, html.Kbd("/")], className="find",
                   **data(baro="labelled", label="Search")),
        className="find-form", role="search",
    )  # fmt: skip


def holder() -> list[Any]:
    """Build the one dialog of every page (dashboard/dialogs/forms.py), what is asked of it.

    And that it changed something.
    """
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
    """Build the whole document, before its page is known."""
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
