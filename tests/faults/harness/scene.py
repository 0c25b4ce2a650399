"""One run of one fault: devices that send, the moment of the fault, the way back, and what is to be said of it."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import httpx
from harness.audit import Findings, audit, gaps_of, read_as_json, read_stream
from harness.device import Device, Log
from harness.predecessor import Predecessor, compare_predecessor
from harness.spooled import Run, compare_runs
from harness.stack import Stack
from harness.watcher import Watcher

WARM_FRAMES = 100
RECOVERY_S = 45.0
FINISH_S = 45.0
PIPE_S = 0.1  # acks that were on their way when the fault struck
TRIES = 6
EXPECTED = ("replaced", "archive_away", "storage_full")


class NotHit(Exception):
    """The fault found nothing in flight, so it proved nothing; it is done again."""


class Broken(Exception):
    """What should have come back did not."""


class NotRun(Exception):
    """This machine cannot do it; the message says why."""


@dataclass
class Row:
    """One line of `build/faults.json`.

    `stored` counts what lies in MongoDB, repeats included, `read` what the history API gives; `in_flight` was sent and
    not yet acked when the fault struck; `first_ack_s` is how long after it the last device to get one had its first,
    `without_acks_s` the same of each blow, where there are several.
    """

    fault: str
    sent: int
    acked: int
    stored: int
    read: int
    lost: int
    doubled: int
    in_flight: int
    first_ack_s: float | None
    rss_mb: float
    without_acks_s: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    """A row, and what else the auditor found."""

    row: Row
    findings: Findings
    told: list[str]

    @property
    def clean(self) -> bool:
        return self.findings.clean

    def complaints(self) -> list[str]:
        """What is not as promised, in words."""
        numbers = asdict(self.findings)
        counted = [f"{name} {numbers[name]}" for name in (f.name for f in fields(Findings)) if name not in FREE]
        return [text for text in counted if not text.endswith(" 0")] + self.findings.notes


FREE = ("read", "notes")


@dataclass(eq=False)
class Scene:
    """A workout of its own, the devices in it, and the moment when the fault struck."""

    stack: Stack
    name: str
    rng: random.Random
    devices: list[Device] = field(default_factory=list)
    tasks: list[asyncio.Task] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    olds: list[Predecessor] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    struck_s: float | None = None
    in_flight: int = 0
    silences_s: list[float] = field(default_factory=list)
    _run_acks_s: list[float] = field(default_factory=list)
    _connections: list[int] = field(default_factory=list)
    _sent: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workout_id = self.stack.workout(self.name)

    def url(self) -> str:
        return f"ws://127.0.0.1:{self.stack.ingest.port}/ws"

    def proxied(self) -> str:
        return f"ws://127.0.0.1:{self.stack.proxy.port}/ws"

    def add(self, *, url: Callable[[], str] | None = None, log: Log | None = None, **how: Any) -> Device:
        """One more device, which begins at once."""
        log = log or Log(self.workout_id, f"s{len(self.devices)}")
        device = Device(url or self.url, log, random.Random(self.rng.random()), **how)
        self.devices.append(device)
        self.tasks.append(asyncio.create_task(device.run(), name=f"device-{log.stream}"))
        return device

    def add_predecessor(self) -> Predecessor:
        """A client without numbers, with a workout of its own."""
        workout_id = self.stack.workout(f"{self.name}-old")
        old = Predecessor(self.url, workout_id, random.Random(self.rng.random()))
        self.olds.append(old)
        self.tasks.append(asyncio.create_task(old.run(), name="predecessor"))
        return old

    async def warm(self, frames: int = WARM_FRAMES) -> None:
        """Return when every device has had that many frames confirmed."""
        await self.until(lambda: all(each.log.acked >= frames for each in self.devices), "acks before the fault")
        await asyncio.sleep(self.rng.uniform(0.0, 0.5))

    async def until(self, true: Callable[[], bool], what: str, within_s: float = RECOVERY_S) -> None:
        deadline = time.monotonic() + within_s
        while not true():
            for task in self.tasks:
                if task.done() and task.exception() is not None:
                    raise task.exception()
            for run in self.runs:
                if run.process.returncode not in (None, 0, -9):
                    raise Broken(f"a device process ended with {run.process.returncode}")
            if time.monotonic() > deadline:
                raise Broken(f"{what}: not within {within_s:.0f} s; {self._state()}")
            await asyncio.sleep(0.002)

    def _state(self) -> str:
        return "; ".join(
            f"{d.log.stream}: made {d.log.made} sent {d.log.sent} acked {d.log.acked} window {d.window} "
            f"connections {d.connections} heard {d.heard[-2:]}"
            for d in self.devices
        )

    async def strike(self, blow: Callable[[], Awaitable[None]] | None = None) -> None:
        """Do it in a moment when frames are in flight."""
        await self.until(lambda: sum(each.in_flight for each in self.devices) > 0, "frames in flight")
        self.mark()
        if blow is not None:
            await blow()

    def mark(self) -> None:
        """The fault is now."""
        self.in_flight = sum(each.in_flight for each in self.devices)
        self.struck_s = time.monotonic()
        self._connections = [each.connections for each in self.devices]
        self._sent = [each.log.sent for each in self.devices]

    def mark_run(self, run: Run) -> None:
        """The fault of a device process is now."""
        self.in_flight, self.struck_s = run.in_flight, time.monotonic()

    def first_run_ack(self, run: Run) -> None:
        """Note how long after the fault a device process had its first ack."""
        self._run_acks_s.append(min(at_s for at_s, _ in run.acks if at_s > self.struck_s) - self.struck_s)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A place for spools, which outlives those who use it."""
        with tempfile.TemporaryDirectory(prefix="barograph-spools-", ignore_cleanup_errors=True) as folder:
            try:
                yield Path(folder)
            finally:
                for run in self.runs:
                    run.close()

    def passed(self) -> bool:
        """Whether all that was sent before the fault is confirmed."""
        return all(device.log.acked >= sent for device, sent in zip(self.devices, self._sent, strict=False))

    def first_acks_s(self) -> list[float | None]:
        """For each device, seconds from the fault to its first ack after it."""
        if self.struck_s is None:
            return []
        return [
            next(
                (
                    ack.at_s - self.struck_s
                    for ack in device.acks
                    if ack.at_s > self.struck_s + (PIPE_S if ack.connection <= connections else 0.0)
                ),
                None,
            )
            for device, connections in zip(self.devices, self._connections, strict=False)
        ]

    def note_silence(self) -> None:
        """Keep how long the blow of a moment ago left a device without acks."""
        self.silences_s.append(round(max(s for s in self.first_acks_s() if s is not None), 1))

    async def recover(self) -> None:
        """Return when every device has had an ack after the fault, and some frames more."""
        await self.until(lambda: None not in self.first_acks_s(), "acks after the fault")
        await asyncio.sleep(0.3)

    async def finish(self, within_s: float = FINISH_S) -> None:
        """Every device ends, all that it made confirmed."""
        for device in (*self.devices, *self.olds):
            device.finishing = True
        await self.until(lambda: all(task.done() for task in self.tasks), "the end of every device", within_s)

    async def outcome(self) -> Outcome:
        """What the auditor says."""
        logs = list({id(device.log): device.log for device in self.devices}.values())
        async with httpx.AsyncClient(
            base_url=self.stack.ingest.http_url, headers=self.stack.ingest.owner, timeout=60
        ) as http:
            findings = await audit(http, logs, self.rng, self.stack.seconds)
            for stream in {run.stream for run in self.runs}:
                found = await read_stream(http, self.workout_id, stream, self.rng)
                self.stack.seconds.add(self.workout_id, stream, found.times_us)
                gaps = await gaps_of(http, self.workout_id, stream)
                compare_runs(found, [run for run in self.runs if run.stream == stream], gaps, findings)
            for old in self.olds:
                compare_predecessor(await read_as_json(http, old.workout_id, "main"), old, findings)
        for note in (*self.notes, *self._surprises()):
            findings.note(note)
        sent = sum(log.sent for log in logs) + sum(max(run.spooled, run.seen) for run in self.runs)
        acked = sum(log.acked for log in logs) + sum(run.confirmed for run in self.runs)
        sent += sum(old.sent for old in self.olds)
        acked += sum(len(old.processed) for old in self.olds)
        return Outcome(await self._row(sent, acked, findings), findings, self.told)

    def _surprises(self) -> list[str]:
        """What no device of a scene should ever hear."""
        errors = {text for each in self.devices for text in each.heard if text.split(":")[0] not in EXPECTED}
        nacks = {str(nack) for each in self.devices for nack in each.log.nacked}
        nacked = [f"run {run.tag}: {count} nacked" for run in self.runs if (count := run.said.get("nacked"))]
        return [f"said to a device: {text}" for text in sorted(errors | nacks)] + nacked

    async def _row(self, sent: int, acked: int, findings: Findings) -> Row:
        first = [s for s in (*self.first_acks_s(), *self._run_acks_s) if s is not None]
        workouts = {
            self.workout_id,
            *(each.log.workout_id for each in self.devices),
            *(old.workout_id for old in self.olds),
        }
        stored = sum([await asyncio.to_thread(self.stack.servers.copies_of, each) for each in workouts])
        return Row(
            self.name, sent, acked, stored, findings.read, findings.lost, findings.doubled, self.in_flight,
            round(max(first), 3) if first else None, round(self.stack.peak_bytes / 2**20, 1), self.silences_s,
        )  # fmt: skip


