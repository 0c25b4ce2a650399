"""The rows of the last seconds of streams that belong together: what a number of now is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import bounds
from analytics.times import time_index
from barograph.errors import InvalidData
from barograph.frames import Ints

WINDOW_S = 12.0
MOST_ROWS = 16_384


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one stream: `times_us` (n,) and `values` (n, k), one row a frame. Neither is written again."""

    times_us: Ints
    values: NDArray[np.floating]

    @classmethod
    def of(cls, times_us: ArrayLike, values: ArrayLike) -> Rows:
        """Arrays of these forms, or `InvalidData`."""
        us, rows = np.asarray(times_us), np.asarray(values)
        if us.ndim != 1 or us.dtype.kind not in "iu":
            raise InvalidData(
                f"times_us: expected (n,) whole microseconds, got {us.dtype} {us.shape}", field="times_us"
            )
        if rows.ndim != 2 or len(rows) != len(us) or rows.dtype.kind != "f":
            raise InvalidData(f"values: expected ({len(us)}, k) floats, got {rows.dtype} {rows.shape}", field="values")
        return cls(us.astype(np.int64, copy=False), rows)

    @classmethod
    def none(cls, columns: int) -> Rows:
        """No rows of so many columns."""
        return cls(np.zeros(0, np.int64), np.zeros((0, columns)))

    def __len__(self) -> int:
        return len(self.times_us)

    def table(self, columns: Sequence[str]) -> pd.DataFrame:
        """The per-frame table of n rows and these k columns, as float64."""
        if len(columns) != self.values.shape[1]:
            raise InvalidData(f"columns: expected {self.values.shape[1]} names, got {len(columns)}", field="columns")
        return pd.DataFrame(self.values.astype(np.float64), index=time_index(self.times_us), columns=list(columns))


class LiveWindow:
    """The rows of (t − w, t] of every stream, where t is the time of the newest row of all streams together.

    What it has hangs on which rows came, not on how they were cut or on which came late: of each stream a time counts
    once, by the row that came first, and the newest `most_rows` times count. Whoever looks back and takes the same rows
    from an archive, in other parts, has the same tables, and with them the same numbers. In memory are at most twice
    `most_rows` rows of each stream, and one part.
    """

    def __init__(self, window_s: float = WINDOW_S, *, most_rows: int = MOST_ROWS) -> None:
        bounds.number("window_s", window_s, above=0, expected="more than 0 seconds and rows")
        bounds.whole("most_rows", most_rows, 1, expected="more than 0 seconds and rows")
        self.window_us, self._most_rows = round(window_s * 1e6), most_rows
        self.stop_us: int | None = None
        self._held: dict[str, Rows] = {}
        self._fresh: dict[str, list[Rows]] = {}

    def update(self, stream: str, times_us: ArrayLike, values: ArrayLike) -> None:
        """Take a part of a stream: times (n,) in µs, and values (n, k) of as many columns as before."""
        part, before = Rows.of(times_us, values), self._held.get(stream)
        if before is not None and part.values.shape[1] != before.values.shape[1]:
            raise InvalidData(f"values: expected {before.values.shape[1]} columns, got {part.values.shape[1]}")
        if not len(part):
            return
        self._held.setdefault(stream, Rows(part.times_us[:0], part.values[:0]))
        fresh = self._fresh.setdefault(stream, [])
        fresh.append(part)
        self.stop_us = max(self.stop_us or 0, int(part.times_us.max()))
        if sum(map(len, fresh)) >= self._most_rows:
            self._settle(stream)

    @property
    def rows(self) -> dict[str, Rows]:
        """The rows of each stream that has any, in order of time; what comes later does not change them."""
        for stream in list(self._held):
            self._settle(stream)
        return {stream: held for stream, held in self._held.items() if len(held)}

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return sum(map(len, (*self._held.values(), *(part for parts in self._fresh.values() for part in parts))))

    def _settle(self, stream: str) -> None:
        """Put fresh parts in their places, and let go what the window has left behind."""
        parts = [self._held[stream], *self._fresh.pop(stream, [])]
        us, first = np.unique(np.concatenate([part.times_us for part in parts]), return_index=True)
        old = int(np.searchsorted(us, (self.stop_us or 0) - self.window_us, side="right"))
        kept = slice(max(old, len(us) - self._most_rows), None)
        values = np.concatenate([part.values for part in parts])
        self._held[stream] = Rows(us[kept], values[first[kept]])
