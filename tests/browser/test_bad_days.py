"""Bad input and bad days on the live and the session page: never a blank page, a trace, or old data that look live."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import pytest_asyncio
from keyed import open_archive
from playwright.async_api import Page, expect

from barograph.cli.sending import simulated
from barograph.frames import Layout, Recording
from barograph.store.redis import RedisLive
from ingest.device import sender

sys.path += [str(Path(__file__).parents[1] / "ingest"), str(Path(__file__).parents[1] / "faults")]
from harness.proxy import Proxy, proxy
from screens import fits
from served import serving

LONG = "Nebuchadnezzar " * 6
RTL = "سارة العتيبي"
SCRIPT = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
PATIENCE = 60_000
# A browser whose clock is a day ahead: the date, and the time that performance counts from.
DAY_OFF = """(() => {
  const ahead = 86_400_000, Real = Date, origin = performance.timeOrigin;
  Object.defineProperty(performance, "timeOrigin", { get: () => origin + ahead });
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
})()"""


def layout(rows: int, cols: int, kind: str, **more: object) -> Layout:
    return Layout(rows=rows, cols=cols, dtype="uint16", unit="kPa", scale=0.1, pitch_mm=(8.0, 8.0), kind=kind, **more)


def pressed(shape: Layout, n: int, hz: float = 20.0) -> Recording:
    """Frames of a load in the middle that goes to and fro; the last one is now."""
    y, x = np.mgrid[0 : shape.rows, 0 : shape.cols]
    middle = shape.cols / 2 + shape.cols / 8 * np.sin(np.arange(n) / 8)[:, None, None]
    spread = 2 * (shape.rows / 6) ** 2
    frames = 2000 * np.exp(-((x - middle) ** 2 + (y - shape.rows / 2) ** 2) / spread)
    times = time.time_ns() // 1000 - ((n - 1 - np.arange(n)) * 1e6 / hz).astype(np.int64)
    return Recording(frames.astype(shape.dtype), times, shape)


async def sent(someone):
    """All of a sender's frames, stored and published."""
    await someone.begin()
    if n := len(next(iter(someone.recordings.values())).times_us):
        await someone.store(0, n)
        await someone.publish(0, n)
    return someone


async def fits_and_is_sound(page, name: str) -> None:
    await fits(page, name)
    await sound(page, name)


async def sound(page, name: str) -> None:
    """Nothing of the machinery is shown."""
    text = await page.inner_text("body")
    assert not {"Traceback", "undefined", "NaN", "Infinity"} & set(re.split(r"\W+", text)), name


async def test_odd_sensors_are_shown_live_and_afterwards(kept, viewer, screenshot):
    every = {
        "plate": {"plate": pressed(layout(32, 48, "plate"), 60)},
        "seat": {"seat": pressed(layout(16, 16, "seat"), 60)},
        "saddle": {"saddle": pressed(layout(16, 16, "saddle"), 60)},
        "huge": {"mat": pressed(layout(240, 720, "mat"), 4)},
        "forty": {f"patch-{i:02}": pressed(layout(8, 8, "mat"), 40) for i in range(40)},
        "single": {"plate": pressed(layout(32, 48, "plate"), 1)},
    }
    hollow = pressed(Layout(rows=12, cols=12, dtype="float32", unit="kPa", pitch_mm=(8.0, 8.0), kind="mat"), 40)
    every["hollow"] = {"mat": Recording(np.full_like(hollow.frames, np.nan), hollow.times_us, hollow.layout)}
    page = await viewer.open("/compare")
    for name, recordings in every.items():
        await sent(kept(name, recordings))
        await page.goto(f"{viewer.url}/live/{name}")
        await page.wait_for_selector('.live:is([data-state="live"], [data-state="stale"], [data-state="gone"])')
        await page.wait_for_function("() => document.querySelector('#data-age').dataset.ms")
        await fits_and_is_sound(page, f"live {name}")
        await screenshot(page, f"bad-live-{name}")
        await page.goto(f"{viewer.url}/session/{name}")
        await expect(page.locator("#tab-body")).not_to_be_empty(timeout=PATIENCE)
        await fits_and_is_sound(page, f"session {name}")
        await screenshot(page, f"bad-session-{name}")


async def test_a_workout_without_frames_says_so(kept, viewer):
    someone = kept("bare", {"plate": pressed(layout(8, 8, "plate"), 1)})
    await someone.begin()
    page = await viewer.open("/live/bare")
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("No frames yet")
    await page.goto(f"{viewer.url}/session/bare")
    await expect(page.locator("h1")).to_have_text("No frames in this session")