@asynccontextmanager
async def scene(stack: Stack, name: str, rng: random.Random) -> AsyncIterator[Scene]:
    """A scene whose devices end with it."""
    made = Scene(stack, name, rng)
    stack.forget_peaks()
    watcher = Watcher(
        stack.running_urls, stack.ingest.owner, made.devices, random.Random(rng.random()), notes=made.notes
    )
    watching = asyncio.create_task(watcher.run(), name="watcher")
    try:
        yield made
    finally:
        watching.cancel()
        for each in made.runs:
            each.close()
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)


@dataclass(frozen=True)
class Fault:
    """What is done to a scene. `needs_flight`: it proves nothing unless frames were in flight.

    With `disk_mb` it gets servers of its own, of which `disk_of` ("mongo", "redis") has a disk of that size; with
    `cluster` its own have a cluster of three masters, and a replica of each, for the feed; with `election_ms`
    a replica set of three, whose members vote when they missed the primary for that long.
    """

    name: str
    play: Callable[[Scene], Awaitable[None]]
    needs_flight: bool = True
    short: bool = False
    disk_mb: int = 0
    disk_of: str = ""
    cluster: bool = False
    election_ms: int = 0


async def run(stack: Stack, fault: Fault, seed: int) -> Outcome:
    """Play a fault until it hit something; a run that hit nothing must be clean all the same."""
    for attempt in range(TRIES):
        async with scene(stack, fault.name, random.Random(f"{seed}/{fault.name}/{attempt}")) as made:
            await fault.play(made)
            await made.finish()
            found = await made.outcome()
        if not fault.needs_flight or made.in_flight or not found.clean:
            return found
    raise NotHit(f"{fault.name}: nothing was in flight in {TRIES} tries")
