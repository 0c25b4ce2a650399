"""The session page: its skeleton, and the figures that come after it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, no_update

from barograph import reading
from barograph.errors import NotFound, StorageAway
from barograph.frames import check_name
from dashboard import figures, overview, theme
from dashboard.pages import session
from dashboard.sources import Sources


async def show(sources: Sources, name: str, _search: str) -> Any:
    """The page of a session."""
    workout_id = check_name("workout_id", name)
    try:
        workout = await sources.archive.workout(workout_id)
    except NotFound:
        return session.unknown(workout_id)
    if (whole := overview.span(workout)) is None:
        return session.without_frames(workout)
    return session.page(workout, whole, live=sources.state(workout) != "ended")


async def figure(sources: Sources, path: str, scheme: theme.Scheme) -> go.Figure:
    """The overview of the session that the address names."""
    workout = await sources.archive.workout(unquote(path.rpartition("/")[2]))
    whole = overview.span(workout)
    lanes = await overview.lanes(sources.archive, workout)
    return await asyncio.to_thread(figures.overview, lanes, whole.length_s if whole else 1.0, scheme)


async def gaps(sources: Sources, path: str) -> Any:
    """What is not stored of the session that the address names."""
    workout = await sources.archive.workout(unquote(path.rpartition("/")[2]))
    found = [gap for info in workout.streams for gap in await reading.gaps(sources.archive, info.stream)]
    return session.gaps_fact(len(found), sum(gap.stop_us - gap.start_us for gap in found) / 1e6)


def register(app: Dash, sources: Sources) -> None:
    """Add the callbacks of the page to an application."""

    @app.callback(Output("overview", "figure"), Input("scheme", "data"), State("address", "pathname"))
    async def draw_overview(scheme: str | None, path: str) -> Any:
        if not scheme:
            return no_update
        known: theme.Scheme = "light" if scheme == "light" else "dark"
        try:
            return await figure(sources, path, known)
        except (StorageAway, NotFound):
            return figures.sentence("The overview could not be read; it comes when the page is opened again.", known)

    @app.callback(Output("gaps-fact", "children"), Input("gaps-fact", "id"), State("address", "pathname"))
    async def count_gaps(_id: str, path: str) -> Any:
        try:
            return await gaps(sources, path)
        except (StorageAway, NotFound):
            return "gaps not known"
