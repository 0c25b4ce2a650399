"""The entries of `data/*.toml`, and what each says of one side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from barograph.errors import InvalidData
from barograph.geometry import Geometry

FILES = ("pedar", "moticon", "loadsol", "stappone", "gaitpdb", "grids")
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Known:
    """What is known of a sensor by its name.

    `geometry` has the places of its cells, of `side`; a grid has none, but `rows`, `cols` and `pitch_mm`. `area_mm2` is
    the area of each cell, None where nobody told it. `quantity` is what the vendor's cells have: "pressure", "force",
    or "counts" that nobody calibrated; None and an empty `kind` where nobody said it.
    """

    name: str
    title: str
    quantity: Literal["pressure", "force", "counts"] | None
    kind: str
    cells: int
    source: str
    confidence: str
    side: str | None = None
    geometry: Geometry | None = None
    area_mm2: tuple[float, ...] | None = None
    rows: int = 1
    cols: int = 1
    pitch_mm: tuple[float, float] | None = None

    @property
    def places(self) -> Literal["grid", "mm", "relative", "none"]:
        """How the places of the cells are known."""
        return "grid" if self.geometry is None else self.geometry.places

    def of(self, numbers: Sequence[int]) -> Known:
        """Return the same sensor with some of its cells alone, by their numbers from 1, in that order."""
        if list(numbers) == list(range(1, self.cells + 1)) or self.geometry is None:
            return self

        def chosen(values: Sequence[Any] | None) -> tuple[Any, ...]:
            return tuple(values[number - 1] for number in numbers) if values else ()

        few: dict[str, Any] = {name: chosen(getattr(self.geometry, name)) for name in ("x", "y", "polygons", "names")}
        return replace(
            self,
            geometry=replace(self.geometry, **few, name=f"{self.name}, {len(numbers)} of {self.cells} cells"),
            area_mm2=chosen(self.area_mm2) or None,
            cells=len(numbers),
            cols=len(numbers),
        )

    def on(self, side: str) -> Known:
        """Return the sensor of a side: itself, or its mirror image; one whose side nobody told raises `InvalidData`."""
        if self.side is None:
            raise InvalidData(f"side: expected that of geometry {self.name}, as '# side: left' says it", field="side")
        if side == self.side or self.geometry is None:
            return self
        return replace(self, side=side, geometry=other_side(self.geometry))

    def fields(self, unit: str) -> dict[str, Any]:
        """Return the fields of a layout in a unit, as far as the name says them; cells with forces have no area."""
        size: dict[str, Any] = {"rows": self.rows, "cols": self.cols, **({"kind": self.kind} if self.kind else {})}
        if self.geometry is None:
            return {**size, "pitch_mm": self.pitch_mm}
        areas = {} if self.area_mm2 is None or unit == "N" else {"cell_area_mm2": self.area_mm2}
        return {**size, **areas, "geometry": self.geometry}


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """Return every entry by its name, as its file has it, with what the file says of all of them."""
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        text = resources.files(__package__).joinpath("data", f"{file}.toml").read_text("utf-8")
        said = tomllib.loads(text)
        for one in said.pop("geometry"):
            entry = said | one
            entry["cells"] = entry.get("rows", 1) * entry.get("cols", 0) or _cells(entry)
            found[entry["name"]] = entry
    return found


def _cells(entry: Mapping[str, Any]) -> int:
    return max(len(entry.get(name, ())) for name in ("x", "names", "area_mm2"))


@lru_cache(maxsize=64)
def _known(name: str, side: str | None) -> Known:
    entry = catalogue()[name]
    fields: dict[str, Any] = {
        field: entry[field] for field in ("name", "title", "quantity", "kind", "cells", "source", "confidence")
    }
    if "rows" in entry:
        return Known(**fields, rows=entry["rows"], cols=entry["cols"], pitch_mm=tuple(entry["pitch_mm"]))
    area = tuple(map(float, entry["area_mm2"])) if "area_mm2" in entry else None
    return Known(**fields, cols=entry["cells"], side=side, geometry=_geometry(entry, side), area_mm2=area)


def known_of(entry: Mapping[str, Any], side: str | None) -> Known:
    """Return what an entry says of a side, which has to be told where the two differ."""
    if side is None and sided(entry):
        expected = f"left or right with geometry {entry['name']}, whose cells are mirrored on the other foot"
        raise InvalidData(f"side: expected {expected}, got none", field="side")
    return _known(entry["name"], side)


def sided(entry: Mapping[str, Any]) -> bool:
    """Return whether the cells of the two sides lie, or are called, otherwise."""
    return "x" in entry or any(f"names_{side}" in entry for side in OTHER)


def _geometry(entry: Mapping[str, Any], side: str | None) -> Geometry:
    made = Geometry(
        places=entry["places"],
        x=tuple(entry.get("x", ())),
        y=tuple(entry.get("y", ())),
        polygons=tuple(map(tuple, entry.get("polygons", ()))),
        names=tuple(entry.get(f"names_{side}", entry.get("names", ()))),
        name=entry["name"],
        source=entry["source"],
        confidence=entry["confidence"],
        sole_mm2=float(sum(entry["area_mm2"])) if entry.get("cells_are_the_sole") else None,
    )
    if side in (None, entry["side"]) or made.places == "none":
        return made
    return other_side(made)


def other_side(geometry: Geometry) -> Geometry:
    """Return the mirror image: in mm about the middle of the box, relative numbers about their 0.

    These count from the middle of the insole, or from between the feet.
    """
    if geometry.places == "mm":
        return geometry.mirrored()
    turned = (tuple(-value if at % 2 == 0 else value for at, value in enumerate(one)) for one in geometry.polygons)
    return replace(geometry, x=tuple(-value for value in geometry.x), polygons=tuple(turned))
