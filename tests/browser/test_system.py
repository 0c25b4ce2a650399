"""The System page in a real browser, over a real ingest that a device sends to."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from dashboard.reading.vitals import Vitals
from dashboard.system import page as system

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from screens import axe, fits
from served import serving

from barograph.cli.sending import simulated
from ingest.device import sender


@pytest_asyncio.fixture(loop_scope="session")
async def ingest(dashboard, mongo_archive, redis_live, place, monkeypatch):
    """An ingest with one athlete on two insoles; the dashboard looks at it twice a second."""
    monkeypatch.setattr(Vitals, "every_s", 0.5)
    monkeypatch.setattr(system, "REFRESH_MS", 500)
    async with serving(mongo_archive, redis_live, place[0]) as running:
        dashboard.ingest_port = running.port
        await dashboard.stop()
        await dashboard.start()
        walk = sender.send(simulated("walk", None, None), url=running.ws_url, workout_id="walk")
        device = asyncio.create_task(walk)
        yield running
        device.cancel()
        await asyncio.gather(device, return_exceptions=True)


SIZES = [(1440, 900, "light"), (390, 844, "light"), (390, 844, "dark"), (1440, 900, "dark")]


async def test_the_system_page_has_living_numbers_and_keeps_the_focus(ingest, viewer, screenshot):
    await viewer.open("/live/walk")
    page = await viewer.open("/")
    await page.get_by_role("link", name="Admin").click()
    await page.get_by_role("link", name="System").click()
    await expect(page.locator(".system .pill")).to_have_text("Answering")
    assert await page.title() == "System · Barograph"
    await expect(page.locator(".header [aria-current=page]")).to_have_text("Admin")
    await expect(page.locator(".admin-tabs [aria-current=page]")).to_have_text("System")
    for name, wanted in (("Stored", r"^[1-9]\d*$"), ("Live streams", "^2$"), ("Viewers", "^1$")):
        value = page.get_by_role("group", name=name).locator(".value")
        await expect(value).to_have_text(re.compile(wanted), timeout=30_000)
    await expect(page.locator(".system-charts svg")).to_have_count(8)
    term = page.get_by_role("group", name="Ack latency").locator(".term").first
    await term.focus()
    look = await page.get_attribute("[data-look]", "data-look")
    await page.wait_for_function("(look) => document.querySelector('[data-look]').dataset.look > look", arg=look)
    assert await term.evaluate("(node) => node === document.activeElement"), "a refresh leaves the focus where it is"
    await expect(page.locator(".definition")).to_contain_text("barograph_ack_seconds")
    await term.evaluate("(node) => node.blur()")
    for width, height, scheme in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        await screenshot(page, f"system-{width}-{scheme}", full=width < 700)
        await fits(page, str(width))
        found = await axe(page)
        assert found.violations_count == 0, found.generate_report()


async def test_an_ingest_or_a_server_that_goes_makes_the_system_page_say_so(ingest, viewer, dashboard, screenshot):
    page = await viewer.open("/system")
    await expect(page.locator(".system .pill")).to_have_text("Answering")
    await ingest.stop()
    await expect(page.get_by_role("alert").first).to_contain_text("No answer of the ingest since")
    await expect(page.locator(".system .pill")).to_have_text("Stale")
    await screenshot(page, "system-stale-1440-dark")
    await dashboard.stop()
    offline = page.locator('[data-slot="offline"]')
    await expect(offline).to_be_visible(timeout=40_000)
    await dashboard.start()
    await expect(offline).to_be_hidden(timeout=40_000)
