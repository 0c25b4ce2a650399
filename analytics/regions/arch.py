"""The arch index of a barefoot print."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analytics import regions
from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.foot_axis import Mask, Side, centres, sizes_of
from analytics.frames.heading import FRONT, heading_of
from analytics.maps.maps import peak_map
from analytics.regions.presets import FoundFoot, Regions
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording

Axis = Literal["forefoot", "second_toe", "bisector", "rows"]
AXES: tuple[Axis, ...] = ("forefoot", "second_toe", "bisector", "rows")
TOES = ("hallux", "toes")


@checked
def arch_index(
    recording: Recording,
    *,
    loaded_above: float | None = None,
    side: Side | None = None,
    axis: Axis = "forefoot",
    second_toe: tuple[float, float] | None = None,
    toes: Mask | None = None,
) -> pd.DataFrame:
    """Compute the arch index of a barefoot print: contact area of the middle third over that of the toeless foot.

    Parameters
    ----------
    recording : Recording
        Of a plate, with one print; of anything else it is refused, as a shoe or an insole has no print.
    loaded_above : float, optional
        p0: a cell belongs to the print when it was ever above it; by default the layout's.
    side : "left" or "right", optional
        Which foot; by default the layout's, else what the print says.
    axis : "forefoot", "second_toe", "bisector" or "rows", default "forefoot"
        What the thirds are cut along: heel to forefoot (`regions.find`), heel to `second_toe` (as Cavanagh and Rodgers
        do), the line midway between the tangents of the inner and the outer edge, or the rows of the sensor.
    second_toe : (x, y), optional
        A point in mm of the layout, for that axis.
    toes : (rows, cols) bool, optional
        The cells of the toes, marked by hand; by default those that `regions.find` finds.

    Returns
    -------
    DataFrame of one row: `arch_index` and the areas of the toeless foot's thirds; NaN without a print.
    `attrs["regions"]` says how axis and toes were found, or that they are by proportion.

    Raises
    ------
    InvalidData
        When the layout is no plate, the axis is of another name or lacks its point, or `toes` are of another shape.

    Notes
    -----
    Cavanagh and Rodgers 1987, doi 10.1016/0021-9290(87)90255-7. A cell that a border cuts is shared by its extent along
    the axis. The index hangs on where the toes begin.
    """
    layout = recording.layout
    bounds.given("loaded_above", loaded_above, least=0)
    _check(layout, axis, second_toe, toes)
    loaded_above = layout.loaded_above if loaded_above is None else loaded_above
    peak = peak_map(recording).to_numpy()
    footprint = layout.valid & (peak > loaded_above)
    unit = "cell" if layout.area_cm2 is None else "cm2"
    names = [f"{part}_{unit}" for part in ("front", "middle", "rear")]
    parts, made = np.full(3, np.nan), "no print"
    if footprint.any():
        toward = heading_of(recording)
        found = _regions(recording, peak, side, loaded_above, toward)
        by_hand = (
            toes if toes is not None else np.any([found.of(name) > 0 for name in TOES if name in found.names], axis=0)
        )
        d = _direction(layout, found, axis, second_toe)
        parts, made = _thirds(layout, footprint & ~by_hand, d), found.made
    row = {"arch_index": parts[1] / parts.sum(), **dict(zip(names, parts, strict=True))}
    point = None if second_toe is None else [float(at) for at in second_toe]
    return described(
        pd.DataFrame([row]), "arch_index", regions=made, loaded_above=loaded_above, side=side or layout.side, axis=axis,
        second_toe=point, toes_by_hand=toes is not None,
    )  # fmt: skip


def _check(layout: Layout, axis: str, second_toe: object, toes: Mask | None) -> None:
    if layout.kind != "plate":
        raise InvalidData(f"kind: expected a plate, for only a barefoot print has an arch index, got {layout.kind}")
    if axis not in AXES:
        raise InvalidData(f"axis: expected one of {', '.join(AXES)}, got {axis!r}", field="axis")
    if axis == "second_toe" and second_toe is None:
        raise InvalidData("second_toe: expected a point (x, y) in mm for this axis, got none", field="second_toe")
    if toes is not None and (toes.shape != layout.valid.shape or toes.dtype != np.bool_):
        raise InvalidData(f"toes: expected {layout.valid.shape} bool, got {toes.shape} {toes.dtype}", field="toes")


def _regions(
    recording: Recording, peak: Floats, side: Side | None, loaded_above: float, toward: tuple[float, float]
) -> Regions:
    layout = recording.layout
    try:
        return regions.find(layout, peak, side, loaded_above=loaded_above, toward=toward)
    except InvalidData:
        # Toes are named by the side, the index is the same for both.
        either = side or layout.side or "right"
        return regions.found_or_proportions(layout, peak, either, loaded_above=loaded_above, toward=toward)


def _direction(layout: Layout, found: Regions, axis: Axis, second_toe: tuple[float, float] | None) -> Floats:
    """(2,) unit vector that the thirds are cut along, x to the right and y to the front."""
    if axis == "rows" or not isinstance(found, FoundFoot):
        return np.array(FRONT)
    if axis == "bisector":
        return _bisector(found)
    if axis == "forefoot" or second_toe is None:
        return found.axis.d
    d = _seen(layout, second_toe) - found.axis.heel
    return np.asarray(d / np.hypot(*d))


def _bisector(found: FoundFoot) -> Floats:
    """Midway between the directions of the two tangents."""
    along = [found.axis.d + slope * found.axis.outward for _, slope in found.axis.lines]
    d = sum(one / np.hypot(*one) for one in along)
    return np.asarray(d / np.hypot(*d))


def _seen(layout: Layout, place: tuple[float, float]) -> Floats:
    """A place on the layout's axes as `foot_axis` sees it."""
    if layout.geometry is not None:
        return np.array(place, np.float64)
    pitch = layout.pitch_mm or (1.0, 1.0)
    x, y = (at - origin for at, origin in zip(place, layout.origin_mm, strict=True))
    wide, high = layout.cols * pitch[0], layout.rows * pitch[1]
    return np.array([x if layout.x_axis == "right" else wide - x, y if layout.y_axis == "up" else high - y])


def _thirds(layout: Layout, toeless: Mask, d: Floats) -> Floats:
    """(3,) area of the front, middle and rear third of some cells along a direction."""
    if not toeless.any():
        return np.full(3, np.nan)
    s, half = centres(layout, toeless) @ d, sizes_of(layout, toeless) @ np.abs(d) / 2
    edges = np.linspace((s - half).min(), (s + half).max(), 4)[:, None]
    inside = np.minimum(s + half, edges[1:]) - np.maximum(s - half, edges[:-1])
    area = np.ones(len(s)) if layout.area_cm2 is None else layout.area_cm2[toeless]
    return np.asarray((np.clip(inside, 0.0, None) / (2 * half) * area).sum(axis=1)[::-1])
