"""What is stored of a stream, as the HTTP API gives it: page after page, each frame once and in order.

A page is planned from keys and then streamed chunk by chunk, so that memory holds a few chunks, however long the
session. A whole stream is planned window by window of its numbers, so that a page costs what is in it; a range of
times, or a stream that the server numbered, is planned from the keys of the range.

The cursor is the place of the last frame that was given, in the order of reading: pages that follow it neither repeat
nor skip what was stored when they are read. What is stored later, but belongs before it, is not shown any more.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.columns import definition, frame_columns
from analytics.frames.frame_stats import frame_stats
from barograph.codec import encode_block
from barograph.errors import InvalidData
from barograph.frames import Block, Gap, Layout, Recording
from barograph.store.documents import joined
from barograph.store.ports import Archive, Keys, StreamInfo
from barograph.store.reading import Plan, plan, read_planned
from barograph.store.reading_rule import Pieces, expand, reading_rule, runs

MAX_SEQ = 1 << 53
CHUNK_FRAMES = 1024
JSON_CELLS = 1 << 18  # what is turned to text at once
SPAN_GROWTH = 32  # from window to window, where a window of numbers was not full
WIDTHS_US = (10_000_000, 600_000_000)
LENGTH_BYTES = 8


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a frame stands in the order of reading; `numbered` says which order that is."""

    numbered: bool
    t_us: int
    r_us: int
    e: int
    seq: int

    def cursor(self) -> str:
        """Return the cursor as text that is opaque to clients and safe in an address."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """Return the place in a cursor, or `InvalidData`."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            place = msgspec.json.decode(text, type=cls)
        except (binascii.Error, ValueError, RecursionError) as error:
            raise InvalidData("cursor: expected one that this server gave as next_cursor", field="cursor") from error
        if not (
            0 <= place.e < 1 << 31
            and 0 <= place.seq < MAX_SEQ
            and 0 <= place.t_us < 1 << 62
            and 0 <= place.r_us < 1 << 62
        ):
            raise InvalidData("cursor: expected one that this server gave as next_cursor", field="cursor")
        return place


@dataclass(frozen=True, eq=False)
class Page:
    """What to read, and the place of its last frame when there are more."""

    plan: Plan
    last: Place | None

    @property
    def next_cursor(self) -> str | None:
        """Where the next page goes on, or None at the end."""
        return self.last.cursor() if self.last else None


async def page(
    archive: Archive,
    info: StreamInfo,
    *,
    start_us: int | None = None,
    stop_us: int | None = None,
    limit: int,
    after: Place | None = None,
) -> Page:
    """Return the first `limit` frames of the closed range that come after a place."""
    if after is not None and after.numbered != info.numbered:
        raise InvalidData(
            "cursor: the order of this stream has changed, for a client without numbers joined it: begin again",
            field="cursor",
        )
    if start_us is None and stop_us is None and info.numbered:
        planned = await _by_number(archive, info, limit + 1, after)
    else:
        planned = await _by_time(archive, info, start_us, stop_us, limit + 1, after)
    return await asyncio.to_thread(_page, planned, limit, after)


async def _by_number(archive: Archive, info: StreamInfo, wanted: int, after: Place | None) -> Plan:
    """A plan with `wanted` frames from a place on, or with all that there are."""
    parts: list[tuple[Keys, Pieces]] = []
    async with aclosing(_windows(archive, info, wanted, after)) as windows:
        async for keys, pieces in windows:
            parts.append((keys, pieces))
            wanted -= _size(pieces)
            if wanted <= 0:
                break
    return _plan_of(info, parts)


async def _windows(
    archive: Archive, info: StreamInfo, span: int, after: Place | None
) -> AsyncGenerator[tuple[Keys, Pieces], None]:
    """Window after window of numbers, epoch after epoch; they grow, for a gap may be as wide as numbers go."""
    e, seq = (after.e, after.seq + 1) if after else (0, 0)
    for epoch in info.epochs[e:]:
        width = span
        while seq < MAX_SEQ:
            stop = min(seq + width, MAX_SEQ)
            keys = await archive.keys_by_number(info.stream, epoch.e, seq, stop)
            yield keys, await asyncio.to_thread(_numbers, keys, seq, stop)
            seq, width = stop, width * SPAN_GROWTH
        seq = 0


