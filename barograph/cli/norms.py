"""What the commands under `barograph norms` print."""

from __future__ import annotations

import math
from pathlib import Path

import click

from barograph import norms, settings
from barograph.errors import FileFormatError
from barograph.norms import PERCENTILES, Published, Value


def list_all(data_dir: Path | None) -> None:
    """Print a line of each published band of this lab, and what is wrong with files."""
    where = settings.load(data_dir=data_dir).data_dir
    names, wrong = norms.names(where), norms.problems(where)
    if not names:
        click.echo(
            f"No published band: none is in {where / norms.OWN}. barograph norms template prints how one begins."
        )
    width = max(map(len, names), default=0)
    for name in names:
        said = f"cannot be used: {wrong[name]}" if name in wrong else _line(norms.named(name, where))
        click.echo(f"{name:<{width}}  {said}")


def show_one(name: str, data_dir: Path | None) -> None:
    """Print the TOML of a published band."""
    where = settings.load(data_dir=data_dir).data_dir
    norms.named(name, where)
    click.echo((where / norms.OWN / f"{name}.toml").read_text("utf-8"), nl=False)


def check_file(path: Path) -> bool:
    """Print what a file says, or what is wrong with it; False where something is."""
    try:
        found = norms.checked(path)
    except FileFormatError as error:
        click.echo(str(error))
        return False
    click.echo(f"{path}: {_line(found)}")
    click.echo(f"  source: {found.source}{f', doi {found.doi}' if found.doi else ''}")
    click.echo(f"  beside sessions of {' or '.join(found.kinds)}, recorded by {' or '.join(found.sensors)}")
    for measure, value in found.measures.items():
        click.echo(f"  {measure}: {_values(value)}")
    return True


def _line(one: Published) -> str:
    who = f", {one.people}" if one.people else ""
    return f"{one.title}: {one.n} people{who}, {len(one.measures)} measure{'s' * (len(one.measures) != 1)}"


def _values(value: Value) -> str:
    named = zip(PERCENTILES, value.percentiles, strict=True)
    listed = ", ".join(f"{name} {number:.6g}" for name, number in named if math.isfinite(number))
    return f"{listed} {value.unit}".strip() + (", made of a mean and an SD" if value.normal else "")
