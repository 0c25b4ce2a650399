"""The commands under `barograph retention`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.numbers import Whole
from barograph.cli.session_commands import data_dir

MOST_DAYS = 36_500
kind = click.option("--kind", default="", help="Only sessions of this kind, as gait.")
team = click.option("--team", default="", help="Only sessions of athletes of this team.")


@click.group()
def retention() -> None:
    """Say how long sessions are kept, by kind and team, and erase what is over; without a rule nothing is.

    The rule that names most decides: kind and team, then team, then kind. Of two that name as much, the one that keeps
    longer does. Days count from a session's last frame, or from when it was stored if that was later. The worker of
    `barograph up` runs each night after two; its first night, and one after a pause of days, only count.

    \b
    Examples:  barograph retention set --kind trial --days 90
               barograph retention set --team Volleyball --forever
               barograph retention run --dry-run
    """


@retention.command()
@needs("administer", "system")
@data_dir
def show(data_dir: Path | None) -> None:
    """Show the rules, and what the last run did."""
    from barograph.cli.retention import show_rules

    show_rules(data_dir)


@retention.command("set")
@needs("administer", "system")
@kind
@team
@click.option("--days", type=Whole(1, MOST_DAYS), help="After how many days they are erased.")
@click.option("--forever", is_flag=True, help="Keep them, whatever a rule that names less says.")
@data_dir
def set_(kind: str, team: str, days: int | None, forever: bool, data_dir: Path | None) -> None:
    """Add a rule or replace one, and say what is over by all rules now."""
    from barograph.cli.retention import set_rule

    if (days is None) != forever:
        raise click.UsageError("give --days or --forever")
    set_rule(data_dir, kind, team, days)


@retention.command()
@needs("administer", "system")
@kind
@team
@data_dir
def remove(kind: str, team: str, data_dir: Path | None) -> None:
    """Take a rule away."""
    from barograph.cli.retention import remove_rule

    remove_rule(data_dir, kind, team)


@retention.command()
@needs("erase")
@click.option("--dry-run", is_flag=True, help="Only list what would be erased.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@data_dir
def run(dry_run: bool, yes: bool, data_dir: Path | None) -> None:
    """List what is over, with counts, and erase it after asking."""
    from barograph.cli.retention import run_now

    run_now(data_dir, dry_run=dry_run, yes=yes)
