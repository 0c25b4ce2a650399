"""The centre of pressure excursion index: how far the centre bends outwards as a foot rolls."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import check_stances, checked
from analytics.base.foot_axis import FootAxis, Side, half_along
from analytics.columns import arrival_columns
from analytics.frames.basic_set import arrival_stats
from analytics.regions.presets import FoundFoot
from analytics.regions.region_stats import found_foot
from analytics.tables import described
from barograph.frames import CONTACT_FLOOR_N, Floats, Layout, Recording

# Where the line is crossed: share of the print's length from the heel.
DISTAL_THIRD = 2 / 3
COLUMNS = ("cpe_mm", "distal_width_mm", "cpei_pct")


@checked
def cpei(
    recording: Recording,
    found: pd.DataFrame,
    *,
    side: Side | None = None,
    loaded_above: float | None = None,
    floor_n: float = CONTACT_FLOOR_N,
) -> pd.DataFrame:
    """Compute the centre of pressure excursion index of each stance.

    Parameters
    ----------
    recording : Recording
        n frames of one foot, with forces and places in mm.
    found : DataFrame
        Table of `stances` of this recording.
    side : "left" or "right", optional
        Which foot; by default the layout's, else what its waist says.
    loaded_above : float, optional
        p0: cells above it are the print; by default the layout's.
    floor_n : float, default 20
        Rows with less force have no centre.

    Returns
    -------
    DataFrame of one row per stance: `cpe_mm`, from the chord to the centre's path, outwards positive on both feet, on
    the line square to the foot's axis at two thirds of its length; `distal_width_mm`, the print's width on that line;
    `cpei_pct`, their quotient; `cut`. NaN of a cut stance, where the path does not cross the line, and where foot or
    side were not found: `attrs["regions"]` says why.

    Raises
    ------
    InvalidData
        When a stance lies outside of the recording, or the floor is below 0.

    Notes
    -----
    Song 1996, doi 10.7547/87507315-86-1-16. The chord goes from the first to the last row with force; of the path, the
    first crossing counts. Programs differ in axis and floor by several per cent: compare what was computed alike.
    """
    check_stances("found", found, len(recording))
    bounds.number("floor_n", floor_n, least=0)
    bounds.given("loaded_above", loaded_above, least=0)
    above = recording.layout.loaded_above if loaded_above is None else loaded_above
    foot, made = found_foot(recording, above, side)
    out = np.full((len(found), len(COLUMNS)), np.nan)
    if foot is not None and foot.side and recording.layout.has_force:
        track = track_of(recording, foot.axis, floor_n)
        for i, (first, after) in enumerate(found[["first", "after"]].to_numpy(np.int64).tolist()):
            out[i] = _index(track[first:after], foot.axis)
        out[found["cut"].to_numpy(bool)] = np.nan
    table = pd.DataFrame(out, index=found.index, columns=list(COLUMNS)).assign(cut=found["cut"].to_numpy(bool))
    of = foot.side if isinstance(foot, FoundFoot) else side
    return described(table, "cpei", found, regions=made, side=of, loaded_above=above, floor_n=floor_n)


def track_of(recording: Recording, axis: FootAxis, floor_n: float) -> Floats:
    """Return (n, 2) centre of pressure along and across the foot, NaN in rows below the floor."""
    names = list(arrival_columns(recording.layout))
    stats = arrival_stats(recording.frames, recording.layout).astype(np.float64)
    x = names.index("cop_x_mm")
    return along_and_across(stats[:, 0], stats[:, x : x + 2], recording.layout, axis, floor_n)


def along_and_across(force: Floats, at: Floats, layout: Layout, axis: FootAxis, floor_n: float) -> Floats:
    """Return the same of (n,) forces in N and (n, 2) places in mm."""
    places = _seen(layout, at)
    places[~(force >= floor_n)] = np.nan
    return np.column_stack([places @ axis.d, places @ axis.outward])


def _seen(layout: Layout, at: Floats) -> Floats:
    """(n, 2) places on the layout's axes as a `FootAxis` has them: x to the right, y to the front."""
    if layout.pitch_mm is None:
        return at.copy()
    wide, high = layout.cols * layout.pitch_mm[0], layout.rows * layout.pitch_mm[1]
    x, y = (at - np.array(layout.origin_mm)).T
    return np.column_stack([x if layout.x_axis == "right" else wide - x, y if layout.y_axis == "up" else high - y])


def _index(track: Floats, axis: FootAxis) -> tuple[float, float, float]:
    """Excursion, width and index of one stance."""
    path = track[~np.isnan(track).any(axis=1)]
    line = axis.begin_mm + DISTAL_THIRD * axis.length_mm
    on_line = axis.t[np.abs(axis.s - line) <= axis.half_mm]
    if len(path) < 2 or not len(on_line):
        return (np.nan,) * 3
    width = float(np.ptp(on_line) + 2 * half_along(axis.outward, axis.pitch))
    curve, chord = _crossing(path, line), _crossing(path[[0, -1]], line)
    return curve - chord, width, 100.0 * (curve - chord) / width


def _crossing(path: Floats, line: float) -> float:
    """Place across where a path first crosses a line along the foot; NaN where it does not."""
    s, t = path.T
    beyond = np.flatnonzero((s[1:] >= line) & (s[:-1] < line))
    if not len(beyond):
        return float("nan")
    i = int(beyond[0])
    return float(t[i] + (line - s[i]) / (s[i + 1] - s[i]) * (t[i + 1] - t[i]))
