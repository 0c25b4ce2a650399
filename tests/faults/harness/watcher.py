"""Someone who reads history while things break: what an answer has is whole, in order, and has all that was acked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np
from harness import frames
from harness.audit import Read, read_stream
from harness.device import Device, Log

EVERY_S = 0.7


@dataclass
class Watcher:
    """Reads one stream after the other, from one ingest or another, until cancelled."""

    urls: Callable[[], Sequence[str]]
    owner: dict[str, str]
    devices: list[Device]
    rng: random.Random
    walks: int = 0
    notes: list[str] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(0.2, 2 * EVERY_S))
            if logs := [device.log for device in self.devices if device.log.acked]:
                await self._walk(self.rng.choice(logs))

    async def _walk(self, log: Log) -> None:
        acked = log.acked
        try:
            base = self.rng.choice(self.urls())
            async with httpx.AsyncClient(base_url=base, headers=self.owner, timeout=4) as http:
                found = await read_stream(http, log.workout_id, log.stream, self.rng)
        except httpx.HTTPError as error:  # away, and said so; an answer that breaks off is one of these
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500:
                self.notes.append(f"{log.stream}: history was refused: {error.response.text[:200]}")
            return
        self.walks += 1
        self._check(found, log, acked)

    def _check(self, found: Read, log: Log, acked: int) -> None:
        e, seq = np.array(found.e, np.int64), np.array(found.seq, np.int64)
        _, _, good = frames.read(b"".join(found.cells))
        if not good.all() or ((np.diff(e) < 0) | ((np.diff(e) == 0) & (np.diff(seq) <= 0))).any():
            self.notes.append(f"{log.stream}: history was out of order or changed while it was read")
        there = np.zeros(acked, bool)
        mine = seq[(np.array(found.epoch, object) == log.epoch) & (seq < acked)]
        there[mine] = True
        for first, n, _ in (*log.declared, *log.nacked):
            there[first : first + n] = True
        if not there.all():
            self.notes.append(f"{log.stream}: {int((~there).sum())} acked frames were not in history, read afterwards")
