"""Options for the units of a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from dashboard.drawing.units import FORCES, PRESSURES


def unit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--force` and `--pressure` to a command."""
    force = click.option("--force", type=click.Choice(FORCES), default="N", show_default=True, help="Unit of forces.")
    pressure = click.option(
        "--pressure", type=click.Choice(list(PRESSURES)), default="kPa", show_default=True, help="Unit of pressures."
    )
    return force(pressure(command))
