"""`barograph retention`: rules, what is over by them, and erasing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from barograph.cli.importing import said_date
from barograph.cli.sessions import ask, print_table
from barograph.errors import NotFound
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.retaining import Nightly, wall_us
from barograph.store.retention import Due, carry_out, change_of, due
from barograph.store.retention_rules import Outcome, Rule, Rules
from barograph.store.roster import text_key
from barograph.texts import plural

MOST_LISTED = 200


def show_rules(data_dir: Path | None) -> None:
    """Print the rules, and what the last run did."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[Rules, dict[str, str], Outcome | None]:
        names = {team.uid: team.name for team in await archive.roster.teams()}
        return await archive.retention.rules(), names, await archive.retention.last()

    rules, names, last = ask(data_dir, work)
    if not rules.rules:
        click.echo("There is no rule: nothing is erased.")
    else:
        table = Table("kind", "team", "kept")
        for rule in rules.rules:
            kept = "for ever" if rule.days is None else plural(rule.days, "day")
            table.add_row(rule.kind or "any", names.get(rule.team, rule.team) or "any", kept)
        print_table(table)
    if last is not None:
        said = last.words() if last.ended_us else "did not end; the next night goes on"
        click.echo(f"{said_date(last.began_us)}: {said}")


def set_rule(data_dir: Path | None, kind: str, team: str, days: int | None) -> None:
    """Add a rule or replace one, and print what is over by all rules."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[Due]:
        rule = Rule(kind.strip(), await team_of(archive, team), days)
        rules = await archive.retention.put((await archive.retention.rules()).with_rule(rule))
        await _changed(archive, rules)
        return await _due(archive, chosen, rules)

    _summed(ask(data_dir, work, new=True))


def remove_rule(data_dir: Path | None, kind: str, team: str) -> None:
    """Take a rule away."""

    async def work(archive: MongoArchive, chosen: Settings) -> Rules:
        rules = (await archive.retention.rules()).without(kind.strip(), await team_of(archive, team))
        rules = await archive.retention.put(rules)
        await _changed(archive, rules)
        return rules

    click.echo(f"removed; {len(ask(data_dir, work).rules)} rules are left")


def run_now(data_dir: Path | None, *, dry_run: bool, yes: bool) -> None:
    """Print what is over, and erase it after asking."""

    async def look(archive: MongoArchive, chosen: Settings) -> tuple[Rules, list[Due]]:
        rules = await archive.retention.rules()
        return rules, await _due(archive, chosen, rules)

    rules, found = ask(data_dir, look)
    table = Table("session", "kind", "days old", "kept", "left as it is")
    for one in found[:MOST_LISTED]:
        workout = one.workout
        table.add_row(workout.workout_id, workout.about.kind or "", f"{one.age_days}", f"{one.rule.days}", one.why)
    if found:
        print_table(table)
    _summed(found)
    ready = [one for one in found if not one.why]
    if dry_run or not ready:
        return
    if not yes:
        click.confirm(f"Erase {plural(len(ready), 'session')} for good?", abort=True)

    async def work(archive: MongoArchive, chosen: Settings) -> Outcome:
        async def current() -> int:
            return (await archive.retention.rules()).revision

        now_us = await Nightly(archive, archive.retention, chosen.idle_timeout_s).now_us()
        begun = Outcome(f"{datetime.fromtimestamp(now_us / 1e6, UTC):%Y-%m-%d}", now_us)
        done = await carry_out(
            archive, archive.audit, ready, rules, begun, now_us=now_us, idle_s=chosen.idle_timeout_s, current=current
        )
        return replace(done, ended_us=wall_us())

    click.echo(ask(data_dir, work).words())


async def _due(archive: MongoArchive, chosen: Settings, rules: Rules) -> list[Due]:
    now_us = await Nightly(archive, archive.retention, chosen.idle_timeout_s).now_us()
    return await due(archive, rules, now_us, chosen.idle_timeout_s)


async def team_of(archive: MongoArchive, name: str) -> str:
    """Return the uid of a team by its name, "" for any."""
    if not name.strip():
        return ""
    named = [one.uid for one in await archive.roster.teams() if text_key(one.name) == text_key(name)]
    if not named:
        raise NotFound(f"team: there is no team {name[:60]!r}")
    return named[0]


async def _changed(archive: MongoArchive, rules: Rules) -> None:
    await archive.audit.write(change_of(rules), wall_us())


def _summed(found: list[Due]) -> None:
    by_kind = Counter(one.workout.about.kind or "no kind" for one in found if not one.why)
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(by_kind.items()))
    left = sum(bool(one.why) for one in found)
    over = f"{plural(by_kind.total(), 'session')} {'is' if by_kind.total() == 1 else 'are'}"
    click.echo(f"{over} over now{': ' * bool(kinds)}{kinds}; {left} more are left for now.")
