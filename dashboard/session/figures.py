"""Figures: values in, Plotly figure out. Nothing here fetches or computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.drawing import theme
from dashboard.drawing.svg import digits_of
from dashboard.drawing.theme import Scheme
from dashboard.drawing.units import Display
from dashboard.drawing.words import number, short
from dashboard.reading.overview import Lane
from dashboard.reading.sides import side

# The slider over the overview (assets/session/session.mjs) turns pixels into seconds by these margins.
OVERVIEW_LEFT_PX = 72
OVERVIEW_RIGHT_PX = 20
LANE_PX, LOW_LANE_PX = 58, 28
LANE_GAP_PX = 10
MOST_HIGH_LANES = 6
AXIS_PX = 26
MARKS_PX = 18
MOST_LANES = 16
FLAG_PART = 0.06
FLAG_CHARACTERS = 24
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)

Range = tuple[float, float]


@dataclass(frozen=True)
class Shown:
    """A part of a session, in seconds after its first frame."""

    start_s: float
    length_s: float

    def holds(self, at_s: float) -> bool:
        """Return whether a moment lies in it."""
        return self.start_s <= at_s <= self.start_s + self.length_s


@dataclass(frozen=True)
class Mark:
    """An annotation, in seconds after the session's first frame."""

    at_s: float
    label: str


def overview(
    lanes: Sequence[Lane], shown: Shown, scheme: Scheme, *, tops: Range | None = None, marks: Sequence[Mark] = (),
    display: Display | None = None,
) -> go.Figure:  # fmt: skip
    """Build one lane per stream: the envelope of its column, gaps hatched, markers dotted, over the part that is shown.

    Lanes and `tops` are in the column's own unit; `display` says in which they are shown.
    """
    drawn, figure = lanes[:MOST_LANES], go.Figure()
    as_shown = display or Display(1.0, drawn[0].unit if drawn else "")
    ends = shown_range(tops or extent(drawn), as_shown.factor)
    drawn = [replace(lane, low=lane.low * as_shown.factor, high=lane.high * as_shown.factor) for lane in drawn]
    for place, lane in enumerate(drawn):
        _add_lane(figure, lane, place, shown.start_s, ends, scheme)
        figure.update_layout({f"yaxis{place + 1 if place else ''}": _lane_axis(place, len(drawn), ends)})
    names = [_lane_name(lane, place, len(drawn), scheme) for place, lane in enumerate(drawn)]
    names += _lane_ends(drawn, ends, as_shown.unit, scheme)
    figure.update_layout(
        template=theme.template(scheme),
        height=overview_px(len(drawn)),
        margin={"l": OVERVIEW_LEFT_PX, "r": OVERVIEW_RIGHT_PX, "t": MARKS_PX, "b": AXIS_PX},
        xaxis={
            "range": [shown.start_s, shown.start_s + shown.length_s],
            "anchor": "y" if len(drawn) < 2 else f"y{len(drawn)}",
            "ticklabelstandoff": 5,
            **_time_ticks(shown),
        },
        annotations=[*names, *(_flag(mark, scheme) for mark in _apart(marks, shown))],
        shapes=[_mark_line(mark, scheme) for mark in marks if shown.holds(mark.at_s)],
    )
    return figure


def overview_px(lanes: int) -> int:
    """Return the height of an overview of so many lanes."""
    return lane_px(lanes) * max(1, min(lanes, MOST_LANES)) + MARKS_PX + AXIS_PX


def lane_px(lanes: int) -> int:
    """Return the height of each of so many lanes: of many, each is lower."""
    return LANE_PX if lanes <= MOST_HIGH_LANES else LOW_LANE_PX


def extent(lanes: Sequence[Lane]) -> Range:
    """Round ends of a range that holds every value; it begins at 0 where nothing is below."""
    high = max((float(np.nanmax(lane.high)) for lane in lanes if np.isfinite(lane.high).any()), default=1.0)
    low = min((float(np.nanmin(lane.low)) for lane in lanes if np.isfinite(lane.low).any()), default=0.0)
    return (-_round_up(-low) if low < 0 else 0.0), (_round_up(high) if high > 0 else 0.0 if low < 0 else 1.0)


