"""Regions of a sensor: thirds, the ten of a foot, the six of a seat or saddle, or drawn by hand.

A region is a share of every cell, 0 to 1. Thirds and grids cut through cells and share them by overlap, so that parts
add up to the whole; the foot and drawn regions take a cell whole, by its centre. Row 0 is the front, column 0 the left.
Cells that are no grid are shared by the area of their outline, or taken whole by their centre where that is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.foot_axis import FootAxis, Line, Mask, Side, foot_axis
from analytics.regions.cells import bands, foot_places
from analytics.regions.found_parts import HALLUX_TO, HEEL_TO, MIDFOOT_TO, found_parts, made_by
from analytics.regions.toe_border import toe_border
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

__all__ = [
    "FOOT", "FOUND", "PROPORTIONS", "SIDELESS", "FoundFoot", "Mask", "Regions", "Side", "find", "foot",
    "found_or_proportions", "grid", "overlap", "thirds",
]  # fmt: skip

FOOT = ("heel", "midfoot", "mt1", "mt2", "mt3", "mt4", "mt5", "hallux", "toes")
# Shares of the width at each place from the inner edge.
METATARSAL_EDGES = (0.30, 0.47, 0.63, 0.79)
# Toes begin further back on the outer side.
TOES_FROM_INNER, TOES_FROM_OUTER = 0.80, 0.70
FOUND = ("heel_medial", "heel_lateral", *FOOT[1:])
SIDELESS = ("heel", "midfoot", "forefoot", "toes")
PROPORTIONS = "proportions of the foot"


@dataclass(frozen=True, eq=False)
class Regions:
    """Named parts of a layout: `shares` (k, rows, cols) float64 from 0 to 1, and how they were made."""

    names: tuple[str, ...]
    shares: Floats
    made: str

    def __len__(self) -> int:
        return len(self.names)

    def of(self, name: str) -> Floats:
        """Return (rows, cols) shares of one region; an unknown name raises `KeyError`."""
        if name not in self.names:
            raise KeyError(name)
        return np.asarray(self.shares[self.names.index(name)])

    def joined(self, name: str, parts: Sequence[str]) -> Regions:
        """Return these regions with some of them as one, in the place of the first.

        Without all of them, as they are.
        """
        if not set(parts) <= set(self.names):
            return self
        first = self.names.index(parts[0])
        kept = [i for i, one in enumerate(self.names) if one not in parts or i == first]
        shares = self.shares.copy()
        shares[first] = sum(self.of(part) for part in parts)
        names = tuple(name if i == first else self.names[i] for i in kept)
        return replace(self, names=names, shares=shares[kept])


@dataclass(frozen=True, eq=False)
class FoundFoot(Regions):
    """Regions of a foot that was found in its peak map.

    `axis_deg` is the axis against the layout's front, positive to the right; `length_mm` the print's length along it;
    `side` the foot, None where it is not known; `why` says why the toes begin by proportion, "" where they do not.
    `axis` has the place of every cell.
    """

    axis: FootAxis
    side: Side | None
    why: str

    @property
    def axis_deg(self) -> float:
        """The foot's axis against the layout's front, positive to the right."""
        return self.axis.angle_deg

    @property
    def length_mm(self) -> float:
        """Length of the print along its axis."""
        return self.axis.length_mm


@checked
def thirds(layout: Layout, footprint: Mask | None = None) -> Regions:
    """Divide the length into `front`, `middle` and `rear`.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells whose length is divided; by default all that exist.

    Returns
    -------
    Regions, which share a row of cells that a border cuts.

    Raises
    ------
    InvalidData
        When the footprint has no cell or another shape.
    """
    inside = _footprint(layout, footprint)
    if layout.geometry is not None:
        shares = bands(layout.geometry, inside.ravel(), 1, 3)[::-1].reshape(3, *inside.shape)
        return Regions(("front", "middle", "rear"), shares * inside, "thirds of the length")
    rows = overlap(layout.rows, *_span(inside, axis=1), 3)
    return Regions(("front", "middle", "rear"), rows[:, :, None] * inside, "thirds of the length")


@checked
def grid(layout: Layout, footprint: Mask | None = None) -> Regions:
    """Divide a seat or a saddle into 2 × 3: `front_left`, `front_right`, `middle_left`, … `rear_right`.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells whose length and width are divided; by default all that exist.

    Returns
    -------
    Regions, which share cells that a border cuts.

    Raises
    ------
    InvalidData
        When the footprint has no cell or another shape.
    """
    inside = _footprint(layout, footprint)
    names = tuple(f"{along}_{across}" for along in ("front", "middle", "rear") for across in ("left", "right"))
    if layout.geometry is not None:
        along = bands(layout.geometry, inside.ravel(), 1, 3)
        across = bands(layout.geometry, inside.ravel(), 0, 2)
        shares = (along[::-1, None] * across[None]).reshape(6, *inside.shape)
        return Regions(names, shares * inside, "2 × 3")
    rows = overlap(layout.rows, *_span(inside, axis=1), 3)
    cols = overlap(layout.cols, *_span(inside, axis=0), 2)
    shares = (rows[:, None, :, None] * cols[None, :, None, :]).reshape(6, layout.rows, layout.cols)
    return Regions(names, shares * inside, "2 × 3")


@checked
def foot(layout: Layout, footprint: Mask | None = None, side: Side | None = None) -> Regions:
    """Divide a foot with its toes to the front: heel, midfoot, metatarsals 1 to 5, hallux, toes 2 to 5.

    Parameters
    ----------
    layout : Layout
    footprint : (rows, cols) bool, optional
        The cells of the foot; by default all that exist, which is right for an insole.
    side : "left" or "right", optional
        Which foot; by default the layout's.

    Returns
    -------
    Regions `heel`, `midfoot`, `mt1` … `mt5`, `hallux`, `toes`; each cell of the footprint is in one of them.

    Raises
    ------
    InvalidData
        When nobody says which foot it is, or the footprint has no cell or another shape.

    Notes
    -----
    By proportions: heel to 27 % of the length, midfoot to 55 %, metatarsals to 80 % at the inner and 70 % at the
    outer edge, toes beyond; across, from the inner edge of each row, metatarsals to 30, 47, 63, 79 and 100 %, hallux to
    35 %. Feet differ from proportions: where a result hangs on a border, draw the regions.
    """
    inside = _footprint(layout, footprint)
    side = _side(layout, side)
    if layout.geometry is None:
        along, across = _foot_places(inside, side)
    else:
        along, across = (each.reshape(inside.shape) for each in foot_places(layout.geometry, inside.ravel(), side))
    toes_from = TOES_FROM_INNER + (TOES_FROM_OUTER - TOES_FROM_INNER) * across
    metatarsal = np.searchsorted(METATARSAL_EDGES, across, side="right")
    number = np.select(
        [along < HEEL_TO, along < MIDFOOT_TO, along < toes_from, across < HALLUX_TO],
        [0, 1, 2 + metatarsal, 7],
        8,
    )
    shares = (number == np.arange(len(FOOT))[:, None, None]) & inside
    return Regions(FOOT, shares.astype(np.float64), PROPORTIONS)


def find(
    layout: Layout,
    peak: Floats,
    side: Side | None = None,
    *,
    loaded_above: float | None = None,
    toward: tuple[float, float] = (0.0, 1.0),
    line: Line | None = None,
) -> FoundFoot:
    """Find the parts of a foot in its peak map: by the foot's own axis, and the valley of pressure behind the toes.

    Parameters
    ----------
    layout : Layout
        Of an insole, whose cells are all of the foot, or of a plate or mat with one print.
    peak : (rows, cols) float64
        Largest value of each cell during a step, kPa or counts; of an insole best the mean over steps.
    side : "left" or "right", optional
        Which foot; by default the layout's, else what the print's waist says.
    loaded_above : float, optional
        p0: cells above it are the print; by default the layout's.
    toward : (x, y), default (0, 1)
        Roughly where the toes are, x to the right and y to the front: which way the foot walked over a plate.
    line : ((x, y), (x, y)), optional
        An axis that is entered by hand: the heel's centre and a point ahead of it, such as the second toe, in mm with x
        to the right and y to the front, from the rear left corner of a grid, else as the geometry has them.

    Returns
    -------
    FoundFoot of `heel_medial`, `heel_lateral`, `midfoot`, `mt1` … `mt5`, `hallux`, `toes`; each cell of the print is in
    one of them, by its centre. Where nothing tells which foot it is: `heel`, `midfoot`, `forefoot`, `toes`.

    Raises
    ------
    InvalidData
        When the cells are not those of one foot, with the reason: no cell or a few, no size of cells, as wide as long,
        too short or too long; or a seat or saddle.

    Notes
    -----
    Axis: from the mean of the rear fifth to that of 60 to 80 % of the length (Cavanagh and Rodgers 1987 enter it by
    hand). Heel to 27 %, midfoot to 55 %; metatarsals by their share across between the tangents of the inner and the
    outer edge, to 30, 47, 64, 81 and 100 %. Toes begin at the valley of pressure; without one (no toe in contact, a
    flat print) at 81 % of the length at the inner and 72 % at the outer edge, which `made` and `why` say. Cells that
    are no grid are taken with the extent of their outlines, and the valley is looked for in what lies linearly between
    their centres, on lines 5 mm apart at most.
    """
    bounds.given("loaded_above", loaded_above, least=0)
    if layout.kind in ("seat", "saddle"):
        raise InvalidData(f"kind: expected an insole, a plate or a mat, got a {layout.kind}", field="kind")
    cells = np.asarray(peak, np.float64)
    if cells.shape != layout.valid.shape:
        raise InvalidData(f"peak: expected {layout.valid.shape} values, got {cells.shape}", field="peak")
    loaded_above = layout.loaded_above if loaded_above is None else loaded_above
    inside = layout.valid if layout.kind == "insole" else layout.valid & (cells > loaded_above)
    axis = foot_axis(layout, inside, side or layout.side, toward, line)
    border = toe_border(layout, cells, inside, axis)
    number = found_parts(axis, border.toes, np.nan_to_num(cells[inside]))
    names = FOUND if axis.side else SIDELESS
    shares = np.zeros((len(names), *inside.shape))
    shares[:, inside] = number == np.arange(len(names))[:, None]
    return FoundFoot(names, shares, made_by(axis, border.why, entered=line is not None), axis, axis.side, border.why)


def found_or_proportions(
    layout: Layout,
    peak: Floats,
    side: Side | None = None,
    *,
    loaded_above: float | None = None,
    toward: tuple[float, float] = (0.0, 1.0),
) -> Regions:
    """Find a foot as `find` does, its heel in one; what is none is divided by proportions, and `made` says why.

    Parameters
    ----------
    layout : Layout
    peak : (rows, cols) float64
        Largest value of each cell, kPa or counts.
    side : "left" or "right", optional
        Which foot; by default the layout's.
    loaded_above : float, optional
        p0: cells above it are the print, by default the layout's; those of an insole are all of the foot.
    toward : (x, y), default (0, 1)
        Roughly where the toes are.

    Returns
    -------
    Regions `heel`, `midfoot`, `mt1` … `mt5`, `hallux`, `toes`, or those of `find` where the side is not known.

    Raises
    ------
    InvalidData
        When there is no foot, and nobody says which it is.
    """
    bounds.given("loaded_above", loaded_above, least=0)
    try:
        found = find(layout, peak, side, loaded_above=loaded_above, toward=toward)
        return found.joined("heel", FOUND[:2])
    except InvalidData as error:
        limit = layout.loaded_above if loaded_above is None else loaded_above
        loaded = layout.valid & (np.asarray(peak) > limit)
        footprint = loaded if layout.kind != "insole" and loaded.any() else None
        reason = str(error).rpartition(": ")[2]
        return replace(
            foot(layout, footprint, side), made=f"{PROPORTIONS}; no foot was found in the pressures: {reason}"
        )


def overlap(lines: int, first: float, after: float, parts: int) -> Floats:
    """Return (parts, lines) share of each line in equal parts of the span from `first` to `after`."""
    edges = np.linspace(first, after, parts + 1)
    at = np.arange(lines)
    inside = np.minimum(at + 1, edges[1:, None]) - np.maximum(at, edges[:-1, None])
    return np.asarray(np.clip(inside, 0.0, 1.0))


def _footprint(layout: Layout, footprint: Mask | None) -> Mask:
    if not layout.placed:
        raise InvalidData("regions: the places of the cells are not known", field="geometry")
    if footprint is None:
        footprint = layout.valid
    if footprint.shape != layout.valid.shape or footprint.dtype != np.bool_:
        raise InvalidData(
            f"footprint: expected {layout.valid.shape} bool, got {footprint.shape} {footprint.dtype}", field="footprint"
        )
    if not (footprint & layout.valid).any():
        raise InvalidData("footprint: expected a cell or more, got none", field="footprint")
    return footprint & layout.valid


def _side(layout: Layout, side: Side | None) -> Side:
    chosen = side or layout.side
    if chosen not in ("left", "right"):
        raise InvalidData(f"side: expected left or right, the layout does not say; got {side!r}", field="side")
    return chosen


def _span(inside: Mask, axis: int) -> tuple[float, float]:
    """First line with a cell and the one after the last: rows with `axis` 1, columns with 0."""
    at = np.flatnonzero(inside.any(axis=axis))
    return float(at[0]), float(at[-1] + 1)


def _foot_places(inside: Mask, side: Side) -> tuple[Floats, Floats]:
    """Along (rows, 1) from the heel, across (rows, cols) from the inner edge of each row, 0 to 1 at the edges."""
    rows, cols = inside.shape
    front, heel = _span(inside, axis=1)
    along = np.asarray((heel - (np.arange(rows) + 0.5)) / (heel - front), np.float64)
    first = inside.argmax(axis=1)
    after = cols - inside[:, ::-1].argmax(axis=1)
    across: Floats = (np.arange(cols) + 0.5 - first[:, None]) / (after - first)[:, None]
    # A right foot's inner edge is at the left, seen from above.
    return along[:, None], np.asarray(across if side == "right" else 1.0 - across)
