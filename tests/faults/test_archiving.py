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
from asyncio.subprocess import Process
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
BLOCKS, N, TIMEOUT_S = 60, 5, 1.0
# Commands, what says that they move something, and how long that takes: there they wait for the grace of writers.
WAYS = ((("run", "run", "--yes"), "copying", 4.0), (("back", "run"), "back", 0.05))
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


async def begin(environment: dict[str, str], *arguments: str) -> Process:
    """Start a command."""
    command = [sys.executable, "-m", "barograph", "archive", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return await asyncio.create_subprocess_exec(*command, env=environment, **quiet)


async def killed(archive: MongoArchive, process: Process, state: str, after_s: float) -> bool:
    """Kill a command a moment after it began to move something; return whether it had not ended by then."""
    waiting = asyncio.create_task(process.wait())
    while not waiting.done() and await archive.database.archived.find_one({"state": state}) is None:
        await asyncio.sleep(0.001)
    await asyncio.wait([waiting], timeout=after_s)
    if process.returncode is None:
        process.kill()
    return await waiting != 0


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
    rng, kills = random.Random(7), {state: 0 for _, state, _ in WAYS}
    try:
        for _ in range(MOMENTS):
            for way, state, longest_s in WAYS:
                process = await begin(environment, *way)
                kills[state] += await killed(archive, process, state, rng.uniform(0, longest_s))
                await whole(servers.mongo_url, database, cold_place, device.stored)
                await settle(environment, *way)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert all(kills.values()), kills
    await settle(environment, *WAYS[0][0])
    assert (await archive.cold.state()).unfinished == 0
    assert await whole(servers.mongo_url, database, cold_place, device.stored) == 0
    assert await archive.cold.check() == []
    assert blocks_of(servers, database) == 0
    await archive.close()


async def settle(environment: dict[str, str], *way: str) -> None:
    """Let a command go on until it has done its work; one that refuses is asked again."""
    async with asyncio.timeout(120):
        while await (await begin(environment, *way)).wait() != 0:
            pass


def blocks_of(servers: Servers, database: str) -> int:
    """How many blocks MongoDB has."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        return client[database].frames.count_documents({"m.w": "run"})
