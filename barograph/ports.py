"""The ports to storage: what the rooms ask of an archive and of a live feed, and the plain values they answer with.

`barograph.archive` answers with MongoDB, `barograph.live` with Redis, `barograph.memory` with both in this process's
memory; one contract suite runs over all of them. Times are µs since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Block, Floats, Ints, Layout, Stream


@dataclass(frozen=True)
class About:
    """What is said of a workout; None and () leave what is stored as it is."""

    athlete: str | None = None
    kind: str | None = None
    mass_kg: float | None = None
    tags: tuple[str, ...] = ()


UNSAID = About()


@dataclass(frozen=True)
class Epoch:
    """One numbering of a stream's frames. `numbered` is False when the server numbered them on arrival.

    `next_seq` and `frames` are the marks of the last ack: the first number not settled, the distinct frames stored.
    """

    e: int
    epoch: str
    numbered: bool
    next_seq: int = 0
    frames: int = 0


@dataclass(frozen=True)
class StreamInfo:
    """What is stored of one stream. `columns` and `k` name the statistics that its blocks carry."""

    stream: Stream
    layout: Layout | None
    columns: tuple[str, ...] = ()
    k: int = 0
    epochs: tuple[Epoch, ...] = ()
    first_us: int | None = None
    last_us: int | None = None
    last_received_us: int | None = None
    spool: bool = False

    @property
    def frames(self) -> int:
        """Distinct frames stored, as of the marks."""
        return sum(epoch.frames for epoch in self.epochs)

    @property
    def numbered(self) -> bool:
        """True when a device numbered every frame, so that (e, seq) is the order of reading."""
        return all(epoch.numbered for epoch in self.epochs)


@dataclass(frozen=True)
class Workout:
    """One training session and its streams, in the order of their names."""

    workout_id: str
    created_us: int
    about: About = About()
    left_us: int | None = None
    streams: tuple[StreamInfo, ...] = ()

    @property
    def frames(self) -> int:
        """Distinct frames stored in all streams, as of the marks."""
        return sum(info.frames for info in self.streams)


@dataclass(frozen=True)
class Marker:
    """An annotation at a moment of a workout."""

    t_us: int
    label: str


@dataclass(frozen=True, eq=False)
class Keys:
    """Where stored blocks lie, without their payloads: one entry a block, in no order.

    `ids` opaque, but ordered among themselves; `e`, `seq`, `n`; `t_us` first and `t1_us` last moment; `r_us` arrival.
    `dt_us` holds the times of all frames as offsets from their block's `t_us`, block after block: (sum of n,).
    """

    ids: list[Any]
    e: Ints
    seq: Ints
    n: Ints
    t_us: Ints
    t1_us: Ints
    r_us: Ints
    dt_us: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def first(self) -> Ints:
        """(blocks,) where each block's frames begin in `dt_us` and `times_us`."""
        return np.cumsum(self.n) - self.n

    @property
    def times_us(self) -> Ints:
        """(sum of n,) the time of every frame, block after block."""
        return np.repeat(self.t_us, self.n) + self.dt_us


@dataclass(frozen=True, eq=False)
class Rollup:
    """One second of one stream: `n` frames, and min, mean and max of each statistic (k,), NaN where never defined.

    `peak` and `mean_map` are (rows, cols) float32 in stored values, NaN where a cell had none; (0, 0) when the maps
    were not asked for.
    """

    second: int
    n: int
    low: Floats
    mean: Floats
    high: Floats
    peak: NDArray[np.float32]
    mean_map: NDArray[np.float32]


@dataclass(frozen=True)
class Dirty:
    """A second whose rollup is not to be trusted, and the mark that was set when it became so."""

    second: int
    mark: str
    since_us: int


@dataclass(frozen=True)
class Entry:
    """One message of the live feed and its position."""

    stream: Stream
    position: str
    message: bytes = field(repr=False)


