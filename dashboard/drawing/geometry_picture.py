"""A geometry as it is offered to somebody who chooses one: both ways round, in the colours of a map's bed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from barograph import geometries
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout
from barograph.geometries import Known
from dashboard.drawing import svg
from dashboard.drawing.cell_picture import NO_PLACES, RELATIVE, cell_picture
from dashboard.drawing.markup import say, tag

HIGH = 400.0
LEAST_PX, MOST_PX, DIGIT = 7, 12, 0.72  # of a number, and how wide a digit is beside its height
MOST_LINES = 80
SIDES = ("left", "right")


def sides_of(chosen: str | Known) -> list[Known]:
    """Return a geometry, by name or one's own, as the left and as the right sensor; alone where nobody says a side."""
    try:
        if isinstance(chosen, str):
            pair = [geometries.named(chosen, side) for side in SIDES]
        else:
            pair = [chosen.on(side) for side in SIDES]
    except InvalidData:
        if isinstance(chosen, str):
            raise
        return [chosen]  # one's own, without a side
    return pair if pair[0].geometry is not None and pair[0].geometry != pair[1].geometry else pair[:1]


def both_ways(sides: Sequence[Known], *, numbers: bool = True) -> str:
    """Return the markup of what `sides_of` gives, toes up."""
    figures = []
    for known in sides:
        side = known.side if len(sides) > 1 else None
        caption = [tag("figcaption", say(side.capitalize()), data_side=side)] if side else []
        figures.append(tag("figure", picture(known, numbers=numbers), *caption))
    return tag("div", *figures, class_="geometry-ways")


def note_of(known: Known) -> str:
    """Return what its picture does not know; "" where cells are drawn to scale."""
    if known.geometry is None or known.places == "mm":
        return ""
    return RELATIVE if known.places == "relative" else NO_PLACES


def picture(known: Known, *, numbers: bool = True) -> str:
    """Return one sensor: a shape a cell with its number, or the lines of a grid."""
    name = f"{known.title}{f', {known.side}' if known.side else ''}"
    if known.geometry is None:
        return _grid(known, name)
    side = known.side if known.side in SIDES else None
    layout = Layout(rows=1, cols=known.cells, kind="insole", geometry=known.geometry, side=side)  # type: ignore[arg-type]
    cells = cell_picture(layout)
    if cells is None:
        return ""
    wide, high = cells.size
    scale = HIGH / high
    parts = [_shape(shape * scale) for shape in cells.shapes]
    size = _size(cells.shapes, scale) if numbers else 0
    if size >= LEAST_PX:
        parts += [
            svg.text(float(x), float(y) + 0.35 * size, str(number), fill="var(--on-bed)", size=size, anchor="middle")
            for number, (x, y) in enumerate(cells.spots * scale, 1)
        ]
    return svg.picture(wide * scale, HIGH, *parts, title=name)


def _size(shapes: Sequence[Floats], scale: float) -> int:
    """How large, in px, the numbers of cells are so that they fit into most of them."""
    sizes = scale * np.array([np.ptp(shape, axis=0) for shape in shapes])
    wide = sizes[:, 0] / (DIGIT * len(str(len(shapes))))
    return int(min(MOST_PX, np.quantile(wide, 0.2), 0.8 * np.quantile(sizes[:, 1], 0.2)))


def _shape(corners: Floats) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return svg.el("polygon", points=points, fill="var(--bed)", stroke="var(--bed-line)")


def _grid(known: Known, name: str) -> str:
    across, along = known.pitch_mm or (1.0, 1.0)
    wide, high = known.cols * across, known.rows * along
    scale = min(HIGH / high, 1.4 * HIGH / wide)
    w, h = wide * scale, high * scale
    parts = [svg.el("rect", width=w, height=h, fill="var(--bed)", stroke="var(--bed-line)")]
    if max(known.rows, known.cols) <= MOST_LINES:
        at = [(w * k / known.cols, 0.0, 0.0, h) for k in range(1, known.cols)]
        at += [(0.0, h * k / known.rows, w, 0.0) for k in range(1, known.rows)]
        way = "".join(f"M{x:.1f} {y:.1f}l{dx:.1f} {dy:.1f}" for x, y, dx, dy in at)
        parts.append(svg.el("path", d=way, stroke="var(--bed-line)", fill="none", stroke_width=0.5))
    return svg.picture(w, h, *parts, title=f"{name}: {known.rows} rows, {known.cols} columns")
