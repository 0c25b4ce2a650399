"""Which part of the foot comes down first, in running: the strike index."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import STANCE_COLUMNS, check_stances, checked
from analytics.base.foot_axis import FootAxis, Side
from analytics.regions.cpei import along_and_across, track_of
from analytics.regions.region_stats import found_foot
from analytics.tables import described
from barograph.frames import Floats, Layout, Recording

STRIKE_N = 50.0
REARFOOT_TO, MIDFOOT_TO = 33.3, 66.7
STRIKES = ("rearfoot", "midfoot", "forefoot")


@checked
def strike_index(
    recording: Recording,
    found: pd.DataFrame,
    *,
    side: Side | None = None,
    loaded_above: float | None = None,
    force_n: float = STRIKE_N,
) -> pd.DataFrame:
    """Compute the strike index of each stance: where along the foot it comes down.

    Parameters
    ----------
    recording : Recording
        n frames of one foot, with forces and places in mm.
    found : DataFrame
        Table of `stances` of this recording.
    side : "left" or "right", optional
        Which foot; by default the layout's.
    loaded_above : float, optional
        p0: on a plate, cells above it are the print; by default the layout's.
    force_n : float, default 50
        The first row with so much force counts.

    Returns
    -------
    DataFrame of one row per stance: `strike_index_pct`, the place of the centre of pressure along the foot's axis from
    the heel's end, in % of the foot's length; `strike`, `rearfoot` below 33.3, `midfoot` below 66.7, else `forefoot`;
    `cut`. NaN and empty of a stance that is cut at its start, and where no foot was found: `attrs["regions"]` says why.

    Raises
    ------
    InvalidData
        When a stance lies outside of the recording, or the force is below 0.

    Notes
    -----
    Cavanagh and Lafortune 1980, doi 10.1016/0021-9290(80)90033-0.
    """
    check_stances("found", found, len(recording), (*STANCE_COLUMNS, "cut_start"))
    bounds.number("force_n", force_n, least=0)
    bounds.given("loaded_above", loaded_above, least=0)
    above = recording.layout.loaded_above if loaded_above is None else loaded_above
    foot, made = found_foot(recording, above, side)
    index = np.full(len(found), np.nan)
    if foot is not None and recording.layout.has_force:
        index = _indices(track_of(recording, foot.axis, force_n)[:, 0], foot.axis, found)
    part = np.searchsorted((REARFOOT_TO, MIDFOOT_TO), np.nan_to_num(index), side="right")
    named = np.where(np.isnan(index), "", np.array(STRIKES, object)[part])
    table = pd.DataFrame({"strike_index_pct": index, "strike": named}, index=found.index)
    table["cut"] = found["cut"].to_numpy(bool)
    return described(table, "strike_index", found, regions=made, side=side, loaded_above=above, force_n=force_n)


def strikes_of(
    stats: pd.DataFrame, found: pd.DataFrame, axis: FootAxis, layout: Layout, force_n: float = STRIKE_N
) -> Floats:
    """Return (k,) strike indices in % of stances, of a per-frame table with forces in N and places in mm."""
    force, at = stats["total_force_n"].to_numpy(np.float64), stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
    return _indices(along_and_across(force, at, layout, axis, force_n)[:, 0], axis, found)


def _indices(along: Floats, axis: FootAxis, found: pd.DataFrame) -> Floats:
    index = np.full(len(found), np.nan)
    for i, (first, after) in enumerate(found[["first", "after"]].to_numpy(np.int64).tolist()):
        known = np.flatnonzero(~np.isnan(along[first:after]))
        index[i] = 100.0 * axis.along(along[first + known[:1]])[0] if len(known) else np.nan
    index[found["cut_start"].to_numpy(bool)] = np.nan
    return index
