"""The weighted sums of a frame: total, load, moments and halves, in one of two ways that a layout decides.

Of few cells, or cells of many areas, all sums are one matrix product of the frames with a (cells, 6) matrix of weights.
Of a large matrix of equal cells that matrix is read from memory for each frame anew, 8 MB for a mat of 240 × 720. There
a weight is a product of one number a row and one a column, so the sums of rows and columns are enough: of counts they
are whole numbers, and exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from barograph.frames import Floats, Frames

TOTAL, LOAD, MOMENT_X, MOMENT_Y, LEFT, FRONT = range(6)
OF_COLUMNS, OF_ROWS = [TOTAL, LOAD, MOMENT_X, LEFT], [MOMENT_Y, FRONT]
# Measured: below that a product of small matrices costs less than sums over their short rows.
LINES_CELLS = 1 << 13
FIT_32_BITS = 1 << 16  # lines of so many 16-bit numbers


class Sums(Protocol):
    """What makes weighted sums of frames."""

    @property
    def width(self) -> int:
        """How many sums a frame has: 6, or 2 (total and load) where the places of cells are not known."""
        ...

    def of(self, cells: Frames) -> Floats:
        """Return (n, width) float64 of (n, cells) values without NaN; a NaN makes sums of its frame NaN."""
        ...


@dataclass(frozen=True, eq=False)
class Product:
    """By one product with (cells, width) weights."""

    weights: Floats

    @property
    def width(self) -> int:
        """How many sums a frame has."""
        return int(self.weights.shape[1])

    def of(self, cells: Frames) -> Floats:
        """Return (n, width) float64 of (n, cells) values."""
        return cells.astype(np.float64, copy=False) @ self.weights


@dataclass(frozen=True, eq=False)
class Lines:
    """By the sums of columns and rows: (cols, 4) weights of `OF_COLUMNS`, (rows, 2) of `OF_ROWS`."""

    columns: Floats
    rows: Floats
    width: int = 6

    def of(self, cells: Frames) -> Floats:
        """Return (n, 6) float64 of (n, rows × cols) values."""
        rows, cols = len(self.rows), len(self.columns)
        grid = cells.reshape(-1, rows, cols)
        whole = np.uint32 if max(rows, cols) <= FIT_32_BITS else np.uint64
        dtype = np.dtype(whole if cells.dtype.kind == "u" else np.float64)
        sums = np.empty((len(cells), self.width))
        sums[:, OF_COLUMNS] = np.add.reduce(grid, axis=1, dtype=dtype) @ self.columns
        sums[:, OF_ROWS] = np.add.reduce(grid, axis=2, dtype=dtype) @ self.rows
        return sums
