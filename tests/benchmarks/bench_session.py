"""`make hour`: the session page on an hour of two insoles at 100 Hz, from overview to report, in seconds.

The hour is a simulated minute sixty times over, written in bulk through the archive as `barograph import` does. Rows
"in a browser" are from Chromium's point of view, from the gesture to what is drawn, on the dashboard under uvicorn;
the others are what the server takes for the same functions. Everything is asked on sources that have computed nothing
yet: first before the worker that keeps tables of ended sessions has seen the hour, then after it. Rows that end in
"again" are asked a second time. Tabs for which an insole has no data are left out.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright.async_api import Page, async_playwright

from analytics import sim
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.cli.addresses import listen
from barograph.cli.importing import ArrivalStatistics
from barograph.frames import Recording, Stream
from barograph.servers.embedded import Servers, temporary_servers
from barograph.store.imports import import_recording
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import About
from barograph.store.redis import RedisLive
from dashboard.app import create_app
from dashboard.reading import archive_reads
from dashboard.reading.part_query import TABS
from dashboard.reading.sources import Sources
from dashboard.reading.summarising import Summariser
from dashboard.reading.thumbs import Thumbs
from dashboard.session import callbacks
from dashboard.session import report_routes as routes
from dashboard.session.tabs import BODIES

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from keyed import open_archive

HOUR_S = 3600
MINUTE_S = 60
START_US = 1_750_000_000_000_000
MOMENTS = 40
CLICKS = 12
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
PATH = "/session/hour"
ABOUT = About(athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0)


def hour(seconds: int, side: str, rows: int = 32, cols: int = 16) -> Recording:
    """One foot: a minute of the simulated athlete, over and over."""
    minute = sim.walk(MINUTE_S, rows=rows, cols=cols)[side]
    n = seconds * 100
    frames = minute.frames[np.arange(n) % len(minute)]
    return Recording(frames, START_US + 10_000 * np.arange(n), minute.layout)


async def write(archive: MongoArchive, seconds: int) -> None:
    for side in ("left", "right"):
        now_us = time.time_ns() // 1000
        await import_recording(archive, Stream("hour", side), hour(seconds, side), ArrivalStatistics(), now_us=now_us,
                               about=ABOUT)  # fmt: skip


async def timed(make: Callable[[], Awaitable[Any]]) -> float:
    begun = time.perf_counter()
    await make()
    return time.perf_counter() - begun


async def on_the_server(sources: Callable[[], Sources], seconds: int) -> dict[str, float]:
    """What the page asks the server for, each on sources that have computed nothing yet."""
    found = {"page": await timed(lambda: callbacks.show(sources(), "hour", ""))}
    found["overview"] = await timed(lambda: callbacks.figure(sources(), PATH, {}, "dark"))
    found["moment"] = max([await _moment(sources(), at) for at in _places(seconds, MOMENTS)])
    found["gaps"] = await timed(lambda: callbacks.gaps(sources(), PATH))
    workout = await sources().archive.workout("hour")
    found["picture of the list"] = await timed(lambda: Thumbs(sources().archive).get(workout))
    for part, search in (("a minute", "?"), ("the hour", f"?from=0&to={seconds}&")):
        for tab in TABS:
            fresh = sources()
            for again in ("", ", again"):
                found[f"{tab} of {part}{again}"] = await timed(
                    lambda search=search, tab=tab, fresh=fresh: callbacks.tab(fresh, PATH, f"{search}tab={tab}")
                )
        found[f"report of {part}"] = await timed(
            lambda search=search: routes.make(sources().parts, "hour", search.strip("?&"))
        )
    return found


def _places(seconds: int, n: int) -> list[float]:
    return np.random.default_rng(1).uniform(1, seconds - 1, n).tolist()


async def _moment(sources: Sources, at_s: float) -> float:
    """Both feet at a moment, as the map asks for them."""
    workout = await sources.archive.workout("hour")
    at_us = START_US + int(at_s * 1e6)
    return await timed(
        lambda: asyncio.gather(*(archive_reads.frame_at(sources.archive, info, at_us) for info in workout.streams))
    )


@asynccontextmanager
async def served(sources: Sources, folder: Path) -> AsyncIterator[tuple[str, Access]]:
    """The dashboard on a port of its own."""
    access = Access(sources.settings, "dashboard")
    listener = listen("127.0.0.1", 0, setting="dashboard_port")
    app = create_app(sources.settings, sources.archive, sources.live, access)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", access
    finally:
        server.should_exit = True
        await task


async def in_a_browser(url: str, access: Access, seconds: int) -> dict[str, float]:
    """From the gesture to the picture, at 1440 × 900."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        raise RuntimeError(f"expected one of {', '.join(BROWSERS)} on PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(access.new_link(url))
        await page.wait_for_selector(".home")
        found = await _looked_at(page, seconds)
        await browser.close()
    return found


