"""The chart of a measure over sessions: one point per session with its spread, one line per sensor, and the trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from barograph.frames import Floats
from dashboard.drawing.svg import Plot, digits_of, el, over, picture, text, ticks
from dashboard.drawing.words import number
from dashboard.reading.session_measures import Trend

DAY_US = 86_400_000_000
WIDE, HIGH = 560.0, 300.0
LEFT_PX, DIGIT_PX, USUAL_DIGITS = 50.0, 10.0, 5  # room for the numbers of the axis, also on a phone
NAME_PX = 16.0  # between two names at the right
APART_PX = 6.0


@dataclass(frozen=True, eq=False)
class Series:
    """A sensor's values: (k,) days since 1970, means and SDs (NaN where there is none), and the trend."""

    title: str
    paint: str
    days: Floats
    means: Floats
    sds: Floats
    trend: Trend


def chart(series: Sequence[Series], title: str, unit: str) -> str:
    """Return all sensors on one axis of days, which leaves half a day of room at its ends."""
    days = np.concatenate([one.days for one in series])
    low, high = extent(series)
    room = max(0.5, 0.03 * float(np.ptp(days)))
    ys = ticks(low, high, 5)
    longest = max(len(number(y, digits_of(ys))) for y in ys)
    left = LEFT_PX + DIGIT_PX * max(0, longest - USUAL_DIGITS)
    width = WIDE - left - 56
    plot = Plot(left, 12, width, HIGH - 48, (float(days.min()) - room, float(days.max()) + room), (low, high))
    parts = [plot.frame((), ys, digits=digits_of(ys)), _dates(plot)]
    for i, one in enumerate(series):
        parts.append(_trend(plot, one, i))
    parts.append(over([_means(plot, one) for one in series], 1.25))
    ends = [float(plot.at_y(one.means[np.argsort(one.days, kind="stable")[-1]])) for one in series]
    for i, (one, name_y) in enumerate(zip(series, spread(ends, NAME_PX), strict=True)):
        parts.append(_points(plot, one, (i - (len(series) - 1) / 2) * APART_PX))
        parts.append(text(plot.right + 6, name_y + 4, one.title, fill=one.paint, size=12, font_weight=600))
    return picture(WIDE, HIGH, *parts, title=_said(series, title, unit))


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Return places of names, moved as little as it takes for none to lie on another; their order stays."""
    order = np.argsort(places, kind="stable")
    moved = np.asarray(places, np.float64)[order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + apart)
    moved -= np.mean(moved - np.asarray(places, np.float64)[order])
    out = np.empty(len(moved))
    out[order] = moved
    return [float(one) for one in out]


def extent(series: Sequence[Series]) -> tuple[float, float]:
    """Return ends that hold every spread; from 0 where the values come near it."""
    low = min(float(np.nanmin(one.means - np.nan_to_num(one.sds))) for one in series)
    high = max(float(np.nanmax(one.means + np.nan_to_num(one.sds))) for one in series)
    if low >= 0 and low < 0.5 * high:
        low = 0.0
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    return (low if low == 0.0 else low - room), high + room


def _dates(plot: Plot) -> str:
    span = plot.x[1] - plot.x[0]
    step = next((one for one in (1, 2, 7, 14, 30, 61, 91, 182, 365) if span / one <= 7), float(np.ceil(span / 6)))
    first = np.ceil(plot.x[0] / step) * step
    shown = list(np.arange(first, plot.x[1], step)) or [sum(plot.x) / 2]
    with_year = (
        datetime.fromtimestamp(plot.x[0] * 86_400, UTC).year != datetime.fromtimestamp(plot.x[1] * 86_400, UTC).year
    )
    return "".join(text(plot.at_x(float(day)), plot.bottom + 20, _day(float(day), year=with_year), anchor="middle")
                   for day in shown)  # fmt: skip


def _day(day: float, *, year: bool) -> str:
    moment = datetime.fromtimestamp(day * 86_400, UTC)
    return f"{moment.day} {moment:%b %Y}" if year else f"{moment.day} {moment:%b}"


def _means(plot: Plot, one: Series) -> tuple[Floats, str]:
    """The line through the means, and its paint."""
    order = np.argsort(one.days, kind="stable")
    return plot.points(one.days[order], one.means[order]), one.paint


def _points(plot: Plot, one: Series, aside: float) -> str:
    """Points and spreads of two sensors stand a little beside each other."""
    parts = []
    for day, mean, sd in zip(one.days, one.means, one.sds, strict=True):
        x = float(plot.at_x(day)) + aside
        if np.isfinite(sd):
            parts.append(el("line", x1=x, x2=x, y1=float(plot.at_y(mean - sd)), y2=float(plot.at_y(mean + sd)),
                            stroke=one.paint, stroke_width=1.25, opacity=0.6))  # fmt: skip
        parts.append(el("circle", cx=x, cy=float(plot.at_y(mean)), r=4, fill=one.paint, stroke="var(--surface)"))
    return "".join(parts)


def _trend(plot: Plot, one: Series, turn: int) -> str:
    """A dashed line through the medians, and the fan of its interval; over another it fills that one's gaps."""
    found = one.trend
    if not np.isfinite(found.slope):
        return ""
    x: Floats = np.array([one.days.min(), found.middle[0], one.days.max()])
    at = found.middle[1] + np.outer([found.slope, found.low, found.high], x - found.middle[0])
    low, high = np.clip(at[1:].min(axis=0), *plot.y), np.clip(at[1:].max(axis=0), *plot.y)
    return plot.band(x, low, high, one.paint, 0.14) + plot.line(
        x, at[0], one.paint, 2.0, stroke_dasharray="7 4", stroke_dashoffset=5.5 * turn
    )


def _said(series: Sequence[Series], title: str, unit: str) -> str:
    parts = []
    for one in series:
        order = np.argsort(one.days, kind="stable")
        first, last = one.means[order[0]], one.means[order[-1]]
        parts.append(f"{one.title}: from {number(first, 1)} to {number(last, 1)} {unit} over {len(one.days)} sessions")
    return f"{title}. {'; '.join(parts)}"
