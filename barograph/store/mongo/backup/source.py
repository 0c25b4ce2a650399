"""What a backup reads: the days of workouts, and all other collections as they were at one moment.

Frames of archived sessions are in no backup, but what names their files is (`archived`). A session may be archived or
brought back meanwhile, so that is read before the days, and after them: where nothing has left it, each frame was
copied or is named.

Frames and rollups are read day by day, workout by workout; what `written` says of a day tells whether it has to be
read again. Everything else is read at one moment (a snapshot), and days that are still written to after it: so each
frame that is counted in a stream's document is among the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bson.datetime_ms import DatetimeMS
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from barograph.frames import Stream
from barograph.store.documents import Document, of_tag
from barograph.store.mongo.backup.manifest import Unit
from barograph.store.mongo.driver import driver, shut
from barograph.store.mongo.rows import rows_of
from barograph.store.mongo.written import DAY_S, QUIET_S

BY_DAY = ("frames", "rollups")
KEYS_OF = "seal_keys"
COLD = "archived"  # read last: what was moved out of MongoDB while its days were copied is named in it
CAPPED = ("rejected",)  # MongoDB has no snapshots of these
# What is nothing an hour later, by collection, and why.
LEFT_OUT = {
    "attempts": "how often somebody tried a password in the last minutes",
    "challenges": "questions to passkeys, answered within minutes",
    "pairings": "codes that pair a device within minutes",
}
TOO_OLD = 239
RESTORED = "restored"
AT_ONCE = 500


@dataclass(frozen=True)
class Day:
    """A day of a workout: its streams with what `written` counts of each, and their `k`.

    Of a stream in `epochs` only blocks of so many epochs belong to it: those that its document had at the moment.
    """

    uid: str
    workout: str
    tag: str | None
    day: int
    at_s: int
    written: dict[str, int]
    k: dict[str, int]
    epochs: Mapping[str, int]

    def same(self, unit: Unit | None) -> bool:
        """Return whether a unit that was read before is as this day is now."""
        return unit is not None and unit.settled and (unit.written, unit.k) == (self.written, self.k)


class Database:
    """The database that is read, by a client that waits."""

    def __init__(self, url: str, name: str, timeout_s: float) -> None:
        self.client = driver(url, timeout_s, MongoClient)
        self.db = self.client[name]

    def now_us(self) -> int:
        """Return the time of the server."""
        return int(DatetimeMS(self.client.admin.command("hello")["localTime"])) * 1000

    def collections(self) -> list[str]:
        """Return all collections that hold something of ours and are not read by day, in order."""
        stored = self.db.list_collection_names(filter={"type": {"$ne": "view"}})
        found = [name for name in stored if not name.startswith("system.")]
        return sorted(set(found) - {*BY_DAY, COLD} - LEFT_OUT.keys())

    def days(self, known: Mapping[str, int] | None = None) -> list[Day]:
        """Return the days of all workouts that are there, oldest first.

        Where streams are `known`, with the number of their epochs, others are not looked at.
        """
        there = {"erased_us": {"$exists": False}, "uid": {"$exists": True}}
        alive = {one["uid"] for one in self.db.workouts.find(there, {"uid": 1})}
        streams = {}
        for one in self.db.streams.find({"o": {"$exists": True}}, {"w": 1, "s": 1, "u": 1, "o": 1, "k": 1}):
            if one["o"] in alive and (known is None or stream_name(one) in known):
                streams[one["w"], one["s"], one.get("u")] = one
        found: dict[tuple[int, str], list[tuple[Document, Document]]] = {}
        for one in self.db.written.find():
            place = one["_id"]
            if stream := streams.get((place["w"], place["s"], one.get("u"))):
                found.setdefault((int(place["d"]), stream["o"]), []).append((one, stream))
        return [_day(day, parts, known or {}) for (day, _), parts in sorted(found.items(), key=lambda one: one[0])]

    def archived(self) -> list[Document]:
        """Return what names files in cold storage now, in order."""
        return list(self.db[COLD].find().sort("_id", 1))

    def alive(self, uids: list[str]) -> set[str]:
        """Return those of the workouts of these uids that are there."""
        there = {"uid": {"$in": uids}, "erased_us": {"$exists": False}}
        return {one["uid"] for one in self.db.workouts.find(there, {"uid": 1})}

    def quiet(self, day: Day) -> bool:
        """Return whether nobody has written to a day for a while."""
        return day.at_s + QUIET_S < self.now_us() // 1_000_000

    def unmarked(self, day: Day) -> bool:
        """Return whether all rollups of a day are to be trusted."""
        return all(self.db.rollups.find_one({**one, "m": {"$exists": True}}, {"_id": 1}) is None for one in _rows(day))

    def same_now(self, day: Day) -> bool:
        """Return whether nobody has begun to write to a day since it was looked at."""
        ids = [{"w": day.workout, "s": stream, "d": day.day} for stream in day.written]
        found = {one["_id"]["s"]: int(one["n"]) for one in self.db.written.find({"_id": {"$in": ids}})}
        return found == day.written

    def frames(self, day: Day) -> Iterator[Document]:
        """Give the blocks that begin on a day."""
        first_ms = day.day * DAY_S * 1000
        where = {"$gte": DatetimeMS(first_ms), "$lt": DatetimeMS(first_ms + DAY_S * 1000)}
        for stream in day.written:
            mine = {"m.w": day.workout, "m.s": stream, **of_tag(day.tag, "m.u"), "t": where}
            if stream in day.epochs:
                mine["e"] = {"$lt": day.epochs[stream]}
            yield from self.db.frames.find(mine, batch_size=AT_ONCE)

    def rollups(self, day: Day) -> Iterator[Document]:
        """Give the rows of a day as they are stored."""
        for one in _rows(day):
            yield from self.db.rollups.find({**one, **of_tag(day.tag)}, batch_size=AT_ONCE)

    def rows_to_make(self, day: Day) -> Iterator[Document]:
        """Give rows of a day that say that they are to be made, to be asked for after its frames were read."""
        tag = {} if day.tag is None else {"u": day.tag}
        for one in _rows(day):
            for row in self.db.rollups.find({**one, **of_tag(day.tag)}, {"_id": 1}):
                yield {"_id": row["_id"], "m": RESTORED, "since": 0, **tag}

    @contextmanager
    def moment(self) -> Iterator[Callable[[str], Iterator[Document]]]:
        """Provide what gives the documents of a collection, of all collections as they were at one moment."""
        with self.client.start_session(snapshot=True) as session:

            def read(name: str) -> Iterator[Document]:
                at = {} if name in CAPPED else {"session": session}
                order = [("$natural", 1)] if name in CAPPED else [("_id", 1)]
                return iter(self.db[name].find(batch_size=AT_ONCE, **at).sort(order))

            yield read

    def close(self) -> None:
        """Give back the connections."""
        shut(self.client)


def too_old(error: OperationFailure) -> bool:
    """Return whether MongoDB keeps the moment no more that was being read."""
    return error.code == TOO_OLD


def stream_name(document: Document) -> str:
    """Return what names a stream, also after its workout was made anew: by the workout's uid."""
    return f"{document.get('o', '')}/{document['s']}"


def _day(day: int, parts: list[tuple[Document, Document]], known: Mapping[str, int]) -> Day:
    stream = parts[0][1]
    return Day(
        uid=stream["o"],
        workout=stream["w"],
        tag=stream.get("u"),
        day=day,
        at_s=max(int(one["at_s"]) for one, _ in parts),
        written={one["_id"]["s"]: int(one["n"]) for one, _ in parts},
        k={stream["s"]: int(stream.get("k", 0)) for _, stream in parts},
        epochs={stream["s"]: known[stream_name(stream)] for _, stream in parts if stream_name(stream) in known},
    )


def _rows(day: Day) -> Iterator[Document]:
    first_s = day.day * DAY_S
    for stream in day.written:
        yield rows_of(Stream(day.workout, stream), first_s, first_s + DAY_S - 1)
