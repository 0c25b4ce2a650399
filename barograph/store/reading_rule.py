"""The reading rule: which stored frames count, and in which order. Pure: keys in, pieces out, no driver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from barograph.frames import Gap, Ints
from barograph.store.ports import Keys

Pieces = tuple[Ints, Ints, Ints]


@dataclass(frozen=True, eq=False)
class Reading:
    """Which stored frames to read, in order: piece i is frames `start[i]` … `stop[i]` − 1 of block `block[i]`.

    `frames` counts the distinct frames, `duplicates` the stored ones that lost; `gaps` the numbers from 0 of every
    epoch that are not stored, up to the last that is.
    """

    block: Ints
    start: Ints
    stop: Ints
    frames: int
    duplicates: int
    gaps: tuple[Gap, ...]


def reading_rule(keys: Keys, numbered: bool) -> Reading:
    """Return every stored frame once: of those with one (e, seq) the first stored, by arrival, then id.

    The order is (e, seq), or for a stream whose frames the server numbered (time, arrival), frame by frame.
    """
    pieces = _first_stored(keys)
    gaps = _gaps(keys, pieces)
    if not numbered:
        pieces = _by_time(keys, pieces)
    frames = int((pieces[2] - pieces[1]).sum())
    return Reading(*pieces, frames=frames, duplicates=int(keys.n.sum()) - frames, gaps=gaps)


def _first_stored(keys: Keys) -> Pieces:
    """Pieces that do not overlap, in order of (e, seq)."""
    order = np.lexsort((keys.seq, keys.e))
    epochs = np.split(order, np.flatnonzero(np.diff(keys.e[order])) + 1)
    block, start, stop = (
        np.concatenate(column) for column in zip(*(_of_epoch(keys, part) for part in epochs), strict=True)
    )
    return block, start, stop


def _of_epoch(keys: Keys, order: Ints) -> Pieces:
    """The same for the blocks of one epoch, given in order of seq; only where blocks overlap it looks at frames."""
    seq = keys.seq[order]
    reach = np.maximum.accumulate(seq + keys.n[order])
    apart = np.ones(len(order) + 1, bool)
    apart[1:-1] = seq[1:] >= reach[:-1]
    alone = apart[:-1] & apart[1:]
    whole = order[alone]
    crowd = _winners(keys, order[~alone])
    block, start, stop = (
        np.concatenate(columns) for columns in zip((whole, np.zeros_like(whole), keys.n[whole]), crowd, strict=True)
    )
    by_number = np.argsort(keys.seq[block] + start)
    return block[by_number], start[by_number], stop[by_number]


def _winners(keys: Keys, crowd: Ints) -> Pieces:
    """Frame by frame: of the blocks in `crowd` that have a number, the first stored."""
    first_stored = sorted(crowd.tolist(), key=lambda i: (keys.r_us[i], keys.ids[i]))
    rank = np.empty(len(keys), np.int64)
    rank[first_stored] = np.arange(len(first_stored))
    block, at = expand(crowd, np.zeros_like(crowd), keys.n[crowd])
    number = keys.seq[block] + at
    order = np.lexsort((rank[block], number))
    won = order[np.diff(number[order], prepend=-1) > 0]
    return runs(block[won], at[won])


def expand(block: Ints, start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Return the block and place of every frame of pieces."""
    n = stop - start
    return np.repeat(block, n), np.arange(n.sum()) - np.repeat(np.cumsum(n) - n - start, n)


def runs(block: Ints, at: Ints) -> Pieces:
    """Return pieces out of the block and place of every frame."""
    cut = (np.diff(block) != 0) | (np.diff(at) != 1)
    first = np.flatnonzero(np.concatenate(([True], cut)))[: len(block)]
    last = np.flatnonzero(np.concatenate((cut, [True])))[: len(block)]
    return block[first], at[first], at[last] + 1


def _by_time(keys: Keys, pieces: Pieces) -> Pieces:
    """The frames of pieces in order of (time, arrival), those that tie as they are."""
    block, at = expand(*pieces)
    times_us = keys.times_us[keys.first[block] + at]
    if (np.diff(times_us) > 0).all():
        return pieces
    order = np.lexsort((keys.r_us[block], times_us))
    return runs(block[order], at[order])


def _gaps(keys: Keys, pieces: Pieces) -> tuple[Gap, ...]:
    """What is missing before each piece of (e, seq), between the times of its neighbours."""
    block, start, stop = pieces
    e, first = keys.e[block], keys.seq[block] + start
    fresh = np.diff(e, prepend=-1) != 0
    expected = np.where(fresh, 0, np.roll(keys.seq[block] + stop, 1))
    times_us, place = keys.times_us, keys.first[block]
    found = []
    for i in np.flatnonzero(first > expected).tolist():
        after_us = int(times_us[place[i] + start[i]])
        before_us = after_us if fresh[i] else int(times_us[place[i - 1] + stop[i - 1] - 1])
        found.append(Gap(int(e[i]), int(expected[i]), int(first[i] - expected[i]), before_us, after_us))
    return tuple(found)
