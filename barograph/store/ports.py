"""The ports to storage: what the rooms ask of an archive and of a live feed, and the plain values they answer with.

`barograph.store.mongo.archive` answers with MongoDB, `barograph.store.redis` with Redis,
`barograph.store.memory.archive` with both in this process's memory; one contract suite runs over all of them. Times are
µs since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Block, Layout, Stream
from barograph.store.backups import BackupState
from barograph.store.beside import Beside
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.reader import Reader
from barograph.store.records import (
    UNSAID,
    About,
    Clock,
    Dirty,
    Entry,
    Epoch,
    Final,
    FinalPart,
    Keys,
    Marker,
    Moved,
    Rejected,
    Rollup,
    StreamInfo,
    Unstored,
    Workout,
)
from barograph.store.roster_port import Roster
from barograph.store.scope import Scope
from barograph.store.search import KnownValues, Query

__all__ = [
    "UNSAID",
    "About",
    "Archive",
    "Catalog",
    "Clock",
    "Dirty",
    "Entry",
    "Epoch",
    "Final",
    "FinalPart",
    "FrameStore",
    "Keys",
    "Live",
    "Marker",
    "Rejected",
    "Rollup",
    "RollupStore",
    "StreamInfo",
    "Unstored",
    "Workout",
]


class Catalog(Protocol):
    """Who, when, layouts, epochs and marks. A stream must be opened, and have its layout, before frames come."""

    async def open(
        self,
        stream: Stream,
        *,
        epoch: str,
        numbered: bool,
        now_us: int,
        about: About = ...,
        spool: bool = False,
        lease: str = "",
    ) -> tuple[StreamInfo, Epoch]:
        """Enter a stream: makes workout, stream and epoch where they are new; the epoch's number is given once.

        A `lease` is taken from whoever had it. Who takes one is a device: a workout that was erased, and an epoch that
        belonged to one, are `Gone` for it. Without a lease a new workout is made of the name.
        """
        ...

    async def fix_layout(self, stream: Stream, layout: Layout, columns: Sequence[str], k: int) -> StreamInfo:
        """Give the stream its layout unless it has one, and answer with what is stored: the first one stays."""
        ...

    async def calibrate(
        self,
        stream: Stream,
        layout: Layout,
        columns: Sequence[str],
        *,
        now_us: int,
        by: str = "",
        record: CalibrationRecord | None = None,
        undoes: str = "",
    ) -> StreamInfo:
        """Give a stream that has a layout another one and a higher `k`, and keep when that was and who did it.

        `record` is kept before; the one whose uid is `undoes` is undone then. `barograph.store.calibration` says what
        else.
        """
        ...

    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return the records that are kept of a stream's calibrations, oldest first; or `NotFound`."""
        ...

    async def mark(
        self,
        stream: Stream,
        e: int,
        *,
        next_seq: int,
        frames: int,
        first_us: int,
        last_us: int,
        now_us: int,
        lease: str = "",
        below: int | None = ...,
    ) -> None:
        """Raise the marks of an epoch; they never fall, and whoever has not its lease changes nothing.

        `frames` are stored, `below` of them under numbers below `next_seq` (all, when it is not given).
        """
        ...

    async def recount(self, stream: Stream) -> None:
        """Raise the marks of a stream to what is stored; before its seconds are called clean."""
        ...

    async def fix_clock(self, stream: Stream, e: int, clock: Clock) -> Clock:
        """Give the epoch its clock unless it has one, and answer with what is stored: the first one stays."""
        ...

    async def move_clock(self, stream: Stream, e: int, moved: Moved) -> Clock:
        """Add an offset that holds from a number on to the epoch's clock, and answer with the clock."""
        ...

    async def settle(self, stream: Stream, e: int, unstored: Sequence[Unstored], *, lease: str) -> bool:
        """Record numbers that are settled without being stored; False, and nothing changes, without the lease."""
        ...

    async def reject(self, stream: Stream, e: int, rejected: Rejected) -> None:
        """Keep what was refused for good, for whoever has to find out why; the oldest go first."""
        ...

    async def rejected(self, workout_id: str) -> list[Rejected]:
        """Return what is kept of what was refused, oldest first."""
        ...

    async def leased(self, lease: str, streams: Collection[Stream]) -> set[tuple[Stream, int]]:
        """Return the epochs of these streams whose lease is this one."""
        ...

    async def free_bytes(self) -> int | None:
        """Return room that is left where the archive writes; None when it cannot know."""
        ...

    async def stream_info(self, stream: Stream) -> StreamInfo:
        """Return one stream with all frames that were acknowledged counted, or `NotFound`."""
        ...

    async def note(
        self, workout_id: str, *, now_us: int, about: About = ..., left: bool | None = None, renew: bool = False
    ) -> Workout:
        """Make the workout if it is new, add what is said of it, and say whether it was left.

        One that was erased is `Gone`, unless a person wants another one of its name (`renew`).
        """
        ...

    async def describe(self, workout_id: str, about: About) -> Workout:
        """Replace all that is said of a workout, what is left out included, or `NotFound`."""
        ...

    async def add_final(self, stream: Stream, uid: str, part: FinalPart) -> None:
        """Keep a part of a series that is not the stream's yet."""
        ...

    async def set_final(self, stream: Stream, final: Final) -> None:
        """Make a series whose parts are kept the stream's final one, instead of the one before, or `NotFound`."""
        ...

    async def final_part(self, uid: str, place: int) -> FinalPart:
        """Return the part of a series that holds a place, or `NotFound`."""
        ...

    async def keep_origin(self, stream: Stream, e: int, text: str) -> None:
        """Keep where the frames of an epoch come from (`barograph.store.origins`): the first text stays; or
        `NotFound`."""
        ...

    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where the epochs of a stream come from, in their order, of those that say it; or `NotFound`."""
        ...

    @property
    def roster(self) -> Roster:
        """Athletes and teams, and whose workouts are."""
        ...

    async def workouts(self, *, limit: int = ..., skip: int = ..., scope: Scope = ...) -> list[Workout]:
        """Return the newest first, of those that may be seen."""
        ...

    async def search(self, query: Query, *, limit: int = ..., skip: int = ...) -> tuple[list[Workout], int]:
        """Return the sessions that match, in the order asked for, and how many there are in all."""
        ...

    async def known_values(self, scope: Scope = ...) -> KnownValues:
        """Return athletes, kinds and tags of all sessions that may be seen."""
        ...

    async def workout(self, workout_id: str) -> Workout:
        """Return one workout, or `NotFound`."""
        ...

    async def delete(self, workout_id: str) -> bool:
        """Erase a workout and all that belongs to it: first that it is erased, at once and for good, then the rest.

        False when there was nothing to erase. One that was interrupted goes on when it is done again.
        """
        ...

    async def erased(self, workout_ids: Collection[str]) -> set[str]:
        """Return those of these that were erased, and are not there again."""
        ...

    async def uids(self, workout_ids: Collection[str]) -> dict[str, str]:
        """Return the `uid` of each of these that is stored."""
        ...

    async def sweep(self, before_us: int) -> list[Stream]:
        """Erase once more what was erased before a moment: writes that were under way have landed by then.

        Answers with the streams that were swept, of names that are not there again.
        """
        ...

    async def add_marker(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation, or `NotFound`."""
        ...

    async def markers(self, workout_id: str) -> list[Marker]:
        """Return annotations in order of time."""
        ...


