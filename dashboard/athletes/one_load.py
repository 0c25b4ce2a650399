"""Load of an athlete that was recorded: of each week or day, and of the last 7 and 28 days side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from analytics import load_days
from barograph.times import EPOCH, day_of
from dashboard.athletes.one_query import DAY_US, EACH, LOADS, WEEK_US
from dashboard.athletes.one_reading import Session
from dashboard.athletes.one_timeline import card
from dashboard.drawing import words
from dashboard.drawing.crosshair import crosshair_of_shares
from dashboard.drawing.markup import say, segments, table, tag
from dashboard.drawing.strip import Strip, percent, wide_picture
from dashboard.drawing.svg import digits_of, el, round_up, ticks

MEAN_WEEKS = 4
MONDAY_US = 4 * DAY_US  # 1970-01-05
HIGH_PX, TOP_PX, AXIS_PX = 120, 16, 22
MOST_DAYS = 366
NOTE = "only what was recorded here: hours from the first to the last frame of each session"
ONLY = "only what was recorded here"
UNITS = {"": "h", "steps": "", "impulse_bw_s": "BW·s", "time_above_1.5bw_s": "s", "jumps": ""}
NO_RATIO = "Sums of what was recorded, no judgement: their ratio says nothing about injury."


@dataclass(frozen=True)
class Shown:
    """What is summed up, a name of `LOADS`, for each of `EACH`; `loads` are those of sessions, by uid and name."""

    what: str = ""
    each: str = ""
    loads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, one: Session) -> float:
        """Return what a session adds: hours, or what its feet carried; NaN where that is not known."""
        return one.length_s / 3600 if not self.what else self.loads.get(one.workout.uid, {}).get(self.what, np.nan)


USUAL = Shown()


@dataclass(frozen=True)
class Week:
    """A week from Monday on, or a day, UTC: what was recorded in it; `partial` where not all of it is in the time.

    `mean` is that of this week and the three before, None where one of them is partial or has no session, and of days.
    """

    start_us: int
    value: float
    count: int
    partial: bool
    mean: float | None = None
    length_us: int = WEEK_US


def weeks_of(sessions: Sequence[Session], part: tuple[int, int], now_us: int, shown: Shown = USUAL) -> list[Week]:
    """Return the weeks or days of a time, those without sessions too."""
    length_us, begin_us = (DAY_US, 0) if shown.each else (WEEK_US, MONDAY_US)
    first_us = (part[0] - begin_us) // length_us * length_us + begin_us
    stop_us = min(part[1], now_us)
    if shown.each:
        first_us = max(first_us, (part[1] - 1) // DAY_US * DAY_US - (MOST_DAYS - 1) * DAY_US)
    found: list[Week] = []
    for start_us in range(first_us, max(part[1], first_us + 1), length_us):
        mine = [one for one in sessions if start_us <= one.first_us < start_us + length_us]
        partial = start_us < part[0] or start_us + length_us > stop_us
        value = float(np.nansum([shown.of(one) for one in mine])) if mine else 0.0
        found.append(Week(start_us, value, len(mine), partial, None, length_us))
    return found if shown.each else [with_mean(found, i) for i in range(len(found))]


def with_mean(weeks: Sequence[Week], i: int) -> Week:
    """Return a week with the mean of four, where all of them count."""
    one, four = weeks[i], weeks[max(0, i + 1 - MEAN_WEEKS) : i + 1]
    if len(four) < MEAN_WEEKS or any(week.partial or not week.count for week in four):
        return one
    return replace(one, mean=float(np.mean([week.value for week in four])))


def load(
    sessions: Sequence[Session], part: tuple[int, int], now_us: int, shown: Shown = USUAL,
    recent: Sequence[Session] = (),
) -> str:  # fmt: skip
    """Return the card of load; `recent` are the sessions that the last 7 and 28 days are of."""
    title = "Load a day" if shown.each else "Load a week"
    note = NOTE if not shown.what else f"{LOADS[shown.what].lower()}; {ONLY}"
    tools = tag("span", segments("Load", "load", list(LOADS.items()), shown.what),
                segments("For each", "each", list(EACH.items()), shown.each), class_="buttons")  # fmt: skip
    last = last_days(recent, now_us, shown)
    if not sessions:
        none = tag("p", "Nothing was recorded in this time.", class_="muted pad")
        return card(title, note, none, last, tools=tools)
    weeks = weeks_of(sessions, part, now_us, shown)
    small = not shown.what and max(week.value for week in weeks) < 1
    unit = ("min", 60.0) if small else (UNITS[shown.what], 1.0)
    rows = [_row(week, unit) for week in reversed(weeks) if week.count or not shown.each]
    named = LOADS[shown.what] if shown.what else "Recorded"
    heads = ["Day" if shown.each else "Week of", tag("span", named, tag("span", f" {unit[0]}", class_="unit")),
             "Sessions", *([] if shown.each else ["4-week mean"])]  # fmt: skip
    listed = tag("details", tag("summary", "As a table"), table(heads, rows, label=title), data_panel="load")
    picture = tag("div", drawn(weeks, unit), class_="one-load")
    head = f"{unit[0]}; {note}" if unit[0] else note
    return card(title, head, picture, _key(weeks), _lacking(sessions, shown), last, listed, tools=tools)


def last_days(sessions: Sequence[Session], now_us: int, shown: Shown) -> str:
    """Return a table of all loads of the last 7 and 28 days, by `analytics.load_days`."""
    starts = pd.to_datetime([one.first_us for one in sessions], unit="us", utc=True)
    loads = pd.DataFrame({name: [replace(shown, what=name).of(one) for one in sessions] for name in LOADS})
    if not len(loads):
        return ""
    summed = load_days(loads.assign(start=starts), until=date.fromisoformat(day_of(now_us))).iloc[-1]
    rows = []
    for name, title in LOADS.items():
        known = loads[name].notna().any()
        cells = [number(float(summed[f"sum_{days}d_{name}"]), UNITS[name]) if known else "–" for days in (7, 28)]
        unit = tag("span", f" {UNITS[name]}", class_="unit") if UNITS[name] else ""
        rows.append([say(title) + unit, *cells])
    numbers = table(["Load", "Last 7 days", "Last 28 days"], rows, label="Load of the last days")
    return tag("div", numbers, tag("p", say(NO_RATIO), class_="muted pad"), class_="one-last-days")


def _lacking(sessions: Sequence[Session], shown: Shown) -> str:
    """Say of how many sessions this is not known: no mass, no force, or not computed yet."""
    lacking = sum(not np.isfinite(shown.of(one)) for one in sessions)
    if not lacking:
        return ""
    why = "steps and jumps need stances" if shown.what in ("steps", "jumps") else "it needs a force in N and the mass"
    said = f"Not known of {words.plural(lacking, 'session')}: {why}, or is not computed yet."
    return tag("p", say(said), class_="muted pad")


def drawn(weeks: Sequence[Week], unit: tuple[str, float]) -> str:
    """Return a bar for each week or day, paler where it is partial, and a line through means that stops at gaps."""
    name, factor = unit
    strip = Strip(weeks[0].start_us, weeks[-1].start_us + weeks[-1].length_us)
    most = round_up(max(week.value for week in weeks) * factor or 1.0)
    ys = ticks(0.0, most, 4)
    parts = [_grid(y, most, words.number(y, digits_of(ys))) for y in ys]
    width = 1 / len(weeks)
    for week in weeks:
        high = week.value * factor / most * HIGH_PX
        parts.append(
            el("rect", x=percent(strip.share(week.start_us) + 0.12 * width),
               y=TOP_PX + HIGH_PX - high, width=percent(0.76 * width), height=high, rx=1, fill="var(--accent)",
               opacity=0.4 if week.partial else None)
        )  # fmt: skip
    parts += _means(weeks, strip, factor / most)
    parts.append(strip.dates(TOP_PX + HIGH_PX + 16))
    total = sum(week.count for week in weeks)
    each = "day" if weeks[0].length_us == DAY_US else "week"
    title = f"{name or 'Number'} a {each} over {words.plural(len(weeks), each)}, {words.plural(total, 'session')}"
    middles = np.array([strip.share(week.start_us) + 0.5 * width for week in weeks])
    up = TOP_PX + HIGH_PX * (1 - np.array([week.value for week in weeks]) * factor / most)
    reads = crosshair_of_shares(TOP_PX, HIGH_PX, middles, up, "var(--accent)", [said(week, unit) for week in weeks])
    return wide_picture(TOP_PX + HIGH_PX + AXIS_PX, *parts, title=title, reads=[reads])


def _grid(value: float, most: float, shown: str) -> str:
    y = TOP_PX + HIGH_PX * (1 - value / most)
    line = el("line", x1="0", x2="100%", y1=y, y2=y, stroke="var(--line)")
    return line + el("text", shown, x=-6, y=y + 4, fill="var(--text-3)", font_size=11, text_anchor="end")


def _means(weeks: Sequence[Week], strip: Strip, scale: float) -> list[str]:
    out = []
    for before, week in zip((None, *weeks), weeks, strict=False):
        if week.mean is None:
            continue
        x, y = strip.at(week.start_us + WEEK_US / 2), TOP_PX + HIGH_PX * (1 - week.mean * scale)
        out.append(el("circle", cx=x, cy=y, r=2.5, fill="var(--text)"))
        if before is not None and before.mean is not None:
            back = TOP_PX + HIGH_PX * (1 - before.mean * scale)
            out.append(el("line", x1=strip.at(before.start_us + WEEK_US / 2), y1=back, x2=x, y2=y, stroke="var(--text)",
                          stroke_width=1.5))  # fmt: skip
    return out


def said(week: Week, unit: tuple[str, float]) -> str:
    """Return a week or day in words."""
    day = week.length_us == DAY_US
    part = f", a part of the {'day' if day else 'week'}" if week.partial else ""
    amount = f"{number(week.value * unit[1], unit[0])} {unit[0]}".rstrip()
    return f"{'' if day else 'week of '}{week_day(week)}: {amount} in {words.plural(week.count, 'session')}{part}"


def number(value: float, unit: str) -> str:
    """Return a load as text."""
    return words.number(value, {"h": 2, "min": 1}.get(unit, 0))


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
    cells = [say(week_day(week)) + part, number(week.value * unit[1], unit[0]), str(week.count)]
    if week.length_us == DAY_US:
        return cells
    return [*cells, "–" if week.mean is None else number(week.mean * unit[1], unit[0])]


def _key(weeks: Sequence[Week]) -> str:
    if weeks[0].length_us == DAY_US:
        return tag("p", "Paler: only a part of the day.", class_="muted pad")
    last = next((week.mean for week in reversed(weeks) if week.mean is not None), None)
    text = (
        "Paler: only a part of the week. The line is the mean of four whole weeks with sessions, and stops elsewhere."
    )
    return tag("p", text if last is not None else f"{text} There are no four such weeks here.", class_="muted pad")
