"""What a fault is done to: servers, ingest processes, and proxies before them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.ingests import Ingest, watch
from harness.members import members
from harness.mongogate import MongoGate
from harness.proxy import Proxy, proxy
from harness.rollups import Seconds
from harness.servers import Servers, servers
from valkey_cluster import ValkeyCluster, valkey_cluster

CLUSTER_TIMEOUT_MS = 5000  # as docs/deployment.md has it


@dataclass
class Stack:
    """Servers, two ingest processes of which the second runs where it is asked for, and a proxy before each part."""

    servers: Servers
    gate: MongoGate
    proxy: Proxy
    ingests: list[Ingest]
    numbers: itertools.count = field(default_factory=itertools.count)
    seconds: Seconds = field(default_factory=Seconds)
    cluster: ValkeyCluster | None = None

    @property
    def ingest(self) -> Ingest:
        return self.ingests[0]

    @property
    def peak_bytes(self) -> int:
        return max(each.peak_bytes for each in self.ingests)

    def running_urls(self) -> list[str]:
        """Where history can be asked for now."""
        running = [each for each in self.ingests if each.process is not None and each.process.poll() is None]
        return [each.http_url for each in running or self.ingests]

    def workout(self, name: str) -> str:
        """A workout that was never there."""
        return f"{name}-{next(self.numbers)}"

    def forget_peaks(self) -> None:
        for each in self.ingests:
            each.peak_bytes = 0
            each.sample()

    async def heal(self) -> None:
        """Whatever is not running, runs."""
        for server in self.servers.all:
            if not server.alive:
                await server.start()
        await self.servers.settled()
        if self.ingest.process is None or self.ingest.process.poll() is not None:
            await self.ingest.start()


@asynccontextmanager
async def stack(
    home: Path, *, with_cluster: bool = False, election_ms: int = 0, **settings: str
) -> AsyncIterator[Stack]:
    """A stack on a directory: the first ingest reaches mongod through the gate, the second goes there directly.

    With `election_ms` mongod is a replica set of three, which has no gate.
    """
    async with AsyncExitStack() as life:
        running = await life.enter_async_context(members(home, election_ms) if election_ms else servers(home))
        made = valkey_cluster(home, timeout_ms=CLUSTER_TIMEOUT_MS) if with_cluster else None
        cluster = life.enter_context(made) if made else None
        gate = await life.enter_async_context(proxy(MongoGate(running.instance.mongo_port)))
        ingests = [
            Ingest(url, cluster.url if cluster else running.instance.redis_url, home, settings=settings)
            for url in (running.mongo_url(gate.port), running.mongo_url())
        ]
        for each in ingests:
            life.push_async_callback(asyncio.to_thread, each.close)
        await ingests[0].start()
        before = await life.enter_async_context(proxy(Proxy(ingests[0].port)))
        watching = asyncio.create_task(watch(ingests), name="watch")
        life.callback(watching.cancel)
        yield Stack(running, gate, before, ingests, cluster=cluster)
