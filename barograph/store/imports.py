"""Recordings into the archive in bulk: what `barograph import` and the dashboard's file drop share.

A recording's frames are one epoch, named by their content and numbered from 0. The same recording again finds its
epoch, and only what is missing is stored: importing is safe to repeat, and goes on where it was interrupted.

Statistics are made by whoever composes the rooms: `Statistics` says how.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from barograph.blocks import MAX_FRAMES, edges
from barograph.errors import InvalidData, NotFound
from barograph.files.parts import Frameful
from barograph.frames import Block, Frames, Ints, Layout, Stream, check_new_name
from barograph.store.calibration_records import VALUES as CALIBRATION
from barograph.store.documents import END_S
from barograph.store.origins import bounded
from barograph.store.ports import UNSAID, About, Archive, Epoch, Keys, StreamInfo
from barograph.store.records import Clock
from barograph.store.rollups import refresh
from barograph.times import dated

BATCH_BYTES = 8 << 20
BATCH_BLOCKS = 64
LATER_US = 60_000_000
# What a geometry brings; the same file without one is the same recording.
PLACED = ("geometry", "cell_area_mm2", "x_axis", "y_axis")
LATER = ("side", "pitch_mm", "cell_area_mm2")
NOWHERE: Mapping[str, Any] = {}


class Statistics(Protocol):
    """What goes with frames into the archive: names, their version, and the numbers themselves."""

    version: int

    def columns(self, layout: Layout) -> Sequence[str]:
        """Return names of the k statistics of a layout."""
        ...

    def compute(self, frames: Frames, layout: Layout) -> NDArray[np.float32]:
        """Return (n, k) float32."""
        ...


@dataclass(frozen=True)
class Imported:
    """What became of a recording: `stored` frames of `frames` are new."""

    stream: Stream
    frames: int
    stored: int


@dataclass(frozen=True)
class Placement:
    """What is added to the times of a file to give it a date, and how that date was found: "" for the file's own."""

    offset_us: int = 0
    placed: str = ""
    known: bool = True


def undated(recordings: Sequence[Frameful]) -> bool:
    """Return whether a file says on no day when it was recorded: its times count from 0."""
    return any(len(one) and not dated(int(one.times_us.min())) for one in recordings)


async def placement(
    archive: Archive, workout_id: str, recordings: Sequence[Frameful], start_us: int | None = None, *, now_us: int
) -> Placement:
    """Place a file that does not say when it was recorded: as asked, else with the other streams of its session.

    A file with a date keeps it. Without any of that the date is not known.
    """
    if not undated(recordings):
        return Placement()
    origin_us = min(int(one.times_us.min()) for one in recordings if len(one))
    if start_us is not None:
        if not dated(start_us) or start_us > now_us + LATER_US:
            when = np.datetime64(start_us, "us").astype("M8[s]")
            raise InvalidData(f"start: expected a time from the year 2000 on, up to now, got {when} UTC", field="start")
        return Placement(start_us - origin_us, "begin as given at import")
    other = await _dated_stream(archive, workout_id)
    if other is None or other.first_us is None:
        return Placement(known=False)
    return Placement(other.first_us - origin_us, f"begin with stream {other.stream.stream}")


async def _dated_stream(archive: Archive, workout_id: str) -> StreamInfo | None:
    """The stream of a session that begins first, of those with a date."""
    try:
        streams = (await archive.workout(workout_id)).streams
    except NotFound:
        return None
    known = [info for info in streams if info.first_us is not None and dated(info.first_us)]
    return min(known, key=lambda info: info.first_us or 0, default=None)


def identity(recording: Frameful, progress: Callable[[int], Any] | None = None) -> str:
    """Name what is recorded by sensor, times and cells; how it came here, or is calibrated, is no part.

    All of the recording is read for it, so a file is known to be whole before anything of it is stored; `progress`
    hears of frames as they are read.
    """
    digest = hashlib.sha256(json.dumps(_sensor(recording.layout), sort_keys=True).encode())
    digest.update(np.ascontiguousarray(recording.times_us, "<i8").data)
    for _, part in recording.blocks(MAX_FRAMES):
        digest.update(np.ascontiguousarray(part.frames, recording.layout.numpy_dtype).data)
        if progress is not None:
            progress(len(part))
    return f"file-{digest.hexdigest()}"


def blocks_of(recording: Frameful, e: int, now_us: int, layout: Layout, offset_us: int = 0) -> Iterator[Block]:
    """Yield a recording as blocks, cut as `barograph.blocks` says; `offset_us` is added to its times."""
    times_us = recording.times_us + offset_us
    parts, first = recording.blocks(MAX_FRAMES), 0
    held = np.empty((0, layout.rows, layout.cols), layout.numpy_dtype)
    for start, stop in edges(times_us, layout.frame_bytes):
        while first + len(held) < stop:
            more = next(parts)[1].frames.astype(layout.numpy_dtype, copy=False)
            held, first = np.concatenate([held[start - first :], more]), start
        frames = held[start - first : stop - first]
        yield Block(e=e, seq=start, times_us=times_us[start:stop], received_us=now_us, frames=frames)


