"""What moving blocks to cold storage and back has in common: which blocks are a stream's, and whether two are equal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from barograph.errors import FramesAway
from barograph.frames import Stream
from barograph.store.cold.port import MovedFrames
from barograph.store.documents import Document, blocks_of, of_tag, owner_of
from barograph.store.mongo.cold import document_of
from barograph.store.mongo.rows import DAY_US, FENCE
from barograph.store.mongo.written import DAY_S
from barograph.store.records import Keys, StreamInfo
from barograph.store.sealing import Sealing

if TYPE_CHECKING:
    from barograph.store.cold.files import Row

FIELDS = ("e", "seq", "n", "t", "t1", "r", "dt", "z", "x", "k", "stats")


def now_us() -> int:
    """Return the time, µs since 1970."""
    return time.time_ns() // 1000


def total(a: MovedFrames, b: MovedFrames) -> MovedFrames:
    """Return what was moved by both."""
    return MovedFrames(a.blocks + b.blocks, a.frames + b.frames, a.size + b.size)


def differ(name: str) -> FramesAway:
    """Return the error that says that a file is not what was written."""
    return FramesAway(f"cold storage: what was read back of {name} is not what was written; nothing was removed")


def of_stream(stream: Document) -> Document:
    """Return which blocks are of a stream, by its document."""
    return {"m.w": stream["w"], "m.s": stream["s"], **of_tag(stream.get("u"), "m.u")}


def of_info(info: StreamInfo) -> Document:
    """Return which blocks are of a stream, by what is known of it."""
    return {"m.w": info.stream.workout_id, "m.s": info.stream.stream, **of_tag(info.stream.uid or None, "m.u")}


def before_fence(stream: Document, entry: Document) -> Document:
    """Return which blocks of a stream were stored before the fence of what is moved."""
    return {**of_stream(stream), f"m.{FENCE}": {"$not": {"$gt": int(entry["g"])}}}


def tag_of(stream: Document) -> dict[Stream, str]:
    """Return the tag of a stream, if it has one."""
    return {Stream(stream["w"], stream["s"]): stream["u"]} if stream.get("u") else {}


def days_of(stream: Document, keys: Keys) -> dict[Stream, list[int]]:
    """Return one second of each day on which blocks begin."""
    days = np.unique(keys.t_us // DAY_US).tolist()
    return {Stream(stream["w"], stream["s"]): [day * DAY_S for day in days]}


def equal(sealing: Sealing, info: StreamInfo, rows: Sequence[Row], hot: Sequence[Document | None]) -> bool:
    """Return whether blocks of a file are those of MongoDB, field by field, and cell by cell when they are unpacked."""
    there = [one for one in hot if one is not None]
    if len(there) != len(rows) or info.layout is None:
        return False
    cold, owner = [document_of(row) for row in rows], owner_of(info)
    for mine, yours in zip(cold, there, strict=True):
        a, b = sealing.open("frames", owner, mine), sealing.open("frames", owner, yours)
        if any(a.get(name) != b.get(name) for name in FIELDS):
            return False
    cells = zip(*(blocks_of(some, info, info.layout, sealing) for some in (cold, there)), strict=True)
    return all(
        mine.frames.tobytes() == yours.frames.tobytes() and np.array_equal(mine.times_us, yours.times_us)
        for mine, yours in cells
    )
