"""`barograph export`: a stored stream, or a whole session, to a file, block by block, with a progress bar."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import click
from rich.console import Console
from rich.progress import Progress

from analytics.sessions.export_tables import ExportTables
from barograph.cli.storage_urls import archive_url
from barograph.errors import InvalidData, NotFound
from barograph.files.encoding import PartFile
from barograph.settings import Settings
from barograph.store import exports, session_exports, together
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import open_archive
from barograph.store.records import StreamInfo, Workout, chosen_stream
from barograph.texts import plural
from dashboard.reading.export_rows import done_tables

NAMED = 10


@dataclass(frozen=True)
class Wanted:
    """What is to be exported: a stream, by default the only one, and from … to in seconds after its first frame.

    Of formats of a whole session: all streams, by default, in seconds after the first frame of all.
    """

    workout: str
    stream: str | None
    file_format: str
    start_s: float | None = None
    stop_s: float | None = None

    def bounds_us(self, first_us: int | None) -> tuple[int | None, int | None]:
        """Return the closed range of times; one that ends before it begins is `InvalidData`."""
        if self.start_s is not None and self.stop_s is not None and self.stop_s < self.start_s:
            said = f"--to: expected {self.start_s:g} s or later, as --from says, got {self.stop_s:g}"
            raise InvalidData(said, field="to")
        start, stop = (None if s is None else (first_us or 0) + round(s * 1e6) for s in (self.start_s, self.stop_s))
        return start, stop


def export_stream(settings: Settings, wanted: Wanted, output: Path) -> None:
    """Write the frames of a stream to `output`, which appears when it is complete."""
    with archive_url(settings) as url:
        try:
            export = asyncio.run(_export(settings, url, wanted, output))
        except OSError as error:
            raise click.ClickException(f"{output}: {error.strerror or error}") from error
    click.echo(f"{output}: {_said(export)}")


AnyExport: TypeAlias = exports.Export | session_exports.SessionExport


def _said(export: AnyExport) -> str:
    if isinstance(export, exports.Export):
        return f"{plural(export.frames, 'frame')} of {export.planned.info.stream}"
    return f"{plural(export.stored, 'frame')} of {export.workout.workout_id}, {', '.join(export.plans)}"


async def _export(settings: Settings, url: str, wanted: Wanted, output: Path) -> AnyExport:
    archive = await open_archive(settings, url)
    try:
        export = await _prepared(archive, wanted)
        await _write(export, output)
        return export
    finally:
        await archive.close()


async def _prepared(archive: MongoArchive, wanted: Wanted) -> AnyExport:
    tables = ExportTables()
    if not await _is_of_all(archive, wanted):
        info = await _found(archive, wanted.workout, wanted.stream)
        return await exports.prepare(archive, info.stream, wanted.file_format, *wanted.bounds_us(info.first_us), tables)
    streams = () if wanted.stream is None else (wanted.stream,)
    infos = (await _workout(archive, wanted.workout)).streams
    first_us = min((one.first_us for one in infos if one.first_us is not None), default=None)
    bounds_us = wanted.bounds_us(first_us)
    asked = wanted.workout, wanted.file_format, tables, done_tables, *bounds_us, streams
    return await session_exports.prepare(archive, *asked)


async def _is_of_all(archive: MongoArchive, wanted: Wanted) -> bool:
    """Whether a format is of a whole session; of forces it is where there are several streams and none is named."""
    if wanted.file_format not in together.FORMATS:
        return wanted.file_format in session_exports.FORMATS
    if wanted.stream is not None:
        return False
    return sum(one.first_us is not None for one in (await _workout(archive, wanted.workout)).streams) > 1


async def _write(export: AnyExport, output: Path) -> None:
    console = Console(stderr=True)
    with (
        PartFile(output) as file,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        bar = progress.add_task(output.name, total=export.frames)
        async with aclosing(export.parts(lambda n: progress.advance(bar, n))) as parts:
            async for part in parts:
                await asyncio.to_thread(file.write, part)


async def _found(archive: MongoArchive, workout_id: str, stream: str | None) -> StreamInfo:
    return chosen_stream(await _workout(archive, workout_id), stream)


async def _workout(archive: MongoArchive, workout_id: str) -> Workout:
    """The workout, or `NotFound` with what there is instead."""
    try:
        return await archive.workout(workout_id)
    except NotFound as error:
        newest = [workout.workout_id for workout in await archive.workouts(limit=NAMED)]
        there_is = f"the newest are {', '.join(newest)}" if newest else "nothing is stored"
        raise NotFound(f"no workout {workout_id} is stored; {there_is}") from error
