"""Columns of choice of one watched workout: made for those who ask for them, from the frames that everybody gets.

Made a few times a second, in a thread, so that the frames themselves wait for nothing; while nobody asks, nothing is
made or kept. Who asks gets the last seconds of the column first, from the feed and, before it, the archive.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import aclosing

from barograph import codec
from barograph.errors import CodecError, InvalidData, LiveAway, StorageAway
from barograph.frames import Block
from barograph.store.ports import Archive, Live, StreamInfo, Workout
from barograph.store.reading import read
from dashboard.feed.columns import MOST_KEYS, Derived, column
from dashboard.feed.viewer import Viewer
from dashboard.feed.waiting import Extra
from dashboard.reading.archive_reads import with_stats
from dashboard.reading.recent_samples import Samples

log = logging.getLogger("barograph.dashboard")

PAST_US = 30_000_000
MOST_PENDING_BYTES = 32 << 20
MOST_ROWS = 4096


class ColumnFeed:
    """Of one room: who wants what, the columns as far as they are made, and the frames that came since."""

    def __init__(self, archive: Archive, live: Live) -> None:
        self._archive, self._live = archive, live
        self._wanted: dict[Viewer, frozenset[str]] = {}
        self._made: dict[tuple[str, str], tuple[StreamInfo, Derived]] = {}
        self._pending: dict[str, list[Block]] = {}
        self._pending_bytes = 0
        self._lock = asyncio.Lock()

    @property
    def wanted(self) -> frozenset[str]:
        """What anybody asked for."""
        return frozenset().union(*self._wanted.values())

    def take(self, stream: str, block: Block) -> None:
        """Take frames that have just come; when far too many wait, the oldest go, and the columns have a gap there."""
        if not self._wanted or block.stats is None:
            return
        self._pending.setdefault(stream, []).append(block)
        self._pending_bytes += block.nbytes
        while self._pending_bytes > MOST_PENDING_BYTES and len(self._pending[stream]) > 1:
            self._pending_bytes -= self._pending[stream].pop(0).nbytes

    def leave(self, viewer: Viewer) -> None:
        """Let a viewer go that wants nothing more."""
        self._wanted.pop(viewer, None)
        self._forget()

    def _forget(self) -> None:
        wanted = self.wanted
        for name in [name for name in self._made if name[1] not in wanted]:
            del self._made[name]
        if not wanted:
            self._pending, self._pending_bytes = {}, 0

    async def ask(self, workout: Workout | None, viewer: Viewer, keys: Iterable[str]) -> None:
        """Give a viewer these columns from now on, and no others; of those that are new it gets the last seconds."""
        async with self._lock:
            before = self._wanted.get(viewer, frozenset())
            now = frozenset(sorted(set(keys))[:MOST_KEYS])
            self._wanted[viewer] = now  # first: what comes while the past is read is made after it
            self._forget()
            for info in workout.streams if workout else ():
                fresh = {key: Derived(made) for key in now - before if (made := column(key, info)) is not None}
                if fresh:
                    await self._begin(info, viewer, fresh)
            self._forget()  # it may have left meanwhile

    async def _begin(self, info: StreamInfo, viewer: Viewer, fresh: dict[str, Derived]) -> None:
        warm_us = max(derived.warm_us for derived in fresh.values())
        known_us = min(time.time_ns() // 1000, info.last_us or 1 << 62) - PAST_US
        fed = await self._fed(info, known_us - warm_us)
        past = _Past(fresh)
        try:
            await self._stored(info, known_us - warm_us, fed, past)
        except StorageAway as error:
            log.warning("%s: the seconds before could not be read: %s", info.stream, error)
            # What the first rows of the feed hang on is not known.
            known_us = max(known_us, int(fed[0].times_us[0]) + warm_us) if fed else known_us
        if fed:
            await asyncio.to_thread(past.take, fed)
        for key, derived in fresh.items():
            self._made.setdefault((info.stream.stream, key), (info, derived))
            viewer.add(_extras(info, key, past.since(key, known_us)))

    async def _fed(self, info: StreamInfo, start_us: int) -> list[Block]:
        try:
            entries = await self._live.recent(info.stream, time.time_ns() / 1e9 - start_us / 1e6)
        except LiveAway:
            return []
        return _of_these_columns(info, (block for entry in entries if (block := _frames(entry.message)) is not None))

    async def _stored(self, info: StreamInfo, start_us: int, fed: list[Block], past: _Past) -> None:
        """What is stored before the feed begins."""
        stop_us = int(fed[0].times_us[0]) - 1 if fed else info.last_us
        if info.layout is None or info.first_us is None or stop_us is None or stop_us < max(start_us, info.first_us):
            return
        async with aclosing(read(self._archive, info.stream, start_us, stop_us)) as blocks:
            async for block in blocks:
                await asyncio.to_thread(past.take, [with_stats(block, info.layout)])

    async def advance(self, workout: Workout | None) -> None:
        """Make what has come since, and give it to those who asked."""
        if not self._pending:
            return
        async with self._lock:
            pending, self._pending, self._pending_bytes = self._pending, {}, 0
            infos = {info.stream.stream: info for info in workout.streams} if workout else {}
            for name, blocks in pending.items():
                if name in infos:
                    await self._make(infos[name], blocks)

    async def _make(self, info: StreamInfo, blocks: list[Block]) -> None:
        wanted, blocks = self.wanted, _of_these_columns(info, blocks)
        made = {key: derived for key in wanted if (derived := self._derived(info, key)) is not None}
        for key, rows in (await asyncio.to_thread(_each, made, blocks)).items():
            extras = _extras(info, key, rows)
            for viewer, keys in self._wanted.items():
                if key in keys:
                    viewer.add(extras)

    def _derived(self, info: StreamInfo, key: str) -> Derived | None:
        """The column as far as it is made; of a stream that is new, or calibrated anew, from here on."""
        name = (info.stream.stream, key)
        known = self._made.get(name)
        if known is not None and known[0].layout == info.layout and known[0].columns == info.columns:
            return known[1]
        made = column(key, info)
        if made is None:
            return None
        self._made[name] = (info, Derived(made))
        return self._made[name][1]


class _Past:
    """Rows of some columns of one stream, made of frames of the past."""

    def __init__(self, made: dict[str, Derived]) -> None:
        self._made = made
        self._rows: dict[str, list[Samples]] = {key: [] for key in made}

    def take(self, blocks: list[Block]) -> None:
        """The next frames."""
        for key, rows in _each(self._made, blocks).items():
            self._rows[key] += rows

    def since(self, key: str, start_us: int) -> list[Samples]:
        """The rows of a column from a moment on."""
        return [late for part in self._rows[key] if (late := part.since(start_us)) is not None]


def _each(made: dict[str, Derived], blocks: list[Block]) -> dict[str, list[Samples]]:
    """The next rows of each column; one that cannot be made of these frames has none of them."""
    found: dict[str, list[Samples]] = {}
    for key, derived in made.items():
        try:
            found[key] = derived.update(blocks)
        except InvalidData as error:
            log.warning("%s could not be made: %s", key, error)
            found[key] = []
    return found


def _of_these_columns(info: StreamInfo, blocks: Iterable[Block]) -> list[Block]:
    """Blocks with the columns that the stream has now: a geometry that was chosen meanwhile has others."""
    return [one for one in blocks if one.stats is not None and one.stats.shape[1] == len(info.columns)]


def _extras(info: StreamInfo, key: str, samples: Iterable[Samples]) -> list[Extra]:
    """As messages of a bounded size."""
    starts = ((part, at) for part in samples for at in range(0, len(part), MOST_ROWS))
    return [Extra(info.stream, key, part.part(at, at + MOST_ROWS)) for part, at in starts]


def _frames(message: bytes) -> Block | None:
    try:
        header, block = codec.decode_block(message)
    except CodecError:
        return None  # an announcement: it holds no frames
    return block if header.get("type") == "frames" and block.stats is not None else None


async def rows(archive: Archive, info: StreamInfo, keys: Iterable[str], start_us: int, stop_us: int) -> list[Extra]:
    """Return the columns of a closed span of the past; frames are held a block at a time."""
    made = {key: Derived(one) for key in sorted(set(keys))[:MOST_KEYS] if (one := column(key, info)) is not None}
    if not made or info.layout is None:
        return []
    past, warm_us = _Past(made), max(derived.warm_us for derived in made.values())
    async with aclosing(read(archive, info.stream, start_us - warm_us, stop_us)) as blocks:
        async for block in blocks:
            await asyncio.to_thread(past.take, [with_stats(block, info.layout)])
    return [extra for key in made for extra in _extras(info, key, past.since(key, start_us))]
