"""Full disks under the servers, which live on a small disk of their own for it, and are given room again."""

from __future__ import annotations

import asyncio
import json

from harness.device import Log
from harness.disks import fill
from harness.scene import Fault, Scene
from redis.asyncio import Redis
from websockets.asyncio.client import connect

DISK_MB = 160
MIN_FREE_MB = 48  # what the ingest is told to keep free; windows close at half of it
LEFT_MB = 36
PATIENCE_S = 25.0


async def mongod_full(scene: Scene) -> None:
    """mongod ends itself when it cannot write, and cannot start until there is room."""
    for _ in range(4):
        scene.add(rate=800.0)
    await scene.warm(500)
    filler = fill(scene.stack.servers.home / "mongo")
    mongod = scene.stack.servers.mongod
    try:
        await scene.until(lambda: not mongod.alive, "the end of mongod on a full disk", PATIENCE_S)
        scene.mark()
        await asyncio.sleep(1.0)
    finally:
        filler.unlink()
    await mongod.start()
    await scene.recover()


async def nearly_full(scene: Scene) -> None:
    """Long before mongod ends, new sessions are refused with a word about it; those that run go on."""
    device = scene.add()
    await scene.warm()
    filler = fill(scene.stack.servers.home / "mongo", leave_mb=LEFT_MB)
    await scene.strike()
    try:
        said = await refused_join(scene)
        if said.get("code") != "storage_full":
            scene.notes.append(f"a new session on a nearly full disk: expected storage_full, got {said}")
        await scene.until(scene.passed, "acks of a session that runs")
    finally:
        filler.unlink()
    scene.add(log=Log(scene.workout_id, "later"))
    await scene.until(lambda: scene.devices[-1].log.acked > 0, "a new session when there is room again")
    device.finishing = True


async def refused_join(scene: Scene, patience_s: float = 20.0) -> dict:
    """What a device hears that wants to begin now; disk space is looked at now and then."""
    deadline = asyncio.get_running_loop().time() + patience_s
    number = 0
    while True:
        number += 1
        async with connect(scene.url(), compression=None) as socket:
            layout = {"rows": 1, "cols": 1, "dtype": "uint8"}
            join = {"type": "join_session", "workout_id": f"{scene.workout_id}-new{number}", "epoch": "x"}
            await socket.send(json.dumps(join | {"layout": layout}))
            said = json.loads(await socket.recv())
        if said["type"] == "error" or asyncio.get_running_loop().time() > deadline:
            return said
        await asyncio.sleep(0.2)


async def redis_full(scene: Scene) -> None:
    """Redis has no memory left and its disk no room; nothing but the live picture suffers."""
    for _ in range(4):
        scene.add()
    await scene.warm()
    disk = scene.stack.servers.home / "redis"
    filler = fill(disk)
    try:
        async with Redis.from_url(scene.stack.servers.instance.redis_url) as client:
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("maxmemory", "1mb")
            await scene.strike()
            await asyncio.sleep(4.0)
            await scene.recover()
            await client.config_set("maxmemory", "512mb")
    finally:
        filler.unlink()


FAULTS = [
    Fault("mongod-disk-full", mongod_full, disk_mb=DISK_MB, disk_of="mongo"),
    Fault("mongod-disk-nearly-full", nearly_full, disk_mb=DISK_MB, disk_of="mongo"),
    Fault("redis-full", redis_full, disk_mb=2, disk_of="redis"),
]
