"""The commands under `barograph norms`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir


@click.group()
def norms() -> None:
    """Say what is usual elsewhere: published reference bands, each with its source.

    A published band is a file norms/NAME.toml in the data directory: begin with the template, write down what a paper
    says, check it, and put it there. The project has none of its own.

    \b
    Examples:  barograph norms template > peak-pressure.toml
               barograph norms check peak-pressure.toml
               barograph norms list
    """


@norms.command("list")
@needs("known")
@data_dir
def list_norms(data_dir: Path | None) -> None:
    """List published bands of this lab: name, title, of how many people, and which cannot be used."""
    from barograph.cli.norms import list_all

    list_all(data_dir)


@norms.command()
@needs("known")
@click.argument("name")
@data_dir
def show(name: str, data_dir: Path | None) -> None:
    """Print a published band as the TOML that norms check reads.

    \b
    Example:  barograph norms show peak-pressure
    """
    from barograph.cli.norms import show_one

    show_one(name, data_dir)


@norms.command()
@needs("known")
def template() -> None:
    """Print a file without values, with what each field means.

    \b
    Example:  barograph norms template > peak-pressure.toml
    """
    from barograph.norms import TEMPLATE

    click.echo(TEMPLATE, nl=False)


@norms.command()
@needs("known")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Read a published band from a TOML file and say in words what it holds, or what is wrong with it.

    Ends with 1 when something is wrong. docs/norms.md says more.

    \b
    Example:  barograph norms check peak-pressure.toml
    """
    from barograph.cli.norms import check_file

    context.exit(0 if check_file(file) else 1)
