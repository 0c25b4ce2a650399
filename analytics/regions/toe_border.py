"""Where the toes begin: the valley of the peak map behind them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from analytics.base.foot_axis import FootAxis, sizes_of
from barograph.frames import Floats, Layout

# Shares of the length at which the toes usually begin, and may: what u, the share across, takes off.
USUAL, EARLIEST, LATEST = (0.81, 0.09), (0.75, 0.13), (0.92, 0.07)
KPA_PER_MM = 0.05
# Of a raw stream, the largest cell is taken for so many kPa.
RAW_PEAK_KPA = 400.0
STEEPEST = 2
FINEST_MM = 5.0  # of the lattice between cells that are no grid, which may be large
# A valley is lower than what is before and behind it, by at least this share of the lower of the two.
LEAST_DEPTH = 0.4
NEAR_MM = 40.0
# Toes are felt beyond the border, by this share of the ball's peak, over this share of its width; they are no more of
# the print than this.
FELT, LEAST_WIDTH, MOST_TOES = 0.05, 0.2, 0.3


class Border(NamedTuple):
    """Which cells (m,) of a print lie beyond the border; `why` it is none of the valley ("" when it is)."""

    toes: NDArray[np.bool_]
    why: str


class Lattice(NamedTuple):
    """Pressures (k, l) on lines along the axis `s` (k,) and across it `t` (l,), in mm, 0 outside of the print."""

    s: Floats
    t: Floats
    p: Floats
    step_mm: float


def toe_border(layout: Layout, peak: Floats, inside: NDArray[np.bool_], axis: FootAxis) -> Border:
    """Find the toes of a print along its axis.

    Parameters
    ----------
    layout : Layout
    peak : (rows, cols) float64
        Largest value of each cell, in kPa or counts.
    inside : (rows, cols) bool
        The cells of the print.
    axis : FootAxis
        Its axis.

    Returns
    -------
    Border. Where there is no valley, toes begin at the usual share of the length, and `why` says it.

    Notes
    -----
    The path across the print of least Σ(p + 0.05 kPa/mm · distance to the usual border), within the places where toes
    may begin, at most two steps of the lattice a line; by dynamic programming.
    """
    kpa = np.where(inside, np.nan_to_num(peak), 0.0)
    if not layout.calibrated and kpa.max() > 0:
        kpa = kpa * (RAW_PEAK_KPA / kpa.max())
    lattice = _lattice(layout, kpa, axis)
    path = _valley(lattice, axis)
    toes = axis.s > np.interp(axis.t, lattice.t, lattice.s[path])
    why = _doubt(lattice, path, toes)
    return Border(axis.f > usual(axis.u) if why else toes, why)


def usual(u: Floats) -> Floats:
    """Return the share of the length at which toes usually begin, at shares across."""
    return USUAL[0] - USUAL[1] * u


def _lattice(layout: Layout, kpa: Floats, axis: FootAxis) -> Lattice:
    step = min(*axis.pitch, *([] if layout.geometry is None else [FINEST_MM]))
    s = np.arange(axis.begin_mm + step / 2, axis.begin_mm + axis.length_mm, step)
    t = np.arange(axis.t.min(), axis.t.max() + step / 2, step)
    places = s[:, None, None] * axis.d + t[None, :, None] * axis.outward
    if layout.geometry is not None:
        return Lattice(s, t, between(layout, kpa, places), step)
    rows = layout.rows - 0.5 - places[..., 1] / axis.pitch[1]
    cols = places[..., 0] / axis.pitch[0] - 0.5
    return Lattice(s, t, scipy.ndimage.map_coordinates(kpa, [rows, cols], order=1, mode="constant"), step)


def between(layout: Layout, kpa: Floats, places: Floats) -> Floats:
    """Return (…,) pressures at places (…, 2) in mm between cells that are no grid.

    Linear over the triangles of the cells' centres (Delaunay). Beyond their hull the pressure of the nearest cell, as
    far as a cell reaches, then 0.
    """
    there = layout.valid.ravel()
    points, values = layout.centres[there], kpa.ravel()[there]
    found = scipy.interpolate.LinearNDInterpolator(points, values)(places)
    beyond = np.isnan(found)
    far, near = scipy.spatial.cKDTree(points).query(places[beyond])
    reach = float(np.median(sizes_of(layout, layout.valid))) * np.sqrt(0.5)
    found[beyond] = np.where(far <= reach, values[near], 0.0)
    return np.asarray(found)


def _valley(lattice: Lattice, axis: FootAxis) -> NDArray[np.intp]:
    """(l,) number of the line along s that the cheapest path takes at each t."""
    s, t = np.meshgrid(lattice.s, lattice.t, indexing="ij")
    f, u = axis.along(s), axis.across(s, t)
    cost = lattice.p + KPA_PER_MM * axis.length_mm * np.abs(f - usual(u))
    cost[(f < EARLIEST[0] - EARLIEST[1] * u) | (f > LATEST[0] - LATEST[1] * u)] = np.inf
    total, came = cost[:, 0], []
    for column in cost.T[1:]:
        near = np.lib.stride_tricks.sliding_window_view(
            np.pad(total, STEEPEST, constant_values=np.inf), 2 * STEEPEST + 1
        )
        chosen = near.argmin(axis=1)
        came.append(np.arange(len(total)) + chosen - STEEPEST)
        total = near[np.arange(len(total)), chosen] + column
    path = [int(total.argmin())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], np.intp)


def _doubt(lattice: Lattice, path: NDArray[np.intp], toes: NDArray[np.bool_]) -> str:
    """Why the path is not the valley behind toes, or nothing."""
    near = round(NEAR_MM / lattice.step_mm)
    before = np.array([lattice.p[max(0, i - near) : i + 1, j].max() for j, i in enumerate(path)])
    beyond = np.array([lattice.p[i:, j].max() for j, i in enumerate(path)])
    walls = np.minimum(before, beyond)
    floor = float(lattice.p[path, np.arange(len(path))].sum())
    felt = (beyond > FELT * before.max())[before > 0]
    if not toes.any() or not felt.any() or felt.mean() < LEAST_WIDTH:
        return "no toe is in contact"
    if floor > (1 - LEAST_DEPTH) * walls.sum():
        return "there is no valley of pressure behind the toes"
    return "" if toes.mean() <= MOST_TOES else "what lies beyond the valley is more than toes"
