"""What one acts with on the live page: the title row, the way back through the last minutes, the line of alarms."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from barograph.store.ports import Workout
from dashboard.drawing.elements import aria, data, icon, pill, reset_view, slot
from dashboard.page.visitors import may
from dashboard.page.whose import TITLE, whose_path
from dashboard.results.share_button import share_button


def title(workout_id: str, workout: Workout | None) -> html.Div:
    """Build what is wrong with the servers on top; state, athlete, streams, time; marker, pause, share, full screen."""
    about = workout.about if workout else None
    name = about.athlete if about and about.athlete else workout_id
    href = whose_path(workout) if workout else ""
    return html.Div(
        [
            slot("trouble", className="trouble", role="alert", hidden=True),
            pill(),
            html.H1(dcc.Link(name, href=href, title=TITLE) if href else name),
            *([html.Span(about.kind, className="kind")] if about and about.kind else []),
            *([html.Code(workout_id)] if name != workout_id else []),
            *([html.Span(_streams(workout), className="chip")] if workout and workout.streams else []),
            slot("elapsed", className="muted", title="Time since the first frame"),
            slot("said", className="said", role="status"),
            html.Span(className="grow"),
            html.Div(
                [
                    html.Div(className="marker-place", **data(slot="marker-form")),
                    reset_view(),
                    _action("mark", "flag", "Marker", "M", hidden=not may("describe", "marker")),
                    _action("pause", "pause", slot("pause-text", text="Pause"), "Space"),
                    *share_button(workout_id, "live"),
                    html.Button(icon("expand"), className="button square", type="button", title="Full screen (F)",
                                **aria(label="Full screen"), **data(slot="full")),
                ],
                className="title-actions",
            ),
        ],
        className="title-row",
    )  # fmt: skip


def _streams(workout: Workout) -> str:
    shapes = {info.layout.shape_text for info in workout.streams if info.layout}
    count = f"{len(workout.streams)} stream{'s' if len(workout.streams) != 1 else ''}"
    return " · ".join([count, *sorted(shapes)])


def _action(name: str, picture: str, words: Any, key: str = "", *, hidden: bool = False) -> html.Button:
    keys = [html.Kbd(key, **aria(hidden="true"))] if key else []
    return html.Button([icon(picture), words if not isinstance(words, str) else html.Span(words), *keys],
                       className=f"button action-{name}", type="button", hidden=hidden, **data(slot=name))  # fmt: skip


def lookback() -> html.Section:
    """Build the last ten minutes, and the handle that is dragged through them."""
    return html.Section(
        [
            html.Div(
                [
                    _square("back", "back10", "10 s back (←)"),
                    _square("play", "pause", "Pause (Space)"),
                    _square("forward", "on10", "10 s on (→)"),
                ],
                className="transport",
            ),
            html.Div(
                [html.Canvas(**aria(hidden="true")), html.Span(className="handle", **data(slot="handle"))],
                className="lookback-area", role="slider", tabIndex="0",
                **aria(label="Moment shown, of the last 10 minutes", valuemin="-600", valuemax="0", valuenow="0",
                       valuetext="live"),
                **data(slot="lookback"),
            ),
            html.Div([slot("behind", html.B, "0:00.0"), html.Span("behind live", className="muted")],
                     className="distance"),
            html.Button([html.Span(className="dot", **aria(hidden="true")), html.Span("Go live", className="go-words"),
                         html.Kbd("End", **aria(hidden="true"))], className="button go-live", type="button",
                        disabled=True, **data(slot="golive")),
        ],
        className="card lookback", **aria(label="The last 10 minutes"),
    )  # fmt: skip


def _square(name: str, picture: str, words: str) -> html.Button:
    return html.Button(icon(picture), className="button square", type="button", title=words,
                       **aria(label=words.partition(" (")[0]), **data(slot=name))  # fmt: skip


def alarm_line() -> html.Div:
    """Build what is above its threshold, or which thresholds there are."""
    return html.Div(
        [
            icon("bell"),
            html.P(
                [slot("alarm-text", text="No alarm is set."), slot("alarm-short", hidden=True, **aria(hidden="true"))],
                role="alert",
            ),
            html.Button("Edit", className="button small", type="button", title="Edit alarms", **data(slot="edit")),
            html.Button(["Acknowledge", html.Kbd("A", **aria(hidden="true"))], className="button small", type="button",
                        hidden=True, **data(slot="acknowledge")),
        ],
        className="alarm-line", **data(slot="alarms", ringing="false"),
    )  # fmt: skip
