"""What Dash asks of the server: which page an address shows, and what changes on it by itself; a module a page."""

from __future__ import annotations

from dashboard.callbacks import compare, dialogs, frame, history, home, session, system
from dashboard.sources import Sources
from dashboard.told import Callbacks

PARTS = (frame, dialogs, home, session, compare, history, system)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of every page to an application; one that does not say what it takes is an error."""
    for part in PARTS:
        part.register(app, sources)
    app.require_types()
