"""What an analyst changes from another machine: a recording stored in bulk, and a stream's calibration.

A recording comes as a Parquet file and goes to disk as it comes. The answer is a run of messages: `progress` while it
is stored, then `imported`, or `error` with the status that it would have had.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from quart import Quart, Response, request
from quart_schema import validate_querystring

from analytics.frames.arrival import ArrivalStatistics
from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.errors import BarographError
from barograph.files import parquet
from barograph.files.parts import FileRecording
from barograph.frames import Stream, check_new_name
from barograph.remote import forms
from barograph.store.calibration import calibrate, undo
from barograph.store.calibration_records import GIVEN, made_of
from barograph.store.imports import Imported
from barograph.store.ports import Archive
from barograph.store.writing import ArchiveWriter, Progress, Step
from barograph.texts import require_text
from barograph.web.bodies import whole
from ingest import messages as m
from ingest.http.answers import Calibration, Undo
from ingest.http.archive import ONE, info_of
from ingest.http.errors import answer_of
from ingest.http.frames import streamed
from ingest.http.operations import operation
from ingest.http.posted import BINARY, Bodies, require_json
from ingest.http.queries import RecordingQuery, StreamUid
from ingest.messages import Refused
from ingest.sessions import Ingest

MOST_AT_ONCE = 2  # each may take the memory that barograph.files.bounds states; further ones wait
PROGRESS_S = 2.0
CALIBRATION_BYTES = 8 << 20
_decoder = msgspec.json.Decoder(dict[str, Any])


def add_importing(app: Quart, archive: Archive, ingest: Ingest, bodies: Bodies) -> None:
    """Give the application its routes for an analyst's changes."""
    turns, writer = asyncio.Semaphore(MOST_AT_ONCE), ArchiveWriter(archive, ArrivalStatistics)

    @app.post(f"{ONE}/recording")
    @needs("import", makes=True)
    @operation("Archive", None, also_takes=(BINARY,), also_gives=(BINARY,), errors=(410, 507))
    @validate_querystring(RecordingQuery)
    async def recording(workout_id: str, query_args: RecordingQuery) -> Response:
        """Store what of a recording is not stored yet, named by its content; the body is a Parquet file as exported.

        Its times are kept. The workout and the stream are made where they are new.
        """
        stream = Stream(check_new_name("workout_id", workout_id), check_new_name("stream", query_args.stream))
        if ingest.streams.full:
            raise Refused("storage_full", "the disk of the archive is nearly full; no import", retry_after_s=30.0)
        folder = tempfile.TemporaryDirectory(prefix="barograph-")
        try:
            path = Path(folder.name) / "recording.parquet"
            with path.open("wb") as file:
                async for piece in bodies.file(request):
                    await asyncio.to_thread(file.write, piece)
        except BaseException:
            folder.cleanup()
            raise
        answer = streamed(_told(folder, turns, writer, stream, path, query_args.start_us), BINARY, None)
        answer.timeout = None  # as long as storing takes
        return answer

    _add_calibrating(app, archive)


def _add_calibrating(app: Quart, archive: Archive) -> None:
    @app.put(f"{ONE}/calibration")
    @needs("describe")
    @operation("Archive", None, takes=Calibration, also_gives=(BINARY,), errors=(404, 410))
    @validate_querystring(StreamUid)
    async def calibration(workout_id: str, query_args: StreamUid) -> Response:
        """Change what stored values of a stream mean; what is not given stays. Frames stay as they were stored."""
        info = await info_of(archive, workout_id, query_args)
        require_json(request)
        changes = m.decode(await whole(request, CALIBRATION_BYTES), _decoder)
        made = made_of(changes.pop("made")) if "made" in changes else GIVEN
        changed = await calibrate(archive, info.stream, _who(), made, **changes)
        return Response(forms.stream_message(changed) + forms.end(), content_type=BINARY)

    @app.post(f"{ONE}/calibration/undo")
    @needs("describe")
    @operation("Archive", None, takes=Undo, also_gives=(BINARY,), errors=(404, 410))
    @validate_querystring(StreamUid)
    async def undo_calibration(workout_id: str, query_args: StreamUid) -> Response:
        """Undo the newest calibration of a stream that holds; frames stay as they were stored."""
        info = await info_of(archive, workout_id, query_args)
        require_json(request)
        asked = m.decode(await whole(request, CALIBRATION_BYTES), _decoder).get("uid", "")
        changed = await undo(archive, info.stream, _who(), require_text("uid", asked))
        return Response(forms.stream_message(changed) + forms.end(), content_type=BINARY)


def _who() -> str:
    """The uid of the user for whom something is done, "" for the owner of this machine."""
    who = actor()
    return who.uid if who.kind in ("user", "token") else ""


async def _told(
    folder: tempfile.TemporaryDirectory[str],
    turns: asyncio.Semaphore,
    writer: ArchiveWriter,
    stream: Stream,
    path: Path,
    start_us: int | None,
) -> AsyncIterator[bytes]:
    """Messages while a file is stored; it is gone afterwards, also when nobody listens any more."""
    with folder:
        async with aclosing(_stored(turns, writer, stream, path, start_us)) as told:
            async for message in told:
                yield message
        yield forms.end()


async def _stored(
    turns: asyncio.Semaphore, writer: ArchiveWriter, stream: Stream, path: Path, start_us: int | None
) -> AsyncGenerator[bytes, None]:
    settled = 0

    def heard(step: Step, frames: int) -> None:
        nonlocal settled
        settled = frames if step == "stored" else settled

    task = asyncio.create_task(_store(turns, writer, stream, path, start_us, heard), name="import a recording")
    try:
        while not (await asyncio.wait({task}, timeout=PROGRESS_S))[0]:
            yield forms.framed({"type": "progress", "frames": settled})
        done = task.result()
        yield forms.framed({"type": "imported", "frames": done.frames, "stored": done.stored})
    except BarographError as error:
        body, status, _ = answer_of(error)
        said = {**body["error"], "message": body["error"]["message"].replace(f"{path}: ", "").replace(str(path), "")}
        yield forms.framed({"type": "error", "status": status, **said})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _store(
    turns: asyncio.Semaphore,
    writer: ArchiveWriter,
    stream: Stream,
    path: Path,
    start_us: int | None,
    progress: Progress,
) -> Imported:
    async with turns:
        return await writer.import_recording(stream, await asyncio.to_thread(_opened, path), start_us, progress)


def _opened(path: Path) -> FileRecording:
    """The recording in a file, as it was before it was one: its provenance, and not that it came in this file."""
    found = parquet.opened(path)
    origin = found.provenance.get("origin")
    return replace(found, provenance=origin if isinstance(origin, dict) else {})
