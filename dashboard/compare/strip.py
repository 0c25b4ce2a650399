"""A session as a strip on its card of the compare page: the ground on which a part of it is chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from barograph.frames import Floats
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.svg import Plot, el, picture, round_up
from dashboard.drawing.units import Display
from dashboard.drawing.words import moment
from dashboard.reading import overview
from dashboard.reading.context import Context, token_of
from dashboard.reading.overview import Lane
from dashboard.reading.sides import name_of

WIDE, HIGH = 1000.0, 36.0
MOST_BINS = 400  # about the pixels of a card


async def strip(context: Context) -> str:
    """Return the whole session, whichever part of it is chosen; drawn once for what is stored."""
    workout = context.workout
    stored = tuple((info.stream, info.frames, info.last_received_us) for info in context.infos)
    lacks = context.workout.about.mass_kg, context.usable

    async def drawn() -> str:
        lanes = await overview.lanes(context.parts.archive, workout)
        shown = [context.display(lane.unit) for lane in lanes]
        return await asyncio.to_thread(chart, lanes, context.whole.length_s, shown)

    return await context.parts.cache.get(("strip", workout.workout_id, stored, lacks), drawn)


def chart(lanes: Sequence[Lane], length_s: float, shown: Sequence[Display]) -> str:
    """Return the total load of every stream on one ground, lowest to highest; a gap in any is grey.

    At a pointer and at the arrow keys of the drawing it says the highest load of each stream, `shown` in its unit.
    """
    lanes = [replace(lane, low=lane.low * one.factor, high=lane.high * one.factor)
             for lane, one in zip(lanes, shown, strict=True)]  # fmt: skip
    tops = [float(np.nanmax(lane.high)) for lane in lanes if np.isfinite(lane.high).any()]
    plot = Plot(0, 2, WIDE, HIGH - 2, (0.0, length_s or 1.0), (0.0, round_up(max(tops, default=1.0))))
    holes = [
        el("rect", x=plot.at_x(a), y=0, width=plot.at_x(b) - plot.at_x(a), height=HIGH, fill="var(--surface-3)")
        for lane in lanes for a, b in lane.gaps
    ]  # fmt: skip
    said = f"Total load of {len(lanes)} streams over the session"
    return picture(
        WIDE, HIGH, *holes, *(_lane(plot, lane) for lane in lanes), title=said, preserveAspectRatio="none",
        reads=[_reads(plot, lanes, [one.unit for one in shown])],
    )  # fmt: skip


def _reads(plot: Plot, lanes: Sequence[Lane], units: Sequence[str]) -> str:
    """What is read at a place: of each stream the bin that it lies in, or the nearest one beside no gap."""
    n = min(MOST_BINS, max((len(lane.start_s) for lane in lanes), default=0))
    at = np.linspace(0.0, plot.x[1], n) if n > 1 else np.zeros(n)
    read = [
        Read(name_of(lane.info), token_of(lane.info), _at(lane, at), unit, fine(plot.y[1]))
        for lane, unit in zip(lanes, units, strict=True)
    ]
    return crosshair(plot, at, read, Across(said=moment))


def _at(lane: Lane, at: Floats) -> Floats:
    """The highest value of the bin at each place, NaN in a gap and beside the stream."""
    if not len(lane.start_s):
        return np.full(len(at), np.nan)
    middle = (lane.start_s + lane.stop_s) / 2
    after = np.clip(np.searchsorted(middle, at), 0, len(middle) - 1)
    before = np.maximum(after - 1, 0)
    which = np.where(np.abs(middle[before] - at) <= np.abs(middle[after] - at), before, after)
    outside = np.maximum(lane.start_s[which] - at, at - lane.stop_s[which])
    return np.where(outside > max(lane.usual_s, 1e-9) / 2, np.nan, lane.high[which])


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
