"""Load generators for the stores of `stores.py`: frames as devices send them, encoded beforehand, a thread a writer.

PostgreSQL takes `COPY … (FORMAT binary)` by its own psql, 500 frames a transaction, as many as the bare inserts have.
InfluxDB takes line protocol of 5,000 points a request, the least that its documentation advises, a frame as a string.
"""

from __future__ import annotations

import base64
import http.client
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

COPY_BATCH, INFLUX_BATCH = 500, 5000
SIGNATURE, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)
ROW = struct.Struct(">hiqiiiqi")  # four fields: time, stream, number, and the length of the frame that follows
UNTIL_2000_US = 946_684_800_000_000
STEP_US = 10_000


def copy(url: str, pools: Sequence[Sequence[bytes]], frames: int) -> float:
    """Seconds in which writers, one for each pool, had `frames` frames each in PostgreSQL."""
    begin_us = time.time_ns() // 1000
    with tempfile.TemporaryDirectory(prefix="barograph-bench-") as folder:
        scripts = [_script(Path(folder), device, pool, frames, begin_us) for device, pool in enumerate(pools)]

        def write(device: int) -> None:
            command = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(scripts[device])]
            subprocess.run(command, check=True, capture_output=True)

        return _together(len(pools), write)


def _script(folder: Path, device: int, pool: Sequence[bytes], frames: int, begin_us: int) -> Path:
    lines = []
    for first in range(0, frames, COPY_BATCH):
        rows = []
        for seq in range(first, min(frames, first + COPY_BATCH)):
            frame = pool[seq % len(pool)]
            at_us = begin_us + STEP_US * seq - UNTIL_2000_US
            rows += [ROW.pack(4, 8, at_us, 4, device, 8, seq, len(frame)), frame]
        file = folder / f"{device}-{first}.copy"
        file.write_bytes(SIGNATURE + b"".join(rows) + TRAILER)
        lines.append(f"\\copy frames from '{file}' (format binary)\n")
    script = folder / f"{device}.psql"
    script.write_text("".join(lines))
    return script


def influx(url: str, pools: Sequence[Sequence[bytes]], frames: int) -> float:
    """Seconds in which writers, one for each pool, had `frames` frames each in InfluxDB."""
    begin_us = time.time_ns() // 1000
    bodies = [_bodies(device, pool, frames, begin_us) for device, pool in enumerate(pools)]
    address = urlsplit(url)

    def write(device: int) -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        for body in bodies[device]:
            connection.request("POST", f"{address.path}?{address.query}", body)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != http.HTTPStatus.NO_CONTENT:
                raise RuntimeError(f"InfluxDB answered {answer.status}: {said[:200]!r}")
        connection.close()

    return _together(len(pools), write)


def _bodies(device: int, pool: Sequence[bytes], frames: int, begin_us: int) -> list[bytes]:
    texts = [base64.b64encode(frame).decode() for frame in pool]
    lines = [
        f'frames,stream=w{device} seq={seq}i,x="{texts[seq % len(texts)]}" {begin_us + STEP_US * seq}'
        for seq in range(frames)
    ]
    return ["\n".join(lines[at : at + INFLUX_BATCH]).encode() for at in range(0, frames, INFLUX_BATCH)]


def _together(writers: int, write: Callable[[int], None]) -> float:
    begun = time.monotonic()
    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    return time.monotonic() - begun
