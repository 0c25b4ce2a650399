"""Device processes with a spool, and what is to be said of their frames: each proves the run that made it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from harness import frames
from harness.audit import Findings, Read
from harness.device import tags

SCRIPT = Path(__file__).parents[1] / "spooling.py"
AHEAD = 400  # frames that may be in the spool though their process did not live to say so


@dataclass(eq=False)
class Run:
    """One life of a device process."""

    url: str
    workout_id: str
    home: Path
    rate: float = 500.0
    seconds: float = 60.0
    stream: str = "main"
    tag: int = field(default_factory=lambda: next(tags))
    said: dict[str, Any] = field(default_factory=dict)
    acks: list[tuple[float, int]] = field(default_factory=list)
    ended: dict[str, Any] | None = None
    must: int = 0  # how many of its frames have to be there, from the first on
    may_declare: bool = False  # or lie in a gap that says why
    seen: int = 0  # how many it must have made, as what was read says
    process: asyncio.subprocess.Process | None = None
    reading: asyncio.Task | None = None

    async def start(self) -> None:
        """Start it, with whatever is in its folder."""
        await asyncio.to_thread(self.home.mkdir, exist_ok=True)
        spool = self.home / "spool.db"
        values = [self.url, self.workout_id, self.stream, self.tag, spool, self.rate, self.seconds]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), *map(str, values), stdout=asyncio.subprocess.PIPE
        )
        self.reading = asyncio.create_task(self._read(), name="run")

    async def _read(self) -> None:
        async for line in self.process.stdout:
            said = json.loads(line)
            self.ended = said.pop("ended", self.ended)
            if said.get("acked", 0) > self.said.get("acked", 0):
                self.acks.append((said["at_s"], said["acked"]))
            self.said |= said

    def close(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.done()

    async def done(self, within_s: float = 60.0) -> None:
        async with asyncio.timeout(within_s):
            await self.reading
            await self.process.wait()

    @property
    def spooled(self) -> int:
        return self.said.get("spooled", 0)

    @property
    def confirmed(self) -> int:
        """How many of its own frames were acked; those that waited before it went first."""
        return max(0, self.said.get("acked", 0) - self.said.get("waited", 0))

    @property
    def in_flight(self) -> int:
        return self.said.get("sent", 0) - self.said.get("acked", 0)


def compare_runs(found: Read, runs: list[Run], gaps: list[dict[str, Any]], findings: Findings) -> None:
    """One stream that several runs fed: frames are known by what they hold, for numbers begin anew with an epoch."""
    found_tags, numbers, good = frames.read(b"".join(found.cells))
    findings.read += len(numbers)
    findings.changed += int((~good).sum())
    findings.invented += int((good & ~np.isin(found_tags, [run.tag for run in runs])).sum())
    e, seq = np.array(found.e, np.int64), np.array(found.seq, np.int64)
    findings.disordered += int(((np.diff(e) < 0) | ((np.diff(e) == 0) & (np.diff(seq) <= 0))).sum())
    for run in runs:
        _compare_run(run, numbers[good & (found_tags == run.tag)].astype(np.int64), gaps, findings)
    findings.undeclared += sum(gap["n"] for gap in gaps if not gap["reason"])


def _compare_run(run: Run, numbers: np.ndarray[Any, Any], gaps: list[dict[str, Any]], findings: Findings) -> None:
    unique = np.unique(numbers)
    run.seen = int(unique.max()) + 1 if len(unique) else 0
    findings.doubled += len(numbers) - len(unique)
    findings.disordered += int((np.diff(numbers) < 0).sum())
    findings.invented += int((unique >= run.spooled + run.said.get("gaps", 0) + AHEAD).sum())
    there = np.zeros(run.must, bool)
    there[unique[unique < run.must]] = True
    for gap in gaps if run.may_declare else ():
        there[gap["seq"] : gap["seq"] + gap["n"]] |= bool(gap["reason"])
    missing = int((~there).sum())
    findings.lost += missing
    if missing or len(numbers) != len(unique):
        findings.note(f"run {run.tag}: {missing} of {run.must} missing, {len(numbers) - len(unique)} twice")
