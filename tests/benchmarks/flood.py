"""Eight good devices beside a flood: their ack p95 before and during, in one run.

    python tests/benchmarks/flood.py [--seconds 10] [--connections 1000]

The flood: connections that are opened, say something wrong and stay; and one greedy device, which ignores its window
and sends what it can. All of it comes from one address, so that address is allowed as many connections.
Prints one JSON object; nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
import uuid
from contextlib import suppress

import numpy as np
from devices import BinaryDevice
from stack import Stack, stack
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from barograph import codec
from barograph.frames import Layout

DEVICES = 8


async def good(url: str, seconds: float) -> list[float]:
    """Ack latencies of eight devices of 100 Hz, in batches of ten."""
    options = argparse.Namespace(url=url, frames=int(seconds * 100), batch=10, rows=32, cols=16, rate=100)
    devices = [BinaryDevice(options, index) for index in range(DEVICES)]
    for device in devices:
        await device.prepare()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(device.run())
    return [latency for device in devices for latency in device.latencies]


async def greedy(url: str, sent: list[int]) -> None:
    """One device that sends until it is cancelled, whatever the server says."""
    layout = Layout(rows=32, cols=16, dtype="uint16")
    names = {"workout_id": f"greedy-{uuid.uuid4().hex[:8]}", "stream": "main", "epoch": str(uuid.uuid4())}
    while True:
        with suppress(OSError, WebSocketException):
            async with connect(url, compression=None) as socket, asyncio.TaskGroup() as group:
                await socket.send(json.dumps({"type": "join_session", **names, "layout": layout.to_dict()}))
                group.create_task(_swallow(socket))
                while True:
                    head = {"type": "frames", **names, "seq": sent[0], "n": 50, "dt_us": 10_000}
                    await socket.send(codec.encode(head | {"t0_us": time.time_ns() // 1000}, bytes(50 * 1024)))
                    sent[0] += 50


async def _swallow(socket: object) -> None:
    async for _ in socket:  # type: ignore[attr-defined]
        pass


async def stay(url: str) -> None:
    """One connection that says something wrong, and stays; again when it is closed."""
    while True:
        with suppress(OSError, WebSocketException):
            async with connect(url, compression=None) as socket:
                await socket.send("{")
                await socket.wait_closed()
        await asyncio.sleep(1)


async def flooded(url: str, seconds: float, connections: int) -> dict[str, object]:
    before = await good(url, seconds)
    sent = [0]
    flood = [asyncio.create_task(stay(url)) for _ in range(connections)]
    flood.append(asyncio.create_task(greedy(url, sent)))
    await asyncio.sleep(3)
    begun = sent[0]
    during = await good(url, seconds)
    rate = (sent[0] - begun) / seconds
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    return {
        "good devices": DEVICES, "connections": connections, "greedy frames/s": round(rate),
        "ack p95 before, ms": _p95_ms(before), "ack p95 during, ms": _p95_ms(during),
    }  # fmt: skip


def _p95_ms(latencies: list[float]) -> float:
    return round(float(np.percentile(latencies, 95)) * 1e3, 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=1000)
    args = parser.parse_args()
    for limit in ("SOCKETS", "HANDSHAKES"):
        os.environ[f"BAROGRAPH_MAX_ADDRESS_{limit}"] = str(args.connections + 100)
    with stack() as one:
        out = asyncio.run(flooded(one.ws_urls[0], args.seconds, args.connections))
        sys.stdout.write(json.dumps(out | {"memory of the ingest, MiB": round(_memory(one))}, indent=1) + "\n")


def _memory(one: Stack) -> float:
    return one.most_memory_mb()


if __name__ == "__main__":
    main()
