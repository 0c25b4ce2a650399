"""Rolling statistics: every row with what the last moments before it had, by time and not by rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import rising, steps_s, table_times
from analytics.base.windows import Windows
from analytics.tables import IMPULSES, described, values
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

PIECE_ROWS = 1 << 14
# exp(−750) is 0: after so many time constants an exponential mean begins anew.
FORGOTTEN, MOST_APART_US = 750.0, 10**12
STATISTICS = ("mean", "sd", "min", "max", "rms", "ewma", "rate")


@checked
def rolling(
    stats: pd.DataFrame,
    window: str | float | pd.Timedelta = "1s",
    *,
    columns: Sequence[str] | None = None,
    tau_s: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Compute statistics of the window (t − w, t] before each row, the row included.

    Parameters
    ----------
    stats : DataFrame
        Table of n rows indexed by time, such as `frame_stats` makes. Missing values are left out.
    window : str, float or Timedelta, default "1s"
        w; a number is seconds.
    columns : sequence of str, optional
        Which columns; by default all.
    tau_s : float, optional
        Time constant of the exponentially weighted mean; by default w.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps; there is no rate, way or impulse
        across it.

    Returns
    -------
    DataFrame of n rows with the same index. For each column `mean_`, `sd_` (ddof 1), `min_`, `max_`, `rms_`, `ewma_`
    and `rate_…_s`; for a centre of pressure among them the window's path and mean velocity, for a total its impulse,
    over the steps that lie in the window whole. What has no value is NaN. `columns.definition` explains each.

    Raises
    ------
    InvalidData
        When a column is not there or infinite, or the window or time constant is not above 0.

    Notes
    -----
    Causal: a row hangs on no later one. `live.LiveRolling` gives the same rows from a stream.
    """
    spec = Spec.of(stats, window, columns, tau_s)
    times, known, memory = table_times(stats, gap_s), spec.values(stats), Memory.fresh(len(spec.columns))
    us, step = rising(times.us, spec.apart_us), np.append(np.nan, steps_s(times))[: len(times)]
    out = np.empty((len(spec.names), len(us)))
    for first, at, stop in _pieces(us, spec.window_us):
        rows = slice(first, stop)
        memory = spec.rows(us[rows], step[rows], known[:, rows], memory, at - first, out[:, at:stop])
    return spec.table(out, stats.index, times.gap_s, stats)


def _pieces(us: Ints, window_us: int) -> Iterator[tuple[int, int, int]]:
    """Cut rows so that a piece stays in the cache: the first row its windows need, its own first row, the row after."""
    at = 0
    while at < len(us):
        first = int(np.searchsorted(us, us[at - 1] - window_us, side="right")) if at else 0
        stop = min(len(us), at + max(PIECE_ROWS, 2 * (at - first)))
        yield first, at, stop
        at = stop


class Memory(NamedTuple):
    """What an exponentially weighted mean knows of each column: its value and the time of the last value (k,)."""

    value: Floats
    at_us: Ints

    @classmethod
    def fresh(cls, k: int) -> Memory:
        """Make the memory of columns that had no value yet."""
        return cls(np.full(k, np.nan), np.zeros(k, np.int64))


