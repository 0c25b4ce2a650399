"""The list of sessions: a grid with their peak maps, its filters and its pages; cards on a phone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html

from barograph.layout import KINDS
from barograph.store.ports import Workout
from barograph.store.records import stretches
from barograph.store.search import KnownValues, gap_count, gap_seconds
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, icon
from dashboard.drawing.markup import drawn, say, tag
from dashboard.page.hidden import hide
from dashboard.reading import thumbs
from dashboard.reading.overview import span
from dashboard.routes import history_path, session_path
from dashboard.sessions.query import DAYS, PAGE_SIZE, ListQuery

LEAST_PX = 110  # a column keeps so much: below that its head is cut
HEADS = (
    ("athlete", "Athlete", 290, False), ("date", "Date", 160, False), ("kind", "Kind", 140, False),
    ("duration", "Duration", 100, True), ("streams", "Streams", 120, False), ("frames", "Frames", 110, True),
    ("gaps", "Gaps", 110, True), ("tags", "Tags", 140, False),
)  # fmt: skip
SELECTION = {"mode": "multiRow", "checkboxes": True, "headerCheckbox": True, "enableClickSelection": False}
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--text-3)', "
    "rowHoverColor: 'var(--surface-2)', selectedRowBackgroundColor: 'var(--accent-soft)', "
    "accentColor: 'var(--accent)', "
    "fontFamily: 'inherit', fontSize: 13, wrapperBorder: false, cellHorizontalPadding: 12, wrapperBorderRadius: 0})"
)
ROW_PX, HEAD_PX = 40, 34


def length_s(workout: Workout) -> float | None:
    """Return seconds from the first to the last frame of any stream.

    Of parts that are more than a day apart, of all.
    """
    parts = stretches(workout)
    return sum(one.last_us - one.first_us for one in parts) / 1e6 if parts else None


def tools(asked: ListQuery, said: KnownValues, total: int) -> html.Div:
    """Build the title, search within the list, filters, import."""
    return html.Div(
        [
            html.Div(
                [html.H2("Sessions", className="list-title"),
                 html.Span(words.number(total), id="home-count", className="count")],
                className="list-name",
            ),
            html.Span(className="grow"),
            html.Label(
                [icon("find"), dcc.Input(
                    id="home-find", type="search", value=asked.query.text, placeholder="Filter this list",
                    maxLength=200, persistence=False,
                )],
                className="find", **data(baro="labelled", label="Filter this list"),
            ),
            html.Div(
                filters(asked, said), id="home-filters", className="filters", role="group", **aria(label="Filters")
            ),
            html.Button([icon("import"), "Import files"], className="button", type="button", **data(act="import")),
        ],
        className="home-tools",
    )  # fmt: skip


def listing(workouts: Sequence[Workout], asked: ListQuery, total: int, live: Collection[str],
            selected: Collection[str] = ()) -> list[Any]:  # fmt: skip
    """Build the grid and its pages; on phones the same as cards."""
    if not total:
        return [] if asked.query.plain else [_nothing()]
    found = [row(one, live) for one in workouts]
    return [_grid(found, asked, selected), cards(found, selected), _pager(asked, total)]


def row(workout: Workout, live: Collection[str] = ()) -> dict[str, Any]:
    """Return one session as the grid shows it."""
    shown, gaps = span(workout), gap_count(workout)
    begun = shown.first_us if shown else workout.created_us
    return {
        "id": workout.workout_id,
        "path": session_path(workout.workout_id),
        "thumb": thumbs.path(workout),
        "athlete": workout.about.athlete or workout.workout_id,
        "name": workout.workout_id if workout.about.athlete else "",
        "date": words.date(begun),
        "begun_us": begun,
        "kind": workout.about.kind or "–",
        "duration": words.duration(length_s(workout)),
        "streams": ", ".join(info.stream.stream for info in workout.streams) or "no streams yet",
        "frames": words.number(workout.frames),
        "gaps": f"{words.number(gaps)} · {words.number(gap_seconds(workout), 2)} s" if gaps else "0",
        "tags": list(workout.about.tags),
        "live": workout.workout_id in live,
        "layout": sorted({f"{one.kind} {one.rows} × {one.cols}" for info in workout.streams if (one := info.layout)}),
    }  # fmt: skip


def _grid(found: Sequence[dict[str, Any]], asked: ListQuery, selected: Collection[str]) -> html.Div:
    columns: list[dict[str, Any]] = [
        {"field": name, "headerName": title, "width": width,
         "minWidth": width if name == "athlete" else min(width, LEAST_PX),  # the name, the id, and that it is live
         "flex": {"athlete": 2.5, "kind": 1, "tags": 1}.get(name),
         "headerComponent": "SortHead", "tooltipField": name if name == "kind" else None,
         "cellRenderer": {"athlete": "SessionCell", "tags": "TagsCell"}.get(name),
         "headerComponentParams": _head(name, title, asked), "cellClass": "n" if number else "",
         "type": "rightAligned" if number else None}
        for name, title, width, number in HEADS
    ]  # fmt: skip
    picture = {
        "field": "thumb",
        "headerName": "Largest values",
        "headerClass": "unseen",
        "width": 62,
        "cellRenderer": "ThumbCell",
        "cellClass": "thumb",
    }
    menu = {"field": "id", "headerName": "Edit", "headerClass": "unseen", "width": 60, "cellRenderer": "EditCell"}
    chosen = [one["id"] for one in found if one["id"] in selected]
    return html.Div(
        dag.AgGrid(
            id="sessions",
            rowData=list(found),
            columnDefs=[
                {name: value for name, value in one.items() if value is not None} for one in (picture, *columns, menu)
            ],
            defaultColDef={"resizable": True, "sortable": False, "suppressMovable": True, "cellDataType": False},
            getRowId="params.data.id",
            selectedRows={"ids": chosen},
            dashGridOptions={
                "rowHeight": ROW_PX, "headerHeight": HEAD_PX, "domLayout": "autoHeight", "animateRows": False,
                "theme": {"function": THEME}, "rowSelection": SELECTION, "selectionColumnDef": {"width": 44},
            },
            className="sessions-grid",
            style={"height": None, "width": "100%"},
        ),
        className="card grid",
    )  # fmt: skip


def _head(name: str, title: str, asked: ListQuery) -> dict[str, Any]:
    """Where a click on a head leads: the same column turns round, another begins with its largest or first."""
    mine = asked.query.sort == name
    usual = name not in ("athlete", "kind", "tags")
    down = not asked.query.descending if mine else usual
    arrow = ("descending" if asked.query.descending else "ascending") if mine else "none"
    return {"title": title, "search": asked.search(sort=name, descending=down), "order": arrow}


def cards(found: Sequence[dict[str, Any]], selected: Collection[str] = ()) -> Any:
    """Build the list on a phone.

    What is picked there is selected in the grid, which is the one that tells the server.
    """
    return drawn("".join(_card(one, one["id"] in selected) for one in found), "session-cards")


def _card(one: dict[str, Any], picked: bool) -> str:
    picture = tag("img", src=one["thumb"], alt="", loading="lazy", width=60, height=48)
    tags = "".join(tag("i", say(each), class_="chip") for each in one["tags"])
    gaps = f" · {one['gaps']} not stored" if one["gaps"] != "0" else ""
    box = tag("input", type="checkbox", data_pick=one["id"], checked="" if picked else None,
              aria_label=f"Select {one['athlete']}, {one['date']}")  # fmt: skip
    link = tag(
        "a", picture if one["thumb"] else tag("span", class_="thumb-none"),
        tag("span", tag("b", say(one["athlete"])), tag("code", say(one["name"])) if one["name"] else "",
            tag("span", say(f"{one['kind']} · {one['duration']}")),
            tag("span", say(f"{one['date']} · {one['streams']}{gaps}")), tag("span", tags) if tags else ""),
        href=one["path"],
    )  # fmt: skip
    return tag("div", link, tag("label", box, class_="card-pick"), class_="session-card")


def filters(asked: ListQuery, said: KnownValues) -> list[Any]:
    """Build chips: a menu each, or what was chosen of it with a cross; all of them live in the address."""
    query = asked.query
    time = _choice("Time", asked, "days", list(DAYS.items()))
    known = {"athlete": said.athletes, "kind": said.kinds, "layout": KINDS, "tag": said.tags}
    menus = [_choice(name.capitalize(), asked, name, [(one, one) for one in values]) for name, values in known.items()]
    text = [_chip(f"“{query.text}”", asked.search(text=""), on=True, **data(text=query.text))] if query.text else []
    # An address of before, with a name in it, gives way to this one (assets/core/find.mjs).
    here = [html.Span(hidden=True, **data(address=f"/{asked.search(page=asked.page)}"))]
    gaps = _chip("Has gaps", asked.search(gaps=not query.gaps), on=query.gaps)
    clear = [] if query.plain else [dcc.Link("Clear filters", href="/", className="quiet")]
    past = [dcc.Link("History of this athlete", href=history_path(hide(query.athlete)), className="quiet")]
    return [*here, *text, time, *menus, gaps, *(past if query.athlete else []), *clear]


def _choice(title: str, asked: ListQuery, name: str, options: Sequence[tuple[str, str]]) -> Any:
    chosen = asked.days if name == "days" else getattr(asked.query, name)
    if chosen:
        return _chip(dict(options).get(chosen, chosen), asked.search(**{name: ""}), on=True)
    links: list[Any] = [dcc.Link(shown, href=f"/{asked.search(**{name: value})}") for value, shown in options]
    inside = links or [html.Span("None yet", className="muted")]
    return html.Details(
        [html.Summary([title, html.Span("⌄", **aria(hidden="true"))]), html.Div(inside, className="drop choices")],
        className="menu", **data(baro="menu"),
    )  # fmt: skip


def _chip(title: str, search: str, *, on: bool, **more: Any) -> Any:
    inside: list[Any] = [html.Span(title, **more), icon("close")] if on else [title]
    return dcc.Link(inside, href=f"/{search}", className="chip filter on" if on else "chip filter")


def _nothing() -> html.Section:
    return html.Section(
        [html.H2("No session matches"), html.P("Nothing that is stored fits all of these filters."),
         dcc.Link("Clear filters", href="/", className="button")],
        className="page-notice",
    )  # fmt: skip


def _pager(asked: ListQuery, total: int) -> html.Nav:
    first = (asked.page - 1) * PAGE_SIZE + 1
    last = min(first + PAGE_SIZE - 1, total)
    ways = [("Before", asked.page - 1)] * (asked.page > 1) + [("After", asked.page + 1)] * (last < total)
    links = [dcc.Link(title, href=f"/{asked.search(page=page)}", className="button") for title, page in ways]
    said = html.Span(f"{words.number(first)}–{words.number(last)} of {words.number(total)}", className="muted")
    return html.Nav([said, *links], className="pager", **aria(label="More sessions"))
