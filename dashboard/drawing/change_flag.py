"""The change flag: one mark with its words wherever a difference stands beside what repeated tests differ by.

What a difference is, is decided once, by `analytics.sessions.change.decide`; here it is only drawn. The mark is a
diamond and has no colour of its own: whoever reads decides what is better.

Terms: change flag (docs/glossary.md).
"""

from __future__ import annotations

import numpy as np

from analytics.columns import definition
from analytics.sessions.change import ABOVE, BEYOND, UNKNOWN, WITHIN
from dashboard.drawing.markup import Term, say, tag, term
from dashboard.drawing.svg import Plot, el, path_of, picture
from dashboard.drawing.words import sign

QUESTION = "Is it a change?"
SIZE = 5.0
END = 3.0  # MDCs on each side of 0
INSET = 0.4  # of a mark whose value lies beyond, so that the arrow is seen
WIDE, HIGH = 150.0, 20.0
INK, GROUND = "var(--text)", "var(--surface)"
MDC_FILL: dict[str, str | float] = {"fill": "var(--surface-3)", "fill_opacity": 0.6}
SWC_FILL: dict[str, str | float] = {"fill": "var(--line-2)", "fill_opacity": 0.55}


def mark(x: float, y: float, change: str, size: float = SIZE) -> str:
    """Return the mark of a change about a point: filled, half or hollow diamond, or a dash where nothing is known."""
    if change == UNKNOWN:
        return el("line", x1=x - size, x2=x + size, y1=y, y2=y, stroke=INK, stroke_width=1.75)
    corners = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    outline = el(
        "path", d=path_of(corners, closed=True), fill=INK if change == BEYOND else GROUND, stroke=INK,
        stroke_width=1.25, stroke_linejoin="round",
    )  # fmt: skip
    half = el("path", d=path_of([corners[0], corners[2], corners[3]], closed=True), fill=INK)
    return outline + (half if change == ABOVE else "")


def flag(change: str, about: tuple[str, ...] = ()) -> str:
    """Return the mark with its words; `about` says on hover and focus where the noise is from, or why none is known."""
    drawn = picture(14, 14, mark(7.0, 7.0, change), title="", width=14, aria_hidden="true")
    known = definition("change")
    named = Term(change, about=(known.formula, *about), named=QUESTION, source=known.source)
    words = tag("b" if change == BEYOND else "span", named.markup() if about else say(change))
    return tag("span", drawn, words, class_="change-flag")


def question() -> str:
    """Return the head of a column of flags, with its definition."""
    known = definition("change")
    return term(QUESTION, "", known.formula, known.meaning, known.source)


def in_mdcs(difference: float, low: float, high: float, mdc95: float, swc: float, change: str) -> str:
    """Return a difference with its interval in units of its MDC, on bands of MDC and SWC; an arrow where it goes on."""
    if change == UNKNOWN:
        return ""
    plot = Plot(6, 0, WIDE - 12, HIGH, (-END, END), (0.0, 1.0))
    parts = [_band(plot, 1.0, MDC_FILL)]
    if np.isfinite(swc) and swc > 0:
        parts.append(_band(plot, min(swc / mdc95, END), SWC_FILL))
    middle = float(plot.at_x(0.0))
    parts.append(el("line", x1=middle, x2=middle, y1=1, y2=HIGH - 1, stroke="var(--text-3)"))
    units = [value / mdc95 for value in (low, difference, high)]
    ends = (units[0], units[2]) if np.isfinite(low) else (units[1], units[1])
    if ends[0] < ends[1] or abs(units[1]) > END:
        parts.append(_interval(plot, *ends))
    at = float(np.clip(units[1], -END + INSET, END - INSET))
    parts.append(mark(float(plot.at_x(at)), HIGH / 2, change))
    between = f", 95 % interval {sign(units[0], 1)} to {sign(units[2], 1)}" if np.isfinite(low) else ""
    said = f"{sign(units[1], 1)} MDC{between}; {change}"
    return picture(WIDE, HIGH, *parts, title=said, width=int(WIDE))


def _band(plot: Plot, half: float, how: dict[str, str | float]) -> str:
    left, right = (float(plot.at_x(value)) for value in (-half, half))
    return el("rect", x=left, y=1, width=right - left, height=HIGH - 2, **how)


def _interval(plot: Plot, low: float, high: float) -> str:
    """A line; an arrow at an end of the scale that it passes."""
    y, ends = HIGH / 2, np.clip([low, high], -END, END)
    left, right = (float(plot.at_x(value)) for value in ends)
    parts = [el("line", x1=left, x2=right, y1=y, y2=y, stroke=INK, stroke_width=1.5)]
    for value, x, way in ((low, left, -1), (high, right, 1)):
        if value * way > END:
            points = [(x - 5.0 * way, y - 4), (x, y), (x - 5.0 * way, y + 4)]
            parts.append(el("path", d=path_of(points), fill="none", stroke=INK, stroke_width=1.5))
    return "".join(parts)


def legend() -> str:
    """Return the four marks with their words, and what the bands are."""
    return tag("span", *(flag(one) for one in (BEYOND, ABOVE, WITHIN, UNKNOWN)), class_="change-legend")
