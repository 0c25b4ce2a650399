"""Faults of device processes: killed and started again with their spool, an old copy of it, or none; its disk full."""

from __future__ import annotations

import asyncio
import shutil
import signal
from pathlib import Path

from harness.disks import fill, tmpfs
from harness.scene import Fault, Scene
from harness.spooled import Run


async def begin(scene: Scene, home: Path, *, url: str = "", **how) -> Run:
    """A device process that uses what is in a folder."""
    run = Run(url or scene.url(), scene.workout_id, home, **how)
    scene.runs.append(run)
    await run.start()
    return run


async def killed(scene: Scene, home: Path) -> Run:
    """One life that ends with frames in flight; all that it says to have spooled is there to be sent."""
    run = await begin(scene, home)
    before = run.said.get("acked", 0)
    await scene.until(lambda: run.confirmed > before + 100, "acks of a device process")
    await asyncio.sleep(scene.rng.uniform(0.0, 0.7))
    await scene.until(lambda: run.in_flight > 0, "frames in flight")
    scene.mark_run(run)
    await run.kill()
    run.must = run.spooled
    return run


async def last_run(scene: Scene, home: Path) -> None:
    """A life that ends by itself, with nothing left in the spool."""
    run = await begin(scene, home, seconds=2.0)
    await scene.until(lambda: bool(run.acks), "acks after the fault")
    scene.first_run_ack(run)
    await run.done()
    run.must = run.spooled
    if run.ended is None:
        scene.notes.append("the last device process did not end as it should")


async def with_spool(scene: Scene) -> None:
    with scene.folder() as home:
        for _ in range(3):
            await killed(scene, home)
        await last_run(scene, home)


async def with_old_copy(scene: Scene) -> None:
    """What was spooled after the copy is gone with its disk, unless it was confirmed."""
    with scene.folder() as home:
        current, copy = home / "now", home / "copy"
        await killed(scene, current)
        shutil.copytree(current, copy)
        lost = await killed(scene, current)
        lost.must = lost.confirmed
        shutil.rmtree(current)
        copy.rename(current)
        await last_run(scene, current)


async def without_spool(scene: Scene) -> None:
    """What was not confirmed is gone with its disk."""
    with scene.folder() as home:
        for life in range(2):
            run = await killed(scene, home / str(life))
            run.must = run.confirmed
        await last_run(scene, home / "last")


async def disk_full(scene: Scene) -> None:
    """The spool's disk is full while the ingest does not answer; what did not fit is a gap that says so."""
    with tmpfs(24) as home:
        run = await begin(scene, home, seconds=16.0, rate=1000.0)
        await scene.until(lambda: run.confirmed > 100, "acks of a device process")
        scene.mark_run(run)
        await scene.stack.ingest.signal(signal.SIGSTOP)
        filler = fill(home)
        await scene.until(lambda: "disk" in run.said["trouble"] or "room" in run.said["trouble"], "a full disk")
        await asyncio.sleep(2.0)
        filler.unlink()
        await scene.stack.ingest.signal(signal.SIGCONT)
        await scene.until(lambda: run.acks[-1][0] > scene.struck_s + 1, "acks after the fault")
        scene.first_run_ack(run)
        await run.done()
        run.must, run.may_declare = run.spooled + run.said["gaps"], True
        if not run.said["gaps"]:
            scene.notes.append("the disk was full, and no gap was declared")


FAULTS = [
    Fault("device-kill", with_spool, short=True),
    Fault("device-old-spool", with_old_copy),
    Fault("device-no-spool", without_spool),
    Fault("spool-disk-full", disk_full, needs_flight=False),
]
