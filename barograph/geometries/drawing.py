"""A geometry as an SVG: outlines with the numbers of the cells, toes up."""

from __future__ import annotations

from html import escape

import numpy as np

from barograph.geometries.catalogue import Known
from barograph.geometry import Floats, Geometry

HEIGHT, MARGIN, TITLE = 640.0, 16.0, 34.0
# Where nobody told length and width, the picture has these parts and says so.
WIDTH_TO_LENGTH = 0.4
MOST_GRID_LINES = 400
INK, PAPER, EDGE = "#1d2733", "#ffffff", "#5b6b7c"


def drawn(known: Known) -> str:
    """Return the SVG: cells by their outlines, else as points; areas without places as boxes with their names."""
    if known.geometry is None:
        return _grid(known)
    geometry = known.geometry
    if geometry.places == "none":
        return _names(known, geometry)
    return _cells(known, geometry)


def _cells(known: Known, geometry: Geometry) -> str:
    left, low, right, high = geometry.box
    length = max(high - low, 1e-9)
    across = max(right - left, 1e-9)
    aspect = across / length if geometry.places == "mm" else (geometry.aspect or WIDTH_TO_LENGTH)
    scale = np.array([HEIGHT * aspect / across, HEIGHT / length])

    def placed(points: Floats) -> Floats:
        flat = (points - [left, low]) * scale
        return np.column_stack([MARGIN + flat[:, 0], TITLE + MARGIN + HEIGHT - flat[:, 1]])

    marks = placed(geometry.centres)
    size = max(7.0, min(13.0, 0.35 * float(np.sqrt(HEIGHT * HEIGHT * aspect / len(marks)))))
    parts = []
    for number, (corners, mark) in enumerate(zip(geometry.outlines, marks, strict=True), 1):
        if len(corners):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed(corners))
            parts.append(f'<polygon points="{points}" fill="#e8eef4" stroke="{EDGE}" stroke-width="0.8"/>')
        else:
            parts.append(
                f'<circle cx="{mark[0]:.1f}" cy="{mark[1]:.1f}" r="{size:.1f}" fill="#e8eef4" stroke="{EDGE}"/>'
            )
        parts.append(_text(mark[0], mark[1] + size * 0.35, str(number), size, middle=True))
    told = "" if geometry.places == "mm" or geometry.aspect else " · length and width are not known: drawn as 5 to 2"
    return _page(HEIGHT * aspect, f"{known.name}{_side(known)}{told}", parts)


def _names(known: Known, geometry: Geometry) -> str:
    names = geometry.names or tuple(f"cell {number}" for number in range(1, known.cells + 1))
    parts, step = [], HEIGHT / max(len(names), 1)
    for number, name in enumerate(names):
        y = TITLE + MARGIN + number * step
        height = max(step - 4, 1.0)
        parts.append(
            f'<rect x="{MARGIN}" y="{y:.1f}" width="220" height="{height:.1f}" fill="#e8eef4" stroke="{EDGE}"/>'
        )
        size = min(13.0, max(5.0, 0.8 * step))
        parts.append(_text(MARGIN + 8, y + step / 2 + size * 0.35, f"{number + 1} {name}", size))
    return _page(220.0, f"{known.name}{_side(known)} · places of the cells are not known", parts)


def _grid(known: Known) -> str:
    x_mm, y_mm = known.pitch_mm or (1.0, 1.0)
    width, height = known.cols * x_mm, known.rows * y_mm
    scale = HEIGHT / max(width, height)
    w, h = width * scale, height * scale
    parts = [
        f'<rect x="{MARGIN}" y="{TITLE + MARGIN}" width="{w:.1f}" height="{h:.1f}" fill="#e8eef4" stroke="{EDGE}"/>'
    ]
    if known.rows + known.cols <= MOST_GRID_LINES:
        at = [(MARGIN + w * k / known.cols, TITLE + MARGIN, 0.0, h) for k in range(1, known.cols)]
        at += [(MARGIN, TITLE + MARGIN + h * k / known.rows, w, 0.0) for k in range(1, known.rows)]
        parts += [
            f'<path d="M{x:.1f} {y:.1f}l{dx:.1f} {dy:.1f}" stroke="{EDGE}" stroke-width="0.3"/>' for x, y, dx, dy in at
        ]
    said = f"{known.rows} rows and {known.cols} columns of {x_mm:g} by {y_mm:g} mm"
    return _page(w, f"{known.name} · {said}", parts)


def _side(known: Known) -> str:
    return f", {known.side}" if known.side else ""


def _text(x: float, y: float, text: str, size: float, *, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{INK}"{anchor}>{escape(text)}</text>'


def _page(width: float, title: str, parts: list[str]) -> str:
    whole = max(width, 8.0 * len(title)) + 2 * MARGIN
    height = HEIGHT + TITLE + 2 * MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:.0f} {height:.0f}" width="{whole:.0f}" '
        f'height="{height:.0f}" font-family="sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        _text(MARGIN, MARGIN + 12, title, 14.0),
        *parts,
        "</svg>\n",
    ])  # fmt: skip
