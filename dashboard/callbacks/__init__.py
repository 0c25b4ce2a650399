"""What Dash asks of the server: which page an address shows, and what changes on it by itself; a module a page."""

from __future__ import annotations

from dash import Dash

from dashboard.callbacks import compare, dialogs, frame, history, home, session, system
from dashboard.sources import Sources

PARTS = (frame, dialogs, home, session, compare, history, system)


def register(app: Dash, sources: Sources) -> None:
    """Add the callbacks of every page to an application."""
    for part in PARTS:
        part.register(app, sources)
