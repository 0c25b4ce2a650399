"""What looks wrong with a geometry: cells on each other, outlines that overlap, a wrong unit, a foot turned round.

Feet tell left from right by two marks that insoles share: the medial edge is hollow under the arch, and the foremost
cells lie on the medial side. Both have to speak against the side that is told. Names say more: what is called medial
lies to the right of what is called lateral on a left foot. A foot is narrower at the heel than across the forefoot; an
insole that is not is drawn from front to back, or is of an unusual form, so this is a doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from barograph.geometries.catalogue import catalogue
from barograph.geometries.own import Table, wrong_numbers
from barograph.geometry import Floats, Geometry, area_of

OVERLAP = 0.05  # of the smaller cell's area
SAMPLES = 15  # along each side of a cell's box
AREA_BY_OUTLINE = (0.5, 2.0)
# Lengths of an insole in mm, from a child's to the largest, with room on both sides.
INSOLE_MM = (90.0, 420.0)
SENSOR_MM = (30.0, 12_000.0)
UNITS = {"m": 1000.0, "cm": 10.0, "inch": 25.4}
MOST_LISTED = 5
SOLE_ROOM = 1.02  # of rounding
SIDE_MARK = 0.04  # of the width
# Parts of the length from the back, and how much wider the first is than the second on a foot that is turned round.
HEEL_PART, BALL_PART, WIDER = (0.05, 0.30), (0.60, 0.85), 1.05
TOES = ("toe", "hallux", "metatarsal", "forefoot")
HEEL = ("heel", "rearfoot", "hindfoot", "calcaneus")
MEDIAL = ("medial", "hallux", "metatarsal 1", "big toe", "great toe")
LATERAL = ("lateral", "metatarsal 5", "little toe", "small toe", "fifth toe")


@dataclass(frozen=True)
class Finding:
    """What was found: on a line of the table or in all of it, and whether it is wrong, or only to be known."""

    text: str
    line: int | None = None
    wrong: bool = True


def findings(table: Table, side: str | None = None) -> list[Finding]:
    """Return what looks wrong with one's own geometry, of a side where it is known, in the order of importance."""
    numbers = [Finding(text, line) for line, text in wrong_numbers(table)]
    if numbers:
        return numbers
    geometry = table.geometry()
    found = [*_unit(table, geometry, side), *_on_each_other(table, geometry), *_overlapping(table, geometry)]
    found += [
        *_outside(table, geometry),
        *_areas(table, geometry),
        *_sole(table, geometry),
        *_foot(table, geometry, side),
        *_others(geometry),
    ]
    return found


def _line(table: Table, cell: int) -> int:
    return next(one.line for one in table.cells if one.number == cell + 1)


def _unit(table: Table, geometry: Geometry, side: str | None) -> Iterator[Finding]:
    if table.places != "mm":
        return
    box = geometry.box
    length, insole = max(box[2] - box[0], box[3] - box[1]), side is not None or table.about.get("kind") == "insole"
    least, most = INSOLE_MM if insole else SENSOR_MM
    if least <= length <= most or length == 0.0:
        return
    what = "insole" if insole else "sensor"
    fits = [f"{unit}: {length * mm:.0f} mm then" for unit, mm in UNITS.items() if least <= length * mm <= most]
    guess = f"; x and y look like {' or '.join(fits)}" if fits else ""
    yield Finding(f"the cells span {length:g} mm, and an {what} is {least:g} to {most:g} mm long{guess}".replace(
        "an sensor", "a sensor"
    ))  # fmt: skip


def _on_each_other(table: Table, geometry: Geometry) -> Iterator[Finding]:
    centres = geometry.centres
    size = max(geometry.box[2] - geometry.box[0], geometry.box[3] - geometry.box[1], 1e-9)
    order = np.lexsort((centres[:, 1], centres[:, 0]))
    same = [
        (int(min(one, other)), int(max(one, other)))
        for one, other in pairwise(order)
        if np.abs(centres[one] - centres[other]).max() < 1e-4 * size
    ]
    for one, other in sorted(same)[:MOST_LISTED]:
        yield Finding(f"cell {other + 1} lies on cell {one + 1}, at the same place", _line(table, other))
    yield from _more(len(same), "pairs of cells at one place")


