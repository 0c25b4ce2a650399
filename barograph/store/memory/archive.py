"""Archive and live feed in this process's memory: what the ports mean, in the fewest lines.

Made for tests and for trying things out; nothing outlives the process. The contract suite holds MongoDB and Redis
to what is done here. Nothing waits, so every method is atomic within its event loop.

Terms: twin (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from barograph.errors import NotFound
from barograph.frames import Block, Stream
from barograph.store.audit import now_us, recorded
from barograph.store.backups import BackupState
from barograph.store.documents import arrivals_of, check_storable
from barograph.store.memory.accounts import MemoryAccounts
from barograph.store.memory.audit import MemoryAudit
from barograph.store.memory.catalog import MemoryCatalog
from barograph.store.memory.cold import MemoryCold
from barograph.store.memory.corrections import MemoryCorrections
from barograph.store.memory.departures import MemoryDepartures, MemoryReceipts
from barograph.store.memory.retention import MemoryRetention
from barograph.store.memory.shelves import Stored, keys_of_stored
from barograph.store.memory.summaries import MemorySummaries
from barograph.store.memory.trials import MemoryTrials
from barograph.store.ports import Dirty, Entry, Keys, Rollup, StreamInfo, stream_of
from barograph.store.receipts import Receipt

LIVE_SECONDS = 60.0
LIVE_BYTES = 32 << 20
FORGOTTEN_S = 3600.0
MOST_ENTRIES = 256


def _owned(block: Block) -> Block:
    """A copy: the caller may fill its buffers again."""
    stats = None if block.stats is None else block.stats.copy()
    return replace(block, frames=block.frames.copy(), times_us=block.times_us.copy(), stats=stats)


class MemoryArchive(MemoryCatalog):
    """The archive port over dictionaries."""

    grace_s = 0.0

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.audit = MemoryAudit()
        accounts = MemoryAccounts()
        self.roster.moved = accounts.move_athlete
        self.accounts = recorded(accounts, self.audit, now_us)
        self._clock = clock
        self.summaries = MemorySummaries(self._workouts, self._erased, clock)
        self.trials = MemoryTrials(self._workouts, self._erased)
        self.test_days = self.roster.test_days
        self.corrections = MemoryCorrections(self._workouts, self._erased, self._begun_us)
        self.receipts = MemoryReceipts()
        self.departures = MemoryDepartures(self, accounts, self.receipts)
        self.retention = MemoryRetention()
        self.archiving = MemoryRetention()
        self.cold = MemoryCold(self._workouts, self._shelves)
        self._ids = itertools.count()

    async def backup_state(self) -> BackupState:
        """Return that there was no backup: nothing makes one of what is in memory."""
        return BackupState()

    async def delete(self, workout_id: str) -> bool:
        """Erase a workout and all that belongs to it."""
        known = self._workouts.get(workout_id) if isinstance(workout_id, str) else None
        uid, began_us = "" if known is None else known.uid, now_us()
        counts = {} if known is None else await self._counted(workout_id)
        erased = await super().delete(workout_id)
        self.summaries.forget(uid)
        self.trials.forget(uid)
        if known is not None:
            self.corrections.forget(known)
            made = Receipt(what="session", began_us=began_us, done_us=now_us(), counts=counts, master_key="none")
            self.receipts.keep(made, uid)
        return erased

    async def _counted(self, workout_id: str) -> dict[str, int]:
        workout = await self.workout(workout_id)
        return {"sessions": 1, "streams": len(workout.streams), "frames": workout.frames,
                "markers": len(await self.markers(workout_id))}  # fmt: skip

    async def append(self, batch: Sequence[tuple[Stream, Block]]) -> None:
        """Store blocks, their seconds marked dirty before."""
        arrivals = arrivals_of(batch)
        for arrival in arrivals:
            self._require_alive(arrival.stream.workout_id)
            check_storable(arrival, self._shelf(arrival.stream).info)
        for arrival in arrivals:
            shelf = self._shelf(arrival.stream)
            await self.mark_dirty(arrival.stream, arrival.seconds)
            k = shelf.info.k if arrival.block.k is None else arrival.block.k
            shelf.blocks.append(Stored(next(self._ids), k, _owned(arrival.block)))

    async def keys(self, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Return keys of all blocks that touch the closed range."""
        stored = self.cold.all_of(self._shelf(stream_of(of)))
        return keys_of_stored(
            [
                item
                for item in stored
                if (stop_us is None or item.block.times_us.min() <= stop_us)
                and (start_us is None or item.block.times_us.max() >= start_us)
            ]
        )

    async def keys_by_number(self, of: Stream | StreamInfo, e: int, start: int, stop: int) -> Keys:
        """Return keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1."""
        stored = self.cold.all_of(self._shelf(stream_of(of)))
        return keys_of_stored(
            [item for item in stored if item.block.e == e and item.block.seq < stop and item.block.stop > start]
        )

    async def load_stats(
        self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]
    ) -> list[NDArray[np.float32] | None]:
        """Return the statistics (n, columns) of these blocks without their cells; None where they have none to read."""
        return [block.stats for block in await self.load(of, keys, which)]

    async def load(self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]) -> list[Block]:
        """Return the blocks at `which` indices of `keys`, in that order."""
        stream = stream_of(of)
        shelf = self._shelf(stream)
        wanted = {keys.ids[i] for i in which}
        found = {item.id: item for item in self.cold.all_of(shelf) if item.id in wanted}
        if len(found) < len(wanted):
            raise NotFound(f"{stream}: blocks that were there a moment ago are gone; was the workout erased?")
        return [
            replace(item.block, k=None, stats=item.block.stats if item.k == shelf.info.k else None)
            for item in (found[keys.ids[i]] for i in which)
        ]

    async def dirty(self, stream: Stream) -> list[Dirty]:
        """Return the seconds whose rollup is not to be trusted."""
        return [item for _, item in sorted(self._shelves[stream].dirty.items())] if stream in self._shelves else []

    async def dirty_streams(self, before_us: int, but: Collection[str] = ()) -> list[Stream]:
        """Return streams with a second that was marked before a moment."""
        return sorted(
            stream
            for stream, shelf in self._shelves.items()
            if stream.workout_id not in but and any(item.since_us < before_us for item in shelf.dirty.values())
        )

    async def mark_dirty(self, stream: Stream, seconds: Sequence[int]) -> None:
        """Mark seconds whose rows are to be made again."""
        since_us = int(self._clock() * 1e6)
        dirty = self._shelf(stream).dirty
        for second in seconds:
            dirty[second] = Dirty(second, str(next(self._ids)), since_us)

    async def put_rollups(self, stream: Stream, rollups: Sequence[Rollup], clean: Sequence[Dirty]) -> None:
        """Replace and unmark the seconds whose mark is still the one given."""
        shelf = self._shelf(stream)
        rows = {rollup.second: rollup for rollup in rollups}
        for item in clean:
            known = shelf.dirty.get(item.second)
            if known is None or known.mark != item.mark:
                continue
            if item.second in rows and len(rows[item.second].mean) != len(shelf.info.columns):
                continue  # of a layout that is another now: it stays marked
            del shelf.dirty[item.second]
            shelf.rollups.pop(item.second, None)
            if item.second in rows:
                shelf.rollups[item.second] = replace(rows[item.second], k=shelf.info.k)

    async def renew(self) -> Stream | None:
        """Return None: memory holds nothing of an earlier version."""

    async def stored_rollups(
        self, of: Stream | StreamInfo, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Return rows of the closed range of seconds, in order, dirty ones included."""
        rows = [
            row
            for second, row in sorted(self._shelf(stream_of(of)).rollups.items())
            if (start_s is None or second >= start_s) and (stop_s is None or second <= stop_s)
        ]
        none = np.empty((0, 0), np.float32)
        return rows if maps else [replace(row, peak=none, mean_map=none) for row in rows]

    async def ping(self) -> None:
        """Answer."""

    async def close(self) -> None:
        """Do nothing: there is nothing to give back."""


class MemoryLive:
    """The live port over one bounded deque a stream: 60 s and 32 MiB, the oldest go first."""

    def __init__(
        self, *, seconds: float = LIVE_SECONDS, most_bytes: int = LIVE_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        self._seconds, self._most_bytes, self._clock = seconds, most_bytes, clock
        self._count = 0
        self._entries: dict[Stream, deque[tuple[float, Entry]]] = {}
        self._bytes: dict[Stream, int] = {}
        self._news = asyncio.Condition()

    def _trim(self, stream: Stream, now: float) -> None:
        entries = self._entries[stream]
        while entries and (entries[0][0] < now - self._seconds or self._bytes[stream] > self._most_bytes):
            _, entry = entries.popleft()
            self._bytes[stream] -= len(entry.message)

    def _forget(self, now: float) -> None:
        old = [stream for stream, entries in self._entries.items() if not entries or entries[-1][0] < now - FORGOTTEN_S]
        for stream in old:
            del self._entries[stream], self._bytes[stream]

    async def publish(self, messages: Sequence[tuple[Stream, bytes]]) -> None:
        """Append messages, drop what is too old or too much."""
        now = self._clock()
        for stream, message in messages:
            self._count += 1
            entry = Entry(stream, str(self._count), bytes(message))
            self._entries.setdefault(stream, deque()).append((now, entry))
            self._bytes[stream] = self._bytes.get(stream, 0) + len(message)
            self._trim(stream, now)
        self._forget(now)
        async with self._news:
            self._news.notify_all()

    async def forget(self, streams: Sequence[Stream]) -> None:
        """Drop all entries of streams."""
        for stream in streams:
            self._entries.pop(stream, None)
            self._bytes.pop(stream, None)

    async def recent(self, stream: Stream, seconds: float) -> list[Entry]:
        """Return entries of the last seconds, oldest first."""
        since = self._clock() - seconds
        return [entry for at, entry in self._entries.get(stream, ()) if at >= since]

    def _after(self, positions: Mapping[Stream, int]) -> list[Entry]:
        found: list[Entry] = []
        for stream, position in positions.items():
            newer = (entry for _, entry in self._entries.get(stream, ()) if int(entry.position) > position)
            found += itertools.islice(newer, MOST_ENTRIES)
        return found

    async def follow(self, after: Mapping[Stream, str], wait_s: float) -> list[Entry]:
        """Return entries after the given positions, as soon as there are any, else none after `wait_s`."""
        positions = {stream: self._count if at == "$" else int(at) for stream, at in after.items()}
        try:
            async with asyncio.timeout(wait_s), self._news:
                while not (found := self._after(positions)):
                    await self._news.wait()
        except TimeoutError:
            return []
        return found

    async def ping(self) -> None:
        """Answer."""

    async def close(self) -> None:
        """Do nothing: there is nothing to give back."""
