"""Trials on the session page in a browser: made by keyboard, chosen in the overview, moved, rejected with a reason."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import expect

from analytics import sim
from tests.browser.test_jump import START_US, stored


async def test_a_trial_is_made_chosen_moved_and_judged(kept: Any, viewer: Any, fits_every_screen: Any) -> None:
    jumped = sim.simulate("jump", 32.0, start_us=START_US, seed=4)
    await stored(kept, "trials", jumped, athlete="Athlete 12", mass_kg=75.0)
    page = await viewer.open("/session/trials?tab=maps&from=1&to=9")
    panel, boxes = page.locator("#trials"), page.locator(".trial-box.stored")
    await expect(panel.get_by_label("Test")).to_be_visible()
    await page.keyboard.press("t")
    await panel.get_by_label("Test").select_option("cmj|hands on hips|both")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#trials-said")).to_have_text("Trial 1 was made: Countermovement jump.")
    await expect(boxes).to_have_text(["1 Countermovement jump"])
    await expect(panel.get_by_role("row").nth(1)).to_contain_text("3 met")
    await page.goto(f"{viewer.url}/session/trials?tab=maps")
    await expect(boxes).to_have_count(1)
    wide = await page.locator('[data-slot="scrub"]').bounding_box()
    await page.mouse.click(wide["x"] + wide["width"] * 4.5 / 32, wide["y"] + wide["height"] / 2)
    await expect(page.locator('[data-slot="selection"]')).to_have_text("00:01.000 – 00:09.000")
    await expect(panel.locator(".trial-bar")).to_be_visible()
    await page.locator('[data-slot="edge-stop"]').focus()
    await page.keyboard.press("ArrowLeft")
    await panel.get_by_role("button", name="Move its ends").click()
    await expect(page.locator("#trials-said")).to_have_text("Trial 1 was moved.")
    await panel.get_by_role("button", name="Reject").click()
    await expect(page.locator("#trials-said")).to_have_text("A rejected trial needs a reason.")
    await panel.get_by_label("Reason").fill("stepped off")
    await panel.get_by_role("button", name="Reject").click()
    await expect(boxes).to_have_class(re.compile("out"))
    await expect(panel.get_by_role("row").nth(1)).to_contain_text("rejected: stepped off")
    await page.locator("#tab-jump").click()
    await expect(page.locator("#tab-body")).to_contain_text("rejected: stepped off")
    await fits_every_screen(page, "trials", "dark")
