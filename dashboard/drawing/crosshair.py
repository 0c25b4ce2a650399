"""What a chart says at a place: the values of its lines, written as they are elsewhere on the page.

`assets/core/crosshair.mjs` shows them at the pointer, and at the arrow keys of a chart that has the focus. The browser
computes no number: places are those of the drawing, and values are words. On paper there is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats
from dashboard.drawing.markup import on_paper
from dashboard.drawing.svg import Plot, el
from dashboard.drawing.words import number

MOST_PLACES = 400
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Read:
    """A line of a chart: its name, its colour, its values (n,), their unit and decimals."""

    name: str
    colour: str
    values: Floats
    unit: str
    digits: int = 0


@dataclass(frozen=True)
class Across:
    """The lower axis: its unit and decimals, and a name where it has one; or `said`, which writes a value as words."""

    unit: str = ""
    digits: int = 0
    name: str = ""
    said: Callable[[float], str] | None = None

    def at(self, value: float) -> str:
        """Return a place in words."""
        return self.said(value) if self.said else _said(value, self.unit, self.digits, self.name)


def crosshair(plot: Plot, x: Floats, lines: Sequence[Read], across: Across) -> str:
    """Return what lines over one axis (n,) say at each of its values; of more than 400 at some of them."""
    known = [np.isfinite(one.values) for one in lines]
    rows = _some(np.isfinite(x) & np.any(known, axis=0)) if known else np.empty(0, np.intp)
    if not len(rows):
        return ""
    said = [
        {
            "name": one.name,
            "colour": one.colour,
            "at": _places(plot.at_y(one.values[rows])),
            "says": [_said(value, one.unit, one.digits) for value in one.values[rows]],
        }
        for one in lines
    ]
    heads = [across.at(float(value)) for value in x[rows]]
    return _element(_box(plot), {"at": _places(plot.at_x(x[rows])), "x": heads, "lines": said})


def crosshair_on_track(plot: Plot, x: Floats, y: Floats, unit: str, digits: int) -> str:
    """Return what a way (n,), (n,) across a plane says at each of its points; of more than 400 at some of them."""
    rows = _some(np.isfinite(x) & np.isfinite(y))
    if not len(rows):
        return ""
    said = [f"x {number(a, digits)}, y {number(b, digits)} {unit}" for a, b in zip(x[rows], y[rows], strict=True)]
    line = {"name": "", "colour": "var(--text)", "at": _places(plot.at_y(y[rows])), "says": said}
    return _element(_box(plot), {"at": _places(plot.at_x(x[rows])), "x": [], "lines": [line]})


def crosshair_at(box: Box, places: Floats, colour: str, said: Sequence[str]) -> str:
    """Return what is said at (n, 2) places in a box of the drawing (left, top, width, height), NaN left out."""
    rows = _some(np.isfinite(places[:, 0]) & np.isfinite(places[:, 1]))
    if not len(rows):
        return ""
    line = {"name": "", "colour": colour, "at": _places(places[rows, 1]), "says": [said[row] for row in rows]}
    return _element(box, {"at": _places(places[rows, 0]), "x": [], "lines": [line]})


def crosshair_of_shares(top: float, height: float, shares: Floats, up: Floats, colour: str, said: Sequence[str]) -> str:
    """Return what is said at (n,) shares of the width, 0 to 1, of a drawing as wide as its place, and (n,) px down."""
    line = {"name": "", "colour": colour, "at": _places(up), "says": list(said)}
    at = [round(float(share), 5) for share in shares]
    found = {"at": at, "x": [""] * len(at), "lines": [line], "share": True}
    return _element((0.0, top, 1.0, height), found) if at else ""


def fine(top: float) -> int:
    """Return the decimals of values up to `top`, so that three digits or more are seen."""
    return 0 if top >= 100 else 1 if top >= 10 else 2 if top >= 1 else 3


def _some(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    rows = np.flatnonzero(known)
    if len(rows) <= MOST_PLACES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_PLACES).round().astype(np.intp)]


def _places(values: Any) -> list[float | None]:
    return [round(float(value), 1) if np.isfinite(value) else None for value in np.atleast_1d(values)]


def _said(value: float, unit: str, digits: int, name: str = "") -> str:
    return " ".join(part for part in (name, number(float(value), digits), unit) if part)


def _box(plot: Plot) -> Box:
    return plot.left, plot.top, plot.width, plot.height


def _element(box: Box, said: dict[str, Any]) -> str:
    if on_paper():
        return ""
    said["box"] = box
    return el("g", data_crosshair=json.dumps(said, ensure_ascii=False, separators=(",", ":")))
