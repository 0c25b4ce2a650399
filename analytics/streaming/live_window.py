"""The rows of the last seconds of streams that belong together: what a number of now is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.base import bounds
from analytics.base.times import rising, time_index
from barograph.errors import InvalidData
from barograph.frames import Ints

WINDOW_S = 12.0
MOST_ROWS = 16_384


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one stream in the order of reading, one row per frame: epoch `e` (n,), frame number `seq` (n,),
    `times_us`
    (n,), and `values` (n, k). None is written again.
    """

    e: Ints
    seq: Ints
    times_us: Ints
    values: NDArray[np.floating]

    @classmethod
    def of(cls, e: int, seq: int, times_us: ArrayLike, values: ArrayLike) -> Rows:
        """Return frames `seq`, `seq` + 1, … of one epoch from arrays of these forms, or `InvalidData`."""
        us, rows = np.asarray(times_us), np.asarray(values)
        if us.ndim != 1 or us.dtype.kind not in "iu":
            raise InvalidData(
                f"times_us: expected (n,) whole microseconds, got {us.dtype} {us.shape}", field="times_us"
            )
        if rows.ndim != 2 or len(rows) != len(us) or rows.dtype.kind != "f":
            raise InvalidData(f"values: expected ({len(us)}, k) floats, got {rows.dtype} {rows.shape}", field="values")
        return cls(np.full(len(us), e), seq + np.arange(len(us)), us.astype(np.int64, copy=False), rows)

    @classmethod
    def none(cls, columns: int) -> Rows:
        """Make no rows of so many columns."""
        return cls.of(0, 0, np.zeros(0, np.int64), np.zeros((0, columns)))

    def __len__(self) -> int:
        return len(self.times_us)

    def part(self, which: slice | NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(self.e[which], self.seq[which], self.times_us[which], self.values[which])

    @property
    def missing_us(self) -> Ints:
        """(g, 2) times of the rows before and after frames that are missing; where time goes back it says so itself."""
        lost = (np.diff(self.e) == 0) & (np.diff(self.seq) > 1) & (np.diff(self.times_us) >= 0)
        return np.column_stack([self.times_us[:-1][lost], self.times_us[1:][lost]])

    def table(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return the per-frame table of n rows and these k columns, as float64; it says where frames are missing."""
        if len(columns) != self.values.shape[1]:
            raise InvalidData(f"columns: expected {self.values.shape[1]} names, got {len(columns)}", field="columns")
        table = pd.DataFrame(self.values.astype(np.float64), index=time_index(self.times_us), columns=list(columns))
        if len(missing := self.missing_us):
            table.attrs["missing_us"] = missing.tolist()
        return table


class LiveWindow:
    """The rows of the last `window_s` seconds of every stream, until t, the time of the newest row of all streams.

    Rows have the order of reading: epoch, then frame number; the newest row of a stream is the last in that order,
    whatever its time. What the window has hangs on which rows came, not on how they were cut or on which came late: a
    frame number counts once, by the row that came first, and the newest `most_rows` rows count. Whoever looks back and
    takes the same rows from an archive, in other parts, has the same tables, and with them the same numbers.

    Where the clock of a stream was set back, the rows before stay, as old as if it had gone on; one that was set back
    by the window's length or more begins anew. In memory are at most twice `most_rows` rows of each stream, and one
    part.
    """

    def __init__(self, window_s: float = WINDOW_S, *, most_rows: int = MOST_ROWS) -> None:
        bounds.number("window_s", window_s, above=0, expected="more than 0 seconds and rows")
        bounds.whole("most_rows", most_rows, 1, expected="more than 0 seconds and rows")
        self.window_us, self._most_rows = round(window_s * 1e6), most_rows
        self._held: dict[str, Rows] = {}
        self._fresh: dict[str, list[Rows]] = {}
        self._left: dict[str, tuple[int, int]] = {}  # epoch and number of the last row that was let go

    def update(self, stream: str, e: int, seq: int, times_us: ArrayLike, values: ArrayLike) -> None:
        """Take frames `seq`, `seq` + 1, … of an epoch of a stream: times (n,) in µs, and values (n, k).

        There are as many columns as before.
        """
        part, before = Rows.of(e, seq, times_us, values), self._held.get(stream)
        if before is not None and part.values.shape[1] != before.values.shape[1]:
            raise InvalidData(f"values: expected {before.values.shape[1]} columns, got {part.values.shape[1]}")
        if not len(part):
            return
        self._held.setdefault(stream, part.part(slice(0)))
        fresh = self._fresh.setdefault(stream, [])
        fresh.append(part)
        if sum(map(len, fresh)) >= self._most_rows:
            self._settle(stream)

    @property
    def stop_us(self) -> int | None:
        """The time of the newest row of all streams; None before the first."""
        for stream in list(self._fresh):
            self._settle(stream)
        return max((int(held.times_us[-1]) for held in self._held.values()), default=None)

    @property
    def rows(self) -> dict[str, Rows]:
        """The rows of each stream that has any, in the order of reading; what comes later does not change them."""
        stop_us = self.stop_us or 0
        late = {stream: stop_us - int(held.times_us[-1]) for stream, held in self._held.items()}
        young = {stream: held.part(slice(self._first(held.times_us, late[stream]), None))
                 for stream, held in self._held.items()}  # fmt: skip
        return {stream: rows for stream, rows in young.items() if len(rows)}

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return sum(map(len, (*self._held.values(), *(part for parts in self._fresh.values() for part in parts))))

    def _first(self, us: Ints, late_us: int = 0) -> int:
        """The first of the rows of a stream that are younger than the window, the last one being so old."""
        anew = np.flatnonzero(np.diff(us) <= -self.window_us)
        first = int(anew[-1]) + 1 if len(anew) else 0
        clock = rising(us[first:])
        return first + int(np.searchsorted(clock, clock[-1] + late_us - self.window_us, side="right"))

    def _settle(self, stream: str) -> None:
        """Put fresh parts in their places, and let go what the window has left behind."""
        parts = [self._held[stream], *self._fresh.pop(stream, [])]
        rows = Rows(*(np.concatenate(each) for each in zip(*map(_columns, parts), strict=True)))
        rows = rows.part(np.lexsort((rows.seq, rows.e)))  # stable: of two of one number the first that came is first
        rows = rows.part(np.flatnonzero(np.append(True, (np.diff(rows.e) != 0) | (np.diff(rows.seq) != 0))))
        if stream in self._left:  # what comes late before a row that was let go is older than it
            e, seq = self._left[stream]
            rows = rows.part(np.flatnonzero((rows.e > e) | ((rows.e == e) & (rows.seq > seq))))
        first = max(self._first(rows.times_us), len(rows) - self._most_rows)
        if first:
            self._left[stream] = (int(rows.e[first - 1]), int(rows.seq[first - 1]))
        self._held[stream] = rows.part(slice(first, None))


def _columns(rows: Rows) -> tuple[Ints, Ints, Ints, NDArray[np.floating]]:
    return rows.e, rows.seq, rows.times_us, rows.values
