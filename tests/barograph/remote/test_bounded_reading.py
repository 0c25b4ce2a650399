"""Twenty minutes are read over HTTP by a process that has not the memory for it, from one that does not take it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from keyed import open_archive

from barograph.frames import Block, Frames, Layout, Stream
from barograph.servers.embedded import Servers

sys.path.append(str(Path(__file__).parents[2] / "ingest"))

from processes import Process

CHILD = Path(__file__).with_name("reading_child.py")
LAYOUT = Layout(rows=32, cols=16, dtype="uint16", unit="kPa", kind="plate")
SECONDS, HZ, AT_ONCE = 20 * 60, 100, 64
T0 = 1_700_000_000_000_000
MOST_MIB = 56


def frames_of(start: int, stop: int) -> Frames:
    """Frames that differ, and pack well."""
    cells = np.arange(LAYOUT.cells, dtype=np.int64).reshape(LAYOUT.rows, LAYOUT.cols) // 37
    return ((np.arange(start, stop)[:, None, None] + cells) % 4000).astype("<u2")


async def _record(url: str, database: str) -> str:
    """The recording, and the digest of its cells."""
    archive, stream, digest = await open_archive(url, database, 60.0), Stream("long"), hashlib.sha256()
    n = SECONDS * HZ
    await archive.open(stream, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(stream, LAYOUT, (), 0)
    for first in range(0, n, 100 * AT_ONCE):
        batch = []
        for start in range(first, min(first + 100 * AT_ONCE, n), AT_ONCE):
            stop = min(start + AT_ONCE, n)
            frames = frames_of(start, stop)
            digest.update(frames.tobytes())
            times_us = T0 + np.arange(start, stop) * (1_000_000 // HZ)
            batch.append((stream, Block(0, start, times_us, T0, frames)))
        await archive.append(batch)
    last_us = T0 + (n - 1) * 10_000
    await archive.mark(stream, 0, next_seq=n, frames=n, first_us=T0, last_us=last_us, now_us=T0)
    await archive.put_rollups(stream, [], await archive.dirty(stream))  # the ingest has nothing to do but to answer
    await archive.close()
    return digest.hexdigest()


async def test_twenty_minutes_are_read_in_a_process_that_has_not_the_memory_for_it(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    assert SECONDS * HZ * LAYOUT.frame_bytes > 2 * (MOST_MIB << 20)
    digest = await _record(servers.mongo_url, database)
    server = Process(servers, database, tmp_path)
    try:
        await server.start()
        before_mib = server.peak_mb()
        command = [sys.executable, str(CHILD), server.url, "long", str(MOST_MIB)]
        shown = {**os.environ, "BAROGRAPH_TOKEN": server.owner["Authorization"].removeprefix("Bearer ")}
        done = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True, text=True, env=shown)
        grown_mib = server.peak_mb() - before_mib
    finally:
        await server.end(signal.SIGTERM)
    assert grown_mib < MOST_MIB, "of the server"
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == {"frames": SECONDS * HZ, "sha256": digest}