def _overlapping(table: Table, geometry: Geometry) -> Iterator[Finding]:
    boxes, outlines = geometry.boxes, geometry.outlines
    many = 0
    for one in range(len(outlines)):
        touching = (boxes[:, 0] < boxes[one, 2]) & (boxes[:, 2] > boxes[one, 0])
        touching &= (boxes[:, 1] < boxes[one, 3]) & (boxes[:, 3] > boxes[one, 1])
        for other in np.flatnonzero(touching)[np.flatnonzero(touching) > one].tolist():
            if not len(outlines[one]) or not len(outlines[other]):
                continue
            if (part := shared(outlines[one], outlines[other])) > OVERLAP:
                many += 1
                if many <= MOST_LISTED:
                    said = f"the outline of cell {other + 1} overlaps that of cell {one + 1} by {100 * part:.0f} %"
                    yield Finding(said, _line(table, other))
    yield from _more(many, "pairs of outlines that overlap")


def shared(one: Floats, other: Floats) -> float:
    """Return which part of the smaller of two outlines, each (corners, 2), lies in the other, by points on a grid."""
    small, large = sorted((one, other), key=lambda corners: abs(area_of(corners)))
    low, high = small.min(axis=0), small.max(axis=0)
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    x, y = np.meshgrid(low[0] + steps * (high[0] - low[0]), low[1] + steps * (high[1] - low[1]))
    points = np.column_stack([x.ravel(), y.ravel()])
    inside = points[within(points, small)]
    return float(within(inside, large).mean()) if len(inside) else 0.0


def within(points: Floats, corners: Floats) -> NDArray[np.bool_]:
    """Return (n,) whether points (n, 2) lie within an outline: how often a ray to the right crosses it."""
    inside = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crosses = (y0 > points[:, 1]) != (y1 > points[:, 1])
        if crosses.any():
            at = x0 + (points[:, 1] - y0) * (x1 - x0) / (y1 - y0)
            inside ^= crosses & (points[:, 0] < at)
    return inside


def _outside(table: Table, geometry: Geometry) -> Iterator[Finding]:
    """Centres that lie beyond the box of their own outline."""
    many = 0
    for cell, corners in enumerate(geometry.outlines):
        if not len(corners):
            continue
        low, high = corners.min(axis=0), corners.max(axis=0)
        if ((geometry.centres[cell] < low) | (geometry.centres[cell] > high)).any():
            many += 1
            if many <= MOST_LISTED:
                yield Finding(f"the centre of cell {cell + 1} lies outside its own outline", _line(table, cell))
    yield from _more(many, "centres outside their outlines")


def _areas(table: Table, geometry: Geometry) -> Iterator[Finding]:
    without = sorted(cell.number for cell in table.cells if cell.area_mm2 is None)
    if len(without) == len(table.cells):
        yield Finding("no cell has an area: there are pressures, and no forces", wrong=False)
    elif without:
        listed = ", ".join(map(str, without[:10])) + (", …" if len(without) > 10 else "")
        yield Finding(f"cells {listed} have no area, others have one", _line(table, without[0] - 1))
    many = 0
    for cell in sorted(table.cells, key=lambda one: one.number):
        corners = geometry.outlines[cell.number - 1]
        drawn = abs(area_of(corners)) if len(corners) else 0.0
        if cell.area_mm2 and drawn and not AREA_BY_OUTLINE[0] <= cell.area_mm2 / drawn <= AREA_BY_OUTLINE[1]:
            many += 1
            if many <= MOST_LISTED:
                said = f"cell {cell.number} has an area of {cell.area_mm2:g} mm², and its outline {drawn:.4g} mm²"
                yield Finding(said, cell.line)
    yield from _more(many, "areas that are not those of their outlines")


def _sole(table: Table, geometry: Geometry) -> Iterator[Finding]:
    """Cells that are larger than the sole that is told."""
    cells = sum(table.areas() or ())
    if geometry.sole_mm2 is not None and cells > SOLE_ROOM * geometry.sole_mm2:
        yield Finding(f"the cells have {cells:.0f} mm² together, and the sole that is told {geometry.sole_mm2:g} mm²")