async def _looked_at(page: Page, seconds: int) -> dict[str, float]:
    opened = page.locator(".session-link").first
    drawn = "#overview .scatterlayer path"

    async def open_session() -> None:
        await opened.click()
        await page.wait_for_selector(drawn)

    found = {"overview": await timed(open_session)}
    await page.wait_for_selector(".tab-gait")
    box = await page.locator('[data-slot="scrub"]').bounding_box()
    assert box is not None
    clicks = [await _click(page, box, at / seconds) for at in _places(seconds, CLICKS)]
    found["moment"], found["moment, median"] = max(clicks), statistics.median(clicks)
    for part, search in (("a minute", "&from=600&to=660"), ("the hour", f"&from=0&to={seconds}")):
        for tab in TABS:
            found.update(await _tab_twice(page, tab, part, search))
    return found


async def _click(page: Page, box: Any, part: float) -> float:
    """A moment by a click on the overview: until its map is drawn."""
    before = await page.get_attribute(".session", "data-shown")
    y = box["y"] + box["height"] / 2
    begun = time.perf_counter()
    await page.mouse.click(box["x"] + box["width"] * part, y)
    await page.wait_for_function("(old) => document.querySelector('.session').dataset.shown !== old", arg=before)
    return time.perf_counter() - begun


async def _tab_twice(page: Page, tab: str, part: str, search: str) -> dict[str, float]:
    """Seconds to a tab that is opened beside another, and again on the same page loaded anew; nothing if it is off."""
    found, other = {}, "data" if tab == "maps" else "maps"
    for again in ("", ", again"):
        await page.goto(f"{page.url.split('?')[0]}?tab={other}{search}")
        await page.wait_for_selector(f".tab-{other}")
        if await page.get_attribute(f"#tab-{tab}", "aria-disabled") == "true":
            break
        found[f"{tab} of {part}{again}"] = await timed(lambda: _open_tab(page, tab))
    return found


async def _open_tab(page: Page, tab: str) -> None:
    await page.click(f"#tab-{tab}")
    await page.wait_for_selector(f".tab-{tab}")


async def measure(servers: Servers, seconds: int) -> dict[str, dict[str, float]]:
    archive = await open_archive(servers.mongo_url, "session", 60.0)
    live = await RedisLive.connect(servers.redis_url, 5.0)
    with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
        settings = settings_module.load(data_dir=Path(folder), ingest_port=1)
        try:
            await write(archive, seconds)
            found = {"server, nothing kept": await on_the_server(lambda: Sources(settings, archive, live), seconds)}
            worker = Summariser(archive, lambda _: True, tabs=tuple(BODIES.values()))
            found["worker"] = {"keep the hour": await timed(worker.catch_up)}
            found["server, kept by the worker"] = await on_the_server(lambda: Sources(settings, archive, live), seconds)
            async with served(Sources(settings, archive, live), Path(folder)) as (url, access):
                found["browser, kept by the worker"] = await in_a_browser(url, access, seconds)
        finally:
            await live.close()
            await archive.close()
    return found


if __name__ == "__main__":
    with temporary_servers() as running:
        sys.stdout.write(json.dumps(asyncio.run(measure(running, int(sys.argv[1]))), indent=1) + "\n")
