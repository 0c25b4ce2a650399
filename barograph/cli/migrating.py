"""`barograph migrate`: what is stored, brought to this version before anything is started, or what that would do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from barograph import settings as settings_module
from barograph.cli.storage_urls import archive_url
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.pending import Pending, pending
from barograph.store.mongo.sealed import open_archive

LOOK_EVERY_S = 0.2


def migrate_archive(data_dir: Path | None, *, dry_run: bool) -> None:
    """Bring what is stored to this version, step by step, or say which steps that would be."""
    settings = settings_module.load(data_dir=data_dir)
    with archive_url(settings) as url:
        asyncio.run(_migrate(settings, url, dry_run=dry_run))


async def _migrate(settings: Settings, url: str, *, dry_run: bool) -> None:
    given = url, settings.database, settings.storage_timeout_s
    async with pending(*given) as look:
        before, steps = await look.version(), await look.steps()
        if not steps:
            click.echo(f"{settings.database}: what is stored has version {before}, which is this one's.")
            return
        if dry_run:
            click.echo(f"{settings.database}: what is stored has version {before}; {len(steps)} steps wait:")
            for number, step in enumerate(steps, before + 1):
                click.echo(f"  {number}. {step}")
            return
        await _shown(look, asyncio.create_task(open_archive(settings, url)), before, len(steps))
    click.echo(f"{settings.database}: brought from version {before} to {before + len(steps)}.")


async def _shown(look: Pending, opening: asyncio.Task[MongoArchive], before: int, steps: int) -> None:
    """Open the archive, which migrates, and draw how far it is."""
    console = Console(stderr=True)
    columns = TextColumn("migrations"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("migrations", total=steps)
        while not (await asyncio.wait({opening}, timeout=LOOK_EVERY_S))[0]:
            bar.update(task, completed=await look.version() - before)
        archive = await opening
        bar.update(task, completed=steps)
    await archive.close()
