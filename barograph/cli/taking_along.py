"""`barograph athlete export A` and `barograph import` of its file: all of an athlete, from one lab into another."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from analytics.sessions.export_tables import ExportTables
from barograph.cli.athletes import found
from barograph.cli.importing import Target, import_file
from barograph.cli.sessions import ask
from barograph.errors import InvalidData, Refused
from barograph.files.encoding import PartFile
from barograph.settings import Settings
from barograph.store import athlete_file
from barograph.store.athlete_file import Taken
from barograph.store.audit import now_us
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import About
from barograph.store.roster import Athlete, text_key
from barograph.store.take_along import TakeAlong, prepare
from barograph.texts import plural
from dashboard.reading.export_rows import done_tables


def export_athlete(data_dir: Path | None, who: str, output: Path) -> None:
    """Write all of an athlete to `output`, which appears when it is complete, with a progress bar."""

    async def work(archive: MongoArchive, _: Settings) -> TakeAlong:
        taken = await prepare(archive, await found(archive.roster, who), ExportTables(), done_tables)
        console = Console(stderr=True)
        with PartFile(output) as file, Progress(console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task(output.name, total=taken.frames)
            async with aclosing(taken.parts(lambda n: progress.advance(bar, n))) as parts:
                async for part in parts:
                    await asyncio.to_thread(file.write, part)
        return taken

    try:
        taken = ask(data_dir, work)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error
    sessions, frames = plural(len(taken.workouts), "session"), plural(taken.frames // 2, "frame")
    click.echo(f"{output}: {sessions} of {taken.athlete.short_id}, {frames}")


def import_athlete(data_dir: Path | None, path: Path) -> None:
    """Make an athlete of a file, with teams and sessions; one who is here already keeps the record, and gets these."""
    taken = athlete_file.read(path)

    async def work(archive: MongoArchive, _: Settings) -> Athlete:
        athlete = await _athlete(archive, taken)
        for one in taken.sessions:
            about = replace(one.about, athlete=None)
            if one.file:
                with athlete_file.unpacked(path, one) as session:
                    await import_file(archive, session, Target(one.workout_id, None, about), wait=False)
            else:
                await archive.note(one.workout_id, now_us=now_us(), about=about)
                for marker in one.markers:
                    await archive.add_marker(one.workout_id, marker)
            await archive.roster.assign([one.workout_id], athlete.uid)
            await _say(archive, one.workout_id, one.about)
        return athlete

    athlete = ask(data_dir, work, new=True)
    click.echo(f"{path}: {plural(len(taken.sessions), 'session')} of {athlete.short_id}")


async def _say(archive: MongoArchive, workout_id: str, about: About) -> None:
    """Keep the athlete's name as the session had it: it is this athlete's by uid already."""
    if about.athlete is not None:
        stored = (await archive.workout(workout_id)).about
        await archive.describe(workout_id, replace(stored, athlete=about.athlete))


async def _athlete(archive: MongoArchive, taken: Taken) -> Athlete:
    known = [one for one in await archive.roster.match(taken.athlete.name) if one.name == taken.athlete.name]
    if len(known) > 1:
        raise InvalidData(f"athlete: {plural(len(known), 'athlete')} here have the name of the file; merge them first")
    if known:
        click.echo(f"{known[0].short_id} is here already and keeps the record; sessions are added", err=True)
        return known[0]
    teams = {text_key(one.name): one.uid for one in await archive.roster.teams()}
    for name in taken.teams:
        if text_key(name) not in teams:
            teams[text_key(name)] = (await archive.roster.add_team(name, now_us=now_us())).uid
    wanted = replace(taken.athlete, teams=tuple(teams[text_key(name)] for name in taken.teams))
    try:
        return await archive.roster.add(wanted, now_us=now_us())
    except Refused:
        made = await archive.roster.add(replace(wanted, short_id=""), now_us=now_us())
        click.echo(f"{wanted.short_id} is another athlete here: this one is {made.short_id}", err=True)
        return made
