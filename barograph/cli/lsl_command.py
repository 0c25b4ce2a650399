"""The command `barograph lsl`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir as data_dir_option


@click.command()
@needs("read")
@click.argument("workout")
@click.option("--stream", help="One stream alone (default: each as an LSL stream of its own).")
@click.option("--numbers", is_flag=True, help="The numbers of each frame, as total force, instead of its cells.")
@data_dir_option
def lsl(workout: str, stream: str | None, numbers: bool, data_dir: Path | None) -> None:
    """Hand the live frames of a workout on to the Lab Streaming Layer, until Ctrl-C.

    Each stream becomes an LSL stream WORKOUT/STREAM: a sample is a frame, a channel a cell in the unit of the sensor,
    row by row, or a number of the frame; its time is that of the frame. Needs pylsl: pip install 'barograph[lsl]'.
    The live feed may leave frames out; what is stored does not. Anybody in the network can read LSL streams.

    \b
    Examples:  barograph lsl run-42
               barograph lsl run-42 --stream left --numbers
    """
    from barograph.cli.lsl_outlet import hand_on

    hand_on(workout, stream, data_dir, numbers=numbers)
