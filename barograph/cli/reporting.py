"""`barograph report`: a session, or two compared, as one HTML file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

import click

from barograph.cli.storage_urls import archive_url
from barograph.settings import Settings
from barograph.store.mongo.sealed import open_archive
from dashboard.compare.report_routes import make_comparison
from dashboard.drawing.units import read
from dashboard.reading.parts import Parts
from dashboard.session.report_routes import make

Span = tuple[float | None, float | None]


def write_report(
    settings: Settings, workout: str, output: Path, part: dict[str, float | None], units: dict[str, str]
) -> None:
    """Write the report of a workout, or of the part from … to, in seconds after its first frame."""
    search = _search({**part, **units})
    _write(settings, output, lambda parts: make(parts, workout, search))
    click.echo(f"{output}: the report of {workout}")


def write_comparison(
    settings: Settings, workouts: tuple[str, str], output: Path, spans: tuple[Span, Span], units: dict[str, str]
) -> None:
    """Write the comparison of two workouts, or of a part of each."""
    (a, b), ((a0, a1), (b0, b1)) = workouts, spans
    search = _search({"a": a, "b": b, "a0": a0, "a1": a1, "b0": b0, "b1": b1})
    _write(settings, output, lambda parts: make_comparison(parts, search, read(units)))
    click.echo(f"{output}: {a} compared with {b}")


def _search(given: dict[str, str | float | None] | dict[str, float | None]) -> str:
    return urlencode(
        {name: f"{value:g}" if name == "balance" else value for name, value in given.items() if value is not None}
    )


def _write(settings: Settings, output: Path, made: Callable[[Parts], Awaitable[str]]) -> None:
    with archive_url(settings) as url:
        html = asyncio.run(_made(settings, url, made))
    try:
        output.write_text(html, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error


async def _made(settings: Settings, url: str, made: Callable[[Parts], Awaitable[str]]) -> str:
    archive = await open_archive(settings, url)
    try:
        return await made(Parts(archive))
    finally:
        await archive.close()
