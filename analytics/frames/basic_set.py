"""The basic set of per-frame statistics: fast enough to be computed on every frame as it arrives.

All sums of a frame (total, moments, halves) are made at once, with weights that are made once a layout
(`weighted_sums`). Frames are worked through in chunks that stay in the processor's cache, so memory does not grow with
their number.

Terms: arrival statistics (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.base.arguments import checked
from analytics.frames.sole import most_dead_cm2
from analytics.frames.weighted_sums import LEFT, LINES_CELLS, LOAD, MOMENT_X, MOMENT_Y, TOTAL, Lines, Product, Sums
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Frames, Layout, narrow

# Half a MiB of float64: measured, a larger chunk leaves the second-level cache and costs twice.
CHUNK_CELLS = 1 << 16
# Of the basic set, whose calls cost more on half of it than what leaves the cache.
BASIC_CELLS = 1 << 17
# Columns of so many frames are worked out together from what each of their chunks gave.
FINISHED_AT_ONCE = 1 << 12


@dataclass(frozen=True, eq=False)
class Weights:
    """What a layout makes of a frame's cells; (cells,) arrays are over the cells that exist.

    `scale` turns a stored value into kPa, N or counts where one factor is enough, so that it can be applied to sums;
    else `gain` and `zero` do, cell by cell, and what is below `least` is that. With a `curve` stored values go
    through that first. `sums` makes the weighted sums of a frame;
    `area` (cells,) in cm², `one_area` the same as a number where all are equal. `loaded_above` is the layout's contact
    threshold in kPa or counts. With more than `most_dead` cm² in cells without a value there is no total and no centre.
    """

    scale: float
    gain: Floats
    zero: Floats
    least: float | None
    curve: Callable[[Frames], Floats] | None
    live: NDArray[np.intp] | None
    sums: Sums
    area: Floats
    one_area: float | None
    floor_n: float
    loaded_above: float
    most_dead: float

    @property
    def linear(self) -> bool:
        """True when sums and extremes of stored values need a factor only."""
        return self.scale > 0.0

    def stored(self, threshold: float, dtype: np.dtype[Any]) -> float:
        """Return a threshold in kPa or counts as one for `cells` of this dtype; whole for whole numbers."""
        if not self.linear:
            return threshold
        limit = threshold / self.scale
        return int(np.floor(limit)) if dtype.kind == "u" else limit

    def cells(self, frames: Frames) -> Frames:
        """Return (n, cells) of the cells that exist: stored values, or kPa and counts where a factor is not enough."""
        flat = frames.reshape(len(frames), -1)
        if self.live is not None:
            flat = flat.take(self.live, axis=1)
        if self.linear:
            return flat
        if self.curve is not None:
            flat = self.curve(flat)
        values = flat * self.gain + self.zero
        return values if self.least is None else np.maximum(values, self.least, out=values)


@lru_cache(maxsize=256)
def weights(layout: Layout) -> Weights:
    """Return the weights of a layout, made once."""
    return _weights_of(layout)


def _weights_of(layout: Layout) -> Weights:
    valid = layout.valid.ravel()
    live = None if valid.all() else np.flatnonzero(valid)
    area = np.ones(valid.sum()) if layout.area_cm2 is None else np.asarray(layout.area_cm2).ravel()[valid]
    kpa = KPA_PER_UNIT.get(layout.unit, 1.0)
    force = 0.1 * area if layout.quantity == "pressure" and layout.has_force else np.ones_like(area)
    alike = layout.cell_factors is None and layout.tare is None and layout.offset == 0.0
    alike = alike and layout.curve is None
    return Weights(
        scale=layout.scale * kpa if alike else 0.0,
        gain=_of_live(layout.gain * kpa, valid),
        zero=_of_live(layout.zero * kpa, valid),
        least=None if layout.tare is None else 0.0,
        curve=_curve_of(layout, valid),
        live=live,
        sums=_sums(layout, area, valid, force),
        area=area,
        one_area=float(area[0]) if len(area) and (area == area[0]).all() else None,
        floor_n=layout.floor_n if layout.has_force else 0.0,
        loaded_above=layout.loaded_above,
        most_dead=most_dead_cm2(layout),
    )


def _curve_of(layout: Layout, valid: NDArray[np.bool_]) -> Callable[[Frames], Floats] | None:
    """What brings (n, cells) stored values of cells that exist through the curve; None without one."""
    if layout.curve is None:
        return None
    curve, factors = layout.curve.taken(np.flatnonzero(valid)), _of_live(layout.factors, valid)

    def worked_out(stored: Frames) -> Floats:
        return curve.of(stored * factors)

    if layout.numpy_dtype.kind != "u" or curve.per_cell or factors.ndim:
        return worked_out
    # All whole numbers that can be stored, looked up: ten times faster than a power of each.
    values = worked_out(np.arange(layout.most_stored + 1.0)[:, None]).ravel()
    return lambda stored: values.take(stored) if stored.dtype == layout.numpy_dtype else worked_out(stored)


def _of_live(values: Floats, valid: NDArray[np.bool_]) -> Floats:
    """One number for all cells as it is, else those of the cells that exist."""
    return values.ravel()[valid] if values.ndim else values


def _sums(layout: Layout, area: Floats, valid: NDArray[np.bool_], total: Floats) -> Sums:
    if not layout.placed:
        return Product(np.column_stack([total, area]))
    alike = layout.geometry is None and valid.all() and (area == area[0]).all()
    if alike and layout.cells >= LINES_CELLS:
        one, left, front = np.ones(layout.cols), first_half(layout.cols), first_half(layout.rows)
        return Lines(
            np.column_stack([total[0] * one, area[0] * one, area[0] * layout.x, area[0] * left]),
            area[0] * np.column_stack([layout.y, front]),
        )
    load = area[:, None]
    return Product(np.column_stack([total, area, load * layout.centres[valid], load * first_halves(layout)[valid]]))


def first_halves(layout: Layout) -> Floats:
    """Return (cells, 2) the part of each cell that lies in the left half of the sensor, and in the front half."""
    if layout.geometry is not None:
        return np.column_stack([layout.geometry.first_half(0), 1.0 - layout.geometry.first_half(1)])
    left, front = first_half(layout.cols), first_half(layout.rows)
    return np.column_stack([np.tile(left, layout.rows), np.repeat(front, layout.cols)])


def first_half(lines: int) -> Floats:
    """Return (lines,) share of each line that lies in the first half.

    1, then 0.5 for the middle of an odd number, then 0.
    """
    return np.clip(lines / 2 - np.arange(lines), 0.0, 1.0)


def chunks(frames: Frames, cells: int = CHUNK_CELLS) -> Iterator[slice]:
    """Cut (n, rows, cols) so that a chunk's cells stay in the cache."""
    size = max(1, cells // max(1, frames[0].size)) if len(frames) else 1
    for start in range(0, len(frames), size):
        yield slice(start, start + size)


def basic_set(frames: Frames, w: Weights, out: Floats | None = None) -> Floats:
    """Return the basic set of (n, rows, cols) stored frames as (n, 10) float64, columns as `arrival_columns`.

    (n, 4) where the places of cells are not known.
    """
    out = np.full((len(frames), width_of(w)), np.nan) if out is None else out
    if len(w.area):
        for start in range(0, len(frames), FINISHED_AT_ONCE):
            part = slice(start, start + FINISHED_AT_ONCE)
            _finish(out[part], _raw(frames[part], w), w)
    return out


def width_of(w: Weights) -> int:
    """Return how many columns the basic set has."""
    return 10 if w.sums.width == 6 else 4


class Raw(NamedTuple):
    """Of each frame: the weighted sums, largest value, loaded cells and their area.

    `missing` is how many cells have no value; None where all have one.
    """

    sums: Floats
    peak: Frames
    loaded: NDArray[np.uint32]
    area: Floats
    missing: NDArray[np.intp] | None


def _raw(frames: Frames, w: Weights) -> Raw:
    """What needs every cell, chunk by chunk in the cache."""
    parts = [_of_chunk(w.cells(frames[part]), w) for part in chunks(frames, BASIC_CELLS)]
    if len(parts) == 1:
        return parts[0]
    sums, peak, loaded, area = (np.concatenate(found) for found in list(zip(*parts, strict=True))[:4])
    missing = None
    if any(part.missing is not None for part in parts):
        none = np.zeros(len(parts[0].peak), np.intp)
        missing = np.concatenate([none[: len(p.peak)] if p.missing is None else p.missing for p in parts])
    return Raw(sums, peak, loaded, area, missing)


def _of_chunk(cells: Frames, w: Weights) -> Raw:
    sums, missing = _weighted(cells, w)
    flags = _above(cells, w.stored(w.loaded_above, cells.dtype))
    # Sixty-four cells are a word of bits, whose ones a processor counts at once.
    words = np.packbits(flags, axis=1).view(np.uint64)
    loaded = np.add.reduce(np.bitwise_count(words), axis=1, dtype=np.uint32)
    area = flags[:, : cells.shape[1]] @ w.area if w.one_area is None else loaded * w.one_area
    return Raw(sums, np.fmax.reduce(cells, axis=1), loaded, area, missing)


def _above(cells: Frames, limit: float) -> NDArray[np.bool_]:
    """(n, cells) True above a limit, and False in what it takes to fill words of 64 cells."""
    n, wide = cells.shape
    if wide % 64 == 0:
        return np.greater(cells, limit)
    flags = np.zeros((n, -(-wide // 64) * 64), np.bool_)
    np.greater(cells, limit, out=flags[:, :wide])
    return flags


def _finish(out: Floats, raw: Raw, w: Weights) -> None:
    """The columns, of all frames at once: calls on a chunk's few frames would cost a sixth of the whole."""
    factor, sums = w.scale if w.linear else 1.0, raw.sums
    valid = len(w.area) if raw.missing is None else len(w.area) - raw.missing
    with np.errstate(invalid="ignore", divide="ignore"):
        np.multiply(sums[:, TOTAL], factor, out=out[:, 0])
        np.multiply(raw.peak, factor, out=out[:, 1], dtype=np.float64)
        out[:, 2] = raw.area
        np.divide(100.0 * raw.loaded, valid, out=out[:, 3])
        if out.shape[1] > 4:
            load = np.where(sums[:, LOAD] > 0.0, sums[:, LOAD], np.nan)
            centre = np.where(out[:, 0] >= w.floor_n, load, np.nan)
            np.divide(sums[:, MOMENT_X : MOMENT_Y + 1], centre[:, None], out=out[:, 4:6])
            shares = 100.0 * (sums[:, LEFT:] / load[:, None])
            out[:, 6::2] = shares
            np.subtract(100.0, shares, out=out[:, 7::2])
    if raw.missing is not None:
        out[valid == 0, :4] = np.nan


def _weighted(cells: Frames, w: Weights) -> tuple[Floats, NDArray[np.intp] | None]:
    """The weighted sums, and how many cells of each frame have no value; None where all have one."""
    sums = w.sums.of(cells)
    if cells.dtype.kind != "f":
        return sums, None
    # A missing cell is NaN and spoils its frame's sums: only such frames are done again, so full ones pay nothing.
    spoilt = np.isnan(sums[:, TOTAL])
    if not spoilt.any():
        return sums, None
    missing = np.isnan(cells[spoilt])
    sums[spoilt] = w.sums.of(np.where(missing, 0.0, cells[spoilt]))
    lost = np.zeros(len(cells), np.intp)
    lost[spoilt] = missing.sum(axis=1)
    if w.most_dead < np.inf:
        sums[np.flatnonzero(spoilt)[missing @ w.area > w.most_dead], TOTAL] = np.nan
    return sums, lost


@checked
def arrival_stats(frames: Frames, layout: Layout) -> NDArray[np.float32]:
    """Compute the basic set of a block's frames, as ingest stores it.

    Parameters
    ----------
    frames : (n, rows, cols) array in the layout's dtype, missing cells NaN, no infinite values
    layout : Layout
        Shape, unit, scale, pitch, areas and mask; what is derived from it is kept for the next call.

    Returns
    -------
    (n, 10) float32, (n, 4) where places of cells are not known; columns named by `columns.arrival_columns(layout)`. NaN
    for what is undefined or beyond float32.

    Raises
    ------
    ValueError
        When the frames are not (n, rows, cols) of the layout.
    """
    if frames.ndim != 3 or frames.shape[1:] != (layout.rows, layout.cols):
        raise InvalidData(f"frames: expected (n, {layout.rows}, {layout.cols}), got {frames.shape}", field="frames")
    with np.errstate(over="ignore", invalid="ignore"):  # a sum of the largest floats is no number, and said as such
        return narrow(basic_set(frames, weights(layout)))
