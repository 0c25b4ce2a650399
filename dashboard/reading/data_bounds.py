"""Bounds that the data of a part put on what an address asks for, and what is said of a query beyond them."""

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
from dashboard.reading.part_query import PartQuery

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


def bounds_of(tables: Sequence[pd.DataFrame], query: PartQuery) -> DataBounds:
    """Return the bounds of some streams together."""
    rates = [hz for table in tables if np.isfinite(hz := sampling_hz(table_times(table)))]
    return DataBounds(
        _highest(tables, TOTALS), _highest(tables, PEAKS), query.length_s * 1000.0, min(rates, default=np.nan)
    )


def _highest(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> float:
    found = [
        float(np.nanmax(table[name]))
        for table in tables
        for name in names
        if name in table and table[name].notna().any()
    ]
    return max(found, default=np.nan)


def beyond(query: PartQuery, known: DataBounds) -> list[str]:
    """Return what a wish asks for that these data cannot have."""
    found = []
    if query.on is not None and query.on > known.load:
        found.append(f"on: expected at most {words.number(known.load)}, the highest load here, got {query.on:g}")
    if query.on is not None and query.off is not None and query.off > query.on:
        found.append(f"off: expected at most {query.on:g}, where contact begins, got {query.off:g}")
    if query.p0 is not None and query.p0 > known.peak:
        found.append(f"p0: expected at most {words.number(known.peak)}, the highest value here, got {query.p0:g}")
    for name, value in (("shortest", query.shortest), ("pause", query.pause)):
        if value > known.length_ms:
            found.append(f"{name}: expected at most {known.length_ms:.0f} ms, the length of the part, got {value:g}")
    if query.hz is not None and query.hz >= known.hz / 2:
        found.append(
            f"hz: expected above 0 and below {known.hz / 2:.4g} Hz, half the sampling rate of {known.hz:.4g} Hz, "
            f"got {query.hz:g}; {CUTOFF_HZ:g} Hz is used"
        )
    return found


async def problems_of(context: Context, tables: Mapping[str, pd.DataFrame] | None = None) -> list[str]:
    """Return all that is wrong with a part's address: by itself, and for its data."""
    found = await context.tables() if tables is None else tables
    return [*context.query.problems, *beyond(context.query, bounds_of(list(found.values()), context.query))]


def cutoff_of(query: PartQuery, stats: pd.DataFrame) -> float:
    """Return the low-pass of every sway: the cut-off asked for where sampling is fast enough, else the usual one."""
    hz = sampling_hz(table_times(stats))
    return CUTOFF_HZ if query.hz is None or query.hz >= hz / 2 else query.hz
