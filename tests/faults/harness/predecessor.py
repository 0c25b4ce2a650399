"""A client of the predecessor: JSON frames without numbers, and no memory of what it sent before the line broke.

What `frame_processed` said is stored; of the rest nobody can say anything, but it is there once or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from harness import frames
from harness.audit import Findings
from harness.device import now_us, tags
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

OUTSTANDING = 64


@dataclass(eq=False)
class Predecessor:
    """Sends frames one by one, some ahead of their answers."""

    url: Callable[[], str]
    workout_id: str
    rng: random.Random
    rate: float = 150.0
    tag: int = field(default_factory=lambda: next(tags))
    sent: int = 0
    processed: set[int] = field(default_factory=set)
    finishing: bool = False
    ended: bool = False
    connections: int = 0
    _waiting: dict[float, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Send until told to finish, over as many connections as it takes."""
        while not self.ended:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError, EOFError):
                await self._connection()
            if not self.ended:
                await asyncio.sleep(self.rng.uniform(0.05, 0.3))

    async def _connection(self) -> None:
        self._waiting.clear()
        async with connect(self.url(), open_timeout=5, close_timeout=0.2, ping_interval=2, ping_timeout=2) as socket:
            self.connections += 1
            await socket.send(json.dumps({"type": "join_session", "workout_id": self.workout_id}))
            listening = asyncio.create_task(self._listen(socket), name="listen")
            try:
                await self._send(socket)
                await asyncio.wait([listening], timeout=10)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _send(self, socket: ClientConnection) -> None:
        while not self.finishing or self._waiting:
            if not self.finishing and len(self._waiting) < OUTSTANDING:
                await socket.send(json.dumps(self._frame()))
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) / self.rate)
        await socket.send(json.dumps({"type": "leave_session", "workout_id": self.workout_id}))

    def _frame(self) -> dict[str, Any]:
        cells = np.frombuffer(frames.make(self.tag, self.sent, 1), "<u2").reshape(4, 4).tolist()
        stamp = now_us() / 1000
        self._waiting[stamp] = self.sent
        self.sent += 1
        return {
            "type": "pressure_frame", "workout_id": self.workout_id, "matrix": cells, "nodes": 16, "timestamp": stamp
        }  # fmt: skip

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            event = json.loads(text)
            if event["type"] == "frame_processed" and event["timestamp"] in self._waiting:
                self.processed.add(self._waiting.pop(event["timestamp"]))
            if event["type"] == "session_ended":
                self.ended = True
                return


def compare_predecessor(answer: list[dict[str, Any]], old: Predecessor, findings: Findings) -> None:
    """Its stream as JSON, which is ordered by time."""
    cells = b"".join(np.array(frame["matrix"], "<u2").tobytes() for frame in answer)
    found_tags, numbers, good = frames.read(cells)
    findings.read += len(numbers)
    findings.changed += int((~good | (found_tags != old.tag)).sum())
    unique = set(numbers.tolist())
    findings.doubled += len(numbers) - len(unique)
    findings.invented += len([number for number in unique if number >= old.sent])
    findings.disordered += int((np.diff([frame["timestamp"] for frame in answer]) < 0).sum())
    findings.disordered += int((np.diff(numbers.astype(np.int64)) < 0).sum())
    if lost := sorted(old.processed - unique):
        findings.lost += len(lost)
        findings.note(f"predecessor: {len(lost)} frames that were said to be processed are not stored: {lost[:4]}")
