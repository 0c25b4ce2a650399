"""Charts of the compare page: maps in a row, curves over each other and their difference, effect sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from barograph.frames import Floats
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.map_image import MapPicture, Scale, Spot, bar, bar_width, largest
from dashboard.drawing.svg import Plot, digits_of, el, line, picture, round_up, text, ticks, under
from dashboard.drawing.words import number, sign

MAP_PX, MOST_WIDE_PX, GAP_PX = 330.0, 330.0, 18.0
DASH = "5 3.5"
GREY = "var(--text-3)"
EFFECT_ENDS = (2.0, 4.0, 8.0, 16.0)
SMALL_EFFECT = 0.2
DIGIT_PX = 8.0  # no digit at 12 px is wider, whatever the font
NEAR = 0.08  # of the rows: there two values would stand on each other


def factor_of(groups: Sequence[Sequence[MapPicture]]) -> float:
    """Return pixels of a millimetre, the same in all groups, so that two shoes of two sizes are seen to be so."""
    tallest = max(one.size_mm[1] for group in groups for one in group)
    widest = max(sum(one.size_mm[0] for one in group) + 0.0 for group in groups)
    return min(MAP_PX / tallest, MOST_WIDE_PX / widest)


def maps(
    pictures: Sequence[MapPicture], tokens: Sequence[str], factor: float, title: str, prefix: str,
    scale: Scale | None = None, ends: tuple[str, str] = ("", ""),
) -> tuple[str, float]:  # fmt: skip
    """Return maps side by side with their names below, and their bar at the right where a scale is given.

    And the width.
    """
    height, x, parts = max(60.0, factor * max(one.size_mm[1] for one in pictures)), 6.0, []
    top = 36.0
    for i, (one, token) in enumerate(zip(pictures, tokens, strict=True)):
        w, h = one.size_mm[0] * factor, one.size_mm[1] * factor
        parts.append(one.draw(x, top + height - h, w, h, f"{prefix}-{i}"))
        parts.append(text(x + w / 2, top + height + 20, one.title, fill=token, size=12, anchor="middle",
                          font_weight=600))  # fmt: skip
        x += w + GAP_PX
    if scale:
        parts.append(bar(scale, x, top + 14, max(60.0, height - 36), *ends))
        x += bar_width(scale)
    width = x + 2
    return picture(width, top + height + 30, *parts, title=title), width


def extremes(values: Floats, digits: int) -> list[Spot]:
    """Return the largest rise and the largest fall, each with its signed number."""
    spots = []
    for sign_ in (1.0, -1.0):
        found = largest(sign_ * values)
        if found and round(found[2], digits):
            spots.append(Spot(found[0], found[1], sign(sign_ * found[2], digits)))
    if len(spots) == 2 and abs(spots[0].row - spots[1].row) < NEAR * len(values):
        upper = min(range(2), key=lambda i: spots[i].row)
        return [replace(spot, lower=-20.0 if i == upper else 20.0) for i, spot in enumerate(spots)]
    return spots


@dataclass(frozen=True)
class Axis:
    """What a curve shows: its name with the unit, its colour, and what is below."""

    title: str
    paint: str
    below: str = "stance, %"
    digits: int = 0

    @property
    def across(self) -> str:
        """The unit of what is below, as in a sentence."""
        return "% of stance" if self.below == "stance, %" else self.below.rpartition(", ")[2]


def curves(found: pd.DataFrame, axis: Axis, top: float) -> str:
    """Return a solid and B dashed with their SD, and below B − A with its interval where it has one."""
    x: Floats = np.asarray(found.index, np.float64)
    low, high = float(x[0]), float(x[-1])
    plot = Plot(54, 26, 246, 290, (low, high), (0.0, top))
    parts = [text(54, 13, f"{axis.title}, mean ± SD", fill="var(--text-2)", size=12), plot.frame((), ticks(0, top, 5),
             digits=digits_of(ticks(0, top, 5)))]  # fmt: skip
    for which in "ab":
        mean, sd = (found[f"{what}_{which}"].to_numpy(np.float64) for what in ("mean", "sd"))
        parts.append(plot.band(x, mean - sd, np.minimum(mean + sd, top), axis.paint, 0.16))
    a, b = (plot.points(x, found[f"mean_{which}"].to_numpy(np.float64)) for which in "ab")
    parts += [
        line(a, axis.paint, 2.0),
        under(b, stroke_dasharray=DASH),
        line(b, axis.paint, 2.0, stroke_dasharray=DASH),
    ]
    parts.append(_difference(found, x, axis))
    return picture(310, 500, *parts, title=_said(found, axis), reads=_reads(plot, found, x, axis))


def _reads(plot: Plot, found: pd.DataFrame, x: Floats, axis: Axis) -> list[str]:
    """What both curves say at a place, and below what their difference does."""
    unit, across = axis.title.rpartition(", ")[2], Across(axis.across)
    digits = max(axis.digits, fine(plot.y[1]))
    means = [(which.upper(), axis.paint, found[f"mean_{which}"].to_numpy(np.float64)) for which in "ab"]
    curves_ = crosshair(plot, x, [Read(*one, unit, digits) for one in means], across)
    middle, _, _, below = _differences(found, x)
    apart = Read("B − A", "var(--text)", middle, unit, max(axis.digits, fine(below.y[1])))
    return [curves_, crosshair(below, x, [apart], across)]


def _differences(found: pd.DataFrame, x: Floats) -> tuple[Floats, Floats, Floats, Plot]:
    """B − A with both ends of its interval, and where it is drawn."""
    middle, low, high = (found[f"difference{end}"].to_numpy(np.float64) for end in ("", "_low", "_high"))
    reach = np.nanmax(np.abs([middle, low, high])) if np.isfinite(middle).any() else 1.0
    most = round_up(float(reach))
    return middle, low, high, Plot(54, 346, 246, 104, (float(x[0]), float(x[-1])), (-most, most))


def _difference(found: pd.DataFrame, x: Floats, axis: Axis) -> str:
    middle, low, high, plot = _differences(found, x)
    most = plot.y[1]
    known = np.isfinite(low).any()
    note = f"B − A{', 95 % interval; bar: leaves 0' if known else ''}"
    grid = [-most, 0.0, most]
    marks = [text(plot.left - 6, plot.at_y(y) + 4, sign(y, digits_of([most])), anchor="end") for y in grid]
    lines = [el("line", x1=plot.left, x2=plot.right, y1=plot.at_y(y), y2=plot.at_y(y),
                stroke="var(--line-2)" if y == 0 else "var(--line)") for y in grid]  # fmt: skip
    below = [text(plot.at_x(v), plot.bottom + 22, number(v, digits_of(ticks(*plot.x, 5))), anchor="middle")
             for v in ticks(*plot.x, 5)]  # fmt: skip
    return "".join(
        [
            text(54, 337, note, fill="var(--text-2)"), *lines, *marks, *below,
            text((plot.left + plot.right) / 2, plot.bottom + 38, axis.below, anchor="middle"),
            plot.band(x, low, high, GREY, 0.3), plot.line(x, middle, "var(--text)", 1.75), _leaves(plot, x, low, high),
        ]
    )  # fmt: skip


def _leaves(plot: Plot, x: Floats, low: Floats, high: Floats) -> str:
    """A bar under every run whose interval does not hold 0."""
    out = np.concatenate([[False], (low > 0) | (high < 0), [False]])
    edges = np.flatnonzero(np.diff(out.astype(int)))
    half = (x[1] - x[0]) / 2 if len(x) > 1 else 0.0
    bars = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        left = plot.at_x(max(x[start] - half, plot.x[0]))
        right = plot.at_x(min(x[stop - 1] + half, plot.x[1]))
        bars.append(
            el("rect", x=float(left), y=plot.bottom + 3, width=float(right - left), height=4, fill="var(--text)")
        )
    return "".join(bars)


def _said(found: pd.DataFrame, axis: Axis) -> str:
    parts = [f"{axis.title}, A solid and B dashed"]
    for which in "ab":
        mean = found[f"mean_{which}"]
        if mean.notna().any():
            parts.append(f"{which.upper()} is highest at {number(float(mean.max()), axis.digits)}")
    gap = found["difference"]
    if gap.notna().any():
        at = int(np.nanargmax(np.abs(gap.to_numpy(np.float64))))
        where = f"{number(float(np.asarray(found.index)[at]))} {axis.below}"
        parts.append(f"they differ most by {sign(float(gap.iloc[at]), axis.digits)} at {where}")
    return "; ".join(parts)


def effect_end(values: Sequence[float]) -> float:
    """Return the end of the scale of effect sizes: the least that holds them all, 16 at most."""
    most = max((abs(value) for value in values if np.isfinite(value)), default=0.0)
    return next((end for end in EFFECT_ENDS if end >= most), EFFECT_ENDS[-1])


def effect(g: float, low: float, high: float, *, holds_zero: bool, end: float) -> str:
    """Return a dot with its interval about 0.

    Hollow where the difference's interval holds 0, grey band for small effects.
    """
    if not np.isfinite(g):
        return ""
    plot = Plot(6, 0, 108, 18, (-end, end), (0.0, 1.0))
    at = [float(plot.at_x(min(max(value, -end), end))) for value in (low, g, high)]
    band = float(plot.at_x(SMALL_EFFECT) - plot.at_x(-SMALL_EFFECT))
    middle = float(plot.at_x(0.0))
    return picture(
        120, 18,
        el("rect", x=middle - band / 2, y=1, width=max(band, 2.0), height=16, fill="var(--surface-3)"),
        el("line", x1=middle, x2=middle, y1=1, y2=17, stroke="var(--text-3)"),
        el("line", x1=at[0], x2=at[2], y1=9, y2=9, stroke="var(--text)", stroke_width=1.75),
        el("circle", cx=at[1], cy=9, r=4.5, fill="var(--surface)" if holds_zero else "var(--text)",
           stroke="var(--text)", stroke_width=1.75),
        title=f"Hedges' g {sign(g, 2)}, {sign(low, 2)} to {sign(high, 2)}", width=120,
    )  # fmt: skip


def region_bar(value: float, most: float, digits: int) -> str:
    """Draw a bar from the middle: green to the right where B is higher, violet to the left where A is; with a number.

    `most` is the largest of all bars beside it: its number decides how much room each has.
    """
    if not np.isfinite(value):
        return ""
    middle = max(43.0, DIGIT_PX * len(sign(-abs(most), digits)) + 8)
    long = min(22.0, middle - 8) * min(abs(value) / (most or 1.0), 1.0)
    up, wide = value >= 0, 2 * middle
    fill = "var(--difference-b)" if up else "var(--difference-a)"
    number_at, anchor = (middle - 6, "end") if up else (middle + 6, "start")
    return picture(
        wide, 18,
        el("line", x1=middle, x2=middle, y1=1, y2=17, stroke="var(--line-2)"),
        el("rect", x=middle if up else middle - long, y=4, width=max(long, 0.75), height=10, fill=fill),
        text(number_at, 13, sign(value, digits), fill="var(--text-2)", size=12, anchor=anchor),
        title=f"B − A {sign(value, digits)}", width=wide,
    )  # fmt: skip
