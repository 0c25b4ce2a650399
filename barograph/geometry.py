"""Where the cells of a sensor lie that is no grid: a centre a cell, an outline a cell, or nothing at all.

Places are seen from above with the toes, or the front, up: x grows to the right, y to the front. They are of the sensor
that has them: a left insole's geometry is the mirror image of a right one's, with the same numbers of cells.

Terms: geometry (docs/glossary.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from barograph.by_value import ByValue
from barograph.errors import InvalidData

Floats = NDArray[np.float64]
PLACES = ("mm", "relative", "none")
MOST_TEXT, MOST_CORNERS = 400, 64
# Beyond this nobody wears, stands or sits: a place in another unit, or a wrong one.
MOST_MM = 100_000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Geometry(ByValue):
    """Where each cell of a sensor lies.

    `places` says what x and y are: "mm"; "relative", parts of a length and a width that nobody told, or numbers without
    a unit; "none", when places are not known, and x, y and polygons are missing. `polygons` are the corners of each
    cell, x0, y0, x1, y1, …; empty for a cell whose outline is not known. `aspect`, width over length, is for the
    picture of a relative geometry alone. `sole_mm2` is the area of the whole sole or sensor that the cells are part of;
    None where nobody told it. `source` and `confidence` say where it is from and how well it is known.
    """

    places: Literal["mm", "relative", "none"]
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    polygons: tuple[tuple[float, ...], ...] = ()
    names: tuple[str, ...] = ()
    aspect: float | None = None
    sole_mm2: float | None = None
    name: str = ""
    source: str = ""
    confidence: str = ""

    def __post_init__(self) -> None:
        if self.places not in PLACES:
            raise _wrong("places", f"one of {', '.join(PLACES)}", self.places)
        set_ = object.__setattr__
        set_(self, "x", _numbers("x", self.x))
        set_(self, "y", _numbers("y", self.y))
        set_(self, "polygons", _polygons(self.polygons))
        set_(self, "names", _texts(self.names))
        for name in ("name", "source", "confidence"):
            text = getattr(self, name)
            if not isinstance(text, str) or len(text) > MOST_TEXT or not text.isprintable():
                raise _wrong(name, f"at most {MOST_TEXT} characters without control characters", text)
        for name in ("aspect", "sole_mm2"):
            if (value := getattr(self, name)) is not None and not (_is_number(value) and 0.0 < value < math.inf):
                raise _wrong(name, "a number above 0", value)
        self._check_numbers_of_cells()

    def _check_numbers_of_cells(self) -> None:
        if self.places == "none":
            if self.x or self.y or self.polygons:
                raise _wrong("x", "no places of cells whose places are not known", f"{len(self.x)} numbers")
            return
        if not self.x or len(self.x) != len(self.y):
            raise _wrong("y", f"one for each of {len(self.x)} x", f"{len(self.y)} numbers")
        for name in ("polygons", "names"):
            if (many := len(getattr(self, name))) not in (0, len(self.x)):
                raise _wrong(name, f"none, or one for each of {len(self.x)} cells", str(many))

    @property
    def cells(self) -> int | None:
        """Number of cells; None when nothing says it."""
        return len(self.x) or len(self.names) or None

    @property
    def numbers(self) -> int:
        """How many numbers it has in all lists."""
        return len(self.x) + len(self.y) + sum(map(len, self.polygons))

    @cached_property
    def centres(self) -> Floats:
        """(cells, 2) x and y of the cells; (0, 2) without places."""
        return np.column_stack([np.array(self.x, np.float64), np.array(self.y, np.float64)])

    @cached_property
    def outlines(self) -> tuple[Floats, ...]:
        """(corners, 2) of each cell; (0, 2) of one whose outline is not known."""
        return tuple(np.array(corners, np.float64).reshape(-1, 2) for corners in self.polygons) or tuple(
            np.zeros((0, 2)) for _ in self.x
        )

    @cached_property
    def boxes(self) -> Floats:
        """(cells, 4) least x, least y, largest x and largest y of each cell: its outline's, else its centre's."""
        low, high = self.centres.copy(), self.centres.copy()
        for cell, corners in enumerate(self.outlines):
            if len(corners):
                low[cell], high[cell] = corners.min(axis=0), corners.max(axis=0)
        return np.hstack([low, high])

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Least x, least y, largest x and largest y of all cells; zeros without places."""
        if not self.x:
            return 0.0, 0.0, 0.0, 0.0
        left, low = self.boxes[:, :2].min(axis=0)
        right, high = self.boxes[:, 2:].max(axis=0)
        return float(left), float(low), float(right), float(high)

    def below(self, axis: Literal[0, 1], at: float) -> Floats:
        """Return (cells,) the part of each cell below a place along x (0) or y (1).

        By area of its outline, or where that is not known by its centre: 0, 0.5 on the line, or 1.
        """
        size = max(self.box[axis + 2] - self.box[axis], 1e-12)
        places = self.centres[:, axis]
        out = np.where(np.abs(places - at) < 1e-9 * size, 0.5, places < at).astype(np.float64)
        for cell, corners in enumerate(self.outlines):
            if len(corners) > 2 and (whole := abs(area_of(corners))) > 0.0:
                out[cell] = abs(area_of(cut(corners, np.eye(2)[axis], at))) / whole
        return out

    def first_half(self, axis: Literal[0, 1]) -> Floats:
        """Return (cells,) the part of each cell before the middle of the box along x (0) or y (1)."""
        return self.below(axis, (self.box[axis] + self.box[axis + 2]) / 2)

    def mirrored(self) -> Geometry:
        """Return the geometry of the other side: x turned about the middle of the box, the same numbers of cells."""
        total = self.box[0] + self.box[2]
        corners = tuple(
            tuple(total - value if place % 2 == 0 else value for place, value in enumerate(one))
            for one in self.polygons
        )
        return replace(self, x=tuple(total - value for value in self.x), polygons=corners)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known, as JSON values."""
        out: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "polygons":
                value = [list(one) for one in value]
            elif isinstance(value, tuple):
                value = list(value)
            if value not in (None, [], ""):
                out[item.name] = value
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Geometry:
        """Make a Geometry from JSON values; unknown fields are ignored, wrong ones raise `InvalidData`."""
        if not isinstance(data, Mapping) or "places" not in data:
            raise _wrong("places", f"a geometry with places, one of {', '.join(PLACES)}", data)
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})

    def __repr__(self) -> str:
        """Its name and how many cells it has; no list of numbers."""
        return f"Geometry({self.name or 'own'!r}, places={self.places!r}, cells={self.cells})"


def area_of(corners: Floats) -> float:
    """Return the area inside (n, 2) corners, negative when they go round with the clock."""
    x, y = corners[:, 0], corners[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0


def cut(corners: Floats, along: Floats, at: float) -> Floats:
    """Return the corners of what lies up to `at` along a direction: Sutherland and Hodgman's clipping at one line."""
    kept: list[Floats] = []
    places = corners @ along
    for point, after, here, there in zip(
        corners, np.roll(corners, -1, axis=0), places, np.roll(places, -1), strict=True
    ):
        if here <= at:
            kept.append(point)
        if (here <= at) != (there <= at):
            kept.append(point + (after - point) * (at - here) / (there - here))
    return np.array(kept).reshape(-1, 2)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _numbers(name: str, values: object) -> tuple[float, ...]:
    if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
        raise _wrong(name, "a list of numbers", values)
    for place, value in enumerate(values):
        if not _is_number(value) or not -MOST_MM <= value <= MOST_MM:
            raise _wrong(name, f"numbers from {-MOST_MM:g} to {MOST_MM:g}", f"{value!r} for cell {place + 1}")
    return tuple(float(value) for value in values)


def _polygons(values: object) -> tuple[tuple[float, ...], ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise _wrong("polygons", "a list of corners a cell", values)
    made = tuple(_numbers("polygons", one) for one in values)
    for place, one in enumerate(made):
        if one and (len(one) % 2 or not 6 <= len(one) <= 2 * MOST_CORNERS):
            expected = f"none or 3 to {MOST_CORNERS} corners, each x and y"
            raise _wrong("polygons", expected, f"{len(one)} numbers for cell {place + 1}")
    return made


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise _wrong("names", "a list of names", values)
    for place, value in enumerate(values):
        if not isinstance(value, str) or not 0 < len(value) <= 60 or not value.isprintable():
            raise _wrong("names", "1 to 60 characters a cell", f"{value!r} for cell {place + 1}")
    return tuple(values)


def _wrong(field: str, expected: str, got: object) -> InvalidData:
    shown = got if isinstance(got, str) else repr(got)
    return InvalidData(f"geometry.{field}: expected {expected}, got {shown[:60]}", field=f"geometry.{field}")
