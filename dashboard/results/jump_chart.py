"""The force of a jump over time: its phases shaded and named, the other jumps grey behind it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from barograph.frames import Floats
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.svg import LABEL, MUTED, TEXT, Plot, digits_of, el, over, picture, round_up, text, ticks
from dashboard.drawing.units import Display
from dashboard.drawing.words import number
from dashboard.reading.jumps import Trace, after_takeoff
from dashboard.reading.sides import SIDES
from dashboard.results.jump_trials import Trials

WIDE, HIGH = 680, 352
MOST_BEHIND = 40
STILL_S, BOX_S, REST_S, SEEN_S = 0.9, 0.5, 0.6, 0.2
CHARACTER_PX, APART_PX = 6.4, 6.0
OF_JUMPS = (("weighing", ""), ("onset", "unweighting"), ("braking", "braking"), ("propulsion", "propulsion"),
            ("takeoff", "flight"), ("landing", "landing"), ("stopped", ""))  # fmt: skip
OF_REBOUNDS = (("touchdown", "braking"), ("propulsion", "propulsion"), ("takeoff", "flight"), ("landing", "landing"),
               ("stopped", ""))  # fmt: skip
SHADES = {"unweighting": 0.35, "braking": 0.9, "propulsion": 0.6, "landing": 0.35, "contact": 0.6}
Phase = tuple[str, float, float]


def jump_chart(trials: Trials, newtons: Display) -> str:
    """Return the curve of the jump that is shown, or the mean over those that count, aligned at take-off."""
    rows = trials.counted if trials.chosen is None else trials.rows.loc[[trials.chosen]]
    phases = _phases(rows, rebounds=trials.jumps.rebounds)
    ends = _ends(phases, BOX_S if trials.jumps.rebounds else STILL_S)
    traces = {int(str(n)): trace for n, trace in zip(trials.rows.index, trials.jumps.traces, strict=False)}
    mine = [traces[int(n)] for n in rows.index if int(n) in traces]
    behind = [traces[int(n)] for n in trials.counted.index if int(n) in traces and int(n) not in rows.index]
    if not mine:
        return ""
    shown = mine[0] if trials.chosen is not None else mean_of(mine, trials.step_ms() / 1000.0)
    behind = mine[:MOST_BEHIND] if trials.chosen is None else behind[:MOST_BEHIND]
    top = round_up(newtons.factor * max(float(np.nanmax(one.total[_inside(one, ends)])) for one in (shown, *behind)))
    plot = Plot(52, 44, WIDE - 62, HIGH - 44 - (84 if trials.jumps.rebounds else 44), ends, (0.0, top))
    parts = [_shades(plot, phases), _frame(plot), *(_curve(plot, one, newtons, "var(--line-2)", 1.0) for one in behind)]
    parts += [_weight(plot, trials.value("body_weight_n") * newtons.factor), *_lines(plot, shown, newtons, trials)]
    parts += [_names(plot, [*_weighed(rows, ends), *phases]), _legend(plot, phases, sided=trials.sensors.sided)]
    if trials.jumps.rebounds:
        parts.append(_measured(plot, phases, trials))
    what = "Mean of the jumps" if trials.chosen is None else f"Jump {trials.chosen}"
    said = f"{what}: vertical force, highest {number(top)} {newtons.unit} on the axis; {_said(phases)}"
    return picture(WIDE, HIGH, *parts, title=said, reads=[_reads(plot, shown, newtons, trials, top)])


def _reads(plot: Plot, shown: Trace, newtons: Display, trials: Trials, top: float) -> str:
    there = (shown.s >= plot.x[0]) & (shown.s <= plot.x[1])
    lines = [("total", TEXT, shown.total)]
    lines += [(one, f"var(--{one})", shown.feet[one]) for one in (SIDES if trials.sensors.sided else ())]
    reads = [Read(name, paint, f[there] * newtons.factor, newtons.unit, fine(top)) for name, paint, f in lines]
    return crosshair(plot, shown.s[there], reads, Across("s", 2))


def mean_of(traces: Sequence[Trace], step_s: float) -> Trace:
    """Return the mean of some traces at steps from take-off; NaN where one of them has nothing."""
    s = np.arange(round(-3.0 / step_s), round(2.5 / step_s) + 1, dtype=np.float64) * np.float64(step_s)

    def over(values: Sequence[Floats]) -> Floats:
        on = [np.interp(s, one.s, value, np.nan, np.nan) for one, value in zip(traces, values, strict=True)]
        return np.asarray(np.mean(on, axis=0))

    names = traces[0].feet
    return Trace(s, over([one.total for one in traces]), {n: over([one.feet[n] for one in traces]) for n in names})


def _phases(rows: pd.DataFrame, *, rebounds: bool) -> list[Phase]:
    """Names with begin and end in seconds after take-off; of several jumps the mean; a phase not known is left out."""
    moments = OF_REBOUNDS if rebounds else OF_JUMPS
    begun = [
        (name, title, float(np.mean([after_takeoff(row, name) for _, row in rows.iterrows()])))
        for name, title in moments
    ]
    known = [(title, at) for _, title, at in begun if np.isfinite(at)]
    out = [(title, first, last) for (title, first), (_, last) in pairwise(known) if title]
    if known and known[-1][0] == "landing":  # nobody saw its end
        out.append(("landing", known[-1][1], known[-1][1] + REST_S))
    contact = rebounds and not any(name == "propulsion" for name, *_ in out)
    return [("contact" if contact and name == "braking" else name, *span) for name, *span in out]  # type: ignore[misc]


def _weighed(rows: pd.DataFrame, ends: tuple[float, float]) -> list[Phase]:
    """The part of a single jump's weighing that is in the picture."""
    if len(rows) != 1 or "weighing" not in rows:
        return []
    row = next(row for _, row in rows.iterrows())
    first = after_takeoff(row, "weighing")
    last = min(first + float(row["weigh_s"]), after_takeoff(row, "onset"))
    first = max(first, ends[0])
    return [("weighing", first, last)] if last - first > SEEN_S else []


