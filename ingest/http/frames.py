"""Frames of a stream, out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from quart import Quart, Response, request
from quart_schema import validate_querystring

from barograph.ports import Archive
from barograph.reading import gaps
from ingest import history
from ingest.http.queries import FramesQuery, Range, stream_of

BINARY = "application/octet-stream"
# A client that stops reading holds three chunks of frames until then.
PAGE_TIMEOUT_S = 600


def add_frames(app: Quart, archive: Archive) -> None:
    """Give the application its routes for frames and gaps."""

    @app.get("/api/workouts/<workout_id>/frames")
    @validate_querystring(FramesQuery)
    async def frames(workout_id: str, query_args: FramesQuery) -> Response:
        """A page of frames in the order of reading, each once."""
        asked, after = query_args, history.Place.parse(query_args.cursor) if query_args.cursor else None
        info = await stream_of(archive, workout_id, asked.stream)
        found = await history.page(
            archive, info, start_us=asked.start, stop_us=asked.stop, limit=asked.limit, after=after
        )
        if request.accept_mimetypes.best_match(["application/json", BINARY]) == BINARY:
            return streamed(history.as_messages(archive, found), BINARY, found.next_cursor)
        return streamed(history.as_json(archive, found), "application/json", found.next_cursor)

    @app.get("/api/workouts/<workout_id>/gaps")
    @validate_querystring(Range)
    async def missing(workout_id: str, query_args: Range) -> dict[str, Any]:
        """Numbers that are not stored."""
        info = await stream_of(archive, workout_id, query_args.stream)
        found = await gaps(archive, info.stream, query_args.start, query_args.stop)
        info = await archive.stream_info(info.stream)  # an epoch may have begun meanwhile
        return {"gaps": [history.describe_gap(gap, info) for gap in found]}


def streamed(body: AsyncIterator[bytes], kind: str, next_cursor: str | None) -> Response:
    """An answer piece by piece; one that breaks off after its status is cut, never ended as if it were whole."""
    response = Response(body, content_type=kind)
    response.timeout = PAGE_TIMEOUT_S
    if next_cursor:
        response.headers["Barograph-Next-Cursor"] = next_cursor
    return response
