"""The command `barograph calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph import settings
from barograph.access.needs import needs
from barograph.cli.numbers import FACTOR, PRESSURE_KPA, SECONDS, Real
from barograph.cli.session_commands import data_dir

MASS_KG = Real(0, 5000, min_open=True)


@click.command()
@needs("describe")
@click.argument("workout")
@click.option("--stream", help="The stream to calibrate (default: main, or the only one).")
@click.option("--unit", help="Unit of the values: kPa, N/cm2, mmHg, psi, …; raw takes a calibration away.")
@click.option("--scale", type=FACTOR, help="Units a count: a value is (stored - tare) x scale + offset.")
@click.option("--offset", type=FACTOR, help="Units that are added to every value.")
@click.option("--contact-kpa", type=PRESSURE_KPA, help="Pressure above which a cell is loaded.")
@click.option(
    "--curve",
    metavar="CURVE",
    help="power:A,B, polynomial:C0,C1,…, exponential:A,B,C, table:FILE, cubic:FILE, FILE.json, or none.",
)
@click.option("--until", type=FACTOR, help="The largest stored value for which the curve holds.")
@click.option("--tare", nargs=2, type=SECONDS, metavar="FROM TO", help="Seconds of the session when nothing was on it.")
@click.option("--no-tare", is_flag=True, help="Take the tare away.")
@click.option("--geometry", metavar="NAME|FILE.csv", help="Where cells lie: a name of geometry list, a CSV, or none.")
@click.option("--side", type=click.Choice(["left", "right"]), help="Side of the body, where the stream has none.")
@click.option(
    "--place",
    metavar="X,Y[,TURN]",
    help="Where the middle of its rear edge stands: mm, degrees against the clock; or none.",
)
@click.option(
    "--stance", metavar="WIDTH[,TOE_OUT]", help="How both feet stood: mm between the heels, degrees outwards; or none."
)
@click.option("--equilibrate", metavar="RECORDING", help="Make cells alike, by a recording of an even load.")
@click.option("--mass", nargs=2, type=(MASS_KG, str), metavar="KG RECORDING", help="One point: this mass was on it.")
@click.option("--step", nargs=2, type=(MASS_KG, str), metavar="KG RECORDING", help="Somebody stepped on and stood.")
@click.option(
    "--two-point",
    nargs=4,
    type=(MASS_KG, str, MASS_KG, str),
    metavar="KG RECORDING KG RECORDING",
    help="A power law by two masses.",
)
@click.option(
    "--body-weight",
    nargs=2,
    type=(MASS_KG, str),
    metavar="KG RECORDING",
    help="One factor for all sensors under somebody who stood.",
)
@click.option("--check", metavar="RECORDING", help="List cells that show a load while nothing was on it.")
@click.option("--level", type=FACTOR, help="With --check: only cells above this (default: the contact threshold).")
@click.option("--list", "listing", is_flag=True, help="List when, how and from what it was calibrated.")
@click.option("--undo", is_flag=True, help="Go back to what held before the newest calibration.")
@data_dir  # fmt: skip
def calibrate(workout: str, stream: str | None, data_dir: Path | None, **asked: Any) -> None:
    """Give a stored stream a better calibration.

    Stored frames stay as they came; whoever reads the session from now on, however old it is, gets the new values.
    What is not named stays as it is. With --tare, each cell's median stored value in that time, counted in seconds
    after the session's first frame, is its zero. The session's overview is computed anew where it is asked for, until
    the ingest, or barograph rebuild, has stored it.

    A RECORDING is a stored session, SESSION or SESSION/STREAM, or a file; @FROM..TO after it, or alone for this
    session, takes those seconds of it. Each calibration is kept with when, how, from which recording and how far it is
    off.

    \b
    Examples:  barograph calibrate run-42 --stream left --unit kPa --scale 0.25
               barograph calibrate run-42 --stream left --tare 0 1.5
               barograph calibrate run-42 --stream left --curve power:0.02,1.3
               barograph calibrate run-42 --stream left --equilibrate bladder/left@5..20
               barograph calibrate run-42 --stream left --mass 75 @2..4
               barograph calibrate run-42 --body-weight 75 @2..4
               barograph calibrate run-42 --stream left --geometry pedar-x
               barograph calibrate run-42 --stream plate-2 --place 0,500
               barograph calibrate run-42 --stance 200,7
               barograph calibrate run-42 --stream left --undo
    """
    from barograph.cli.calibrating import calibrate_stream

    calibrate_stream(settings.load(data_dir=data_dir), workout, stream, **asked)
