"""One grid for plates that are not laid on one: each is moved by less than a cell, or spread where it is turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from analytics.frames.plates import Plate, areas_of, moved
from barograph.errors import InvalidData
from barograph.frames import MAX_CELLS, Floats, Ints, Layout

ON_GRID = 0.01  # part of a pitch by which a place may miss the common grid
PARTS = 10  # a cell of a turned plate is spread by the places of so many parts of it, squared
ALIKE = 1e-6


@dataclass(frozen=True, eq=False)
class Laid:
    """How a plate's cells lie on the grid: `targets` (m,) one cell each, or `shares` (cells, m) of a turned plate.

    `off_mm` is how far the plate was moved for it, x and y of the common frame.
    """

    targets: Ints | None
    shares: scipy.sparse.csr_array | None = None
    off_mm: tuple[float, float] = (0.0, 0.0)


def turned_pitch(one: Plate) -> tuple[float, float] | None:
    """Return the pitch along x and y of the common frame; None of what is no grid along them."""
    turns, pitch = one.place.turn_deg / 90.0, one.layout.pitch_mm
    if pitch is None or abs(turns - round(turns)) > 1e-9:
        return None
    return (pitch[1], pitch[0]) if round(turns) % 2 else pitch


def exact_grid(plates: Sequence[Plate], common: dict[str, Any]) -> tuple[Layout, list[Laid]] | None:
    """Return the grid that all cells lie on as they are; None where pitch, turn or place do not allow one."""
    pitches = [found for one in plates if (found := turned_pitch(one)) is not None]
    if len(pitches) < len(plates) or not np.allclose(pitches, pitches[0], rtol=ALIKE):
        return None
    pitch = np.asarray(pitches[0])
    corner = np.min([one.centres.min(axis=0) for one in plates], axis=0)
    steps = [(one.centres - corner) / pitch for one in plates]
    if any(np.abs(step - np.rint(step)).max() > ON_GRID for step in steps):
        return None
    made = _numbered([np.rint(step).astype(np.int64) for step in steps], corner, pitch, common)
    if made is None:
        return None
    about, targets = made
    cells = _cells_of(targets, areas_of(plates, common["unit"]), about["rows"] * about["cols"], float(pitch.prod()))
    return Layout(**about, **cells, **common), [Laid(one) for one in targets]


def nearest_grid(plates: Sequence[Plate], common: dict[str, Any]) -> tuple[Layout, list[Laid]]:
    """Return the grid of the first plate, and how the cells of all are laid on it.

    Raises
    ------
    InvalidData
        When a plate has no grid of cells, cells have other sizes, or a turned plate has cells of other areas than the
        pitch.
    """
    pitch = _pitch_of(plates)
    first = next((one for one in plates if turned_pitch(one) is not None), plates[0])
    corner = first.centres.min(axis=0)
    spots = [_spots(one, corner, pitch) for one in plates]
    made = _numbered([one for one, _ in spots], corner, pitch, common)
    if made is None:
        raise InvalidData(f"place: expected plates within {MAX_CELLS} cells of one floor, got more", field="place")
    about, targets = made
    offs = [off for _, off in spots]
    if None in offs:
        return _spread(plates, targets, offs, about, common)
    _check_once(plates, targets)
    cells = _cells_of(targets, areas_of(plates, common["unit"]), about["rows"] * about["cols"], float(pitch.prod()))
    laid = [Laid(one, None, off or (0.0, 0.0)) for one, off in zip(targets, offs, strict=True)]
    return Layout(**about, **cells, **common), laid


def _spread(
    plates: Sequence[Plate], targets: list[Ints], offs: Sequence[tuple[float, float] | None], about: dict[str, Any],
    common: dict[str, Any],
) -> tuple[Layout, list[Laid]]:  # fmt: skip
    """The same where a plate is turned: cells of the floor have the mean pressure of what lies there, and its area."""
    cells = about["rows"] * about["cols"]
    shares = [_shares(len(one.cells), target, cells) for one, target in zip(plates, targets, strict=True)]
    covered = np.asarray(sum(one.sum(axis=1) for one in shares))
    found: dict[str, Any] = {} if (covered > 0).all() else {"mask": tuple((covered > 0).astype(int).tolist())}
    if common["unit"] != "N":
        scale = np.divide(1.0, covered, out=np.zeros(cells), where=covered > 0)
        shares = [scipy.sparse.csr_array(one.multiply(scale[:, None])) for one in shares]
        found["cell_area_mm2"] = tuple((np.where(covered > 0, covered, 1.0) * np.prod(about["pitch_mm"])).tolist())
    laid = [Laid(None, one, off or (0.0, 0.0)) for one, off in zip(shares, offs, strict=True)]
    return Layout(**about, **found, **common), laid


def _pitch_of(plates: Sequence[Plate]) -> Floats:
    """The pitch of all plates along x and y of the floor."""
    for one in plates:
        if one.layout.places != "grid" or one.layout.pitch_mm is None:
            raise InvalidData(f"layout: expected a grid of cells of known size, got none of {one.name}", field="layout")
    pitches = [found if (found := turned_pitch(one)) is not None else one.layout.pitch_mm for one in plates]
    first = pitches[0] or (0.0, 0.0)
    for one, pitch in zip(plates, pitches, strict=True):
        if not np.allclose(pitch or (0.0, 0.0), first, rtol=ALIKE):
            said = f"{_size(plates[0])} of {plates[0].name} and {_size(one)} of {one.name}"
            turned = "" if _size(one) != _size(plates[0]) else ", which lie across each other"
            raise InvalidData(
                f"pitch_mm: expected cells of one size on one floor, got {said}{turned}", field="pitch_mm"
            )
        area = one.layout.area_cm2
        uneven = area is not None and not np.allclose(area[one.layout.valid], np.prod(first) / 100.0, rtol=ALIKE)
        if uneven and any(turned_pitch(other) is None for other in plates):
            raise InvalidData(
                f"cell_area_mm2: expected areas of the pitch on a floor with turned plates, got others of {one.name}",
                field="cell_area_mm2",
            )
    return np.asarray(first)


def _size(one: Plate) -> str:
    across, along = one.layout.pitch_mm or (0.0, 0.0)
    return f"{across:g} × {along:g} mm"


def _spots(one: Plate, corner: Floats, pitch: Floats) -> tuple[Ints, tuple[float, float] | None]:
    """Columns and rows on the grid, of each cell and how far it is moved; of a turned plate of all parts of each."""
    if turned_pitch(one) is not None:
        steps = (one.centres - corner) / pitch
        off = steps[0] - np.rint(steps[0])
        by = (-off * pitch).round(3).tolist()
        return np.rint(steps - off).astype(np.int64), (by[0], by[1])
    parts = (np.arange(PARTS) + 0.5) / PARTS - 0.5
    across, along = (size * parts for size in one.layout.pitch_mm or (0.0, 0.0))
    inside = np.stack(np.meshgrid(across, along), axis=-1).reshape(-1, 2)
    points = (one.layout.centres[one.cells][:, None] + inside).reshape(-1, 2)
    return np.rint((moved(one.layout, one.place, points) - corner) / pitch).astype(np.int64), None


def _numbered(
    spots: list[Ints], corner: Floats, pitch: Floats, common: dict[str, Any]
) -> tuple[dict[str, Any], list[Ints]] | None:
    """What a layout needs of a grid on which these columns and rows are, and their numbers; None of too many cells."""
    low, high = (end([end(one, axis=0) for one in spots], axis=0) for end in (np.min, np.max))
    cols, rows = (high - low + 1).tolist()
    if rows * cols > MAX_CELLS:
        return None
    targets = [((rows - 1 - (one[:, 1] - low[1])) * cols + one[:, 0] - low[0]).astype(np.int64) for one in spots]
    origin = tuple((corner + (low - 0.5) * pitch).tolist())
    return {"rows": rows, "cols": cols, "pitch_mm": tuple(pitch.tolist()), "origin_mm": origin, "y_axis": "up"}, targets


def _cells_of(targets: list[Ints], known: tuple[float, ...] | None, cells: int, mm2: float) -> dict[str, Any]:
    """Mask of a grid, and areas of its cells where they are not those of the pitch."""
    there = np.zeros(cells, np.int64)
    there[np.concatenate(targets)] = 1
    found: dict[str, Any] = {} if there.all() else {"mask": tuple(there.tolist())}
    if known is not None and not np.allclose(known, mm2, rtol=1e-9):
        areas = np.full(cells, mm2)
        areas[np.concatenate(targets)] = known
        found["cell_area_mm2"] = tuple(areas.tolist())
    return found


def _shares(cells_of_it: int, targets: Ints, cells: int) -> scipy.sparse.csr_array:
    """(cells, m) which part of each of a plate's m cells lies on each cell of the floor."""
    parts = len(targets) // cells_of_it
    of = np.repeat(np.arange(cells_of_it), parts)
    made = scipy.sparse.csr_array((np.full(len(targets), 1.0 / parts), (targets, of)), shape=(cells, cells_of_it))
    made.sum_duplicates()
    return made


def _check_once(plates: Sequence[Plate], targets: Sequence[Ints]) -> None:
    """Refuse plates that would share cells once they are moved onto the grid."""
    every = np.concatenate(targets)
    if len(np.unique(every)) < len(every):
        said = " and ".join(one.name for one in plates)
        raise InvalidData(
            f"place: expected one plate for each cell of a floor, got some of {said} that meet", field="place"
        )
