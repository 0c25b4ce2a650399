"""The floor to scale with its prints, walking to the right: side, toe-out, axis, way, step length and width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.frames.plates import corners
from barograph.frames import Floats, Layout
from dashboard.drawing import theme, words
from dashboard.drawing.map_image import MapPicture, bar, bar_width
from dashboard.drawing.svg import el, picture, text, ticks
from dashboard.drawing.units import Display
from dashboard.reading.parts import layout_of
from dashboard.reading.prints import Prints
from dashboard.results.maps import scale_of

WIDE_PX, HIGH_PX, LEFT_PX, TOP_PX = 900.0, 360.0, 14.0, 26.0
STEPS_PX, BADGE_PX = 40.0, 18.0
# How far the map is turned against the way that is drawn, in quarter turns against the clock.
TO_FRONT, TO_BACK, TO_RIGHT, TO_LEFT = 3, 1, 0, 2
INK = "var(--on-bed)"
# What `analytics.walk` says of a step, by the landing print.
Steps = dict[int, dict[Any, Any]]


@dataclass(frozen=True)
class Turn:
    """How a plate is turned so that the walk goes to the right: `quarters` against the clock, of `rows` × `cols`."""

    layout: Layout
    quarters: int

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the picture."""
        pitch = self.layout.pitch_mm or (1.0, 1.0)
        wide, high = self.layout.cols * pitch[0], self.layout.rows * pitch[1]
        return (high, wide) if self.quarters % 2 else (wide, high)

    def turned(self, cells: Floats) -> Floats:
        """Return (rows, cols) as it is drawn."""
        return np.rot90(cells, self.quarters)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return a place, x to the right and y to the front of the plate, in mm from the picture's upper left."""
        wide, high = self.size_mm
        return {TO_FRONT: (y, x), TO_BACK: (wide - y, high - x), TO_RIGHT: (x, high - y), TO_LEFT: (wide - x, y)}[
            self.quarters
        ]

    def drawn(self) -> Layout:
        """Return the layout of what is drawn."""
        pitch = self.layout.pitch_mm or (1.0, 1.0)
        valid = np.rot90(self.layout.valid, self.quarters)
        rows, cols = valid.shape
        return Layout(
            rows=rows, cols=cols, unit="kPa" if self.layout.calibrated else "raw",
            pitch_mm=pitch[::-1] if self.quarters % 2 else pitch, kind=self.layout.kind,
            mask=None if valid.all() else tuple(valid.ravel().astype(int).tolist()),
        )  # fmt: skip


def turn_of(found: Prints) -> Turn:
    """Return the turn by which most of the walk goes to the right; without a walk the long side lies."""
    layout, way = found.layout, np.zeros(2)
    places = [seen(layout, one.on_plate(one.middle, layout)) for one, _ in found.found]
    for walk in found.table["walk"].unique() if len(found.table) else []:
        mine = [place for place, (_, about) in zip(places, found.found, strict=True) if about["walk"] == walk]
        way += np.array(mine[-1]) - np.array(mine[0])
    if not way.any():
        pitch = layout.pitch_mm or (1.0, 1.0)
        return Turn(layout, TO_FRONT if layout.rows * pitch[1] >= layout.cols * pitch[0] else TO_RIGHT)
    if abs(way[1]) >= abs(way[0]):
        return Turn(layout, TO_FRONT if way[1] > 0 else TO_BACK)
    return Turn(layout, TO_RIGHT if way[0] > 0 else TO_LEFT)


def seen(layout: Layout, at: tuple[float, float]) -> tuple[float, float]:
    """Return a place on the layout's axes as it is seen: mm from the plate's rear left corner."""
    pitch = layout.pitch_mm or (1.0, 1.0)
    x, y = at[0] - layout.origin_mm[0], at[1] - layout.origin_mm[1]
    return (x if layout.x_axis == "right" else layout.cols * pitch[0] - x,
            y if layout.y_axis == "up" else layout.rows * pitch[1] - y)  # fmt: skip


