"""Per-frame statistics: one row per frame, every frame of a recording or block.

Symbols, here and in `analytics.columns`: p pressure of a cell (kPa; N of cells with forces, or counts of a raw
stream); V the cells that exist
and have a value; L the loaded ones of V, p > p0, the contact threshold; n_V, n_L their numbers; a area of a cell in
cm², 1 where unknown; x, y centres of the cells in mm, or in cells without a pitch, along the layout's axes, or as its
geometry has them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import time_index
from analytics.columns import arrival_columns, definition, frame_columns
from analytics.definitions.shape_columns import shape_columns
from analytics.frames.basic_set import Weights, arrival_stats, basic_set, chunks, weights
from analytics.frames.cell_shape import cell_shape, neighbours_of, padded
from analytics.frames.shape import least, saturation_of, shape
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Frames, Layout, Recording

# Of the whole table, which makes many small arrays a chunk: measured, calls cost more than what leaves the cache.
CHUNK_CELLS = 1 << 17

__all__ = ["arrival_stats", "frame_stats"]


@checked
def frame_stats(
    data: Recording | Block,
    layout: Layout | None = None,
    *,
    loaded_above: float | None = None,
    cop_floor_n: float | None = None,
    saturation: float | None = None,
) -> pd.DataFrame:
    """Compute the per-frame table of a recording or a block, in float64.

    Parameters
    ----------
    data : Recording or Block
        Frames (n, rows, cols) as stored; missing cells NaN or outside the layout's mask. A block needs `layout`.
    layout : Layout, optional
        Another layout than the recording's, for example one with a better calibration.
    loaded_above : float, optional
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream. By default the layout's
        `loaded_above`: its `contact_kpa`, else 10 kPa under feet and 0.667 kPa on seats and mats; raw streams 0.
    cop_floor_n : float, optional
        Total force (N) below which the centre of pressure is missing; by default the layout's `floor_n`. Streams
        without a force have no floor: there it is missing when the sum is not above 0.
    saturation : float, optional
        The sensor's maximum in kPa, or counts of a raw stream; by default the largest whole number that the stored
        dtype holds. Of floats nobody knows it: `n_saturated` is NaN.

    Returns
    -------
    DataFrame of n rows, float64, index `time` (UTC). Columns by `columns.frame_columns(layout)`, each explained by
    `columns.definition(name)`. What is undefined is NaN. `attrs` carries parameters and units, and as `missing_us` the
    times between which frames are missing, which every function of this table takes for a gap.

    Raises
    ------
    ValueError
        When a block comes without a layout, or frames do not have the layout's rows and columns.

    Notes
    -----
    Missing cells are left out of every number and counted in `n_dead`. A frame without any value has only `n_dead`.
    Negative values count in sums and extremes. Works chunk by chunk: beside the result, memory does not grow with n.

    Examples
    --------
    >>> import numpy as np, barograph, analytics
    >>> layout = barograph.Layout(rows=2, cols=2, unit="kPa", pitch_mm=(10, 10), cop_floor_n=0)
    >>> plate = barograph.Recording(frames=np.full((1, 2, 2), 50.0), times_us=np.array([0]), layout=layout)
    >>> float(analytics.frame_stats(plate)["total_force_n"].iloc[0])
    20.0
    """
    layout = _layout(data, layout)
    bounds.given("loaded_above", loaded_above, least=0)
    _check(cop_floor_n, saturation)
    w = weights(layout)
    if loaded_above is not None:
        w = replace(w, loaded_above=loaded_above)
    if cop_floor_n is not None and layout.has_force:
        w = replace(w, floor_n=cop_floor_n)
    basic = basic_set(data.frames, w)
    limit = saturation_of(layout, saturation)
    rest = _rest(data.frames, layout, w)
    form = _form(data.frames, layout, basic, limit)
    names, order = _columns(layout)
    # Column after column in memory, as pandas keeps them.
    columns = np.hstack([basic, rest, form]).T[order]
    table = pd.DataFrame(columns.T, time_index(data.times_us), names, copy=False)
    table.attrs.update(_about(layout, w, limit) | missing_frames(data))
    return table


def _check(cop_floor_n: float | None, saturation: float | None) -> None:
    if cop_floor_n is not None:
        bounds.number("cop_floor_n", cop_floor_n, least=0, unit="N")
    if saturation is not None:
        bounds.number("saturation", saturation, above=0)


def missing_frames(data: Recording | Block) -> dict[str, Any]:
    """Return what a per-frame table says of lost frames: as `missing_us` the times of the frames before and after."""
    spans = data.missing_us if isinstance(data, Recording) else np.zeros((0, 2))
    return {"missing_us": spans.tolist()} if len(spans) else {}


def _layout(data: Recording | Block, layout: Layout | None) -> Layout:
    if layout is None:
        if isinstance(data, Block):
            raise InvalidData("layout: expected the layout of the block's stream, got none", field="layout")
        return data.layout
    if data.frames.shape[1:] != (layout.rows, layout.cols):
        raise InvalidData(
            f"frames: expected cells of {layout.rows} x {layout.cols}, got {data.frames.shape[1:]}", field="frames"
        )
    return layout


def _about(layout: Layout, w: Weights, limit: Floats) -> dict[str, Any]:
    return {
        "metric": "frame_stats",
        "kind": layout.kind,
        "side": layout.side,
        "loaded_above": w.loaded_above,
        "cop_floor_n": w.floor_n if "total_force_n" in arrival_columns(layout) else None,
        "saturation": least(limit),
        "units": dict(_units(layout)),
    }


@lru_cache(maxsize=256)
def _columns(layout: Layout) -> tuple[pd.Index, list[int]]:
    """Names of the table's columns, and the place of each in basic set, rest and form side by side."""
    names = frame_columns(layout)
    form = [name for group in shape_columns(layout) for name in group]
    first = arrival_columns(layout)
    made = [*first, *(name for name in names if name not in {*first, *form}), *form]
    return pd.Index(names), [made.index(name) for name in names]


