"""A session as a strip on its card of the compare page: the ground on which a part of it is chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from barograph.frames import Floats
from dashboard.drawing.svg import Plot, el, picture, round_up
from dashboard.reading import overview
from dashboard.reading.context import Context, token_of
from dashboard.reading.overview import Lane

WIDE, HIGH = 1000.0, 36.0
MOST_BINS = 400  # about the pixels of a card


async def strip(context: Context) -> str:
    """Return the whole session, whichever part of it is chosen; drawn once for what is stored."""
    workout = context.workout
    stored = tuple((info.stream, info.frames, info.last_received_us) for info in context.infos)

    async def drawn() -> str:
        lanes = await overview.lanes(context.parts.archive, workout)
        return await asyncio.to_thread(chart, lanes, context.whole.length_s)

    return await context.parts.cache.get(("strip", workout.workout_id, stored), drawn)


def chart(lanes: Sequence[Lane], length_s: float) -> str:
    """Return the total load of every stream on one ground, lowest to highest; a gap in any is grey."""
    tops = [float(np.nanmax(lane.high)) for lane in lanes if np.isfinite(lane.high).any()]
    plot = Plot(0, 2, WIDE, HIGH - 2, (0.0, length_s or 1.0), (0.0, round_up(max(tops, default=1.0))))
    holes = [
        el("rect", x=plot.at_x(a), y=0, width=plot.at_x(b) - plot.at_x(a), height=HIGH, fill="var(--surface-3)")
        for lane in lanes for a, b in lane.gaps
    ]  # fmt: skip
    said = f"Total load of {len(lanes)} streams over the session"
    return picture(WIDE, HIGH, *holes, *(_lane(plot, lane) for lane in lanes), title=said, preserveAspectRatio="none")


def _lane(plot: Plot, lane: Lane) -> str:
    """Runs of bins between gaps, each with its extremes."""
    parts = []
    cuts = np.flatnonzero(lane.start_s[1:] - lane.stop_s[:-1] > lane.usual_s) + 1
    for piece in np.split(np.arange(len(lane.start_s)), cuts):
        at = (lane.start_s[piece] + lane.stop_s[piece]) / 2
        low, high = lane.low[piece], lane.high[piece]
        if len(piece) > MOST_BINS:
            at, low, high = _coarse(at, low, high, plot.x[1] / MOST_BINS)
        token = token_of(lane.info)
        parts.append(plot.band(at, low, high, token, 0.35))
        parts.append(plot.line(at, high, token, 1.0, vector_effect="non-scaling-stroke"))
    return "".join(parts)


def _coarse(at: Floats, low: Floats, high: Floats, width: float) -> tuple[Floats, Floats, Floats]:
    """The extremes of all bins that share a pixel."""
    places, first = np.unique((at / width).astype(np.int64), return_index=True)
    middles = np.asarray((places + 0.5) * width, np.float64)
    return middles, np.fmin.reduceat(low, first), np.fmax.reduceat(high, first)
