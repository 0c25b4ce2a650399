"""Sessions that tests archive: frames that tell their numbers, on two days."""

from __future__ import annotations

import numpy as np

from barograph.frames import Block, Layout, Stream
from barograph.store.ports import About, Archive

T0 = 1_700_000_000_000_000
DAY_US = 86_400_000_000
RUN, OTHER = Stream("run", "left"), Stream("run", "right")
LAYOUT = Layout(rows=3, cols=2, dtype="float32", unit="kPa")
FRAMES = 20


def block(seq: int, n: int = 5, at_us: int = T0) -> Block:
    """Frames that tell their numbers, with a cell that is missing and statistics."""
    cells = np.arange(seq * 6, (seq + n) * 6, dtype="<f4").reshape(n, 3, 2)
    cells[:, 0, 0] = np.nan
    times_us = at_us + 10_000 * np.arange(seq, seq + n)
    return Block(0, seq, times_us, T0 + seq, cells, np.full((n, 1), seq, "<f4"))


async def recorded(archive: Archive, *streams: Stream, blocks: int = 4, days: int = 2, kind: str = "gait") -> None:
    """Store sessions whose blocks are of several days."""
    for stream in streams or (RUN, OTHER):
        await archive.open(stream, epoch="one", numbered=True, now_us=T0, about=About(kind=kind))
        await archive.fix_layout(stream, LAYOUT, ("total",), 1)
        for number in range(blocks):
            await archive.append([(stream, block(5 * number, at_us=T0 + DAY_US * (number % days)))])
        last_us = T0 + DAY_US * (days - 1) + 10**6
        await archive.mark(stream, 0, next_seq=5 * blocks, frames=5 * blocks, first_us=T0, last_us=last_us, now_us=T0)
