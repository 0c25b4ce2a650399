"""A device as a process of its own, with the sender that Barograph brings: frames that prove themselves, from a spool.

    python spooling.py URL WORKOUT STREAM TAG SPOOL RATE SECONDS

Each line that it prints is JSON: how many frames of this run are in the spool, and how many were confirmed, those that
waited in the spool included. What a line says has happened before it is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from harness import frames

from barograph.frames import Layout
from ingest.device.sender import Chunk, Device, Progress, Source, SpoolFile, Timing

STEP = 10


def chunks(tag: int, rate: float, n: int) -> Iterator[Chunk]:
    for seq in range(0, n, STEP):
        cells = np.frombuffer(frames.make(tag, seq, STEP), "<u2").reshape(STEP, frames.LAYOUT["rows"], -1)
        yield Chunk((1e6 / rate * np.arange(seq, seq + STEP)).astype(np.int64), cells)


class Told:
    """Prints how far the device is; what waited in the spool at the start is counted apart."""

    waited: int | None = None

    def __call__(self, now: Progress) -> None:
        self.waited = now.spooled if self.waited is None else self.waited
        said = {"waited": self.waited, "spooled": now.spooled - self.waited, "acked": now.acked, "gaps": now.gaps}
        say(said | {"sent": now.sent, "nacked": now.nacked, "connections": now.connections, "trouble": now.trouble})


def say(values: dict[str, object]) -> None:
    os.write(1, json.dumps(values | {"at_s": time.monotonic()}).encode() + b"\n")


async def main() -> None:
    url, workout, stream, tag, spool, rate, seconds = sys.argv[1:]
    n = int(float(rate) * float(seconds)) // STEP * STEP
    source = Source(stream, Layout(**frames.LAYOUT), lambda: chunks(int(tag), float(rate), n))
    with SpoolFile(Path(spool)) as file:
        timing = Timing(answer_s=5.0, silence_s=3.0, most_retry_s=1.0)
        start_us = time.time_ns() // 1000
        device = Device(url, workout, source, start_us, on_progress=Told(), file=file, timing=timing)
        say({"ended": await device.run()})


if __name__ == "__main__":
    asyncio.run(main())
