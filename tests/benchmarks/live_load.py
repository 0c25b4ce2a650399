"""Load of `make bench-live`, in processes of its own: devices of two insoles, or viewers who draw nothing.

python live_load.py device URL WORKOUT RATE_HZ [GEOMETRY] · python live_load.py viewers URL COUNT
python live_load.py devices URL PREFIX RATE_HZ COUNT: workouts PREFIX-0, PREFIX-1, … of athletes of these names
Both run until they are ended.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import time
import uuid
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import uvloop

from dashboard.feed.pace import SPEAKS_AFTER

CLOSE, PING, PONG, TEXT = 8, 9, 10, 1
TEAM_BATCH = 10  # as devices of a team send; one process that sends 4,800 messages a second would be measured itself


async def devices(url: str, prefix: str, rate_hz: float, count: int) -> None:
    """So many devices on sockets of their own, each for an athlete of its workout's name."""
    async with asyncio.TaskGroup() as tasks:
        for i in range(count):
            name = f"{prefix}-{i}"
            tasks.create_task(device(url, name, rate_hz, athlete=name, batch=TEAM_BATCH))
            await asyncio.sleep(1 / count / rate_hz)  # not all in one moment


async def device(
    url: str, workout: str, rate_hz: float, geometry: str = "", athlete: str | None = None, batch: int = 1
) -> None:
    """So many frames of each foot are sent together, when the time of the last has come, each with its own time."""
    from websockets.asyncio.client import connect  # viewers need none of this, and are to be there at once

    from barograph import codec

    walk = walked(rate_hz, geometry)
    names = {side: {"workout_id": workout, "stream": side, "epoch": str(uuid.uuid4())} for side in walk}
    async with connect(url, compression=None, max_queue=None) as socket, asyncio.TaskGroup() as tasks:
        await socket.send(json.dumps({"type": "ping", "t1_us": time.time_ns() // 1000}))
        for side, (layout, _) in walk.items():
            join = {
                "type": "join_session",
                **names[side],
                "layout": layout.to_dict(),
                "mass_kg": 75.0,
                "athlete": athlete,
            }
            await socket.send(json.dumps(join))
        tasks.create_task(drain(socket))
        begun, seq = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, begun + (seq + batch - 1) / rate_hz - time.monotonic()))
            now_us, numbers = time.time_ns() // 1000, range(seq, seq + batch)
            times = [now_us - round(1e6 * (batch - 1 - i) / rate_hz) for i in range(batch)]
            for side, (_, frames) in walk.items():
                head = {"type": "frames", **names[side], "seq": seq, "n": batch, "times_us": times}
                data = b"".join(frames[number % len(frames)] for number in numbers)
                await socket.send(codec.encode({**head, "encoding": "raw"}, data))
            seq += batch


@lru_cache(maxsize=1)
def walked(rate_hz: float, geometry: str) -> dict[str, tuple[Any, list[bytes]]]:
    """Layout and frames of each foot of a walk, made once for all devices of this process."""
    from analytics import sim

    recordings = sim.walk(20.0, rate_hz=rate_hz, geometry=geometry or None)
    return {side: (one.layout, [frame.tobytes() for frame in one.frames]) for side, one in recordings.items()}


async def drain(socket: Any) -> None:
    async for _ in socket:
        pass


class Viewer(asyncio.Protocol):
    """A page without a picture: it counts messages and says so as a page does, and looks at nothing else of them.

    By hand, not by a library that copies and queues each message: nineteen of them share the machine that is measured.
    """

    def __init__(self, path: str, ended: asyncio.Future[None]) -> None:
        self._path, self._ended = path, ended
        self._head, self._greeted = b"", False
        self._skip, self._handled = 0, 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (f"GET {self._path} HTTP/1.1", f"Host: 127.0.0.1:{transport.get_extra_info('peername')[1]}",
                 "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
                 "Sec-WebSocket-Version: 13", "", "")  # fmt: skip
        transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        at = min(self._skip, len(data))
        self._skip -= at
        if at == len(data):
            return
        self._head += data[at:]
        if not self._greeted:
            self._greet()
        while self._greeted and self._frame():
            pass

    def _greet(self) -> None:
        answer, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            if not answer.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(f"the dashboard answered {answer[:80]!r}")
            self._greeted, self._head = True, rest
            self._say(TEXT, json.dumps({"type": "handled", "n": 0}).encode())

    def _frame(self) -> bool:
        """Past the next frame, as far as it is here."""
        if len(self._head) < 2 or len(self._head) < (start := 2 + {126: 2, 127: 8}.get(self._head[1], 0)):
            return False
        size = int.from_bytes(self._head[2:start], "big") if start > 2 else self._head[1]
        kind = self._head[0] & 15
        if kind == PING:
            if len(self._head) < start + size:
                return False
            self._say(PONG, self._head[start : start + size])
        elif kind != CLOSE:
            self._handled += 1
            if self._handled % SPEAKS_AFTER == 0:
                self._say(TEXT, json.dumps({"type": "handled", "n": self._handled}).encode())
        self._skip = max(0, start + size - len(self._head))
        self._head = self._head[start + size :]
        return True

    def _say(self, kind: int, payload: bytes) -> None:
        """A short frame, masked with nothing, as a client's has to be masked."""
        self._transport.write(struct.pack("!BB4x", 0x80 | kind, 0x80 | len(payload)) + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set_exception(exc or ConnectionError("the dashboard let a viewer go"))


async def viewers(url: str, count: int) -> None:
    """Sockets that take everything."""
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    ended = [loop.create_future() for _ in range(count)]
    for one in ended:
        await loop.create_connection(lambda one=one: Viewer(address.path, one), address.hostname, address.port)
    await asyncio.gather(*ended)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "device":
        uvloop.run(device(given[0], given[1], float(given[2]), *given[3:]))
    elif what == "devices":
        uvloop.run(devices(given[0], given[1], float(given[2]), int(given[3])))
    else:
        uvloop.run(viewers(given[0], int(given[1])))
