"""The force of a trial over time: phases of a jump named and shaded, and what failed framed, with what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base.times import Times
from analytics.jumps.force import Force
from analytics.sessions.trial_quality import Found
from barograph.frames import Floats
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.svg import LABEL, MUTED, TEXT, Plot, digits_of, el, over, picture, round_up, text, ticks
from dashboard.drawing.words import number
from dashboard.reading.sides import SIDES
from dashboard.record.trial_reading import TrialReading

WIDE, HIGH = 680, 380
WARN = "var(--warn)"
PHASES = (
    ("weighing", "weighing"), ("onset", "unweighting"), ("touchdown", "braking"), ("braking", "braking"),
    ("propulsion", "propulsion"), ("takeoff", "flight"), ("landing", "landing"), ("stopped", ""),
)  # fmt: skip
SHADED = {"unweighting", "braking", "propulsion", "landing"}
CHARACTER_PX = 6.4
BEFORE_S, AFTER_S = 1.2, 0.8  # of what is drawn about a jump
Span = tuple[str, float, float]


def force_curve(reading: TrialReading, found: Sequence[Found]) -> str:
    """Return the curve of a trial as a drawing, or "" without a force."""
    force = reading.force
    if force is None or len(force.total) < 2:
        return ""
    s = (force.times.us - reading.start_us) / 1e6
    top = round_up(max(1.0, float(np.nanmax(force.total))))
    phases = list(_phases(reading))
    shown = _shown(phases, reading.length_s)
    plot = Plot(52, 58, WIDE - 104, HIGH - 110, shown, (0.0, top))
    here = (s >= shown[0]) & (s <= shown[1])
    s, force = s[here], _part(force, here)
    xs, ys = ticks(*plot.x, 8), ticks(*plot.y, 5)
    parts = [
        _shades(plot, phases), plot.frame(xs, ys, digits=digits_of(ys), x_digits=digits_of(xs), x_title="s"),
        _weight(plot, reading),
        over([(plot.points(s, force.feet[one]), f"var(--{one})") for one in SIDES if one in force.feet], 1.5),
        plot.line(s, force.total, TEXT, 2.0),
        *(_frame(plot, *one) for one in framed(reading, force, found)), _names(plot, phases), _ends(plot, force),
    ]  # fmt: skip
    reads = [Read("total", TEXT, force.total, "N", fine(top))]
    reads += [Read(one, f"var(--{one})", force.feet[one], "N", fine(top)) for one in SIDES if one in force.feet]
    failed = [one.found for one in found if one.met is False]
    said = f"Vertical force over {number(reading.length_s, 1)} s, {number(top)} N at the top of the axis"
    return picture(
        WIDE, HIGH, *parts, title="; ".join([said, *failed]), reads=[crosshair(plot, s, reads, Across("s", 2))]
    )


def _phases(reading: TrialReading) -> Iterator[Span]:
    """Phases of the best jump in seconds after the start of the trial; those that are not known are left out."""
    if reading.jumps is None:
        return
    row = reading.jumps.rows.loc[[reading.jumps.best or 1]].iloc[0]
    known = [(title, _at(row[name], reading.start_us)) for name, title in PHASES if name in row and pd.notna(row[name])]
    for (title, first), (_, last) in pairwise(sorted(known, key=lambda one: one[1])):
        if title and last > first:
            yield title, first, last


def _shown(phases: Sequence[Span], length_s: float) -> tuple[float, float]:
    """From when to when is drawn: of a jump what is about it, else all."""
    moved = [(first, last) for title, first, last in phases if title not in ("weighing", "flight")]
    if not moved:
        return 0.0, length_s
    return max(0.0, moved[0][0] - BEFORE_S), min(length_s, moved[-1][1] + AFTER_S)


def _part(force: Force, here: NDArray[np.bool_]) -> Force:
    """The rows of a force that are drawn."""
    times = Times.of(force.times.us[here], max(0.05, 5 * force.step_s))
    return Force(times, force.total[here], {side: one[here] for side, one in force.feet.items()}, force.rows[here])


def _at(moment: Any, start_us: int) -> float:
    """A moment of a table in seconds after the start."""
    return float((pd.Timestamp(moment).value // 1000 - start_us) / 1e6)


def framed(reading: TrialReading, force: Force, found: Sequence[Found]) -> list[Span]:
    """Return where what failed can be seen: its words, and from when to when in seconds after the start."""
    out: list[Span] = []
    s = (force.times.us - reading.start_us) / 1e6
    for one in found:
        if one.met is not False:
            continue
        if one.criterion == "weighing_stable":
            out.append((f"not still: {one.found}", *_stood(reading)))
        elif one.criterion == "duration_reached":
            out.append((f"too short: {one.found}", max(0.0, float(s[-1]) - 0.02 * reading.length_s), reading.length_s))
        elif one.criterion == "device_healthy":
            out.extend((f"device: {one.found}", first, last) for first, last in _gaps(force, s)[:3])
        else:
            out.append((one.found, 0.0, reading.length_s))
    return out


def _stood(reading: TrialReading) -> tuple[float, float]:
    """From the start until somebody moves to jump, or until the end."""
    onset = next((first for title, first, _ in _phases(reading) if title in ("unweighting", "braking")), None)
    return 0.0, reading.length_s if onset is None else onset


def _gaps(force: Force, s: Floats) -> list[tuple[float, float]]:
    longest = max(0.05, 5 * force.step_s)
    return [(float(a), float(b)) for a, b in pairwise(s) if b - a > longest]


def _frame(plot: Plot, said: str, first: float, last: float) -> str:
    """A dashed box around a stretch, with its words above, as tall as the force in it is."""
    first, last = max(first, plot.x[0]), min(last, plot.x[1])
    left, right = float(plot.at_x(first)), float(plot.at_x(last))
    box = {"x": left + 1, "y": plot.top + 4, "width": max(6.0, right - left - 2), "height": plot.height - 8}
    x = min(left + 8, plot.right - CHARACTER_PX * len(said) - 20)
    return el("rect", **box, fill="none", stroke=WARN, stroke_width=2, stroke_dasharray="4 3", rx=3) + text(
        max(plot.left + 6, x), plot.top + 22, f"△ {said}", fill=WARN, font_weight=600
    )


def _shades(plot: Plot, phases: Sequence[Span]) -> str:
    parts = []
    for name, first, last in phases:
        x = float(plot.at_x(max(first, plot.x[0])))
        wide = float(plot.at_x(min(last, plot.x[1]))) - x
        if name in SHADED:
            parts.append(el("rect", x=x, y=plot.top, width=wide, height=plot.height, fill="var(--surface-3)",
                            fill_opacity=0.6 if name != "braking" else 0.9))  # fmt: skip
        parts.append(el("line", x1=x, x2=x, y1=plot.top, y2=plot.bottom, stroke=MUTED, stroke_dasharray="2 3"))
    return "".join(parts)


def _names(plot: Plot, phases: Sequence[Span]) -> str:
    """Names above their phases; one that would touch the name before it stands higher."""
    parts, ends = [], [-np.inf, -np.inf, -np.inf]
    for name, begun, until in phases:
        first, last = max(begun, plot.x[0]), min(until, plot.x[1])
        x, half = float(plot.at_x((first + last) / 2)), CHARACTER_PX * len(name) / 2
        level = next((one for one, end in enumerate(ends) if x - half > end), 2)
        ends[level] = x + half + 6
        parts.append(text(x, plot.top - 8 - 15 * level, name, fill=LABEL, anchor="middle"))
    return "".join(parts)


def _ends(plot: Plot, force: Force) -> str:
    """Which line is which, at the right end of each; names that would touch keep apart."""
    lines = [
        ("total", TEXT, force.total),
        *((one, f"var(--{one})", force.feet[one]) for one in SIDES if one in force.feet),
    ]
    known = [
        (float(plot.at_y(values[np.isfinite(values)][-1])), name, paint)
        for name, paint, values in lines
        if np.isfinite(values).any()
    ]
    parts, last = [], -np.inf
    for y, name, paint in sorted(known):
        last = max(y + 4, last + 15)
        parts.append(text(plot.right + 8, last, name, fill=paint, font_weight=600))
    return "".join(parts) if len(known) > 1 else ""


def _weight(plot: Plot, reading: TrialReading) -> str:
    mass = reading.context.workout.about.mass_kg
    if not mass:
        return ""
    y = float(plot.at_y(mass * 9.80665))
    line = el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke=MUTED, stroke_dasharray="4 3")
    return line + text(plot.right, y - 5, "body weight", anchor="end")
