"""`barograph archive` is killed (SIGKILL) at any moment, there and back, while a device writes to the same session.

With `BAROGRAPH_FAULTS` (`make faults`) at ten moments each way; else at one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from archived import LAYOUT, T0
from keyed import open_archive
from pymongo import MongoClient

from barograph.errors import StorageAway
from barograph.frames import Block, Stream
from barograph.servers.embedded import Servers
from barograph.store.cold.places import Directory
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About
from barograph.store.reading import plan, read_recording

MOMENTS = 10 if "BAROGRAPH_FAULTS" in os.environ else 1
BLOCKS, N, TIMEOUT_S, LONGEST_S = 60, 5, 1.0, 6.0
LATE_EVERY_S = 0.2
RUN = Stream("run", "left")
pytestmark = pytest.mark.timeout(600)


def numbered(seq: int) -> Block:
    """Frames that tell their numbers."""
    cells = np.arange(seq * 6, (seq + N) * 6, dtype="<f4").reshape(N, 3, 2)
    return Block(0, seq, T0 + 10_000 * np.arange(seq, seq + N), T0 + seq, cells, np.full((N, 1), seq, "<f4"))


class Lateness:
    """A device that sends the rest of an ended session, block after block, each again until it is stored."""

    def __init__(self, archive: MongoArchive, at: int) -> None:
        self._archive, self.stored = archive, at

    async def run(self) -> None:
        while True:
            with contextlib.suppress(StorageAway):
                await self._archive.append([(RUN, numbered(self.stored))])
                self.stored += N
            await asyncio.sleep(LATE_EVERY_S)


async def ended(environment: dict[str, str], *arguments: str, after_s: float) -> int | None:
    """Run a command and kill it after a while; return its status, None where it was killed."""
    command = [sys.executable, "-m", "barograph", "archive", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = await asyncio.create_subprocess_exec(*command, env=environment, **quiet)
    try:
        return await asyncio.wait_for(started.wait(), after_s)
    except TimeoutError:
        started.kill()
        await started.wait()
        return None


async def whole(url: str, database: str, place: Directory, stored: int) -> int:
    """Read all as a process that has read nothing yet: each frame is there, once, in order; return what is doubled."""
    reader = await open_archive(url, database, place=place)
    try:
        found = await read_recording(reader, RUN)
        read = found.frames[:, 1, 0].tolist()
        assert read[:stored] == [6.0 * i + 2 for i in range(stored)], "lost, or out of order"
        assert read == [6.0 * i + 2 for i in range(len(read))]
        return (await plan(reader, RUN)).duplicates
    finally:
        await reader.close()


async def test_nothing_is_lost_or_doubled_however_archiving_is_killed(
    servers: Servers, database: str, cold_place: Directory
) -> None:
    archive = await open_archive(servers.mongo_url, database, TIMEOUT_S, place=cold_place)
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0, about=About(kind="gait"))
    await archive.fix_layout(RUN, LAYOUT, ("total",), 1)
    for number in range(BLOCKS):
        await archive.append([(RUN, numbered(number * N))])
    ended_us = T0 + 10_000 * BLOCKS * N
    await archive.mark(RUN, 0, next_seq=BLOCKS * N, frames=BLOCKS * N, first_us=T0, last_us=ended_us, now_us=ended_us)
    environment = dict(os.environ) | {
        "BAROGRAPH_MONGO_URL": servers.mongo_url, "BAROGRAPH_DATABASE": database,
        "BAROGRAPH_COLD_STORAGE": str(cold_place.root), "BAROGRAPH_STORAGE_TIMEOUT_S": str(TIMEOUT_S),
    }  # fmt: skip
    device = Lateness(archive, BLOCKS * N)
    sending = asyncio.create_task(device.run())
    rng, kills, halfway = random.Random(7), 0, 0
    try:
        for way in (("run", "run", "--yes"), ("back", "run")):
            for _ in range(MOMENTS):
                killed = await ended(environment, *way, after_s=rng.uniform(1.0, LONGEST_S)) is None
                kills += killed
                halfway += killed and (await archive.cold.state()).unfinished
                await whole(servers.mongo_url, database, cold_place, device.stored)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert kills
    assert halfway or MOMENTS == 1, "no command was killed while it moved anything"
    await settle(archive, environment)
    assert (await archive.cold.state()).unfinished == 0
    assert await whole(servers.mongo_url, database, cold_place, device.stored) == 0
    assert await archive.cold.check() == []
    assert blocks_of(servers, database) == 0
    await archive.close()


async def settle(archive: MongoArchive, environment: dict[str, str]) -> None:
    """Bring back what a killed command left, then archive all; what refuses is asked again."""
    until_s = time.monotonic() + 120
    for way in (("back", "run"), ("run", "run", "--yes")):
        while await ended(environment, *way, after_s=60) != 0:
            assert time.monotonic() < until_s, way


def blocks_of(servers: Servers, database: str) -> int:
    """How many blocks MongoDB has."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        return client[database].frames.count_documents({"m.w": "run"})
