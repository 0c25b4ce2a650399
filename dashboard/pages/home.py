"""The home page: what is live on top, every session below; commands to copy when there is nothing yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from barograph.ports import Workout
from dashboard import words
from dashboard.pages.live import live_path, pill, session_path
from dashboard.shell import aria, data, icon, slot

PAGE_SIZE = 50
REFRESH_MS = 2_000
MOST_CARDS = 12


@dataclass(frozen=True)
class Sessions:
    """One page of the list: its workouts, newest first, which of them have not ended, and whether there are more."""

    workouts: Sequence[Workout]
    live: frozenset[str]
    page: int = 1
    more: bool = False


@dataclass(frozen=True)
class Health:
    """Whether the parts that sessions need answer; the archive does, or there would be no page."""

    ingest_port: int
    ingest: bool
    feed: bool

    def __str__(self) -> str:
        where = f"port {self.ingest_port}"
        ingest = f"Ingest is listening on {where}" if self.ingest else f"Nothing listens on {where} of this machine"
        return f"{ingest} · archive ready · live feed {'ready' if self.feed else 'away'}"


def page(sessions: Sessions, ingest_address: str, health: Health) -> html.Div:
    """The whole page."""
    return html.Div(
        [
            dcc.Interval(id="home-pulse", interval=REFRESH_MS),
            html.Div(body(sessions, ingest_address, health), id="home-body"),
            dcc.Store(id="home-shown", data=signature(sessions, health)),
        ],
        className="home",
        **data(title="Sessions"),
    )


def signature(sessions: Sessions, health: Health) -> str:
    """Changes exactly when what the page says changes."""
    # A card counts for itself: rising frames of what is live change nothing that the server has to say.
    rows = [(item.workout_id, item.about, _streams(item), item.workout_id not in sessions.live and item.frames)
            for item in sessions.workouts]  # fmt: skip
    return repr((rows, sessions.page, sessions.more, health))


def body(sessions: Sessions, ingest_address: str, health: Health) -> list[Any]:
    """Cards and table, or the first steps."""
    if not sessions.workouts and sessions.page == 1:
        return [_first_steps(ingest_address, health)]
    live = [item for item in sessions.workouts if item.workout_id in sessions.live]
    rest = [item for item in sessions.workouts if item.workout_id not in sessions.live]
    return [*([_cards(live)] if live else []), _table(sessions, rest)]


def _cards(live: Sequence[Workout]) -> html.Section:
    return html.Section(
        [
            html.Div([html.H1("Live now"), html.Span(words.number(len(live)), className="count")], className="head"),
            html.Div([_card(item) for item in live[:MOST_CARDS]], className="cards"),
        ],
        id="live-now", **aria(label="Live now"),
    )  # fmt: skip


def _card(workout: Workout) -> html.Article:
    name = workout.about.athlete or workout.workout_id
    return html.Article(
        [
            html.Canvas(role="img", **aria(label="No frames yet.")),
            html.Div(
                [
                    html.Div([pill(), slot("elapsed", className="muted")], className="card-line"),
                    html.H2(name),
                    html.P(workout.about.kind or _streams(workout), className="kind"),
                    html.Div([slot("value", html.B, "–", className="value"), slot("unit", className="unit")]),
                ],
                className="card-words",
            ),
            dcc.Link("Watch", href=live_path(workout.workout_id), className="button cover", title=f"Watch {name} live"),
        ],
        className="card live-card", **data(baro="card", workout=workout.workout_id),
    )  # fmt: skip


def _streams(workout: Workout) -> str:
    return ", ".join(info.stream.stream for info in workout.streams) or "no streams yet"


def length_s(workout: Workout) -> float | None:
    """Seconds from the first to the last frame of any stream."""
    first = [info.first_us for info in workout.streams if info.first_us is not None]
    last = [info.last_us for info in workout.streams if info.last_us is not None]
    return (max(last) - min(first)) / 1e6 if first and last else None


def _table(sessions: Sessions, rest: Sequence[Workout]) -> html.Section:
    heads = ("Session", "Date", "Kind", "Duration", "Streams", "Frames", "Tags")
    numbers = ("Duration", "Frames")
    table = html.Table(
        [
            html.Thead(
                html.Tr([html.Th(name, scope="col", className="n" if name in numbers else "") for name in heads])
            ),
            html.Tbody([_row(item) for item in rest]),
        ]
    )
    return html.Section(
        [
            html.Div([html.H1("Sessions"), html.Span(words.number(len(rest)), className="count")], className="head"),
            html.Div(
                table if rest else html.P("Nothing but what is live.", className="muted pad"), className="card table"
            ),
            _pager(sessions),
        ],
        **aria(label="Sessions"),
    )


def _row(workout: Workout) -> html.Tr:
    name = workout.about.athlete
    started = min((info.first_us for info in workout.streams if info.first_us), default=workout.created_us)
    title = [html.B(name or workout.workout_id), *([html.Code(workout.workout_id)] if name else [])]
    return html.Tr(
        [
            html.Td(dcc.Link(title, href=session_path(workout.workout_id), className="cover")),
            html.Td(words.date(started), className="dim"),
            html.Td(workout.about.kind or "–"),
            html.Td(words.duration(length_s(workout)), className="n"),
            html.Td(_streams(workout), className="dim"),
            html.Td(words.number(workout.frames), className="n"),
            html.Td([html.Span(tag, className="chip") for tag in workout.about.tags]),
        ]
    )


def _pager(sessions: Sessions) -> html.Nav | None:
    if sessions.page == 1 and not sessions.more:
        return None
    newer = "/" if sessions.page == 2 else f"/?page={sessions.page - 1}"
    return html.Nav(
        [
            *([dcc.Link("Newer", href=newer, className="button")] if sessions.page > 1 else []),
            html.Span(f"Page {sessions.page}", className="muted"),
            *([dcc.Link("Older", href=f"/?page={sessions.page + 1}", className="button")] if sessions.more else []),
        ],
        className="pager", **aria(label="More sessions"),
    )  # fmt: skip


def _first_steps(ingest_address: str, health: Health) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H1("No sessions yet"),
                    html.P("They appear here the moment the first frame is stored."),
                    html.Ol(
                        [
                            _step("See it move", "Starts a simulated athlete with two insoles. Ctrl-C stops it.",
                                  "barograph demo"),
                            _step("Send a recording", "A pressure file, through the same door as a device.",
                                  "barograph send walk.asf --workout first-walk --stream left"),
                            _step("Connect a device", "It opens a WebSocket here and sends its frames.",
                                  ingest_address, prompt=False),
                        ]
                    ),
                    html.P([html.Span(className="dot"), str(health)],
                           className="health" if health.ingest and health.feed else "health away"),
                ]
            ),
            html.Div(className="feet"),
        ],
        className="first-steps",
    )  # fmt: skip


def _step(title: str, text: str, command: str, *, prompt: bool = True) -> html.Li:
    return html.Li(
        [
            html.H2(title),
            html.P(text),
            html.Div(
                [
                    html.Code([html.Span("$ ", className="prompt") if prompt else "", command]),
                    html.Button([icon("copy"), html.Span("Copy")], className="button copy", type="button",
                                **data(baro="copy", text=command), **aria(label=f"Copy: {command}", live="polite")),
                ],
                className="command" if prompt else "command address",
            ),
        ]
    )  # fmt: skip
