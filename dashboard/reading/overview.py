"""A session at a glance, or a part of it: of each stream the lowest and highest value of a column in each bin of time.

Up to five minutes are read frame by frame, more from the rollups, second by second. Bins are never thinned: the
extremes of a bin are those of all its frames.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

import numpy as np

from analytics import arrival_stats
from analytics.columns import definition
from analytics.frames.sole import sole_cm2
from barograph.frames import Floats, Ints
from barograph.store import rollups
from barograph.store.ports import Archive, StreamInfo, Workout
from barograph.store.records import APART_US, stretches
from dashboard.drawing.cell_picture import cell_picture
from dashboard.reading import archive_reads
from dashboard.reading.recent_samples import Samples

MOST_BINS = 1200
MOST_SEARCH = 16_384
FRAME_BY_FRAME_S = 300.0
GAP_INTERVALS = 5.0
TOTAL, PEAK, AREA, COP_X, COP_Y = 0, 1, 2, 4, 5  # places in the basic set, whatever a layout calls them


@dataclass(frozen=True, eq=False)
class Lane:
    """One stream: (n,) bins that have frames, from `start_s` to `stop_s` after the first moment shown.

    `low` and `high` are of the column at place `column` of the basic set, NaN where it is not defined. A bin of no
    width is a single frame. Where two bins are further apart than `usual_s` there is a gap.
    """

    info: StreamInfo
    start_s: Floats
    stop_s: Floats
    low: Floats
    high: Floats
    usual_s: float
    column: int = TOTAL

    @property
    def unit(self) -> str:
        """The unit of the column as it is stored."""
        return definition(self.info.columns[self.column]).unit if len(self.info.columns) > self.column else ""

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Spans [start_s, stop_s] without frames, between the first and the last bin."""
        holes = np.flatnonzero(self.start_s[1:] - self.stop_s[:-1] > self.usual_s)
        return [(float(self.stop_s[i]), float(self.start_s[i + 1])) for i in holes]


def drawn_layout(info: StreamInfo) -> dict[str, object] | None:
    """Return a stream's layout for the browser, with what follows from it: contact threshold, areas, picture."""
    if info.layout is None:
        return None
    cells, area = cell_picture(info.layout), info.layout.area_cm2
    more: dict[str, object] = {"loaded_above": info.layout.loaded_above}
    if (sole := sole_cm2(info.layout)) is not None:
        more["sole_cm2"] = sole
    if cells:
        more["picture"] = cells.to_dict()
    if area is not None:
        more["area_cm2"] = area.ravel().tolist() if np.ptp(area) else float(area.flat[0])
    return info.layout.to_dict() | more


@dataclass(frozen=True)
class Span:
    """When a session began and ended, µs."""

    first_us: int
    last_us: int

    @property
    def length_s(self) -> float:
        """Seconds."""
        return (self.last_us - self.first_us) / 1e6

    def holds(self, info: StreamInfo) -> bool:
        """Return whether all of a stream lies in it."""
        return self.first_us <= (info.first_us or 0) and (info.last_us or 0) <= self.last_us


def span(workout: Workout, piece: str = "") -> Span | None:
    """Return the time that pages show of a session: of parts more than a day apart the one with the most frames.

    `piece` is another one's number, from 1. None without frames.
    """
    parts = stretches(workout)
    if not parts:
        return None
    known = piece.isascii() and piece.isdigit() and 1 <= int(piece[:6]) <= len(parts)
    shown = parts[int(piece[:6]) - 1] if known else max(parts, key=lambda one: one.frames)
    return Span(shown.first_us, shown.last_us)


def piece_of(search: str) -> str:
    """Return the number of the part that an address names, or "" for the usual one."""
    fields = parse_qs(search.lstrip("?")) if len(search) < MOST_SEARCH else {}
    return fields.get("piece", [""])[-1]


def seen(search: str) -> str:
    """Return what a page says of the time that it was opened with, as `as_opened` reads it, or ""."""
    fields = parse_qs(search.lstrip("?")) if len(search) < MOST_SEARCH else {}
    return fields.get("seen", [""])[-1]


