"""Faults of the network between device and ingest: reset, cut, half open, slow and narrow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness.proxy import Proxy
from harness.scene import Fault, Scene

DEVICES = 4
BAD_FOR_S = 8.0


def feed(scene: Scene, **how) -> None:
    for _ in range(DEVICES):
        scene.add(url=scene.proxied, **how)


def broken(blow: Callable[[Proxy], None], times: int = 3) -> Callable[[Scene], Awaitable[None]]:
    """All connections at once, several times."""

    async def play(scene: Scene) -> None:
        feed(scene)

        async def strike() -> None:
            blow(scene.stack.proxy)

        for _ in range(times):
            await scene.warm()
            await scene.strike(strike)
            await scene.recover()

    return play


async def slow(scene: Scene) -> None:
    """Half a second each way."""
    feed(scene, keepalive_s=10.0)
    await scene.warm()
    await scene.strike()
    scene.stack.proxy.latency_s = 0.5
    try:
        await asyncio.sleep(BAD_FOR_S)
        await scene.recover()
    finally:
        scene.stack.proxy.latency_s = 0.0


async def narrow(scene: Scene) -> None:
    """10 KB/s for each connection, which is a third of what the devices make."""
    feed(scene, rate=600.0, batches=(10, 50), keepalive_s=30.0)
    await scene.warm()
    await scene.strike()
    scene.stack.proxy.bytes_per_s = 10_000
    try:
        await asyncio.sleep(BAD_FOR_S)
        await scene.recover()
    finally:
        scene.stack.proxy.bytes_per_s = 0


FAULTS = [
    Fault("net-reset", broken(Proxy.reset), short=True),
    Fault("net-cut", broken(Proxy.cut)),
    Fault("net-half-open", broken(Proxy.half_open, times=1)),
    Fault("net-500ms", slow),
    Fault("net-10KBps", narrow),
]
