"""The small picture of a session in the list: the largest value that each cell ever had, all sensors side by side.

It is made of the rollups once for what is stored then, kept in a bounded cache, and asked for under an address that
changes with what is stored; a browser keeps it, and asks each time whether it still holds.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from analytics import arrival_stats
from barograph.access.needs import needs
from barograph.frames import Floats, Layout, Recording, check_name
from barograph.store import rollups
from barograph.store.ports import Archive, StreamInfo, Workout
from dashboard.drawing import theme
from dashboard.drawing.map_image import FADE_KPA, FIXED_KPA, FIXED_N, MapPicture, Scale
from dashboard.drawing.svg import el, picture, round_up
from dashboard.reading.parts import AT_ONCE, layout_of
from dashboard.reading.result_cache import ResultCache
from dashboard.reading.sides import in_order

MOST_BYTES = 32 << 20
MOST_SENSORS = 4
HIGH, WIDE, BETWEEN = 96.0, 120.0, 6.0
FINE = 3
ASKED_ANEW = "private, no-cache"  # a session that is erased takes its picture along


class Thumbs:
    """Pictures of sessions over one archive; a few are made at a time."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.cache = ResultCache(MOST_BYTES)
        self._making = asyncio.Semaphore(AT_ONCE)

    async def get(self, workout: Workout) -> bytes:
        """Return the picture of what is stored now."""
        return await self.cache.get((workout.workout_id, version(workout)), lambda: self._make(workout))

    def named(self) -> set[str]:
        """Return texts among which the names of workouts are that there are pictures of."""
        return self.cache.named()

    def forget(self, workout_id: str) -> None:
        """Drop the pictures of a workout."""
        self.cache.forget(workout_id)

    def close(self) -> None:
        """Give up the pictures that are being made: the archive closes next."""
        self.cache.close()

    async def _make(self, workout: Workout) -> bytes:
        async with self._making:
            infos = sensors(workout)
            peaks = [await rollups.peak_map(self._archive, one, compute=arrival_stats) for one in infos]
        return await asyncio.to_thread(drawn, infos, peaks)


def sensors(workout: Workout) -> list[StreamInfo]:
    """Return the streams that are drawn: left, right, then by name."""
    return in_order(info for info in workout.streams if info.layout and info.frames)[:MOST_SENSORS]


def version(workout: Workout) -> str:
    """Return a text that changes when the picture may."""
    marks: list[object] = [workout.uid]
    marks += [(one.stream.stream, one.frames, one.last_received_us, one.k, repr(one.layout)) for one in workout.streams]
    return hashlib.sha256(repr(marks).encode()).hexdigest()[:12]


def path(workout: Workout) -> str:
    """Return the address of the picture, or "" while there is nothing to draw."""
    return f"/thumb/{quote(workout.workout_id, safe='')}?v={version(workout)}" if sensors(workout) else ""


def drawn(infos: list[StreamInfo], peaks: Sequence[NDArray[np.floating]]) -> bytes:
    """Return an SVG with every sensor at one scale of millimetres and of pressure."""
    found = [(layout_of(info), in_unit(layout_of(info), peak)) for info, peak in zip(infos, peaks, strict=True)]
    scale = _scale(found)
    maps = [MapPicture(layout, values, scale, "", fine=FINE) for layout, values in found]
    gaps = BETWEEN * (len(maps) - 1)
    factor = min(HIGH / max(one.size_mm[1] for one in maps), (WIDE - gaps) / sum(one.size_mm[0] for one in maps))
    wide = sum(one.size_mm[0] for one in maps) * factor + gaps
    x, parts = (WIDE - wide) / 2, []
    for i, one in enumerate(maps):
        w, h = one.size_mm[0] * factor, one.size_mm[1] * factor
        parts.append(one.draw(x, (HIGH - h) / 2, w, h, f"m{i}"))
        x += w + BETWEEN
    colours = "".join(f"--{name}:{theme.color(name, 'dark')};" for name in ("bed", "bed-line"))
    style = el("style", f":root{{{colours}}}")
    return picture(
        WIDE, HIGH, style, *parts, title="Largest value of each cell in the session", width=WIDE, height=HIGH
    ).encode()


def in_unit(layout: Layout, peak: NDArray[np.floating]) -> Floats:
    """Return (rows, cols) stored values as kPa, or as counts."""
    cells = peak.astype(np.float64)
    stored = np.where(np.isfinite(cells), cells, 0.0)
    one = Recording(stored[None], np.zeros(1, np.int64), layout.with_dtype("float64"))
    values = one.kpa() if layout.quantity == "pressure" else one.values()
    return np.where(np.isfinite(cells), values[0], np.nan)


def _scale(found: list[tuple[Layout, Floats]]) -> Scale:
    """Fixed for pressures, so that one colour is one pressure in the whole list; counts take their own."""
    if all(layout.quantity == "force" for layout, _ in found):
        return Scale(FIXED_N, "N")
    if all(layout.quantity == "pressure" for layout, _ in found):
        return Scale(max(FIXED_KPA[layout.kind] for layout, _ in found), "kPa", fade=FADE_KPA)
    most = max((float(np.nanmax(values)) for _, values in found if np.isfinite(values).any()), default=1.0)
    return Scale(round_up(most), "counts", "cividis")


def register(app: Quart, archive: Archive, thumbs: Thumbs | None = None) -> None:
    """Add the route to an application; over `thumbs` of its own, if none are given."""
    made = thumbs or Thumbs(archive)

    @app.after_serving
    async def stop() -> None:
        made.close()

    @app.get("/thumb/<workout_id>")
    @needs("read")
    async def thumb(workout_id: str) -> ResponseTypes:
        workout = await archive.workout(check_name("workout_id", workout_id))
        if not sensors(workout):
            return Response(status=404)
        response = Response(await made.get(workout), content_type="image/svg+xml; charset=utf-8")
        response.headers["Cache-Control"] = ASKED_ANEW
        response.set_etag(version(workout))
        return await response.make_conditional(request)
