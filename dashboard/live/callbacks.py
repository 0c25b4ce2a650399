"""The live page: its skeleton is made here, everything that moves comes over the feed."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, no_update

from barograph.access.needs import needs
from barograph.errors import NotFound, StorageAway
from barograph.frames import check_name
from dashboard.live import now, page
from dashboard.page import notices
from dashboard.page.typed_callbacks import Callbacks, Count, Text
from dashboard.reading.live_now import live_now
from dashboard.reading.sources import Sources


@needs("read", "live", shared=True)
async def show(sources: Sources, name: str, _search: str) -> Any:
    """Build the live page of a workout, which may not have begun yet; without a name, what is live now."""
    if not name:
        return now.page(await live_now(sources))
    workout_id = check_name("workout_id", name)
    try:
        return page.page(workout_id, await sources.archive.workout(workout_id))
    except NotFound:
        erased = await sources.archive.erased([workout_id])
        return notices.erased() if erased else page.page(workout_id, None)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(
        Output("live-list", "children"), Output("live-list-shown", "data"), Input("live-list-pulse", "n_intervals"),
        State("live-list-shown", "data"), prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def look_again(_n: Count | None, shown: Text | None) -> Any:
        try:
            found = await live_now(sources)
        except StorageAway:
            return no_update
        return no_update if now.signature(found) == shown else (now.body(found), now.signature(found))
