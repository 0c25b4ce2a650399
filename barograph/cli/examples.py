"""`barograph examples`: the notebooks and recordings to try them on, written into a directory."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from analytics import sim
from barograph.errors import InvalidData

SECONDS = 20.0


def write_examples(folder: Path) -> None:
    """Write notebooks and simulated recordings; `InvalidData` where that would overwrite something."""
    notebooks = [one for one in files("barograph").joinpath("examples").iterdir() if one.name.endswith(".ipynb")]
    walk, stand = sim.walk(SECONDS), sim.stand(SECONDS)
    recordings = {f"walk-{side}.parquet": foot for side, foot in walk.items()}
    recordings |= {f"stand-{side}.csv": foot for side, foot in stand.items()}
    names = [*(one.name for one in notebooks), *recordings]
    if there := [name for name in names if (folder / name).exists()]:
        raise InvalidData(f"{folder}: expected none of what is written there, but {there[0]} is there; choose another")
    folder.mkdir(parents=True, exist_ok=True)
    for one in notebooks:
        (folder / one.name).write_bytes(one.read_bytes())
    for name, foot in recordings.items():
        foot.save(folder / name)
    click.echo(f"{len(notebooks)} notebooks and {len(recordings)} simulated recordings are in {folder}")
