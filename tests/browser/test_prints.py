"""Footprints in a real browser: the floor, and sides and prints that are corrected and remembered."""

from __future__ import annotations

import time
from dataclasses import replace

from playwright.async_api import expect
from walkways import Tread, cut, plate, treading, walking


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
    body = page.locator("#tab-body")
    await expect(body).to_contain_text("4 prints found")
    await page.get_by_role("button", name="Save with the session").click()
    await expect(body).to_contain_text("2 corrections by hand, version 1 kept with the session")
    await page.goto(page.url.partition("?")[0] + "?tab=footprints")  # kept: the address says nothing of it
    await expect(body).to_contain_text("4 prints found")
    await expect(body).to_contain_text("2 corrections by hand, version 1 kept with the session")
    await page.get_by_role("button", name="Show the prints as they are found").click()
    await expect(body).to_contain_text("address says, which goes before version 1 of the session")
    await expect(body).to_contain_text("5 prints found, 1 cut by an edge")
    await page.get_by_role("button", name="As kept in version 1").click()
    await page.get_by_role("button", name="Take version 1 back").click()
    await expect(body).to_contain_text("5 prints found, 1 cut by an edge")
    await page.get_by_role("button", name="Bring version 1 back").click()
    await expect(body).to_contain_text("4 prints found")
    await fits_every_screen(page, "session-prints", "dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.emulate_media(color_scheme="light")
    await screenshot(page, "session-prints-1440-light", full=True)


async def test_plates_become_one_floor_by_their_places(viewer, kept, screenshot, fits_every_screen):
    whole = treading(plate(400, 2400, 10.0), walking(4, x=200, y=250, step_mm=560), 3.0)
    whole = replace(whole, times_us=whole.times_us + int((time.time() - 3600) * 1e6))
    parts = {name: replace(one, layout=replace(one.layout, place=None)) for name, one in cut(whole, (120,)).items()}
    sender = kept("prints-2", parts)
    await sender.begin()
    await sender.store(0, len(whole), received_us=int(whole.times_us[-1]))
    page = await viewer.open("/session/prints-2?tab=footprints")
    body, dialog = page.locator("#tab-body"), page.get_by_role("dialog")
    await expect(body).to_contain_text("Where plate-1 and plate-2 lie is not known.")
    await page.get_by_role("button", name="Where the plates lie").click()
    for number, (name, y) in enumerate((("plate-1", "0"), ("plate-2", "1200"))):
        fields = dialog.get_by_role("group", name=name)
        await fields.get_by_label("To the right, mm").fill("200")
        await fields.get_by_label("To the front, mm").fill(y if number == 0 else "1000")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("plate-1 and plate-2 overlap by 200.0 mm")
    await fields.get_by_label("To the front, mm").fill(y)
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("plate-1 and plate-2 are one floor")
    await screenshot(page, "plates-dialog", full=False)
    await dialog.get_by_role("button", name="Keep it", exact=True).click()
    await expect(body).to_contain_text("plate-1 and plate-2 are one floor: a print across their border is whole.")
    await expect(body).to_contain_text("4 prints found")
    await page.reload()
    await expect(body.get_by_role("img", name="Footprints on the floor. Print 1")).to_be_visible()
    await expect(body.locator(".plate-edge")).to_have_count(2)
    await fits_every_screen(page, "session-plates", "dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.emulate_media(color_scheme="light")
    await screenshot(page, "session-plates-1440-light", full=True)
