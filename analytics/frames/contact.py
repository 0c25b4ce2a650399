"""When a foot is down: the threshold for a table, and runs of contact with hysteresis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.times import Times, runs
from analytics.frames.floor import Floor, foot_floor
from analytics.tables import first_of, values
from barograph.errors import InvalidData
from barograph.frames import CONTACT_FLOOR_N, Floats, Ints

RISE_KPA = 10.0  # 1 N/cm²
RISE = {"total_force_n": CONTACT_FLOOR_N, "peak_kpa": RISE_KPA}
CONTACT_SHARE = 0.1
RELEASE = 0.8
# The usual thresholds, as pages and reports say them.
SAID_ON = f"{CONTACT_FLOOR_N:g} N, {RISE_KPA:g} kPa or {100 * CONTACT_SHARE:g} % of the range above the foot’s floor"
SAID_OFF = f"{RELEASE:g} of it"


@dataclass(frozen=True, eq=False)
class Threshold:
    """Contact begins at a value of `on` or more of `column`, and ends below `off`, where the foot's floor is `floor`.

    `drift` is how far the floor lies above that, a number or one a row: thresholds go with it. A foot that never was
    `unloaded` has no floor that is known.
    """

    column: str
    on: float
    off: float
    floor: float = 0.0
    drift: Floats | float = 0.0
    unloaded: bool = True

    def signal(self, table: pd.DataFrame) -> Floats:
        """Return (n,) the column of a table, without the drift."""
        return np.asarray(values(table, self.column) - self.drift)

    @property
    def said(self) -> dict[str, Any]:
        """What travels with a table: thresholds as values of the column at the usual floor."""
        moved = float(np.ptp(self.drift)) if np.size(self.drift) else 0.0
        return {"column": self.column, "on": self.on, "off": self.off, "floor": self.floor, "floor_drift": moved,
                "unloaded": self.unloaded}  # fmt: skip


def column_of(stats: pd.DataFrame, column: str | None) -> str:
    """Return the column that contact is found in: the one asked for, else force, else peak pressure, else counts."""
    return first_of(stats, ("total_force_n", "peak_kpa", "raw_sum"), "contact") if column is None else column


def threshold(
    column: str, signal: Floats, times_us: Ints, on: float | None, off: float | None, floor: float | None
) -> Threshold:
    """Complete the thresholds of a foot's signal (n,) without missing values, by its own floor unless one is given.

    `on` is 20 N (`total_force_n`) or 10 kPa (`peak_kpa`) above the floor, else 10 % of the range; `off` is 0.8 of the
    way there from the floor. An `on` that is given is a value of the column whatever the floor, and does not drift.
    """
    for name, value in (("on", on), ("off", off), ("floor", floor)):
        if value is not None:
            bounds.number(name, value)
    counts = column not in RISE
    own = foot_floor(signal, times_us, counts=counts) if floor is None else Floor(floor, np.zeros(1), found=True)
    level, drift = own.level, own.drift if on is None and floor is None else 0.0
    lowest = float(signal.min(initial=np.inf))
    if counts and not own.found and np.isfinite(lowest):
        level = lowest
    if on is None:
        on = level + RISE.get(column, CONTACT_SHARE * (float(signal.max(initial=level)) - level))
    elif floor is None and RELEASE * on > level:
        level = 0.0
    if off is None:
        off = level + RELEASE * (on - level)
    if off > on:
        raise InvalidData(f"off: expected a number that is not above on ({on}), got {off}", field="off")
    falls = lowest < off and (not counts or lowest <= CONTACT_SHARE * float(signal.max(initial=lowest)))
    unloaded = own.found or falls or not len(signal)
    return Threshold(column, float(on), float(off), level, drift, bool(unloaded))


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
