"""From a source into the spool, whether or not there is a connection.

A paced source (a sensor, or a recording played back) cannot wait: frames that the disk does not take become a declared
gap. Any other source waits: for room on the disk, and when it is `AHEAD_FRAMES` or `AHEAD_BYTES` ahead of the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from barograph.errors import InvalidData
from ingest.device import sources
from ingest.device.progress import Report
from ingest.device.sources import Chunk, Source
from ingest.device.spool import Spool
from ingest.device.spoolfile import NoRoom
from ingest.device.trials import Trials

AHEAD_FRAMES = 32768
AHEAD_BYTES = 32 << 20
RETRY_S = 0.5


class Recorder:
    """Reads one source to its end; sets `wake` whenever there is something new to send."""

    def __init__(
        self, source: Source, spool: Spool, report: Report, wake: asyncio.Event, trials: Trials, *, paced: bool
    ) -> None:
        self.exhausted = False
        self.repeats = bool(source.identity)
        self._source = source
        self._spool = spool
        self._report = report
        self._wake = wake
        self._trials = trials
        self._paced = paced
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Spool all of the source."""
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                self._check(chunk)
                if not self._trials.wanted(time.monotonic()):
                    continue
                if chunk.lost:
                    self._spool.lose(chunk.lost, chunk.why_lost)
                await self._take(chunk)
        await self._insist(self._spool.write_lost)
        self.exhausted = True
        self._wake.set()

    def _chunks(self) -> AsyncGenerator[Chunk, None]:
        if self._source.live is None:
            return sources.due(self._source, paced=self._paced, skip=self._spool.taken)
        return self._source.live.chunks(self._spool.start_us, partial(self._report.trouble, "source"))

    def room_made(self) -> None:
        """Go on: something was settled."""
        self._settled.set()

    async def _take(self, chunk: Chunk) -> None:
        times_us = self._spool.start_us + chunk.offsets_us
        if not self._paced:
            await self._wait_for_room()
            await self._insist(self._spool.append, times_us, chunk.frames)
        elif not await self._written(self._spool.append, times_us, chunk.frames):
            self._spool.lose(len(chunk))
            return
        self._report.add(spooled=len(chunk))

    async def _insist(self, write: Callable[..., None], *values: Any) -> None:
        while True:
            if await self._written(write, *values):
                return
            await asyncio.sleep(RETRY_S)

    async def _written(self, write: Callable[..., None], *values: Any) -> bool:
        try:
            await asyncio.to_thread(write, *values)
        except NoRoom as error:
            self._report.trouble("disk", str(error))
            return False
        self._report.trouble("disk")
        self._wake.set()
        return True

    async def _wait_for_room(self) -> None:
        while not await asyncio.to_thread(self._has_room):
            self._settled.clear()
            await self._written(self._spool.flush)
            if not await asyncio.to_thread(self._has_room):
                await self._settled.wait()

    def _has_room(self) -> bool:
        """A stream of which nothing waits may always go on: others may share the file."""
        held, file = self._spool.held, self._spool.file
        return not held or (held < AHEAD_FRAMES and file.used_bytes() < min(AHEAD_BYTES, file.max_bytes // 2))

    def _check(self, chunk: Chunk) -> None:
        layout = self._source.layout
        expected = (len(chunk.offsets_us), layout.rows, layout.cols)
        if chunk.frames.shape != expected or chunk.frames.dtype != layout.numpy_dtype:
            raise InvalidData(
                f"frames: expected {expected} {layout.dtype} as in the layout, "
                f"got {chunk.frames.shape} {chunk.frames.dtype}",
                field="frames",
            )
