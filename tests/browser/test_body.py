"""Balance of a body in a real browser: a stance width is entered, kept with the session, and there after a reload."""

from __future__ import annotations

import time

from playwright.async_api import expect

from analytics import sim
from barograph.frames import Place, Stream


async def test_a_stance_is_entered_kept_and_remembered(viewer, kept, mongo_archive, screenshot, fits_every_screen):
    feet = sim.stand(30.0, seed=3, start_us=int((time.time() - 3600) * 1e6))
    sender = kept("stand-1", feet)
    await sender.begin()
    await sender.store(0, len(feet["left"]), received_us=int(feet["left"].times_us[-1]))
    page = await viewer.open("/session/stand-1?tab=balance&from=15&to=29")
    body = page.locator("section section", has=page.get_by_role("heading", name="Both feet"))
    await expect(body).to_contain_text("The stance width is not known.")
    await expect(body).to_contain_text("load on the left, %: mean")
    await screenshot(page, "session-body-unknown-1440-dark", full=True)
    await body.get_by_label("Between the heels, mm").fill("180")
    await body.get_by_label("Between the heels, mm").press("Enter")
    await expect(body).to_contain_text("heels 180 mm apart, feet turned out by 0°, as the address of this page says")
    await body.get_by_role("button", name="Keep with the session").click()
    dialog = page.locator("[role=dialog]")
    await expect(dialog.get_by_label("Between the heels, mm")).to_have_value("180")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("stands at x -90 mm, y 0 mm")
    await screenshot(page, "session-body-keep-1440-dark")
    await dialog.get_by_role("button", name="Keep it", exact=True).click()
    await expect(dialog).to_have_count(0)
    places = [(await mongo_archive.stream_info(Stream("stand-1", side))).layout.place for side in ("left", "right")]
    assert places == list(Place.feet(180).values())
    await page.goto(page.url.replace("&width=180", ""))
    await expect(body).to_contain_text("heels 180 mm apart, feet turned out by 0°, as kept with the session")
    quotient = page.locator("section section", has=page.get_by_role("heading", name="Romberg quotient"))
    for name, value in (("From, s", "0"), ("To, s", "14")):
        await quotient.get_by_label(name).fill(value)
        await quotient.get_by_label(name).press("Enter")
    await expect(quotient).to_contain_text("Romberg quotient, path length")
    await body.get_by_label("Toes out, °").fill("7")
    await body.get_by_label("Between the heels, mm").fill("170")
    await body.get_by_label("Between the heels, mm").press("Enter")
    await expect(body.get_by_role("button", name="Keep with the session")).to_be_visible()
    await fits_every_screen(page, "session-body", "dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.emulate_media(color_scheme="light")
    await screenshot(page, "session-body-1440-light", full=True)
