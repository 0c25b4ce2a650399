"""What may be stored, and how values become MongoDB documents and come back; no driver, no I/O.

A frames document holds one Block: `t` its first moment floored to ms (BSON dates keep no more), `dt` the int64 µs
from there, `t1` and `r` exact µs, `x` the cells (`z` 1: zstd), `stats` float32 column after column with their
version `k`. A row of `rollups` holds one second; while `m` (a mark) is in it, it is not to be trusted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from barograph.errors import InvalidData, NotFound
from barograph.frames import Block, Stream
from barograph.ports import About, StreamInfo

Document = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_US = (1 << 32) * 1_000_000
MAX_BLOCK_BYTES = 2 << 20


def check_storable(stream: Stream, info: StreamInfo, block: Block) -> None:
    """Raise `NotFound` or `InvalidData` unless `block` fits what is known of its stream."""
    layout = info.layout
    if layout is None:
        raise NotFound(f"{stream}: expected a stream with a layout before its frames, but it has none")
    cells = (layout.rows, layout.cols)
    if block.frames.shape[1:] != cells or block.frames.dtype != layout.numpy_dtype:
        raise InvalidData(
            f"frames: expected {layout.rows} x {layout.cols} {layout.dtype} in {stream}, "
            f"got {block.frames.shape[1:]} {block.frames.dtype}",
            field="frames",
        )
    if block.stats is not None and block.stats.shape[1] != len(info.columns):
        raise InvalidData(
            f"stats: expected {len(info.columns)} columns in {stream}, got {block.stats.shape[1]}", field="stats"
        )
    check_times(stream, block)


def check_times(stream: Stream, block: Block) -> None:
    """Raise `InvalidData` for a time outside 1970 … 2106: a bucket's id keeps 32 bits of seconds."""
    first, last = int(block.times_us.min()), int(block.times_us.max())
    if first < 0 or last >= END_US:
        raise InvalidData(f"times_us: expected 0 to {END_US - 1} in {stream}, got {first} to {last}", field="times_us")


def seconds_of(block: Block) -> list[int]:
    """The seconds in which the frames of a block lie."""
    whole: list[int] = np.unique(block.times_us // 1_000_000).tolist()
    return whole


def merged(old: About, new: About) -> About:
    """What is said of a workout after `new` was said; None and () leave what is there."""
    said = {name: value for name, value in vars(new).items() if value not in (None, ())}
    return replace(old, **said)
