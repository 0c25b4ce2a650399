"""A pair of insoles on a test day: simulated feet that do what they are told, sent by the real device side.

Whoever wears them stands, lifts a foot, walks or jumps; what the insoles feel goes through a spool on the disk, as
`barograph send --spool` does, and through a cable that can be pulled. Frames are felt and kept while it is out.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from analytics import sim
from barograph.access.secrets import DEVICE
from barograph.cli import pairing
from barograph.frames import Frames
from barograph.settings import Settings
from ingest.device import sender

BEGINS = re.compile(r"begins at (\d\d):(\d\d):(\d\d) UTC")
BLOCK = 10
RATE_HZ = 200.0
JUMP_FROM_S, JUMP_TO_S = 2.4, 8.5  # of the simulated jumper's ten seconds: still, the jump, still again
GEOMETRY: dict[str, Any] = {"rows": 30, "cols": 11, "rate_hz": RATE_HZ}


@dataclass(frozen=True)
class Wearer:
    """Who stands in the insoles, and what they do: `empty`, `stand`, `left`, `right`, `walk` or `jump`."""

    mass_kg: float
    seed: int
    does: str


NOBODY = Wearer(70.0, 0, "empty")


@lru_cache(maxsize=64)
def jump(wearer: Wearer, side: str) -> Frames:
    """(n, rows, cols) frames of one foot through one jump."""
    parameters = {**GEOMETRY, "mass_kg": wearer.mass_kg, "seed": wearer.seed}
    whole = sim.simulate("jump", JUMP_TO_S, start_us=0, **parameters)[side].frames
    return whole[round(JUMP_FROM_S * RATE_HZ) :]


def feels(wearer: Wearer, side: str) -> Iterator[Frames]:
    """Blocks of frames of one foot, without end; after a jump the wearer stands."""
    layout = sim.layouts(**GEOMETRY)[side]
    if wearer.does == "empty" or (wearer.does in sim.SIDES and wearer.does != side):
        while True:
            yield np.zeros((BLOCK, layout.rows, layout.cols), layout.numpy_dtype)
    if wearer.does == "jump":
        whole = jump(wearer, side)
        for at in range(0, len(whole) // BLOCK * BLOCK, BLOCK):
            yield whole[at : at + BLOCK]
    mass_kg = wearer.mass_kg * (2.0 if wearer.does in sim.SIDES else 1.0)  # on one foot it carries all
    kind = "walk" if wearer.does == "walk" else "stand"
    for _, _, frames in sim.stream(kind, BLOCK, sides=(side,), **GEOMETRY, mass_kg=mass_kg, seed=wearer.seed):
        yield frames


@dataclass
class Insoles:
    """Two streams of one workout; `wear` says who is in them from the next block on."""

    workout: str
    wearer: Wearer = NOBODY
    told: list[str] = field(default_factory=list)
    begun_us: int = 0
    trouble: dict[str, str] = field(default_factory=dict)
    _changes: list[tuple[int, Wearer]] = field(default_factory=lambda: [(0, NOBODY)])
    _made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(sim.SIDES, 0))

    def wear(self, wearer: Wearer, at_us: int = 0) -> None:
        """Let somebody be in both insoles from one moment on: now, or a later one.

        Insoles of a busy machine may be behind: what they have not felt of the time before is the former wearer's.
        """
        if wearer != self.wearer:
            self.wearer = wearer
            then = int(((at_us or time.time_ns() // 1000) - self.begun_us) * RATE_HZ / 1e6) // BLOCK
            self._changes.append((max(then, *self._made.values()), wearer))

    @property
    def begins_us(self) -> int | None:
        """When the trial begins of which the insoles heard last, to a second; None of none."""
        heard = [found for line in self.told if (found := BEGINS.search(line))]
        if not heard:
            return None
        day = datetime.now(UTC).date()
        hour, minute, second = map(int, heard[-1].groups())
        return int(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC).timestamp() * 1e6)

    def _chunks(self, side: str) -> Iterator[sender.Chunk]:
        at = 0
        feeling = feels(NOBODY, side)
        while True:
            due = [wearer for block, wearer in self._changes if block == at]
            if due:
                feeling = feels(due[-1], side)
            numbers = np.arange(at * BLOCK, (at + 1) * BLOCK)
            offsets_us = np.rint(numbers * (1e6 / RATE_HZ)).astype(np.int64)
            at += 1
            self._made[side] = at
            yield sender.Chunk(offsets_us, next(feeling))

    def _source(self, side: str) -> sender.Source:
        return sender.Source(side, sim.layouts(**GEOMETRY)[side], lambda: self._chunks(side))

    @asynccontextmanager
    async def sending(self, url: str, token: str, spool: Path) -> AsyncIterator[None]:
        """Send until the block is left; what goes wrong there is raised here."""

        def shown(at: sender.Progress) -> None:
            self.trouble[at.stream] = f"{at.trouble or 'well'}: {at.spooled} spooled, {at.sent} sent, {at.acked} acked"

        with sender.SpoolFile(spool, 64 << 20) as file:
            sources = [self._source(side) for side in sim.SIDES]
            self.begun_us = time.time_ns() // 1000
            task = asyncio.create_task(sender.send(sources, url=url, workout_id=self.workout, file=file, token=token,
                                                   on_progress=shown, on_told=self.told.append))  # fmt: skip
            task.add_done_callback(lambda one: self.trouble.update(ended=str(one.cancelled() or one.exception())))
            try:
                yield
                assert not task.done(), task.result()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def paired(url: str, code: str, chosen: Settings, token_file: Path) -> str:
    """The token that a pair of insoles gets for the code that the dashboard shows; waits until it is allowed."""
    pairing.pair(url, code, list(sim.SIDES), chosen, token_file, "2 × 30 × 11, kPa")
    token = pairing.kept_token(chosen, token_file, url)
    assert token is not None and token.startswith(DEVICE)  # noqa: PT018
    return cast("str", token)
