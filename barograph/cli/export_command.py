"""The command `barograph export`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph import settings
from barograph.access.needs import needs
from barograph.cli.numbers import SECONDS
from barograph.cli.session_commands import data_dir

FORMATS = ("parquet", "npz", "csv", "mat", "c3d", "mot", "zip", "xlsx")


@click.command()
@needs("export")
@click.argument("workout")
@click.option("--stream", help="The stream (default: main, or the only one; of zip, xlsx, c3d and mot all).")
@click.option("--format", "file_format", type=click.Choice(FORMATS), help="Format (default: that of the file's name).")
@click.option("--from", "start", type=SECONDS, help="Begin here, in seconds after the first frame.")
@click.option("--to", "stop", type=SECONDS, help="End here, in seconds after the first frame.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@data_dir
def export(
    workout: str,
    stream: str | None,
    file_format: str | None,
    start: float | None,
    stop: float | None,
    output: Path,
    data_dir: Path | None,
) -> None:
    """Write a stored stream, or a whole session, to a file.

    parquet, npz and csv have every cell as it was stored, and `barograph import` reads them again. mat has cells in
    their unit and the numbers of each frame; c3d has a force plate, and mot the force on the foot for OpenSim. These
    two need forces, places in mm, one rate and no gap: where a stream lacks one of them, they are refused. Without
    --stream they have all streams that were recorded at one time.

    zip has all streams of the session, as Parquet, with markers and tables of frames, steps and gaps as CSV; it is
    imported again as a file. xlsx has the tables alone.

    Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while.

    \b
    Examples:  barograph export run-42 --stream left -o run-42-left.npz
               barograph export run-42 --stream left --from 12 --to 40 -o run-42-left.c3d
               barograph export run-42 -o run-42.zip
               barograph export run-42 -o both-feet.mot
    """
    from barograph.cli.exporting import Wanted, export_stream

    chosen = file_format or _format_of(output)
    export_stream(settings.load(data_dir=data_dir), Wanted(workout, stream, chosen, start, stop), output)


def _format_of(output: Path) -> str:
    """The format that a file's name ends with, else NPZ, as it was before names counted."""
    ending = output.suffix.lower().removeprefix(".")
    return ending if ending in FORMATS else "npz"
