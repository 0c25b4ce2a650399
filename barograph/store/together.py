"""The forces of several streams in one file, for motion laboratories: a C3D with a plate a stream, or a `.mot`.

Streams have to be of one rate without gaps, and of one clock: their frames lie at the same times, to half a step. The
file has the frames that all of them have.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from barograph.errors import InvalidData
from barograph.files import WRITTEN, c3d, mot
from barograph.files.forces import Track, at_one_time, check_forces, steady_rate
from barograph.frames import Frames, Ints
from barograph.store.reader import Reader
from barograph.store.reading import Plan, read_planned

FORMATS = {name: (WRITTEN[name].suffix, WRITTEN[name].media_type) for name in ("c3d", "mot")}


def check(plans: Mapping[str, Plan], name: str) -> dict[str, slice]:
    """Return which frames of each stream are written; `InvalidData` says which stream lacks what."""
    for stream, planned in plans.items():
        try:
            check_forces(planned.layout)
            steady_rate(planned.times_us, planned.gaps)
        except InvalidData as error:
            raise InvalidData(f"{stream}: {error}", field=error.field) from error
    found = at_one_time({stream: one.times_us for stream, one in plans.items()})
    if name == "c3d":
        c3d.check_installed()
        c3d.check_frames(max(one.stop - one.start for one in found.values()))
    return found


async def parts(
    archive: Reader, plans: Mapping[str, Plan], name: str, workout: str, progress: Callable[[int], Any]
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of the file; memory holds seven numbers a frame."""
    which = await asyncio.to_thread(check, plans, name)
    tracks = []
    for stream, planned in plans.items():
        track, done = Track(planned.layout, stream), 0
        async with aclosing(read_planned(archive, planned)) as blocks:
            async for block in blocks:
                await asyncio.to_thread(_add, track, block.times_us, block.frames, which[stream], done)
                done += len(block)
                progress(len(block))
        tracks.append(track)
    first = next(iter(plans.values()))
    made: Iterable[bytes]
    if name == "c3d":
        rate = steady_rate(tracks[0].times_us, first.gaps)
        made = [await asyncio.to_thread(c3d.written, tracks, rate, workout)]
    else:
        made = mot.written(tracks)
    rest = iter(made)
    while part := await asyncio.to_thread(next, rest, b""):
        yield part


def _add(track: Track, times_us: Ints, frames: Frames, which: slice, done: int) -> None:
    """Those of a block's frames that are in the file; `done` is the number of its first."""
    part = slice(max(0, which.start - done), max(0, which.stop - done))
    if len(times_us[part]):
        track.add(times_us[part], frames[part])