class Catalog(Protocol):
    """Who, when, layouts, epochs and marks. A stream must be opened, and have its layout, before frames come."""

    async def open(
        self, stream: Stream, *, epoch: str, numbered: bool, now_us: int, about: About = ..., spool: bool = False
    ) -> tuple[StreamInfo, Epoch]:
        """Enter a stream: makes workout, stream and epoch where they are new; the epoch's number is given once."""
        ...

    async def fix_layout(self, stream: Stream, layout: Layout, columns: Sequence[str], k: int) -> StreamInfo:
        """Give the stream its layout unless it has one, and answer with what is stored: the first one stays."""
        ...

    async def mark(
        self, stream: Stream, e: int, *, next_seq: int, frames: int, first_us: int, last_us: int, now_us: int
    ) -> None:
        """Raise the marks of an epoch; they never fall."""
        ...

    async def stream_info(self, stream: Stream) -> StreamInfo:
        """One stream, or `NotFound`."""
        ...

    async def note(self, workout_id: str, *, now_us: int, about: About = ..., left: bool | None = None) -> Workout:
        """Make the workout if it is new, add what is said of it, and say whether it was left."""
        ...

    async def workouts(self, *, limit: int = ..., skip: int = ...) -> list[Workout]:
        """Newest first."""
        ...

    async def workout(self, workout_id: str) -> Workout:
        """One workout, or `NotFound`."""
        ...

    async def delete(self, workout_id: str) -> None:
        """Erase a workout and all that belongs to it."""
        ...

    async def add_marker(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation."""
        ...

    async def markers(self, workout_id: str) -> list[Marker]:
        """Annotations in order of time."""
        ...


class FrameStore(Protocol):
    """Blocks, as they came."""

    async def append(self, batch: Sequence[tuple[Stream, Block]]) -> None:
        """Store blocks durably (majority, journaled), their seconds marked dirty before.

        `StorageAway`: what is stored is unknown. `NotFound` (a stream that was never opened, or erased) and
        `InvalidData` (a time the archive cannot hold): nothing is stored.
        """
        ...

    async def keys(self, stream: Stream, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Keys of all blocks that touch the closed range, read with majority."""
        ...

    async def keys_by_number(self, stream: Stream, e: int, start: int, stop: int) -> Keys:
        """Keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1, read with majority."""
        ...

    async def load(self, stream: Stream, keys: Keys, which: Sequence[int]) -> list[Block]:
        """The blocks at `which` indices of `keys`, in that order; statistics of an old version are left out."""
        ...


class RollupStore(Protocol):
    """One row a second and stream, always made from frames; a mark says that the row is not to be trusted.

    `grace_s`: a mark younger than this may still cover a write under way, and its second must be left alone.
    """

    @property
    def grace_s(self) -> float:
        """Age from which a marked second may be recomputed and unmarked."""
        ...

    async def dirty(self, stream: Stream) -> list[Dirty]:
        """The seconds whose rollup is not to be trusted, in order."""
        ...

    async def dirty_streams(self, before_us: int) -> list[Stream]:
        """Streams with a second that was marked before a moment."""
        ...

    async def mark_dirty(self, stream: Stream, seconds: Sequence[int]) -> None:
        """Mark seconds whose rows are to be made again."""
        ...

    async def put_rollups(self, stream: Stream, rollups: Sequence[Rollup], clean: Sequence[Dirty]) -> None:
        """For each second of `clean` whose mark is still the one given: replace its row, unmark it, in one step.

        A second without a rollup loses its row. A second that was marked anew keeps its old row and its mark.
        """
        ...

    async def stored_rollups(
        self, stream: Stream, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Rows of the closed range of seconds, in order, dirty ones included; without maps when not asked for."""
        ...


class Archive(Catalog, FrameStore, RollupStore, Protocol):
    """All that is kept for ever."""

    async def ping(self) -> None:
        """Answer, or raise `StorageAway`."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Live(Protocol):
    """The last moments of each stream; losing it loses no data. Where it does not answer: `LiveAway`."""

    async def publish(self, messages: Sequence[tuple[Stream, bytes]]) -> None:
        """Append messages of the binary form, in one round trip, or `LiveAway` within a bounded time."""
        ...

    async def recent(self, stream: Stream, seconds: float) -> list[Entry]:
        """Entries of the last seconds, oldest first."""
        ...

    async def follow(self, after: Mapping[Stream, str], wait_s: float) -> list[Entry]:
        """Entries after the given positions ("$": from now on, "0": all), as soon as there are any.

        None after `wait_s`. At most some hundred entries a stream: whoever is behind asks again.
        """
        ...

    async def ping(self) -> None:
        """Answer, or raise."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
