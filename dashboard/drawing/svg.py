"""Drawings for page and paper: SVG as text in the theme's tokens, so that one picture serves both themes and print.

Every text passes `escape`; attributes are numbers or names from this code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from barograph.frames import Floats
from dashboard.drawing.words import number

Number = float | int
MOST_GROWN = 1.25  # times its own width: beyond that, its words are larger than those of the page
NARROW = 340  # a drawing that a phone shows at its own size
TURN_PX, MOST_TURNS = 7, 4
MUTED, TEXT, LABEL = "var(--text-3)", "var(--text)", "var(--text-2)"


READ = {"tabindex": 0, "aria_roledescription": "chart, arrow keys read it", "data_reads": ""}


def el(tag: str, *children: str, **attributes: Any) -> str:
    """Return an element; underscores in names become hyphens, None leaves an attribute out."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{given}>{''.join(children)}</{tag}>" if children else f"<{tag}{given}/>"


def _value(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))


def text(
    x: float, y: float, words: str, *, fill: str = MUTED, size: int = 11, anchor: str = "start", **more: Any
) -> str:
    """Return a line of text."""
    return el("text", escape(words), x=x, y=y, fill=fill, font_size=size, text_anchor=anchor, **more)


def picture(wide: float, high: float, *children: str, title: str, reads: Sequence[str] = (), **more: Any) -> str:
    """Return a whole drawing with a sentence for those who do not see it.

    It grows with its place, but only a little. `reads` are the crosshairs of its charts, which answer to the pointer
    and, with the focus on the drawing, to the arrow keys.
    """
    if any(reads):
        children = (*children, *reads)
        more |= READ
    if not {"style", "width"} & more.keys():
        more["style"] = f"max-width:{MOST_GROWN * wide:.0f}px"
    more.setdefault("class_", "narrow" if wide <= NARROW else None)
    return el(
        "svg", *children, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {wide:g} {high:g}", role="img",
        aria_label=title, font_family="var(--font, sans-serif)", **more,
    )  # fmt: skip


def path_of(points: Iterable[Sequence[float]], *, closed: bool = False) -> str:
    """Return the `d` of a line through points."""
    d = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    return f"{d} Z" if closed and d else d


def line(points: Iterable[Sequence[float]], stroke: str, width: float = 1.5, **more: Any) -> str:
    """Return a line through points; rows with NaN stop it."""
    d = " ".join(path_of(piece) for piece in pieces(points))
    return el("path", d=d, fill="none", stroke=stroke, stroke_width=width, stroke_linejoin="round", **more) if d else ""


def pieces(points: Iterable[Sequence[float]]) -> list[list[tuple[float, float]]]:
    """Return runs of points without NaN."""
    out: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if np.isfinite(x) and np.isfinite(y):
            out[-1].append((float(x), float(y)))
        elif out[-1]:
            out.append([])
    return [piece for piece in out if piece]


def over(lines: Sequence[tuple[Any, str]], width: float = 2.0, **more: Any) -> str:
    """Return lines (points, stroke) over each other, all to be seen: where they coincide their colours take turns."""
    n = len(lines)
    solid = [line(points, stroke, width, **more) for points, stroke in lines]
    dash = {"stroke_dasharray": f"{TURN_PX} {TURN_PX * (n - 1)}"}
    turns = [line(points, stroke, width, stroke_dashoffset=-TURN_PX * i, **dash, **more)
             for i, (points, stroke) in enumerate(lines[: MOST_TURNS if n <= MOST_TURNS else 0][:-1])]  # fmt: skip
    return "".join([*solid, *turns])


def under(points: Any, width: float = 2.0, **more: Any) -> str:
    """Return the ground of a line that lies over another of its colour: a gap on each side of it."""
    return line(points, "var(--surface)", width + 2.5, **more)


@dataclass(frozen=True)
class Plot:
    """A box of a drawing with an axis each way: `x` and `y` are the values at its ends."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at_x(self, value: float | Floats) -> Any:
        """Return where a value lies, from the left of the drawing."""
        return self.left + (value - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0) * self.width

    def at_y(self, value: float | Floats) -> Any:
        """Return where a value lies, from the top of the drawing."""
        return self.top + self.height - (value - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0) * self.height

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    def points(self, x: Floats, y: Floats) -> Any:
        """Return (n, 2) places of values."""
        return np.column_stack([self.at_x(x), self.at_y(y)])

    def line(self, x: Floats, y: Floats, stroke: str, width: float = 2.0, **more: Any) -> str:
        """Return a curve."""
        return line(self.points(x, y), stroke, width, **more)

    def band(self, x: Floats, low: Floats, high: Floats, fill: str, opacity: float = 0.2) -> str:
        """Return the ground between two curves; a gap in either divides it."""
        known = np.isfinite(low) & np.isfinite(high)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
        out = []
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            piece = slice(start, stop)
            there, back = self.points(x[piece], high[piece]), self.points(x[piece], low[piece])[::-1]
            out.append(el("path", d=path_of([*there, *back], closed=True), fill=fill, fill_opacity=opacity))
        return "".join(out)

    def frame(
        self,
        xs: Sequence[float] = (),
        ys: Sequence[float] = (),
        *,
        digits: int = 0,
        x_title: str = "",
        x_digits: int = 0,
    ) -> str:
        """Return horizontal grid, ticks without lines below, a title of the lower axis."""
        grid = [
            el("line", x1=self.left, x2=self.right, y1=self.at_y(y), y2=self.at_y(y), stroke="var(--line)") for y in ys
        ]
        at_left = [text(self.left - 6, self.at_y(y) + 4, number(y, digits), anchor="end") for y in ys]
        below = [text(self.at_x(x), self.bottom + 16, number(x, x_digits), anchor="middle") for x in xs]
        title = [text((self.left + self.right) / 2, self.bottom + 31, x_title, anchor="middle")] if x_title else []
        return "".join([*grid, *at_left, *below, *title])


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return two to `most` round values in a range."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, most - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= raw * 0.999999)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    if last <= first:
        return ticks(low, high, most + 1)
    return [float(value * step) for value in np.arange(first, last + 1)]


def digits_of(values: Sequence[float]) -> int:
    """Return decimals that tell these values apart, four at most."""
    return max((len(f"{value:.4f}".rstrip("0").partition(".")[2]) for value in values), default=0)


def round_up(value: float) -> float:
    """Return the next round number that holds a value."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999999))
