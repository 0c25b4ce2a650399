"""The command `barograph summaries`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir


@click.command()
@needs("describe")
@click.option("--make", is_flag=True, help="Compute now what waits.")
@click.option("--rebuild", is_flag=True, help="Compute all tables anew, also those that stand.")
@click.option("--keep", is_flag=True, help="Go on and keep all tables current; on running servers.")
@data_dir
def summaries(make: bool, rebuild: bool, keep: bool, data_dir: Path | None) -> None:
    """Say of how many sessions the tables of measures and steps are kept, and which could not be computed.

    When a session has ended its tables are computed once, by a process that `barograph up` and `barograph demo` start;
    what changes later (frames that come late, a calibration, another version of Barograph) is computed again.

    \b
    Examples:  barograph summaries
               barograph summaries --rebuild
               barograph summaries --keep
    """
    from barograph.cli.summaries import keep_summaries, make_summaries, show_summaries

    if make + rebuild + keep > 1:
        raise click.UsageError("give one of --make, --rebuild and --keep")
    if keep:
        keep_summaries(data_dir)
    elif make or rebuild:
        make_summaries(data_dir, rebuild=rebuild)
    else:
        show_summaries(data_dir)
