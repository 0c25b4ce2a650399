"""What is live now, on a page of its own: the header leads here when that is nothing, or more than one session."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from barograph.store.ports import Workout
from dashboard.drawing.elements import data, notice
from dashboard.page.notices import trying
from dashboard.results.live_cards import cards

REFRESH_MS = 2_000


def page(live: Sequence[Workout]) -> html.Div:
    """Build the page."""
    return html.Div(
        [
            dcc.Interval(id="live-list-pulse", interval=REFRESH_MS),
            html.Div(body(live), id="live-list"),
            dcc.Store(id="live-list-shown", data=signature(live)),
        ],
        className="home",
        **data(title="Live"),
    )


def body(live: Sequence[Workout]) -> list[Any]:
    """Build a card for each session, or say that there is none."""
    if live:
        return [cards(live)]
    text = "A session is here from its first frame until five minutes after its last one. This page looks by itself."
    return [notice("Nothing is live now", text, dcc.Link("All sessions", href="/", className="button"), *trying())]


def signature(live: Sequence[Workout]) -> str:
    """Return a text that changes exactly when the cards do."""
    said = repr([(item.workout_id, item.about, [info.stream.stream for info in item.streams]) for item in live])
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