def floor(found: Prints, walked: pd.DataFrame, display: Display, identity: str, swaps: Sequence[str] = ()) -> str:
    """Return the drawing of one plate, with the steps of `analytics.walk`; `swaps` is what clicks on badges set."""
    steps: Steps = {int(str(number)): row for number, row in walked.to_dict("index").items()}
    turn = turn_of(found)
    wide, high = turn.size_mm
    factor = min(WIDE_PX / wide, HIGH_PX / high)
    scale = scale_of([found.info], [found.peak], "peak").turned(display.factor, display.unit)
    values = turn.turned(found.peak) * display.factor
    bed = MapPicture(turn.drawn(), values, scale, "floor").draw(LEFT_PX, TOP_PX, wide * factor, high * factor, identity)
    on = _Floor(found, turn, factor, steps, swaps)
    marks = "".join(on.mark(number) for number in range(1, len(found.found) + 1))
    right, bottom = LEFT_PX + wide * factor, TOP_PX + high * factor
    parts = [_ruler(wide, factor), bed, *on.plates(), *on.steps(bottom), marks,
             bar(scale, right + 22, TOP_PX + 20, max(60.0, high * factor - 40))]  # fmt: skip
    width = right + 22 + bar_width(scale)
    said = ". ".join(_spoken(number, about, steps) for number, (_, about) in enumerate(found.found, 1))
    return picture(width, bottom + STEPS_PX, *parts, title=f"Footprints on the floor. {said}",
                   style=f"max-width:{width:.0f}px")  # fmt: skip


def _spoken(number: int, about: dict[str, Any], steps: Steps) -> str:
    state = "cut" if about["cut"] else "overlapping" if about["overlap"] else "whole"
    out = f", toe-out {words.number(steps[number]['progression_deg'], 1)}°" if number in steps else ""
    return f"Print {number}: {about['side']}, {state}{out}"


def _ruler(wide: float, factor: float) -> str:
    metres = ticks(0.0, wide / 1000.0, 8)
    return "".join(
        text(
            LEFT_PX + 1000 * at * factor,
            TOP_PX - 8,
            f"{abs(at):g}{' m' if at == 0 else ''}",
            anchor="middle" if at else "start",
        )
        for at in metres
    )