def _numbers(keys: Keys, first: int, stop: int) -> Pieces:
    """What the reading rule gives of numbers `first` … `stop` − 1, of which `keys` has every copy."""
    reading = reading_rule(keys, numbered=True)
    start = np.maximum(reading.start, first - keys.seq[reading.block])
    end = np.minimum(reading.stop, stop - keys.seq[reading.block])
    inside = start < end
    return reading.block[inside], start[inside], end[inside]


def _size(pieces: Pieces) -> int:
    return int((pieces[2] - pieces[1]).sum())


def _plan_of(info: StreamInfo, parts: list[tuple[Keys, Pieces]]) -> Plan:
    """Windows one after the other as one plan."""
    empty = (np.empty(0, np.int64),) * 3
    offsets = np.cumsum([0, *(len(keys) for keys, _ in parts)]).tolist()
    moved = [(block + offset, start, stop) for offset, (_, (block, start, stop)) in zip(offsets, parts, strict=False)]
    block, start, stop = (np.concatenate(columns) for columns in zip(*(moved or [empty]), strict=True))
    return Plan(info, joined([keys for keys, _ in parts]), (block, start, stop), 0, ())


async def _by_time(
    archive: Archive, info: StreamInfo, start_us: int | None, stop_us: int | None, wanted: int, after: Place | None
) -> Plan:
    """A plan of the closed range, or of so much of it from a place on that `wanted` frames are there."""
    if after is None or info.numbered:
        return await plan(archive, info.stream, start_us, stop_us)
    begin_us = max(after.t_us, start_us or 0)
    for width_us in WIDTHS_US:
        if stop_us is not None and begin_us + width_us >= stop_us:
            break
        planned = await plan(archive, info.stream, begin_us, begin_us + width_us)
        if int(_beyond(planned, after).sum()) >= wanted:
            return planned
    return await plan(archive, info.stream, begin_us, stop_us)


def _beyond(planned: Plan, after: Place | None) -> NDArray[np.bool_]:
    """(frames,) which frames of a plan come after a place."""
    keys, (block, at) = planned.keys, expand(*planned.pieces)
    known = keys.e[block] < len(planned.info.epochs)  # an epoch may have begun since the plan's stream was looked up
    if after is None:
        return known
    columns = [(keys.e[block], after.e), (keys.seq[block] + at, after.seq)]
    if not after.numbered:
        times_us = keys.times_us[keys.first[block] + at]
        columns = [(times_us, after.t_us), (keys.r_us[block], after.r_us), *columns]
    beyond = np.zeros(len(block), bool)
    for column, value in reversed(columns):
        beyond = (column > value) | ((column == value) & beyond)
    return beyond & known


def _page(planned: Plan, limit: int, after: Place | None) -> Page:
    """The first `limit` frames of a plan after a place."""
    beyond = _beyond(planned, after)
    block, at = (column[beyond] for column in expand(*planned.pieces))
    more = len(block) > limit
    block, at = block[:limit], at[:limit]
    planned = replace(planned, pieces=runs(block, at))
    return Page(planned, _place(planned, int(block[-1]), int(at[-1])) if more else None)


def _place(planned: Plan, block: int, at: int) -> Place:
    keys = planned.keys
    t_us = int(keys.times_us[keys.first[block] + at])
    return Place(planned.info.numbered, t_us, int(keys.r_us[block]), int(keys.e[block]), int(keys.seq[block]) + at)


async def as_json(archive: Archive, found: Page) -> AsyncIterator[bytes]:
    """Yield a page as JSON text, in pieces."""
    lead = b'{"frames":['
    async for part in frames_of(archive, found):
        yield lead + await asyncio.to_thread(_frames_text, part, found.plan)
        lead = b","
    yield (lead if lead != b"," else b"") + b'],"next_cursor":' + msgspec.json.encode(found.next_cursor) + b"}"


async def frames_of(archive: Archive, found: Page) -> AsyncIterator[Block]:
    """Yield the frames of a page, as many at once as are turned to text together."""
    async with aclosing(_blocks(archive, found)) as blocks:
        async for block in blocks:
            for part in _parts(block, JSON_CELLS):
                yield part


