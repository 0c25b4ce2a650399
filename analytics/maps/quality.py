"""Sensor quality: cells that are dead, stuck or saturated; tare; repair. The raw values stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.arguments import check_columns, checked
from analytics.base.times import recording_times, runs, steps_s
from analytics.frames.cell_shape import neighbours_of
from analytics.frames.contact import CONTACT_SHARE
from analytics.frames.shape import at_maximum, least, saturation_of
from analytics.maps.maps import pressures
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording

Mask = NDArray[np.bool_]
DEAD_S, STUCK_VARIATION = 1.0, 0.05
NEIGHBOURS = 3
# The eight cells around one, each four places before its opposite.
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))


@checked
def bad_cells(
    recording: Recording, *, dead_s: float = DEAD_S, saturation: float | None = None, gap_s: float | None = None
) -> pd.DataFrame:
    """Find the cells that cannot be trusted.

    Parameters
    ----------
    recording : Recording
        n frames.
    dead_s : float, default 1
        A cell is dead when it has no value in any frame, or was never loaded while three neighbours or more were, two
        of them on opposite sides, for this long. (Along a straight edge of contact every cell has three loaded
        neighbours.) Of cells that are no grid the neighbours are Delaunay neighbours, which have to lie all
        around; cells whose places are not known have none.
    saturation : float, optional
        The sensor's maximum in kPa or counts; by default the largest whole number its dtype holds, none for floats.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, whose time does not count.

    Returns
    -------
    DataFrame of one row per bad cell, by row and column: `row`, `col`, `dead`, `stuck` (one value above 0 all the time,
    while the sum of the others varied by 5 % or more), `saturated` (share of frames at the maximum, 0 to 1).

    Raises
    ------
    InvalidData
        When `gap_s` is not above 0.
    """
    layout = recording.layout
    bounds.number("dead_s", dead_s, least=0, unit="s")
    if saturation is not None:
        bounds.number("saturation", saturation, least=0)
    times = recording_times(recording, gap_s)
    step = np.append(np.nan_to_num(steps_s(times)), 0.0)[: len(recording)]
    limit = saturation_of(layout, saturation)
    surrounded, _ = _around(layout)
    low, high = np.full((2, layout.rows, layout.cols), np.nan)
    seen, alone_s, at_limit = np.zeros((3, layout.rows, layout.cols))
    sums = np.zeros(len(recording))
    for part, cells in pressures(recording):
        low, high = np.fmin(low, np.fmin.reduce(cells)), np.fmax(high, np.fmax.reduce(cells))
        seen += (~np.isnan(cells)).sum(axis=0)
        alone_s += np.tensordot(step[part], surrounded(cells > layout.loaded_above), axes=1)
        at_limit += at_maximum(cells, recording.frames[part], layout, limit).sum(axis=0)
        sums[part] = np.nansum(cells, axis=(1, 2))
    n = len(recording)
    dead = layout.valid & (n > 0) & ((seen == 0) | ((high == 0) & (alone_s >= dead_s)))
    varies = n > 1 and np.ptp(sums) > STUCK_VARIATION * np.abs(sums).max()
    stuck = layout.valid & (low == high) & (high > 0) & (seen > 1) & varies
    saturated = np.where(layout.valid, at_limit / max(n, 1), 0.0)
    row, col = np.nonzero(dead | stuck | (saturated > 0))
    table = pd.DataFrame({"row": row, "col": col, "dead": dead[row, col], "stuck": stuck[row, col]})
    table["saturated"] = saturated[row, col]
    return described(table, "bad_cells", dead_s=dead_s, saturation=least(limit), gap_s=times.gap_s)


@checked
def repair(recording: Recording, cells: Mask | pd.DataFrame) -> Recording:
    """Replace bad cells by the mean of their valid neighbours, frame by frame.

    Parameters
    ----------
    recording : Recording
        n frames; it stays as it is.
    cells : (rows, cols) bool or DataFrame
        Which cells, or a table of `bad_cells`, of which the dead and the stuck are repaired.

    Returns
    -------
    Recording with float64 frames in the layout's unit; `provenance["repaired"]` lists [row, col] of the cells. A cell
    without a valid neighbour is NaN.

    Raises
    ------
    InvalidData
        When the mask is of another shape.
    """
    layout = recording.layout
    bad = _mask(layout, cells) & layout.valid
    values = recording.values()
    values[:, bad] = np.nan
    good = ~np.isnan(values)
    _, sums_around = _around(layout)
    total, n = (sums_around(each) for each in (np.where(good, values, 0.0), good.astype(np.float64)))
    mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    values[:, bad] = mean[:, bad]
    return _as_floats(recording, values, repaired=np.argwhere(bad).tolist())


@checked
def tare(recording: Recording, unloaded: Mask | None = None) -> Recording:
    """Take what an unloaded sensor shows off every frame: max(p − p_ref, 0).

    Parameters
    ----------
    recording : Recording
        n frames; it stays as it is.
    unloaded : (n,) bool, optional
        Frames in which nothing touched the sensor; by default those whose sum is in the lowest tenth of its range.

    Returns
    -------
    Recording with float64 frames in the layout's unit. `provenance["tare"]` has the number of `frames` of which p_ref
    is the median, its largest value `reference_max`, and `drift`: how much the mean cell of the last unloaded period
    lies above p_ref.

    Raises
    ------
    InvalidData
        When no frame is unloaded, or the mask is of another shape.

    Notes
    -----
    A sensor under constant load has no unloaded frame, and the default cannot know that: name the frames.
    """
    values = recording.values()
    chosen = _unloaded(values) if unloaded is None else unloaded
    if chosen.shape != (len(values),) or not chosen.any():
        raise InvalidData(f"unloaded: expected ({len(values)},) with a frame or more, got {chosen.shape}")
    reference = _median(values[chosen])
    first, after = runs(chosen, recording_times(recording))[-1]
    drift = np.nanmean(_median(values[first:after]) - reference) if np.isfinite(reference).any() else np.nan
    about = {
        "frames": int(chosen.sum()),
        "reference_max": float(np.fmax.reduce(reference, axis=None)),
        "drift": float(drift),
    }
    return _as_floats(recording, np.maximum(values - reference, 0.0), tare=about)


def _median(values: Floats) -> Floats:
    """(rows, cols) median over frames, NaN where a cell has no value."""
    known = ~np.isnan(values).all(axis=0)
    out = np.full(values.shape[1:], np.nan)
    out[known] = np.nanmedian(values[:, known], axis=0)
    return out


def _unloaded(values: Floats) -> Mask:
    sums = np.nansum(values, axis=(1, 2))
    return np.asarray(sums <= sums.min(initial=np.inf) + CONTACT_SHARE * (np.ptp(sums) if len(sums) else 0.0))


def _mask(layout: Layout, cells: Mask | pd.DataFrame) -> Mask:
    if isinstance(cells, pd.DataFrame):
        check_columns("cells", cells, ("row", "col", "dead", "stuck"), "bad_cells")
        chosen = cells[cells["dead"] | cells["stuck"]]
        mask = np.zeros(layout.valid.shape, bool)
        mask[chosen["row"].to_numpy(int), chosen["col"].to_numpy(int)] = True
        return mask
    if cells.shape != layout.valid.shape or cells.dtype != np.bool_:
        raise InvalidData(f"cells: expected {layout.valid.shape} bool, got {cells.shape} {cells.dtype}", field="cells")
    return cells


def _as_floats(recording: Recording, values: Floats, **provenance: Any) -> Recording:
    linear: dict[str, Any] = {"scale": 1.0, "offset": 0.0, "cell_factors": None, "tare": None, "curve": None}
    layout = replace(recording.layout, dtype="float64", **linear)
    about = {**recording.provenance, **provenance}
    return replace(recording, frames=values, layout=layout, stats=None, provenance=about)


def _around(layout: Layout) -> tuple[Callable[[Mask], Mask], Callable[[Floats], Floats]]:
    """How to see which cells are surrounded by loaded ones, and to sum the cells around each, of (n, rows, cols)."""
    if layout.places == "grid":
        return _surrounded, _neighbour_sums
    cells = np.flatnonzero(layout.valid)
    near = {int(cell): cells[them] for cell, them in zip(cells, neighbours_of(layout), strict=True)}
    beside = np.zeros((layout.cells, layout.cells))
    for cell, them in near.items():
        beside[them, cell] = 1.0
    after = {cell: _turned(layout.centres, cell, them) for cell, them in near.items()}

    def sums(values: Floats) -> Floats:
        return np.asarray((values.reshape(len(values), -1) @ beside).reshape(values.shape))

    def within(loaded: Mask) -> Mask:
        flat, out = loaded.reshape(len(loaded), -1), np.zeros((len(loaded), layout.cells), bool)
        for cell, them in near.items():
            # Loaded neighbours lie all around when from each of them another is less than half a turn on.
            on = flat[:, them]
            out[:, cell] = (on.sum(axis=1) >= NEIGHBOURS) & ((on.astype(np.intp) @ after[cell] > 0) | ~on).all(axis=1)
        return out.reshape(loaded.shape)

    return within, sums


def _turned(places: Floats, cell: int, near: NDArray[np.intp]) -> NDArray[np.intp]:
    """(k, k) 1 at [j, i] where the neighbour j is less than half a turn on from the neighbour i, against the clock."""
    x, y = (places[near] - places[cell]).T
    return np.asarray(np.multiply.outer(y, x) > np.multiply.outer(x, y), np.intp)


def _surrounded(loaded: Mask) -> Mask:
    """(n, rows, cols) True where three neighbours or more are loaded, and two of them on opposite sides."""
    padded = np.pad(loaded, ((0, 0), (1, 1), (1, 1)))
    rows, cols = loaded.shape[1:]
    around = [padded[:, 1 + r : 1 + r + rows, 1 + c : 1 + c + cols] for r, c in AROUND]
    opposite = np.any([around[i] & around[i + 4] for i in range(4)], axis=0)
    return np.asarray(opposite & (np.sum(around, axis=0) >= NEIGHBOURS))


def _neighbour_sums(values: Floats) -> Floats:
    """(n, rows, cols) sum of the up to eight cells around each."""
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    rows, cols = values.shape[1:]
    out = -values
    for down in range(3):
        for right in range(3):
            out = out + padded[:, down : down + rows, right : right + cols]
    return out
