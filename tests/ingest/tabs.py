"""Clients of Socket.IO in processes of their own: npm's socket.io-client and python-socketio."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
import node

MATRIX = [[0.0, 1.5, 2.0], [3.0, None, 5.0]]
PATIENCE_S = 30
HERE = Path(__file__).parent


class Tab:
    """One client; `asked` numbers the events whose acknowledgement it wants."""

    def __init__(self, process):
        self.process = process
        self._ids = count()

    async def emit(self, event, *asked, **payload):
        self.process.stdin.write(json.dumps([event, payload, *asked]).encode() + b"\n")
        await self.process.stdin.drain()

    async def ask(self, event, **payload):
        """Emit an event, and return the number of its acknowledgement."""
        id_ = next(self._ids)
        await self.emit(event, id_, **payload)
        return id_

    async def call(self, event, **payload):
        """Emit an event, and return its acknowledgement, which is the next that comes."""
        id_ = await self.ask(event, **payload)
        receipt = await self.hear("receipt")
        assert receipt["id"] == id_
        return receipt["result"]

    async def frame(self, workout_id, index, **more):
        await self.emit("pressure_frame", **frame(workout_id, index), **more)

    async def hear(self, event):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                line = await self.process.stdout.readline()
                assert line, "the client ended"
                heard = json.loads(line)
                if heard["event"] == event:
                    return heard["payload"]


def frame(workout_id, index):
    """A frame as the predecessor's front end sends it."""
    return {"workout_id": workout_id, "matrix": MATRIX, "nodes": 6, "timestamp": 1_700_000_000_000 + 250 * index}


def _command(kind, url, workout_id, transports):
    if kind == "python":
        return [sys.executable, str(HERE / "backend.py"), url, workout_id, transports], dict(os.environ)
    return [node.program(), str(HERE / "frontend.cjs"), url, workout_id, transports], node.environment()


@asynccontextmanager
async def tab(url, workout_id, transports="default", kind="npm", token=None):
    command, environment = _command(kind, url, workout_id, transports)
    if token is not None:
        environment["TOKEN_OF_A_TEST"] = token
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 20
    )
    try:
        yield Tab(process)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
