"""Faults upon faults: for some time something breaks every second or two, before the last thing has healed."""

from __future__ import annotations

import asyncio
import signal

from harness.faults_devices import begin
from harness.ingests import Ingest
from harness.proxy import Proxy, proxy
from harness.scene import Fault, Scene
from harness.servers import Server

LASTS_S = 18.0


class Chaos:
    """What may break, and how each heals."""

    def __init__(self, scene: Scene, balancer: Proxy) -> None:
        self.scene, self.balancer, self.rng = scene, balancer, scene.rng
        there = scene.stack
        self.ingests, self.mongod, self.redis = there.ingests, there.servers.mongod, there.servers.redis
        self.blows = [self.cut, self.half_open, self.hop, self.hop, self.ingest_killed, self.ingest_stopped,
                      self.mongod_killed, self.mongod_stopped, self.redis_killed]  # fmt: skip

    async def cut(self) -> None:
        self.rng.choice((self.balancer.cut, self.balancer.reset))()

    async def half_open(self) -> None:
        self.balancer.half_open()

    async def hop(self) -> None:
        self.balancer.target_port = self.rng.choice(self.ingests).port
        self.balancer.cut()

    async def ingest_killed(self) -> None:
        await self._ended(self.rng.choice(self.ingests), signal.SIGKILL, signal.SIGTERM)

    async def ingest_stopped(self) -> None:
        await self._stopped(self.rng.choice(self.ingests))

    async def mongod_killed(self) -> None:
        await self._ended(self.mongod, signal.SIGKILL)

    async def mongod_stopped(self) -> None:
        await self._stopped(self.mongod)

    async def redis_killed(self) -> None:
        await self._ended(self.redis, signal.SIGKILL)

    async def _ended(self, part: Ingest | Server, *numbers: int) -> None:
        await part.signal(self.rng.choice(numbers))
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        if isinstance(part, Ingest):
            await self.scene.stack.servers.settled()  # without mongod an ingest does not start
        await part.start()

    async def _stopped(self, part: Ingest | Server) -> None:
        await part.signal(signal.SIGSTOP)
        await asyncio.sleep(self.rng.uniform(0.5, 5.0))
        await part.signal(signal.SIGCONT)

    async def run(self) -> None:
        """Blow after blow."""
        end = asyncio.get_running_loop().time() + LASTS_S
        while asyncio.get_running_loop().time() < end:
            await self.rng.choice(self.blows)()
            await asyncio.sleep(self.rng.expovariate(1.0))


async def chaos(scene: Scene) -> None:
    """Four devices of the harness and one process of the sender, through a balancer before two ingests."""
    first, second = scene.stack.ingests
    await second.start()
    try:
        async with proxy(Proxy(first.port)) as balancer:
            url = f"ws://127.0.0.1:{balancer.port}/ws"
            for number in range(4):
                scene.add(url=lambda: url, lossy=number == 3)
            with scene.folder() as home:
                run = await begin(scene, home, url=url, seconds=LASTS_S + 5.0)
                await scene.warm(20)
                await scene.strike()
                await Chaos(scene, balancer).run()
                scene.mark()
                await scene.recover()
                await scene.finish()
                await run.done()
                run.must = run.spooled
    finally:
        await second.signal(signal.SIGTERM)


FAULTS = [Fault("chaos-1", chaos), Fault("chaos-2", chaos), Fault("chaos-3", chaos)]
