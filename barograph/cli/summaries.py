"""`barograph summaries`: how many sessions have their tables, computing them anew, and the process that keeps them."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from barograph import settings as settings_module
from barograph.cli.one_core import compute_in_turn
from barograph.cli.service_users import as_service
from barograph.cli.storage_urls import archive_url
from barograph.errors import StorageAway
from barograph.logs import log_to_stderr
from barograph.settings import Settings
from barograph.store.archiving import NightlyArchiving
from barograph.store.audit_heads import Notary
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import open_archive
from barograph.store.ports import Workout
from barograph.store.retaining import Nightly, keep_running
from barograph.store.summaries import SummariesState
from barograph.texts import plural
from dashboard.reading.judging import Judging
from dashboard.reading.sources import state_of
from dashboard.reading.summarising import Summariser
from dashboard.session.tabs import BODIES

NICE = 10  # whoever stores frames or draws pages goes first
AGAIN_S = 5.0

log = logging.getLogger("barograph.summaries")


def show_summaries(data_dir: Path | None) -> None:
    """Print how many sessions have all their tables, and which tables could not be computed."""
    settings = settings_module.load(data_dir=data_dir)
    with archive_url(settings) as url:
        asyncio.run(_show(settings, url))


def make_summaries(data_dir: Path | None, *, rebuild: bool) -> None:
    """Compute the tables that do not stand, or all of them, with a progress bar."""
    settings = settings_module.load(data_dir=data_dir)
    with archive_url(settings) as url:
        asyncio.run(_make(settings, url, rebuild=rebuild))


def keep_summaries(data_dir: Path | None) -> None:
    """Keep all tables current until a signal ends it."""
    settings = as_service(settings_module.load(data_dir=data_dir), "summaries")
    log_to_stderr(settings.log_level)
    os.nice(NICE)
    asyncio.run(_kept(settings))


@asynccontextmanager
async def _archive(settings: Settings, url: str) -> AsyncIterator[MongoArchive]:
    archive = await open_archive(settings, url)
    try:
        yield archive
    finally:
        await archive.close()


def _summariser(settings: Settings, archive: MongoArchive) -> Summariser:
    def ended(workout: Workout) -> bool:
        return state_of(workout, settings.idle_timeout_s) == "ended"

    name = f"{platform.node()}, process {os.getpid()}"
    return Summariser(archive, ended, name=name, tabs=tuple(BODIES.values()))


async def _show(settings: Settings, url: str) -> None:
    async with _archive(settings, url) as archive:
        looked = _summariser(settings, archive)
        await looked.look()
        await _tell(archive, looked.state)
        worker = await archive.summaries.state()
    if worker is not None:
        ago_s = max(0.0, time.time() - worker.at_us / 1e6)
        click.echo(f"The worker ({worker.worker}) was heard {ago_s:.0f} s ago.")
    elif looked.state.waiting:
        click.echo("No worker was ever heard: `barograph up` runs one, and so does `barograph summaries --keep`.")


async def _make(settings: Settings, url: str, *, rebuild: bool) -> None:
    compute_in_turn()
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
    async with _archive(settings, url) as archive:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("sessions", total=None)

            def progress(done: int, of: int) -> None:
                bar.update(task, completed=done, total=of)

            state = await _summariser(settings, archive).catch_up(rebuild=rebuild, progress=progress)
        await _tell(archive, state)


async def _tell(archive: MongoArchive, state: SummariesState) -> None:
    waiting = f", {state.waiting} wait{'s' * (state.waiting == 1)}" if state.waiting else ""
    have = "has" if state.ended == 1 else "have"
    click.echo(f"{state.current} of {plural(state.ended, 'session')} that ended {have} all tables{waiting}.")
    if state.failed:
        click.echo(f"Of {state.failed} some table could not be computed; the newest:")
        for one in await archive.summaries.failed():
            click.echo(f"  {one.workout_id}, {one.table}: {one.why}")


async def _kept(settings: Settings) -> None:
    compute_in_turn()
    working = asyncio.create_task(_work(settings), name="summaries")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, partial(working.cancel, f"signal {number}"))
    try:
        await working
    except asyncio.CancelledError:
        log.info("summaries: ended by a signal; what was under way is computed at the next start")


async def _work(settings: Settings) -> None:
    url = settings.mongo_url.get_secret_value() if settings.mongo_url else ""
    while True:
        try:
            async with _archive(settings, url) as archive, asyncio.TaskGroup() as tasks:
                tasks.create_task(_summariser(settings, archive).run(), name="tables of sessions")
                tasks.create_task(Judging(archive).run(), name="criteria of trials")
                nightly = Nightly(archive, archive.retention, settings.idle_timeout_s)
                tasks.create_task(keep_running(nightly), name="retention")
                tasks.create_task(NightlyArchiving(archive, settings.idle_timeout_s).run(), name="archiving")
                tasks.create_task(Notary(archive.audit, settings.data_dir).run(), name="heads of the audit log")
        except StorageAway as error:
            log.warning("the archive does not answer, summaries wait: %s", error)
            await asyncio.sleep(AGAIN_S)
