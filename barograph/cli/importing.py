"""`barograph import`: files of any known format into the archive in bulk, with a progress bar."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from analytics.frames.arrival import ArrivalStatistics
from barograph import files
from barograph.cli.moments import moment_us
from barograph.cli.storage_urls import archive_url
from barograph.errors import BarographError, InvalidData, NotFound
from barograph.files import bundle
from barograph.files.doubts import other_geometries, remarks, unplaced
from barograph.files.given import NOTHING, Given
from barograph.files.naming import stream_names
from barograph.frames import Stream
from barograph.settings import Settings
from barograph.store.correcting import moved
from barograph.store.corrections import NewMask, Scope, fixes_of, mask_of
from barograph.store.imports import Imported, import_recording, placement
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import open_archive
from barograph.store.records import About, Marker, Workout, stretches
from barograph.store.trials import Trial, again, unshared
from barograph.texts import plural
from barograph.times import dated


@dataclass(frozen=True)
class Target:
    """Where files go, what is said of them, and when those without a date began."""

    workout: str
    stream: str | None
    about: About
    start_us: int | None = None
    said: Given = NOTHING


def import_files(
    settings: Settings,
    paths: Sequence[Path],
    workout: str,
    stream: str | None,
    about: About,
    start: str | None = None,
    said: Given = NOTHING,
) -> None:
    """Import file after file; one that cannot be read is named, stores nothing, and does not stop the others."""
    target = Target(workout, stream, about, None if start is None else moment_us(start), said)
    with archive_url(settings, new=True) as url:
        wrong = asyncio.run(_import(settings, url, paths, target))
    if wrong:
        raise click.ClickException(f"{wrong} of {len(paths)} files could not be imported; nothing of them is stored")


async def _import(settings: Settings, url: str, paths: Sequence[Path], target: Target) -> int:
    archive = await open_archive(settings, url)
    try:
        # A file without a date waits for one that has: it may begin with that.
        wrong, later = await _import_each(archive, paths, target, wait=target.start_us is None)
        more, _ = await _import_each(archive, later, target, wait=False)
        with suppress(NotFound):
            _warn(await archive.workout(target.workout))
    finally:
        await archive.close()
    return wrong + more


async def _import_each(
    archive: MongoArchive, paths: Sequence[Path], target: Target, *, wait: bool
) -> tuple[int, list[Path]]:
    """How many were wrong, and those that wait for a date."""
    wrong, later = 0, list[Path]()
    for path in paths:
        try:
            if not await import_file(archive, path, target, wait=wait):
                later.append(path)
        except (BarographError, OSError) as error:
            wrong += 1
            click.echo(f"{error}" if str(path) in str(error) else f"{path}: {error}", err=True)
    return wrong, later


def _warn(workout: Workout) -> None:
    """Say that streams of one session lie far apart: pages show the part with the most frames."""
    parts = stretches(workout)
    if len(parts) > 1:
        dates = ", ".join(said_date(part.first_us) for part in parts)
        click.echo(f"{workout.workout_id}: its streams are more than a day apart ({dates}); pages show the part with "
                   "the most frames first. Import a file without a date with --start", err=True)  # fmt: skip


def said_date(t_us: int) -> str:
    """Return a date, or that there is none."""
    return f"{datetime.fromtimestamp(t_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}" if dated(t_us) else "date unknown"


class _Beside(NamedTuple):
    """What a file of a session has beside frames: markers, trials, masks and corrected prints, these two as JSON."""

    markers: list[Marker]
    trials: list[Trial]
    corrections: tuple[list[Any], list[Any]]


def _beside(path: Path) -> _Beside:
    markers = [Marker(*one) for one in bundle.markers(path)]
    return _Beside(markers, unshared(*bundle.trials(path)), bundle.corrections(path))


async def _keep_beside(archive: MongoArchive, path: Path, workout: str, beside: _Beside, offset_us: int) -> None:
    for marker in beside.markers:
        await archive.add_marker(workout, replace(marker, t_us=marker.t_us + offset_us))
    await _make_trials(archive, path, workout, beside.trials, offset_us)
    await _correct(archive, path, workout, beside.corrections, offset_us)


async def _make_trials(
    archive: MongoArchive, path: Path, workout: str, trials: Sequence[Trial], offset_us: int
) -> None:
    """Make the trials of a file again, and say of each that cannot be made why: the others are as good as they were."""
    for trial in trials:
        try:
            await archive.trials.add(workout, again(trial, offset_us), now_us=time.time_ns() // 1000)
        except InvalidData as error:
            click.echo(f"{path}, trial {trial.number} is left out: {error}", err=True)


async def _correct(
    archive: MongoArchive, path: Path, workout: str, corrected: tuple[list[Any], list[Any]], offset_us: int
) -> None:
    """Keep the masks and corrected prints of a file again, and say of masks that do not fit why."""
    port, now_us = archive.corrections, time.time_ns() // 1000
    for plain in corrected[0]:
        one = mask_of(plain)
        scope: Scope = "print" if one.scope == "print" else "session"
        fields = {name: getattr(one, name) for name in NewMask.__dataclass_fields__}
        new = NewMask(**fields | {"scope": scope, "mark": moved(one.mark, offset_us) if one.mark else ""})
        try:
            await port.add_mask(workout, new, now_us=now_us)
        except InvalidData as error:
            click.echo(f"{path}, masks {one.number} are left out: {error}", err=True)
    if corrected[1]:
        fixes = [replace(one, marks=tuple(moved(mark, offset_us) for mark in one.marks))
                 for one in fixes_of(corrected[1])]  # fmt: skip
        await port.add_prints(workout, fixes, now_us=now_us)


async def import_file(archive: MongoArchive, path: Path, target: Target, *, wait: bool) -> bool:
    """Store a file; False when it waits for a date and nothing is stored."""
    recordings = await asyncio.to_thread(files.open_file, path, target.said)
    beside = await asyncio.to_thread(_beside, path)
    names = stream_names(path, recordings, target.stream)
    now_us = time.time_ns() // 1000
    placed = await placement(archive, target.workout, recordings, target.start_us, now_us=now_us)
    if wait and not placed.known:
        return False
    source = await asyncio.to_thread(files.source_of, path)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        total = sum(len(recording) for recording in recordings)
        checked = progress.add_task(f"{path.name}: read", total=total)
        bar = progress.add_task(f"{path.name}: stored", total=total)
        for name, recording in zip(names, recordings, strict=True):
            done = await import_recording(
                archive,
                Stream(target.workout, name),
                recording,
                ArrivalStatistics(),
                now_us=now_us,
                about=target.about,
                progress=lambda n: progress.advance(bar, n),
                read=lambda n: progress.advance(checked, n),
                placed=placed,
                source=source,
            )
            click.echo(_said(path, done))
    await _keep_beside(archive, path, target.workout, beside, placed.offset_us)
    for remark in remarks(names, (recording.provenance for recording in recordings)):
        click.echo(f"{path}, {remark}", err=True)
    for remark in unplaced(names, (recording.layout for recording in recordings)):
        click.echo(f"{path}, {remark}", err=True)
    layouts = [(await archive.stream_info(Stream(target.workout, name))).layout for name in names]
    for remark in other_geometries(names, (recording.layout for recording in recordings), layouts):
        click.echo(f"{path}, {remark}", err=True)
    for option in target.said.unused(recording.provenance for recording in recordings):
        click.echo(f"{path}: says that itself; {option} is not used", err=True)
    if target.start_us is not None and not placed.placed:
        click.echo(f"{path}: has a date of its own; --start is not used", err=True)
    elif placed.placed or not placed.known:
        click.echo(f"{path}: has no date; {placed.placed or 'date unknown, its times count from 1970'}", err=True)
    return True


def _said(path: Path, done: Imported) -> str:
    before = done.frames - done.stored
    known = f"; {before} were there already" if before else ""
    return f"{path}: {plural(done.stored, 'frame')} stored in {done.stream}{known}"
