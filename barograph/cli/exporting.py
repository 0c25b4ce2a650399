"""`barograph export`: a stored stream to a file, block by block, with a progress bar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from barograph.errors import NotFound
from barograph.files.encoding import PartFile
from barograph.frames import Stream
from barograph.servers import embedded
from barograph.settings import Settings
from barograph.store import exports
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import chosen_stream

NAMED = 10


def export_stream(settings: Settings, workout: str, stream: str | None, file_format: str, output: Path) -> None:
    """Write all frames of a stream, by default the only one, to `output`, which appears when it is complete."""
    with archive_url(settings) as url:
        try:
            export = asyncio.run(_export(settings, url, (workout, stream), file_format, output))
        except OSError as error:
            raise click.ClickException(f"{output}: {error.strerror or error}") from error
    click.echo(f"{output}: {export.frames} frames of {export.planned.info.stream}")


@contextmanager
def archive_url(settings: Settings, *, new: bool = False) -> Iterator[str]:
    """Provide the archive's URL, else that of the servers of the data directory, which are started if none run.

    With `new`, a data directory where nothing was ever recorded will do.
    """
    with reached(settings, new=new) as (mongo_url, _):
        yield mongo_url


@contextmanager
def reached(settings: Settings, *, new: bool = False) -> Iterator[tuple[str, str | None]]:
    """Provide the URLs of the archive and, where it is known, of the live feed; as `archive_url`."""
    if settings.mongo_url is not None:
        yield settings.mongo_url.get_secret_value(), _redis_url(settings)
    elif not new and not (settings.data_dir / "mongo").is_dir():
        raise NotFound(f"nothing was ever recorded in {settings.data_dir}; --data-dir names another directory")
    else:
        with embedded.borrowed(settings.data_dir) as found:
            yield found.mongo_url, _redis_url(settings) or found.redis_url


def _redis_url(settings: Settings) -> str | None:
    return None if settings.redis_url is None else settings.redis_url.get_secret_value()


async def _export(
    settings: Settings, url: str, name: tuple[str, str | None], file_format: str, output: Path
) -> exports.Export:
    archive = await MongoArchive.connect(url, settings.database, settings.storage_timeout_s)
    try:
        export = await exports.prepare(archive, await _found(archive, *name), file_format)
        await _write(export, output)
        return export
    finally:
        await archive.close()


async def _write(export: exports.Export, output: Path) -> None:
    console = Console(stderr=True)
    with (
        PartFile(output) as file,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        bar = progress.add_task(str(export.planned.info.stream), total=export.frames)
        async with aclosing(export.parts(lambda n: progress.advance(bar, n))) as parts:
            async for part in parts:
                await asyncio.to_thread(file.write, part)


async def _found(archive: MongoArchive, workout_id: str, stream: str | None) -> Stream:
    """The stream, or `NotFound` with what there is instead."""
    try:
        workout = await archive.workout(workout_id)
    except NotFound as error:
        newest = [workout.workout_id for workout in await archive.workouts(limit=NAMED)]
        there_is = f"the newest are {', '.join(newest)}" if newest else "nothing is stored"
        raise NotFound(f"no workout {workout_id} is stored; {there_is}") from error
    return chosen_stream(workout, stream).stream
