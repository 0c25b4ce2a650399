"""The commands under `barograph archive`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.numbers import Whole
from barograph.cli.retention_commands import MOST_DAYS, kind, team
from barograph.cli.session_commands import data_dir

yes = click.option("--yes", is_flag=True, help="Ask nothing.")


@click.group()
def archive() -> None:
    """Move frames of old sessions to Parquet files, in a directory or an S3-compatible storage, and bring them back.

    BAROGRAPH_COLD_STORAGE says where. Pages, exports, notebooks and the API read archived sessions as before, only more
    slowly. Each block is compared, cell by cell, before it leaves MongoDB. Rules are as those of `barograph retention`,
    which erases archived sessions too; without a rule nothing is archived by itself. The worker of `barograph up` does
    it each night after two.

    \b
    Examples:  barograph archive set --kind gait --days 365
               barograph archive run --dry-run
               barograph archive run run-41 run-42
               barograph archive back run-42
    """


@archive.command()
@needs("administer", "system")
@data_dir
def show(data_dir: Path | None) -> None:
    """Show the rules, what the last night did, and what is in cold storage."""
    from barograph.cli.archiving import show_archived

    show_archived(data_dir)


@archive.command("set")
@needs("administer", "system")
@kind
@team
@click.option("--days", type=Whole(1, MOST_DAYS), help="After how many days they are archived.")
@click.option("--never", is_flag=True, help="Leave them in MongoDB, whatever a rule that names less says.")
@data_dir
def set_(kind: str, team: str, days: int | None, never: bool, data_dir: Path | None) -> None:
    """Add a rule or replace one, and say what is to be archived by all rules now."""
    from barograph.cli.archiving import set_rule

    if (days is None) != never:
        raise click.UsageError("give --days or --never")
    set_rule(data_dir, kind, team, days)


@archive.command()
@needs("administer", "system")
@kind
@team
@data_dir
def remove(kind: str, team: str, data_dir: Path | None) -> None:
    """Take a rule away; what is archived stays so."""
    from barograph.cli.archiving import remove_rule

    remove_rule(data_dir, kind, team)


@archive.command()
@needs("administer", "system")
@click.argument("workouts", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only list what would be moved, with counts.")
@yes
@data_dir
def run(workouts: tuple[str, ...], dry_run: bool, yes: bool, data_dir: Path | None) -> None:
    """Move the frames of WORKOUTS, or of all that the rules name, to cold storage after asking.

    What was interrupted goes on. Devices and pages go on meanwhile.
    """
    from barograph.cli.archiving import move_now

    move_now(data_dir, workouts, dry_run=dry_run, yes=yes)


@archive.command()
@needs("administer", "system")
@click.argument("workouts", nargs=-1, required=True)
@data_dir
def back(workouts: tuple[str, ...], data_dir: Path | None) -> None:
    """Bring the frames of WORKOUTS back to MongoDB, and remove their files; interrupted, it goes on."""
    from barograph.cli.archiving import bring_back

    bring_back(data_dir, workouts)


@archive.command()
@needs("administer", "system")
@data_dir
@click.pass_context
def check(context: click.Context, data_dir: Path | None) -> None:
    """Read all files of cold storage and compare them with their hashes; end with 1 where one is not as it was.

    Files that no session of this database has are listed too, and left. Files of erased sessions that could not be
    removed are removed.
    """
    from barograph.cli.archiving import check_files

    context.exit(0 if check_files(data_dir) else 1)
