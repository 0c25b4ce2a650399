"""The basic set of per-frame statistics: fast enough to be computed on every frame as it arrives.

All sums of a frame (total, moments, halves) are one matrix product of the frames with a (cells, 6) matrix of weights,
made once a layout. Frames are worked through in chunks that stay in the processor's cache, so memory does not grow
with their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.frames import KPA_PER_UNIT, Floats, Frames, Layout

# Half a MiB of float64: measured, a larger chunk leaves the second-level cache and costs twice.
CHUNK_CELLS = 1 << 16
TOTAL, LOAD, MOMENT_X, MOMENT_Y, LEFT, FRONT = range(6)


@dataclass(frozen=True, eq=False)
class Weights:
    """What a layout makes of a frame's cells; (cells,) arrays are over the cells that exist.

    `scale` turns a stored value into kPa or counts where one factor is enough, so that it can be applied to sums; else
    `gain` and `zero` do, cell by cell, and what is below `least` is that. `sums` is (cells, 6);
    `area` (cells,) in cm², `one_area` the same as a number where all are equal.
    """

    scale: float
    gain: Floats
    zero: Floats
    least: float | None
    live: NDArray[np.intp] | None
    sums: Floats
    area: Floats
    one_area: float | None
    floor_n: float

    @property
    def linear(self) -> bool:
        """True when sums and extremes of stored values need a factor only."""
        return self.scale > 0.0

    def stored(self, threshold: float, dtype: np.dtype[Any]) -> float:
        """A threshold in kPa or counts as one for `cells` of this dtype, whole for whole numbers (which is faster)."""
        if not self.linear:
            return threshold
        limit = threshold / self.scale
        return int(np.floor(limit)) if dtype.kind == "u" else limit

    def cells(self, frames: Frames) -> Frames:
        """(n, cells) of the cells that exist: stored values, or kPa and counts where a factor is not enough."""
        flat = frames.reshape(len(frames), -1)
        if self.live is not None:
            flat = flat.take(self.live, axis=1)
        if self.linear:
            return flat
        values = flat * self.gain + self.zero
        return values if self.least is None else np.maximum(values, self.least, out=values)


@lru_cache(maxsize=256)
def weights(layout: Layout) -> Weights:
    """The weights of a layout, made once."""
    valid = layout.valid.ravel()
    live = None if valid.all() else np.flatnonzero(valid)
    known = layout.area_cm2 is not None
    area = np.asarray(layout.area_cm2 if known else np.ones((layout.rows, layout.cols)), np.float64).ravel()[valid]
    kpa = KPA_PER_UNIT.get(layout.unit, 1.0)
    force = layout.calibrated and known
    alike = layout.cell_factors is None and layout.tare is None and layout.offset == 0.0
    return Weights(
        scale=layout.scale * kpa if alike else 0.0,
        gain=_of_live(layout.gain * kpa, valid),
        zero=_of_live(layout.zero * kpa, valid),
        least=None if layout.tare is None else 0.0,
        live=live,
        sums=_sums(layout, area, valid, 0.1 * area if force else np.ones_like(area)),
        area=area,
        one_area=float(area[0]) if len(area) and (area == area[0]).all() else None,
        floor_n=layout.floor_n if force else 0.0,
    )


def _of_live(values: Floats, valid: NDArray[np.bool_]) -> Floats:
    """One number for all cells as it is, else those of the cells that exist."""
    return values.ravel()[valid] if values.ndim else values


def _sums(layout: Layout, area: Floats, valid: NDArray[np.bool_], total: Floats) -> Floats:
    def of_cells(per_row: Floats, per_col: Floats) -> Floats:
        return area * np.multiply.outer(per_row, per_col).ravel()[valid]

    rows, cols = np.ones(layout.rows), np.ones(layout.cols)
    return np.column_stack(
        [
            total,
            area,
            of_cells(rows, layout.x),
            of_cells(layout.y, cols),
            of_cells(rows, first_half(layout.cols)),
            of_cells(first_half(layout.rows), cols),
        ]
    )


def first_half(lines: int) -> Floats:
    """(lines,) share of each line that lies in the first half: 1, then 0.5 for the middle of an odd number, then 0."""
    return np.clip(lines / 2 - np.arange(lines), 0.0, 1.0)


def chunks(frames: Frames, cells: int = CHUNK_CELLS) -> Iterator[slice]:
    """Cut (n, rows, cols) so that a chunk's cells stay in the cache."""
    size = max(1, cells // max(1, frames[0].size)) if len(frames) else 1
    for start in range(0, len(frames), size):
        yield slice(start, start + size)


def basic_set(frames: Frames, w: Weights, loaded_above: float = 0.0, out: Floats | None = None) -> Floats:
    """The basic set of (n, rows, cols) stored frames as (n, 10) float64, columns as in `columns.arrival_columns`."""
    out = np.full((len(frames), 10), np.nan) if out is None else out
    if len(w.area):
        for part in chunks(frames):
            _fill(out[part], w.cells(frames[part]), w, loaded_above)
    return out


def _fill(out: Floats, cells: Frames, w: Weights, loaded_above: float) -> None:
    sums, valid = _weighted(cells, w)
    factor = w.scale if w.linear else 1.0
    loaded = cells > w.stored(loaded_above, cells.dtype)
    n_loaded = loaded.view(np.uint8).sum(axis=1, dtype=np.uint32)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[:, 0] = sums[:, TOTAL] * factor
        out[:, 1] = np.fmax.reduce(cells, axis=1) * factor
        out[:, 2] = n_loaded * w.one_area if w.one_area is not None else loaded @ w.area
        out[:, 3] = 100.0 * n_loaded / valid
        _locate(out, sums, w)
    if isinstance(valid, np.ndarray):
        out[valid == 0, :4] = np.nan


def _locate(out: Floats, sums: Floats, w: Weights) -> None:
    load = np.where(sums[:, LOAD] > 0.0, sums[:, LOAD], np.nan)
    centre = np.where(out[:, 0] >= w.floor_n, load, np.nan)
    out[:, 4] = sums[:, MOMENT_X] / centre
    out[:, 5] = sums[:, MOMENT_Y] / centre
    out[:, 6] = 100.0 * (sums[:, LEFT] / load)
    out[:, 7] = 100.0 - out[:, 6]
    out[:, 8] = 100.0 * (sums[:, FRONT] / load)
    out[:, 9] = 100.0 - out[:, 8]


def _weighted(cells: Frames, w: Weights) -> tuple[Floats, int | NDArray[np.intp]]:
    """The (n, 6) sums and how many cells of each frame have a value."""
    sums = cells.astype(np.float64, copy=False) @ w.sums
    if cells.dtype.kind != "f":
        return sums, cells.shape[1]
    # A missing cell is NaN and spoils its frame's sums: only such frames are done again, so full ones pay nothing.
    spoilt = np.isnan(sums[:, TOTAL])
    if not spoilt.any():
        return sums, cells.shape[1]
    missing = np.isnan(cells[spoilt])
    sums[spoilt] = np.where(missing, 0.0, cells[spoilt]).astype(np.float64, copy=False) @ w.sums
    valid = np.full(len(cells), cells.shape[1], np.intp)
    valid[spoilt] -= missing.sum(axis=1)
    return sums, valid


def arrival_stats(frames: Frames, layout: Layout) -> NDArray[np.float32]:
    """Compute the basic set of a block's frames, as ingest stores it.

    Parameters
    ----------
    frames : (n, rows, cols) array in the layout's dtype, missing cells NaN, no infinite values
    layout : Layout
        Shape, unit, scale, pitch, areas and mask; what is derived from it is kept for the next call.

    Returns
    -------
    (n, 10) float32, columns named by `columns.arrival_columns(layout)`; what is undefined is NaN.

    Raises
    ------
    ValueError
        When the frames are not (n, rows, cols) of the layout.
    """
    if frames.ndim != 3 or frames.shape[1:] != (layout.rows, layout.cols):
        raise ValueError(f"frames: expected (n, {layout.rows}, {layout.cols}), got {frames.shape}")
    return basic_set(frames, weights(layout)).astype(np.float32)