def _ends(phases: Sequence[Phase], before_s: float) -> tuple[float, float]:
    if not phases:
        return -1.5, 1.5
    return min(phases[0][1] - before_s, -0.5), phases[-1][2] + REST_S


def _inside(one: Trace, ends: tuple[float, float]) -> NDArray[np.intp]:
    found = np.flatnonzero((one.s >= ends[0]) & (one.s <= ends[1]) & np.isfinite(one.total))
    return found if len(found) else np.zeros(1, np.intp)


def _frame(plot: Plot) -> str:
    xs, ys = ticks(*plot.x, 8), ticks(*plot.y, 5)
    return plot.frame(xs, ys, digits=digits_of(ys), x_digits=digits_of(xs), x_title="s after take-off")


def _curve(plot: Plot, one: Trace, newtons: Display, stroke: str, width: float) -> str:
    there = (one.s >= plot.x[0]) & (one.s <= plot.x[1])
    return plot.line(one.s[there], one.total[there] * newtons.factor, stroke, width)


def _lines(plot: Plot, shown: Trace, newtons: Display, trials: Trials) -> list[str]:
    there = (shown.s >= plot.x[0]) & (shown.s <= plot.x[1])
    feet = SIDES if trials.sensors.sided else ()
    sides = [(plot.points(shown.s[there], shown.feet[one][there] * newtons.factor), f"var(--{one})") for one in feet]
    return [over(sides, 1.5), _curve(plot, shown, newtons, TEXT, 2.0)]


def _shades(plot: Plot, phases: Sequence[Phase]) -> str:
    parts = []
    for name, first, last in phases:
        x, wide = plot.at_x(first), plot.at_x(last) - plot.at_x(first)
        if name in SHADES:
            box = {"x": float(x), "y": plot.top, "width": float(wide), "height": plot.height}
            parts.append(el("rect", **box, fill="var(--surface-3)", fill_opacity=SHADES[name]))
        for at in (x, x + wide):
            parts.append(el("line", x1=float(at), x2=float(at), y1=plot.top, y2=plot.bottom, stroke=MUTED,
                            stroke_dasharray="2 3"))  # fmt: skip
    return "".join(parts)


def _names(plot: Plot, phases: Sequence[Phase]) -> str:
    """Names above their phases; one that would touch the name before it stands higher."""
    parts, ends = [], [-np.inf, -np.inf]
    for name, first, last in phases:
        x, half = float(plot.at_x((first + last) / 2)), CHARACTER_PX * len(name) / 2
        level = int(x - half < ends[0])
        ends[level] = x + half + APART_PX
        parts.append(text(x, plot.top - 8 - 15 * level, name, fill=LABEL, anchor="middle"))
    return "".join(parts)


def _weight(plot: Plot, newtons: float) -> str:
    if not np.isfinite(newtons):
        return ""
    y = float(plot.at_y(newtons))
    line = el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke=MUTED, stroke_dasharray="4 3")
    return line + text(plot.right, y - 5, "body weight", anchor="end")


def _legend(plot: Plot, phases: Sequence[Phase], *, sided: bool) -> str:
    """The names of the lines, where nothing is drawn: in the flight."""
    flight = next(((first, last) for name, first, last in phases if name == "flight"), None)
    if flight is None:
        return ""
    x = float(plot.at_x(sum(flight) / 2)) - 20
    names = [("total", TEXT), *((one, f"var(--{one})") for one in (SIDES if sided else ()))]
    parts = []
    for i, (name, paint) in enumerate(names):
        y = plot.top + 22 + 18 * i
        parts.append(el("line", x1=x - 12, x2=x - 2, y1=y - 4, y2=y - 4, stroke=paint, stroke_width=2))
        parts.append(text(x + 4, y, name, fill=paint, font_weight=600))
    return "".join(parts)


def _measured(plot: Plot, phases: Sequence[Phase], trials: Trials) -> str:
    """Contact and flight under the axis, as lengths."""
    contact, flight, height = (trials.value(name) for name in ("contact_s", "flight_s", "height_flight_m"))
    spans = [(-contact, 0.0, f"contact {number(1000 * contact)} ms")]
    if np.isfinite(flight):
        spans.append((0.0, flight, f"flight {number(1000 * flight)} ms, {number(100 * height, 1)} cm"))
    y, parts = plot.bottom + 46, []
    for first, last, said in spans:
        left, right = float(plot.at_x(first)), float(plot.at_x(last))
        ends = "".join(f"M{x:.1f} {y - 5:.1f} V{y + 5:.1f} " for x in (left, right))
        d = f"{ends}M{left:.1f} {y:.1f} H{right:.1f}"
        parts.append(el("path", d=d, stroke=LABEL, fill="none"))
        # Of short ones each text begins at the take-off, where both lengths meet.
        short = right - left < CHARACTER_PX * len(said)
        x = (left + right) / 2 if not short else right - 6 if last == 0.0 else left + 6
        anchor = "middle" if not short else "end" if last == 0.0 else "start"
        parts.append(text(x, y + 19, said, fill=TEXT, anchor=anchor, font_weight=600))
    return "".join(parts)


def _said(phases: Sequence[Phase]) -> str:
    return ", ".join(f"{name} {number(1000 * (last - first))} ms" for name, first, last in phases)