class FrameStore(Protocol):
    """Blocks, as they came."""

    async def append(self, batch: Sequence[tuple[Stream, Block]]) -> None:
        """Store blocks durably (majority, journaled), their seconds marked dirty before.

        `StorageAway`: what is stored is unknown. `NotFound` (a stream that was never opened, or erased) and
        `InvalidData` (a time the archive cannot hold): nothing is stored.
        """
        ...

    async def keys(self, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Return keys of all blocks that touch the closed range, read with majority."""
        ...

    async def keys_by_number(self, of: Stream | StreamInfo, e: int, start: int, stop: int) -> Keys:
        """Return keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1, read with majority."""
        ...

    async def load(self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]) -> list[Block]:
        """Return the blocks at `which` indices of `keys`, in that order; statistics of an old version are left out."""
        ...

    async def load_stats(
        self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]
    ) -> list[NDArray[np.float32] | None]:
        """Return the statistics (n, columns) of these blocks without their cells; None where they have none to read."""
        ...


class RollupStore(Protocol):
    """One row per second and stream, always made from frames; a mark says that the row is not to be trusted.

    `grace_s`: a mark younger than this may still cover a write under way, and its second must be left alone.
    """

    @property
    def grace_s(self) -> float:
        """Age from which a marked second may be recomputed and unmarked."""
        ...

    async def dirty(self, stream: Stream) -> list[Dirty]:
        """Return the seconds whose rollup is not to be trusted, in order."""
        ...

    async def dirty_streams(self, before_us: int, but: Collection[str] = ()) -> list[Stream]:
        """Return streams with a second that was marked before a moment, none of the workouts `but`."""
        ...

    async def mark_dirty(self, stream: Stream, seconds: Sequence[int]) -> None:
        """Mark seconds whose rows are to be made again."""
        ...

    async def renew(self) -> Stream | None:
        """Mark the rows of one stream whose statistics an earlier version made, and say which; None without one."""
        ...

    async def put_rollups(self, stream: Stream, rollups: Sequence[Rollup], clean: Sequence[Dirty]) -> None:
        """Replace and unmark, in one step, each row of `clean` whose mark is still the one given.

        A second without a rollup loses its row. A second that was marked anew keeps its old row and its mark.
        """
        ...

    async def stored_rollups(
        self, of: Stream | StreamInfo, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Return rows of the closed range of seconds, in order, dirty ones included.

        Without maps when not asked for.
        """
        ...


class Archive(Catalog, FrameStore, RollupStore, Beside, Protocol):
    """All that is kept for ever."""

    async def backup_state(self) -> BackupState:
        """Return how old the newest backup is, and what became of those after it."""
        ...

    async def ping(self) -> None:
        """Answer, or raise `StorageAway`."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def stream_of(of: Stream | StreamInfo) -> Stream:
    """Return the name of a stream, of which all may be known."""
    return of.stream if isinstance(of, StreamInfo) else of


async def read_info(archive: Catalog | Reader, of: Stream | StreamInfo) -> StreamInfo:
    """Return what is stored of a stream; whoever has read it already gives that, and it is not read again."""
    return of if isinstance(of, StreamInfo) else await archive.stream_info(of)


class Live(Protocol):
    """The last moments of each stream; losing it loses no data. Where it does not answer: `LiveAway`."""

    async def forget(self, streams: Sequence[Stream]) -> None:
        """Drop all entries of streams, or `LiveAway`."""
        ...

    async def publish(self, messages: Sequence[tuple[Stream, bytes]]) -> None:
        """Append messages of the binary form, in one round trip, or `LiveAway` within a bounded time."""
        ...

    async def recent(self, stream: Stream, seconds: float) -> list[Entry]:
        """Return entries of the last seconds, oldest first."""
        ...

    async def follow(self, after: Mapping[Stream, str], wait_s: float) -> list[Entry]:
        """Return entries after the given positions ("$": from now on, "0": all), as soon as there are any.

        None after `wait_s`. At most some hundred entries a stream: whoever is behind asks again.
        """
        ...

    async def ping(self) -> None:
        """Take an entry and give it again, or raise `LiveAway`."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
