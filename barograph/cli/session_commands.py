"""The commands under `barograph sessions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph.access.needs import needs
from barograph.bounds import MASS_KG
from barograph.cli.file_options import receipt_file
from barograph.cli.numbers import Real, Whole

data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)


@click.group()
def sessions() -> None:
    """List, show, rename, tag and delete what is stored.

    Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while.

    \b
    Examples:  barograph sessions list
               barograph sessions rename run-42 --athlete A12 --mass-kg 61.5
               barograph sessions tag run-42 wet track
               barograph sessions delete run-42
    """


@sessions.command("list")
@needs("read")
@click.option("--limit", type=Whole(1, 10_000), default=50, show_default=True, help="How many, newest first.")
@data_dir
def list_command(limit: int, data_dir: Path | None) -> None:
    """List the newest sessions; times in UTC."""
    from barograph.cli.sessions import list_sessions

    list_sessions(data_dir, limit)


@sessions.command()
@needs("read")
@click.argument("workout")
@data_dir
def show(workout: str, data_dir: Path | None) -> None:
    """Show one session and its streams; times in UTC."""
    from barograph.cli.sessions import show_session

    show_session(data_dir, workout)


@sessions.command()
@needs("describe")
@click.argument("workout")
@click.option("--athlete", help="Who it was; an empty text takes the name away.")
@click.option("--kind", help="What it was: run, walk, stand …; an empty text takes it away.")
@click.option("--mass-kg", type=Real(0, MASS_KG, max_open=True), help="Mass of the athlete; 0 takes it away.")
@data_dir
def rename(workout: str, data_dir: Path | None, **said: Any) -> None:
    """Say anew who did what; the id of a session stays."""
    from barograph.cli.sessions import rename_session

    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        raise click.UsageError("give at least one of --athlete, --kind, --mass-kg")
    rename_session(data_dir, workout, given)


@sessions.command()
@needs("describe")
@click.argument("workout")
@click.argument("tags", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags away.")
@data_dir
def tag(workout: str, tags: tuple[str, ...], remove: bool, data_dir: Path | None) -> None:
    """Add tags to a session, or take them away."""
    from barograph.cli.sessions import tag_session

    tag_session(data_dir, workout, tags, remove)


@sessions.command()
@needs("erase")
@click.argument("workout")
@click.option("--yes", is_flag=True, help="Do not ask.")
@receipt_file
@data_dir
def delete(workout: str, yes: bool, output: Path | None, data_dir: Path | None) -> None:
    """Erase a session and all that belongs to it, for ever; the receipt says what went, and not of whom."""
    from barograph.cli.erasing import erase_session

    erase_session(data_dir, workout, sure=yes, output=output)
