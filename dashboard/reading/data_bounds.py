"""Bounds that the data of a part put on what an address wishes, and what is said of a wish beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.base.filters import CUTOFF_HZ, sampling_hz
from analytics.base.times import table_times
from analytics.tables import PEAKS, TOTALS
from dashboard.drawing import words
from dashboard.reading.context import Context
from dashboard.reading.part_query import Wish

# A field of a form takes its upper bound; a cut-off has to stay below half the sampling rate.
NEARLY = 0.999


@dataclass(frozen=True)
class DataBounds:
    """The highest load and cell of a part, its length, and its slowest sampling; NaN where there is none."""

    load: float
    peak: float
    length_ms: float
    hz: float

    def field(self, name: str) -> tuple[float, float]:
        """Return the lowest and highest value of a field, in the unit that is stored."""
        high = {"on": self.load, "off": self.load, "p0": self.peak, "shortest": self.length_ms,
                "pause": self.length_ms, "hz": NEARLY * self.hz / 2}[name]  # fmt: skip
        return 0.0, high if np.isfinite(high) and high > 0 else 1e9


def bounds_of(tables: Sequence[pd.DataFrame], wish: Wish) -> DataBounds:
    """Return the bounds of some streams together."""
    rates = [hz for table in tables if np.isfinite(hz := sampling_hz(table_times(table)))]
    return DataBounds(
        _highest(tables, TOTALS), _highest(tables, PEAKS), wish.length_s * 1000.0, min(rates, default=np.nan)
    )


def _highest(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> float:
    found = [
        float(np.nanmax(table[name]))
        for table in tables
        for name in names
        if name in table and table[name].notna().any()
    ]
    return max(found, default=np.nan)


def beyond(wish: Wish, known: DataBounds) -> list[str]:
    """Return what a wish asks for that these data cannot have."""
    found = []
    if wish.on is not None and wish.on > known.load:
        found.append(f"on: expected at most {words.number(known.load)}, the highest load here, got {wish.on:g}")
    if wish.on is not None and wish.off is not None and wish.off > wish.on:
        found.append(f"off: expected at most {wish.on:g}, where contact begins, got {wish.off:g}")
    if wish.p0 is not None and wish.p0 > known.peak:
        found.append(f"p0: expected at most {words.number(known.peak)}, the highest value here, got {wish.p0:g}")
    for name, value in (("shortest", wish.shortest), ("pause", wish.pause)):
        if value > known.length_ms:
            found.append(f"{name}: expected at most {known.length_ms:.0f} ms, the length of the part, got {value:g}")
    if wish.hz is not None and wish.hz >= known.hz / 2:
        found.append(
            f"hz: expected above 0 and below {known.hz / 2:.4g} Hz, half the sampling rate of {known.hz:.4g} Hz, "
            f"got {wish.hz:g}; {CUTOFF_HZ:g} Hz is used"
        )
    return found


async def problems_of(context: Context, tables: Mapping[str, pd.DataFrame] | None = None) -> list[str]:
    """Return all that is wrong with a part's address: by itself, and for its data."""
    found = await context.tables() if tables is None else tables
    return [*context.wish.problems, *beyond(context.wish, bounds_of(list(found.values()), context.wish))]


def cutoff_of(wish: Wish, stats: pd.DataFrame) -> float:
    """Return the low-pass of every sway: the wish where sampling is fast enough, else the usual one."""
    hz = sampling_hz(table_times(stats))
    return CUTOFF_HZ if wish.hz is None or wish.hz >= hz / 2 else wish.hz