async def as_messages(archive: Archive, found: Page) -> AsyncIterator[bytes]:
    """Yield a page as messages of the binary form, each after its length."""
    stream, epochs = found.plan.info.stream, found.plan.info.epochs
    async with aclosing(_blocks(archive, found)) as blocks:
        async for block in blocks:
            header = {"type": "frames", "workout_id": stream.workout_id, "stream": stream.stream}
            header["epoch"] = epochs[block.e].epoch
            message = await asyncio.to_thread(encode_block, replace(block, stats=None), header)
            yield len(message).to_bytes(LENGTH_BYTES, "little") + message


async def as_table(archive: Archive, found: Page) -> AsyncIterator[bytes]:
    """Yield the statistics of a page as JSON text, in pieces.

    What the columns are, by which parameters, one row per frame.
    """
    columns = [vars(definition(name)) for name in frame_columns(found.plan.layout)] if found.plan.frames else []
    about = msgspec.json.encode(_parameters(found.plan.layout) if found.plan.frames else {})
    lead = b'{"columns":' + msgspec.json.encode(columns) + b',"parameters":' + about + b',"rows":['
    async with aclosing(_blocks(archive, found)) as blocks:
        async for block in blocks:
            yield lead + await asyncio.to_thread(_rows_text, block, found.plan.layout)
            lead = b","
    yield (lead if lead != b"," else b"") + b'],"next_cursor":' + msgspec.json.encode(found.next_cursor) + b"}"


def _parameters(layout: Layout) -> dict[str, Any]:
    """What `frame_stats` says of a table of this layout: thresholds and the sensor's maximum."""
    none = Recording(np.zeros((0, layout.rows, layout.cols), layout.numpy_dtype), np.zeros(0, np.int64), layout)
    return {str(key): value for key, value in frame_stats(none).attrs.items() if key != "units"}


def _rows_text(block: Block, layout: Layout) -> bytes:
    """The rows of a block as elements of a JSON array: e, seq, timestamp, and the columns; NaN becomes null."""
    values = frame_stats(block, layout).to_numpy().tolist()
    rows = [
        [block.e, block.seq + index, timestamp(t_us), *row]
        for index, (t_us, row) in enumerate(zip(block.times_us.tolist(), values, strict=True))
    ]
    return msgspec.json.encode(rows)[1:-1]


async def _blocks(archive: Archive, found: Page) -> AsyncGenerator[Block, None]:
    if not found.plan.frames:
        return
    async with aclosing(read_planned(archive, found.plan, CHUNK_FRAMES)) as blocks:
        async for block in blocks:
            yield block


def _parts(block: Block, cells: int) -> Iterator[Block]:
    step = max(1, cells // block.frames[0].size)
    for start in range(0, len(block), step):
        yield block.part(start, min(start + step, len(block)))


def _frames_text(block: Block, planned: Plan) -> bytes:
    """The frames of a block as elements of a JSON array."""
    epoch, cells = planned.info.epochs[block.e].epoch, cells_of(block, planned.layout)
    frames = [
        {"seq": block.seq + index, "e": block.e, "epoch": epoch, "timestamp": timestamp(t_us), "matrix": matrix}
        for index, (t_us, matrix) in enumerate(zip(block.times_us.tolist(), cells, strict=True))
    ]
    return msgspec.json.encode(frames)[1:-1]


def cells_of(block: Block, layout: Layout) -> list[Any]:
    """Return cells as Python numbers; NaN, which the encoder writes as null, where one is missing."""
    if layout.mask is None:
        return list(block.frames.tolist())
    cells = block.frames.astype(object)
    cells[:, ~layout.valid] = None
    return list(cells.tolist())


def timestamp(t_us: int) -> float:
    """Return milliseconds since 1970, exact to the µs, as a client may send them."""
    return t_us / 1000


def describe_gap(gap: Gap, info: StreamInfo) -> dict[str, Any]:
    """Return numbers that are not stored, between the times of their neighbours."""
    return {
        "e": gap.e, "epoch": info.epochs[gap.e].epoch, "seq": gap.seq, "n": gap.n, "reason": gap.reason,
        "start": timestamp(gap.start_us), "stop": timestamp(gap.stop_us),
    }  # fmt: skip
