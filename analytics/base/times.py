"""Times of a table or a recording: the steps between rows, where they are broken, and the pieces between.

Rows are in the order in which they were recorded. Nothing is summed, integrated, filtered or differentiated across a
gap. `GapRule` is the one rule that says what a gap is; everything else here asks it. An index of times is what was
recorded, also where it goes back: sort a table before it is cut by labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base.gaps import GAP_S, NOTHING, GapRule, Mask
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints, Recording

__all__ = [
    "GAP_S", "Times", "durations_s", "frame_sum", "missing_of", "recording_times", "rising", "runs", "steps_s",
    "table_times", "table_us", "time_index", "trapezoids",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Times:
    """Times `us` (n,) of rows in order, and `gap` (n − 1,), True where the step to the next row is broken.

    `gap_s` is the longest step that is no gap, at the last row; `asked_s` and `missing` are what `of` was given.
    """

    us: Ints
    gap: Mask
    gap_s: float
    asked_s: float | None = None
    missing: Ints = field(default_factory=lambda: NOTHING)

    @classmethod
    def of(cls, us: Ints, gap_s: float | None = None, missing: Ints = NOTHING) -> Times:
        """Return times (n,) with the gaps of `GapRule`.

        `missing` (g, 2) are the times between which frames are missing.
        """
        rule = GapRule(gap_s)
        gap = rule.between(us, missing)
        return cls(us, gap, rule.limit_s, gap_s, missing)

    def __len__(self) -> int:
        return len(self.us)

    def at(self, rows: NDArray[np.intp] | Mask) -> Times:
        """Return the times of some rows alone, as if there were no others.

        A clock that was set between two of them divides them.
        """
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        if len(rows) == len(self):
            return self
        alone = Times.of(self.us[rows], self.asked_s, self.missing)
        return replace(alone, gap=alone.gap | (np.diff(self.clock[rows]) != 0))

    @cached_property
    def piece(self) -> Ints:
        """(n,) number of the piece, between gaps, that each row lies in."""
        return _numbered(self.gap, len(self))

    @cached_property
    def clock(self) -> Ints:
        """(n,) how often times have gone back until each row."""
        return _numbered(np.diff(self.us) < 0, len(self))


def _numbered(breaks: Mask, n: int) -> Ints:
    return np.concatenate([[0], np.cumsum(breaks)])[:n].astype(np.int64)


def time_index(times_us: Ints) -> pd.DatetimeIndex:
    """Turn µs since 1970 (n,) into the index `time`, UTC."""
    return pd.DatetimeIndex(times_us.astype("M8[us]"), tz="UTC", name="time")


def table_us(table: pd.DataFrame | pd.Series) -> Ints:
    """Return (n,) µs since 1970 of a table's index, in its order; a missing time raises `InvalidData`."""
    if not isinstance(table.index, pd.DatetimeIndex):
        raise InvalidData(f"index: expected times, as frame_stats makes them, got {table.index.dtype}", field="index")
    if table.index.hasnans:
        raise InvalidData("index: expected a time in every row, got a missing one", field="index")
    return np.asarray(table.index.as_unit("us").asi8, np.int64)


def missing_of(table: pd.DataFrame | pd.Series) -> Ints:
    """Return (g, 2) times between which frames are missing, from a per-frame table's `attrs["missing_us"]`."""
    return np.array(table.attrs.get("missing_us", ()), np.int64).reshape(-1, 2)


def table_times(table: pd.DataFrame | pd.Series, gap_s: float | None = None) -> Times:
    """Return the times of a table's rows with its gaps: by the clock.

    And where the table says that frames are missing.
    """
    return Times.of(table_us(table), gap_s, missing_of(table))


def recording_times(recording: Recording, gap_s: float | None = None) -> Times:
    """Return the times of a recording's frames with its gaps."""
    return Times.of(recording.times_us, gap_s, recording.missing_us)


def _times(times: Ints | Times, gap_s: float | None) -> Times:
    return times if isinstance(times, Times) else Times.of(times, gap_s)


def steps_s(times: Ints | Times, gap_s: float | None = None) -> Floats:
    """Return (n − 1,) seconds between consecutive rows, NaN across a gap."""
    known = _times(times, gap_s)
    return np.where(known.gap, np.nan, np.diff(known.us) / 1e6)


def durations_s(times: Ints | Times, gap_s: float | None = None) -> Floats:
    """Return (n,) seconds that each row stands for: until the next one.

    The last, and one before a gap, the median step.
    """
    step = steps_s(times, gap_s)
    usual = np.nanmedian(step) if np.isfinite(step).any() else np.nan
    return np.append(np.where(np.isnan(step), usual, step), usual)[: len(times)]


def frame_sum(values: Floats, times: Ints | Times, gap_s: float | None = None) -> float:
    """Sum of each row's value times the seconds it stands for; NaN without a value or for fewer than two rows."""
    known = ~np.isnan(values)
    areas = values[known] * durations_s(_times(times, gap_s).at(known))
    return float(np.nansum(areas)) if np.isfinite(areas).any() else np.nan


def runs(inside: Mask, times: Ints | Times, gap_s: float | None = None) -> NDArray[np.intp]:
    """Return (k, 2) first row and the row after the last of each run of `inside` rows that no gap divides."""
    joined = inside[1:] & inside[:-1] & ~_times(times, gap_s).gap
    first = np.flatnonzero(inside & ~np.concatenate([[False], joined])[: len(inside)])
    after = np.flatnonzero(inside & ~np.concatenate([joined, [False]])[: len(inside)]) + 1
    return np.column_stack([first, after])


def trapezoids(values: Floats, times: Ints | Times, gap_s: float | None = None) -> Floats:
    """Return (n − 1,) area under each step of values (n,); NaN across a gap or beside a missing value."""
    return np.asarray(steps_s(times, gap_s) * (values[1:] + values[:-1]) / 2.0)


def rising(times_us: Ints, apart_us: int = 0) -> Ints:
    """Return (n,) the same times on one clock: where they go back, all later ones are moved on, to `apart_us` after."""
    back = np.minimum(np.diff(times_us), 0)
    moved = np.cumsum(np.where(back < 0, apart_us - back, 0))
    return times_us + np.concatenate([[0], moved])[: len(times_us)].astype(np.int64)
