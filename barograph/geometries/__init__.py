"""Geometries by name: where the cells of sensors lie, with the source of every figure and how well it is known.

    >>> geometries.named("pedar-x", "left").geometry

`data/*.toml` has them, each as its source tells one insole; the other side is its mirror image, with the same numbers
of cells. What nobody published is not there: a place or an area that is not known is missing, and is never filled in.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from barograph.errors import InvalidData
from barograph.geometries.catalogue import Known, catalogue, known_of
from barograph.layout_values import choice, shown

__all__ = ["Known", "filled", "fitting", "named", "names"]


def names() -> tuple[str, ...]:
    """Return all names, in the order in which they are listed."""
    return tuple(catalogue())


def named(name: str, side: str | None = None) -> Known:
    """Return a geometry by its name, of the left or right sensor; `InvalidData` with near names for another one.

    `side` has to be told where the cells of the two feet lie, or are called, otherwise.
    """
    found = catalogue().get(name) if isinstance(name, str) else None
    if found is None:
        near = difflib.get_close_matches(str(name)[:60].lower().replace("_", "-"), names(), n=4, cutoff=0.5)
        expected = f"one of {', '.join(near or names())}"
        raise InvalidData(f"geometry: expected {expected}, got {shown(name)}", field="geometry")
    if side is not None:
        choice("side", side, ("left", "right"))
    return known_of(found, side)


def fitting(cells: int, kind: str | None = None) -> list[str]:
    """Return the names of all geometries of so many cells, of one kind of sensor or of any."""
    return [
        name for name, one in catalogue().items() if one["cells"] == cells and kind in (None, one.get("kind", kind))
    ]


def filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a layout whose `geometry` is a name, with all that the name says and the fields do not.

    These are the geometry itself or rows, columns and pitch of a grid, one row of cells where rows and columns are not
    given, areas where they are known and cells have pressures, and the kind of the sensor. What contradicts the name
    raises `InvalidData`.
    """
    out = dict(data)
    known = named(out.pop("geometry"), out.get("side"))
    cells = _asked_cells(out)
    if cells not in (None, known.cells):
        expected = f"{known.name} with its {known.cells} cells"
        raise InvalidData(f"geometry: expected {expected}, got rows and cols of {cells}", field="geometry")
    for name, value in known.fields(out.get("unit", "raw")).items():
        if out.get(name) is None:
            out[name] = value
    if known.quantity == "force" and out.get("unit", "raw") not in ("raw", "N"):
        expected = f"N, or raw, with geometry {known.name}, whose cells have forces"
        raise InvalidData(f"unit: expected {expected}, got {shown(out['unit'])}", field="unit")
    return out


def _asked_cells(data: Mapping[str, Any]) -> int | None:
    """How many cells rows and columns have, where they are numbers; anything else is the layout's to refuse."""
    sizes = [data.get(name) for name in ("rows", "cols")]
    known = [size for size in sizes if isinstance(size, int)]
    return known[0] * known[1] if len(known) == 2 else None
