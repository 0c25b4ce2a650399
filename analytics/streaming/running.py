"""What a session has added up to so far: the way of the centre of pressure, and impulses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.gaps import NOTHING, GapRule, Mask
from analytics.base.times import missing_of, table_us
from analytics.base.windows import Moments
from analytics.tables import IMPULSES, described, values
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

TRACKS = ("cop_x_mm", "cop_x_cell")  # whose steps have a length


@checked
def running(stats: pd.DataFrame, *, gap_s: float | None = None) -> pd.DataFrame:
    """Add up the way of the centre of pressure, and impulses, from the first row on.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table of n rows, indexed by time, with a centre of pressure, a total, or both.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps, across which nothing is added.

    Returns
    -------
    DataFrame of n rows: `running_path_mm` (or `…_cell`) and `running_impulse_ns` (or `…_kpa_s`, `…_raw_s`), of what the
    table has. Steps beside a missing value add nothing; before the first step that adds something there is no value.

    Raises
    ------
    InvalidData
        When the table has neither a centre of pressure nor a total.

    Notes
    -----
    `LiveTotals` gives the same rows from a stream, and totals of parts merge to those of the whole.
    """
    table = LiveTotals(gap_s=gap_s).update(stats)
    return described(table, "running", stats, gap_s=table.attrs["gap_s"])


@dataclass(frozen=True)
class Edge:
    """A row at the end of a part: its time, and its values (k,) in the order of the totals' columns."""

    us: int
    values: Floats


class LiveTotals:
    """Twin of `running`: `update` gives the rows of a part. Keeps sums, moments and two rows, whatever came.

    `moments` are those of each of `columns` over all rows. Totals of consecutive parts merge: `earlier.merged(later)`
    is what one of both would be. By default a part judges its first steps by itself: name `gap_s` for parts to merge.
    """

    def __init__(self, *, gap_s: float | None = None) -> None:
        self._gap_s, self._rule = gap_s, GapRule(gap_s)
        self.columns: tuple[str, ...] = ()
        self.moments = Moments.of(np.zeros((0,)))
        self._sums: Floats = np.zeros(0)
        self._first: Edge | None = None
        self._last: Edge | None = None

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """Return sums so far in each row of `part`, which follows the parts before."""
        if not self.columns:
            self._begin(_columns(part))
        us, rows = table_us(part), np.stack([values(part, name) for name in self.columns])
        sums = self._added(us, rows, missing_of(part))
        table = pd.DataFrame(sums.T, index=part.index, columns=self._names)
        return described(table, "running", gap_s=self._rule.limit_s)

    def merged(self, later: LiveTotals) -> LiveTotals:
        """Return the totals of both, of which `later` begins where this one ends."""
        if not (self.columns and later.columns):
            return self if self.columns else later
        if self.columns != later.columns:
            raise InvalidData(f"later: expected totals of {self.columns}, got {later.columns}", field="later")
        out = LiveTotals(gap_s=self._gap_s)
        out._begin(self.columns)
        ends = [edge for edge in (self._first, self._last, later._first, later._last) if edge is not None]
        if ends:
            out._first, out._last = ends[0], ends[-1]
        between = np.full(len(self._sums), np.nan)
        if self._last is not None and later._first is not None:
            us = np.array([self._last.us, later._first.us])
            step = _steps_s(us, self._rule.between(us))
            between = self._steps(step, np.stack([self._last.values, later._first.values], axis=1))[:, 0]
        out._sums = _sum(_sum(self._sums, between), later._sums)
        out.moments = self.moments.merged(later.moments)
        return out

    @property
    def sums(self) -> dict[str, float]:
        """What there is so far, by name."""
        return dict(zip(self._names, self._sums.tolist(), strict=True))

    def _begin(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.moments = Moments.of(np.full(len(columns), np.nan))
        self._sums = np.full(len(self._names), np.nan)

    @property
    def _names(self) -> list[str]:
        paths = [name.replace("cop_x", "running_path") for name in self.columns if name in TRACKS]
        return paths + [f"running_{IMPULSES[name]}" for name in self.columns if name in IMPULSES]

    def _added(self, us: Ints, rows: Floats, missing: Ints = NOTHING) -> Floats:
        """(sums, n) after each of (k, n) rows, and remember where they ended."""
        if not len(us):
            return np.zeros((len(self._sums), 0))
        if self._last is None:
            self._first = Edge(int(us[0]), rows[:, 0].copy())
            step = _steps_s(us, self._rule.between(us, missing))
            steps = np.column_stack([np.full(len(self._sums), np.nan), self._steps(step, rows)])
        else:
            joined = np.append(self._last.us, us)
            step = _steps_s(joined, self._rule.between(joined, missing))
            steps = self._steps(step, np.column_stack([self._last.values, rows]))
        known = ~np.isnan(steps)
        before = np.nan_to_num(self._sums)[:, None]
        sums = np.cumsum(np.concatenate([before, np.where(known, steps, 0.0)], axis=1), axis=1)[:, 1:]
        some = np.logical_or.accumulate(np.column_stack([~np.isnan(self._sums), known]), axis=1)[:, 1:]
        sums = np.where(some, sums, np.nan)
        self._sums, self._last = sums[:, -1].copy(), Edge(int(us[-1]), rows[:, -1].copy())
        self.moments = self.moments.merged(Moments.over(rows))
        return sums

    def _steps(self, step: Floats, rows: Floats) -> Floats:
        """(sums, n − 1) of what each step adds; NaN beside a missing value and across a gap."""
        out = []
        for i, name in enumerate(self.columns):
            if name in TRACKS:
                out.append(np.hypot(np.diff(rows[i]), np.diff(rows[i + 1])) + 0.0 * step)
        for i, name in enumerate(self.columns):
            if name in IMPULSES:
                out.append(step * (rows[i, 1:] + rows[i, :-1]) / 2.0)
        return np.stack(out)


def _steps_s(us: Ints, gap: Mask) -> Floats:
    return np.where(gap, np.nan, np.diff(us) / 1e6)


def _sum(a: Floats, b: Floats) -> Floats:
    """a + b, where a missing one adds nothing."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, a + b))


def _columns(stats: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the centre of pressure and of totals that a table has."""
    centres = [(x, x.replace("cop_x", "cop_y")) for x in TRACKS]
    found = [name for pair in centres if all(each in stats for each in pair) for name in pair]
    found += [name for name in IMPULSES if name in stats]
    if not found:
        raise InvalidData(f"stats: expected a centre of pressure or a total, got {', '.join(map(str, stats))[:80]}")
    return tuple(found)
