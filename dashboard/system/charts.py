"""Charts of the System page: lines over the last minutes, drawn on the server. Values in, drawing out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from barograph.frames import Floats, Ints
from dashboard.drawing.crosshair import Across, Read, crosshair
from dashboard.drawing.svg import Plot, digits_of, el, path_of, picture, round_up, text, ticks
from dashboard.drawing.words import number
from dashboard.system.numbers import Quantity

SPANS_MIN = (2, 5, 15, 60)
STROKES = ("var(--accent)", "var(--text-2)", "var(--text-3)")
DASHES = (None, "5 3", "2 3")
WIDE, HIGH = 348, 132
LABEL_PX = 12


def span_min(times_us: Ints, now_us: int) -> int:
    """Return minutes that a chart shows: the shortest that holds all that is known."""
    known = (now_us - int(times_us[0])) / 60e6 if len(times_us) else 0.0
    return next((span for span in SPANS_MIN if known <= span), SPANS_MIN[-1])


def chart(title: str, lines: Sequence[Quantity], times_us: Ints, answered: Floats, now_us: int) -> str:
    """Return the lines over the last minutes; hatched where the ingest did not answer."""
    span = span_min(times_us, now_us)
    top = round_up(max((line.highest for line in lines if np.isfinite(line.highest)), default=0.0))
    plot = Plot(42, 8, 222, 96, (-float(span), 0.0), (0.0, top))
    minutes = (times_us - now_us) / 60e6
    marks = ticks(0, top, 4)
    parts = [plot.frame((), marks, digits=digits_of(marks))]
    parts += [text(plot.left, 122, f"{span} min ago"), text(plot.right, 122, "now", anchor="end")]
    parts += [_hatched(plot, left, right) for left, right in _silences(minutes, answered)]
    for line, stroke, dash in zip(lines, STROKES, DASHES, strict=False):
        points = plot.points(np.maximum(minutes, -span), line.values)
        parts += [_line(points[minutes >= -span], stroke, dash)]
    # A phone shows it nearly at its own size: larger words would run out of it.
    shown = minutes >= -span
    reads = [Read(one.short, stroke, one.values[shown], one.unit, one.digits)
             for one, stroke in zip(lines, STROKES, strict=False)]  # fmt: skip
    read = crosshair(plot, minutes[shown], reads, Across("min", 1))
    return picture(
        WIDE, HIGH, *parts, *_labels(plot, lines), title=_said(title, lines, span), class_="narrow", reads=[read]
    )


def _line(points: Floats, stroke: str, dash: str | None) -> str:
    """A line that leaves out points between equal ones: it looks the same and is a tenth as long."""
    points = np.round(points, 1)
    y = points[:, 1]
    same = np.zeros(len(y), bool)
    same[1:-1] = (y[1:-1] == y[:-2]) & (y[1:-1] == y[2:])
    pieces = np.split(points[~same], np.flatnonzero(~np.isfinite(y[~same])))
    d = " ".join(path_of(piece[np.isfinite(piece[:, 1])]) for piece in pieces)
    return el("path", d=d, fill="none", stroke=stroke, stroke_width=1.5, stroke_dasharray=dash) if d.strip() else ""


def _labels(plot: Plot, lines: Sequence[Quantity]) -> list[str]:
    """Each line's name and newest value at its end, pushed apart."""
    known = [(line, stroke) for line, stroke in zip(lines, STROKES, strict=False) if np.isfinite(line.now)]
    known.sort(key=lambda pair: -pair[0].now)
    out, free = [], plot.top + 4
    for i, (line, stroke) in enumerate(known):
        below = plot.bottom - LABEL_PX * (len(known) - 1 - i)
        y = min(max(plot.at_y(line.now) + 4, free), below)
        free = y + LABEL_PX
        out.append(text(plot.right + 6, y, f"{number(line.now, line.digits)} {line.short}", fill=stroke))
    return out


def _silences(minutes: Floats, answered: Floats) -> list[tuple[float, float]]:
    """From and to, in minutes, of looks in a row without an answer."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], answered.astype(bool), [True]])))
    return [
        (float(minutes[max(first - 1, 0)]), float(minutes[min(after, len(minutes) - 1)]))
        for first, after in zip(edges[::2], edges[1::2], strict=True)
    ]


def _hatched(plot: Plot, left_min: float, right_min: float) -> str:
    """A span without data: slanted lines from top to bottom."""
    left, right = (plot.at_x(max(one, plot.x[0])) for one in (left_min, right_min))
    steep = plot.height / 6
    lines = [
        f"M{x:.1f} {plot.bottom:.1f} L{min(x + 6, right):.1f} {plot.bottom - steep * (min(x + 6, right) - x):.1f}"
        for x in np.arange(left, max(right, left + 2), 6.0)
    ]
    ground = el("rect", x=left, y=plot.top, width=max(right - left, 2.0), height=plot.height, fill="var(--surface-2)")
    return ground + el("path", d=" ".join(lines), stroke="var(--line-2)", stroke_width=1)


def _said(title: str, lines: Sequence[Quantity], span: int) -> str:
    parts = (
        f"{line.title} {number(line.now, line.digits)} {line.unit}, highest {number(line.highest, line.digits)}"
        for line in lines
    )
    return f"{title}, last {span} minutes. {'; '.join(parts)}."
