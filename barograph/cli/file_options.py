"""Options that say of a file what it does not say itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from barograph.cli.numbers import RATE_HZ

receipt_file = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File for the receipt, as JSON."
)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command options for what a file may not say; a file that says one itself keeps its own."""
    start = click.option(
        "--start",
        help="When files without a date began, as 2026-11-19T14:06, UTC where it has no zone (default: with the other "
        "streams of the workout, else the date is unknown).",
    )
    rate = click.option("--rate", type=RATE_HZ, metavar="HZ", help="Frames per second of files that do not say it.")
    pitch = click.option(
        "--pitch",
        metavar="MM",
        help="Size of a cell in mm, across and along the sensor, as 5.08x7.62 or 5, of files that do not say it.",
    )
    unit = click.option("--unit", help="Unit of pressure of files that do not say it, as kPa (default: raw counts).")
    side = click.option(
        "--side", type=click.Choice(["left", "right"]), help="Side of the body of a file that does not say it."
    )
    geometry = click.option(
        "--geometry",
        metavar="NAME|FILE.csv",
        help="Where the cells lie of a file that does not say it: a name of barograph geometry list, or a CSV.",
    )
    file_map = click.option(
        "--map",
        "file_map",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE.toml",
        help="What the columns of a text file are that no reader knows; barograph map FILE drafts one.",
    )
    return start(rate(pitch(unit(side(geometry(file_map(command)))))))
