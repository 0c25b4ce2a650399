"""What the archive in MongoDB is made of besides its questions: ids, updates and spans."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pymongo import DeleteOne, UpdateOne

from barograph.errors import Gone
from barograph.frames import Stream
from barograph.store.documents import END_S, Arrival, Document, date, rollup_fields
from barograph.store.mongo.driver import between
from barograph.store.ports import Dirty, Rollup, StreamInfo
from barograph.store.sealing import Sealing

# By which a sharded cluster spreads what grows (docs/deployment.md): each question to these says of which workouts.
SHARD_KEYS = {"frames": "m.w", "rollups": "_id.w", "streams": "w"}
END_US = END_S * 1_000_000
DAY_US = 86_400 * 1_000_000
RETURNED = "b"  # in the meta field of a block that was brought back from cold storage: by which attempt
FENCE = "g"  # in the meta field of a block: how often its stream was archived before it was stored


@dataclass(frozen=True)
class Known:
    """What was read of a stream when its last second began; `fence` tells its blocks from those before archiving."""

    info: StreamInfo
    longest_us: int
    longest_n: int
    tag: str | None = None
    fence: int = 0

    @property
    def meta(self) -> Document:
        """What the meta field of its blocks has beside its name."""
        return ({"u": self.tag} if self.tag else {}) | ({FENCE: self.fence} if self.fence else {})


def require_same(stream: Stream, tag: str | None) -> None:
    """Raise `Gone` for a stream of a workout whose name is another's now."""
    if tag and stream.uid and stream.uid != tag:
        raise Gone(f"{stream.workout_id}: this workout was erased; another one has its name now")


def place(stream: Stream) -> Document:
    """Return what finds the document of a stream: its id, and the workout by which streams are sharded."""
    return {"_id": str(stream), "w": stream.workout_id}


def of_streams(streams: Collection[Stream]) -> Document:
    """Return what finds the documents of streams, likewise."""
    return {"_id": {"$in": [*map(str, streams)]}, "w": {"$in": sorted({one.workout_id for one in streams})}}


def rows_of(stream: Stream, first_s: int | None = None, last_s: int | None = None) -> Document:
    """Return what finds the rows of `rollups` in a closed range of seconds: by their index, and the shard key."""
    names = {"w": stream.workout_id, "s": stream.stream}
    return between(names, "t", first_s, last_s) | {"_id.w": stream.workout_id}


def row(stream: Stream, second: int) -> Document:
    """Return the id of a row of `rollups`."""
    return {"_id": {"w": stream.workout_id, "s": stream.stream, "t": second}}


def cleaning(
    stream: Stream, item: Dirty, rollup: Rollup | None, info: StreamInfo, sealing: Sealing
) -> UpdateOne | DeleteOne:
    """Replace a row and unmark it, where its mark is still this one."""
    where = row(stream, item.second) | {"m": item.mark}
    if rollup is None:
        return DeleteOne(where)
    return UpdateOne(where, {"$set": rollup_fields(rollup, info, sealing), "$unset": {"m": "", "since": ""}})


def within(first_us: int, last_us: int) -> Document:
    """Return blocks that begin in the closed range, rounded out to ms.

    A bound near 1970 or 2106 is left out: mongod derives ids of buckets from it, whose 32 bits of seconds run over.
    """
    bounds = {}
    if first_us > DAY_US:
        bounds["$gte"] = date(min(first_us, END_US - DAY_US) // 1000)
    if last_us < END_US - DAY_US:
        bounds["$lte"] = date(max(last_us, 0) // 1000)
    return {"t": bounds} if bounds else {}


def touched_of(arrivals: Sequence[Arrival]) -> dict[Stream, list[int]]:
    """Return the seconds in which each stream's frames lie."""
    seconds: dict[Stream, set[int]] = {}
    for arrival in arrivals:
        seconds.setdefault(arrival.stream, set()).update(arrival.seconds)
    return {stream: sorted(found) for stream, found in seconds.items()}


def longest_of(arrivals: Sequence[Arrival], known: Mapping[Stream, Known]) -> dict[Stream, tuple[int, int]]:
    """Return each stream's longest block, in µs and frames; rounded up to powers of two, so that it seldom grows."""
    longest = {stream: (item.longest_us, item.longest_n) for stream, item in known.items()}
    for arrival in arrivals:
        longest_us, longest_n = longest[arrival.stream]
        span_us, n = arrival.last_us - arrival.first_us, len(arrival.block)
        longest_us = longest_us if span_us <= longest_us else 1 << span_us.bit_length()
        longest[arrival.stream] = longest_us, longest_n if n <= longest_n else 1 << n.bit_length()
    return longest
