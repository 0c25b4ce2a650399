"""The chart of a measure over sessions: one point per session with its spread, one line per sensor, and the trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from barograph.frames import Floats
from barograph.texts import plural
from dashboard.drawing.change_flag import MDC_FILL, SWC_FILL
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.svg import Plot, digits_of, el, over, picture, text, ticks
from dashboard.drawing.words import number
from dashboard.reading.lab_norms import Norm
from dashboard.reading.noise import Baseline
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
    baseline: Baseline | None = None
    norm: Norm | None = None  # drawn instead of the baseline


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
    parts = [*(_bands(plot, one) for one in series), plot.frame((), ys, digits=digits_of(ys)), _dates(plot)]
    for i, one in enumerate(series):
        parts.append(_trend(plot, one, i))
    parts.append(over([_means(plot, one) for one in series], 1.25))
    ends = [float(plot.at_y(one.means[np.argsort(one.days, kind="stable")[-1]])) for one in series]
    for i, (one, name_y) in enumerate(zip(series, spread(ends, NAME_PX), strict=True)):
        parts.append(_points(plot, one, (i - (len(series) - 1) / 2) * APART_PX))
        parts.append(text(plot.right + 6, name_y + 4, one.title, fill=one.paint, size=12, font_weight=600))
    return picture(WIDE, HIGH, *parts, title=_said(series, title, unit), reads=[_reads(plot, series, unit, high)])


def _reads(plot: Plot, series: Sequence[Series], unit: str, high: float) -> str:
    """What each sensor has on a day; of sessions of one day, each by itself."""
    days = np.unique(np.concatenate([one.days for one in series]))
    reads = []
    for one in series:
        values = np.full(len(days), np.nan)
        values[np.searchsorted(days, one.days)] = one.means
        reads.append(Read(one.title, one.paint, values, unit, fine(high)))
    return crosshair(plot, days, reads, Across(said=lambda day: _day(day, year=True)))


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
    about = [one.baseline for one in series if one.baseline and one.baseline.known and one.norm is None]
    ends = [(one.mean - one.mdc95, one.mean + one.mdc95) for one in about]
    ends += [one.norm.ends for one in series if one.norm and one.norm.known]
    low, high = min([low, *(end[0] for end in ends)]), max([high, *(end[1] for end in ends)])
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


def _bands(plot: Plot, one: Series) -> str:
    """MDC95, and SWC where it is known, about the mean of the baseline; or the reference band that was chosen."""
    if one.norm is not None:
        return _norm(plot, one.norm, one.paint) if one.norm.known else ""
    of = one.baseline
    if of is None or not of.known:
        return ""
    parts = []
    for half, how in ((of.mdc95, MDC_FILL), (of.swc, SWC_FILL)):
        if np.isfinite(half):
            top, bottom = (float(plot.at_y(value)) for value in (of.mean + half, of.mean - half))
            parts.append(el("rect", x=plot.left, y=top, width=plot.width, height=bottom - top, **how))
    y = float(plot.at_y(of.mean))
    parts.append(el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke=one.paint, stroke_width=0.75, opacity=0.7))
    return "".join(parts)


def _norm(plot: Plot, of: Norm, paint: str) -> str:
    """The middle 90 %, the middle 50 % and the median of a cohort, with its ends in the colour of the sensor."""
    parts = []
    shown = (("p5", "p95", MDC_FILL, of.whole), ("p25", "p75", SWC_FILL, of.inner))
    for low, high, how in (one[:3] for one in shown if one[3]):
        top, bottom = (float(plot.at_y(of.row[name])) for name in (high, low))
        parts.append(el("rect", x=plot.left, y=top, width=plot.width, height=bottom - top, **how))
    lines = ((of.ends[0], "2 4"), (of.ends[1], "2 4"), (float(of.row["p50"]), None))
    for value, dashes in (one for one in lines if np.isfinite(one[0])):
        y = float(plot.at_y(value))
        parts.append(el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke=paint, stroke_width=0.75,
                        stroke_dasharray=dashes, opacity=0.8))  # fmt: skip
    return "".join(parts)


def _means(plot: Plot, one: Series) -> tuple[Floats, str]:
    """The line through the means, and its paint."""
    order = np.argsort(one.days, kind="stable")
    return plot.points(one.days[order], one.means[order]), one.paint


def _points(plot: Plot, one: Series, aside: float) -> str:
    """Points and spreads of two sensors stand a little beside each other; tests of the baseline are squares."""
    parts = []
    of = one.baseline
    squares = set(np.argsort(one.days, kind="stable")[: of.n].tolist()) if of and of.known else set()
    for i, (day, mean, sd) in enumerate(zip(one.days, one.means, one.sds, strict=True)):
        x = float(plot.at_x(day)) + aside
        if np.isfinite(sd):
            parts.append(el("line", x1=x, x2=x, y1=float(plot.at_y(mean - sd)), y2=float(plot.at_y(mean + sd)),
                            stroke=one.paint, stroke_width=1.25, opacity=0.6))  # fmt: skip
        y, how = float(plot.at_y(mean)), {"fill": one.paint, "stroke": "var(--surface)"}
        square = i in squares
        parts.append(el("rect", x=x - 4, y=y - 4, width=8, height=8, **how) if square else
                     el("circle", cx=x, cy=y, r=4, **how))  # fmt: skip
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
        parts.append(
            f"{one.title}: from {number(first, 1)} to {number(last, 1)} {unit} over {plural(len(one.days), 'session')}"
        )
    return f"{title}. {'; '.join(parts)}"
