"""Statistics of frames without the frames: what curves are made of, and what a viewer gets of the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barograph import codec
from barograph.frames import Block, Ints, Stream


@dataclass(frozen=True, eq=False)
class Samples:
    """Statistics of consecutive frames, without the frames: `times_us` (n,), `stats` (n, k) float32."""

    e: int
    seq: int
    times_us: Ints
    stats: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.times_us)

    @property
    def stop(self) -> int:
        """The number after the last frame's."""
        return self.seq + len(self)

    def since(self, start_us: int) -> Samples | None:
        """Return those from the first of a moment or later on, whatever times follow; None without any."""
        late = self.times_us >= start_us
        return self.part(int(late.argmax()), len(self)) if late.any() else None

    def part(self, first: int, after: int) -> Samples:
        """Return those from `first` on, up to `after`."""
        return Samples(self.e, self.seq + first, self.times_us[first:after], self.stats[first:after])


def samples_of(block: Block) -> Samples | None:
    """Return a block without its frames, or None when it carries no statistics."""
    return None if block.stats is None else Samples(block.e, block.seq, block.times_us, block.stats.copy())


def history(stream: Stream, samples: Iterable[Samples]) -> Iterator[bytes]:
    """Yield samples as messages, one a run of consecutive numbers."""
    for run in _runs(samples):
        times = np.concatenate([part.times_us for part in run])
        stats = np.concatenate([part.stats for part in run])
        head = {"type": "history", "workout_id": stream.workout_id, "stream": stream.stream}
        yield codec.encode(
            {**head, "e": run[0].e, "seq": run[0].seq, "n": len(times), "stats": stats.shape[1]}
            | codec.times_header(times),
            np.ascontiguousarray(stats, "<f4").tobytes(),
        )


def _runs(samples: Iterable[Samples]) -> Iterator[list[Samples]]:
    run: list[Samples] = []
    for part in samples:
        if run and ((part.e, part.seq) != (run[-1].e, run[-1].stop) or part.stats.shape[1] != run[-1].stats.shape[1]):
            yield run
            run = []
        run.append(part)
    if run:
        yield run
