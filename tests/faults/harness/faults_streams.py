"""Faults of devices and viewers: repeats, one name for two, wrong clocks, moves between servers, nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Awaitable, Callable

from harness.device import Log, now_us
from harness.faults_devices import begin
from harness.proxy import Proxy, proxy
from harness.scene import Fault, Scene
from websockets.asyncio.client import connect

DAY_US = 86_400_000_000


async def repeats(scene: Scene) -> None:
    """Every batch three times, shuffled with seven others."""
    for _ in range(3):
        scene.add(repeats=3)
    await scene.warm()
    await scene.strike()
    await asyncio.sleep(3.0)
    await scene.recover()


async def two_devices_of_one_name(scene: Scene) -> None:
    """Two epochs in one stream: both are kept."""
    for _ in range(2):
        scene.add(log=Log(scene.workout_id, "main"))
    await scene.warm()
    await scene.strike()
    await asyncio.sleep(2.0)
    await scene.recover()


async def two_connections_of_one_epoch(scene: Scene) -> None:
    """They take the lease from each other, again and again."""
    device = scene.add()
    await scene.warm()
    twin = scene.add(log=device.log, rate=0.0)
    await scene.strike()
    await asyncio.sleep(4.0)
    said = [text for each in (device, twin) for text in each.heard]
    if not any(text.startswith("replaced") for text in said):
        scene.notes.append(f"no connection was told that it is replaced: {said[:3]}")
    twin.finishing = device.finishing = True


async def gaps(scene: Scene) -> None:
    """Devices that lost frames declare most of them; the ingest is killed, so what is declared has to be kept too."""
    for _ in range(3):
        scene.add(lossy=True, url=scene.proxied)
    for _ in range(2):
        await scene.warm(20)
        await scene.strike(lambda: scene.stack.ingest.signal(signal.SIGKILL))
        await scene.stack.ingest.start()
        await scene.recover()


async def moves(scene: Scene) -> None:
    """From one ingest, stopped with frames in its hands, to another; the first goes on; and back the same way."""
    first, second = scene.stack.ingests
    await second.start()
    here = [first]
    try:
        for _ in range(4):
            scene.add(url=lambda: f"ws://127.0.0.1:{here[0].port}/ws", keepalive_s=0.5)
        for old, new in ((first, second), (second, first)):
            await scene.warm()
            await scene.strike(lambda old=old: old.signal(signal.SIGSTOP))
            here[0] = new
            await scene.recover()
            await old.signal(signal.SIGCONT)
            await asyncio.sleep(1.0)
        await scene.finish()
    finally:
        await second.signal(signal.SIGCONT)
        await second.signal(signal.SIGTERM)


async def hops(scene: Scene) -> None:
    """Between two that both run, with what is in flight: a balancer that cannot make up its mind."""
    first, second = scene.stack.ingests
    await second.start()
    try:
        async with proxy(Proxy(first.port)) as balancer:
            for _ in range(3):
                scene.add(url=lambda: f"ws://127.0.0.1:{balancer.port}/ws")
            with scene.folder() as home:
                run = await begin(scene, home, url=f"ws://127.0.0.1:{balancer.port}/ws", seconds=8.0)
                await scene.warm()
                await scene.strike()
                for hop in range(8):
                    balancer.target_port = (second, first)[hop % 2].port
                    balancer.cut()
                    await asyncio.sleep(scene.rng.uniform(0.1, 1.2))
                await scene.recover()
                await scene.finish()
                await run.done()
                run.must = run.spooled
    finally:
        await second.signal(signal.SIGTERM)


async def late_write(scene: Scene) -> None:
    """An insert reaches mongod when the ingest has long given up on it, asked, and written the frames again."""
    for _ in range(2):
        scene.add()
    await scene.warm()
    gate = scene.stack.gate
    gate.held.clear()
    gate.hold_requests = True
    await asyncio.wait_for(gate.held.wait(), 20)
    gate.hold_requests = False  # the others pass
    scene.mark()
    await scene.until(scene.passed, "acks of what was in flight")
    gate.release()
    await asyncio.sleep(2.0)


def ticking(clock: Callable[[float], int], pings: int = 3) -> Callable[[Scene], Awaitable[None]]:
    """Devices whose clock is `clock(seconds since the fault's first device)`, over a broken connection."""

    async def play(scene: Scene) -> None:
        begun = time.monotonic()

        async def cut() -> None:
            scene.stack.proxy.cut()

        for _ in range(3):
            scene.add(url=scene.proxied, clock=lambda: clock(time.monotonic() - begun), pings=pings)
        for _ in range(2):
            await scene.warm()
            await scene.strike(cut)
            await asyncio.sleep(1.5)
            await scene.recover()

    return play


def stepping_back(elapsed_s: float) -> int:
    return now_us() - (1_500_000 if elapsed_s > 2.0 else 0)


async def nobody_reads(scene: Scene) -> None:
    """Two viewers join the room and never read, and one asks for all of its history and does not read that."""
    for _ in range(4):
        scene.add(rate=800.0)
    await scene.warm(500)
    async with contextlib.AsyncExitStack() as life:
        for _ in range(2):
            viewer = await life.enter_async_context(
                connect(
                    scene.url(),
                    additional_headers=scene.stack.ingest.owner,
                    max_queue=1,
                    ping_interval=None,
                    close_timeout=0.1,
                )
            )
            await viewer.send(json.dumps({"type": "join_session", "workout_id": scene.workout_id}))
        _, asking = await asyncio.open_connection("127.0.0.1", scene.stack.ingest.port, limit=1024)
        life.callback(asking.close)
        path = f"/api/workouts/{scene.workout_id}/frames?stream=s0&limit=50000"
        shown = scene.stack.ingest.owner["Authorization"]
        asking.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {shown}\r\n\r\n".encode())
        await scene.strike()
        await asyncio.sleep(15.0)
        await scene.recover()


FAULTS = [
    Fault("repeats-shuffled", repeats, needs_flight=False, short=True),
    Fault("two-devices-one-name", two_devices_of_one_name, needs_flight=False),
    Fault("two-connections", two_connections_of_one_epoch, needs_flight=False),
    Fault("gaps-declared", gaps),
    Fault("two-ingests", moves),
    Fault("two-ingests-hopping", hops),
    Fault("late-write", late_write),
    Fault("clock-day-off", ticking(lambda elapsed_s: now_us() + DAY_US), needs_flight=False),
    Fault("clock-unknown", ticking(lambda elapsed_s: now_us() - 3 * DAY_US, pings=0), needs_flight=False),
    Fault("clock-drifts", ticking(lambda elapsed_s: now_us() + int(elapsed_s * 1e4)), needs_flight=False),
    Fault("clock-steps-back", ticking(stepping_back), needs_flight=False, short=True),
    Fault("viewer-never-reads", nobody_reads, needs_flight=False),
]
