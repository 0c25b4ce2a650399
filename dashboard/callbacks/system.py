"""The System page: made anew every few seconds from what this process knows of the ingest."""

from __future__ import annotations

import time
from typing import Any

from dash import Input, Output

from dashboard.pages import notices, system
from dashboard.sources import Sources
from dashboard.told import Callbacks, Count


async def show(sources: Sources, rest: str, _search: str) -> Any:
    """The page; it asks nobody, so that it is there when nobody answers."""
    return notices.nowhere() if rest else system.page(sources.vitals, time.time_ns() // 1000)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(Output("system-body", "data-markup"), Input("system-pulse", "n_intervals"), prevent_initial_call=True)
    async def refresh(_n: Count | None) -> Any:
        return system.body(sources.vitals, time.time_ns() // 1000)
