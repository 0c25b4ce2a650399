"""Figures: values in, Plotly figure out. Nothing here fetches or computes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from analytics.columns import definition
from dashboard import theme
from dashboard.overview import Lane, side
from dashboard.theme import Scheme
from dashboard.words import number

# The slider over the overview (assets/session.mjs) turns pixels into seconds by these margins.
OVERVIEW_LEFT_PX = 72
OVERVIEW_RIGHT_PX = 16
LANE_PX = 58
LANE_GAP_PX = 14
AXIS_PX = 26
MOST_LANES = 12
_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


def overview(lanes: Sequence[Lane], length_s: float, scheme: Scheme) -> go.Figure:
    """One lane a stream: the envelope of its total load, gaps hatched, over the whole session."""
    shown = lanes[:MOST_LANES]
    figure = go.Figure()
    most = max((float(np.nanmax(lane.high)) for lane in shown if np.isfinite(lane.high).any()), default=1.0)
    top = _round_up(most)
    for place, lane in enumerate(shown):
        _add_lane(figure, lane, place, top, scheme)
        figure.update_layout({f"yaxis{place + 1 if place else ''}": _lane_axis(lane, place, len(shown), top)})
    figure.update_layout(
        template=theme.template(scheme),
        height=LANE_PX * max(1, len(shown)) + AXIS_PX,
        margin={"l": OVERVIEW_LEFT_PX, "r": OVERVIEW_RIGHT_PX, "t": 0, "b": AXIS_PX},
        xaxis={
            "range": [0, length_s],
            "anchor": "y" if len(shown) < 2 else f"y{len(shown)}",
            "ticklabelstandoff": 5,
            **_time_ticks(length_s),
        },
        annotations=[_lane_name(lane, place, len(shown), scheme) for place, lane in enumerate(shown)],
    )
    return figure


def sentence(text: str, scheme: Scheme) -> go.Figure:
    """No figure, and why."""
    figure = go.Figure(layout={"template": theme.template(scheme), "xaxis_visible": False, "yaxis_visible": False})
    return figure.add_annotation(text=escape(text), showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)


def _add_lane(figure: go.Figure, lane: Lane, place: int, top: float, scheme: Scheme) -> None:
    token = side(lane.info) or "accent"
    axis = f"y{place + 1}" if place else "y"
    x, low, high = _steps(lane)
    figure.add_scatter(
        x=x, y=high, yaxis=axis, mode="lines", line={"color": theme.color(token, scheme), "width": 1},
        connectgaps=False, name=lane.info.stream.stream,
    )  # fmt: skip
    polygon_x, polygon_y = _polygons(x, low, high)
    figure.add_scatter(
        x=polygon_x, y=polygon_y, yaxis=axis, mode="lines", line={"width": 0}, fill="toself",
        fillcolor=theme.soft(token, scheme, 0.42), name=f"{lane.info.stream.stream} range",
    )  # fmt: skip
    for start, stop in lane.gaps:
        figure.add_scatter(
            x=[start, stop, stop, start], y=[0, 0, top, top], yaxis=axis, mode="lines", line={"width": 0},
            fill="toself", name="gap",
            fillpattern={"shape": "/", "fgcolor": theme.color("line-2", scheme), "bgcolor": "rgba(0,0,0,0)", "size": 6},
        )  # fmt: skip


def _steps(lane: Lane) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """Both edges of every bin, or the one moment of a single frame, with a None where the line stops."""
    x: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    for i, (start, stop) in enumerate(zip(lane.start_s, lane.stop_s, strict=True)):
        if i and start - lane.stop_s[i - 1] > lane.usual_s:
            for column in (x, low, high):
                column.append(None)
        edges = [float(start)] if start == stop else [float(start), float(stop)]
        x += edges
        low += [float(lane.low[i])] * len(edges)
        high += [float(lane.high[i])] * len(edges)
    return x, low, high


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


def _lane_axis(lane: Lane, place: int, count: int, top: float) -> dict[str, Any]:
    return {
        "domain": [1 - (place + 1) / count, 1 - (place + LANE_GAP_PX / LANE_PX) / count],
        "range": [0, top],
        "tickvals": [0, top],
        "ticktext": [f"0 {_unit(lane)}", number(top)],
    }


def _unit(lane: Lane) -> str:
    return definition(lane.info.columns[0]).unit if lane.info.columns else ""


def _lane_name(lane: Lane, place: int, count: int, scheme: Scheme) -> dict[str, Any]:
    foot = side(lane.info)
    return {
        "text": f"<b>{foot[0].upper() if foot else escape(lane.info.stream.stream[:6])}</b>",
        "font": {"color": theme.color(foot or "text-2", scheme), "size": theme.SIZES_PX["label"]},
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1 - (place + 0.5 + LANE_GAP_PX / LANE_PX / 2) / count,
        "xanchor": "left",
        "xshift": -OVERVIEW_LEFT_PX + 14,
        "yanchor": "middle",
    }


def _time_ticks(length_s: float) -> dict[str, Any]:
    step = next((step for step in _STEPS_S if length_s / step <= 13), _STEPS_S[-1])
    values = np.arange(0, length_s + step / 1000, step)
    return {"tickvals": values.tolist(), "ticktext": [_clock(float(value), step) for value in values]}


def _clock(seconds: float, step: float) -> str:
    if step < 1:
        return f"{seconds:.1f} s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999999))
