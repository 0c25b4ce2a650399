"""Rolling statistics: every row with what the last moments before it had, by time and not by rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.tables import IMPULSES, described, values
from analytics.times import GAP_S, steps_s, table_us
from analytics.windows import window_rows, window_sums, windows
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

STATISTICS = ("mean", "sd", "min", "max", "rms", "ewma", "rate")


def rolling(
    stats: pd.DataFrame,
    window: str | float | pd.Timedelta = "1s",
    *,
    columns: Sequence[str] | None = None,
    tau_s: float | None = None,
    gap_s: float = GAP_S,
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
    gap_s : float, default 0.5
        A longer step between rows is a gap, across which there is no rate, way or impulse.

    Returns
    -------
    DataFrame of n rows with the same index. For each column `mean_`, `sd_` (ddof 1), `min_`, `max_`, `rms_`, `ewma_`
    and `rate_…_s`; for a centre of pressure among them the window's path and mean velocity, for a total its impulse,
    over the steps that lie in the window whole. What has no value is NaN. `columns.definition` explains each.

    Raises
    ------
    InvalidData
        When times go back, a column is not there or infinite, or the window or time constant is not above 0.

    Notes
    -----
    Causal: a row hangs on no later one. `live.LiveRolling` gives the same rows from a stream.
    """
    spec = Spec.of(stats, window, columns, tau_s, gap_s)
    us = table_us(stats)
    table, _ = spec.rows(us, spec.values(stats), Memory.fresh(len(spec.columns)), 0)
    return spec.table(table, stats.index)


class Memory(NamedTuple):
    """What an exponentially weighted mean knows of each column: its value and the time of the last value (k,)."""

    value: Floats
    at_us: Ints

    @classmethod
    def fresh(cls, k: int) -> Memory:
        """Of columns that had no value yet."""
        return cls(np.full(k, np.nan), np.zeros(k, np.int64))


@dataclass(frozen=True)
class Spec:
    """What is computed: of which columns, over which window."""

    columns: tuple[str, ...]
    window_us: int
    tau_s: float
    gap_s: float

    @classmethod
    def of(
        cls,
        stats: pd.DataFrame,
        window: str | float | pd.Timedelta,
        columns: Sequence[str] | None,
        tau_s: float | None,
        gap_s: float,
    ) -> Spec:
        """Complete and check it for a table."""
        window_us = _microseconds(window)
        tau_s = window_us / 1e6 if tau_s is None else tau_s
        if not (np.isfinite(tau_s) and tau_s > 0):
            raise InvalidData(f"tau_s: expected seconds above 0, got {tau_s}", field="tau_s")
        chosen = tuple(map(str, stats.columns)) if columns is None else tuple(columns)
        return cls(chosen, window_us, tau_s, gap_s)

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
        """(n, k) of the table's columns."""
        return np.stack([values(stats, name) for name in self.columns], axis=1) if self.columns else _none(stats)

    def rows(self, us: Ints, values: Floats, memory: Memory, start: int) -> tuple[Floats, Memory]:
        """Compute (n − start, columns of the result); rows before `start` are known from before."""
        counts = window_rows(us, self.window_us)
        moments = windows(values, counts, start)
        smooth, memory = ewma(values[start:], us[start:], self.tau_s, memory)
        step = np.concatenate([[np.nan], steps_s(us, self.gap_s)])[: len(us)]
        each = [moments.average, moments.sd, moments.low, moments.high, moments.rms, smooth]
        each.append(_rates(values, step)[start:])
        out = [np.stack(each, axis=-1).reshape(len(us) - start, len(STATISTICS) * len(self.columns))]
        if self.track is not None:
            x, y = (values[:, i] for i in self.track)
            way = np.hypot(_differences(x), _differences(y))
            path, time = _over_steps(way, step, counts, start)
            velocity = np.divide(path, time, out=np.full(len(path), np.nan), where=time > 0)
            out.append(np.column_stack([path, velocity]))
        for i, name in enumerate(self.columns):
            if name in IMPULSES:
                area = step * (values[:, i] - _differences(values[:, i]) / 2.0)
                out.append(_over_steps(area, step, counts, start)[0][:, None])
        return np.hstack(out), memory

    def table(self, rows: Floats, index: pd.Index) -> pd.DataFrame:
        """The result as a table that says what it is."""
        table = pd.DataFrame(rows, index=index, columns=self.names)
        about = {"window_s": self.window_us / 1e6, "tau_s": self.tau_s, "gap_s": self.gap_s}
        return described(table, "rolling", **about)


