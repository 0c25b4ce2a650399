"""When a foot is down: the threshold for a table, and runs of contact with hysteresis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import first_of, values
from analytics.times import Times, runs
from barograph.errors import InvalidData
from barograph.frames import CONTACT_FLOOR_N, Floats, Ints

CONTACT_KPA = 10.0  # 1 N/cm²
CONTACT_SHARE = 0.1
RELEASE = 0.8


class Threshold(NamedTuple):
    """Contact begins at a value of `on` or more of `column`, and ends below `off`."""

    column: str
    on: float
    off: float


def threshold(
    stats: pd.DataFrame, column: str | None = None, on: float | None = None, off: float | None = None
) -> Threshold:
    """Complete a threshold with the defaults for a table.

    20 N of `total_force_n`; else 10 kPa (1 N/cm²) of `peak_kpa`; else 10 % of the range that the column has in this
    table. `off` is 0.8 of `on`.
    """
    if column is None:
        column = first_of(stats, ("total_force_n", "peak_kpa", "raw_sum"), "contact")
    if on is None:
        on = _usual(column, values(stats, column))
    if off is None:
        off = RELEASE * on
    if not (np.isfinite(on) and np.isfinite(off) and off <= on):
        raise InvalidData(f"off: expected a number that is not above on ({on}), got {off}", field="off")
    return Threshold(column, float(on), float(off))


def _usual(column: str, signal: Floats) -> float:
    if column in ("total_force_n", "peak_kpa"):
        return CONTACT_FLOOR_N if column == "total_force_n" else CONTACT_KPA
    known = signal[~np.isnan(signal)]
    if not len(known):
        return 0.0
    return float(known.min() + CONTACT_SHARE * (known.max() - known.min()))


def contacts(
    signal: Floats, times: Ints | Times, on: float, off: float, gap_s: float | None = None
) -> tuple[Ints, NDArray[np.bool_]]:
    """Find runs of contact in a signal (n,) without missing values.

    Returns (k, 2) rows, first and one after the last, and (k, 2) True where a run meets the record's edge or a gap
    instead of a threshold. Between the thresholds contact is what it was; at an edge it is then none.
    """
    if not len(signal):
        return np.zeros((0, 2), np.int64), np.zeros((0, 2), bool)
    pieces = runs(np.ones(len(signal), bool), times, gap_s)
    event = np.where(signal >= on, 1, np.where(signal < off, -1, 0)).astype(np.int8)
    begins = pieces[:, 0]
    event[begins] = np.where(event[begins] == 0, -1, event[begins])
    last = np.maximum.accumulate(np.where(event != 0, np.arange(len(event)), 0))
    found = runs(event[last] > 0, times, gap_s)
    cut = np.column_stack([np.isin(found[:, 0], begins), np.isin(found[:, 1], pieces[:, 1])])
    return found.astype(np.int64), cut
