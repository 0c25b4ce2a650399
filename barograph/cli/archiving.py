"""`barograph archive`: rules, moving frames to cold storage and back, and checking its files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from barograph.cli.importing import said_date
from barograph.cli.retention import MOST_LISTED, team_of
from barograph.cli.sessions import ask, print_table
from barograph.errors import Refused
from barograph.settings import Settings
from barograph.store.archiving import due_now, move_all, to_be_moved
from barograph.store.audit import Event
from barograph.store.cold.port import ColdFault, ColdState, MovedFrames
from barograph.store.cold.port import Progress as Told
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import Workout
from barograph.store.retention import Due, change_of
from barograph.store.retention_rules import ArchivingRun, Outcome, Rule, Rules
from barograph.store.states import state
from barograph.texts import plural


def show_archived(data_dir: Path | None) -> None:
    """Print the rules, what the last night did, and what is in cold storage."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[Rules, dict[str, str], Outcome | None, ColdState]:
        names = {team.uid: team.name for team in await archive.roster.teams()}
        return await archive.archiving.rules(), names, await archive.archiving.last(), await archive.cold.state()

    rules, names, last, cold = ask(data_dir, work, new=True)
    if not rules.rules:
        click.echo("There is no rule: nothing is archived by itself.")
    else:
        table = Table("kind", "team", "archived")
        for rule in rules.rules:
            after = "never" if rule.days is None else f"after {plural(rule.days, 'day')}"
            table.add_row(rule.kind or "any", names.get(rule.team, rule.team) or "any", after)
        print_table(table)
    if last is not None:
        said = last.words() if last.ended_us else "did not end; the next night goes on"
        click.echo(f"{said_date(last.began_us)}: {said}")
    click.echo(f"Cold storage: {cold.place or 'not set here (BAROGRAPH_COLD_STORAGE)'}. {cold_words(cold)}.")


def cold_words(cold: ColdState) -> str:
    """Return what is in cold storage, in words."""
    parts = [cold.away] if cold.away else []
    parts += [f"{plural(cold.sessions, 'session')}, {plural(cold.frames, 'frame')}, {cold.size / 1e6:,.1f} MB"]
    if cold.unfinished:
        parts.append(f"{cold.unfinished} are being moved, or did not end: `barograph archive run` goes on")
    if cold.leaving:
        parts.append(f"files of {cold.leaving} erased streams wait to be removed, as ciphertext without a key")
    return "; ".join(parts)


def set_rule(data_dir: Path | None, kind: str, team: str, days: int | None) -> None:
    """Add a rule or replace one, and print what is to be archived by all rules."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[Due]:
        rule = Rule(kind.strip(), await team_of(archive, team), days)
        rules = await archive.archiving.put((await archive.archiving.rules()).with_rule(rule))
        await archive.audit.write(change_of(rules, "archiving"), _now_us())
        return await due_now(archive, rules, _now_us(), chosen.idle_timeout_s)

    _summed([one.workout for one in ask(data_dir, work, new=True) if not one.why])


def remove_rule(data_dir: Path | None, kind: str, team: str) -> None:
    """Take a rule away."""

    async def work(archive: MongoArchive, chosen: Settings) -> Rules:
        rules = (await archive.archiving.rules()).without(kind.strip(), await team_of(archive, team))
        rules = await archive.archiving.put(rules)
        await archive.audit.write(change_of(rules, "archiving"), _now_us())
        return rules

    click.echo(f"removed; {len(ask(data_dir, work).rules)} rules are left")


def move_now(data_dir: Path | None, names: Sequence[str], *, dry_run: bool, yes: bool) -> None:
    """Print what is to be moved, and move it after asking."""

    async def look(archive: MongoArchive, chosen: Settings) -> list[Workout]:
        if not names:
            found = await due_now(archive, await archive.archiving.rules(), _now_us(), chosen.idle_timeout_s)
            return [one.workout for one in found if not one.why]
        return [await _ended(archive, name, chosen) for name in names]

    found = [one for one in ask(data_dir, look) if to_be_moved(one)]
    if found:
        table = Table("session", "kind", "made", "frames")
        for one in found[:MOST_LISTED]:
            table.add_row(one.workout_id, one.about.kind or "", said_date(one.created_us), f"{one.frames:,}")
        print_table(table)
    _summed(found)
    if dry_run or not found:
        return
    if not yes:
        click.confirm(f"Move the frames of {plural(len(found), 'session')}?", abort=True)

    async def work(archive: MongoArchive, chosen: Settings) -> ArchivingRun:
        begun = ArchivingRun(f"{datetime.now(UTC):%Y-%m-%d}", _now_us())
        with _bar("sessions") as told:
            return await move_all(archive, archive.audit, found, begun, told)

    outcome = ask(data_dir, work)
    click.echo(outcome.words())
    if outcome.failed:
        raise click.ClickException(outcome.why)


async def _ended(archive: MongoArchive, name: str, chosen: Settings) -> Workout:
    workout = await archive.workout(name)
    if state(workout, _now_us(), chosen.idle_timeout_s) != "ended":
        raise Refused("busy", f"{name}: it has not ended yet; what is being recorded stays in MongoDB")
    return workout


def bring_back(data_dir: Path | None, names: Sequence[str]) -> None:
    """Bring the frames of sessions back, with a progress bar for each."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[tuple[str, MovedFrames]]:
        found = []
        for name in names:
            workout = await archive.workout(name)
            said = Event(verb="bring back", kind="workout", uid=workout.uid, athlete=workout.athlete_uid)
            await archive.audit.write(said, _now_us())
            with _bar(name) as told:
                found.append((name, await archive.cold.bring_back(name, told)))
        return found

    for name, moved in ask(data_dir, work):
        click.echo(f"{name}: back in MongoDB with {plural(moved.frames, 'frame')}.")


def check_files(data_dir: Path | None) -> bool:
    """Compare all files with their hashes, print what is wrong, and say whether nothing is."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[ColdState, int, list[ColdFault]]:
        removed = await archive.cold.tidy()
        with _bar("files") as told:
            faults = await archive.cold.check(told)
        return await archive.cold.state(), removed, faults

    cold, removed, faults = ask(data_dir, work)
    for one in faults:
        click.echo(f"{one.workout_id or 'nobody'}: {one.name}: {one.why}")
    wrong = [one for one in faults if one.workout_id]
    gone = f" Files of {plural(removed, 'erased stream')} were removed." if removed else ""
    click.echo(f"{cold.place}: {cold_words(cold)}; files that are not as they were written: {len(wrong)}.{gone}")
    return not wrong


@contextmanager
def _bar(what: str) -> Iterator[Told]:
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _summed(found: Sequence[Workout]) -> None:
    frames = sum(one.frames for one in found)
    click.echo(f"To be archived now: {plural(len(found), 'session')}, {plural(frames, 'frame')}.")


def _now_us() -> int:
    return time.time_ns() // 1000
