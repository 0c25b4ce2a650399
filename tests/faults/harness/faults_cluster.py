"""Faults of a Redis or Valkey cluster, in which the feed lies: masters are killed and stopped under load."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable

import httpx
from harness.device import Log
from harness.scene import Broken, Fault, Scene

from barograph import codec
from barograph import settings as settings_module
from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.store.mongo.sealed import open_archive
from barograph.store.redis import RedisLive, key_of

WORKOUTS = 6
ROUNDS = 3
BACK_S = 20.0  # a master counts as dead after 5 s, and its replica is voted for in another second or two
NEW = 20


class Follower:
    """Who follows all workouts, as a dashboard does, and when each of them was last heard of."""

    def __init__(self, live: RedisLive, streams: list[Stream]) -> None:
        self._live, self.positions = live, dict.fromkeys(streams, "0")
        self.frames = dict.fromkeys(streams, 0)

    async def run(self) -> None:
        while True:
            try:
                entries = await self._live.follow(self.positions, 0.25)
            except LiveAway as error:
                entries = list(error.entries)
                await asyncio.sleep(0.1)
            for entry in entries:
                self.positions[entry.stream] = entry.position
                head, _ = codec.decode(entry.message)
                self.frames[entry.stream] += head["n"] if head["type"] == "frames" else 0


async def feed_said(scene: Scene) -> str:
    """What `/readyz` says of the feed; the ingest is ready without it."""
    ingest = scene.stack.ingest
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=5) as http:
        answer = await http.get("/readyz")
        if answer.status_code != 200:
            raise Broken(f"/readyz: {answer.status_code} {answer.text}")
        return str(answer.json()["live"])


async def until_said(scene: Scene, word: str, within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not (said := await feed_said(scene)).startswith(word):
        if time.monotonic() > deadline_s:
            raise Broken(f"/readyz still says {said!r} of the feed, not {word!r}")
        await asyncio.sleep(0.1)


def masters_struck(number: int) -> Callable[[Scene], Awaitable[None]]:
    """One master after the other gets a signal; its workouts' feed is to be back, and no other's to stop."""

    async def play(scene: Scene) -> None:
        cluster = scene.stack.cluster
        logs = [Log(scene.stack.workout(f"{scene.name}-{index}"), "s0") for index in range(WORKOUTS)]
        for log in logs:
            scene.add(log=log)
        streams = [Stream(log.workout_id, log.stream) for log in logs]
        # As a dashboard opens them: what lies in the feed is sealed.
        settings = settings_module.load(data_dir=scene.stack.servers.home)
        archive = await open_archive(settings, scene.stack.servers.mongo_url())
        live = await RedisLive.connect(cluster.url, sealing=archive.sealing)
        follower = Follower(live, streams)
        following = asyncio.create_task(follower.run(), name="follow")
        try:
            for index in range(ROUNDS):
                await scene.until(lambda: min(follower.frames.values()) > NEW, "frames of all workouts")
                await scene.warm()
                await strike(scene, follower, streams[index], number)
                await scene.recover()
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
            await live.close()
            await archive.close()

    return play


async def strike(scene: Scene, follower: Follower, stream: Stream, number: int) -> None:
    """Strike the master of a stream, and wait until its streams are heard of again."""
    cluster = scene.stack.cluster
    await asyncio.to_thread(cluster.heal)
    await until_said(scene, "ready", BACK_S)
    master = cluster.master_of(key_of(stream))
    mine = [each for each in follower.frames if cluster.master_of(key_of(each)) is master]

    async def blow() -> None:
        master.signal(number)

    await scene.strike(blow)
    struck_s = time.monotonic()
    await until_said(scene, "away", BACK_S)
    others = {each: n for each, n in follower.frames.items() if each not in mine}
    stopped = dict(follower.frames)
    back: dict[Stream, float] = {}

    def heard() -> bool:
        for each in mine:
            if follower.frames[each] >= stopped[each] + NEW:
                back.setdefault(each, time.monotonic() - struck_s)
        return len(back) == len(mine)

    await scene.until(heard, "the feed of the struck master's workouts", BACK_S)
    if still := [str(each) for each, n in others.items() if follower.frames[each] <= n]:
        raise Broken(f"the feed of other masters' workouts stopped too: {still}")
    await until_said(scene, "ready", BACK_S)
    scene.told.append(f"{len(mine)} of {len(follower.frames)} workouts without a feed for {max(back.values()):.1f} s")
    if number == signal.SIGSTOP:
        master.signal(signal.SIGCONT)


FAULTS = [
    Fault("redis-cluster-kill", masters_struck(signal.SIGKILL), cluster=True),
    Fault("redis-cluster-stop", masters_struck(signal.SIGSTOP), cluster=True),
]
