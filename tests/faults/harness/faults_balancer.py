"""Faults behind one HAProxy, with the example of `deploy/haproxy`: 2,000 sockets at two ingests."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from balancer import balancer, streams_at, token_of
from harness.device import Device, Log
from harness.ingests import Ingest, free_port
from harness.scene import Broken, Fault, Scene

from barograph import settings as settings_module
from barograph.store.mongo.sealed import open_archive

SOCKETS = int(os.environ.get("BAROGRAPH_SOCKETS", "2000"))
ADDRESSES, STREAMS = 20, 20  # sockets at so many addresses, in workouts of so many streams
JOINS_AT_ONCE = 20
QUIET: dict[str, Any] = {
    "rate": 1.0, "makes_every_s": (1.0, 3.0), "looks_every_s": 5.0, "keepalive_s": 60.0, "answer_s": 30.0, "pings": 0,
    "batches": (1, 20),
}  # fmt: skip
READY_S, SPREAD_S = 120.0, 120.0
SETTINGS = {"BAROGRAPH_TRUSTED_PROXIES": '["127.0.0.1"]', "BAROGRAPH_SPREAD_STREAMS": "1"}


@asynccontextmanager
async def behind(scene: Scene) -> AsyncIterator[list[Ingest]]:
    """Two ingests of their own behind HAProxy, and all devices before it."""
    there = scene.stack.servers
    ingests = [
        Ingest(there.mongo_url(), there.instance.redis_url, there.home, settings=dict(SETTINGS)) for _ in range(2)
    ]
    archive = await open_archive(settings_module.load(data_dir=there.home), there.mongo_url())
    parts = ("INGEST", "DASHBOARD")  # of the second nothing is asked here
    places = {f"{part}_{n}": f"127.0.0.1:{one.port}" for part in parts for n, one in enumerate(ingests, 1)}
    places |= {f"{part}_BIND": f"127.0.0.1:{free_port()}" for part in parts}
    try:
        await asyncio.gather(*(one.start() for one in ingests))
        with balancer(there.home / "haproxy.log", **places):
            await connect_all(
                scene,
                f"ws://{places['INGEST_BIND']}/ws",
                await token_of(archive, *(f"s{index}" for index in range(STREAMS))),
            )
            yield ingests
            await scene.finish(READY_S)
    finally:
        await archive.close()
        await asyncio.gather(*(asyncio.to_thread(one.close) for one in ingests))


async def connect_all(scene: Scene, url: str, token: str) -> None:
    """Connect device after device, as a hall fills, and wait until all have frames confirmed."""
    for index in range(SOCKETS):
        log = Log(f"{scene.workout_id}-{index // STREAMS}", f"s{index % STREAMS}")
        scene.add(url=lambda: url, log=log, token=token, source=f"127.0.1.{1 + index % ADDRESSES}", **QUIET)
        if index % JOINS_AT_ONCE == JOINS_AT_ONCE - 1:
            await all_joined(scene, index + 1 - JOINS_AT_ONCE)
    await all_joined(scene, SOCKETS)


async def all_joined(scene: Scene, count: int) -> None:
    """Wait until so many have frames confirmed."""
    deadline_s = time.monotonic() + READY_S
    while (now := joined(scene.devices)) < count:
        if time.monotonic() > deadline_s:
            raise Broken(
                f"{now} of {count} devices have frames confirmed after {READY_S:.0f} s; others: {others(scene)}"
            )
        await asyncio.sleep(0.05)


async def all_acked(scene: Scene) -> float:
    """Wait until each device has had an ack by another connection, or of later frames; seconds since the strike."""
    struck_s, made = scene.struck_s, [(device.connections, device.log.made) for device in scene.devices]
    waiting = list(zip(scene.devices, made, strict=True))
    while waiting:
        waiting = [(device, was) for device, was in waiting if not acked_since(device, *was)]
        if time.monotonic() - struck_s > READY_S:
            raise Broken(f"{len(waiting)} devices have no ack {READY_S:.0f} s after the fault")
        await asyncio.sleep(0.1)
    return time.monotonic() - struck_s


def acked_since(device: Device, connections: int, made: int) -> bool:
    return device.log.acked > made or (device.connections > connections and device.acks[-1].connection > connections)


def others(scene: Scene) -> list[str]:
    """What is known of some devices that have nothing confirmed."""
    silent = [device for device in scene.devices if not device.log.acked]
    return [f"sent {one.log.sent}, connections {one.connections}, heard {one.heard[-3:]}" for one in silent[:5]]


def joined(devices: list[Device]) -> int:
    return sum(device.log.acked > 0 for device in devices)


async def loads(ingests: list[Ingest]) -> list[int]:
    return list(await asyncio.gather(*(streams_at(one.http_url, one.owner) for one in ingests)))


async def spread(scene: Scene, ingests: list[Ingest]) -> None:
    """Wait until each ingest has a fair part of the streams."""
    begun_s, before = time.monotonic(), await loads(ingests)
    while min(now := await loads(ingests)) < SOCKETS * 0.4:
        if time.monotonic() - begun_s > SPREAD_S:
            raise Broken(f"streams did not spread: {before} became {now}")
        await asyncio.sleep(0.5)
    scene.told.append(f"streams {before} spread to {now} in {time.monotonic() - begun_s:.0f} s")


def restarted(number: int) -> Callable[[Scene], Awaitable[None]]:
    """One ingest after the other gets a signal that ends it, and is started again."""

    async def play(scene: Scene) -> None:
        async with behind(scene) as ingests:
            scene.told.append(f"{SOCKETS} sockets at one balancer: {await loads(ingests)}")
            for one in ingests:
                await scene.strike(lambda one=one: one.signal(number))
                gap_s = await all_acked(scene)
                scene.told.append(f"each device had an ack again within {gap_s:.1f} s of {signal.Signals(number).name}")
                await one.start()
                await spread(scene, ingests)

    return play


FAULTS = [
    Fault("balancer-restart", restarted(signal.SIGTERM)),
    Fault("balancer-kill", restarted(signal.SIGKILL)),
]