class _Floor:
    """Prints of one plate in a drawing: mm times `factor` from its corner."""

    def __init__(self, found: Prints, turn: Turn, factor: float, steps: Steps, swaps: Sequence[str]) -> None:
        self._found, self._turn, self._factor, self._steps, self._swaps = found, turn, factor, steps, swaps

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the plate, as it is seen, in the drawing."""
        px, py = self._turn.place(x, y)
        return LEFT_PX + px * self._factor, TOP_PX + py * self._factor

    def plates(self) -> list[str]:
        """Outlines of the plates of a floor of several."""
        layout = self._found.layout
        drawn = []
        for info in self._found.floor.infos if self._found.floor else ():
            own = layout_of(info)
            if own.place is not None:
                ends = [self.at(*seen(layout, (float(x), float(y)))) for x, y in corners(own, own.place)]
                drawn.append(el("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ends) + "Z", fill="none",
                                stroke=INK, stroke_opacity=0.35, stroke_width=1, class_="plate-edge"))  # fmt: skip
        return drawn

    def heel(self, number: int) -> tuple[float, float]:
        """The heel of a print in the drawing."""
        about = self._found.found[number - 1][1]
        return self.at(*seen(self._found.layout, (about["heel_x_mm"], about["heel_y_mm"])))

    def box(self, number: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a print in the drawing."""
        one = self._found.found[number - 1][0]
        own, layout = one.recording.layout, self._found.layout
        pitch = own.pitch_mm or (1.0, 1.0)
        corners = [seen(layout, one.on_plate(np.array(at), layout))
                   for at in ((0.0, 0.0), (own.cols * pitch[0], own.rows * pitch[1]))]  # fmt: skip
        (a, b), (c, d) = (self.at(*corner) for corner in corners)
        return min(a, c), min(b, d), max(a, c), max(b, d)

    def mark(self, number: int) -> str:
        """A print's axis, the way, and its badge, which is a button."""
        about = self._found.found[number - 1][1]
        return self._axis(number, about) + self._badge(number, about)

    def _axis(self, number: int, about: dict[str, Any]) -> str:
        if not np.isfinite(about["heel_x_mm"]):
            return ""
        x, y = seen(self._found.layout, (about["heel_x_mm"], about["heel_y_mm"]))
        turn, length = np.radians(about["axis_deg"]), 0.85 * about["foot_length_mm"]
        (ax, ay), (bx, by) = self.at(x, y), self.at(x + length * np.sin(turn), y + length * np.cos(turn))
        line = el("line", x1=ax, y1=ay, x2=bx, y2=by, stroke=INK, stroke_width=1.5)
        on = (bx - ax) * 1.0
        way = el("line", x1=ax, y1=ay, x2=ax + on, y2=ay, stroke=INK, stroke_width=1, stroke_dasharray="2 3",
                 stroke_opacity=0.8)  # fmt: skip
        return way + line + el("circle", cx=ax, cy=ay, r=3, fill="var(--under-bed)", stroke=INK, stroke_width=1.5)

    def _badge(self, number: int, about: dict[str, Any]) -> str:
        left, top, _, bottom = self.box(number)
        middle = TOP_PX + self._turn.size_mm[1] * self._factor / 2
        said, state = self._said(number, about)
        width = 34.0 + 6.6 * len(said)
        x = min(max(left, LEFT_PX + 4), LEFT_PX + self._turn.size_mm[0] * self._factor - width - 4)
        above = (top + bottom) / 2 < middle
        lowest = TOP_PX + self._turn.size_mm[1] * self._factor - BADGE_PX - 4
        y = max(top - BADGE_PX - 8, TOP_PX + 4) if above else min(bottom + 8, lowest)
        side = about["side"] if about["side"] in ("left", "right") else None
        colour = theme.color(side, "dark") if side else INK
        ground = el("rect", x=x, y=y, width=width, height=BADGE_PX, rx=3, fill="var(--under-bed)", fill_opacity=0.85)
        letter = (about["side"][0].upper() if side else "?") if state == "whole" else "–"
        frame = el("rect", x=x + 3, y=y + 2.5, width=13, height=13, rx=2, fill="none", stroke=colour)
        sign = text(x + 9.5, y + 13, letter, fill=colour, size=10, anchor="middle", font_weight=700)
        label = text(x + 22, y + 13, said, fill=INK, size=11)
        sets = self._swaps[number - 1] if self._swaps else None
        return el("g", ground, frame, sign, label, class_="print-badge", data_print=number, data_set=sets)

    def _said(self, number: int, about: dict[str, Any]) -> tuple[str, str]:
        if about["cut"]:
            return f"{number}, cut, left out", "cut"
        if about["overlap"]:
            return f"{number}, prints that touch", "overlap"
        steps = self._steps
        out = f"  out {words.number(steps[number]['progression_deg'], 1)}°" if number in steps else ""
        return f"{number}{out}", "whole"

    def steps(self, bottom: float) -> list[str]:
        """Step lengths below the floor, and step widths between the heels."""
        steps, parts = self._steps, []
        for number, step in steps.items():
            side = str(step["side"])
            (ax, ay), (bx, by) = self.heel(number - 1), self.heel(number)
            length, width = (words.number(step[f"step_{name}_mm"]) for name in ("length", "width"))
            parts.append(_length(ax, bx, bottom + 18, f"{side} step {length}", f"var(--{side})"))
            parts += [el("line", x1=x, x2=x, y1=y, y2=bottom + 18, stroke="var(--text-3)", stroke_width=0.75,
                         stroke_dasharray="2 4") for x, y in ((ax, ay), (bx, by))]  # fmt: skip
            parts.append(_width((ax + bx) / 2, ay, by, width))
        return parts


def _length(a: float, b: float, y: float, said: str, colour: str) -> str:
    low, high = min(a, b), max(a, b)
    line = el("line", x1=low + 2, x2=high - 2, y1=y, y2=y, stroke=colour, stroke_width=1.25)
    ends = "".join(
        el("path", d=f"M{x + step} {y - 4}L{x} {y}L{x + step} {y + 4}", fill="none", stroke=colour, stroke_width=1.25)
        for x, step in ((low + 2, 6), (high - 2, -6))
    )
    return line + ends + text((low + high) / 2, y + 15, said, fill=colour, size=11, anchor="middle", font_weight=600)


def _width(x: float, a: float, b: float, said: str) -> str:
    line = el("line", x1=x, x2=x, y1=a, y2=b, stroke=INK, stroke_width=1.25)
    return line + text(x - 6, (a + b) / 2 + 4, said, fill=INK, size=11, anchor="end")