async def import_recording(
    archive: Archive,
    stream: Stream,
    recording: Frameful,
    statistics: Statistics,
    *,
    now_us: int,
    about: About = UNSAID,
    progress: Callable[[int], Any] | None = None,
    read: Callable[[int], Any] | None = None,
    placed: Placement = Placement(),
    source: Mapping[str, Any] = NOWHERE,
) -> Imported:
    """Store what of a recording is not stored yet; `progress` hears of frames as they are settled.

    What the recording's provenance says stays with the stream, with what is said of its file (`source`).

    `placed` gives a date to one that has none; a recording that is stored already keeps the one that it has.

    The recording is read twice: once to name it and to find what is damaged (`read` hears of those frames), once to
    store it. A damaged file raises `FileFormatError`, a stream of another sensor or a time that the archive cannot
    hold `InvalidData`, and nothing is stored.
    """
    layout, n = recording.layout, len(recording)
    check_importable(stream, recording)
    said = {**recording.provenance, **source}
    origin = bounded({**said, "frames": n} if said else {})
    await _check_stream(archive, stream, layout)
    name = await asyncio.to_thread(identity, recording, read)
    info, epoch = await archive.open(stream, epoch=name, numbered=True, now_us=now_us, about=about)
    offset_us = await _offset_us(archive, stream, epoch, placed)
    if origin != "{}":
        await archive.keep_origin(info.stream, epoch.e, origin)
    written_us = info.last_received_us or 0
    info = await archive.fix_layout(stream, layout, statistics.columns(layout), statistics.version)
    missing = _missing(await archive.keys_by_number(stream, epoch.e, 0, n), n)
    batches = _batches(blocks_of(recording, epoch.e, now_us, info.layout or layout, offset_us))
    while batch := await asyncio.to_thread(next, batches, None):
        blocks = await asyncio.to_thread(_prepared, batch, missing, info, statistics)
        await archive.append([(stream, block) for block in blocks])
        if progress is not None:
            progress(sum(len(block) for block in batch))
    if missing.any() or epoch.next_seq < n:
        await _mark(archive, stream, epoch, recording.times_us + offset_us, now_us)
    if now_us - written_us >= archive.grace_s * 1e6:
        # Nobody else writes here; otherwise the ingest makes the overview of what is still marked.
        await refresh(archive, stream, now_us=now_us + LATER_US, grace_s=0.0, compute=statistics.compute)
    return Imported(stream, n, int(missing.sum()))


def _batches(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    """Blocks in groups for one insert each."""
    batch: list[Block] = []
    for block in blocks:
        batch.append(block)
        if len(batch) >= BATCH_BLOCKS or sum(item.nbytes for item in batch) >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _prepared(
    batch: Sequence[Block], missing: NDArray[np.bool_], info: StreamInfo, statistics: Statistics
) -> list[Block]:
    """The parts of blocks that are not stored, with their statistics."""
    found = []
    for block in batch:
        wanted = np.concatenate(([False], missing[block.seq : block.stop], [False]))
        edges = np.flatnonzero(np.diff(wanted.astype(np.int8))).tolist()
        found += [block.part(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
    layout = info.layout
    return (
        found if layout is None else [replace(b, stats=statistics.compute(b.frames, layout), k=info.k) for b in found]
    )


async def _offset_us(archive: Archive, stream: Stream, epoch: Epoch, placed: Placement) -> int:
    """What is added to a recording's times: fixed with the first import, so that a frame has one time."""
    if epoch.clock is None and epoch.first_us is None and placed.offset_us:
        clock = await archive.fix_clock(stream, epoch.e, Clock(placed.offset_us, placed=placed.placed))
        return clock.offset_us
    return epoch.clock.offset_us if epoch.clock else 0


async def _mark(archive: Archive, stream: Stream, epoch: Epoch, times_us: Ints, now_us: int) -> None:
    n = len(times_us)
    await archive.mark(
        stream,
        epoch.e,
        next_seq=n,
        frames=n,
        first_us=int(times_us.min()),
        last_us=int(times_us.max()),
        now_us=now_us,
        lease=epoch.lease,
    )


def check_importable(stream: Stream, recording: Frameful) -> None:
    """Refuse a name that nothing new may have, no frames at all, and times that the archive cannot hold."""
    for field in ("workout_id", "stream"):
        check_new_name(field, getattr(stream, field))
    if not len(recording):
        raise InvalidData("frames: expected at least one frame to import, got none", field="frames")
    first_us, last_us = int(recording.times_us.min()), int(recording.times_us.max())
    if first_us < 0 or last_us >= END_S * 1_000_000:
        raise InvalidData(
            f"times_us: expected times from 1970 to 2106, got {first_us} to {last_us} µs", field="times_us"
        )


async def _check_stream(archive: Archive, stream: Stream, layout: Layout) -> None:
    """What is stored under this name, if anything, is of the same sensor, whatever its calibration."""
    try:
        known = (await archive.stream_info(stream)).layout
    except NotFound:
        return
    stored, new = (_sensor(one) for one in (known or layout, layout))
    for name in LATER:  # what a stream was told later, or a file did not say
        if stored.get(name) is None or new.get(name) is None:
            stored, new = ({key: value for key, value in one.items() if key != name} for one in (stored, new))
    if stored != new:
        differ = ", ".join(sorted(key for key in stored.keys() | new.keys() if stored.get(key) != new.get(key)))
        raise InvalidData(f"layout: {stream} is of another sensor ({differ}); choose another stream", field="layout")


def _sensor(layout: Layout) -> dict[str, Any]:
    """What a layout says but for its calibration, its place, and where its cells lie: these may be chosen later."""
    placed = () if layout.geometry is None else PLACED
    apart = {*CALIBRATION, *placed, "place"}
    return {key: value for key, value in layout.to_dict().items() if key not in apart}


def _missing(keys: Keys, n: int) -> NDArray[np.bool_]:
    """(n,) True for numbers that are not stored."""
    missing = np.ones(n, bool)
    for seq, count in zip(keys.seq.tolist(), keys.n.tolist(), strict=True):
        missing[seq : seq + count] = False
    return missing
