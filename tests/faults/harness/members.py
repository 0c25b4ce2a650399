"""Three mongods of one replica set, of which each can be killed, stopped, lost for good and replaced by a new one."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from harness.ingests import free_port
from harness.servers import PATIENCE_S, Server, Servers
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from barograph.servers.embedded import find_mongod, find_redis_server
from barograph.servers.instance import Instance, load, redis_configuration
from barograph.servers.programs import Child, spawn

SYNC_S = 60.0
AT_ONCE = ("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100")  # else a member is 15 s about its end


@dataclass
class Members(Servers):
    """A replica set of three; `mongod` is the first of them."""

    spawn_mongod: Callable[[int], Child] = field(kw_only=True)
    members: dict[int, Server] = field(kw_only=True)

    @property
    def all(self) -> tuple[Server, ...]:
        return (*self.members.values(), self.redis)

    def mongo_url(self, port: int | None = None) -> str:
        """The address of the set, whatever proxy is there."""
        hosts = ",".join(f"127.0.0.1:{each}" for each in self.members)
        return f"mongodb://{hosts}/?replicaSet=barograph"

    async def primary(self) -> Server:
        """The member that takes writes, once there is one."""
        return self.members[await self._port_of("PRIMARY")]

    async def secondary(self) -> Server:
        """A member that follows the primary, once there is one."""
        return self.members[await self._port_of("SECONDARY")]

    async def _port_of(self, state: str) -> int:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                states = await asyncio.to_thread(self.states)
                if found := [port for port, said in states.items() if said == state]:
                    return found[0]
                await asyncio.sleep(0.1)

    async def whole(self) -> None:
        """Return when there is a primary and all others follow it."""
        expected = ["PRIMARY", *["SECONDARY"] * (len(self.members) - 1)]
        async with asyncio.timeout(SYNC_S):
            while sorted((await asyncio.to_thread(self.states)).values()) != expected:
                await asyncio.sleep(0.1)

    def states(self) -> dict[int, str]:
        """What the set says of its members, by port; empty while nobody says it."""
        for port, server in self.members.items():
            if server.alive and server.running:
                with straight(port) as client, contextlib.suppress(PyMongoError):
                    said = client.admin.command("replSetGetStatus")["members"]
                    states = {int(one["name"].rpartition(":")[2]): one["stateStr"] for one in said}
                    if "PRIMARY" in states.values():
                        return states
        return {}

    async def replace(self, lost: Server) -> Server:
        """Give a new, empty member the place of one that is gone with all that it had, and wait until it has it all."""
        (old,) = [port for port, server in self.members.items() if server is lost]
        await asyncio.to_thread(shutil.rmtree, self.home / f"mongo-{old}")
        new = free_port()
        del self.members[old]
        self.members[new] = await asyncio.to_thread(self._begin, new)
        await asyncio.to_thread(self._reconfigure, old, new)
        await self.whole()
        return self.members[new]

    def _begin(self, port: int) -> Server:
        return Server(partial(self.spawn_mongod, port), self.spawn_mongod(port))

    def _reconfigure(self, old: int, new: int) -> None:
        with MongoClient[dict[str, Any]](self.mongo_url(), timeoutMS=20_000) as client:
            for change in (_without(old), _with(new)):  # MongoDB takes one change of votes at a time
                now = client.admin.command("replSetGetConfig")["config"]
                now["version"] += 1
                now["members"] = change(now["members"])
                client.admin.command("replSetReconfig", now)


def _without(port: int) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda members: [one for one in members if one["host"] != f"127.0.0.1:{port}"]


def _with(port: int) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    new = {"host": f"127.0.0.1:{port}"}
    return lambda members: [*members, {**new, "_id": max(one["_id"] for one in members) + 1}]


def straight(port: int) -> MongoClient[dict[str, Any]]:
    """A client of one member alone."""
    return MongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true", timeoutMS=1000)


@asynccontextmanager
async def members(home: Path, election_ms: int) -> AsyncIterator[Members]:
    """Three members on a directory, and a redis-server; they vote when they missed the primary for `election_ms`."""
    (home / "redis").mkdir(parents=True, exist_ok=True)
    instance: Instance = load(home)
    with ThreadPoolExecutor(1, "members") as keeper:  # children end with the thread that started them

        def start_mongod(port: int) -> Child:
            (room := home / f"mongo-{port}").mkdir(exist_ok=True)
            command = [str(find_mongod()), "--replSet", "barograph", "--port", str(port), "--dbpath", str(room)]
            more = ["--bind_ip", "127.0.0.1", "--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.25", *AT_ONCE]
            return spawn(keeper, [*command, *more], port=port, room=room, log=home / f"mongod-{port}.log")

        def start_redis() -> Child:
            command, told = [str(find_redis_server()), "-"], redis_configuration(instance)
            log = home / "redis.log"
            return spawn(keeper, command, port=instance.redis_port, room=home / "redis", log=log, told=told)

        ports = [free_port() for _ in range(3)]
        started = {port: Server(partial(start_mongod, port), start_mongod(port)) for port in ports}
        redis = Server(start_redis, start_redis())
        made = Members(home, instance, started[ports[0]], redis, spawn_mongod=start_mongod, members=started)
        try:
            for each in started.values():
                await each.listens()
            await asyncio.to_thread(_initiate, ports, election_ms)
            await made.whole()
            yield made
        finally:
            for each in made.all:
                await asyncio.to_thread(each.close)


def _initiate(ports: list[int], election_ms: int) -> None:
    hosts = [{"_id": number, "host": f"127.0.0.1:{port}"} for number, port in enumerate(ports)]
    settings = {"electionTimeoutMillis": election_ms, "heartbeatIntervalMillis": min(2000, election_ms // 2)}
    configuration = {"_id": "barograph", "members": hosts, "settings": settings}
    client: MongoClient[dict[str, Any]] = MongoClient(f"mongodb://127.0.0.1:{ports[0]}/?directConnection=true")
    with client:
        client.admin.command("replSetInitiate", configuration)
