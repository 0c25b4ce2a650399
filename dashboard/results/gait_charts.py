"""Charts of the Gait tab: stance curves, gait lines on the outlines, the butterfly. Values in, drawings out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from barograph.frames import Floats
from dashboard.drawing import theme
from dashboard.drawing.cell_picture import cell_picture
from dashboard.drawing.crosshair import Across, Box, Read, crosshair, crosshair_at, crosshair_on_track, fine
from dashboard.drawing.outline import outline
from dashboard.drawing.places import place, size
from dashboard.drawing.svg import Plot, digits_of, el, line, over, path_of, picture, round_up, text, ticks
from dashboard.drawing.words import number
from dashboard.reading.curves import PERCENT, Curves
from dashboard.reading.feet import Foot

MOST_SINGLE = 60
UNITS = {"mm": "mm", "cell": "cells", "rel": "of the sensor"}
COLOURS = {"left": "var(--left)", "right": "var(--right)"}


def colour(foot: Foot) -> str:
    """Return a foot's own colour."""
    return COLOURS.get(foot.key, "var(--accent)")


def stance_chart(feet: Sequence[tuple[Foot, Curves]], title: str, unit: str, weight: float | None) -> str:
    """Return the mean ± SD over the stance, a line a foot; body weight dashed where it is known."""
    highs = [np.nanmax(c.mean + np.nan_to_num(c.sd)) for _, c in feet if len(c) and np.isfinite(c.mean).any()]
    top = round_up(max([*highs, weight or 0.0], default=1.0))
    plot = Plot(46, 24, 360, 168, (0, 100), (0, top))
    ys = ticks(0, top, 5)
    parts = [plot.frame([0, 20, 40, 60, 80, 100], ys, digits=digits_of(ys), x_title="stance, %")]
    parts.append(text(46, 12, f"{title}, {unit}, mean ± SD", fill="var(--text-2)"))
    if weight:
        y = plot.at_y(weight)
        parts.append(
            el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke="var(--text-3)", stroke_dasharray="3 3")
        )
        parts.append(text(plot.right, y - 5, "body weight", anchor="end"))
    for foot, curves in feet:
        parts.append(plot.band(PERCENT, curves.mean - curves.sd, curves.mean + curves.sd, colour(foot)))
    parts.append(over([(plot.points(PERCENT, curves.mean), colour(foot)) for foot, curves in feet]))
    for foot, curves in feet:
        parts.append(_name(plot, foot, curves, above=foot.key != "right"))
    means = [Read(foot.label, colour(foot), curves.mean, unit, fine(top)) for foot, curves in feet]
    reads = [crosshair(plot, PERCENT, means, Across("% of stance"))]
    said = "; ".join(f"{foot.key}: highest {number(np.nanmax(c.mean))} {unit}" for foot, c in feet if len(c))
    return picture(420, 232, *parts, title=f"Stance curve, mean of whole stances. {said}", reads=reads)


def _name(plot: Plot, foot: Foot, curves: Curves, *, above: bool) -> str:
    if not np.isfinite(curves.mean).any():
        return ""
    at = 28 if above else 48
    y = plot.at_y(float(curves.mean[at])) + (-10 if above else 22)
    return text(plot.at_x(PERCENT[at]), y, foot.label, fill=colour(foot), size=12, anchor="middle", font_weight=700)


def gait_lines(feet: Sequence[Foot]) -> str:
    """Return the centre's way on each outline: mean bold, single stances thin, a ring at contact, a dot at toe-off."""
    tall = max(size(one.layout)[1] for one in feet)
    factor, x, parts, reads = 190.0 / tall, 10.0, [], []
    for one in feet:
        width = size(one.layout)[0] * factor
        parts.append(el("g", _line_of(one, factor), transform=f"translate({x:.1f} 8)"))
        reads.append(_line_reads(one, factor, (x, 8.0, width, size(one.layout)[1] * factor)))
        x += width + 22
    parts.append(text(x / 2, 222, "○ contact   ● toe-off", anchor="middle"))
    said = "; ".join(f"{one.key}: {len(one.whole)} stances" for one in feet)
    return picture(
        max(x, 150), 232, *parts, title=f"Gait line on the outline. {said}", style=f"max-width:{1.3 * x:.0f}px",
        reads=reads,
    )  # fmt: skip


def _line_reads(foot: Foot, factor: float, box: Box) -> str:
    """What the mean way says: how much of the stance, and where the centre is on the layout's axes."""
    pitch, unit = foot.layout.pitch_mm or (1.0, 1.0), foot.layout.length
    x, y = (one.mean for one in foot.centre)
    digits = 2 if unit == "rel" else 1
    shown = UNITS[unit]
    said = [
        f"{number(at)} % of stance: x {number(a, digits)}, y {number(b, digits)} {shown}"
        for at, a, b in zip(PERCENT, x, y, strict=True)
    ]
    places = placed(foot, x, y, (pitch[0] * factor, pitch[1] * factor)) + np.array(box[:2])
    return crosshair_at(box, places, colour(foot), said)


