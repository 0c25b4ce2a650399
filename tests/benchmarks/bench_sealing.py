"""What sealing costs: an hour of two insoles is written and read with and without it, by turns in one process.

Counted is the CPU time of this process, all threads, because the machine may have other work; the wall clock stands
beside it. Each ratio is that of the fastest round of many, sealed to unsealed: 1 is no cost.

Then real ingests, one that seals and one that does not, take the same frames from the same devices, by turns. Their
ratios are those of the medians, sealed to unsealed.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_reading import HZ, START_US, session
from stack import BAROGRAPH, HERE, stack

from analytics.frames.arrival import ArrivalStatistics
from barograph.frames import Block, Recording, Stream
from barograph.servers.embedded import temporary_servers
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.reading import read_recording

HOUR_S = 3600
SHAPE = (32, 16)
BLOCK = 10  # frames of a block: an ingest closes one after 0.1 s
BATCH = 20  # blocks of each insole in one append, as where many stream: less stands beside the sealing
PART_S = 60
READS = 8
ROUNDS = 12  # of the ingests
STREAMS = tuple(Stream("hour", side) for side in ("left", "right"))


async def measure(url: str, seconds: int) -> dict[str, float]:
    """Return ratios of CPU and wall time, sealed to unsealed, and times of a round unsealed in s."""
    with tempfile.TemporaryDirectory() as directory:
        service = KeyFile(Path(directory) / "master.key", may_make=True)
        archives = [await MongoArchive.connect(url, "plain", 60.0), await sealed_archive(url, "sealed", 60.0, service)]
        try:
            return await _written(archives, seconds) | await _read(archives)
        finally:
            for archive in archives:
                await archive.close()


async def _written(archives: list[MongoArchive], seconds: int) -> dict[str, float]:
    recordings = [session(seconds, *SHAPE, seed) for seed in range(len(STREAMS))]
    columns = ArrivalStatistics()
    for archive in archives:
        await archive.note("hour", now_us=START_US)
        for stream, recording in zip(STREAMS, recordings, strict=True):
            await archive.open(stream, epoch="one", numbered=True, now_us=START_US)
            await archive.fix_layout(stream, recording.layout, columns.columns(recording.layout), 1)
    taken = []
    for begun in range(0, seconds * HZ, PART_S * HZ):
        batches = _batches(recordings, columns, begun, begun + PART_S * HZ)
        taken.append(await _by_turns(archives, len(taken), lambda one, todo=batches: _append(one, todo)))
    return _found("write", taken)


def _batches(recordings: list[Recording], columns: ArrivalStatistics, low: int, high: int) -> list[Any]:
    stats = [columns.compute(one.frames[low:high], one.layout) for one in recordings]
    return [
        [
            (stream, _block(one, stat, low, at))
            for stream, one, stat in zip(STREAMS, recordings, stats, strict=True)
            for at in range(first, first + BATCH * BLOCK, BLOCK)
        ]
        for first in range(low, high, BATCH * BLOCK)
    ]


def _block(recording: Recording, stats: Any, low: int, at: int) -> Block:
    where, beside = slice(at, at + BLOCK), slice(at - low, at - low + BLOCK)
    return Block(0, at, recording.times_us[where], START_US, recording.frames[where], stats[beside])


async def _append(archive: MongoArchive, batches: list[Any]) -> None:
    for batch in batches:
        await archive.append(batch)


async def _read(archives: list[MongoArchive]) -> dict[str, float]:
    async def read(archive: MongoArchive) -> None:
        for stream in STREAMS:
            held.append((await read_recording(archive, stream, with_stats=True)).frames)

    taken, held = [], list[Any]()
    for n in range(READS):
        taken.append(await _by_turns(archives, n, read))
        assert np.array_equal(held[0], held[2])
        held.clear()
    return _found("read", taken)


async def _by_turns(
    archives: list[MongoArchive], n: int, work: Callable[[MongoArchive], Awaitable[None]]
) -> list[tuple[float, float]]:
    """CPU and wall time of each archive; which is first changes with each round."""
    taken = [(0.0, 0.0)] * len(archives)
    order = (0, 1) if n % 2 else (1, 0)
    for which in order:
        cpu, wall = time.process_time(), time.perf_counter()
        await work(archives[which])
        taken[which] = time.process_time() - cpu, time.perf_counter() - wall
    return taken


def _found(name: str, taken: list[list[tuple[float, float]]]) -> dict[str, float]:
    found = {}
    for i, clock in enumerate(("cpu", "wall")):
        plain, sealed = (min(one[which][i] for one in taken) for which in (0, 1))
        found |= {f"{name}_{clock}_s": plain, f"{name}_{clock}": sealed / plain}
    return found


def ingests(rounds: int = ROUNDS, frames: int = 20_000, batch: int = 50) -> dict[str, float]:
    """Return ratios of durable frames a second and of processor time a frame, sealed to unsealed."""
    commands = {"plain": [str(HERE / "unsealed.py")], "sealed": list(BAROGRAPH)}
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    with stack(command=commands["plain"]) as plain, stack(command=commands["sealed"]) as sealed:
        both = [("plain", plain), ("sealed", sealed)]
        for n in range(-1, rounds):
            for name, running in both if n % 2 else reversed(both):
                run = running.measure(frames=frames, batch=batch)
                taken[name] += [run] if n >= 0 else []  # the first pair warms up
    found = {}
    for key in ("frames_per_s", "ingest_us", "mongod_us"):
        middle = {name: float(statistics.median(run[key] for run in runs)) for name, runs in taken.items()}
        found |= {f"ingest_{key}_{name}": value for name, value in middle.items()}
        found[f"ingest_{key}"] = middle["sealed"] / middle["plain"]
    return found


if __name__ == "__main__":
    with temporary_servers() as servers:
        found = asyncio.run(measure(servers.mongo_url, int(sys.argv[1]) if len(sys.argv) > 1 else HOUR_S))
    found |= ingests()
    sys.stdout.write(json.dumps({name: round(value, 3) for name, value in found.items()}) + "\n")
