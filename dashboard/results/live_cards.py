"""Cards of what is live: a small moving picture each, the time since the start, and one number.

`assets/sessions/thumb.mjs` draws them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html

from barograph.store.ports import Workout
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, pill, slot
from dashboard.routes import live_path

MOST_CARDS = 12


def cards(live: Sequence[Workout]) -> html.Section:
    """Build the cards of what is live, under a heading."""
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
                    *([html.Code(workout.workout_id)] if name != workout.workout_id else []),
                    html.P(workout.about.kind or said_streams(workout), className="kind"),
                    html.Div([slot("value", html.B, "–", className="value"), slot("unit", className="unit")]),
                ],
                className="card-words",
            ),
            dcc.Link("Watch", href=live_path(workout.workout_id), className="button cover", title=f"Watch {name} live"),
        ],
        className="card live-card", **data(baro="card", workout=workout.workout_id),
    )  # fmt: skip


def said_streams(workout: Workout) -> str:
    """Return the names of a workout's streams in words."""
    return ", ".join(info.stream.stream for info in workout.streams) or "no streams yet"