@lru_cache(maxsize=256)
def _units(layout: Layout) -> dict[str, str]:
    return {name: definition(name).unit for name in frame_columns(layout)}


def _form(frames: Frames, layout: Layout, basic: Floats, limit: Floats) -> Floats:
    """(n, columns) of `shape_columns`, worked through in chunks."""
    out = np.full((len(frames), sum(map(len, shape_columns(layout)))), np.nan)
    make = shape if layout.places == "grid" else cell_shape
    centred = ~np.isnan(basic[:, 4]) if layout.placed else np.zeros(len(frames), bool)
    for part in chunks(frames, CHUNK_CELLS) if layout.valid.any() else ():
        out[part] = make(frames[part], layout, centred[part], limit)
    return out


def _rest(frames: Frames, layout: Layout, w: Weights) -> Floats:
    """(n, 6): mean, minimum and SD of loaded cells, peak x and y, dead cells; without places (n, 4), no peak."""
    out = np.full((len(frames), 6 if layout.placed else 4), np.nan)
    out[:, -1] = 0.0
    for part in chunks(frames, CHUNK_CELLS) if len(w.area) else ():
        cells = w.cells(frames[part])
        loaded = cells > w.stored(w.loaded_above, cells.dtype)
        out[part, :3] = _loaded_moments(cells, loaded) * (w.scale if w.linear else 1.0)
        if cells.dtype.kind == "f" and np.isnan(cells.min()):
            missing = np.isnan(cells)
            out[part, -1] = missing.sum(axis=1)
            cells = np.where(missing, 0.0, cells)
        if layout.placed:
            out[part, 3:5] = _peak_location(cells, layout)
    return out


def _loaded_moments(cells: Frames, loaded: NDArray[np.bool_]) -> Floats:
    """(n, 3) mean, minimum and population SD over the loaded cells; two passes, so that nothing cancels."""
    out = np.full((len(cells), 3), np.nan)
    n = loaded.view(np.uint8).sum(axis=1, dtype=np.intp)
    some = n > 0
    if not some.any():
        return out
    # The loaded cells alone, frame after frame: a foot loads a quarter of its sensor.
    values, n = cells[loaded].astype(np.float64, copy=False), n[some]
    first = np.cumsum(n) - n
    mean = np.add.reduceat(values, first) / n
    low = np.minimum.reduceat(values, first)
    values -= np.repeat(mean, n)
    sd = np.sqrt(np.add.reduceat(np.square(values, out=values), first) / n)
    out[some] = np.column_stack([mean, low, sd])
    return out


def _peak_location(cells: Frames, layout: Layout) -> Floats:
    """(n, 2) centre of pressure of the largest of (n, cells) and those about it, NaN where no cell is above 0."""
    around = _neighbours(layout)
    # argmax takes the first of equals, which is the lowest row, then column.
    peak = cells.argmax(axis=1)
    near = around.near[peak] + (np.arange(len(cells)) * cells.shape[1])[:, None]
    load = np.maximum(cells.take(near), 0) * around.area[peak]
    total = load.sum(axis=1)
    total[total == 0] = np.nan
    return np.column_stack([np.vecdot(load, at[peak]) / total for at in (around.x, around.y)])


class Neighbours(NamedTuple):
    """Of each cell that exists and those about it, all (cells, k): numbers of the cells, their centres and areas.

    About a cell of a grid lies its 3×3, about another its Delaunay neighbours. A cell that is not there is the middle
    one again, with no area.
    """

    near: NDArray[np.intp]
    x: Floats
    y: Floats
    area: Floats


@lru_cache(maxsize=256)
def _neighbours(layout: Layout) -> Neighbours:
    return _neighbours_of(layout)


def _neighbours_of(layout: Layout) -> Neighbours:
    near = _of_grid(layout) if layout.geometry is None else padded(neighbours_of(layout))
    there, near = near >= 0, np.where(near < 0, near[:, :1], near)
    x, y = layout.centres[layout.valid.ravel()].T
    area = np.ones(len(x)) if layout.area_cm2 is None else layout.area_cm2[layout.valid]
    return Neighbours(near, x[near], y[near], area[near] * there)


def _of_grid(layout: Layout) -> NDArray[np.intp]:
    """(cells, 9) numbers of the cell itself and the 3×3 about it; −1 where there is none."""
    valid = np.pad(layout.valid, 1)
    number = np.full(valid.shape, -1)
    number[valid] = np.arange(valid.sum())
    windows = np.lib.stride_tricks.sliding_window_view(number, (3, 3)).reshape(layout.rows, layout.cols, 9)
    return np.asarray(windows[layout.valid][:, [4, 0, 1, 2, 3, 5, 6, 7, 8]])
