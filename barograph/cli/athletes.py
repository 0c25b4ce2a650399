"""`barograph athlete`: the roster on the command line."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from barograph.cli.importing import said_date
from barograph.cli.sessions import ask
from barograph.days import check_day
from barograph.errors import InvalidData, NotFound
from barograph.files.encoding import PartFile
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.roster import (
    KINDS,
    Age,
    Athlete,
    Consent,
    Involved,
    Measurement,
    Proposal,
    Team,
    change,
    text_key,
)
from barograph.store.roster_csv import RosterImport, export_roster, import_roster
from barograph.store.roster_port import Roster
from barograph.store.search import Query
from barograph.texts import plural
from barograph.times import day_of, day_us

NEWEST = 10
_ONCE = ("name", "short_id", "sex", "born", "dominant", "sport", "shoe", "notes")


async def found(roster: Roster, who: str) -> Athlete:
    """Return the one athlete that a text stands for, or `NotFound`, or `InvalidData` where it is several."""
    matching = await roster.match(who)
    if not matching:
        raise NotFound(f"athlete: no athlete {who[:60]!r} is in the roster; barograph athlete list shows who is")
    if len(matching) > 1:
        ids = ", ".join(one.short_id for one in matching[:NEWEST])
        raise InvalidData(f"athlete: expected one athlete, {who[:60]!r} is {ids}; give the id", field="athlete")
    return matching[0]


def list_athletes(data_dir: Path | None, team: str | None) -> None:
    """Print a table of the athletes, or of those of a team."""

    async def work(archive: MongoArchive, _: Settings) -> tuple[list[Athlete], list[Team]]:
        return await archive.roster.athletes(), await archive.roster.teams()

    athletes, teams = ask(data_dir, work)
    if team is not None:
        mine = {one.uid for one in teams if text_key(one.name) == text_key(team)}
        if not mine:
            raise NotFound(f"team: no team {team[:60]!r} is in the roster; there is {_names(teams) or 'none'}")
        athletes = [one for one in athletes if mine & set(one.teams)]
    table = Table("id", "name", "teams", "sex", "age", "height cm", "mass kg", "leg cm", "dominant", "involved")
    for one in athletes:
        table.add_row(*_row(one, teams))
    _print(table)


def show_athlete(data_dir: Path | None, who: str) -> None:
    """Print all that is known of one athlete."""

    async def work(archive: MongoArchive, _: Settings) -> tuple[Athlete, list[Team], list[Any], int]:
        athlete = await found(archive.roster, who)
        newest, total = await archive.search(Query(athlete_uid=athlete.uid), limit=NEWEST)
        return athlete, await archive.roster.teams(), newest, total

    athlete, teams, newest, total = ask(data_dir, work)
    for name, value in _facts(athlete, teams):
        if value:
            click.echo(f"{name}: {value}")
    for head, lines in (
        ("measured", [f"{day_of(one.t_us)}  {one.kind} {one.value:g}  {one.source}" for one in athlete.measurements]),
        (
            "involved",
            [f"{one.side} {one.what}  {one.since or '…'} to {one.until or 'now'}" for one in athlete.involved],
        ),
        ("consent", [_said_consent(one) for one in athlete.consents]),
        (f"sessions: {total}", [f"{said_date(one.created_us)}  {one.workout_id}" for one in newest]),
    ):
        if lines:
            click.echo("\n  ".join([head, *(line.rstrip() for line in lines)]))


def _facts(athlete: Athlete, teams: Sequence[Team]) -> Iterable[tuple[str, str]]:
    mine = [team for team in teams if team.uid in athlete.teams]
    yield "id", athlete.short_id
    yield "name", athlete.name
    yield "also", ", ".join(athlete.aliases)
    yield "teams", _names(mine)
    yield "sex", athlete.sex
    yield "born", athlete.born
    yield "age", _age(athlete)
    yield "dominant", athlete.dominant
    yield "sport", athlete.sport
    yield "shoe", athlete.shoe
    yield "notes", athlete.notes


def _said_consent(one: Consent) -> str:
    until = f" until {one.until}" if one.until else ""
    form, by = f" ({one.form})" if one.form else "", f", written down by {one.by}" if one.by else ""
    return f"{one.day}  {one.what}: {one.state}{until}{form}{by}"


def add_athlete(data_dir: Path | None, name: str, short_id: str | None, said: Mapping[str, Any]) -> None:
    """Add an athlete."""

    async def work(archive: MongoArchive, _: Settings) -> Athlete:
        athlete = _changed(Athlete(name, short_id=short_id or ""), said, ())  # no team is made for what is refused
        athlete = replace(athlete, teams=tuple(await _teams(archive.roster, said["teams"])))
        return await archive.roster.add(athlete, now_us=_now_us())

    _echo("added", ask(data_dir, work, new=True))


def edit_athlete(data_dir: Path | None, who: str, said: Mapping[str, Any]) -> None:
    """Change what is known of an athlete."""
    if all(value in (None, ()) for value in said.values()):
        raise click.UsageError("say what changes: barograph athlete edit --help lists the options")

    async def work(archive: MongoArchive, _: Settings) -> Athlete:
        athlete = await found(archive.roster, who)
        _changed(athlete, said, ())  # no team is made for what is refused
        teams = await _teams(archive.roster, said["teams"])
        left = {text_key(name) for name in said["left"]}
        gone = {team.uid for team in await archive.roster.teams() if text_key(team.name) in left}
        if len(gone) < len(left):
            raise NotFound(f"team: expected teams that are stored, got {', '.join(said['left'])}")
        changed = await change(
            archive.roster, athlete.uid, lambda one: _changed(one, said, teams, gone), now_us=_now_us()
        )
        await _give(archive, said["sessions"], changed)
        return changed

    _echo("changed", ask(data_dir, work))


async def _give(archive: MongoArchive, sessions: Sequence[str], athlete: Athlete) -> None:
    for name in sessions:
        await archive.workout(name)  # NotFound names it
    await archive.roster.assign(sessions, athlete.uid)


async def _teams(roster: Roster, names: Sequence[str]) -> list[str]:
    """The uids of teams, made where they are new."""
    known = {text_key(team.name): team.uid for team in await roster.teams()}
    for name in names:
        if text_key(name) not in known:
            known[text_key(name)] = (await roster.add_team(name, now_us=_now_us())).uid
            click.echo(f"made team {name}")
    return [known[text_key(name)] for name in names]


def _changed(athlete: Athlete, said: Mapping[str, Any], teams: Sequence[str], left: Iterable[str] = ()) -> Athlete:
    """The athlete after what was said; what was not said stays."""
    day = check_day("on", said.get("on") or "") or day_of(_now_us())
    once: dict[str, Any] = {name: said[name] for name in _ONCE if said.get(name) is not None}
    if said["age"] is not None:
        once["age"] = Age(said["age"], day)
    measured = [Measurement(kind, said[kind], day_us(day)) for kind in KINDS if said[kind] is not None]
    consents = [_consent(said, day)] if said["consent"] is not None else []
    kept = [uid for uid in athlete.teams if uid not in set(left)]
    return replace(
        athlete,
        **once,
        teams=tuple(dict.fromkeys((*kept, *teams))),
        aliases=tuple(dict.fromkeys((*athlete.aliases, *said.get("aliases", ())))),
        measurements=(*athlete.measurements, *measured),
        involved=(*athlete.involved, *_involved(said)),
        consents=(*athlete.consents, *consents),
    )


def _involved(said: Mapping[str, Any]) -> list[Involved]:
    what, since, until = (said[name] for name in ("what", "since", "until"))
    if said["involved"] is not None:
        return [Involved(said["involved"], since or "", until or "", what or "")]
    if any(one is not None for one in (what, since, until)):
        raise click.UsageError("--what, --since and --until need --involved: they are about that side")
    return []


def _consent(said: Mapping[str, Any], day: str) -> Consent:
    until, by, form = (said[name] or "" for name in ("consent_until", "by", "form"))
    return Consent(said["consent"], day, until, by, said["answer"] or "given", form)


def merge_athletes(data_dir: Path | None, kept: str, other: str, sure: bool) -> None:
    """Make two records one, after a question."""

    async def both(archive: MongoArchive, _: Settings) -> tuple[Athlete, Athlete]:
        return await found(archive.roster, kept), await found(archive.roster, other)

    into, gone = ask(data_dir, both)
    if not sure:
        click.confirm(f"Make {gone.short_id} {gone.name} part of {into.short_id} {into.name}, for ever?", abort=True)

    async def work(archive: MongoArchive, _: Settings) -> Athlete:
        return await archive.roster.merge(into.uid, gone.uid, now_us=_now_us())

    _echo(f"{gone.short_id} is now", ask(data_dir, work))


def import_file(data_dir: Path | None, file: Path, dry_run: bool) -> bool:
    """Take a table into the roster and say what changed; False where a line could not be taken."""
    data = file.read_bytes()

    async def work(archive: MongoArchive, _: Settings) -> RosterImport:
        return await import_roster(archive.roster, data, now_us=_now_us(), dry_run=dry_run)

    done = ask(data_dir, work, new=True)
    for name in done.ignored:
        click.echo(f"column {name!r} is none of a roster, and was not read", err=True)
    for problem in done.problems:
        click.echo(f"{file}, {problem}", err=True)
    for team in done.new_teams:
        click.echo(f"new team {team}")
    for one in done.changes:
        click.echo(one.said)
    refused = len({one.line for one in done.problems})
    counts = f"{len(done.changes)} changed, {done.unchanged} as they were, {refused} refused"
    click.echo(f"{'would be: ' if dry_run else ''}{counts}")
    return not done.problems


def export_file(data_dir: Path | None, output: Path) -> None:
    """Write the roster to a file, which appears when it is complete."""

    async def work(archive: MongoArchive, _: Settings) -> tuple[bytes, int]:
        return await export_roster(archive.roster), len(await archive.roster.athletes())

    data, count = ask(data_dir, work)
    try:
        with PartFile(output) as part:
            part.write(data)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error
    click.echo(f"{output}: {plural(count, 'athlete')}")


def list_proposals(data_dir: Path | None, dismissed: bool, limit: int) -> None:
    """Print texts that wait for a person, or those that were dismissed."""

    async def work(archive: MongoArchive, _: Settings) -> tuple[list[Proposal], dict[str, Athlete]]:
        known = {one.uid: one for one in await archive.roster.athletes()}
        return await archive.roster.proposals(dismissed=dismissed), known

    proposals, known = ask(data_dir, work)
    table = Table("text", "sessions", "last", "newest session", "may be")
    for one in proposals[:limit]:
        candidates = [known[uid].short_id for uid in one.candidates if uid in known]
        table.add_row(one.text, str(one.count), said_date(one.last_us), one.workouts[0], ", ".join(candidates))
    _print(table)


def decide_proposal(data_dir: Path | None, what: str, text: str, who: str | None) -> None:
    """Say whose a text is: an athlete's, a new one's, or nobody's."""

    async def work(archive: MongoArchive, _: Settings) -> str:
        roster = archive.roster
        if what == "dismiss":
            await roster.dismiss(text, now_us=_now_us())
            return f"{text!r} is nobody"
        if what == "new" and await roster.match(text):
            raise InvalidData(
                f"new: {text!r} is {(await found(roster, text)).short_id}; --confirm gives it the sessions"
            )
        athlete = await roster.add(Athlete(text), now_us=_now_us()) if what == "new" else await found(roster, who or "")
        count = await roster.confirm(text, athlete.uid, now_us=_now_us())
        return f"{text!r} is {athlete.short_id} {athlete.name}: {plural(count, 'session')}"

    click.echo(ask(data_dir, work))


def _row(one: Athlete, teams: Sequence[Team]) -> tuple[str, ...]:
    newest = {kind: f"{last.value:g}" if (last := one.latest(kind)) else "" for kind in KINDS}
    legs = [newest[kind] for kind in KINDS[2:]]
    involved = one.involved_on(day_of(_now_us()))
    return (
        one.short_id, one.name, _names(team for team in teams if team.uid in one.teams), one.sex, _age(one),
        newest["height_cm"], newest["mass_kg"], " · ".join(filter(None, legs)), one.dominant,
        f"{involved.side} {involved.what}".strip() if involved else "",
    )  # fmt: skip


def _age(one: Athlete) -> str:
    years = one.years(day_of(_now_us()))
    return "" if years is None else f"{int(years)}"


def _names(teams: Iterable[Team]) -> str:
    return ", ".join(team.name for team in teams)


def _now_us() -> int:
    return time.time_ns() // 1000


def _echo(done: str, one: Athlete) -> None:
    click.echo(f"{done} {one.short_id} {one.name}")


def _print(table: Table) -> None:
    console = Console()
    # Whoever reads a pipe wants whole names, not columns that fit.
    Console(width=None if console.is_terminal else 240).print(table)
