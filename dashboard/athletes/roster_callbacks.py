"""The roster: what it reads, and when it is made anew."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.drawing import words
from dashboard.drawing.elements import data
from dashboard.page.typed_callbacks import Callbacks
from dashboard.reading.sources import Sources


async def show(sources: Sources, _search: str) -> Any:
    """Build the roster."""
    found = await sources.archive.roster.athletes(brief=True)
    count = html.Span(words.plural(len(found), "athlete"), className="muted")
    return html.Div([html.Div([html.H1("Athletes"), count], className="roster-head")], **data(title="Athletes"))


def register(_app: Callbacks, _sources: Sources) -> None:
    """Add the callbacks of the roster to an application."""
