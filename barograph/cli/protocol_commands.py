"""The commands under `barograph protocols`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir


@click.group()
def protocols() -> None:
    """Say how tests are done: conditions, trials, duration, what is read out, and when a trial counts as good.

    A protocol of one's own is a file protocols/NAME.toml in the data directory: print one that is like it, change it,
    check it, and put it there. One of the same name replaces the project's.

    \b
    Examples:  barograph protocols list
               barograph protocols show cmj > loaded-jump.toml
               barograph protocols check loaded-jump.toml
    """


@protocols.command("list")
@needs("known")
@data_dir
def list_protocols(data_dir: Path | None) -> None:
    """List all protocols: name, title, trials of how many conditions and sides, duration; and which are one's own."""
    from barograph.cli.protocols import list_all

    list_all(data_dir)


@protocols.command()
@needs("known")
@click.argument("name")
@data_dir
def show(name: str, data_dir: Path | None) -> None:
    """Print a protocol as the TOML that protocols check reads.

    \b
    Example:  barograph protocols show cmj > loaded-jump.toml
    """
    from barograph.cli.protocols import show_one

    show_one(name, data_dir)


@protocols.command()
@needs("known")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Read a protocol from a TOML file and say in words what it asks for, or what is wrong with it.

    \b
    Fields:    title, instructions              texts, to be given
               conditions, sides                lists; sides are both, left, right
               trials                           wanted of each condition and side
               duration_s                       left out where a trial ends by hand
               countdown_s, rest_s              before each trial, and after it
               criteria                         a table of limits by name
               measures                         columns, the most important one first

    \b
    Criteria:  weighing_stable (sd_pct, weigh_s), flight_seen (flights, flight_n), steps_whole (steps),
               duration_reached (share_pct), device_healthy (lost_pct, dead_pct)

    Ends with 1 when something is wrong. docs/protocols.md says more.

    \b
    Example:  barograph protocols check loaded-jump.toml
    """
    from barograph.cli.protocols import check_file

    context.exit(0 if check_file(file) else 1)
