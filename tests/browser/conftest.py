"""A real Chromium on the real stack: embedded MongoDB and Redis, the dashboard under uvicorn, an athlete who walks.

Every test has a database of its own. Chromium, its cache and the dashboard's port are shared by all, because loading
Dash anew costs more than most tests; so they all run in one event loop.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import uvicorn
from keyed import open_archive
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from redis import Redis

from analytics import sim
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.frames import Layout, Recording
from barograph.servers.embedded import Servers
from barograph.store.cold.places import Directory
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About
from barograph.store.redis import RedisLive
from barograph.web.transport import keep_little_unsent
from dashboard.app import create_app

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from devices import Device
from screens import axe, fits

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WITH_PICTURES = bool(os.environ.get("BAROGRAPH_PICTURES"))
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
TICK_S = 0.02


@dataclass
class Dashboard:
    """The dashboard's application, served on one port; it can be stopped and started again."""

    archive: MongoArchive
    live: RedisLive
    data_dir: Path
    port: int
    ingest_port: int = 1
    access: Access | None = None
    _server: uvicorn.Server | None = None
    _task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def link(self) -> str:
        assert self.access
        return self.access.new_link(self.url)

    async def start(self) -> None:
        settings = settings_module.load(data_dir=self.data_dir, ingest_port=self.ingest_port)
        self.access = Access(settings, "dashboard")
        app = create_app(settings, self.archive, self.live, self.access)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        keep_little_unsent(listener)
        config = uvicorn.Config(
            app, ws="websockets-sansio", ws_per_message_deflate=False, log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            await asyncio.sleep(0.01)
            assert not self._task.done(), self._task.result()

    async def stop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = True
            await asyncio.wait_for(self._task, 20)
            self._server = self._task = None


PATIENT_S = 240  # a page may take a minute for each of several things on a machine that is busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(PATIENT_S))


@pytest_asyncio.fixture(loop_scope="session")
async def mongo_archive(servers: Servers, database: str, cold_place: Directory) -> AsyncIterator[MongoArchive]:
    archive = await open_archive(servers.mongo_url, database, 20.0, place=cold_place)
    archive.cold.wait_s = 0.0
    yield archive
    await archive.close()


@pytest_asyncio.fixture(loop_scope="session")
async def redis_live(servers: Servers) -> AsyncIterator[RedisLive]:
    with Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    live = await RedisLive.connect(servers.redis_url, 5.0)
    yield live
    await live.close()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The data directory, with its key, and the port of all dashboards: a browser's cache goes by address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return tmp_path_factory.mktemp("dashboard"), probe.getsockname()[1]


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(
    mongo_archive: MongoArchive, redis_live: RedisLive, place: tuple[Path, int]
) -> AsyncIterator[Dashboard]:
    running = Dashboard(mongo_archive, redis_live, *place)
    await running.start()
    yield running
    await running.stop()


@dataclass
class Sender(Device):
    """Recordings of one workout, each frame sent when its time has come, or all that are asked for at once."""

    sent: int = 0
    _task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self.open_streams()

    async def store(self, first: int, last: int, *, received_us: int | None = None) -> None:
        for name in self.recordings:
            await self.store_block(name, self.frames(name, first, last), now_us=received_us)

    async def publish(self, first: int, last: int) -> None:
        for name in self.recordings:
            await self.publish_block(name, self.frames(name, first, last))

    async def say(self, **event: object) -> None:
        for name in self.recordings:
            await self.publish_event(name, **{**event, "workout_id": self.workout_id, "stream": name})

    async def _walk(self) -> None:
        times = next(iter(self.recordings.values())).times_us
        stored = self.sent
        while self.sent < len(times):
            due = int(np.searchsorted(times, time.time_ns() // 1000, "right"))
            if due > self.sent:
                await self.publish(self.sent, due)
                self.sent = due
            if self.sent - stored >= 20:
                await self.store(stored, self.sent)
                stored = self.sent
            await asyncio.sleep(TICK_S)

    async def walk(self) -> None:
        """Send every frame when its time has come, until stopped."""
        await self.begin()
        self._task = asyncio.create_task(self._walk())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None


@lru_cache(maxsize=8)
def walked(seconds: float) -> dict[str, Recording]:
    """So many seconds of walking, made once; whoever sends it moves it to its time."""
    return sim.walk(seconds, start_us=0)


@pytest_asyncio.fixture(loop_scope="session")
async def athlete(mongo_archive: MongoArchive, redis_live: RedisLive) -> AsyncIterator[Callable[..., Sender]]:
    """Makes athletes: `seconds` of walking, the first of them `ago` seconds in the past."""
    senders: list[Sender] = []

    def make(workout_id: str = "walk", seconds: float = 60.0, ago: float = 0.0, **about: object) -> Sender:
        start_us = time.time_ns() // 1000 - int(ago * 1e6)
        walk = {name: replace(one, times_us=one.times_us + start_us) for name, one in walked(seconds).items()}
        senders.append(Sender(mongo_archive, redis_live, workout_id, walk, About(**about)))
        return senders[-1]

    yield make
    for sender in senders:
        await sender.stop()


@pytest.fixture
def mat(mongo_archive: MongoArchive, redis_live: RedisLive) -> Sender:
    """An uncalibrated mat of 24 × 32 cells at 20 Hz, with cells that have no value."""
    n, rng = 400, np.random.default_rng(3)
    y, x = np.mgrid[0:24, 0:32]
    centre = 16 + 6 * np.sin(np.arange(n) / 20)[:, None, None]
    frames = (900 * np.exp(-(((x - centre) / 5) ** 2 + ((y - 12) / 4) ** 2))).astype(np.float32)
    frames += rng.uniform(0, 1, frames.shape).astype(np.float32)
    frames[:, 11:13, 15:17] = np.nan
    times_us = time.time_ns() // 1000 - 20_000_000 + np.arange(n) * 50_000
    layout = Layout(rows=24, cols=32, dtype="float32", unit="raw", kind="mat")
    return Sender(mongo_archive, redis_live, "mat", {"main": Recording(frames, times_us, layout)})


@pytest.fixture
def kept(mongo_archive: MongoArchive, redis_live: RedisLive) -> Callable[[str, dict[str, Recording]], Sender]:
    """Makes workouts of recordings."""
    return lambda name, recordings: Sender(mongo_archive, redis_live, name, recordings)


@pytest_asyncio.fixture(loop_scope="session")
async def walks(athlete: Callable[..., Sender]) -> dict[str, Sender]:
    """Two walks of 12.34 s, long over, the second an hour later; their clocks keep no whole milliseconds."""
    made = {}
    for name, ago in (("walk-a", 7200.0), ("walk-b", 3600.0)):
        sender = athlete(name, 12.35, ago=ago, athlete="Athlete 7", mass_kg=70.0)
        for side, one in sender.recordings.items():
            start_us = one.times_us[0]
            sender.recordings[side] = replace(one, times_us=start_us + (one.times_us - start_us) * 10_003 // 10_000)
        await sender.begin()
        last_us = int(sender.recordings["left"].times_us[-1])
        await sender.store(0, len(sender.recordings["left"]), received_us=last_us)
        made[name] = sender
    return made


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(f"the browser tests need one of {', '.join(BROWSERS)} on PATH; `make test` sees to it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--process-per-site"])
        yield browser
        await browser.close()


@dataclass
class Viewer:
    """Pages of one person who has opened the link; what their console says is kept."""

    context: BrowserContext
    url: str
    errors: list[str] = field(default_factory=list)

    async def open(self, path: str, *, size: tuple[int, int] = (1440, 900)) -> Page:
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("console", lambda message: self._hear(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(f"{self.url}{path}")
        return page

    def _hear(self, text: str) -> None:
        if not text.startswith("Canvas2D: Multiple readback"):  # of tests that read pixels
            self.errors.append(text)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def profile(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """What one person's browser keeps: cache, cookies, settings."""
    context = await chromium.new_context(color_scheme="dark", permissions=["clipboard-read", "clipboard-write"])
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def viewer(profile: BrowserContext, dashboard: Dashboard) -> AsyncIterator[Viewer]:
    """A browser that has opened the link; whatever its console says fails the test: it stays silent.

    One page without a script stays open from test to test. With it stays the process that draws pages of this address,
    and what that has compiled: a session page took 2.5 s of a processor in a new one, and 1.4 s in one that was there.
    """
    someone = Viewer(profile, dashboard.url)
    await profile.request.post(dashboard.link, max_redirects=0)
    door = profile.pages[0] if profile.pages else await profile.new_page()
    if not door.url.startswith(dashboard.url):
        await door.goto(f"{dashboard.url}/assets/core/base.css")
    await door.evaluate("() => localStorage.clear()")
    yield someone
    for page in profile.pages:
        if page is not door:
            await page.close()
    assert someone.errors == []


@pytest.fixture
def screenshot() -> Callable[..., object]:
    """Keeps a picture of a page under build/screenshots, where `make pictures` asks for them: they take a minute."""

    async def keep(page: Page, name: str, *, full: bool = False) -> None:
        if WITH_PICTURES:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full)

    return keep


SIZES = ((1440, 900), (1024, 768), (390, 844))


@pytest.fixture
def fits_every_screen(screenshot: Callable[..., object]) -> Callable[..., object]:
    """Looks at a page at three sizes: nothing is wider than the screen, pictures are kept, and axe is content."""

    async def look(page: Page, name: str, scheme: str) -> None:
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            await fits(page, f"{name} at {width}")
            await screenshot(page, f"{name}-{width}-{scheme}", full=True)
        found = await axe(page)
        assert found.violations_count == 0, found.generate_report()

    return look
