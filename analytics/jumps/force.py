"""The vertical force that jumps are found in: of one plate, or of two feet or plates added on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.times import Times, table_times, table_us
from analytics.tables import values
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

FORCE = "total_force_n"
# A few frames that a radio lost do not change an impulse; a hole as long as a short braking phase does.
LOST_S, LOST_STEPS = 0.05, 2.5
COARSE_HZ = 200.0
GRAVITY = 9.80665
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Force:
    """Rows that have a force: `total` (n,) N, and of two feet each one's, on the times of the first."""

    times: Times
    total: Floats
    feet: dict[str, Floats]
    rows: Ints

    @cached_property
    def s(self) -> Floats:
        """(n,) seconds after the first row."""
        us = self.times.us
        return (us - us[0]) / 1e6 if len(us) else np.zeros(0)

    @cached_property
    def piece(self) -> Ints:
        """(n,) number of the piece between gaps."""
        return self.times.piece

    @cached_property
    def step_s(self) -> float:
        """The usual step between rows, NaN of fewer than two."""
        forward = np.diff(self.s)
        forward = forward[forward > 0]
        return float(np.median(forward)) if len(forward) else np.nan

    @property
    def coarse(self) -> bool:
        """Whether there are fewer than 200 rows a second."""
        return not self.step_s * COARSE_HZ <= 1.0 + 1e-6

    def row_at(self, seconds: float, first: int, after: int) -> int:
        """Return the first row of `first` … `after` that is not before a moment."""
        return first + int(np.searchsorted(self.s[first:after], seconds - self.step_s / 1000.0))

    def piece_of(self, row: int) -> tuple[int, int]:
        """Return the first row of a row's piece, and the row after its last."""
        here = self.piece[row]
        return int(np.searchsorted(self.piece, here)), int(np.searchsorted(self.piece, here, "right"))


def force_of(left: pd.DataFrame, right: pd.DataFrame | None, gap_s: float | None) -> Force:
    """Return the force of one table of frames, or of two added.

    Rows without a force are left out; the second table's force is taken, linearly between its rows, at the times of the
    first, where there are rows of it on both sides that no gap divides. Without `total_force_n` in N it is
    `InvalidData`.
    """
    if gap_s is not None:
        bounds.number("gap_s", gap_s, above=0, unit="s")
    mine, us = _force("left", left), table_us(left)
    feet = {} if right is None else {"left": mine, "right": _taken(left, right, gap_s)}
    total = mine if right is None else mine + feet["right"]
    rows = np.flatnonzero(~np.isnan(total))
    known = us[rows]
    times = Times.of(known, longest_s(known) if gap_s is None else gap_s)
    return Force(times, total[rows], {side: one[rows] for side, one in feet.items()}, rows)


def longest_s(us: Ints) -> float:
    """Return the longest step that is no gap: 0.05 s, or 2.5 usual steps where those are longer."""
    step = np.diff(us) / 1e6
    step = step[step > 0]
    return max(LOST_S, LOST_STEPS * float(np.median(step))) if len(step) else LOST_S


def _force(name: str, table: pd.DataFrame) -> Floats:
    if FORCE not in table:
        said = "a table in counts or pressures" if len(table.columns) else "a table without columns"
        raise InvalidData(f"{name}: expected {FORCE}, a force in N, got {said}", field=name)
    return values(table, FORCE)


def _taken(left: pd.DataFrame, right: pd.DataFrame, gap_s: float | None) -> Floats:
    """(n,) force of the second table at the times of the first, NaN where it has none; each clock by itself."""
    force = _force("right", right)
    us, found = table_us(right), ~np.isnan(force)
    if np.array_equal(us, table_us(left)):
        return force
    longest = longest_s(us[found]) if gap_s is None else gap_s
    mine, theirs = table_times(left), table_times(right)
    out, clocks, others = np.full(len(mine), np.nan), mine.clock, theirs.clock
    for clock in np.intersect1d(clocks, others):
        here = np.flatnonzero(clocks == clock)
        there = (others == clock) & found
        out[here] = _between(mine.us[here], us[there], force[there], longest)
    return out


def _between(at: Ints, us: Ints, force: Floats, longest_s: float) -> Floats:
    if not len(us):
        return np.full(len(at), np.nan)
    after = np.searchsorted(us, at)
    same = (after < len(us)) & (us[np.minimum(after, len(us) - 1)] == at)
    inside = (after > 0) & (after < len(us))
    step = np.diff(us, prepend=us[0])[np.minimum(after, len(us) - 1)]
    known = same | (inside & (step <= longest_s * 1e6))
    return np.where(known, np.interp(at, us, force), np.nan)


def summed(s: Floats, rate: Floats) -> Floats:
    """Return (n,) the integral of a rate from the first row to each, by trapezoids."""
    return np.concatenate([[0.0], np.cumsum(np.diff(s) * (rate[1:] + rate[:-1]) / 2.0)])


def left_to_come(s: Floats, rate: Floats) -> Floats:
    """Return (n,) the integral of a rate from each row to the last, by trapezoids."""
    whole = summed(s, rate)
    return np.asarray(whole[-1] - whole)
