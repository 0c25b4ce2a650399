"""`barograph report`: the report of a session as one HTML file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import click

from barograph.archive import MongoArchive
from barograph.cli.exporting import archive_url
from barograph.settings import Settings
from dashboard.parts import Parts
from dashboard.reports import make


def write_report(settings: Settings, workout: str, output: Path, part: dict[str, float | None]) -> None:
    """Write the report of a workout, or of the part from … to, in seconds after its first frame."""
    search = urlencode({name: value for name, value in part.items() if value is not None})
    with archive_url(settings) as url:
        html = asyncio.run(_made(settings, url, workout, search))
    try:
        output.write_text(html, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error
    click.echo(f"{output}: the report of {workout}")


async def _made(settings: Settings, url: str, workout: str, search: str) -> str:
    archive = await MongoArchive.connect(url, settings.database, settings.storage_timeout_s)
    try:
        return await make(Parts(archive), workout, search)
    finally:
        await archive.close()
