"""The list of sessions: a grid, its filters, and the form that edits or erases one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from barograph.ports import About, Workout
from barograph.search import gap_count
from dashboard import words
from dashboard.asked import DAYS, PAGE_SIZE, Asked
from dashboard.markup import drawn, say, tag
from dashboard.pages.live import session_path
from dashboard.shell import aria, data, icon

HEADS = (
    ("athlete", "Athlete", 230, False), ("date", "Date", 160, False), ("kind", "Kind", 170, False),
    ("duration", "Duration", 100, True), ("streams", "Streams", 120, False), ("frames", "Frames", 110, True),
    ("gaps", "Gaps", 90, True), ("tags", "Tags", 200, False),
)  # fmt: skip
MOST_IMPORT_BYTES = 64 << 20
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--text-3)', "
    "rowHoverColor: 'var(--surface-2)', selectedRowBackgroundColor: 'var(--accent-soft)', "
    "accentColor: 'var(--accent)', "
    "fontFamily: 'inherit', fontSize: 13, wrapperBorder: false, cellHorizontalPadding: 12, wrapperBorderRadius: 0})"
)
ROW_PX, HEAD_PX = 40, 34


def length_s(workout: Workout) -> float | None:
    """Seconds from the first to the last frame of any stream."""
    first = [info.first_us for info in workout.streams if info.first_us is not None]
    last = [info.last_us for info in workout.streams if info.last_us is not None]
    return (max(last) - min(first)) / 1e6 if first and last else None


def tools(asked: Asked) -> html.Div:
    """Search, filters, import."""
    return html.Div(
        [
            html.H2("Sessions", className="list-title"),
            html.Span(className="grow"),
            dcc.Input(
                id="home-find", type="search", value=asked.query.text, placeholder="Find athlete, tag, session  /",
                className="find", maxLength=200, persistence=False,
            ),
            html.Div(
                dcc.Upload(
                    [icon("import"), "Import files"], id="home-import", multiple=True, max_size=MOST_IMPORT_BYTES,
                    className="button", className_active="button dropping", className_reject="button",
                ),
                **data(baro="labelled", label="Import files"),
            ),
            html.Div(id="home-import-said", className="said", role="status"),
            dcc.Store(id="home-edit"),
        ],
        className="home-tools",
    )  # fmt: skip


def listing(workouts: Sequence[Workout], asked: Asked, total: int, live: Collection[str]) -> list[Any]:
    """Filters, the grid and its pages; on phones the same as cards."""
    if not total and asked.query.plain:
        return []
    if not total:
        return [_chips(asked, total), _nothing(asked)]
    found = [row(one, live) for one in workouts]
    return [_chips(asked, total), _grid(found, asked), cards(found), _pager(asked, total)]


def row(workout: Workout, live: Collection[str] = ()) -> dict[str, Any]:
    """One session as the grid shows it."""
    first = [info.first_us for info in workout.streams if info.first_us]
    gaps = gap_count(workout)
    return {
        "id": workout.workout_id,
        "path": session_path(workout.workout_id),
        "athlete": workout.about.athlete or workout.workout_id,
        "name": workout.workout_id if workout.about.athlete else "",
        "date": words.date(min(first, default=workout.created_us)),
        "kind": workout.about.kind or "–",
        "duration": words.duration(length_s(workout)),
        "streams": ", ".join(info.stream.stream for info in workout.streams) or "no streams yet",
        "frames": words.number(workout.frames),
        "gaps": words.number(gaps),
        "tags": list(workout.about.tags),
        "live": workout.workout_id in live,
        "layout": sorted({f"{one.kind} {one.rows} × {one.cols}" for info in workout.streams if (one := info.layout)}),
    }  # fmt: skip


def _grid(found: Sequence[dict[str, Any]], asked: Asked) -> html.Div:
    columns: list[dict[str, Any]] = [
        {"field": name, "headerName": title, "width": width, "flex": 1 if name in ("athlete", "tags", "kind") else None,
         "headerComponent": "SortHead", "cellRenderer": {"athlete": "SessionCell", "tags": "TagsCell"}.get(name),
         "headerComponentParams": _head(name, title, asked), "cellClass": "n" if number else "",
         "type": "rightAligned" if number else None}
        for name, title, width, number in HEADS
    ]  # fmt: skip
    columns.append({"field": "id", "headerName": "Edit", "width": 64, "cellRenderer": "EditCell"})
    return html.Div(
        dag.AgGrid(
            id="sessions",
            rowData=list(found),
            columnDefs=[{name: value for name, value in one.items() if value is not None} for one in columns],
            defaultColDef={"resizable": True, "sortable": False, "suppressMovable": True},
            getRowId="params.data.id",
            dashGridOptions={
                "rowHeight": ROW_PX, "headerHeight": HEAD_PX, "domLayout": "autoHeight", "animateRows": False,
                 "theme": {"function": THEME},
            },
            className="sessions-grid",
            style={"height": None, "width": "100%"},
        ),
        className="card grid",
    )  # fmt: skip


def _head(name: str, title: str, asked: Asked) -> dict[str, Any]:
    """Where a click on a head leads: the same column turns round, another begins with its largest or first."""
    mine = asked.query.sort == name
    usual = name not in ("athlete", "kind", "tags")
    down = not asked.query.descending if mine else usual
    arrow = ("descending" if asked.query.descending else "ascending") if mine else "none"
    return {"title": title, "search": asked.search(sort=name, descending=down), "order": arrow}


def cards(found: Sequence[dict[str, Any]]) -> Any:
    """The list on a phone."""
    items = (
        tag("a", tag("b", say(one["athlete"])), tag("span", say(f"{one['date']} · {one['duration']}")),
            tag("span", say(f"{one['kind']} · {one['streams']}")), class_="session-card", href=one["path"])
        for one in found
    )  # fmt: skip
    return drawn("".join(items), "session-cards")


def _chips(asked: Asked, total: int) -> html.Div:
    query = asked.query
    periods = [
        _chip(title, asked.search(days="" if asked.days == days else days), on=asked.days == days)
        for days, title in DAYS.items()
    ]
    narrow = [
        _chip(f"{title} {getattr(query, name)}", asked.search(**{name: ""}), on=True)
        for name, title in (("athlete", "Athlete"), ("kind", "Kind"), ("tag", "Tag"), ("text", "“"))
        if getattr(query, name)
    ]
    gaps = _chip("Has gaps", asked.search(gaps=not query.gaps), on=query.gaps)
    clear = [] if query.plain else [dcc.Link("Clear filters", href="/", className="quiet")]
    count = html.Span(words.plural(total, "session"), className="count")
    return html.Div(
        [count, *periods, gaps, *narrow, *clear], className="filters", role="group", **aria(label="Filters")
    )


def _chip(title: str, search: str, *, on: bool) -> Any:
    inside: list[Any] = [title, icon("close")] if on else [title]
    return dcc.Link(inside, href=f"/{search}", className="chip filter on" if on else "chip filter")


def _nothing(_asked: Asked) -> html.Section:
    return html.Section(
        [html.H2("No session matches"), html.P("Nothing that is stored fits all of these filters."),
         dcc.Link("Clear filters", href="/", className="button")],
        className="page-notice",
    )  # fmt: skip


def _pager(asked: Asked, total: int) -> html.Nav:
    first = (asked.page - 1) * PAGE_SIZE + 1
    last = min(first + PAGE_SIZE - 1, total)
    ways = [("Before", asked.page - 1)] * (asked.page > 1) + [("After", asked.page + 1)] * (last < total)
    links = [dcc.Link(title, href=f"/{asked.search(page=page)}", className="button") for title, page in ways]
    said = html.Span(f"{words.number(first)}–{words.number(last)} of {words.number(total)}", className="muted")
    return html.Nav([said, *links], className="pager", **aria(label="More sessions"))


def editor() -> list[Any]:
    """The dialogue for one session, empty until it is asked for."""
    return [dmc.Modal(id="home-modal", title="Session", children=[], opened=False, size="md", returnFocus=True)]


def form(workout: Workout) -> list[Any]:
    """What is said of a session, to be changed; and its end, to be typed."""
    about = workout.about
    return [
        dcc.Store(id="edit-workout", data=workout.workout_id),
        dmc.TextInput(id="edit-athlete", label="Athlete", value=about.athlete or ""),
        dmc.TextInput(id="edit-kind", label="Kind", value=about.kind or ""),
        dmc.NumberInput(id="edit-mass", label="Mass, kg", value=about.mass_kg or "", min=1, max=500),
        dmc.TagsInput(id="edit-tags", label="Tags", value=list(about.tags), maxTags=32),
        dmc.Button("Save", id="edit-save", mt="md"),
        html.Hr(),
        html.P(["Erasing takes every frame of ", html.B(workout.workout_id), " and cannot be undone."]),
        dmc.TextInput(id="edit-typed", label=f"Type {workout.workout_id} to erase it", value=""),
        dmc.Button("Erase for good", id="edit-erase", color="alarm", variant="outline", mt="sm"),
        html.P(id="edit-said", role="status", className="warn"),
    ]


def gone() -> list[Any]:
    """The session was erased meanwhile."""
    return [html.P("This session is not stored any more.")]


def about_of(athlete: Any, kind: Any, mass: Any, tags: Any) -> About:
    """What the form says; empty fields take back what was said."""
    weight = float(mass) if isinstance(mass, int | float) and 0 < mass < 1000 else None
    words_ = tuple(text[:200] for one in tags or () if (text := str(one).strip()))
    return About(_said(athlete), _said(kind), weight, words_[:32])


def _said(text: Any) -> str | None:
    return (str(text).strip()[:200] or None) if text else None