@pytest.mark.parametrize("name", [SCRIPT, LONG, RTL], ids=["script", "long", "right-to-left"])
async def test_a_name_is_only_a_name(athlete, viewer, name, screenshot):
    someone = athlete(athlete=name, kind=name, tags=(name,))
    await someone.walk()
    page = await viewer.open("/live/walk")
    for path in ("/live/walk", "/session/walk"):
        if not page.url.endswith(path):
            await page.goto(f"{viewer.url}{path}")
        await expect(page.get_by_text(name.strip()[:20]).first).to_be_visible(timeout=PATIENCE)
        await sound(page, path)
    await screenshot(page, f"bad-name-{ord(name[0])}")
    await page.set_viewport_size({"width": 390, "height": 844})
    for path, part in (("/session/walk", "#tab-body > *"), ("/", ".session-card")):
        await page.goto(f"{viewer.url}{path}")
        await expect(page.locator(part).first).to_be_visible(timeout=PATIENCE)
        await fits_and_is_sound(page, path)
    assert await page.evaluate("() => window.broken") is None


async def test_nonsense_in_an_address_is_passed_over(athlete, viewer):
    await athlete().walk()
    page = await viewer.open("/live/walk?window=x&traces=nobody,%00&scale=-1&layers=&alarms=a:b:c,:::&at=99")
    await page.wait_for_selector('.live[data-state="live"]', timeout=PATIENCE)
    await page.goto(f"{viewer.url}/session/walk?from=nan&to=-1e999&tab=nothing&p0=x&cell=a:b&draw=%7C%7C&t=%00&col=x")
    await expect(page.locator("#tab-body")).not_to_be_empty(timeout=PATIENCE)
    for path in (
        "/live/%00",
        "/session/%3Cscript%3E",
        f"/live/{'a' * 400}",
        "/session/../../etc",
        "/live/%F0%9F%A6%B6",
    ):
        await page.goto(f"{viewer.url}{path}")
        await expect(page.locator("h1")).to_be_visible()
        await fits_and_is_sound(page, path)
    not_found = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    viewer.errors[:] = [said for said in viewer.errors if said != not_found]  # of an address where there is nothing