def as_opened(whole: Span, text: str) -> Span:
    """Return the time of a session as its page was opened with it: a running session has become longer since.

    `text` is its first and last moment, `first-last`, µs. What is none, or lies not within `whole`, is `whole`.
    """
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", text, re.ASCII)
    opened = Span(int(found[1]), int(found[2])) if found else whole
    return opened if whole.first_us <= opened.first_us < opened.last_us <= whole.last_us else whole


async def lanes(archive: Archive, workout: Workout, part: Span | None = None, column: int = TOTAL) -> list[Lane]:
    """Return one lane a stream that has frames and the column, over the whole session or a part of it."""
    shown = part or span(workout)
    if shown is None:
        return []
    there = (info for info in workout.streams if info.first_us is not None and info.last_us is not None)
    shown_here = [info for info in there if _meets(info, shown) and column < max(len(info.columns), 1)]
    return [await _lane(archive, info, shown, column) for info in shown_here]


def _meets(info: StreamInfo, shown: Span) -> bool:
    """Whether a stream has frames of the same part of its session."""
    return any(
        epoch.first_us <= shown.last_us + APART_US and epoch.last_us >= shown.first_us - APART_US
        for epoch in info.epochs
        if epoch.first_us is not None and epoch.last_us is not None
    )


async def _lane(archive: Archive, info: StreamInfo, shown: Span, column: int) -> Lane:
    if shown.length_s <= FRAME_BY_FRAME_S:
        samples = await archive_reads.samples(archive, info, shown.first_us, shown.last_us)
        return await asyncio.to_thread(from_samples, info, samples, shown, column)
    rows = await rollups.overview(archive, info, shown.first_us, shown.last_us, compute=arrival_stats)
    return await asyncio.to_thread(from_rollups, info, rows, shown, column)


def from_samples(info: StreamInfo, samples: list[Samples], shown: Span, column: int = TOTAL) -> Lane:
    """Return every frame, or bins when there are more frames than bins."""
    times = np.concatenate([part.times_us for part in samples]) if samples else np.empty(0, np.int64)
    values = np.concatenate([np.empty(0), *(part.stats[:, column] for part in samples)])
    usual_us = float(np.median(np.diff(np.sort(times)))) if len(times) > 1 else 1e6
    if len(times) <= MOST_BINS:
        order = np.argsort(times, kind="stable")
        at_s: Floats = (times[order] - shown.first_us).astype(np.float64) / 1e6
        return Lane(info, at_s, at_s, values[order], values[order], GAP_INTERVALS * usual_us / 1e6, column)
    width_us = max(2.0 * usual_us, shown.length_s * 1e6 / MOST_BINS)
    return Lane(info, *_binned(times, values, values, shown, width_us), GAP_INTERVALS * usual_us / 1e6, column)


def from_rollups(info: StreamInfo, rows: rollups.Overview, shown: Span, column: int = TOTAL) -> Lane:
    """Return bins of whole seconds, counted from the first moment shown."""
    times = np.maximum(rows.seconds * 1_000_000, shown.first_us)
    width_us = 1e6 * max(1, int(np.ceil(shown.length_s / MOST_BINS)))
    bins = _binned(times, rows.low[:, column], rows.high[:, column], shown, width_us)
    return Lane(info, *bins, 0.5, column)


def _binned(
    times: Ints, low: Floats, high: Floats, shown: Span, width_us: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Start, stop, lowest and highest of each bin that has any frame."""
    order = np.argsort(times, kind="stable")
    bins, first = np.unique(((times[order] - shown.first_us) / width_us).astype(np.int64), return_index=True)
    start_s = bins.astype(np.float64) * width_us / 1e6
    stop_s = np.minimum(start_s + width_us / 1e6, max(shown.length_s, width_us / 1e6))
    if not len(first):
        return start_s, stop_s, start_s, start_s
    return start_s, stop_s, np.fmin.reduceat(low[order], first), np.fmax.reduceat(high[order], first)
