"""The commands under `barograph audit`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.numbers import Whole

data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)


@click.group()
def audit() -> None:
    """Show, verify and export the log of who read, took out, changed, shared and erased what, and why.

    Entries are only added. Each has the SHA-256 of the one before, so that one that was changed or taken away shows.
    A log that was cut at its end, or written anew, shows by heads that were noted elsewhere: `barograph up` notes one
    each hour and when it ends, in the file audit-heads of the data directory and in the worker's log.

    \b
    Examples:  barograph audit show --limit 20
               barograph audit verify
               barograph audit verify --head 1204:9f86d081884c7d65…
               barograph audit export -o audit.jsonl
    """


@audit.command()
@needs("administer", "system")
@click.option("--limit", type=Whole(1, 100_000), default=50, show_default=True, help="How many, the newest.")
@click.option("--athlete", default="", help="Only what was done to one athlete, by short id, as a-0012.")
@data_dir
def show(limit: int, athlete: str, data_dir: Path | None) -> None:
    """List entries, the newest last; times in UTC. Names are looked up while you look: the log has ids alone."""
    from barograph.cli.audit import show_entries

    show_entries(data_dir, limit, athlete)


@audit.command()
@needs("administer", "system")
@click.option(
    "--head", "heads", multiple=True, metavar="N:HASH", help="An entry that was noted before; may be repeated."
)
@data_dir
def verify(heads: tuple[str, ...], data_dir: Path | None) -> None:
    """Go through the whole log, and print its head; ends with 1 where it is not what was written.

    It is held against the heads of the file audit-heads in the data directory, and those that you give. Keep one
    where whoever may change the database may not: in a mail, on paper.
    """
    from barograph.cli.audit import verify_log

    verify_log(data_dir, heads)


@audit.command()
@needs("administer", "system")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@data_dir
def export(output: Path, data_dir: Path | None) -> None:
    """Write all entries into a file, one JSON object a line, with what is hashed of each."""
    from barograph.cli.audit import export_log

    export_log(data_dir, output)
