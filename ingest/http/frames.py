"""Frames of a stream, in and out, and what is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from quart import Quart, Response, g, request
from quart_schema import validate_querystring

from analytics.sessions.export_tables import ExportTables
from barograph.access.needs import needs
from barograph.files import WRITTEN
from barograph.store import exports, session_exports
from barograph.store.ports import Archive
from barograph.store.reading import gaps
from barograph.store.session_tables import kept_tables
from barograph.web.beginning import begun
from ingest.device_times import Reading
from ingest.http import history
from ingest.http.answers import FramesAnswer, GapsAnswer, JsonFrame, PostAnswer, StatsAnswer
from ingest.http.operations import operation
from ingest.http.posted import BINARY, JSON, Bodies
from ingest.http.queries import ExportQuery, FramesQuery, Range, SendQuery, SessionExportQuery, stream_of
from ingest.http.visits import Visits

# A client that stops reading holds three chunks of frames until then.
PAGE_TIMEOUT_S = 600
MEDIA_TYPES = tuple(dict.fromkeys(kind.media_type.partition(";")[0] for kind in WRITTEN.values()))
SESSION_TYPES = tuple(kind for _, kind in session_exports.FORMATS.values())
FRAMES = "/api/workouts/<workout_id>/frames"


def add_frames(app: Quart, archive: Archive, visits: Visits, bodies: Bodies) -> None:
    """Give the application its routes for frames, in and out."""

    @app.post(FRAMES)
    @needs("write", "stream", makes=True)
    @operation(
        "Frames", PostAnswer, takes=JsonFrame | list[JsonFrame], also_takes=(BINARY,), errors=(404, 409, 410, 507)
    )
    @validate_querystring(SendQuery)
    async def post_frames(workout_id: str, query_args: SendQuery) -> dict[str, Any]:
        """Store frames; the answer comes when they are in the archive's journal.

        JSON: one frame or a list. Binary: messages of the binary form, each after its length (u64, little-endian), as
        GET gives them; a `join_session` with a layout may come first. Frames before a wrong one are stored.
        """
        reading = Reading(query_args.times or "auto", query_args.time_unit)
        async with visits.visit(query_args.sent, reading, g.entrant) as visit:
            await visit.take_all(bodies.frames(request, workout_id))
            return visit.answer()

    @app.get(FRAMES)
    @needs("export")
    @operation("Frames", FramesAnswer, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(FramesQuery)
    async def frames(workout_id: str, query_args: FramesQuery) -> Response:
        """A page of frames in the order of reading, each once."""
        found = await _page(archive, workout_id, query_args)
        if request.accept_mimetypes.best_match([JSON, BINARY]) == BINARY:
            return streamed(await begun(history.as_messages(archive, found)), BINARY, found.next_cursor)
        return streamed(await begun(history.as_json(archive, found)), JSON, found.next_cursor)


def add_tables(app: Quart, archive: Archive) -> None:
    """Give the application its routes for what is computed of frames, and for files."""

    @app.get("/api/workouts/<workout_id>/stats")
    @needs("read")
    @operation("Frames", StatsAnswer, errors=(404,))
    @validate_querystring(FramesQuery)
    async def stats(workout_id: str, query_args: FramesQuery) -> Response:
        """A page of per-frame statistics, computed from the stored frames; columns with units."""
        found = await _page(archive, workout_id, query_args)
        return streamed(await begun(history.as_table(archive, found)), JSON, found.next_cursor)

    @app.get("/api/workouts/<workout_id>/gaps")
    @needs("read")
    @operation("Frames", GapsAnswer, errors=(404,))
    @validate_querystring(Range)
    async def missing(workout_id: str, query_args: Range) -> dict[str, Any]:
        """Numbers that are not stored, with the reason where one is known."""
        info = await stream_of(archive, workout_id, query_args.stream)
        found = await gaps(archive, info.stream, query_args.start, query_args.stop)
        info = await archive.stream_info(info.stream)  # an epoch may have begun meanwhile
        return {"gaps": [history.describe_gap(gap, info) for gap in found]}

    @app.get("/api/workouts/<workout_id>/export")
    @needs("export")
    @operation("Frames", None, also_gives=MEDIA_TYPES, errors=(404,))
    @validate_querystring(ExportQuery)
    async def export(workout_id: str, query_args: ExportQuery) -> Response:
        """A stream, or a range of it, as a file; what a format does not hold, as gaps in a C3D, is refused."""
        asked = query_args
        info = await stream_of(archive, workout_id, asked.stream)
        found = await exports.prepare(archive, info.stream, asked.format, asked.start, asked.stop, ExportTables())
        answer = streamed(await begun(found.parts()), found.media_type, None)
        answer.headers["Content-Disposition"] = found.disposition
        return answer

    @app.get("/api/workouts/<workout_id>/export/session")
    @needs("export")
    @operation("Frames", None, also_gives=SESSION_TYPES, errors=(404,))
    @validate_querystring(SessionExportQuery)
    async def export_session(workout_id: str, query_args: SessionExportQuery) -> Response:
        """All streams, markers and tables of a workout, or of a range of it, as one file."""
        wanted = query_args
        found = await session_exports.prepare(
            archive, workout_id, wanted.format, ExportTables(), kept_tables, wanted.start, wanted.stop
        )
        answer = streamed(await begun(found.parts()), found.media_type, None)
        answer.timeout = None  # as long as it takes: numbers of each frame are computed on the way
        answer.headers["Content-Disposition"] = found.disposition
        return answer


async def _page(archive: Archive, workout_id: str, asked: FramesQuery) -> history.Page:
    after = history.Place.parse(asked.cursor) if asked.cursor else None
    info = await stream_of(archive, workout_id, asked.stream)
    return await history.page(archive, info, start_us=asked.start, stop_us=asked.stop, limit=asked.limit, after=after)


def streamed(body: AsyncIterator[bytes], kind: str, next_cursor: str | None) -> Response:
    """Return an answer piece by piece; one that breaks off after its status is cut, never ended as if it were whole."""
    response = Response(body, content_type=kind)
    response.timeout = PAGE_TIMEOUT_S
    if next_cursor:
        response.headers["Barograph-Next-Cursor"] = next_cursor
    return response
