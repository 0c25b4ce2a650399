"""Which days of a stream were written to, so that a backup copies those alone.

A document of `written` stands for a day (UTC) of a stream: `n` is counted up and `at_s` raised before seconds of that
day are marked, at most once a minute by each process. All that changes frames or rollups marks first. So where `n` is
the same, and `at_s` was older than `QUIET_S` when it was read, the frames and rollups of that day are the same. `due`
says that there may be marks (`barograph.store.mongo.due`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pymongo import UpdateOne

from barograph.frames import Stream
from barograph.store.documents import Document
from barograph.store.marks import Seconds
from barograph.store.mongo.driver import aggregated
from barograph.store.mongo.rows import rows_of

DAY_S = 86_400
SAID_EVERY_S = 60.0
QUIET_S = 300  # older than this, no write under it can be under way: what was said, the grace of marks, and clocks
MOST_REMEMBERED = 8192


class WrittenDays:
    """What this process has said of days, and when."""

    def __init__(self, database: Any, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock
        self._said: dict[tuple[Stream, int], float] = {}

    async def say(self, touched: Seconds, tags: Mapping[Stream, str]) -> None:
        """Say of the days of seconds that they are written to, before a mark of theirs is set."""
        now = self._clock()
        days = {(stream, second // DAY_S) for stream, seconds in touched.items() for second in seconds}
        late = [one for one in days if not 0 <= now - self._said.get(one, -SAID_EVERY_S) < SAID_EVERY_S]
        if not late:
            return
        await self._db.written.bulk_write([_said(*one, int(now), tags) for one in late], ordered=False)
        if len(self._said) > MOST_REMEMBERED:
            self._said.clear()
        self._said.update(dict.fromkeys(late, now))

    def forget(self, stream: Stream) -> None:
        """Forget a stream that is no more."""
        self._said = {one: at for one, at in self._said.items() if one[0] != stream}


def _said(stream: Stream, day: int, now_s: int, tags: Mapping[Stream, str]) -> UpdateOne:
    tag = {"u": tags[stream]} if stream in tags else {}
    change: Document = {"$inc": {"n": 1}, "$max": {"at_s": now_s}, "$set": {"due": True, **tag}}
    return UpdateOne(place(stream.workout_id, stream.stream, day), change, upsert=True)


def place(workout_id: str, stream: str, day: int) -> Document:
    """Return the id of a day of a stream."""
    return {"_id": {"w": workout_id, "s": stream, "d": day}}


async def days_of_streams(database: Any) -> None:
    """Note the days of what was stored before days were noted: those of each stream's rollups."""
    now_s = int(time.time())
    async for stream in database.streams.find({}, {"w": 1, "s": 1, "u": 1}):
        rows = rows_of(Stream(stream["w"], stream["s"]))
        day = {"$floor": {"$divide": ["$_id.t", DAY_S]}}
        found = await aggregated(database.rollups, [{"$match": rows}, {"$group": {"_id": day}}])
        tag = {"u": stream["u"]} if "u" in stream else {}
        fresh = {"$setOnInsert": {"n": 0, "at_s": now_s, **tag}}
        days = [UpdateOne(place(stream["w"], stream["s"], int(one["_id"])), fresh, upsert=True) for one in found]
        if days:
            await database.written.bulk_write(days, ordered=False)
