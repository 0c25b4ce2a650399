"""The whole way of a frame over a cluster of three masters, of which one is killed: the short form of `make faults`."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from barograph import codec
from barograph.frames import Stream
from barograph.store.redis import RedisLive, key_of
from dashboard.feed.hub import Hub
from dashboard.feed.viewer import Viewer

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
sys.path.append(str(Path(__file__).parents[1] / "faults"))

from harness.audit import Findings, audit
from harness.device import Device, Log
from harness.rollups import Seconds
from served import serving

WORKOUTS = [f"walk-{number}" for number in range(6)]
PATIENCE_S = 60.0
BACK_S = 20.0  # 3 s where nobody else works


async def until(true: Callable[[], bool], what: str) -> float:
    """Wait until something is so; how many seconds that took."""
    begun_s = time.monotonic()
    while not true():
        assert time.monotonic() - begun_s < PATIENCE_S, what
        await asyncio.sleep(0.01)
    return time.monotonic() - begun_s


class Screen:
    """A viewer of one workout: how many frames it has seen, and what it was told of the feed."""

    def __init__(self, workout_id: str) -> None:
        self.workout_id, self.viewer = workout_id, Viewer()
        self.frames, self.feed = 0, "unknown"
        self.said: set[str] = set()

    async def watch(self, hub: Hub) -> None:
        async with hub.watch(self.workout_id, self.viewer):
            while True:
                for message in await self.viewer.take():
                    self._take(message)

    def _take(self, message: Any) -> None:
        if isinstance(message, str):
            if (found := re.search(r'"feed": ?"(\w+)"', message)) is not None:
                self.feed = found[1]
                self.said.add(self.feed)
            return
        for one in codec.in_turn(message):
            head, _ = codec.decode(one)
            self.frames += head["n"] if head["type"] == "frames" else 0


class Lab:
    """Devices that send at one ingest, and screens that watch them elsewhere, by way of a cluster."""

    def __init__(self, http: httpx.AsyncClient, hub: Hub, ws_url: str) -> None:
        self.http, self.hub = http, hub
        rng = random.Random(7)
        self.devices = [
            Device(lambda: ws_url, Log(workout, "left"), random.Random(rng.random()), rate=100.0)
            for workout in WORKOUTS
        ]
        self.screens = [Screen(workout) for workout in WORKOUTS]
        self.sending: list[asyncio.Task[None]] = []

    async def begin(self) -> list[asyncio.Task[None]]:
        """Return the tasks of those who watch, once all see frames."""
        self.sending = [asyncio.create_task(device.run()) for device in self.devices]
        await until(lambda: all(device.log.acked > 20 for device in self.devices), "frames are stored")
        watching = [asyncio.create_task(each) for each in (self.hub.run(), *(s.watch(self.hub) for s in self.screens))]
        await self.seen(self.screens, 20)
        return watching

    async def seen(self, screens: list[Screen], more: int) -> None:
        """Wait until each of some screens has seen so many frames more."""
        wanted = {screen: screen.frames + more for screen in screens}
        await until(
            lambda: all(screen.frames >= n for screen, n in wanted.items()), f"frames of {len(screens)} screens"
        )

    async def feed(self) -> str:
        """What `/readyz` says of the feed; without it the ingest stays ready."""
        answer = await self.http.get("/readyz")
        assert answer.status_code == 200, answer.text
        return answer.json()["live"].partition(":")[0]

    async def dropped(self) -> float:
        """What the metrics say that viewers did not get live."""
        text = (await self.http.get("/metrics")).text
        return float(re.search(r"^barograph_feed_dropped_messages_total (\S+)", text, re.MULTILINE)[1])

    async def finish(self) -> Findings:
        """End sending, and compare what was sent with what is stored."""
        for device in self.devices:
            device.finishing = True
        await until(lambda: all(task.done() for task in self.sending), "all is confirmed")
        return await audit(self.http, [device.log for device in self.devices], random.Random(1), Seconds())


@pytest.fixture
async def lab(feed_cluster, cluster_live, mongo_archive, tmp_path):
    async with AsyncExitStack() as open_:
        ingest = await open_.enter_async_context(serving(mongo_archive, cluster_live, tmp_path))
        http = httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=60)
        theirs = await RedisLive.connect(feed_cluster.url, 2.0)
        open_.push_async_callback(theirs.close)
        made = Lab(await open_.enter_async_context(http), Hub(mongo_archive, theirs), ingest.ws_url)
        watching = await made.begin()
        yield made
        for task in (*watching, *made.sending):
            task.cancel()
        await asyncio.gather(*watching, *made.sending, return_exceptions=True)


@pytest.mark.timeout(180)
async def test_a_killed_master_costs_no_frame_and_the_feed_is_back_in_seconds(feed_cluster, lab):
    assert await lab.feed() == "ready"
    before, acked = await lab.dropped(), [device.log.acked for device in lab.devices]
    master = feed_cluster.master_of(key_of(Stream(WORKOUTS[0], "left")))
    mine = [s for s in lab.screens if feed_cluster.master_of(key_of(Stream(s.workout_id, "left"))) is master]
    others = [screen for screen in lab.screens if screen not in mine]
    assert others
    master.signal(signal.SIGKILL)
    struck_s = time.monotonic()
    await until(lambda: all(screen.feed == "away" for screen in mine), "viewers are told")
    assert await lab.feed() == "away"
    assert await lab.dropped() > before
    await lab.seen(others, 5)
    await lab.seen(mine, 10)
    back_s = time.monotonic() - struck_s
    print(f"the feed of the killed master's workouts was back after {back_s:.1f} s")
    assert back_s < BACK_S
    await until(lambda: all(screen.feed == "ready" for screen in lab.screens), "viewers are told")
    assert [screen.said for screen in others] == [{"ready"}] * len(others)
    async with asyncio.timeout(PATIENCE_S):
        while await lab.feed() != "ready":
            await asyncio.sleep(0.1)
    assert all(device.log.acked > n for device, n in zip(lab.devices, acked, strict=True))
    found = await lab.finish()
    assert (found.clean, found.notes) == (True, [])
    assert found.read == sum(device.log.made for device in lab.devices)
