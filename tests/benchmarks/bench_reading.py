"""Reading what is stored: an hour of two streams, its overview, any moment, and all of it as arrays.

The session is written in bulk through the archive, as `barograph import` writes it. Peak memory of opening both streams
is beside the size of their arrays; everything runs in a process of its own on a mongod of its own.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from analytics import arrival_stats
from analytics.frames.arrival import ArrivalStatistics
from barograph.frames import Layout, Recording, Stream
from barograph.servers.embedded import temporary_servers
from barograph.store.imports import import_recording
from barograph.store.mongo.archive import MongoArchive
from barograph.store.reading import read_recording
from barograph.store.rollups import overview

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from keyed import open_archive

HOUR_S = 3600
HZ = 100
START_US = 1_700_000_000_000_000
SHAPES = {"32x16": (32, 16), "60x21": (60, 21)}
MOMENTS = 40


def session(seconds: int, rows: int, cols: int, seed: int) -> Recording:
    """A foot that rolls over its cells once a second: as compressible as a walk is."""
    rng = np.random.default_rng(seed)
    layout = Layout(rows=rows, cols=cols, dtype="uint16", unit="kPa", scale=0.1, pitch_mm=(5.0, 5.0))
    step = np.zeros((HZ, rows, cols), np.uint16)
    for i in range(60):
        low = int(rows * i / 80)
        step[i, low : low + rows // 4] = rng.integers(0, 4000, (rows // 4, cols))
    n = seconds * HZ
    frames = step[np.arange(n) % HZ]
    frames[::7, rows // 2, : cols // 2] += rng.integers(0, 9, ((n + 6) // 7, cols // 2), dtype=np.uint16)
    return Recording(frames, START_US + 10_000 * np.arange(n), layout)


async def measure(url: str, seconds: int, shape: str) -> dict[str, float]:
    archive = await open_archive(url, f"reading_{shape}", 60.0)
    streams = [Stream("hour", side) for side in ("left", "right")]
    begun = time.perf_counter()
    for seed, stream in enumerate(streams):
        recording = session(seconds, *SHAPES[shape], seed)
        await import_recording(archive, stream, recording, ArrivalStatistics(), now_us=time.time_ns() // 1000)
        del recording
    found = {"written": 2 * seconds * HZ / (time.perf_counter() - begun)}
    begun = time.perf_counter()
    for stream in streams:
        await overview(archive, stream, compute=arrival_stats)
    found["overview_s"] = time.perf_counter() - begun
    found["moment_ms"] = await _moments(archive, streams, seconds)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    speeds = []
    for _ in range(3):
        begun, held = time.perf_counter(), []
        for stream in streams:
            held.append(await read_recording(archive, stream))
        speeds.append(sum(len(one) for one in held) / (time.perf_counter() - begun))
        size = sum(one.frames.nbytes for one in held)
        del held
    found["loaded"] = statistics.median(speeds)
    found["array_mib"] = size / (1 << 20)
    found["grown_mib"] = max(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    await archive.close()
    return found


async def _moments(archive: MongoArchive, streams: list[Stream], seconds: int) -> float:
    """The slowest of some moments, each a second of both streams, in ms."""
    rng, taken = np.random.default_rng(1), []
    for _ in range(MOMENTS):
        at_us = START_US + int(rng.integers(0, (seconds - 1) * 1_000_000))
        begun = time.perf_counter()
        for stream in streams:
            await read_recording(archive, stream, at_us, at_us + 1_000_000, with_stats=True)
        taken.append(1000 * (time.perf_counter() - begun))
    return max(taken)


def rows(seconds: int = HOUR_S) -> list[dict[str, Any]]:
    """Rows of `make bench`; ratios are against what it should be, above 1 is better."""
    out = []
    for shape in SHAPES:
        run = subprocess.run(
            [sys.executable, __file__, str(seconds), shape], capture_output=True, text=True, check=True
        )
        found = json.loads(run.stdout)
        name = f"{seconds} s of two streams of {shape}"
        budgets = (
            ("written in bulk", "written", "frames/s", None, ""),
            ("overview", "overview_s", "s", 1.0 / found["overview_s"], "1 s"),
            ("any moment, slowest of 40", "moment_ms", "ms", 100.0 / found["moment_ms"], "100 ms"),
            ("loaded as an array", "loaded", "frames/s", found["loaded"] / 200_000, "200,000 frames/s"),
            ("memory of opening it", "grown_mib", "MiB", found["array_mib"] / max(found["grown_mib"], 1), "its arrays"),
        )
        for what, key, unit, ratio, peer in budgets:
            out.append({"row": f"{name}: {what}", "value": found[key], "unit": unit, "ratio": ratio, "peer": peer})
    return out


if __name__ == "__main__":
    with temporary_servers() as servers:
        sys.stdout.write(json.dumps(asyncio.run(measure(servers.mongo_url, int(sys.argv[1]), sys.argv[2]))))
