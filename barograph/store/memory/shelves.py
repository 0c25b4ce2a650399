"""What the twin in memory keeps of one stream, and what is asked of it in more than one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from barograph.frames import Block
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.counts import exact
from barograph.store.records import Dirty, Keys, Rollup, StreamInfo


@dataclass(frozen=True)
class Stored:
    """A block, in the order of writing."""

    id: int
    k: int
    block: Block


@dataclass
class Shelf:
    """Everything of one stream."""

    info: StreamInfo
    blocks: list[Stored] = field(default_factory=list)
    cold: list[Stored] = field(default_factory=list)
    rollups: dict[int, Rollup] = field(default_factory=dict)
    dirty: dict[int, Dirty] = field(default_factory=dict)
    origins: dict[int, str] = field(default_factory=dict)
    calibrations: list[CalibrationRecord] = field(default_factory=list)


def least(known: int | None, new: int) -> int:
    """Return the smaller one; the new where there is none yet."""
    return new if known is None else min(known, new)


def most(known: int | None, new: int) -> int:
    """Return the larger one; the new where there is none yet."""
    return new if known is None else max(known, new)


def keys_of_stored(stored: Sequence[Stored]) -> Keys:
    """Return keys of blocks."""
    blocks = [item.block for item in stored]
    t_us = np.array([block.times_us.min() for block in blocks], np.int64)
    n = np.array([len(block) for block in blocks], np.int64)
    times = np.concatenate([block.times_us for block in blocks]) if blocks else np.empty(0, np.int64)
    return Keys(
        ids=[item.id for item in stored],
        e=np.array([block.e for block in blocks], np.int64),
        seq=np.array([block.seq for block in blocks], np.int64),
        n=n,
        t_us=t_us,
        t1_us=np.array([block.times_us.max() for block in blocks], np.int64),
        r_us=np.array([block.received_us for block in blocks], np.int64),
        dt_us=times - np.repeat(t_us, n),
    )


def exact_info(shelf: Shelf) -> StreamInfo:
    """Return a stream with its marks raised to what is stored, if it was written lately."""
    return exact(shelf.info, keys_of_stored([*shelf.cold, *shelf.blocks])) if shelf.dirty else shelf.info