async def test_a_workout_that_ends_while_it_is_watched_shows_nothing_old_as_live(athlete, viewer, mongo_archive):
    someone = athlete()
    await someone.walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]', timeout=PATIENCE)
    await someone.stop()
    await mongo_archive.note("walk", now_us=time.time_ns() // 1000 + 1_000_000, left=True)
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("This session has ended")
    await expect(page.locator('.pill[data-slot="pill"]')).not_to_have_text("Live")
    await expect(page.get_by_role("link", name="Open the session")).to_be_visible()


@pytest_asyncio.fixture(loop_scope="session")
async def odd(chromium, dashboard):
    """Opens pages in browsers of their own, prepared by a script."""
    contexts = []

    async def open_in(script: str, path: str):
        context = await chromium.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        await context.add_init_script(script)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await context.request.post(dashboard.link, max_redirects=0)
        await page.goto(f"{dashboard.url}{path}")
        return page

    yield open_in
    for context in contexts:
        await context.close()


async def test_a_browser_whose_clock_is_a_day_off_or_without_shared_workers_sees_the_same(athlete, odd):
    await athlete().walk()
    page = await odd(DAY_OFF + "; delete window.SharedWorker", "/live/walk")
    await page.wait_for_selector('.live[data-state="live"]', timeout=PATIENCE)
    await page.wait_for_function("() => Number(document.querySelector('#drawn-fps').textContent) > 0")
    assert await page.evaluate("() => Date.now()") > time.time() * 1000 + 80_000_000
    assert await page.evaluate("() => typeof SharedWorker") == "undefined"
    assert abs(float(await page.get_attribute("#data-age", "data-ms"))) < 5000
    await page.goto(page.url.replace("/live/", "/session/"))
    await expect(page.locator("#tab-body")).not_to_be_empty(timeout=PATIENCE)


async def stays_young(page: Page, most_ms: float) -> None:
    """After twelve seconds the picture is not older than that; frames that queue would be, and ever more so.

    A machine that stands still for a while makes a picture old as well, but that passes.
    """
    ages: list[float] = []
    while len(ages) < 24 or np.mean(ages[-8:]) >= most_ms:
        assert len(ages) < 100, ages
        await page.wait_for_timeout(500)
        ages.append(float(await page.get_attribute("#data-age", "data-ms") or "nan"))


@pytest.mark.long
async def test_a_slow_phone_gets_fewer_frames_and_never_much_later_ones(athlete, viewer, dashboard):
    await athlete().walk()
    async with proxy(Proxy(dashboard.port)) as network:
        page = await viewer.open("/compare", size=(390, 844))
        there = f"http://127.0.0.1:{network.port}"  # a cookie opens one host and port
        await viewer.context.request.post(dashboard.access.new_link(there), max_redirects=0)
        await page.goto(f"{there}/live/walk")
        await page.wait_for_selector('.live[data-state="live"]', timeout=PATIENCE)
        network.bytes_per_s = 150_000  # a third of what two insoles at 100 Hz need
        for link in network.links:  # a network that holds little, as the dashboard's own socket does
            link.far.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        await stays_young(page, 5000)
        assert int(await page.inner_text("#drawn-fps")) > 0
        await page.close()


# A page to which every header that it reads costs so much that it cannot follow by far.
BUSY = """() => {
  const parse = JSON.parse;
  JSON.parse = (...given) => {
    for (const until = performance.now() + 30; performance.now() < until; );
    return parse(...given);
  };
}"""


@pytest.mark.long
async def test_a_page_that_is_slow_at_its_work_draws_fewer_frames_and_never_much_later_ones(athlete, viewer):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]', timeout=PATIENCE)
    await page.evaluate(BUSY)
    await stays_young(page, 6000)  # frames that queue would be ten seconds old by then
    await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def gates(servers, database, dashboard, place):
    """Gates before mongod and redis-server for ingest and dashboard, and a device that sends through the ingest."""
    urls = (servers.mongo_url, servers.redis_url)
    ports = [urlsplit(url).port for url in urls]
    async with proxy(Proxy(ports[0])) as mongo, proxy(Proxy(ports[1])) as redis:
        there = [
            url.replace(f":{port}", f":{gate.port}")
            for url, port, gate in zip(urls, ports, (mongo, redis), strict=True)
        ]
        archive, live = await open_archive(there[0], database, 3.0), await RedisLive.connect(there[1], 2.0)
        dashboard.archive, dashboard.live = archive, live
        await dashboard.stop()
        await dashboard.start()
        async with serving(archive, live, place[0]) as ingest:
            sending = sender.send(simulated("walk", None, None), url=ingest.ws_url, workout_id="walk")
            device = asyncio.create_task(sending)
            yield mongo, redis
            device.cancel()
            await asyncio.gather(device, return_exceptions=True)
            for gate, port in zip((mongo, redis), ports, strict=True):
                gate.target_port = port
        await dashboard.stop()
        await live.close()
        await archive.close()


def gone(gate: Proxy) -> None:
    gate.target_port = 1
    gate.reset()


async def test_redis_or_mongodb_may_go_and_come_back_and_the_page_says_what_is_safe(gates, viewer, servers, screenshot):
    mongo, redis = gates
    page = await viewer.open("/live/walk")
    live, stale = '.live[data-state="live"]', '.live:is([data-state="stale"], [data-state="gone"])'
    await page.wait_for_selector(live, timeout=PATIENCE)
    await page.evaluate("() => { window.sameDocument = true; }")
    trouble = page.locator('[data-slot="trouble"]')

    gone(redis)
    await expect(trouble).to_contain_text("Live feed away", timeout=PATIENCE)
    await page.wait_for_selector(stale, timeout=PATIENCE)
    notice = page.locator('[data-slot="notice"]')
    await expect(notice).to_contain_text("The live feed has been away", timeout=PATIENCE)
    await screenshot(page, "bad-live-feed-away")
    redis.target_port = urlsplit(servers.redis_url).port
    await page.wait_for_selector(live, timeout=PATIENCE)
    await expect(trouble).to_be_hidden(timeout=PATIENCE)

    gone(mongo)
    await expect(trouble).to_contain_text("Not stored since", timeout=PATIENCE)
    await page.wait_for_selector(stale, timeout=PATIENCE)
    # This device sends a simulation without a spool, and said so.
    await expect(notice).to_contain_text("no device said that it has a spool", timeout=PATIENCE)
    await screenshot(page, "bad-live-archive-away")
    other = await viewer.open("/session/walk")
    await expect(other.locator("h1")).to_have_text("The archive does not answer", timeout=PATIENCE)
    mongo.target_port = urlsplit(servers.mongo_url).port
    await page.wait_for_selector(live, timeout=PATIENCE)
    await expect(trouble).to_be_hidden(timeout=PATIENCE)
    await expect(other.locator("#tab-body")).not_to_be_empty(timeout=PATIENCE)
    assert await page.evaluate("() => window.sameDocument"), "it came back without a reload"
    viewer.errors.clear()  # the browser reports each failed request
