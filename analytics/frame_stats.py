"""Per-frame statistics: one row a frame, every frame of a recording or block.

Symbols, here and in `analytics.columns`: p pressure of a cell (kPa, or counts of a raw stream); V the cells that exist
and have a value; L the loaded ones of V, p > p0; n_V, n_L their numbers; a area of a cell in cm², 1 where unknown;
x, y centres of the cells in mm, or in cells without a pitch, along the layout's axes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.basic_set import Weights, arrival_stats, basic_set, chunks, weights
from analytics.columns import arrival_columns, definition, frame_columns
from analytics.shape import WIDTH, least, saturation_of, shape, shape_columns
from analytics.times import time_index
from barograph.frames import Block, Floats, Frames, Layout, Recording

__all__ = ["arrival_stats", "frame_stats"]


def frame_stats(
    data: Recording | Block,
    layout: Layout | None = None,
    *,
    loaded_above: float = 0.0,
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
    loaded_above : float, default 0
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream.
    cop_floor_n : float, optional
        Total force (N) below which the centre of pressure is missing; by default the layout's `floor_n`. Streams
        without a force have no floor: there it is missing when the sum is not above 0.
    saturation : float, optional
        The sensor's maximum in kPa, or counts of a raw stream; by default the largest whole number that the stored
        dtype holds. Of floats nobody knows it: `n_saturated` is NaN.

    Returns
    -------
    DataFrame of n rows, float64, index `time` (UTC). Columns by `columns.frame_columns(layout)`, each explained by
    `columns.definition(name)`. What is undefined is NaN. `attrs` carries parameters and units.

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
    w = weights(layout)
    if cop_floor_n is not None and layout.calibrated and layout.area_cm2 is not None:
        w = replace(w, floor_n=cop_floor_n)
    basic = basic_set(data.frames, w, loaded_above)
    limit = saturation_of(layout, saturation)
    rest = _rest(data.frames, layout, w, loaded_above)
    form = _form(data.frames, layout, basic, limit)
    made = (
        *arrival_columns(layout),
        *_rest_columns(layout),
        *(name for group in shape_columns(layout) for name in group),
    )
    values = dict(zip(made, (*basic.T, *rest.T, *form.T), strict=True))
    table = pd.DataFrame({name: values[name] for name in frame_columns(layout)}, index=time_index(data.times_us))
    table.attrs.update(_about(layout, w, loaded_above, limit))
    return table


def _layout(data: Recording | Block, layout: Layout | None) -> Layout:
    if layout is None:
        if isinstance(data, Block):
            raise ValueError("layout: expected the layout of the block's stream, got none")
        return data.layout
    if data.frames.shape[1:] != (layout.rows, layout.cols):
        raise ValueError(f"frames: expected cells of {layout.rows} x {layout.cols}, got {data.frames.shape[1:]}")
    return layout


def _about(layout: Layout, w: Weights, loaded_above: float, limit: Floats) -> dict[str, Any]:
    return {
        "metric": "frame_stats",
        "loaded_above": loaded_above,
        "cop_floor_n": w.floor_n if "total_force_n" in arrival_columns(layout) else None,
        "saturation": least(limit),
        "units": {name: definition(name).unit for name in frame_columns(layout)},
    }


def _rest_columns(layout: Layout) -> tuple[str, ...]:
    others = {*arrival_columns(layout), *(name for group in shape_columns(layout) for name in group)}
    return tuple(name for name in frame_columns(layout) if name not in others)


def _form(frames: Frames, layout: Layout, basic: Floats, limit: Floats) -> Floats:
    """(n, 10) as `shape.shape`, worked through in chunks."""
    out = np.full((len(frames), WIDTH), np.nan)
    for part in chunks(frames) if layout.valid.any() else ():
        out[part] = shape(frames[part], layout, ~np.isnan(basic[part, 4]), limit)
    return out


def _rest(frames: Frames, layout: Layout, w: Weights, loaded_above: float) -> Floats:
    """(n, 6): mean, minimum and SD of loaded cells, peak x and y, dead cells."""
    out = np.full((len(frames), 6), np.nan)
    out[:, 5] = 0.0
    for part in chunks(frames) if len(w.area) else ():
        cells = w.cells(frames[part])
        loaded = cells > w.stored(loaded_above, cells.dtype)
        out[part, :3] = _loaded_moments(cells, loaded) * (w.scale if w.linear else 1.0)
        if cells.dtype.kind == "f":
            missing = np.isnan(cells)
            out[part, 5] = missing.sum(axis=1)
            cells = np.where(missing, 0.0, cells)
        out[part, 3:5] = _peak_location(cells, layout)
    return out


def _loaded_moments(cells: Frames, loaded: NDArray[np.bool_]) -> Floats:
    """(n, 3) mean, minimum and population SD over the loaded cells; two passes, so that nothing cancels."""
    n = np.count_nonzero(loaded, axis=1).astype(np.float64)
    n[n == 0] = np.nan
    values = np.where(loaded, cells, 0).astype(np.float64, copy=False)
    mean = values.sum(axis=1) / n
    low = np.where(loaded, cells, _largest(cells.dtype)).min(axis=1)
    values -= mean[:, None]
    values *= loaded
    sd = np.sqrt(np.einsum("ij,ij->i", values, values) / n)
    return np.column_stack([mean, np.where(np.isfinite(n), low, np.nan), sd])


def _largest(dtype: np.dtype[Any]) -> Any:
    return dtype.type(np.inf if dtype.kind == "f" else np.iinfo(dtype).max)


def _peak_location(cells: Frames, layout: Layout) -> Floats:
    """(n, 2) centre of pressure of the 3×3 about the largest of (n, cells), NaN where no cell is above 0."""
    around = _neighbours(layout)
    # argmax takes the first of equals, which is the lowest row, then column.
    near = around.near[cells.argmax(axis=1)]
    load = np.maximum(cells[np.arange(len(cells))[:, None], near], 0) * around.area[near] * (near >= 0)
    total = load.sum(axis=1)
    total[total == 0] = np.nan
    return np.column_stack([(load * at[near]).sum(axis=1) / total for at in (around.x, around.y)])


class Neighbours(NamedTuple):
    """Of each cell that exists: `near` (cells, 9) numbers of its 3×3, −1 for none; centre and area (cells,)."""

    near: NDArray[np.intp]
    x: Floats
    y: Floats
    area: Floats


@lru_cache(maxsize=256)
def _neighbours(layout: Layout) -> Neighbours:
    valid = np.pad(layout.valid, 1)
    number = np.full(valid.shape, -1)
    number[valid] = np.arange(valid.sum())
    windows = np.lib.stride_tricks.sliding_window_view(number, (3, 3)).reshape(layout.rows, layout.cols, 9)
    y, x = np.broadcast_arrays(layout.y[:, None], layout.x[None, :])
    area = np.ones(x.shape) if layout.area_cm2 is None else layout.area_cm2
    return Neighbours(windows[layout.valid], x[layout.valid], y[layout.valid], area[layout.valid])