def _foot(table: Table, geometry: Geometry, side: str | None) -> list[Finding]:
    """What contradicts a foot: toes at the back; else, of one whose side is told, the medial edge on the other side."""
    if side is None and table.about.get("kind") != "insole":
        return []
    return list(_reversed(geometry)) or (list(_mirrored(geometry, side)) if side else [])


def _reversed(geometry: Geometry) -> Iterator[Finding]:
    front, back = (_mean_of_named(geometry, words, geometry.y) for words in (TOES, HEEL))
    if front is not None and back is not None:
        if front < back:
            yield Finding("cells named heel lie in front of those named toes or metatarsals: y has to grow to the toes")
        return
    heel, ball = (_width(geometry, *part) for part in (HEEL_PART, BALL_PART))
    if heel > WIDER * ball > 0.0:
        yield Finding(
            f"doubtful: the back third is {heel:.3g} wide and the forefoot {ball:.3g}, as if drawn from front to back; "
            "y has to grow to the toes",
            wrong=False,
        )


def _mean_of_named(geometry: Geometry, words: Sequence[str], places: Sequence[float]) -> float | None:
    """Mean place of the cells whose names have one of these words; None without such names."""
    found = [
        at for name, at in zip(geometry.names, places, strict=False) if any(word in name.lower() for word in words)
    ]
    return float(np.mean(found)) if found else None


def _width(geometry: Geometry, first: float, last: float) -> float:
    """How wide the cells are between two parts of the length."""
    low, high = geometry.box[1], geometry.box[3]
    points = _points(geometry)
    part = (points[:, 1] - low) / max(high - low, 1e-9)
    across = points[(part >= first) & (part <= last), 0]
    return float(np.ptp(across)) if len(across) > 1 else 0.0


def _points(geometry: Geometry) -> Floats:
    """(n, 2) corners of all outlines, and centres of cells without one."""
    return np.vstack([
        corners if len(corners) else geometry.centres[cell][None] for cell, corners in enumerate(geometry.outlines)
    ])  # fmt: skip


def _mirrored(geometry: Geometry, side: str) -> Iterator[Finding]:
    to_the_right = 1.0 if side == "left" else -1.0  # where the medial edge of a foot lies, seen from above
    other = "right" if side == "left" else "left"
    if (named := _medial_by_name(geometry)) is not None:
        if named * to_the_right < 0:
            where = "left" if to_the_right > 0 else "right"
            yield Finding(
                f"cells named medial lie to the {where} of those named lateral: a {other} foot, not a {side} one"
            )
        return
    marks = _medial_by_shape(geometry)
    if len(marks) == 2 and all(mark * to_the_right < -SIDE_MARK for mark in marks):
        yield Finding(f"its hollow edge and its foremost cells are those of a {other} foot, not of a {side} one")


def _medial_by_name(geometry: Geometry) -> float | None:
    """How far to the right what is called medial lies of what is called lateral; None without such names."""
    medial, lateral = (_mean_of_named(geometry, words, geometry.x) for words in (MEDIAL, LATERAL))
    return None if medial is None or lateral is None else medial - lateral


def _medial_by_shape(geometry: Geometry) -> list[float]:
    """Two marks of the medial edge, above 0 to the right, in parts of the width; fewer where cells do not tell."""
    left, low, right, high = geometry.box
    width, length = right - left, high - low
    if width <= 0 or length <= 0 or len(geometry.x) < 5:
        return []
    points = _points(geometry)
    arch = points[(points[:, 1] > low + 0.3 * length) & (points[:, 1] < low + 0.55 * length), 0]
    front = points[points[:, 1] > high - 0.05 * length, 0]
    if not len(arch):
        return []
    hollow = float((right - arch.max()) - (arch.min() - left)) / width
    return [hollow, float(front.mean() - (left + right) / 2) / width]


def _others(geometry: Geometry) -> Iterator[Finding]:
    """Known geometries of as many cells: one of them may be meant."""
    found = [name for name, one in catalogue().items() if one["cells"] == geometry.cells]
    if found:
        yield Finding(f"{geometry.cells} cells are also those of {', '.join(found)}", wrong=False)


def _more(many: int, what: str) -> Iterator[Finding]:
    if many > MOST_LISTED:
        yield Finding(f"{many} {what} in all")
