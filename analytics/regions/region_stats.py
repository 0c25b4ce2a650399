"""What each region of a sensor carried: curves over time, and one row per region."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import regions
from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.times import Times, frame_sum, recording_times, steps_s, time_index, trapezoids
from analytics.columns import arrival_columns, frame_columns
from analytics.frames.frame_stats import frame_stats, missing_frames
from analytics.frames.heading import heading_of
from analytics.gait.stances import stances
from analytics.gait.symmetry import whole
from analytics.maps.maps import peak_map, pressures, stance_map
from analytics.regions.presets import FoundFoot, Regions, Side
from analytics.tables import IMPULSES, described, values
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording


@checked
def usual_regions(recording: Recording, *, loaded_above: float | None = None) -> Regions:
    """Choose the regions that fit a recording.

    Parameters
    ----------
    recording : Recording
        Of one or more steps; of a plate, of one.
    loaded_above : float, optional
        p0: on a plate, the cells that were ever above it are the print; by default the layout's.

    Returns
    -------
    Regions: a seat's or saddle's 2 × 3; the foot's, found in the peak map (`regions.find`; of an insole the mean over
    whole stances), or by proportions where none is found and the layout says which foot it is; else thirds. `made` says
    which of these.

    Raises
    ------
    InvalidData
        When the layout has no cell.
    """
    layout = recording.layout
    bounds.given("loaded_above", loaded_above, least=0)
    if layout.kind in ("seat", "saddle"):
        return regions.grid(layout)
    if layout.kind != "plate" and layout.side is None:
        return regions.thirds(layout)
    loaded_above = layout.loaded_above if loaded_above is None else loaded_above
    peak = step_peaks(recording)
    if layout.side is not None:
        return regions.found_or_proportions(layout, peak, loaded_above=loaded_above, toward=heading_of(recording))
    try:
        found = regions.find(layout, peak, loaded_above=loaded_above, toward=heading_of(recording))
    except InvalidData:
        loaded = layout.valid & (peak > loaded_above)
        return regions.thirds(layout, loaded if loaded.any() else None)
    return found.joined("heel", regions.FOUND[:2])


def step_peaks(recording: Recording) -> Floats:
    """Return (rows, cols) peak map that a foot is found in.

    Of an insole the mean over whole stances, where it has any.
    """
    in_order = bool((np.diff(recording.times_us) >= 0).all())
    if recording.layout.kind == "insole" and in_order:
        found = stances(frame_stats(recording))
        if len(whole(found)):
            return stance_map(recording, found).to_numpy()
    return peak_map(recording).to_numpy()


def found_foot(
    recording: Recording, loaded_above: float, side: Side | None = None
) -> tuple[FoundFoot, str] | tuple[None, str]:
    """Find the foot of a recording in its usual peak map, and say how it was found, or why not."""
    layout = recording.layout
    if layout.kind in ("seat", "saddle") or not layout.placed:
        return None, f"no foot on a {layout.kind}"
    try:
        found = regions.find(
            layout, step_peaks(recording), side, loaded_above=loaded_above, toward=heading_of(recording)
        )
    except InvalidData as error:
        return None, f"no foot was found in the pressures: {str(error).rpartition(': ')[2]}"
    return found, found.made


@checked
def region_curves(
    recording: Recording, chosen: Regions | None = None, *, loaded_above: float | None = None
) -> dict[str, pd.DataFrame]:
    """Compute per-frame tables of each region.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).
    chosen : Regions, optional
        By default those of `usual_regions`.
    loaded_above : float, optional
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream. By default the layout's.

    Returns
    -------
    dict of region to DataFrame of n rows, index `time`: total, peak, mean of loaded cells, contact area, named and
    defined as in `frame_stats`, so that `stances`, `rolling` and the like take them too. A cell that a border cuts
    counts by its share; the peak is over all cells of which the region has a share.

    Raises
    ------
    InvalidData
        When the regions are of another shape than the recording.
    """
    bounds.given("loaded_above", loaded_above, least=0)
    chosen = chosen or usual_regions(recording, loaded_above=loaded_above)
    layout = recording.layout
    if chosen.shares.shape[1:] != (layout.rows, layout.cols):
        raise InvalidData(f"regions: expected cells of {layout.rows} x {layout.cols}, got {chosen.shares.shape[1:]}")
    loaded_above = layout.loaded_above if loaded_above is None else loaded_above
    names = _columns(layout)
    out = np.full((len(chosen), len(recording), len(names)), np.nan)
    weights = weights_of(layout, chosen)
    for part, cells in pressures(recording):
        out[:, part] = sums_of_frames(cells.reshape(len(cells), -1), weights, loaded_above)
    index = time_index(recording.times_us)
    missing = missing_frames(recording)
    return {
        name: described(
            pd.DataFrame(out[i], index=index, columns=list(names)),
            "region_curves", region=name, regions=chosen.made, loaded_above=loaded_above,
            **missing,
        )
        for i, name in enumerate(chosen.names)
    }  # fmt: skip


@checked
def region_stats(
    recording: Recording,
    chosen: Regions | None = None,
    *,
    loaded_above: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Measure each region over a whole recording.

    Parameters
    ----------
    recording : Recording
        n frames.
    chosen : Regions, optional
        By default those of `usual_regions`.
    loaded_above : float, optional
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream. By default the layout's. It is
        the value as it is, not counted from the foot's floor: only stances count from that, so in a shoe with residual
        load a region may be in contact all through a step.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    DataFrame of one row per region, index `region`: largest total, largest cell, mean pressure of loaded cells (over
    the frames in which the region was loaded), largest contact area, impulse (force-time integral), `pti_peak_curve` of
    the region's own peak, contact time. A region that was never loaded has 0 and NaN.

    Raises
    ------
    InvalidData
        When the regions are of another shape.
    """
    chosen = chosen or usual_regions(recording, loaded_above=loaded_above)
    loaded_above = recording.layout.loaded_above if loaded_above is None else loaded_above
    curves = region_curves(recording, chosen, loaded_above=loaded_above)
    times = recording_times(recording, gap_s)
    rows = [_row(table, times) for table in curves.values()]
    total, peak, mean, area = _columns(recording.layout)
    pti = f"pti_peak_curve_{recording.layout.suffix}_s"
    names = [f"max_{total}", f"max_{peak}", f"mean_{mean}", f"max_{area}", IMPULSES[total], pti, "contact_time_s"]
    table = pd.DataFrame(rows, columns=names, index=pd.Index(chosen.names, name="region"), dtype=np.float64)
    return described(table, "region_stats", regions=chosen.made, loaded_above=loaded_above, gap_s=times.gap_s)


