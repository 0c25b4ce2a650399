"""Pages that only say what happened, what is safe and what to do."""

from __future__ import annotations

from dash import dcc, html

from dashboard.drawing.elements import icon, notice
from dashboard.page.navigation import needs_reason
from dashboard.page.visitors import may, visitor
from dashboard.routes import try_path

AWAY_MS = 3_000


def with_a_reason() -> list[html.A]:
    """Build the way to state a reason, for an admin who is shown only what is theirs; the same wherever they are."""
    if not needs_reason(visitor()):
        return []
    return [html.A("State a reason to look at what is not yours", href="/reason", className="button")]


def trying() -> list[html.A]:
    """Build the way to the page on which this browser is the device, for whoever may have a device."""
    if not may("administer", "device"):
        return []
    return [html.A([icon("play"), "Try it without a device"], className="button", href=try_path(), target="_blank")]


def away() -> html.Section:
    """Say that the archive does not answer; the page comes back by itself."""
    return notice(
        "The archive does not answer",
        "What is recorded meanwhile is not known here; a device that keeps a spool sends it later. "
        "This page comes back by itself.",
        dcc.Interval(id="away-pulse", interval=AWAY_MS),
        kind="alarm",
    )


def frames_away(why: str) -> html.Section:
    """Say that frames of a session lie where they cannot be read now; the page comes back by itself."""
    again = dcc.Interval(id="away-pulse", interval=AWAY_MS)
    return notice("The frames of this session cannot be read now", f"{why}. This page comes back by itself.", again)


def nowhere() -> html.Section:
    """Say that no page has this address."""
    return notice(
        "Nothing at this address", "The address may be incomplete, or the page has moved.",
        dcc.Link("All sessions", href="/", className="button"),
    )  # fmt: skip


def erased() -> html.Section:
    """Say that the session of this address was erased."""
    return notice(
        "This session was erased",
        "Nothing of it is stored any more. A device that still sends to it is told so.",
        dcc.Link("All sessions", href="/", className="button"),
    )
