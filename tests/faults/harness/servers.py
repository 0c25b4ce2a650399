"""A mongod and a redis-server that can be killed, stopped and started again on their data directory and ports."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from barograph.servers.embedded import find_mongod, find_redis_server
from barograph.servers.instance import Instance, bring_up, load, mongod_options, redis_configuration
from barograph.servers.programs import Child, spawn

PATIENCE_S = 30.0


@dataclass
class Server:
    """One server process, and how it is started."""

    spawn: Callable[[], Child]
    child: Child

    @property
    def alive(self) -> bool:
        return self.child.process.poll() is None

    @property
    def running(self) -> bool:
        """Whether it goes on, and was not stopped."""
        return psutil.Process(self.child.process.pid).status() != psutil.STATUS_STOPPED

    async def signal(self, number: int) -> None:
        """Send a signal; wait for the end where that is what it means."""
        self.child.process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            await self.ended()

    async def ended(self) -> None:
        await asyncio.to_thread(self.child.process.wait, PATIENCE_S)

    async def start(self) -> None:
        """Start it again, and return when it listens; mongod takes writes some seconds later."""
        self.child = await asyncio.to_thread(self.spawn)
        await self.listens()

    async def listens(self) -> None:
        """Return when it listens."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.child.listens():
                if not self.alive:
                    raise RuntimeError(f"{self.child.name} ended with {self.child.process.returncode}")
                await asyncio.sleep(0.02)

    def close(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.child.process.pid)
            process.resume()
            process.terminate()
        try:
            self.child.process.wait(PATIENCE_S)
        except TimeoutError:
            self.child.process.kill()


@dataclass
class Servers:
    """Both, and where they are."""

    home: Path
    instance: Instance
    mongod: Server
    redis: Server

    @property
    def all(self) -> tuple[Server, ...]:
        return (self.mongod, self.redis)

    def mongo_url(self, port: int | None = None) -> str:
        """The server's own address, or that of a proxy before it."""
        there = f"@127.0.0.1:{self.instance.mongo_port}/"
        return self.instance.mongo_url.replace(there, f"@127.0.0.1:{port}/") if port else self.instance.mongo_url

    async def settled(self) -> None:
        """Return when mongod takes writes."""
        async with asyncio.timeout(PATIENCE_S):
            while not await asyncio.to_thread(self._writable):
                await asyncio.sleep(0.1)

    def _writable(self) -> bool:
        with MongoClient(self.mongo_url(), timeoutMS=1000) as client, contextlib.suppress(PyMongoError):
            return bool(client.admin.command("hello")["isWritablePrimary"])
        return False

    def copies_of(self, workout_id: str) -> int:
        """Frames in the collection, repeats included."""
        with MongoClient(self.mongo_url(), timeoutMS=20_000) as client:
            found = client.barograph.frames.find({"m.w": workout_id}, {"n": 1, "_id": 0})
            return sum(int(document["n"]) for document in found)


@asynccontextmanager
async def servers(home: Path) -> AsyncIterator[Servers]:
    """Both servers on a directory, until the block is left."""
    for room in ("mongo", "redis"):
        (home / room).mkdir(parents=True, exist_ok=True)
    instance = load(home)
    with ThreadPoolExecutor(1, "servers") as keeper:  # children end with the thread that started them

        def start_mongod() -> Child:
            command = [str(find_mongod()), *mongod_options(home, instance)]
            return spawn(keeper, command, port=instance.mongo_port, room=home / "mongo", log=home / "mongod.log")

        def start_redis() -> Child:
            command, told = [str(find_redis_server()), "-"], redis_configuration(instance)
            log = home / "redis.log"
            return spawn(keeper, command, port=instance.redis_port, room=home / "redis", log=log, told=told)

        started = [Server(start, start()) for start in (start_mongod, start_redis)]
        try:
            await asyncio.to_thread(bring_up, [each.child for each in started], instance)
            yield Servers(home, instance, *started)
        finally:
            for each in started:
                await asyncio.to_thread(each.close)
