"""The picture of one map for page and paper: smoothed cells through a colour map, as a PNG in an SVG, clipped
to the sensor's outline. It is what assets/map/heat.mjs draws; numbers come from cells, never from it."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Layout
from dashboard.drawing import theme
from dashboard.drawing.cell_picture import FEW, CellPicture, cell_picture
from dashboard.drawing.outline import outline
from dashboard.drawing.places import extent, size
from dashboard.drawing.smooth import filled, stretched
from dashboard.drawing.svg import digits_of, el, path_of, text, ticks
from dashboard.drawing.words import number

# The upper end of a scale, by kind of sensor: the same pressure has the same colour in every picture.
FIXED_KPA = {"insole": 400.0, "plate": 600.0, "mat": 100.0, "seat": 40.0, "saddle": 100.0}
SMOOTHED, PLAIN = "smoothed between cells", "cells as they are"  # one stands beside every picture
FIXED_N = 800.0  # of cells that have forces
FADE_KPA, FADE_PART = 10.0, 0.025
BAR_PX, LABEL_CHARACTER_PX = 74.0, 9.0
NEARLY, ROOM = 0.995, 0.9  # parts of a scale: its end, and where another tick would touch the one at its end
FINE, MOST_PIXELS = 6, 250_000
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scale:
    """From a value to a colour: `low` is 0, or −`high` of a difference; `over` says that values go beyond it."""

    high: float
    unit: str
    name: str = "viridis"
    over: bool = False
    fade: float | None = None  # up to here the map fades in; None: a part of the scale

    def turned(self, factor: float, unit: str) -> Scale:
        """Return the same colours for values times `factor`."""
        fade = None if self.fade is None else self.fade * factor
        return replace(self, high=self.high * factor, unit=unit, fade=fade)

    @property
    def low(self) -> float:
        """The lower end."""
        return -self.high if self.name == "baro-diff" else 0.0


@dataclass(frozen=True)
class Spot:
    """A cell with its value written beside it."""

    row: int
    col: int
    label: str
    lower: float = 0.0  # px that the value stands below its cell instead of beside it, where two are near


@dataclass(frozen=True, eq=False)
class MapPicture:
    """One sensor's map: (rows, cols) values, NaN where there is none."""

    layout: Layout
    values: Floats
    scale: Scale
    title: str
    stream: str = ""
    spots: Sequence[Spot] = ()
    over: Sequence[str] = field(default=())  # drawings above the map, in cells of the picture
    fine: int = FINE  # pixels a cell, at most

    @property
    def cells(self) -> CellPicture | None:
        """Where cells are drawn that are no grid."""
        return cell_picture(self.layout)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height: mm where they are known, else cells."""
        return size(self.layout)

    def draw(self, x: float, y: float, width: float, height: float, identity: str) -> str:
        """Return the map in a box of a drawing; `identity` tells its clip from others in the document."""
        cols, rows = extent(self.layout)
        sx, sy = width / cols, height / rows
        above = el("g", "".join(self.over), transform=f"scale({sx:.4f} {sy:.4f})") if self.over else ""
        spots = "".join(_spot(spot, sx * at[0], sy * at[1], width) for spot, at in self._places_of_spots())
        pick = el("rect", width=width, height=height, fill="transparent", data_pick="cell", data_stream=self.stream,
                  data_rows=rows, data_cols=cols, data_spots=self._spots_text())  # fmt: skip
        return el(
            "g",
            self._of_cells(self.cells, sx, sy) if self.cells else self._of_grid(width, height, identity),
            above,
            spots,
            pick if self.stream else "",
            transform=f"translate({x:.1f} {y:.1f})",
        )

    def _spots_text(self) -> str | None:
        """Middles of cells that are no grid, for whoever picks one: `x y;x y;…` in units of the picture."""
        return ";".join(f"{x:.1f} {y:.1f}" for x, y in self.cells.spots) if self.cells else None

    def _places_of_spots(self) -> list[tuple[Spot, Floats]]:
        """Spots with the middle of their cells in units of the picture; none where the values stand on the cells."""
        if self.cells is None:
            return [(spot, np.array([spot.col + 0.5, spot.row + 0.5])) for spot in self.spots]
        numbered = len(self.cells.shapes) <= FEW and not any(spot.lower for spot in self.spots)
        places = self.cells.spots
        return [] if numbered else [(spot, places[spot.row * self.layout.cols + spot.col]) for spot in self.spots]

    def _of_cells(self, cells: CellPicture, sx: float, sy: float) -> str:
        """Each cell with its colour on a bed that reaches a little beyond them; of few cells their values too."""
        paths = [path_of(one * (sx, sy), closed=True) for one in cells.shapes]
        wide, every = 2 * cells.bed * min(sx, sy), " ".join(paths)
        join = {"stroke_linejoin": "round", "fill": "none"}
        bed = el("path", d=every, stroke="var(--bed-line)", stroke_width=wide, **join)
        bed += el("path", d=every, stroke="var(--bed)", stroke_width=max(wide - 2.0, 0.5), **join)
        values, table = self.values.ravel(), colours(self.scale)
        known = np.isfinite(values) & self.layout.valid.ravel()
        places = _places(np.where(known, values, self.scale.low), self.scale)
        line = {"stroke": "var(--bed-line)", "stroke_width": 0.75}
        drawn = [
            el("path", d=path, fill="#{:02x}{:02x}{:02x}".format(*table[place]), **line)
            for path, place in zip(paths, places, strict=True)
        ]
        return bed + "".join(drawn) + (self._numbers(cells, sx, sy) if len(paths) <= FEW else "")

    def _numbers(self, cells: CellPicture, sx: float, sy: float) -> str:
        """Values of the cells that are wide enough for them."""
        digits = 0 if self.scale.high >= 10 else 1
        parts = []
        for shape_, (x, y), value in zip(cells.shapes, cells.spots, self.values.ravel(), strict=True):
            words = number(value, digits)
            if np.isfinite(value) and np.ptp(shape_[:, 0]) * sx >= 7.0 * len(words):
                parts.append(
                    text(x * sx, y * sy + 4, words, fill="var(--on-bed)", anchor="middle", font_weight=600,
                         stroke="var(--under-bed)", stroke_width=2.5, paint_order="stroke")
                )  # fmt: skip
        return "".join(parts)

    def _of_grid(self, width: float, height: float, identity: str) -> str:
        """The smoothed picture, clipped to the outline of the cells that exist."""
        sx, sy = width / self.layout.cols, height / self.layout.rows
        loops = " ".join(path_of(loop * (sx, sy), closed=True) for loop in outline(self.layout))
        clip = el("clipPath", el("path", d=loops, clip_rule="evenodd"), id=identity)
        image = el("image", href=self.png(), width=width, height=height, preserveAspectRatio="none")
        bed = el("path", d=loops, fill="var(--bed)", fill_rule="evenodd")
        edge = el("path", d=loops, fill="none", stroke="var(--bed-line)", stroke_width=1.25)
        return el("defs", clip) + el("g", bed, image, clip_path=f"url(#{identity})") + edge

    def png(self) -> str:
        """Return the picture without its outline, as a data URI."""
        fine = max(1, min(self.fine, int(np.sqrt(MOST_PIXELS / self.layout.cells))))
        large = stretched(filled(self.values, self.layout.valid), fine)
        pixels = colours(self.scale)[_places(large, self.scale)]
        return data_uri(pixels)


def colours(scale: Scale) -> Pixels:
    """Return (1024, 3) of the scale from its low to its high end; up to 0 the bed, then the map fades in."""
    stops = np.array([_rgb(stop) for stop in theme.MAPS.get(scale.name, theme.DIFFERENCE)], np.float64)
    part = np.linspace(0, 1, 1024)
    table = np.column_stack([np.interp(part * (len(stops) - 1), np.arange(len(stops)), stops[:, c]) for c in range(3)])
    if scale.name != "baro-diff":
        fade = FADE_PART if scale.fade is None else scale.fade / scale.high
        shown = np.minimum(1.0, part / max(fade, 1e-9))[:, None]
        bed = np.array(_rgb(theme.color("bed", "dark")))
        table = bed + (table - bed) * shown
    return np.floor(table + 0.5).astype(np.uint8)


def _places(values: Floats, scale: Scale) -> NDArray[np.intp]:
    span = (scale.high - scale.low) or 1.0
    return np.clip((values - scale.low) / span * 1023, 0, 1023).astype(np.intp)


def _rgb(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _spot(spot: Spot, x: float, y: float, width: float) -> str:
    """A square on the cell, and its value on a dark chip that stays inside the map."""
    half = 5.0
    wide = 8.0 * len(spot.label) + 10
    left = x + half + 5 if x < width / 2 else x - half - 5 - wide
    if spot.lower:
        left = x - wide / 2
    left = min(max(left, min(0.0, width - wide)), max(width - wide, 0.0))
    square = "".join(
        el("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, fill="none", stroke=stroke, stroke_width=w)
        for w, stroke in ((4, "var(--under-bed)"), (1.75, "var(--on-bed)"))
    )
    chip = el(
        "rect", x=left, y=y + spot.lower - 9, width=wide, height=18, rx=4, fill="var(--under-bed)", fill_opacity=0.88
    )
    words = text(
        left + wide / 2, y + spot.lower + 4, spot.label, fill="var(--on-bed)", size=12, anchor="middle", font_weight=600
    )
    return square + chip + words


def data_uri(pixels: Pixels) -> str:
    """Return (rows, cols, 3) as an address that is its picture."""
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"


def png(pixels: Pixels) -> bytes:
    """Return (rows, cols, 3) as a PNG of eight bits a colour."""
    rows, cols, _ = pixels.shape
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, cols * 3)], axis=1)
    header = struct.pack(">IIBBBBB", cols, rows, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bar(scale: Scale, x: float, y: float, height: float, low: str = "", high: str = "") -> str:
    """Return the colour bar with its unit and five ticks; `low` and `high` are words at its ends."""
    stops = colours(scale)[:: 1023 // 32]
    parts = [
        el("stop", offset=f"{100 * (1 - i / (len(stops) - 1)):.1f}%", stop_color="#{:02x}{:02x}{:02x}".format(*stop))
        for i, stop in enumerate(stops)
    ]
    identity = f"bar-{scale.name}-{int(scale.high * 10)}"
    gradient = el("linearGradient", *reversed(parts), id=identity, x1=0, x2=0, y1=0, y2=1)
    body = el("rect", x=x, y=y, width=12, height=height, rx=3, fill=f"url(#{identity})")
    values = bar_ticks(scale)
    marks = [_tick(scale, x, y, height, value, digits_of(values)) for value in values]
    unit = text(x, y - 10, scale.unit, fill="var(--text-2)", font_weight=600)
    ends = [text(x, y - 26, high)] * bool(high) + [text(x, y + height + 18, low)] * bool(low)
    return el("defs", gradient) + body + "".join([unit, *marks, *ends])


def bar_ticks(scale: Scale) -> list[float]:
    """Round values in the unit that is shown; the last is the end of the scale where that is nearly round itself."""
    if scale.low < 0:
        return [-scale.high, -scale.high / 2, 0.0, scale.high / 2, scale.high]
    values = ticks(0.0, scale.high, 5)
    if scale.over and values[-1] <= NEARLY * scale.high:
        values = [*(one for one in values if one < ROOM * scale.high), float(f"{scale.high:.3g}")]
    return values


def bar_width(scale: Scale) -> float:
    """Return pixels that a colour bar takes with the longest of its labels, also where a phone sets them larger."""
    values = bar_ticks(scale)
    return max(BAR_PX, 26.0 + LABEL_CHARACTER_PX * max(len(_label(scale, one, digits_of(values))) for one in values))


def _tick(scale: Scale, x: float, y: float, height: float, value: float, digits: int) -> str:
    part = (value - scale.low) / ((scale.high - scale.low) or 1.0)
    return text(x + 20, y + height * (1 - part) + 4, _label(scale, value, digits))


def _label(scale: Scale, value: float, digits: int) -> str:
    over = "≥ " if scale.over and value > scale.low + NEARLY * (scale.high - scale.low) else ""
    sign = "+" if scale.low < 0 < value else ""
    return f"{over}{sign}{number(value, digits)}"


def largest(values: Floats) -> tuple[int, int, float] | None:
    """Return the row, column and value of the largest cell; None without one above 0."""
    if not np.isfinite(values).any() or np.nanmax(values) <= 0:
        return None
    place: Any = np.unravel_index(int(np.nanargmax(values)), values.shape)
    return int(place[0]), int(place[1]), float(values[place])
