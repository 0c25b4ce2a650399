"""The home page: what is live on top, every session below; commands to copy when there is nothing yet."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html

from barograph.store.ports import Workout
from barograph.store.search import KnownValues
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, icon, slot
from dashboard.page.notices import trying, with_a_reason
from dashboard.results.live_cards import cards, said_streams
from dashboard.sessions import session_list
from dashboard.sessions.query import ListQuery

REFRESH_MS = 2_000


@dataclass(frozen=True)
class Sessions:
    """One page of the list, what it was asked for, how many match in all; and what is live, whatever was asked for."""

    workouts: Sequence[Workout]
    live: Sequence[Workout] = ()
    asked: ListQuery = field(default_factory=ListQuery)
    total: int = 0
    said: KnownValues = field(default_factory=KnownValues)


AWAY = "away: pictures wait, recording goes on"


@dataclass(frozen=True)
class Health:
    """Whether the parts that sessions need answer; the archive does, or there would be no page."""

    ingest_port: int
    ingest: bool
    feed: bool
    elsewhere: str | None = None  # host and port of an ingest on another machine
    last_us: int | None = None  # when an ingest that does not answer now did so last

    def __str__(self) -> str:
        where = self.elsewhere or f"port {self.ingest_port}"
        nobody = f"{where} does not answer" if self.elsewhere else f"Nothing listens on {where} of this machine"
        last = f", last answer {words.date(self.last_us)}" if self.last_us and not self.ingest else ""
        ingest = f"Ingest is listening on {where}" if self.ingest else nobody + last
        return f"{ingest} · archive ready · live feed {'ready' if self.feed else AWAY}"


def page(sessions: Sessions, ingest_address: str, health: Health, most_bytes: int) -> html.Div:
    """Build the whole page; `most_bytes` is the largest file that can be imported."""
    return html.Div(
        [
            dcc.Interval(id="home-pulse", interval=REFRESH_MS),
            slot("offline", html.Section, className="offline-line", hidden=True, role="status"),
            html.Div(body(sessions, ingest_address, health), id="home-body"),
            session_list.tools(sessions.asked, sessions.said, sessions.total),
            slot(
                "imports",
                html.Section,
                className="imports",
                hidden=True,
                **aria(label="Imported files"),
                **data(**{"most-bytes": str(most_bytes)}),
            ),
            html.Div(rows(sessions), id="home-list"),
            html.Div(id="home-bar"),
            dcc.Store(id="home-shown", data=signature(sessions, health)),
            dcc.Store(id="selected", data=[]),
        ],
        className="home",
        **data(baro="home", title="Sessions"),
    )


def signature(sessions: Sessions, health: Health) -> str:
    """Return a text that changes exactly when what the page says changes.

    As short for a page of fifty sessions as for one.
    """
    # A card counts for itself: rising frames of what is live change nothing that the server has to say.
    live = {item.workout_id for item in sessions.live}
    listed = [(item.workout_id, item.about, said_streams(item), item.workout_id not in live and item.frames)
              for item in sessions.workouts]  # fmt: skip
    shown = [(item.workout_id, item.about, said_streams(item)) for item in sessions.live]
    said = repr((listed, shown, sessions.asked, sessions.total, sessions.said, health))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


def body(sessions: Sessions, ingest_address: str, health: Health) -> list[Any]:
    """Build the cards, or the first steps."""
    if not sessions.total and not sessions.live and sessions.asked.query.plain:
        return [_first_steps(ingest_address, health)]
    live = [cards(sessions.live)] if sessions.live else []
    return live if health.ingest and health.feed else [_heard(health), *live]


def _heard(health: Health) -> html.P:
    """What new sessions need and does not answer."""
    return html.P([html.Span(className="dot"), str(health)], className="health away", role="status")


def rows(sessions: Sessions, selected: Collection[str] = ()) -> list[Any]:
    """Build the list, or why it is empty."""
    live = frozenset(item.workout_id for item in sessions.live)
    wrong = [html.P(text, className="tab-problem", role="alert") for text in sessions.asked.problems]
    return [*wrong, *session_list.listing(sessions.workouts, sessions.asked, sessions.total, live, selected)]


def _first_steps(ingest_address: str, health: Health) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H1("No sessions yet"),
                    html.P("They appear here the moment the first frame is stored."),
                    *with_a_reason(),
                    html.Ol(
                        [
                            _step("See it move", "Starts a simulated athlete with two insoles. Ctrl-C stops it.",
                                  "barograph demo", also=_try()),
                            _step("Send a recording", "A pressure file, through the same door as a device.",
                                  "barograph send walk.asf --workout first-walk --stream left", also=_import()),
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


def _import() -> html.Div:
    button = html.Button([icon("import"), "Import files"], className="button", type="button", **data(act="import"))
    return html.Div([button, "or drop them anywhere on this page"], className="or")


def _try() -> html.Div | None:
    there = trying()
    return html.Div([*there, "or let a tab of this browser be the device"], className="or") if there else None


def _step(title: str, text: str, command: str, *, prompt: bool = True, also: html.Div | None = None) -> html.Li:
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
            also,
        ]
    )  # fmt: skip
