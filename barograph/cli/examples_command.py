"""The command `barograph examples`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs


@click.command()
@needs("known")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def examples(directory: Path) -> None:
    """Write the notebooks, and recordings to try them on, into a DIRECTORY.

    What is there is never overwritten. The recordings are simulated: a walk and quiet standing, on two insoles each.

    \b
    Example:  barograph examples barograph-examples
    """
    from barograph.cli.examples import write_examples

    write_examples(directory)
