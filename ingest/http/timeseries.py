"""`timeSeriesData` of a workout, as the predecessor's clients ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from quart import Response

from barograph.frames import Block, Layout
from barograph.store.ports import Archive, StreamInfo, Workout
from barograph.web.beginning import begun
from ingest.http import history
from ingest.http.finals import cursor_of, frames_text, place_of
from ingest.http.frames import streamed
from ingest.http.posted import JSON
from ingest.http.queries import WorkoutQuery

SERIES = "timeSeriesData"


async def with_series(archive: Archive, workout: Workout, said: dict[str, Any], asked: WorkoutQuery) -> Response:
    """Return a workout and a part of its series, piece by piece."""
    info = next((one for one in workout.streams if one.stream.stream == asked.stream), None)
    frames, cursor = await _part(archive, info, asked)
    return streamed(await begun(_text(said, frames, cursor)), JSON, cursor)


async def _part(
    archive: Archive, info: StreamInfo | None, asked: WorkoutQuery
) -> tuple[AsyncIterator[bytes], str | None]:
    if info is None:
        return _nothing(), None
    if info.final is None:
        after = history.Place.parse(asked.cursor) if asked.cursor else None
        page = await history.page(archive, info, limit=asked.limit, after=after)
        return _stored(archive, page), page.next_cursor
    first = place_of(asked.cursor, info.final)
    stop = min(first + asked.limit, info.final.n)
    return frames_text(archive, info, info.final, first, stop), cursor_of(stop, info.final)


async def _nothing() -> AsyncIterator[bytes]:
    for piece in tuple[bytes, ...]():
        yield piece


async def _stored(archive: Archive, page: history.Page) -> AsyncIterator[bytes]:
    """The frames of a page as the predecessor's client would have sent them."""
    lead = b""
    async for part in history.frames_of(archive, page):
        yield lead + msgspec.json.encode(_frames(part, page.plan.layout))[1:-1]
        lead = b","


def _frames(block: Block, layout: Layout) -> list[dict[str, Any]]:
    nodes = int(layout.valid.sum())
    return [
        {"matrix": matrix, "nodes": nodes, "timestamp": history.timestamp(t_us)}
        for matrix, t_us in zip(history.cells_of(block, layout), block.times_us.tolist(), strict=True)
    ]


async def _text(said: dict[str, Any], frames: AsyncIterator[bytes], cursor: str | None) -> AsyncIterator[bytes]:
    yield msgspec.json.encode(said)[:-1] + b',"' + SERIES.encode() + b'":['
    async for piece in frames:
        yield piece
    yield b'],"next_cursor":' + msgspec.json.encode(cursor) + b"}"
