"""Faults of processes: the ingest, mongod and redis-server are killed, stopped and asked to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from harness.scene import Fault, Scene
from harness.servers import Server
from redis.asyncio import Redis

DEVICES = 4
STOPPED_S = 15.0


def feed(scene: Scene, devices: int = DEVICES, **how) -> None:
    for _ in range(devices):
        scene.add(**how)


async def ingest_killed(scene: Scene) -> None:
    """Three times, at random moments, the whole process group."""
    feed(scene)
    for _ in range(3):
        await scene.warm(max(100, min(device.log.acked for device in scene.devices) + 100))
        await scene.strike(lambda: scene.stack.ingest.signal(signal.SIGKILL))
        await scene.stack.ingest.start()
        await scene.recover()


async def ingest_killed_before_the_write(scene: Scene) -> None:
    """Inserts leave the ingest, never reach mongod, and the ingest is killed: whatever it acked before is lost."""
    feed(scene)
    await scene.warm()
    gate = scene.stack.gate
    gate.held.clear()
    gate.hold_requests = True
    await asyncio.wait_for(gate.held.wait(), 20)
    await asyncio.sleep(0.3)
    scene.mark()
    await scene.stack.ingest.signal(signal.SIGKILL)
    gate.release(drop=True)
    await scene.stack.ingest.start()
    await scene.recover()


async def ingest_killed_between_write_and_ack(scene: Scene) -> None:
    """The write is done, its answer never comes to the ingest."""
    feed(scene)
    await scene.warm()
    gate = scene.stack.gate
    gate.held.clear()
    gate.hold_answers = True
    await asyncio.wait_for(gate.held.wait(), 20)
    await asyncio.sleep(0.2)
    scene.mark()
    await scene.stack.ingest.signal(signal.SIGKILL)
    gate.release()
    await scene.stack.ingest.start()
    await scene.recover()


async def ingest_asked_to_end(scene: Scene) -> None:
    """SIGTERM under load."""
    feed(scene)
    await scene.warm()
    await scene.strike(lambda: scene.stack.ingest.signal(signal.SIGTERM))
    await scene.stack.ingest.start()
    await scene.recover()


def ended(which: str, number: int, away_s: tuple[float, float] = (0.2, 2.0)) -> Callable[[Scene], Awaitable[None]]:
    """A server gets a signal that ends it, and is started again after a while."""

    async def play(scene: Scene) -> None:
        server: Server = getattr(scene.stack.servers, which)
        feed(scene)
        await scene.warm()
        await scene.strike(lambda: server.signal(number))
        await asyncio.sleep(scene.rng.uniform(*away_s))
        await server.start()
        await scene.recover()

    return play


def stopped(which: str, for_s: float = STOPPED_S) -> Callable[[Scene], Awaitable[None]]:
    """A server answers nobody for a while, and goes on."""

    async def play(scene: Scene) -> None:
        server: Server = getattr(scene.stack.servers, which)
        feed(scene)
        await scene.warm()
        await scene.strike(lambda: server.signal(signal.SIGSTOP))
        await asyncio.sleep(for_s)
        await server.signal(signal.SIGCONT)
        await scene.recover()

    return play


async def ingest_killed_at_full_speed(scene: Scene) -> None:
    """Devices that send as fast as the windows let them, out of what they have spooled."""
    feed(scene, rate=4000.0, batches=(20, 64))
    for _ in range(2):
        await scene.warm(max(5000, min(device.log.acked for device in scene.devices) + 2000))
        await scene.strike(lambda: scene.stack.ingest.signal(signal.SIGKILL))
        await scene.stack.ingest.start()
        await scene.recover()


async def ingest_stopped(scene: Scene) -> None:
    """It answers nobody for a while, and goes on with what it had in its hands."""
    feed(scene)
    await scene.warm()
    await scene.strike(lambda: scene.stack.ingest.signal(signal.SIGSTOP))
    await asyncio.sleep(STOPPED_S / 2)
    await scene.stack.ingest.signal(signal.SIGCONT)
    await scene.recover()


async def mongod_killed_before_its_answer(scene: Scene) -> None:
    """The ingest never hears whether an insert was done, and mongod itself may not know."""
    feed(scene)
    await scene.warm()
    gate, mongod = scene.stack.gate, scene.stack.servers.mongod
    gate.held.clear()
    gate.hold_answers = True
    await asyncio.wait_for(gate.held.wait(), 20)
    scene.mark()
    await mongod.signal(signal.SIGKILL)
    gate.cut()
    gate.release()
    await mongod.start()
    await scene.recover()


async def all_killed(scene: Scene) -> None:
    """Ingest, mongod and redis-server in the same moment."""
    feed(scene)
    await scene.warm()
    there = scene.stack

    async def blow() -> None:
        parts = (there.ingest, there.servers.mongod, there.servers.redis)
        await asyncio.gather(*(part.signal(signal.SIGKILL) for part in parts))

    await scene.strike(blow)
    await there.heal()
    await scene.recover()


async def predecessors(scene: Scene) -> None:
    """Clients without numbers: what was processed is stored, once."""
    feed(scene, 2)
    for _ in range(2):
        scene.add_predecessor()
    old = scene.olds[0]
    for blow in (scene.stack.ingest, scene.stack.servers.mongod, scene.stack.ingest):
        before = len(old.processed)
        await scene.until(lambda before=before: len(old.processed) > before + 100, "frames processed")
        await scene.warm()
        await scene.strike(lambda blow=blow: blow.signal(signal.SIGKILL))
        await blow.start()
        await scene.recover()


async def redis_flushed(scene: Scene) -> None:
    """FLUSHALL, three times."""
    feed(scene)
    await scene.warm()
    async with Redis.from_url(scene.stack.servers.instance.redis_url) as client:
        await scene.strike(client.flushall)
        for _ in range(2):
            await asyncio.sleep(0.5)
            await client.flushall()
    await scene.recover()


FAULTS = [
    Fault("ingest-kill", ingest_killed, short=True),
    Fault("ingest-kill-before-write", ingest_killed_before_the_write, short=True),
    Fault("ingest-kill-before-ack", ingest_killed_between_write_and_ack, short=True),
    Fault("ingest-kill-full-speed", ingest_killed_at_full_speed),
    Fault("ingest-stop", ingest_stopped),
    Fault("ingest-term", ingest_asked_to_end),
    Fault("mongod-kill", ended("mongod", signal.SIGKILL), short=True),
    Fault("mongod-away", ended("mongod", signal.SIGKILL, (11.0, 13.0))),  # longer than an operation may take
    Fault("mongod-stop", stopped("mongod")),
    Fault("mongod-term", ended("mongod", signal.SIGTERM)),
    Fault("mongod-kill-before-answer", mongod_killed_before_its_answer),
    Fault("all-kill", all_killed),
    Fault("predecessor", predecessors),
    Fault("redis-kill", ended("redis", signal.SIGKILL)),
    Fault("redis-stop", stopped("redis")),
    Fault("redis-term", ended("redis", signal.SIGTERM)),
    Fault("redis-flushall", redis_flushed, short=True),
]
