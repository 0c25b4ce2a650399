"""Group commit: pieces of many streams become Blocks, and Blocks of many streams share one insert.

A Block closes after 100 ms, at the limits of `barograph.blocks`, or when its next piece does not follow it. Closed
Blocks wait while `MAX_INSERTS` inserts are under way, and for the rest of `PACE_S` since the last insert began: so
inserts are small when there is little to do and large when there is much, and fifty slow devices do not make five
hundred inserts a second.
Queues: what is accepted and not yet stored is bounded by `MAX_PENDING_BYTES` of memory, times and statistics included;
beyond it `room` makes the reader of a socket wait, its peer's window stays as it is and the transport pushes back.
Nothing is dropped here.

An insert whose outcome is unknown is neither failed nor done: the archive is asked which numbers it has, and what is
missing is written again, for as long as it takes.

Terms: group commit (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from barograph.blocks import MAX_BYTES, MAX_FRAMES, cut, fits, join
from barograph.errors import BarographError, InvalidData, NotFound, StorageAway
from barograph.frames import Block
from barograph.ranges import Ranges
from barograph.store.ports import FrameStore, Keys
from ingest.stream_session import StreamSession

log = logging.getLogger("barograph.ingest")

MAX_BLOCK_AGE_S = 0.1
MAX_INSERTS = 2
PACE_S = 0.015
MAX_INSERT_BYTES = 8 << 20
MAX_PENDING_BYTES = 64 << 20
BLOCK_BYTES = 1 << 10  # what a Block takes beside its arrays
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)

Piece = tuple[StreamSession, Block]
OnStored = Callable[[Sequence[Piece]], Awaitable[None]]
OnRefused = Callable[[StreamSession, Block, BarographError], None]


@dataclass
class _Open:
    """Pieces of one session that will be one Block."""

    blocks: list[Block]
    timer: asyncio.TimerHandle
    frames: int = 0
    size: int = 0

    def takes(self, block: Block) -> bool:
        return fits(self.frames, self.size, self.blocks[-1], block)


@dataclass(eq=False)
class Committer:
    """Owns every frame between arrival and journal; `on_stored` hears of each insert's blocks."""

    store: FrameStore
    on_stored: OnStored
    on_refused: OnRefused
    away: bool = False
    pending_bytes: int = 0
    inserts: int = 0
    _open: dict[StreamSession, _Open] = field(default_factory=dict)
    _closed: list[Piece] = field(default_factory=list)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _waiting: dict[StreamSession, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, session: StreamSession, block: Block) -> None:
        """Take a piece; it will be stored, however long that takes."""
        self.pending_bytes += held_bytes(block)
        for part in cut(block):
            self._add(session, part)

    def _add(self, session: StreamSession, block: Block) -> None:
        self._waiting[session] += 1
        opened = self._open.get(session)
        if opened is not None and not opened.takes(block):
            self._close(session)
            opened = None
        if opened is None:
            timer = asyncio.get_running_loop().call_later(MAX_BLOCK_AGE_S, self._close, session)
            opened = self._open[session] = _Open([], timer)
        opened.blocks.append(block)
        opened.frames += len(block)
        opened.size += block.nbytes
        if opened.frames >= MAX_FRAMES or opened.size >= MAX_BYTES or not session.can_wait:
            self._close(session)

    def _close(self, session: StreamSession) -> None:
        opened = self._open.pop(session, None)
        if opened is None:
            return
        opened.timer.cancel()
        self._waiting[session] -= len(opened.blocks) - 1
        self._closed.append((session, join(opened.blocks)))
        self.pending_bytes += BLOCK_BYTES
        self._work.set()

    @property
    def pressed(self) -> bool:
        """True while devices should keep what they have: the archive is away, or far behind."""
        return self.away or self.pending_bytes > MAX_PENDING_BYTES // 2

    async def room(self) -> None:
        """Wait until more may be accepted."""
        if self.pending_bytes > MAX_PENDING_BYTES:
            async with self._changed:
                await self._changed.wait_for(lambda: self.pending_bytes <= MAX_PENDING_BYTES)

    async def flush(self, session: StreamSession) -> None:
        """Return when all that the session took is stored."""
        self._close(session)
        async with self._changed:
            await self._changed.wait_for(lambda: session not in self._waiting)

    async def drain(self) -> None:
        """Return when all is stored."""
        for session in list(self._open):
            self._close(session)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting)

    async def run(self) -> None:
        """Insert what is closed until cancelled; an error that is not the storage's absence ends it."""
        clock, begun_s = asyncio.get_running_loop().time, -PACE_S
        async with asyncio.TaskGroup() as group:
            while True:
                await self._work.wait()
                await asyncio.sleep(begun_s + PACE_S - clock())
                begun_s = clock()
                async with self._changed:
                    await self._changed.wait_for(lambda: self.inserts < MAX_INSERTS)
                self.inserts += 1
                group.create_task(self._insert(self._next_batch()), name="ingest-insert")

    def _next_batch(self) -> list[Piece]:
        size = taken = 0
        while taken < len(self._closed) and (size < MAX_INSERT_BYTES or taken == 0):
            size += self._closed[taken][1].nbytes
            taken += 1
        batch, self._closed = self._closed[:taken], self._closed[taken:]
        if not self._closed:
            self._work.clear()
        return batch

    async def _insert(self, batch: list[Piece]) -> None:
        try:
            await self.on_stored(await self._store(batch))
        finally:
            self.inserts -= 1
            async with self._changed:
                for session, block in batch:
                    self.pending_bytes -= held_bytes(block) + BLOCK_BYTES
                    self._waiting[session] -= 1
                    if not self._waiting[session]:
                        del self._waiting[session]
                self._changed.notify_all()

    async def _store(self, batch: list[Piece]) -> list[Piece]:
        """Those that are stored: all, but for what the archive will never take, which `on_refused` hears of."""
        try:
            await self._append(batch)
        except (NotFound, InvalidData) as error:
            if len(batch) == 1:
                self.on_refused(*batch[0], error)
                return []
            return [piece for one in batch for piece in await self._store([one])]
        return batch

    async def _append(self, batch: Sequence[Piece]) -> None:
        rest = [(session.stream, block) for session, block in batch]
        for attempt in count():
            try:
                if attempt:
                    rest = [(s.stream, part) for s, block in batch for part in await self._unstored(s, block)]
                if rest:
                    await self.store.append(rest)
            except StorageAway as error:
                self.away = True
                wait_s = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                log.warning("archive away, %d blocks wait, asking again in %.1f s: %s", len(batch), wait_s, error)
                await asyncio.sleep(wait_s)
            else:
                self.away = False
                return

    async def _unstored(self, session: StreamSession, block: Block) -> list[Block]:
        keys = await self.store.keys_by_number(session.stream, block.e, block.seq, block.stop)
        stored = ranges_of(keys)
        return [block.part(a - block.seq, b - block.seq) for a, b in stored.missing(block.seq, block.stop)]


def held_bytes(block: Block) -> int:
    """Return the memory that a Block's arrays take: joined or cut, Blocks take as much as their parts."""
    return block.nbytes + block.times_us.nbytes + (0 if block.stats is None else block.stats.nbytes)


def ranges_of(keys: Keys) -> Ranges:
    """Return the numbers that blocks of one epoch hold."""
    return Ranges(zip(keys.seq.tolist(), (keys.seq + keys.n).tolist(), strict=True))
