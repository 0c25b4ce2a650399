"""The butterfly, or cyclogram: the centre of pressure of both feet together over the strides of a walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.common_frame import from_rear
from analytics.base.times import Times, rising, table_times
from analytics.frames.frame_stats import frame_stats
from analytics.gait.stances import stances
from analytics.gait.steps import steps
from analytics.tables import centre, described, values
from barograph.errors import InvalidData
from barograph.frames import CONTACT_FLOOR_N, Floats, Ints, Layout, Recording

SEPARATION_MM, POINTS = 200.0, 101


class Load(NamedTuple):
    """Force of a foot and its moments F·x, F·y in the common frame, at its own times; 0 outside contact.

    `us` never goes back (`times.rising`); `times` are the rows' own, with their gaps.
    """

    times: Times
    us: Ints
    force: Floats
    x: Floats
    y: Floats


@checked
def butterfly(
    left: Recording,
    right: Recording,
    *,
    on: float | None = None,
    separation_mm: float = SEPARATION_MM,
    points: int = POINTS,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Average the centre of pressure of both feet over strides, from a left heel strike to the next.

    Parameters
    ----------
    left, right : Recording
        Two insoles of one walk on one clock, calibrated and with a pitch; sampling may differ.
    on : float, optional
        On-threshold of the stances that make the strides, in N; by default 20 N.
    separation_mm : float, default 200
        Distance between the middles of the feet: insoles do not know where they are.
    points : int, default 101
        Points of the stride, 0 to 100 %.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which ends a stride.

    Returns
    -------
    DataFrame of `points` rows, index `stride_pct`: mean and SD (ddof 1) of x (to the right, 0 between the feet) and y
    (to the front, 0 at the heels), in mm. `attrs`: `n` strides, `crossing_x_mm` and `crossing_y_mm`, where the mean
    track crosses itself, None if it does not: x beside 0 is an asymmetry.

    Raises
    ------
    InvalidData
        When a recording has no force or no pitch.
    """
    feet = {"left": left, "right": right}
    tables = {side: frame_stats(recording) for side, recording in feet.items()}
    check(tables)
    found = {side: stances(table, on=on, gap_s=gap_s) for side, table in tables.items()}
    layouts = {side: recording.layout for side, recording in feet.items()}
    return of_tables(tables, layouts, found, separation_mm=separation_mm, points=points, gap_s=gap_s)


