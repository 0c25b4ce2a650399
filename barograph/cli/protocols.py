"""What the commands under `barograph protocols` print."""

from __future__ import annotations

from pathlib import Path

import click

from analytics.columns import definition
from barograph import protocols, settings
from barograph.errors import FileFormatError


def list_all(data_dir: Path | None) -> None:
    """Print a line of each protocol, and what is wrong with files of one's own."""
    where = settings.load(data_dir=data_dir).data_dir
    wrong, names = protocols.problems(where), protocols.names(where)
    width = max(map(len, names))
    for name in names:
        if name in wrong:
            click.echo(f"{name:<{width}}  cannot be used: {wrong[name]}")
        else:
            one = protocols.named(name, where)
            own = f"; from {where / protocols.OWN}" if (where / protocols.OWN / f"{name}.toml").exists() else ""
            click.echo(f"{name:<{width}}  {one.title}: {protocols.amount(one)}{own}")


def show_one(name: str, data_dir: Path | None) -> None:
    """Print the TOML of a protocol."""
    click.echo(protocols.text_of(name, settings.load(data_dir=data_dir).data_dir), nl=False)


def check_file(path: Path) -> bool:
    """Print what a protocol asks for, or what is wrong with it; False where something is."""
    try:
        found = protocols.checked(path)
    except FileFormatError as error:
        click.echo(str(error))
        return False
    unknown = [name for name in found.measures if not _is_column(name)]
    for name in unknown:
        click.echo(f"{path}: measures: expected columns of docs/reference.md, got {name!r}")
    if not unknown:
        click.echo(f"{path}: {found.title}: {protocols.amount(found)}, countdown of {found.countdown_s:g} s")
        for one in found.criteria:
            click.echo(f"  {one.name}: {one.meaning}")
        for name in found.measures:
            click.echo(f"  {name}: {definition(name).title}")
    return not unknown


def _is_column(name: str) -> bool:
    try:
        definition(name)
    except KeyError:
        return False
    return True
