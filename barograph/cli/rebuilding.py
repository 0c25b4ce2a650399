"""`barograph rebuild`: the overview of a workout, made again from its frames."""

from __future__ import annotations

import asyncio
import time

import click
from rich.console import Console
from rich.progress import Progress

from analytics import arrival_stats
from barograph.cli.storage_urls import archive_url
from barograph.settings import Settings
from barograph.store import rollups
from barograph.store.mongo.sealed import open_archive
from barograph.texts import plural


def rebuild_workout(settings: Settings, workout_id: str) -> None:
    """Make the rollups of all streams of a workout again."""
    with archive_url(settings) as url:
        asyncio.run(_rebuild(settings, url, workout_id))


async def _rebuild(settings: Settings, url: str, workout_id: str) -> None:
    archive = await open_archive(settings, url)
    console = Console(stderr=True)
    try:
        streams = (await archive.workout(workout_id)).streams
        with Progress(console=console, disable=not console.is_terminal) as progress:
            for info in progress.track(streams, description=workout_id):
                seconds, made = await rollups.rebuild(
                    archive, info.stream, now_us=time.time_ns() // 1000, compute=arrival_stats
                )
                later = "" if made else "; frames still arrive, so the ingest makes them"
                click.echo(f"{info.stream}: {made} of {plural(seconds, 'second')} made again{later}")
    finally:
        await archive.close()
