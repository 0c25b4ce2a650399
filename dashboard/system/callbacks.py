"""The System page: made anew every few seconds from what this process knows of the ingest."""

from __future__ import annotations

import time
from typing import Any

from dash import Input, Output, no_update

from barograph.access.needs import needs
from dashboard.page import notices
from dashboard.page.navigation import sees_system
from dashboard.page.shell import admin_tabs
from dashboard.page.typed_callbacks import Callbacks, Count
from dashboard.page.visitors import visitor
from dashboard.reading.sources import Sources
from dashboard.system import page


@needs("known")
async def show(sources: Sources, rest: str, _search: str) -> Any:
    """Build the page; it asks nobody, so that it is there when nobody answers."""
    if rest:
        return notices.nowhere()
    made = page.page(sources.vitals, time.time_ns() // 1000, sources.night)
    tabs = admin_tabs("tab-system")
    return [*tabs, made] if tabs else made


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(Output("system-body", "data-markup"), Input("system-pulse", "n_intervals"), prevent_initial_call=True)
    @needs("known")
    async def refresh(_n: Count | None) -> Any:
        if not sees_system(visitor()):
            return no_update
        return page.body(sources.vitals, time.time_ns() // 1000, sources.night)
