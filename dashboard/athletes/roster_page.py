"""The roster: counts, filters, a grid of athletes, the same as cards on a phone, and what may be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html

from barograph.store.roster_list import ENDING_DAYS, UNTESTED_DAYS, Show
from dashboard.athletes.roster_query import BASELINES, FALLING, LOADS, MEASURES, ListQuery
from dashboard.athletes.roster_rows import STATES, WHAT
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, icon, notice
from dashboard.drawing.markup import drawn, say, tag
from dashboard.reading.roster import Overview
from dashboard.routes import athletes_path, compare_path, day_report_path, record_path

PATH = athletes_path()
REFRESH_MS = 15_000
BLOCK, MOST_ROWS = 100, 13
ROW_PX, HEAD_PX = 40, 34
MOST_SEGMENTS = 6
ONLY = "Load is only what was recorded."
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--text-3)', "
    "rowHoverColor: 'var(--surface-2)', selectedRowBackgroundColor: 'var(--accent-soft)', "
    "accentColor: 'var(--accent)', "
    "fontFamily: 'inherit', fontSize: 13, wrapperBorder: false, cellHorizontalPadding: 10, wrapperBorderRadius: 0})"
)
Head = tuple[str, str, int, str | None, str | None]  # field, title, width, what it is sorted by, who draws it
HEADS: tuple[Head, ...] = (
    ("name", "Athlete", 150, "name", "AthleteCell"), ("teams", "Teams", 110, None, "RosterTeamsCell"),
    ("sex", "Sex", 50, "sex", None), ("age", "Age", 52, "age", None), ("height", "Height cm", 86, "height", None),
    ("mass", "Mass kg", 74, "mass", None), ("consent", "Consent", 144, "consent", "ConsentCell"),
    ("last", "Last session", 180, "last", "LastCell"), ("sessions", "Sessions", 80, "sessions", None),
    ("trend", "Trend", 132, None, "TrendCell"), ("now", "Now", 68, None, "NowCell"),
    ("change", "Is it a change?", 168, "change", "ChangeCell"), ("load", "Load", 112, "load", "LoadCell"),
)  # fmt: skip
NUMBERS = ("age", "height", "mass", "sessions", "now", "load")
SHOWN: tuple[tuple[Show, str, str], ...] = (
    ("changed", "changed beyond MDC", ""),
    ("consent", "consent missing or ending within {} days", str(ENDING_DAYS)),
    ("untested", "not tested for {} days", str(UNTESTED_DAYS)),
    ("teamless", "without a team", ""),
)


def page(asked: ListQuery, overview: Overview) -> html.Div:
    """Build the whole page but its rows."""
    return html.Div(
        [
            dcc.Interval(id="roster-pulse", interval=REFRESH_MS),
            html.Div(head(asked, overview), id="roster-head"),
            _tools(asked, overview),
            html.Div(id="roster-list"),
            html.Div(id="roster-bar"),
            dcc.Store(id="roster-shown"),
            dcc.Store(id="roster-begun", data=1),
        ],
        className="roster",
        **data(baro="roster", title="Athletes"),
    )


def closed(admin: bool) -> html.Section:
    """Say to whoever may see no athlete why that is, and what to do."""
    why = (
        "An admin sees athletes of other teams only with a reason, and none was given. As a scientist of a team you "
        "see its athletes: the page People gives roles and teams."
        if admin
        else "You see the athletes of your teams, and you are in none. Whoever administers this lab can change that."
    )
    link = html.A("People", href="/people", className="button") if admin else None
    return notice("No athletes are shown to you", why, *([link] if link else []))


def head(asked: ListQuery, overview: Overview) -> list[Any]:
    """Build title, actions and counts."""
    return [_title(asked, overview), _counts(asked, overview)]


def _title(asked: ListQuery, overview: Overview) -> html.Div:
    n, teams = overview.counts.all, len(overview.teams)
    count = f"{words.plural(n, 'athlete')} · {words.plural(teams, 'team')}" if n else ""
    hidden = not asked.query.names
    names: Any = html.Span("Names are hidden from you", className="muted")
    if overview.names:
        names = _press([icon("eye"), "Hide names"], asked.search(names=hidden), on=hidden, className="button",
                       id="roster-names", title="Show short ids alone, for screens that others see")  # fmt: skip
    return html.Div(
        [html.H1("Athletes"), html.Span(count, className="muted", id="roster-count"), html.Span(className="grow"),
         names, *_test_day(asked), *_actions(overview)],
        className="roster-title",
    )  # fmt: skip


def _test_day(asked: ListQuery) -> list[Any]:
    """The report of the newest test day of the team that is chosen."""
    team = asked.query.team
    return [html.A("Test day", href=day_report_path(team=team), className="button")] if team else []


def _actions(overview: Overview) -> list[Any]:
    out = html.A("Export CSV", href=f"{PATH}/export.csv", className="button", id="roster-export",
                 download="roster.csv")  # fmt: skip
    export = [out] if overview.may_export and overview.counts.all else []
    if not overview.may_describe:
        return export
    return [
        *export,
        html.A([icon("import"), "Import roster"], href=f"{PATH}/import", className="button", id="roster-import"),
        html.A([html.Span("+", **aria(hidden="true")), "New athlete", html.Kbd("N")], href=f"{PATH}/new",
               className="button primary", id="roster-new"),
    ]  # fmt: skip


def _counts(asked: ListQuery, overview: Overview) -> html.Div:
    counts, query = overview.counts, asked.query
    chips: list[Any] = [_count(asked, "all", counts.all, "all", query.show == "all")]
    for show, text, days in SHOWN:
        chips.append(_count(asked, show, getattr(counts, show), text.format(days), query.show == show))
    if overview.proposals is not None:
        sign = [icon("warning")] if overview.proposals else []
        said = "name from a device to confirm" if overview.proposals == 1 else "names from devices to confirm"
        inside: list[Any] = [*sign, html.B(words.number(overview.proposals)), said]
        chips.append(html.A(inside, href=f"{PATH}/proposals", className="count-chip", id="count-proposals"))
    return html.Div(chips, className="roster-counts", role="group", **aria(label="Counts, each a filter"))


def _count(asked: ListQuery, show: Show, n: int, text: str, on: bool) -> html.Button:
    return _press([html.B(words.number(n)), text], asked.search(show=show), on=on, id=f"count-{show}",
                  className="count-chip")  # fmt: skip


def _press(inside: Any, search: str, *, on: bool, **more: Any) -> html.Button:
    """Build a button that is pressed or not; what it asks for is put into the address by assets/athletes/roster.mjs."""
    return html.Button(inside, type="button", **more, **data(go=search), **aria(pressed=str(on).lower()))


def _tools(asked: ListQuery, overview: Overview) -> html.Div:
    """Build the search and the measure, which stay while somebody types, and the filters between them."""
    find = html.Label(
        [icon("find"), dcc.Input(id="roster-find", type="search", value=asked.query.text, maxLength=200,
                                 placeholder="Filter this list", autoComplete="off", persistence=False)],
        className="find", **data(baro="labelled", label="Filter this list"),
    )  # fmt: skip
    options = [html.Option(f"{one.title} {one.unit}", value=name, selected=name == asked.measure)
               for name, one in MEASURES.items()]  # fmt: skip
    measure = _choice("Measure", "roster-measure", options)
    firsts = [html.Option(f"first {n}", value=n, selected=n == asked.baseline) for n in BASELINES]
    loads = [html.Option("not shown", value="", selected=not asked.load)]
    loads += [html.Option(one.title + (f", {one.unit}" if one.unit else ""), value=name, selected=name == asked.load)
              for name, one in LOADS.items()]  # fmt: skip
    chosen = [measure, _choice("Baseline", "roster-baseline", firsts), _choice("Load", "roster-load", loads)]
    between = html.Div(filters(asked, overview), id="roster-filters", className="roster-between")
    return html.Div([find, between, html.Span(className="grow"), *chosen], className="roster-filters")


def _choice(title: str, name: str, options: Sequence[html.Option]) -> html.Label:
    return html.Label([html.Span(title, className="muted"), html.Select(options, id=name)], className="roster-measure")


def filters(asked: ListQuery, overview: Overview) -> list[Any]:
    """Build the choice of a team, and the way out of all filters."""
    everybody = PATH + asked.search(text="", team="", show="all")
    clear = [] if asked.query.plain else [dcc.Link("Clear filters", href=everybody, className="quiet")]
    here = html.Span(hidden=True, **data(text=asked.query.text, address=PATH + asked.search(cards=asked.cards)))
    return [here, _teams(asked, overview), *clear]


def _teams(asked: ListQuery, overview: Overview) -> Any:
    """Build one part per team; of many, a menu."""
    if not overview.teams:
        return None
    counts = overview.counts
    known = [("", "All", counts.all), *((one.uid, one.name, counts.teams.get(one.uid, 0)) for one in overview.teams)]
    if len(known) <= MOST_SEGMENTS + 1:
        return html.Div([_team(asked, *one) for one in known], className="segments teams", role="group",
                        **aria(label="Team"))  # fmt: skip
    named = next((name for uid, name, _ in known if uid == asked.query.team), "All")
    title = "Team" if named == "All" else named
    return html.Details(
        [html.Summary([title, html.Span("⌄", **aria(hidden="true"))]),
         html.Div([_team(asked, *one) for one in known], className="drop choices")],
        className="menu", **data(baro="menu"),
    )  # fmt: skip


def _team(asked: ListQuery, uid: str, name: str, n: int) -> html.Button:
    inside = f"{name} {words.number(n)}"
    return _press(inside, asked.search(team=uid), on=asked.query.team == uid, className="part")


def listing(asked: ListQuery, overview: Overview, found: Sequence[dict[str, Any]], total: int) -> list[Any]:
    """Build the grid and the cards, or why there is nothing in them."""
    wrong = [html.P(text, className="tab-problem", role="alert") for text in asked.problems]
    if not total:
        return [*wrong, _nobody(overview) if asked.query.plain else _no_match(asked)]
    return [*wrong, grid(asked, total), cards(asked, found, total), _legend()]


def _nobody(overview: Overview) -> html.Section:
    more: list[Any] = []
    text = "Nobody is in the roster of your teams."
    if overview.may_describe:
        text = "Make the first athlete, or bring a list: a CSV file with a column “name” is enough."
        more = [html.A("New athlete", href=f"{PATH}/new", className="button primary"),
                html.A("Import roster", href=f"{PATH}/import", className="button")]  # fmt: skip
        more += [html.A("Names from devices", href=f"{PATH}/proposals", className="button")] * bool(overview.proposals)
    return notice("No athletes yet", text, html.Div(more, className="notice-actions"))


def _no_match(asked: ListQuery) -> html.Section:
    return html.Section(
        [html.H2("No athlete matches"), html.P("Nobody in the roster fits all of these filters."),
         dcc.Link("Clear filters", href=PATH + asked.search(text="", team="", show="all"), className="button")],
        className="page-notice",
    )  # fmt: skip


def grid(asked: ListQuery, total: int) -> html.Div:
    """Build the grid, which asks for its rows as they come into sight; a new search is a new grid."""
    height = HEAD_PX + min(total, MOST_ROWS) * ROW_PX + 2
    inner = dag.AgGrid(
        id="roster",
        columnDefs=[_column(one, asked) for one in HEADS if one[0] != ("height" if asked.load else "load")],
        defaultColDef={"resizable": True, "sortable": False, "suppressMovable": True, "cellDataType": False},
        rowModelType="infinite",
        getRowId="params.data.id",
        dashGridOptions={
            "rowHeight": ROW_PX, "headerHeight": HEAD_PX, "animateRows": False, "theme": {"function": THEME},
            "rowSelection": {"mode": "multiRow", "checkboxes": True, "headerCheckbox": False,
                             "enableClickSelection": False},
            "selectionColumnDef": {"width": 44}, "cacheBlockSize": BLOCK, "maxBlocksInCache": 20,
            "infiniteInitialRowCount": min(total, BLOCK),
        },
        className="sessions-grid roster-grid",
        style={"height": f"{height}px", "width": "100%"},
    )  # fmt: skip
    return html.Div(inner, className="card grid", key=asked.search())


def _column(one: Head, asked: ListQuery) -> dict[str, Any]:
    name, title, width, sort, drawn_by = one
    measured = MEASURES[asked.measure]
    load = LOADS[asked.load].title if asked.load else ""
    title = {"trend": measured.title, "now": f"Now {measured.unit}", "load": f"{load} 7 · 28 d"}.get(name, title)
    tip = {"change": WHAT, "load": f"{load} in the last 7 and 28 days. {ONLY}"}.get(name, title)
    column: dict[str, Any] = {
        "field": name, "headerName": title, "width": width, "minWidth": min(width, 60),
        "cellClass": "n" if name in NUMBERS else "", "headerTooltip": tip,
    }  # fmt: skip
    if name == "name":
        column |= {"flex": 1, "minWidth": 160}
    if name in NUMBERS:
        column["type"] = "rightAligned"
    if drawn_by:
        column["cellRenderer"] = drawn_by
    if sort:
        column |= {"headerComponent": "SortHead", "headerComponentParams": _sorted(sort, title, asked)}
    return column


def _sorted(sort: Any, title: str, asked: ListQuery) -> dict[str, Any]:
    """Where a click on a head leads: the same column turns round, another begins as it is of use."""
    query = asked.query
    mine = query.sort == sort
    down = not query.descending if mine else sort in FALLING
    arrow = ("descending" if query.descending else "ascending") if mine else "none"
    return {"title": title, "search": asked.search(sort=sort, descending=down), "order": arrow}


def cards(asked: ListQuery, found: Sequence[dict[str, Any]], total: int) -> html.Div:
    """Build the list on a phone."""
    inside = "".join(_card(one) for one in found)
    more = []
    if len(found) < total:
        more = [dcc.Link("More athletes", href=PATH + asked.search(cards=asked.cards + len(found)), className="button",
                         id="roster-more")]  # fmt: skip
    said = html.P(f"{words.number(len(found))} of {words.number(total)}", className="muted")
    return html.Div(
        [drawn(inside, "athlete-cards"), html.Div([said, *more], className="row")], className="roster-cards"
    )


def _card(one: Mapping[str, Any]) -> str:
    consent, last, change = one["consent"], one["last"], one["change"]
    facts = " · ".join(text for text in (one["sex"], f"{one['age']} y", f"{one['height']} cm", f"{one['mass']} kg"))
    teams = "".join(tag("i", say(each), class_="chip") for each in one["teams"])
    return tag(
        "a", tag("span", tag("b", say(one["name"])), tag("code", say(one["short"])) if one["short"] else ""),
        tag("span", say(facts)),
        tag("span", say(f"Last session {last['date']} {last['more']} · {one['sessions']} in all"),
            class_="sign" if last["sign"] else None),
        tag("span", tag("i", class_="flag", data_state=change["state"], aria_hidden="true"),
            say(f" {change['text']} {change['by']}".rstrip()), class_="change"),
        tag("span", say(f"Load, 7 · 28 days: {one['load']['text']}")) if one["load"]["text"] else "",
        tag("span", say(f"Consent {consent['text']}"), class_="sign" if consent["sign"] else None),
        tag("span", teams) if teams else "", href=one["path"], class_="athlete-card",
    )  # fmt: skip


def _legend() -> html.Div:
    marks = [html.Span([html.Span(className="flag", **data(state=name), **aria(hidden="true")), text])
             for text, name in STATES.items()]  # fmt: skip
    return html.Div([*marks, html.Span(f"{WHAT} {ONLY}")], className="roster-legend muted")


def bar(rows: Sequence[Mapping[str, Any]], may_describe: bool) -> Any:
    """Build what may be done with those who are selected."""
    if not rows:
        return None
    more: list[Any] = []
    if len(rows) == 2 and all(one["workout"] for one in rows):
        newest = [one["workout"] for one in rows]
        more.append(
            dcc.Link([icon("compare"), "Compare newest sessions"], href=compare_path(*newest), className="button")
        )
    if len(rows) == 2 and may_describe:
        a, b = (one["id"] for one in rows)
        more.append(html.A("Merge two records", href=f"{PATH}/merge?kept={a}&other={b}", className="button",
                           id="roster-merge"))  # fmt: skip
    if may_describe:
        chosen = ",".join(one["id"] for one in rows)
        more.insert(0, html.A([icon("record"), "Record", html.Kbd("R", **aria(hidden="true"))],
                              href=f"{record_path()}?athletes={chosen}", className="button primary",
                              id="roster-record"))  # fmt: skip
    hint = [] if len(rows) == 2 else [html.Span("Select two to compare or to merge them.", className="muted")]
    return html.Div(
        [html.B(f"{words.number(len(rows))} selected"), *hint, *more,
         html.Button(icon("close"), id="roster-unselect", className="button square plain", type="button",
                     **aria(label="Select nobody"))],
        className="selection-bar", role="region", **aria(label="Selected athletes"),
    )  # fmt: skip
