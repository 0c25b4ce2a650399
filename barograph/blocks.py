"""How long a Block may be, where a run of frames is cut into Blocks, and which Blocks become one.

A Block holds at most `MAX_FRAMES` frames and `MAX_BYTES` of raw cells (a larger frame is a Block by itself). It ends
where time steps back, or jumps by more than `MAX_STEP_US`: so a Block's first and last time tell what lies between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from barograph.frames import Block, Ints

MAX_FRAMES = 64
MAX_BYTES = 128 << 10
MAX_STEP_US = 10_000_000


def edges(times_us: Ints, frame_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, stop) of each Block that frames at these times are cut into."""
    most = max(1, min(MAX_FRAMES, MAX_BYTES // frame_bytes))
    broken = _breaks(times_us[1:] - times_us[:-1])
    for first, last in pairwise([0, *broken, len(times_us)]):
        for start in range(first, last, most):
            yield start, min(start + most, last)


def _breaks(steps: Ints) -> list[int]:
    if not len(steps) or (np.minimum.reduce(steps) >= 0 and np.maximum.reduce(steps) <= MAX_STEP_US):
        return []
    found: list[int] = (np.flatnonzero((steps < 0) | (steps > MAX_STEP_US)) + 1).tolist()
    return found


def cut(block: Block) -> list[Block]:
    """Return the parts of a block that are each within the limits."""
    parts = list(edges(block.times_us, block.nbytes // len(block)))
    return [block] if len(parts) == 1 else [block.part(start, stop) for start, stop in parts]


def follows(last: Block, block: Block) -> bool:
    """Return whether two blocks can be one: consecutive numbers, and statistics of one version, or none in both."""
    return (
        (block.e, block.seq) == (last.e, last.stop)
        and block.k == last.k
        and (block.stats is None) == (last.stats is None)
    )


def fits(frames: int, nbytes: int, last: Block, block: Block) -> bool:
    """Return whether so many frames, which end with `last`, and `block` are one Block within the limits."""
    step_us = int(block.times_us[0]) - int(last.times_us[-1])
    whole = frames + len(block) <= MAX_FRAMES and nbytes + block.nbytes <= MAX_BYTES
    return whole and 0 <= step_us <= MAX_STEP_US and follows(last, block)


def join(blocks: Sequence[Block], received_us: int | None = None) -> Block:
    """Return blocks of which each `follows` the one before as one, received with the first or as said."""
    first = blocks[0]
    if len(blocks) == 1:
        return first
    return first.with_more(blocks[1:], first.received_us if received_us is None else received_us)
