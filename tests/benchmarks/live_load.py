"""Load of `make bench-live`, in processes of its own: a device of two insoles, or viewers who draw nothing.

python live_load.py device URL WORKOUT RATE_HZ · python live_load.py viewers URL COUNT; both run until they are ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from typing import Any

import uvloop
from websockets.asyncio.client import connect

from analytics import sim
from barograph import codec


async def device(url: str, workout: str, rate_hz: float) -> None:
    """Each frame is sent alone, when its time has come, with that time."""
    recordings = sim.walk(20.0, rate_hz=rate_hz)
    walk = {side: (one.layout, [frame.tobytes() for frame in one.frames]) for side, one in recordings.items()}
    names = {side: {"workout_id": workout, "stream": side, "epoch": str(uuid.uuid4())} for side in walk}
    async with connect(url, compression=None, max_queue=None) as socket, asyncio.TaskGroup() as tasks:
        await socket.send(json.dumps({"type": "ping", "t1_us": time.time_ns() // 1000}))
        for side, (layout, _) in walk.items():
            join = {"type": "join_session", **names[side], "layout": layout.to_dict(), "mass_kg": 75.0}
            await socket.send(json.dumps(join))
        tasks.create_task(drain(socket))
        begun, seq = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, begun + seq / rate_hz - time.monotonic()))
            for side, (_, frames) in walk.items():
                head = {"type": "frames", **names[side], "seq": seq, "n": 1, "times_us": [time.time_ns() // 1000]}
                await socket.send(codec.encode({**head, "encoding": "raw"}, frames[seq % len(frames)]))
            seq += 1


async def viewers(url: str, count: int) -> None:
    """Sockets that take everything."""
    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            tasks.create_task(viewer(url))


async def viewer(url: str) -> None:
    async with connect(url, max_size=None, compression=None) as socket:
        await drain(socket)


async def drain(socket: Any) -> None:
    async for _ in socket:
        pass


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    uvloop.run(device(given[0], given[1], float(given[2])) if what == "device" else viewers(given[0], int(given[1])))