def _columns(layout: Layout) -> tuple[str, str, str, str]:
    """Names of total, peak, mean of loaded cells and contact area."""
    total, peak, area = arrival_columns(layout)[:3]
    return total, peak, frame_columns(layout)[2], area


class Weights(NamedTuple):
    """Cells of the regions, one region after the other: their numbers, and what makes the total, the area; the share.

    `first` is where each region that has cells begins among them, `having` which regions those are, of `regions`.
    """

    cells: NDArray[np.intp]
    first: NDArray[np.intp]
    having: NDArray[np.intp]
    regions: int
    total: Floats
    area: Floats
    share: Floats


def weights_of(layout: Layout, chosen: Regions) -> Weights:
    """Return what each cell of a layout counts in each region."""
    shares = chosen.shares.reshape(len(chosen), layout.cells) * layout.valid.ravel()
    region, cells = np.nonzero(shares > 0)
    having, first = np.unique(region, return_index=True)
    share = shares[region, cells]
    area = np.ones(len(cells)) if layout.area_cm2 is None else layout.area_cm2.ravel()[cells]
    force = layout.quantity == "pressure" and layout.area_cm2 is not None
    return Weights(cells, first, having, len(chosen), share * (0.1 * area if force else 1.0), share * area, share)


def sums_of_frames(cells: Floats, weights: Weights, loaded_above: float) -> Floats:
    """Return (k, n, 4) total, peak, mean of loaded cells and contact area of (n, cells) with NaN for missing.

    Each cell is looked at for its own region alone: sums by matrix products would take every region of all cells.
    """
    out = np.full((weights.regions, len(cells), 4), np.nan)
    if not len(weights.cells):
        return out
    here = np.take(cells, weights.cells, axis=1)
    known, loaded = np.where(np.isnan(here), 0.0, here), here > loaded_above
    total, share, load, area = (
        np.add.reduceat(part, weights.first, axis=1)
        for part in (known * weights.total, loaded * weights.share, known * (loaded * weights.share),
                     loaded * weights.area)
    )  # fmt: skip
    peak = np.fmax.reduceat(here, weights.first, axis=1)
    mean = np.divide(load, share, out=np.full(share.shape, np.nan), where=share > 0)
    total[np.isnan(peak)] = area[np.isnan(peak)] = np.nan
    out[weights.having] = np.stack([total, peak, mean, area], axis=-1).transpose(1, 0, 2)
    return out


def _row(table: pd.DataFrame, times: Times) -> tuple[float, ...]:
    total, peak, mean, area = (values(table, str(name)) for name in table.columns)
    known = ~np.isnan(total)
    times, total, peak, mean, area = times.at(known), total[known], peak[known], mean[known], area[known]
    touched = area > 0
    step = np.nan_to_num(steps_s(times))
    if not len(times):
        return (np.nan,) * 7
    return (
        total.max(), peak.max(), mean[touched].mean() if touched.any() else np.nan, area.max(),
        _integral(trapezoids(total, times)), frame_sum(peak, times),
        float(step[touched[:-1]].sum()),
    )  # fmt: skip


def _integral(areas: Floats) -> float:
    return float(np.nansum(areas)) if np.isfinite(areas).any() else np.nan
