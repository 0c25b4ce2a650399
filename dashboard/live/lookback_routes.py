"""What pages fetch to look back: the last minutes at a glance, what is worth a look in a part, tiles, and markers.

A marker that is set here takes the way of a device's: first the archive, then an announcement to all who watch.
"""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import numpy as np
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from analytics import arrival_stats
from analytics.streaming.live_window import LiveWindow
from barograph.access.needs import needs
from barograph.bounds import LABEL
from barograph.errors import InvalidData, NotFound
from barograph.frames import Floats, check_name
from barograph.store import reading, rollups
from barograph.store.ports import Archive, Live, Marker, StreamInfo
from dashboard.feed import marking, numbers
from dashboard.page.answers import json_text, moment
from dashboard.reading import archive_reads
from dashboard.reading.recent_samples import Samples

MOST_GLANCE_US = 3600 * 1_000_000
FEW_SECONDS_US = 3_000_000
TOTAL = 0  # the first column of the basic set is the total load


def register(app: Quart, archive: Archive, live: Live) -> None:
    """Add the routes to an application."""

    @app.get("/data/<workout_id>/glance")
    @needs("read", shared=True)
    async def see(workout_id: str) -> ResponseTypes:
        start_us, stop_us = span(MOST_GLANCE_US)
        found = await glance(archive, check_name("workout_id", workout_id), start_us, stop_us)
        return Response(json_text(found), content_type="application/json")

    @app.get("/data/<workout_id>/highest")
    @needs("read", shared=True)
    async def seek(workout_id: str) -> ResponseTypes:
        start_us, stop_us = moment("start_us"), moment("stop_us")
        found = await highest(archive, check_name("workout_id", workout_id), start_us, stop_us)
        return Response(json_text({"t_us": found}), content_type="application/json")

    @app.get("/data/<workout_id>/numbers")
    @needs("read", shared=True)
    async def count(workout_id: str) -> ResponseTypes:
        found = await numbers_at(archive, check_name("workout_id", workout_id), moment("t_us"))
        return Response(json_text(found), content_type="application/json")

    @app.post("/data/<workout_id>/markers")
    @needs("describe", "marker")
    async def mark(workout_id: str) -> ResponseTypes:
        marker = marker_of(await request.get_json(silent=True), time.time_ns() // 1000)
        await marking.add(archive, live, check_name("workout_id", workout_id), marker)
        return Response(json_text({"t_us": marker.t_us, "label": marker.label}), content_type="application/json")


def span(most_us: int) -> tuple[int, int]:
    """Return `start_us` and `stop_us` of the request, not further apart than `most_us`."""
    start_us, stop_us = moment("start_us"), moment("stop_us")
    if not 0 <= stop_us - start_us <= most_us:
        raise InvalidData(f"stop_us: expected 0 to {most_us} µs after start_us, got {stop_us - start_us}")
    return start_us, stop_us


async def glance(archive: Archive, workout_id: str, start_us: int, stop_us: int) -> dict[str, Any]:
    """Return each second's highest total load of every stream, the gaps between, and the markers.

    Empty before it began.
    """
    try:
        workout = await archive.workout(workout_id)
    except NotFound:
        return {"first_us": None, "streams": {}, "gaps": [], "markers": []}
    marks = await archive.markers(workout_id)
    known = [info for info in workout.streams if info.layout and (info.last_us or 0) >= start_us]
    return {
        "first_us": min((info.first_us for info in workout.streams if info.first_us is not None), default=None),
        "streams": {info.stream.stream: await _seconds(archive, info, start_us, stop_us) for info in known},
        "gaps": [gap for info in known for gap in await _gaps(archive, info, start_us, stop_us)],
        "markers": [{"t_us": mark.t_us, "label": mark.label} for mark in marks],
    }


async def _seconds(archive: Archive, info: StreamInfo, start_us: int, stop_us: int) -> dict[str, Any]:
    rows = await rollups.overview(archive, info, start_us, stop_us)
    return {"seconds": rows.seconds.tolist(), "high": rows.high[:, TOTAL].tolist()}


async def _gaps(archive: Archive, info: StreamInfo, start_us: int, stop_us: int) -> list[tuple[int, int]]:
    found = await reading.gaps(archive, info, start_us, stop_us)
    return [(gap.start_us, gap.stop_us) for gap in found if gap.stop_us > gap.start_us]


async def highest(archive: Archive, workout_id: str, start_us: int, stop_us: int) -> int | None:
    """Return when the total load of any stream was highest in a closed span, µs; None without frames in it.

    Of a long span the first hour is looked at: first its whole seconds, then the frames of the highest one.
    """
    stop_us = min(stop_us, start_us + MOST_GLANCE_US)
    workout = await archive.workout(workout_id)
    known = [info for info in workout.streams if info.layout and (info.last_us or 0) >= start_us]
    found = [best for info in known if (best := await _highest(archive, info, start_us, stop_us))]
    return max(found)[1] if found else None


async def _highest(archive: Archive, info: StreamInfo, start_us: int, stop_us: int) -> tuple[float, int] | None:
    """The highest total load of a stream in a span, and when it was."""
    if stop_us - start_us > FEW_SECONDS_US:
        rows = await rollups.overview(archive, info, start_us, stop_us, compute=arrival_stats)
        whole = (rows.seconds * 1_000_000 >= start_us) & (rows.seconds * 1_000_000 + 999_999 <= stop_us)
        if whole.any():
            start_us = int(rows.seconds[whole][np.argmax(_known(rows.high[whole, TOTAL]))]) * 1_000_000
            stop_us = start_us + 999_999
    samples = await archive_reads.samples(archive, info, start_us, stop_us)
    times = np.concatenate([np.empty(0, np.int64), *(one.times_us for one in samples)])
    loads = _known(np.concatenate([np.empty(0), *(one.stats[:, TOTAL] for one in samples)]))
    at = int(np.argmax(loads)) if len(times) else None
    return None if at is None else (float(loads[at]), int(times[at]))


def _known(loads: Floats) -> Floats:
    """A load that is not known is lower than any."""
    out: Floats = np.nan_to_num(loads.astype(np.float64), nan=-np.inf)
    return out


async def numbers_at(archive: Archive, workout_id: str, t_us: int) -> dict[str, Any]:
    """Return what the tiles of a live page said at a moment: those of the window that ends at its newest frame."""
    workout, window = await archive.workout(workout_id), LiveWindow()
    known = [info for info in workout.streams if info.layout]
    start_us = t_us - window.window_us
    for info in known:
        parts = await archive_reads.samples(archive, info, start_us + 1, t_us)
        _take(window, info, parts)
        if any((one.e, one.stop) != (other.e, other.seq) for one, other in pairwise(parts)):
            # Where the clock was set back, frames of later times come before the newest one.
            between = await archive_reads.samples(archive, info, t_us + 1, t_us + window.window_us)
            _take(window, info, [one for one in between if (one.e, one.seq) < (parts[-1].e, parts[-1].seq)])
    if (stop_us := window.stop_us) is not None:  # the newest frame is older than the moment, and so are the first ones
        for info in known:
            _take(window, info, await archive_reads.samples(archive, info, stop_us - window.window_us + 1, start_us))
    return await asyncio.to_thread(numbers.said, workout, window.rows, window.stop_us)


def _take(window: LiveWindow, info: StreamInfo, parts: list[Samples]) -> None:
    for part in parts:
        window.update(info.stream.stream, part.e, part.seq, part.times_us, part.stats)


def marker_of(content: Any, now_us: int) -> Marker:
    """Return the marker that a request wants to set."""
    t_us, label = (content.get(name) if isinstance(content, dict) else None for name in ("t_us", "label"))
    if not isinstance(t_us, int) or isinstance(t_us, bool) or not 946_684_800_000_000 <= t_us <= now_us + 60_000_000:
        raise InvalidData(
            f"t_us: expected whole microseconds from 2000 until now, got {str(t_us)[:20]!r}", field="t_us"
        )
    if not isinstance(label, str) or not 0 < len(label.strip()) <= LABEL or not label.isprintable():
        raise InvalidData(f"label: expected 1 to {LABEL} printable characters, got {str(label)[:40]!r}", field="label")
    return Marker(t_us, label.strip())