def _line_of(foot: Foot, factor: float) -> str:
    pitch, cells = foot.layout.pitch_mm or (1.0, 1.0), cell_picture(foot.layout)
    scale = (pitch[0] * factor, pitch[1] * factor)
    loops = cells.shapes if cells else outline(foot.layout)
    d = " ".join(path_of(loop * scale, closed=True) for loop in loops)
    parts = [el("path", d=d, fill="var(--bed)", stroke="var(--bed-line)", fill_rule="nonzero" if cells else "evenodd")]
    x, y = foot.centre
    paint = _on_bed(foot)
    for xs, ys in list(zip(x.rows, y.rows, strict=True))[:MOST_SINGLE]:
        parts.append(line(placed(foot, xs, ys, scale), paint, 0.8, opacity=0.45))
    mean = placed(foot, x.mean, y.mean, scale)
    parts.append(line(mean, paint, 2.5))
    known = mean[np.isfinite(mean).all(axis=1)]
    if len(known):
        parts.append(
            el(
                "circle",
                cx=float(known[0][0]),
                cy=float(known[0][1]),
                r=4,
                fill="var(--bed)",
                stroke=paint,
                stroke_width=2,
            )
        )
        parts.append(el("circle", cx=float(known[-1][0]), cy=float(known[-1][1]), r=4.5, fill=paint))
    return "".join(parts)


def _on_bed(foot: Foot) -> str:
    """The bed is dark in both themes: there a foot has the colour of the dark one."""
    return theme.color(foot.key if foot.key in COLOURS else "accent", "dark")


def placed(foot: Foot, x: Floats, y: Floats, scale: tuple[float, float]) -> Floats:
    """Return (n, 2) places on the layout's axes as places in its picture."""
    return np.asarray(place(foot.layout, x, y) * scale)


def butterfly(track: pd.DataFrame) -> str:
    """Return the mean way of both feet's centre over strides.

    What is left of the middle in one colour, right in the other.
    """
    x, y = (track[f"mean_butterfly_{axis}_mm"].to_numpy(np.float64) for axis in "xy")
    reach, long = round_up(float(np.nanmax(np.abs(x)))), round_up(float(np.nanmax(y)))
    plot = Plot(40, 26, 230, 166, (-reach, reach), (0.0, long))
    parts = [plot.frame([-reach / 2, 0, reach / 2], ticks(0, long, 4), x_title="left – right, mm")]
    parts.append(el("line", x1=plot.at_x(0), x2=plot.at_x(0), y1=plot.top, y2=plot.bottom, stroke="var(--line-2)"))
    for side, here in (("left", x <= 0), ("right", x >= 0)):
        parts.append(plot.line(*_half(x, y, here), COLOURS[side]))
    cross = track.attrs["crossing_x_mm"], track.attrs["crossing_y_mm"]
    if cross[0] is not None:
        at = {"cx": float(plot.at_x(cross[0])), "cy": float(plot.at_y(cross[1]))}
        parts.append(el("circle", **at, r=4, fill="var(--text)", stroke="var(--bg)"))
    parts.append(text(40, 12, "front–back, mm", fill="var(--text-2)"))
    said = f", crossing {number(cross[0], 1)} mm from the middle" if cross[0] is not None else ""
    reads = [crosshair_on_track(plot, x, y, "mm", 1)]
    return picture(290, 232, *parts, title=f"Butterfly of both centres of pressure{said}", reads=reads)


def _half(x: Floats, y: Floats, here: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The part of a track on one side, with the point after it, so that the colours meet."""
    kept = here | np.roll(here, 1)
    return np.where(kept, x, np.nan), np.where(kept, y, np.nan)


def centred(value: float, most: float = 20.0) -> str:
    """Return a ball on a track: a symmetry index about 0, grey within ±5 %."""
    if not np.isfinite(value):
        return ""
    place = 50.0 + 50.0 * max(-1.0, min(1.0, value / most))
    paint = "var(--left)" if value < 0 else "var(--right)"
    return picture(
        100, 12,
        el("rect", x=0, y=4, width=100, height=4, rx=2, fill="var(--surface-3)"),
        el("rect", x=37.5, y=4, width=25, height=4, fill="var(--line-2)"),
        el("rect", x=49.5, y=0, width=1, height=12, fill="var(--text-3)"),
        el("circle", cx=place, cy=6.0, r=4, fill=paint),
        title=f"{number(value, 1)} %, {'more on the left' if value < 0 else 'more on the right'}",
        width=84,
    )  # fmt: skip