@dataclass(frozen=True)
class Spec:
    """What is computed: of which columns, over which window."""

    columns: tuple[str, ...]
    window_us: int
    tau_s: float

    @classmethod
    def of(
        cls,
        stats: pd.DataFrame,
        window: str | float | pd.Timedelta,
        columns: Sequence[str] | None,
        tau_s: float | None,
    ) -> Spec:
        """Complete and check it for a table."""
        window_us = _microseconds(window)
        tau_s = window_us / 1e6 if tau_s is None else tau_s
        bounds.number("tau_s", tau_s, above=0, expected="seconds above 0")
        chosen = tuple(map(str, stats.columns)) if columns is None else tuple(columns)
        return cls(chosen, window_us, tau_s)

    @property
    def apart_us(self) -> int:
        """How far apart rows are taken to be where time goes back: no window and no exponential mean reaches over."""
        return int(min(max(self.window_us, FORGOTTEN * self.tau_s * 1e6), MOST_APART_US))

    @property
    def names(self) -> list[str]:
        """Columns of the result."""
        made = [f"{each}_{name}{'_s' * (each == 'rate')}" for name in self.columns for each in STATISTICS]
        if self.track is not None:
            length = self.columns[self.track[0]].rpartition("_")[2]
            made += [f"path_{length}", f"mean_velocity_{length}_s"]
        return made + [IMPULSES[name] for name in self.columns if name in IMPULSES]

    @property
    def track(self) -> tuple[int, int] | None:
        """Places of the centre of pressure's x and y among the columns."""
        for length in ("mm", "cell"):
            names = f"cop_x_{length}", f"cop_y_{length}"
            if all(name in self.columns for name in names):
                return self.columns.index(names[0]), self.columns.index(names[1])
        return None

    def values(self, stats: pd.DataFrame) -> Floats:
        """Return (k, n) of the table's columns."""
        if all(name in stats for name in self.columns):
            chosen = stats if self.columns == tuple(stats.columns) else stats[list(self.columns)]
            found = np.ascontiguousarray(chosen.to_numpy(np.float64).T)
            if not np.isinf(found).any():
                return found
        # Whichever column is the wrong one says so.
        return np.stack([values(stats, name) for name in self.columns])

    def rows(self, us: Ints, step: Floats, values: Floats, memory: Memory, start: int, out: Floats) -> Memory:
        """Put into `out` (columns of the result, n − start) those of (k, n) values; rows before `start` are known.

        `us` (n,) never goes back; `step` (n,) are the seconds from the row before, NaN across a gap.
        """
        of_rows = Windows.of(us, self.window_us)
        moments = of_rows.moments(values, start)
        k, each = len(self.columns), len(STATISTICS)
        made = out[: k * each].reshape(k, each, len(us) - start)
        made[:, 0], made[:, 1], made[:, 4] = moments.average, moments.sd, moments.rms
        made[:, 2], made[:, 3] = moments.low, moments.high
        made[:, 5], memory = ewma(values[:, start:], us[start:], self.tau_s, memory)
        change = np.diff(values, axis=1, prepend=np.nan)[:, : len(us)]
        np.divide(change[:, start:], np.where(step > 0, step, np.nan)[start:], out=made[:, 6])
        self._ways(out[k * each :], values, change, step, of_rows, start)
        return memory

    def _ways(self, out: Floats, values: Floats, change: Floats, step: Floats, of_rows: Windows, start: int) -> None:
        """Path and mean velocity of a centre of pressure, impulses of totals."""
        totals = [i for i, name in enumerate(self.columns) if name in IMPULSES]
        steps = [step * (values[i] - change[i] / 2.0) for i in totals]
        if self.track is not None:
            way = np.hypot(*change[list(self.track)])
            steps += [way * np.where(step >= 0, 1.0, np.nan), np.where(np.isnan(way), np.nan, step)]
        if not steps:
            return
        found = _over_steps(np.stack(steps), of_rows, start)
        if self.track is not None:
            *found, path, time = found
            out[0], out[1] = path, path / np.where(time > 0, time, np.nan)
            out = out[2:]
        for into, impulse in zip(out, found, strict=True):
            into[:] = impulse

    def table(self, rows: Floats, index: pd.Index, gap_s: float, made_of: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the result as a table that says what it is."""
        # Column after column in memory, as pandas keeps them.
        table = pd.DataFrame(rows.T, index=index, columns=self.names, copy=False)
        about = {"columns": list(self.columns), "window_s": self.window_us / 1e6, "tau_s": self.tau_s}
        return described(table, "rolling", made_of, **about, gap_s=gap_s)


def ewma(values: Floats, times_us: Ints, tau_s: float, memory: Memory | None = None) -> tuple[Floats, Memory]:
    """Compute exponentially weighted means by time of (k, n) values, and what to go on with.

    yᵢ = yᵢ₋₁ + (1 − exp(−Δtᵢ/τ))·(vᵢ − yᵢ₋₁), Δt from the last row with a value; y₀ = v₀. NaN where a value is.
    """
    memory = memory or Memory.fresh(len(values))
    out, last, at = np.full(values.shape, np.nan), memory.value.copy(), memory.at_us.copy()
    for k, series in enumerate(values):
        known = np.flatnonzero(~np.isnan(series))
        if not len(known):
            continue
        us, v = times_us[known], series[known]
        before = np.concatenate([[us[0] if np.isnan(last[k]) else at[k]], us[:-1]])
        kept = np.exp(-(us - before) / (tau_s * 1e6))
        smooth = _recursion(kept, v, v[0] if np.isnan(last[k]) else last[k])
        out[k, known] = smooth
        last[k], at[k] = smooth[-1], us[-1]
    return out, Memory(last, at)


def _recursion(kept: Floats, v: Floats, first: float) -> Floats:
    """Solve yᵢ = kᵢ·yᵢ₋₁ + (1 − kᵢ)·vᵢ from y₋₁ = first: equations of two diagonals, which BLAS solves row by row."""
    band = np.ones((2, len(v)), order="F")
    band[1, :-1] = -kept[1:]
    # Deviations from the first value: a constant stays exactly what it is.
    return np.asarray(scipy.linalg.blas.dtbsv(1, band, (1.0 - kept) * (v - first), lower=1, diag=1) + first)


def _microseconds(window: str | float | pd.Timedelta) -> int:
    try:
        seconds = float(window) if isinstance(window, int | float) else pd.Timedelta(window).total_seconds()
        us = round(seconds * 1e6)
    except (ValueError, OverflowError, TypeError) as error:
        raise InvalidData(f"window: expected a duration like '1s', got {window!r}", field="window") from error
    if us < 1:
        raise InvalidData(f"window: expected a duration above 0, got {window!r}", field="window")
    return us


def _over_steps(steps: Floats, of_rows: Windows, start: int) -> list[Floats]:
    """(n − start,) sums of each of (k, n) over the steps that lie in each window whole; NaN where none has a value."""
    known = ~np.isnan(steps)
    counted = np.concatenate([np.zeros((len(steps), 1), np.intp), np.cumsum(known, axis=1)], axis=1)
    some = counted[:, start + 1 :] > counted.take(of_rows.first[start:] + 1, axis=1)
    return list(np.where(some, of_rows.sums(np.where(known, steps, 0.0), start), np.nan))
