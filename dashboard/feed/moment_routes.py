"""What pages fetch of the past, in the binary form: sensors, the frame of a moment, the samples around it."""

from __future__ import annotations

import asyncio

import numpy as np
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from analytics.sessions.export_tables import ExportTables
from barograph import codec
from barograph.access.needs import needs
from barograph.errors import InvalidData
from barograph.frames import Stream, check_name
from barograph.store import exports, session_exports
from barograph.store.ports import Archive, StreamInfo
from barograph.web.beginning import begun
from dashboard.feed import column_feed
from dashboard.feed.columns import regions_of
from dashboard.page.answers import STATUS, json_text, moment
from dashboard.reading import archive_reads
from dashboard.reading.export_rows import done_tables
from dashboard.reading.overview import drawn_layout
from dashboard.reading.recent_samples import history
from dashboard.reading.sources import Sources

MOST_SESSIONS = 40
MOST_SPAN_US = 120_000_000
BINARY = "application/octet-stream"


def register_progress(app: Quart, sources: Sources) -> None:
    """Add how far the reading of a session is, and which sessions are still there."""

    @app.get("/data/<workout_id>/progress")
    @needs("read", shared=True)
    async def progress(workout_id: str) -> ResponseTypes:
        done, of = sources.parts.progress(check_name("workout_id", workout_id))
        return Response(json_text({"done": done, "of": of}), content_type="application/json")

    @app.get("/stored")
    @needs("read")
    async def stored() -> ResponseTypes:
        """Say which of the sessions that a page shows are not stored any more; another one of a name is not that."""
        names, known = request.args.getlist("workout"), request.args.getlist("uid")
        if not 0 < len(names) == len(known) <= MOST_SESSIONS:
            raise InvalidData(
                f"workout: expected 1 to {MOST_SESSIONS} sessions and a uid of each, got {len(names)} and {len(known)}",
                field="workout",
            )
        there = await sources.archive.uids([check_name("workout_id", name) for name in names])
        gone = [name for name, uid in zip(names, known, strict=True) if there.get(name) != uid]
        return Response(json_text({"gone": gone}), content_type="application/json")


def register(app: Quart, archive: Archive) -> None:
    """Add the routes to an application."""

    @app.get("/data/<workout_id>")
    @needs("read", shared=True)
    async def sensors(workout_id: str) -> ResponseTypes:
        workout = await archive.workout(check_name("workout_id", workout_id))
        return Response(
            json_text({"streams": [sensor(info) for info in workout.streams]}), content_type="application/json"
        )

    @app.get("/data/<workout_id>/<stream>/frame")
    @needs("read", shared=True)
    async def frame(workout_id: str, stream: str) -> ResponseTypes:
        info = await archive.stream_info(Stream(workout_id, stream))
        t_us = moment("t_us")
        block = await archive_reads.frame_at(archive, info, t_us)
        if block is None:  # a gap is an answer, not an error
            return Response(status=204)
        head = {"type": "frames", "workout_id": workout_id, "stream": stream}
        return Response(codec.encode_block(block, head), content_type=BINARY)

    @app.get("/data/<workout_id>/<stream>/samples")
    @needs("read", shared=True)
    async def samples(workout_id: str, stream: str) -> ResponseTypes:
        info = await archive.stream_info(Stream(workout_id, stream))
        found = await archive_reads.samples(archive, info, *_span())
        body = await asyncio.to_thread(b"".join, history(info.stream, found))
        return Response(body, content_type=BINARY)

    @app.get("/data/<workout_id>/<stream>/frames")
    @needs("read", shared=True)
    async def frames(workout_id: str, stream: str) -> ResponseTypes:
        info = await archive.stream_info(Stream(workout_id, stream))
        blocks = await archive_reads.frames(archive, info, *_span(), moment("step_us"))
        head = {"type": "frames", "workout_id": workout_id, "stream": stream}
        body = await asyncio.to_thread(lambda: b"".join(codec.encode_block(block, head) for block in blocks))
        return Response(body, content_type=BINARY)

    _register_export(app, archive)
    _register_errors(app)


def _register_export(app: Quart, archive: Archive) -> None:
    @app.get("/data/<workout_id>/<stream>/export")
    @needs("export", shared=True)
    async def export(workout_id: str, stream: str) -> ResponseTypes:
        span = _closed()
        asked = request.args.get("format", "")
        made = await exports.prepare(archive, Stream(workout_id, stream), asked, *span, ExportTables())
        return await _file(made)

    @app.get("/data/<workout_id>/export")
    @needs("export", shared=True)
    async def export_session(workout_id: str) -> ResponseTypes:
        name = check_name("workout_id", workout_id)
        asked = request.args.get("format", "")
        return await _file(await session_exports.prepare(archive, name, asked, ExportTables(), done_tables, *_closed()))


def _closed() -> tuple[int, int]:
    start_us, stop_us = moment("start_us"), moment("stop_us")
    if stop_us < start_us:
        raise InvalidData(f"stop_us: expected {start_us} or later, got {stop_us}", field="stop_us")
    return start_us, stop_us


async def _file(made: exports.Export | session_exports.SessionExport) -> Response:
    response = Response(await begun(made.parts()), content_type=made.media_type)
    response.timeout = None  # as long as its reader takes
    response.headers["Content-Disposition"] = made.disposition
    return response


def register_columns(app: Quart, archive: Archive) -> None:
    """Add the routes of columns of choice, and of the regions that they are of."""

    @app.get("/data/<workout_id>/<stream>/columns")
    @needs("read", shared=True)
    async def columns(workout_id: str, stream: str) -> ResponseTypes:
        info = await archive.stream_info(Stream(workout_id, stream))
        found = await column_feed.rows(archive, info, request.args.get("keys", "").split(","), *_span())
        body = await asyncio.to_thread(lambda: b"".join(extra.message for extra in found))
        return Response(body, content_type=BINARY)

    @app.get("/data/<workout_id>/<stream>/regions")
    @needs("read", shared=True)
    async def regions(workout_id: str, stream: str) -> ResponseTypes:
        found = regions_of(await archive.stream_info(Stream(workout_id, stream)))
        cells = {name: np.flatnonzero(found.of(name)).tolist() for name in found.names} if found else {}
        return Response(json_text({"regions": cells}), content_type="application/json")


def sensor(info: StreamInfo) -> dict[str, object]:
    """Return what a page needs to draw a stream."""
    return {"stream": info.stream.stream, "layout": drawn_layout(info), "columns": info.columns}


def _register_errors(app: Quart) -> None:
    for kind, status in STATUS.items():

        @app.errorhandler(kind)
        async def _say(error: Exception, status: int = status) -> ResponseTypes:
            said = {"message": str(error), "field": getattr(error, "field", None)}
            return Response(json_text(said), status=status, content_type="application/json")


def _span() -> tuple[int, int]:
    start_us, stop_us = moment("start_us"), moment("stop_us")
    if not 0 <= stop_us - start_us <= MOST_SPAN_US:
        raise InvalidData(f"stop_us: expected 0 to {MOST_SPAN_US} µs after start_us, got {stop_us - start_us}")
    return start_us, stop_us
