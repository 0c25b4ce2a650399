"""The whole of a session at a glance: for each stream the lowest and highest total load in every bin of time.

A session of up to a minute is read frame by frame, a longer one from the rollups, second by second. Bins are never
thinned: the extremes of a bin are those of all its frames.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from barograph import rollups
from barograph.frames import Floats, Ints
from barograph.ports import Archive, StreamInfo, Workout
from dashboard import past
from dashboard.viewer import Samples

MOST_BINS = 1200
FRAME_BY_FRAME_S = 60.0
GAP_INTERVALS = 5.0
TOTAL = 0  # the first column of the basic set is the total load


@dataclass(frozen=True, eq=False)
class Lane:
    """One stream: (n,) bins that have frames, from `start_s` to `stop_s` after the session's first frame.

    `low` and `high` are of the total load. A bin of no width is a single frame. Where two bins are further apart
    than `usual_s` there is a gap.
    """

    info: StreamInfo
    start_s: Floats
    stop_s: Floats
    low: Floats
    high: Floats
    usual_s: float

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Spans [start_s, stop_s] without frames, between the first and the last bin."""
        holes = np.flatnonzero(self.start_s[1:] - self.stop_s[:-1] > self.usual_s)
        return [(float(self.stop_s[i]), float(self.start_s[i + 1])) for i in holes]


def side(info: StreamInfo) -> str | None:
    """The foot of a stream: a file may not say which it is, but whoever named its stream "left" did."""
    named = info.stream.stream if info.stream.stream in ("left", "right") else None
    return (info.layout.side if info.layout else None) or named


@dataclass(frozen=True)
class Span:
    """When a session began and ended, µs."""

    first_us: int
    last_us: int

    @property
    def length_s(self) -> float:
        """Seconds."""
        return (self.last_us - self.first_us) / 1e6


def span(workout: Workout) -> Span | None:
    """From the first to the last stored frame of any stream, or None without frames."""
    first = [info.first_us for info in workout.streams if info.first_us is not None]
    last = [info.last_us for info in workout.streams if info.last_us is not None]
    return Span(min(first), max(last)) if first and last else None


async def lanes(archive: Archive, workout: Workout) -> list[Lane]:
    """One lane a stream that has frames."""
    whole = span(workout)
    if whole is None:
        return []
    return [await _lane(archive, info, whole) for info in workout.streams if info.first_us is not None]


async def _lane(archive: Archive, info: StreamInfo, whole: Span) -> Lane:
    if whole.length_s <= FRAME_BY_FRAME_S:
        samples = await past.samples(archive, info, whole.first_us, whole.last_us)
        return await asyncio.to_thread(from_samples, info, samples, whole)
    return await asyncio.to_thread(from_rollups, info, await rollups.overview(archive, info.stream), whole)


def from_samples(info: StreamInfo, samples: list[Samples], whole: Span) -> Lane:
    """Every frame, or bins when there are more frames than bins."""
    times = np.concatenate([part.times_us for part in samples]) if samples else np.empty(0, np.int64)
    total = np.concatenate([np.empty(0), *(part.stats[:, TOTAL] for part in samples)])
    usual_us = float(np.median(np.diff(times))) if len(times) > 1 else 1e6
    if len(times) <= MOST_BINS:
        order = np.argsort(times, kind="stable")
        at_s: Floats = (times[order] - whole.first_us).astype(np.float64) / 1e6
        return Lane(info, at_s, at_s, total[order], total[order], GAP_INTERVALS * usual_us / 1e6)
    width_us = max(2.0 * usual_us, whole.length_s * 1e6 / MOST_BINS)
    return _binned(info, times, total, total, whole, width_us, GAP_INTERVALS * usual_us / 1e6)


def from_rollups(info: StreamInfo, rows: rollups.Overview, whole: Span) -> Lane:
    """Bins of whole seconds, counted from the session's first frame."""
    times = np.maximum(rows.seconds * 1_000_000, whole.first_us)
    width_us = 1e6 * max(1, int(np.ceil(whole.length_s / MOST_BINS)))
    return _binned(info, times, rows.low[:, TOTAL], rows.high[:, TOTAL], whole, width_us, 0.5)


def _binned(
    info: StreamInfo, times: Ints, low: Floats, high: Floats, whole: Span, width_us: float, usual_s: float
) -> Lane:
    """Lowest and highest of each bin that has any."""
    order = np.argsort(times, kind="stable")
    bins, first = np.unique(((times[order] - whole.first_us) / width_us).astype(np.int64), return_index=True)
    start_s = bins.astype(np.float64) * width_us / 1e6
    stop_s = np.minimum(start_s + width_us / 1e6, max(whole.length_s, width_us / 1e6))
    if not len(first):
        return Lane(info, start_s, stop_s, start_s, start_s, usual_s)
    lowest, highest = np.fmin.reduceat(low[order], first), np.fmax.reduceat(high[order], first)
    return Lane(info, start_s, stop_s, lowest, highest, usual_s)