def ewma(values: Floats, times_us: Ints, tau_s: float, memory: Memory | None = None) -> tuple[Floats, Memory]:
    """Exponentially weighted means by time of (n, k) values, and what to go on with.

    yᵢ = yᵢ₋₁ + (1 − exp(−Δtᵢ/τ))·(vᵢ − yᵢ₋₁), Δt from the last row with a value; y₀ = v₀. NaN where a value is.
    """
    memory = memory or Memory.fresh(values.shape[1])
    out, last, at = np.full(values.shape, np.nan), memory.value.copy(), memory.at_us.copy()
    for k in range(values.shape[1]):
        known = np.flatnonzero(~np.isnan(values[:, k]))
        if not len(known):
            continue
        us, v = times_us[known], values[known, k]
        before = np.concatenate([[us[0] if np.isnan(last[k]) else at[k]], us[:-1]])
        kept = np.exp(-(us - before) / (tau_s * 1e6))
        smooth = _recursion(kept, v, v[0] if np.isnan(last[k]) else last[k])
        out[known, k] = smooth
        last[k], at[k] = smooth[-1], us[-1]
    return out, Memory(last, at)


def _recursion(kept: Floats, v: Floats, first: float) -> Floats:
    """Solve yᵢ = kᵢ·yᵢ₋₁ + (1 − kᵢ)·vᵢ from y₋₁ = first: affine steps are joined over 1, 2, 4 … rows."""
    # Deviations from the first value: a constant stays exactly what it is.
    factor, y = kept.copy(), (1.0 - kept) * (v - first)
    shift = 1
    while shift < len(y):
        y[shift:] += factor[shift:] * y[:-shift]
        factor[shift:] *= factor[:-shift].copy()
        shift *= 2
    return y + first


def _microseconds(window: str | float | pd.Timedelta) -> int:
    try:
        seconds = float(window) if isinstance(window, int | float) else pd.Timedelta(window).total_seconds()
        us = round(seconds * 1e6)
    except (ValueError, OverflowError, TypeError) as error:
        raise InvalidData(f"window: expected a duration like '1s', got {window!r}", field="window") from error
    if us < 1:
        raise InvalidData(f"window: expected a duration above 0, got {window!r}", field="window")
    return us


def _none(stats: pd.DataFrame) -> Floats:
    return np.zeros((len(stats), 0))


def _differences(series: Floats) -> Floats:
    """(n,) change since the row before; NaN for the first."""
    return np.concatenate([[np.nan], np.diff(series)])[: len(series)]


def _rates(values: Floats, step: Floats) -> Floats:
    change = np.diff(values, axis=0, prepend=np.nan)[: len(values)]
    known = np.where(step > 0, step, np.nan)
    return np.asarray(change / known[:, None])


def _over_steps(series: Floats, step: Floats, counts: Ints, start: int) -> tuple[Floats, Floats]:
    """Sum of a series of steps over those that lie in each window whole, and their time; NaN without any."""
    known = ~np.isnan(series) & ~np.isnan(step)
    parts = np.column_stack([np.where(known, series, 0.0), np.where(known, step, 0.0), known])
    total, time, n = window_sums(parts, np.maximum(counts - 1, 0), start).T
    return np.where(n > 0, total, np.nan), time
