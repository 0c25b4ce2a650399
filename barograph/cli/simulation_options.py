"""Options of `barograph send sim:…`: who walks, on which sensor, and how good that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from barograph.bounds import MASS_KG
from barograph.cli.numbers import Real, Whole

# Each a field of `analytics.sim.Athlete`, by whose bounds the number is checked when it is made.
_OPTIONS = (
    click.option("--geometry", metavar="NAME", help="Sensor of a simulation, as pedar-x (barograph geometry list)."),
    click.option("--mass-kg", type=Real(0, MASS_KG, min_open=True), help="Mass of a simulated athlete (75)."),
    click.option("--rate-hz", type=Real(1, 2000), help="Frames a second of a simulation (100)."),
    click.option("--noise", type=Real(0, 3), help="Noise of loaded cells, as a part of the reading (0.03)."),
    click.option("--hysteresis", type=Real(0, 1), help="By how much an unloading cell reads too high (0)."),
    click.option("--drift-per-min", type=Real(-1, 1), help="By how much readings grow in a minute (0)."),
    click.option("--dead-cells", type=Whole(0, 100_000), help="Cells of each foot that always read 0 (0)."),
    click.option("--residual-kpa", type=Real(0, 100), help="Mean load that a shoe leaves on cells (0)."),
    click.option("--progression-deg", type=Real(-10, 10), help="By how much the toes turn outwards (5)."),
    click.option("--seed", type=Whole(0, 2**31), help="The same seed gives the same frames (0)."),
)


def simulation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a simulated athlete."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
