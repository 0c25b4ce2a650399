"""Footprints in a real browser: the floor, and sides and prints that are corrected and remembered."""

from __future__ import annotations

import time
from dataclasses import replace

from playwright.async_api import expect
from walkways import Tread, plate, treading, walking


async def test_prints_are_seen_to_scale_and_corrected(viewer, kept, screenshot, fits_every_screen):
    treads = [*walking(4, y=250, step_mm=560), Tread("left", 250, 2395, -7, 2.2)]
    walk = treading(plate(600, 2400), treads, 3.0)
    walk = replace(walk, times_us=walk.times_us + int((time.time() - 3600) * 1e6))
    sender = kept("prints-1", {"plate": walk})
    await sender.begin()
    await sender.store(0, len(walk), received_us=int(walk.times_us[-1]))
    page = await viewer.open("/session/prints-1?tab=footprints")
    await expect(page.locator("#tab-body")).to_contain_text("5 prints found, 1 cut by an edge")
    await page.locator('[data-print="2"]').click()
    await expect(page.locator("#tab-body")).to_contain_text("1 correction by hand")
    await page.reload()
    await expect(page.locator("#tab-body")).to_contain_text("1 correction by hand")
    await page.get_by_role("button", name="Print 5 is none").press("Enter")
    await expect(page.locator("#tab-body")).to_contain_text("4 prints found")
    await page.get_by_role("button", name="As found").click()
    await expect(page.locator("#tab-body")).to_contain_text("5 prints found, 1 cut by an edge")
    await fits_every_screen(page, "session-prints", "dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.emulate_media(color_scheme="light")
    await screenshot(page, "session-prints-1440-light", full=True)
