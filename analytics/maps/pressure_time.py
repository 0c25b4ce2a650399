"""The pressure-time integral, of which there are three: on one step they give 291, 175 and 53 kPa·s.

Which one a paper or a program means is seldom said, so here each has a name of its own. The first two add up frames:
each frame stands for the time until the next one. The third is the impulse, by the trapezoid, over an area.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.times import frame_sum, recording_times, table_times, trapezoids
from analytics.frames.frame_stats import frame_stats
from analytics.maps.maps import peak_map, pti_map
from analytics.tables import IMPULSES, PEAKS, TOTALS, described, first_of, values
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording


@checked
def pti(recording: Recording, *, loaded_above: float | None = None, gap_s: float | None = None) -> pd.DataFrame:
    """Compute the three pressure-time integrals of a recording, and the impulse.

    Parameters
    ----------
    recording : Recording
        n frames.
    loaded_above : float, optional
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream. By default the layout's.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    DataFrame of one row, with `pti_map_max_…`, `pti_peak_curve_…`, `pti_mean_…` in kPa·s or counts·s, the impulse, and
    the area ever loaded. `pti_mean` is missing where cell areas are not known. Fewer than 2 frames: integrals are NaN.

    Raises
    ------
    InvalidData
        When `gap_s` is not above 0.
    """
    loaded_above = recording.layout.loaded_above if loaded_above is None else loaded_above
    stats = frame_stats(recording, loaded_above=loaded_above)
    frames = pti_map(recording, gap_s, rule="frames").to_numpy()
    limit_s = recording_times(recording, gap_s).gap_s
    row = integrals(stats, recording.layout, frames, peak_map(recording).to_numpy(), loaded_above, gap_s)
    return described(pd.DataFrame([row]), "pti", loaded_above=loaded_above, gap_s=limit_s)


def integrals(
    stats: pd.DataFrame,
    layout: Layout,
    frames: Floats,
    peak: Floats,
    loaded_above: float,
    gap_s: float | None = None,
) -> dict[str, float]:
    """Return the row of `pti` from what was made already: the per-frame table, the PTI map by frames.

    And the peak map.
    """
    suffix = f"{layout.suffix}_s"
    total = first_of(stats, TOTALS, "total")
    impulse = _integral(stats, total, gap_s)
    area = np.nan if layout.area_cm2 is None else float(layout.area_cm2[peak > loaded_above].sum())
    force = total == "total_force_n"
    return {
        f"pti_map_max_{suffix}": float(np.fmax.reduce(frames, axis=None)),
        f"pti_peak_curve_{suffix}": _frame_sum(stats, first_of(stats, PEAKS, "peak"), gap_s),
        f"pti_mean_{suffix}": 10.0 * impulse / area if force and area > 0 else np.nan,
        IMPULSES[total]: impulse,
        "ever_loaded_cm2": area,
    }


@checked
def pti_map_max(recording: Recording, *, gap_s: float | None = None) -> float:
    """Return the largest cell of the PTI map.

    Parameters
    ----------
    recording : Recording
        n frames.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    float, in kPa·s, or counts·s of a raw stream; NaN for fewer than 2 frames.

    Raises
    ------
    InvalidData
        When `gap_s` is not above 0.
    """
    return float(np.fmax.reduce(pti_map(recording, gap_s, rule="frames").to_numpy(), axis=None))


@checked
def pti_peak_curve(recording: Recording, *, gap_s: float | None = None) -> float:
    """Return the integral of the curve of peak pressure, whichever cell the peak is in.

    Parameters
    ----------
    recording : Recording
        n frames.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    float, in kPa·s, or counts·s of a raw stream; NaN for fewer than 2 frames.

    Raises
    ------
    InvalidData
        When `gap_s` is not above 0.
    """
    stats = frame_stats(recording)
    return _frame_sum(stats, first_of(stats, PEAKS, "peak"), gap_s)


@checked
def pti_mean(recording: Recording, *, loaded_above: float | None = None, gap_s: float | None = None) -> float:
    """Return the force-time integral over the area that was ever loaded.

    Parameters
    ----------
    recording : Recording
        n frames.
    loaded_above : float, optional
        p0: a cell counts to the area when its value was ever above it; by default the layout's.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    float, in kPa·s; NaN for fewer than 2 frames.

    Raises
    ------
    InvalidData
        When the layout has no force: pressures or cell areas are not known.
    """
    if not recording.layout.calibrated or recording.layout.area_cm2 is None:
        raise InvalidData("layout: expected pressures and cell areas, which make a force; they are not known")
    table = pti(recording, loaded_above=loaded_above, gap_s=gap_s)
    return float(table["pti_mean_kpa_s"].iloc[0])


def _frame_sum(stats: pd.DataFrame, column: str, gap_s: float | None) -> float:
    return frame_sum(values(stats, column), table_times(stats, gap_s))


def _integral(stats: pd.DataFrame, column: str, gap_s: float | None) -> float:
    series = values(stats, column)
    known = ~np.isnan(series)
    area = trapezoids(series[known], table_times(stats, gap_s).at(known))
    return float(np.nansum(area)) if np.isfinite(area).any() else np.nan
