"""`barograph sessions`: what is stored, and what is said of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from barograph import settings
from barograph.cli.importing import said_date
from barograph.cli.storage_urls import archive_url
from barograph.settings import Settings
from barograph.store import states
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import open_archive
from barograph.store.records import Workout

T = TypeVar("T")


def ask(data_dir: Path | None, work: Callable[[MongoArchive, Settings], Awaitable[T]], *, new: bool = False) -> T:
    """Return what some work on the archive answers; with `new` it may be one in which nothing was recorded yet."""
    chosen = settings.load(data_dir=data_dir)

    async def asked(url: str) -> T:
        archive = await open_archive(chosen, url)
        try:
            return await work(archive, chosen)
        finally:
            await archive.close()

    with archive_url(chosen, new=new) as url:
        return asyncio.run(asked(url))


def list_sessions(data_dir: Path | None, limit: int) -> None:
    """Print a table of the newest."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[tuple[str, ...]]:
        return [_row(workout, chosen) for workout in await archive.workouts(limit=limit)]

    table = Table("session", "state", "made", "athlete", "kind", "tags", "streams", "frames")
    for row in ask(data_dir, work):
        table.add_row(*row)
    print_table(table)


def show_session(data_dir: Path | None, workout_id: str) -> None:
    """Print one session, with one row per stream."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[Workout, tuple[str, ...]]:
        workout = await archive.workout(workout_id)
        return workout, _row(workout, chosen)

    workout, row = ask(data_dir, work)
    click.echo("\n".join(f"{name}: {value}" for name, value in zip(_NAMES, row, strict=True) if value))
    table = Table("stream", "sensor", "first frame", "last frame", "frames", "epochs", "flags")
    for info in workout.streams:
        layout = info.layout
        sensor = f"{layout.shape_text} {layout.dtype} {layout.unit}" if layout else ""
        flags = [name for name in ("overlap", "clock_suspect", "clock_relative", "date_unknown") if getattr(info, name)]
        ends = [_time(t_us) for t_us in (info.first_us, info.last_us)]
        table.add_row(info.stream.stream, sensor, *ends, f"{info.frames:,}", str(len(info.epochs)), ", ".join(flags))
    print_table(table)


def rename_session(data_dir: Path | None, workout_id: str, said: dict[str, Any]) -> None:
    """Say anew who did what; an empty text unsays it."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, ...]:
        workout = await archive.workout(workout_id)
        fields: dict[str, Any] = {name: value or None for name, value in said.items()}
        about = replace(workout.about, **fields)
        return _row(await archive.describe(workout_id, about), chosen)

    _echo(ask(data_dir, work))


def tag_session(data_dir: Path | None, workout_id: str, tags: tuple[str, ...], remove: bool) -> None:
    """Add tags, or take them away."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, ...]:
        about = (await archive.workout(workout_id)).about
        kept = tuple(tag for tag in about.tags if tag not in tags)
        return _row(await archive.describe(workout_id, replace(about, tags=kept if remove else kept + tags)), chosen)

    _echo(ask(data_dir, work))


_NAMES = ("session", "state", "made", "athlete", "kind", "tags", "streams", "frames")


def _row(workout: Workout, chosen: Settings) -> tuple[str, ...]:
    about = workout.about
    return (
        workout.workout_id, states.state(workout, time.time_ns() // 1000, chosen.idle_timeout_s),
        _time(workout.created_us), about.athlete or "", about.kind or "", ", ".join(about.tags),
        ", ".join(info.stream.stream for info in workout.streams), f"{workout.frames:,}",
    )  # fmt: skip


def _time(t_us: int | None) -> str:
    return "" if t_us is None else said_date(t_us)


def _echo(row: tuple[str, ...]) -> None:
    click.echo(", ".join(f"{name}: {value}" for name, value in zip(_NAMES, row, strict=True) if value))


def print_table(table: Table) -> None:
    """Print a table; its texts are what somebody called something, brackets and colons included."""
    console = Console()
    # Whoever reads a pipe wants whole names, not columns that fit.
    Console(width=None if console.is_terminal else 240, markup=False, emoji=False).print(table)
