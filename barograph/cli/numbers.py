"""Numbers on the command line: what is none, or beyond its bounds, is answered with the bounds."""

from __future__ import annotations

import math
from typing import Any

import click

from barograph.files.given import MOST_HZ

MOST_S = 1e9  # seconds of a session, or of a simulation: 31 years


class Whole(click.IntRange):
    """A whole number from `min` to `max`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or fail with the bounds."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"expected a whole number from {self.min:g} to {self.max:g}, got {_shown(value)}", param, ctx)


class Real(click.FloatRange):
    """A finite number from `min` to `max`; NaN and infinity are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or fail with the bounds."""
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"expected a number {self._bounds()}, got {_shown(value)}", param, ctx)
        return number

    def _bounds(self) -> str:
        low = f"above {self.min:g}" if self.min_open else f"from {self.min:g}"
        high = f"and below {self.max:g}" if self.max_open else f"to {self.max:g}"
        return f"{low} {high}"


def _shown(value: object) -> str:
    return repr(str(value)[:40])


PORT, PORT_OF_A_SERVER = Whole(0, 65535), Whole(1, 65535)
SECONDS, LENGTH_S = Real(0, MOST_S), Real(0, MOST_S, min_open=True)
FACTOR, PRESSURE_KPA = Real(-1e12, 1e12), Real(0, 1e9)
RATE_HZ = Real(0, MOST_HZ, min_open=True)
