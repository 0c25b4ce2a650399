"""The button that shares a session; `assets/share/share.mjs` makes the dialog behind it."""

from __future__ import annotations

from dash import html

from dashboard.drawing.elements import data, icon
from dashboard.page.visitors import may

VIEWS = ("feedback", "athlete", "live", "session")


def share_button(workout_id: str, view: str, *, live: bool = True) -> list[html.Button]:
    """Build the button, on the page of a view, for whoever may share anything; one that is over is not shared live."""
    views = " ".join(VIEWS if live else ("session",))
    inside = [icon("share"), html.Span("Share")]
    button = html.Button(inside, className="button action-share", type="button", **data(slot="share", baro="share"),
                         **data(workout=workout_id, views=views, view=view))  # fmt: skip
    return [button] if may("share") else []
