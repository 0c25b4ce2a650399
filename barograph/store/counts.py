"""How many frames are stored, to the last one that was acknowledged.

The marks of an epoch follow its frames by half a second, and for ever when a process is killed in between. So whoever
asks for a stream that was written lately gets its marks and what is stored beyond them. A mark says of a number how
many frames below it are stored (`Epoch.counted`); what is stored from there on is counted when it is asked for. Frames
that are stored later below that number, in a gap that was given up, are marked before anybody hears of them.

A stream was written lately when a second of it is marked dirty: that is done before its frames are stored, and undone
when the second's rollup is made; before that, the marks are raised to what is stored (`recount`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from barograph.store.records import Epoch, Keys, StreamInfo


def counted(epoch: Epoch) -> tuple[int, int]:
    """Return a number, and how many frames below it are stored for sure."""
    if epoch.counted is not None:
        number, below = epoch.counted
        return number, min(below, number)
    lost = covered((min(item.seq, epoch.next_seq), min(item.seq + item.n, epoch.next_seq)) for item in epoch.unstored)
    return epoch.next_seq, epoch.next_seq - lost


def covered(ranges: Iterable[tuple[int, int]]) -> int:
    """Return how many numbers lie in half-open ranges, each once."""
    total, reach = 0, -1
    for start, stop in sorted(ranges):
        total += max(0, stop - max(start, reach))
        reach = max(reach, stop)
    return total


def exact(info: StreamInfo, keys: Keys) -> StreamInfo:
    """Return a stream with its marks raised to what is stored.

    `keys` has all blocks from each epoch's `counted` number on.
    """
    beyond = np.zeros(len(keys), bool)
    epochs = []
    for epoch in info.epochs:
        here = (keys.e == epoch.e) & (keys.seq + keys.n > counted(epoch)[0])
        epochs.append(_raised(epoch, keys, here))
        beyond |= here
    raised = replace(info, epochs=tuple(epochs))
    if not beyond.any():
        return raised
    first_us, last_us = _span(keys, beyond, info.first_us, info.last_us)
    received_us = max(info.last_received_us or 0, int(keys.r_us[beyond].max()))
    return replace(raised, first_us=first_us, last_us=last_us, last_received_us=received_us)


def _raised(epoch: Epoch, keys: Keys, here: NDArray[np.bool_]) -> Epoch:
    number, below = counted(epoch)
    starts, stops = np.maximum(keys.seq[here], number), (keys.seq + keys.n)[here]
    frames = below + covered(zip(starts.tolist(), stops.tolist(), strict=True))
    if epoch.counted is None:  # a mark of the past may have counted what came late
        frames = max(frames, epoch.frames)
    if not here.any():
        return replace(epoch, frames=frames)
    first_us, last_us = _span(keys, here, epoch.first_us, epoch.last_us)
    return replace(epoch, frames=frames, first_us=first_us, last_us=last_us)


def _span(keys: Keys, here: NDArray[np.bool_], first_us: int | None, last_us: int | None) -> tuple[int, int]:
    low, high = int(keys.t_us[here].min()), int(keys.t1_us[here].max())
    return low if first_us is None else min(low, first_us), high if last_us is None else max(high, last_us)