def _apart(marks: Sequence[Mark], shown: Shown) -> list[Mark]:
    """Flags that would lie on each other become one, with their number."""
    flags: list[tuple[Mark, int]] = []
    for mark in sorted((mark for mark in marks if shown.holds(mark.at_s)), key=lambda mark: mark.at_s):
        if flags and mark.at_s - flags[-1][0].at_s < FLAG_PART * shown.length_s:
            flags[-1] = (flags[-1][0], flags[-1][1] + 1)
        else:
            flags.append((mark, 1))
    return [mark if n == 1 else Mark(mark.at_s, f"{n} markers") for mark, n in flags]


def _flag(mark: Mark, scheme: Scheme) -> dict[str, Any]:
    label = mark.label if len(mark.label) <= FLAG_CHARACTERS else mark.label[: FLAG_CHARACTERS - 1] + "…"
    return {
        "text": escape(label), "x": mark.at_s, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "bgcolor": theme.color("surface-3", scheme), "borderpad": 2,
        "font": {"color": theme.color("text", scheme), "size": theme.SIZES_PX["tick"]},
    }  # fmt: skip


def _mark_line(mark: Mark, scheme: Scheme) -> dict[str, Any]:
    line = {"color": theme.color("text-2", scheme), "width": 1, "dash": "dot"}
    return {"type": "line", "x0": mark.at_s, "x1": mark.at_s, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def sentence(text: str, scheme: Scheme) -> go.Figure:
    """Build a figure that says why there is none."""
    figure = go.Figure(layout={"template": theme.template(scheme), "xaxis_visible": False, "yaxis_visible": False})
    return figure.add_annotation(text=escape(text), showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)


def _add_lane(figure: go.Figure, lane: Lane, place: int, start_s: float, ends: Range, scheme: Scheme) -> None:
    token = side(lane.info) or "accent"
    axis = f"y{place + 1}" if place else "y"
    x, low, high = _steps(lane, start_s)
    figure.add_scatter(
        x=x, y=high, yaxis=axis, mode="lines", line={"color": theme.color(token, scheme), "width": 1},
        connectgaps=False, name=lane.info.stream.stream,
    )  # fmt: skip
    alone_x, alone_y = _alone(x, high)
    figure.add_scatter(
        x=alone_x, y=alone_y, yaxis=axis, mode="markers", marker={"color": theme.color(token, scheme), "size": 5},
        cliponaxis=False, name=f"{lane.info.stream.stream} alone",
    )  # fmt: skip
    polygon_x, polygon_y = _polygons(x, low, high)
    figure.add_scatter(
        x=polygon_x, y=polygon_y, yaxis=axis, mode="lines", line={"width": 0}, fill="toself",
        fillcolor=theme.soft(token, scheme, 0.42), name=f"{lane.info.stream.stream} range",
    )  # fmt: skip
    for start, stop in lane.gaps:
        figure.add_scatter(
            x=[start_s + start, start_s + stop, start_s + stop, start_s + start],
            y=[ends[0], ends[0], ends[1], ends[1]], yaxis=axis, mode="lines", line={"width": 0},
            fill="toself", name="gap",
            fillpattern={"shape": "/", "fgcolor": theme.color("line-2", scheme), "bgcolor": "rgba(0,0,0,0)", "size": 6},
        )  # fmt: skip


def _steps(lane: Lane, start_s: float) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """Both edges of every bin, or the one moment of a single frame, with a None where the line stops."""
    x: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    for i, (start, stop) in enumerate(zip(lane.start_s, lane.stop_s, strict=True)):
        if not np.isfinite(lane.high[i]) or (i and start - lane.stop_s[i - 1] > lane.usual_s):
            for column in (x, low, high):
                column.append(None)
        if not np.isfinite(lane.high[i]):
            continue
        edges = [start_s + float(start)] if start == stop else [start_s + float(start), start_s + float(stop)]
        x += edges
        low += [float(lane.low[i])] * len(edges)
        high += [float(lane.high[i])] * len(edges)
    return x, low, high


def _alone(x: list[float | None], y: list[float | None]) -> tuple[list[float | None], list[float | None]]:
    """Moments with none beside them, which no line shows."""
    before, after = [None, *x[:-1]], [*x[1:], None]
    places = [i for i, value in enumerate(x) if value is not None and before[i] is None and after[i] is None]
    return [x[i] for i in places], [y[i] for i in places]


def _polygons(
    x: list[float | None], low: list[float | None], high: list[float | None]
) -> tuple[list[float | None], list[float | None]]:
    """There along the upper edge and back along the lower one, piece by piece."""
    breaks = [-1, *(i for i, value in enumerate(x) if value is None), len(x)]
    out_x: list[float | None] = []
    out_y: list[float | None] = []
    for before, after in pairwise(breaks):
        piece = slice(before + 1, after)
        out_x += [*x[piece], *reversed(x[piece]), None]
        out_y += [*high[piece], *reversed(low[piece]), None]
    return out_x, out_y


def _lane_axis(place: int, count: int, ends: Range) -> dict[str, Any]:
    return {"domain": list(_domain(place, count)), "range": list(ends), "tickvals": list(ends), "showticklabels": False}


def _domain(place: int, count: int) -> Range:
    """A lane's lower and upper edge, in parts of the figure."""
    return 1 - (place + 1) / count, 1 - (place + LANE_GAP_PX / lane_px(count)) / count


def _lane_ends(lanes: Sequence[Lane], ends: Range, unit: str, scheme: Scheme) -> list[dict[str, Any]]:
    """What the ends of the lanes stand for, inside of each lane so that two never meet; of low ones only the first."""
    out = []
    for place in range(len(lanes)):
        low, high = _domain(place, len(lanes))
        top, least = (number(end, digits_of([end])) for end in (ends[1], ends[0]))
        texts = [(high, "top", top), (low, "bottom", f"{least} {unit}")]
        if len(lanes) > MOST_HIGH_LANES:
            texts = [(high, "bottom", f"{top} {unit}")] if not place else []
        out += [
            {
                "text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": y, "yanchor": anchor,
                "xanchor": "right", "xshift": -9, "borderpad": 0,
                "font": {"color": theme.color("text-3", scheme), "size": theme.SIZES_PX["tick"]},
            }
            for y, anchor, text in texts
        ]  # fmt: skip
    return out


def shown_range(ends: Range, factor: float) -> Range:
    """Return a range turned into another unit, its ends round again."""
    if factor == 1.0:
        return ends
    low, high = (_round_up(abs(end * factor)) if end else 0.0 for end in ends)
    return (-low if ends[0] < 0 else low), (-high if ends[1] < 0 else high)


def _lane_name(lane: Lane, place: int, count: int, scheme: Scheme) -> dict[str, Any]:
    foot = side(lane.info)
    return {
        "text": f"<b>{foot[0].upper() if foot else escape(short(lane.info.stream.stream))}</b>",
        "font": {"color": theme.color(foot or "text-2", scheme), "size": theme.SIZES_PX["label"]},
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": sum(_domain(place, count)) / 2,
        "xanchor": "left",
        "xshift": -OVERVIEW_LEFT_PX + 14,
        "yanchor": "middle",
    }


def _time_ticks(shown: Shown) -> dict[str, Any]:
    step = next((step for step in _STEPS_S if shown.length_s / step <= 13), 86_400.0 * np.ceil(shown.length_s / 1e6))
    first = np.ceil(shown.start_s / step - 1e-9) * step
    values = np.arange(first, shown.start_s + shown.length_s + step / 1000, step) + 0.0  # never −0
    return {"tickangle": 0, "tickvals": values.tolist(), "ticktext": [_clock(float(value), step) for value in values]}


def _clock(seconds: float, step: float) -> str:
    if step < 1:
        return f"{seconds:.{1 if step >= 0.1 else 2}f} s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999999))
