"""`barograph import`: files of any known format into the archive in bulk, with a progress bar."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from analytics.arrival import ArrivalStatistics
from barograph import files
from barograph.archive import MongoArchive
from barograph.cli.exporting import archive_url
from barograph.errors import BarographError
from barograph.files.naming import stream_names
from barograph.frames import Stream
from barograph.imports import Imported, import_recording
from barograph.records import About
from barograph.settings import Settings


def import_files(settings: Settings, paths: Sequence[Path], workout: str, stream: str | None, about: About) -> None:
    """Import file after file; one that cannot be read is named, stores nothing, and does not stop the others."""
    with archive_url(settings, new=True) as url:
        wrong = asyncio.run(_import(settings, url, paths, workout, stream, about))
    if wrong:
        raise click.ClickException(f"{wrong} of {len(paths)} files could not be imported; nothing of them is stored")


async def _import(
    settings: Settings, url: str, paths: Sequence[Path], workout: str, stream: str | None, about: About
) -> int:
    archive = await MongoArchive.connect(url, settings.database, settings.storage_timeout_s)
    wrong = 0
    try:
        for path in paths:
            try:
                await _import_file(archive, path, workout, stream, about)
            except (BarographError, OSError) as error:
                wrong += 1
                click.echo(f"{error}" if str(path) in str(error) else f"{path}: {error}", err=True)
    finally:
        await archive.close()
    return wrong


async def _import_file(archive: MongoArchive, path: Path, workout: str, stream: str | None, about: About) -> None:
    recordings = await asyncio.to_thread(files.open_file, path)
    names = stream_names(path, recordings, stream)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        total = sum(len(recording) for recording in recordings)
        checked = progress.add_task(f"{path.name}: read", total=total)
        bar = progress.add_task(f"{path.name}: stored", total=total)
        for name, recording in zip(names, recordings, strict=True):
            done = await import_recording(
                archive,
                Stream(workout, name),
                recording,
                ArrivalStatistics(),
                now_us=time.time_ns() // 1000,
                about=about,
                progress=lambda n: progress.advance(bar, n),
                read=lambda n: progress.advance(checked, n),
            )
            click.echo(_said(path, done))


def _said(path: Path, done: Imported) -> str:
    before = done.frames - done.stored
    known = f"; {before} were there already" if before else ""
    return f"{path}: {done.stored} frames stored in {done.stream}{known}"