def check(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse feet without a force or without places in mm, with `InvalidData`."""
    for side, table in tables.items():
        if "total_force_n" not in table or "cop_x_mm" not in table:
            raise InvalidData(f"{side}: expected a force and a centre in mm, which need unit and pitch", field=side)


def of_tables(
    tables: Mapping[str, pd.DataFrame],
    layouts: Mapping[str, Layout],
    found: Mapping[str, pd.DataFrame],
    *,
    separation_mm: float = SEPARATION_MM,
    points: int = POINTS,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Return the table of `butterfly` from the per-frame tables and the stances of `left` and `right`."""
    bounds.number("separation_mm", separation_mm, least=0, unit="mm")
    bounds.whole("points", points, 2)
    one, other = (
        _load(tables[s], layouts[s], sign * separation_mm / 2, gap_s) for s, sign in (("left", -1), ("right", 1))
    )
    us, x, y = _together(one, other)
    timed = steps(found["left"], found["right"])
    timed = timed[(timed["side"] == "left") & timed["stride_s"].notna()]
    begin = one.us[timed["first"].to_numpy(np.intp)].astype(np.float64)
    stride = timed["stride_s"].to_numpy(float) * 1e6
    inside = (begin >= us[0]) & (begin + stride <= us[-1]) if len(us) else np.zeros(len(begin), bool)
    for load in (one, other):
        inside &= ~_broken(load, begin, begin + stride)
    moments = begin[inside, None] + stride[inside, None] * np.linspace(0.0, 1.0, points)
    tracks = [np.interp(moments, us, axis) if len(us) else moments for axis in (x, y)]
    table = _averaged(tracks, points)
    crossing = _crossing(*(table[f"mean_butterfly_{axis}_mm"].to_numpy() for axis in "xy"))
    return described(
        table, "butterfly", found, on=found["left"].attrs["on"], separation_mm=separation_mm, points=points,
        gap_s=one.times.gap_s, n=int(inside.sum()), crossing_x_mm=crossing[0], crossing_y_mm=crossing[1],
    )  # fmt: skip


def _averaged(tracks: list[Floats], points: int) -> pd.DataFrame:
    columns = {}
    for axis, track in zip("xy", tracks, strict=True):
        frame = pd.DataFrame(track)
        columns[f"mean_butterfly_{axis}_mm"], columns[f"sd_butterfly_{axis}_mm"] = frame.mean(), frame.std()
    table = pd.DataFrame(columns, dtype=np.float64).reindex(range(points))
    table.index = pd.Index(np.linspace(0.0, 100.0, points), name="stride_pct")
    return table


def _broken(load: Load, begin: Floats, end: Floats) -> NDArray[np.bool_]:
    """(k,) True for the spans of time into which a gap of this foot reaches."""
    row = np.flatnonzero(load.times.gap)
    starts, stops = load.us[row].astype(np.float64), load.us[row + 1].astype(np.float64)
    # Gaps follow each other: those that end after a span begins, less those that begin after it ends.
    return np.asarray(np.searchsorted(stops, begin, "right") < np.searchsorted(starts, end, "left"))


def _load(stats: pd.DataFrame, layout: Layout, middle: float, gap_s: float | None) -> Load:
    """The foot's load in the common frame, its own middle at x = `middle` and its heel at y = 0."""
    x, y, _ = centre(stats)
    force = np.where(np.isnan(x), 0.0, values(stats, "total_force_n"))
    x, y = from_rear(layout, x, y)
    x = middle + x
    times = table_times(stats, gap_s)
    return Load(times, rising(times.us), force, *(np.nan_to_num(force * axis) for axis in (x, y)))


def _together(one: Load, other: Load) -> tuple[Floats, Floats, Floats]:
    """Times, x and y of both feet's centre where either carries, while both recordings run."""
    if not len(one.us) or not len(other.us):
        return (np.zeros(0),) * 3
    both = (one.us >= other.us[0]) & (one.us <= other.us[-1])
    us = one.us[both].astype(np.float64)
    force, x, y = (
        mine[both] + np.interp(us, other.us.astype(np.float64), theirs)
        for mine, theirs in zip(one[2:], other[2:], strict=True)
    )
    carried = force >= CONTACT_FLOOR_N
    return us[carried], x[carried] / force[carried], y[carried] / force[carried]


def _crossing(x: Floats, y: Floats) -> tuple[float | None, float | None]:
    """Where a track crosses itself; of several crossings the one nearest to its own middle."""
    if np.isnan(x).any() or len(x) < 4:
        return None, None
    start, step = np.column_stack([x, y])[:-1], np.diff(np.column_stack([x, y]), axis=0)
    # Segments i and j meet where start_i + s·step_i = start_j + t·step_j.
    apart = start[None] - start[:, None]
    turn = _cross(step[:, None], step[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        s, t = _cross(apart, step[None]) / turn, _cross(apart, step[:, None]) / turn
    i, j = np.nonzero((s >= 0) & (s < 1) & (t >= 0) & (t < 1))
    # Neighbours share an end; the last and the first are neighbours too, as a stride closes.
    distinct = (j > i + 1) & (j - i < len(start) - 1)
    i, j = i[distinct], j[distinct]
    if not len(i):
        return None, None
    points = start[i] + s[i, j][:, None] * step[i]
    nearest = points[np.hypot(*(points - [x.mean(), y.mean()]).T).argmin()]
    return float(nearest[0]), float(nearest[1])


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
