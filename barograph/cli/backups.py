"""`barograph backup` and `barograph restore`: with progress bars, and what was done in a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TaskID, TimeElapsedColumn

from barograph import __version__
from barograph import settings as settings_module
from barograph.cli.storage_urls import archive_url
from barograph.errors import BackupError
from barograph.settings import Settings
from barograph.store.master_key import key_file
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.backup.copying import Tell, back_up
from barograph.store.mongo.backup.manifest import KEYS, Manifest
from barograph.store.mongo.backup.restoring import read_checked, restore
from barograph.texts import plural

PROGRAM = f"barograph {__version__}"


def backup_place(data_dir: Path | None, directory: Path | None, keys: Path | None) -> tuple[Path, Path | None]:
    """Return the directories of a backup and of its keys: those given, else those of the settings."""
    if directory is not None:
        return directory, keys
    settings = settings_module.load(data_dir=data_dir)
    if settings.backup_dir is None:
        raise click.UsageError("give the directory of the backup, or set BAROGRAPH_BACKUP_DIR")
    return settings.backup_dir, keys or settings.backup_keys_dir


def make_backup(data_dir: Path | None, directory: Path, keys: Path | None) -> None:
    """Bring a backup up to date, and say what it has."""
    settings = settings_module.load(data_dir=data_dir)
    with archive_url(settings) as url, _bars() as tell:
        asyncio.run(_opened(url, settings.database, settings.storage_timeout_s))
        report = back_up(url, settings.database, settings.storage_timeout_s, directory, keys, tell, PROGRAM)
    made = report.manifest
    click.echo(
        f"{directory}: {_said(made)}. {plural(report.copied, 'day')} of sessions copied, {report.kept} unchanged, "
        f"{plural(report.removed, 'old file')} removed, in {made.took_s:.1f} s."
    )
    if made.masters:
        click.echo(
            f"The keys of what is sealed are in {keys or directory / KEYS}, wrapped by the master key "
            f"{', '.join(made.masters)}, which no backup holds: keep a copy of its file elsewhere."
        )


def verify_backup(directory: Path, keys: Path | None) -> None:
    """Check all hashes of a backup, and say what it has."""
    with _bars() as tell:
        manifest, apart = read_checked(directory, keys, tell)
    click.echo(f"{directory}: whole. {_said(manifest)}.")
    if manifest.masters and apart is None:
        click.echo(f"The keys of what is sealed are not in {keys or directory / KEYS}: without them it is unreadable.")


def restore_backup(
    data_dir: Path | None, directory: Path, keys: Path | None, *, without_keys: bool, compare: bool
) -> None:
    """Bring a backup into an empty instance, and say what stands there now."""
    settings = settings_module.load(data_dir=data_dir)
    with _bars() as tell:
        manifest, apart = read_checked(directory, keys, tell)
        if manifest.masters and apart is None and not without_keys:
            raise BackupError(
                f"{directory}: what is sealed in this backup has its keys elsewhere; name their directory with --keys, "
                "or say --without-keys: frames, names and measures of athletes cannot be read then"
            )
        with archive_url(settings, new=True) as url:
            made = restore(
                url, settings.database, settings.storage_timeout_s, directory, keys, compare=compare, tell=tell
            )
    compared = ", each compared with the backup" if compare else ""
    frames, documents = made.documents.get("frames", 0), plural(sum(made.documents.values()), "document")
    click.echo(
        f"{settings.database}: restored as of {_moment(manifest)}: {documents}{compared}, "
        f"{frames:,} of them {'a block' if frames == 1 else 'blocks'} of frames."
    )
    if manifest.masters:
        click.echo(_needs(settings, manifest, keys=made.keys))


def _needs(settings: Settings, manifest: Manifest, *, keys: bool) -> str:
    """What it takes to read what was restored sealed, and whether it is here."""
    if not keys:
        return (
            "Restored without its keys: what is sealed cannot be read, and whatever opens the archive says so. Restore "
            "it with --keys into an empty instance to read it."
        )
    service = key_file(settings)
    lacking = [by for by in manifest.masters if not service.knows(by)]
    if not lacking:
        return f"What is sealed needs the master key {', '.join(manifest.masters)}, which is in {service.at}."
    return (
        f"What is sealed needs the master key {', '.join(lacking)}, which is not in {service.at}: put its file there "
        "before anything is started; until then whatever opens the archive refuses it, and nothing is lost."
    )


async def _opened(url: str, database: str, timeout_s: float) -> None:
    """Bring what is stored to this version, which a backup is of."""
    await (await MongoArchive.connect(url, database, timeout_s)).close()


def _said(manifest: Manifest) -> str:
    documents = sum(one.documents for one in manifest.entries)
    workouts = plural(len({unit.uid for unit in manifest.units}), "session")
    return (
        f"{plural(documents, 'document')}, {workouts} with frames, {manifest.size / 1e6:.1f} MB, all that was "
        f"acknowledged before {_moment(manifest)}"
    )


def _moment(manifest: Manifest) -> str:
    return f"{datetime.fromtimestamp(manifest.at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"


@contextmanager
def _bars() -> Iterator[Tell]:
    """Draw a bar for each step that is told."""
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(
        *Progress.get_default_columns(), TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:

        def tell(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        yield tell
