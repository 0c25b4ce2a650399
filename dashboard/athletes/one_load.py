"""Load of an athlete that was recorded: hours and sessions a week, with the mean of four weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from barograph.times import EPOCH, day_of
from dashboard.athletes.one_query import DAY_US, WEEK_US
from dashboard.athletes.one_reading import Session
from dashboard.athletes.one_timeline import card
from dashboard.drawing import words
from dashboard.drawing.markup import say, table, tag
from dashboard.drawing.strip import Strip, percent, wide_picture
from dashboard.drawing.svg import digits_of, el, round_up, ticks

MEAN_WEEKS = 4
MONDAY_US = 4 * DAY_US  # 1970-01-05
HIGH_PX, TOP_PX, AXIS_PX = 120, 16, 22
NOTE = "only what was recorded here: hours from the first to the last frame of each session"


@dataclass(frozen=True)
class Week:
    """A week from Monday on, UTC: hours and sessions that began in it; `partial` where not all of it is in the time.

    `mean_h` is the mean of this week and the three before, None where one of them is partial or has no session.
    """

    start_us: int
    hours: float
    count: int
    partial: bool
    mean_h: float | None = None


def weeks_of(sessions: Sequence[Session], part: tuple[int, int], now_us: int) -> list[Week]:
    """Return the weeks of a time, those without sessions too."""
    first_us = (part[0] - MONDAY_US) // WEEK_US * WEEK_US + MONDAY_US
    stop_us = min(part[1], now_us)
    found: list[Week] = []
    for start_us in range(first_us, max(part[1], first_us + 1), WEEK_US):
        mine = [one for one in sessions if start_us <= one.first_us < start_us + WEEK_US]
        partial = start_us < part[0] or start_us + WEEK_US > stop_us
        found.append(Week(start_us, sum(one.length_s for one in mine) / 3600, len(mine), partial))
    return [with_mean(found, i) for i in range(len(found))]


def with_mean(weeks: Sequence[Week], i: int) -> Week:
    """Return a week with the mean of four, where all of them count."""
    one, four = weeks[i], weeks[max(0, i + 1 - MEAN_WEEKS) : i + 1]
    if len(four) < MEAN_WEEKS or any(week.partial or not week.count for week in four):
        return one
    return Week(one.start_us, one.hours, one.count, one.partial, float(np.mean([week.hours for week in four])))


def load(sessions: Sequence[Session], part: tuple[int, int], now_us: int) -> str:
    """Return the card with the load a week."""
    if not sessions:
        return card("Load a week", NOTE, tag("p", "Nothing was recorded in this time.", class_="muted pad"))
    weeks = weeks_of(sessions, part, now_us)
    unit = ("min", 60.0) if max(week.hours for week in weeks) < 1 else ("h", 1.0)
    rows = [_row(week, unit) for week in reversed(weeks)]
    heads = ["Week of", tag("span", "Recorded", tag("span", f" {unit[0]}", class_="unit")), "Sessions", "4-week mean"]
    listed = tag("details", tag("summary", "As a table"), table(heads, rows, label="Load a week"), data_panel="load")
    return card("Load a week", f"{unit[0]}; {NOTE}", tag("div", drawn(weeks, unit), class_="one-load"), _key(weeks),
                listed)  # fmt: skip


def drawn(weeks: Sequence[Week], unit: tuple[str, float]) -> str:
    """Return a bar for each week, paler where it is partial, and a line through means that stops at gaps."""
    name, factor = unit
    strip = Strip(weeks[0].start_us, weeks[-1].start_us + WEEK_US)
    most = round_up(max(week.hours for week in weeks) * factor)
    ys = ticks(0.0, most, 4)
    parts = [_grid(y, most, words.number(y, digits_of(ys))) for y in ys]
    width = 1 / len(weeks)
    for week in weeks:
        high = week.hours * factor / most * HIGH_PX
        parts.append(
            el("rect", el("title", say(said(week, unit))), x=percent(strip.share(week.start_us) + 0.12 * width),
               y=TOP_PX + HIGH_PX - high, width=percent(0.76 * width), height=high, rx=1, fill="var(--accent)",
               opacity=0.4 if week.partial else None)
        )  # fmt: skip
    parts += _means(weeks, strip, factor / most)
    parts.append(strip.dates(TOP_PX + HIGH_PX + 16))
    total = sum(week.count for week in weeks)
    title = f"Recorded {name} a week over {words.plural(len(weeks), 'week')}, {words.plural(total, 'session')}"
    return wide_picture(TOP_PX + HIGH_PX + AXIS_PX, *parts, title=title)


def _grid(value: float, most: float, shown: str) -> str:
    y = TOP_PX + HIGH_PX * (1 - value / most)
    line = el("line", x1="0", x2="100%", y1=y, y2=y, stroke="var(--line)")
    return line + el("text", shown, x=-6, y=y + 4, fill="var(--text-3)", font_size=11, text_anchor="end")


def _means(weeks: Sequence[Week], strip: Strip, scale: float) -> list[str]:
    out = []
    for before, week in zip((None, *weeks), weeks, strict=False):
        if week.mean_h is None:
            continue
        x, y = strip.at(week.start_us + WEEK_US / 2), TOP_PX + HIGH_PX * (1 - week.mean_h * scale)
        out.append(el("circle", cx=x, cy=y, r=2.5, fill="var(--text)"))
        if before is not None and before.mean_h is not None:
            back = TOP_PX + HIGH_PX * (1 - before.mean_h * scale)
            out.append(el("line", x1=strip.at(before.start_us + WEEK_US / 2), y1=back, x2=x, y2=y, stroke="var(--text)",
                          stroke_width=1.5))  # fmt: skip
    return out


def said(week: Week, unit: tuple[str, float]) -> str:
    """Return a week in words."""
    part = ", a part of the week" if week.partial else ""
    return (f"week of {week_day(week)}: {shown(week.hours, unit)} {unit[0]} "
            f"in {words.plural(week.count, 'session')}{part}")  # fmt: skip


def shown(hours: float, unit: tuple[str, float]) -> str:
    """Return hours in a unit, as text."""
    return words.number(hours * unit[1], 1 if unit[0] == "min" else 2)


def week_day(week: Week) -> str:
    """Return the Monday of a week: 3 Nov 2026."""
    return said_day(day_of(week.start_us))


def said_day(day: str) -> str:
    """Return a day or a part of one as people read it: 3 Nov 2026, May 2002, 2002."""
    parts = [int(one) for one in day.split("-")] if day else []
    if not parts:
        return ""
    at = EPOCH.replace(year=parts[0], month=(parts[1:2] or [1])[0], day=(parts[2:] or [1])[0])
    return [f"{at.year}", f"{at:%b} {at.year}", f"{at.day} {at:%b} {at.year}"][len(parts) - 1]


def _row(week: Week, unit: tuple[str, float]) -> list[str]:
    part = tag("span", " so far or in part", class_="muted") if week.partial else ""
    mean = "–" if week.mean_h is None else shown(week.mean_h, unit)
    return [say(week_day(week)) + part, shown(week.hours, unit), str(week.count), mean]


def _key(weeks: Sequence[Week]) -> str:
    last = next((week.mean_h for week in reversed(weeks) if week.mean_h is not None), None)
    text = (
        "Paler: only a part of the week. The line is the mean of four whole weeks with sessions, and stops elsewhere."
    )
    return tag("p", text if last is not None else f"{text} There are no four such weeks here.", class_="muted pad")
