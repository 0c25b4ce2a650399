"""The commands under `barograph masks`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.numbers import Whole
from barograph.cli.session_commands import data_dir
from barograph.store.corrections import VERSIONS


@click.group()
def masks() -> None:
    """List, copy and take back masks of the foot that were drawn by hand, and corrected prints.

    Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while.

    \b
    Examples:  barograph masks list walk-1
               barograph masks copy walk-1 walk-2
               barograph masks undo walk-2 2
    """


@masks.command("list")
@needs("read")
@click.argument("workout")
@click.option("--prints", is_flag=True, help="List versions of corrected prints instead.")
@data_dir
def list_command(workout: str, prints: bool, data_dir: Path | None) -> None:
    """List versions of masks of a session, withdrawn ones too; what was found is version 1, which is not listed."""
    from barograph.cli.masks import list_masks, list_prints

    (list_prints if prints else list_masks)(data_dir, workout)


@masks.command("copy")
@needs("describe")
@click.argument("source")
@click.argument("workout")
@click.option("--version", "number", type=Whole(2, VERSIONS + 1), help="One version; else the last ones of each foot.")
@data_dir
def copy_command(source: str, workout: str, number: int | None, data_dir: Path | None) -> None:
    """Copy masks from a session to another one of the same athlete, of the same kind of sensor and cells."""
    from barograph.cli.masks import copy_masks

    copy_masks(data_dir, workout, source, number)


@masks.command()
@needs("describe")
@click.argument("workout")
@click.argument("number", type=click.IntRange(1))
@click.option("--prints", is_flag=True, help="A version of corrected prints instead.")
@click.option("--redo", is_flag=True, help="Bring it back instead.")
@data_dir
def undo(workout: str, number: int, prints: bool, redo: bool, data_dir: Path | None) -> None:
    """Take a version back: the one before it holds, or what is found. It stays, and --redo brings it back."""
    from barograph.cli.masks import withdraw

    withdraw(data_dir, workout, number, prints=prints, withdrawn=not redo)
