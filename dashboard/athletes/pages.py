"""The pages under /athletes: which of them an address shows, their callbacks, and their routes without Dash.

`/athletes` is the roster, `/athletes/<uid>` one athlete. Forms are plain pages with routes of their own.
"""

from __future__ import annotations

from typing import Any

from quart import Quart

from barograph.access.needs import needs
from dashboard.athletes import (
    one_page,
    one_routes,
    roster_callbacks,
    roster_merge,
    roster_new,
    roster_proposals,
    roster_table,
    roster_trend,
)
from dashboard.page.typed_callbacks import Callbacks
from dashboard.reading.sources import Sources
from dashboard.signin.desk import Desk


@needs("read", "athlete")
async def show(sources: Sources, rest: str, search: str) -> Any:
    """Build the roster, or the page of one athlete."""
    if rest:
        return await one_page.show(sources, rest, search)
    return await roster_callbacks.show(sources, search)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of these pages to Dash."""
    roster_callbacks.register(app, sources)
    one_page.register(app, sources)


def register_routes(app: Quart, desk: Desk) -> None:
    """Add the routes of these pages to an application; the archive of `desk` is guarded."""
    one_routes.register(app, desk.archive)
    for part in (roster_new, roster_table, roster_proposals, roster_merge):
        part.register(app, desk)


def register_reads(app: Quart, sources: Sources) -> None:
    """Add what these pages ask for after they were made."""
    roster_trend.register(app, sources)
