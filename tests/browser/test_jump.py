"""The Jump tab in a browser: it leads where jumps are, arrows go from jump to jump, and one can be left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from playwright.async_api import expect

from analytics import sim
from barograph.frames import Recording
from barograph.store.ports import About

START_US = 1_764_000_000_000_000


async def stored(kept: Any, name: str, recordings: dict[str, Recording], **about: Any) -> None:
    sender = kept(name, recordings)
    sender.about = About(**about)
    await sender.begin()
    n, last_us = len(recordings["left"]), int(recordings["left"].times_us[-1])
    for first in range(0, n, 2000):
        await sender.store(first, min(n, first + 2000), received_us=last_us)


async def test_jumps_are_chosen_by_keys_left_out_and_read(kept: Any, viewer: Any, fits_every_screen: Any) -> None:
    jumped = sim.simulate("jump", 32.0, start_us=START_US, seed=4, asymmetry=0.08)
    await stored(kept, "cmj", jumped, athlete="Athlete 12", kind="Countermovement jump", mass_kg=75.0)
    page = await viewer.open("/session/cmj")
    await expect(page.locator("#tab-jump")).to_have_attribute("aria-selected", "true")
    body = page.locator("#tab-body")
    await expect(body).to_contain_text("3 countermovement jumps found, all counted")
    shown = body.locator("tr.jump-shown")
    await expect(shown).to_have_attribute("data-trial", "2")  # the best
    boxes = page.locator(".trial-box")
    await expect(boxes).to_have_text(["1", "2", "3"])
    await expect(page.locator(".trial-box.chosen")).to_have_text("2")
    wide = await page.locator('[data-slot="scrub"]').bounding_box()
    await page.mouse.click(wide["x"] + wide["width"] * 4.5 / 32, wide["y"] + wide["height"] / 2)
    await expect(shown).to_have_attribute("data-trial", "1")  # a click in its box
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(shown).to_have_attribute("data-trial", "3")
    assert "trial=3" in page.url
    await expect(page.locator('[data-slot="moment"]')).to_have_text(re.compile(r"^00:24\.9"))  # its take-off
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(shown).to_have_attribute("data-trial", "1")
    await body.get_by_role("button", name="Leave out jump 2").click()
    await expect(body).to_contain_text("1 not counted")
    await expect(page.locator(".trial-box.out")).to_have_text("2")
    await expect(shown).to_have_attribute("data-trial", "1")
    await body.get_by_role("button", name=re.compile("Mean of 2")).click()
    await expect(shown).to_have_count(0)
    await expect(body.locator("h3").first).to_have_text("Mean of the jumps")
    await body.get_by_label("Flight below, N").fill("900")
    await page.keyboard.press("Tab")
    await expect(body).to_contain_text("flight below 900 N")
    await body.get_by_label("Flight below, N").fill("")
    await page.keyboard.press("Tab")
    await expect(body).to_contain_text("flight below 20 N")
    chart = body.get_by_role("img", name=re.compile("Mean of the jumps"))
    await chart.focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".crosshair-label")).to_have_text(re.compile("total.*N.*left.*N.*right"))
    await fits_every_screen(page, "jump", "dark")


async def test_a_drop_jump_has_its_contact_under_the_axis(kept: Any, viewer: Any, fits_every_screen: Any) -> None:
    dropped = sim.simulate("drop", 12.0, start_us=START_US, rate_hz=200.0)
    await stored(kept, "drop", dropped, kind="Drop jump")
    await stored(
        kept, "plate", {"left": replace(dropped["left"], layout=replace(dropped["left"].layout, kind="plate"))}
    )
    page = await viewer.open("/session/drop?box=30")
    body = page.locator("#tab-body")
    await expect(body.locator("svg", has_text="contact 205 ms")).to_be_visible()
    await expect(body).to_contain_text("box 30 cm, entered")
    await page.emulate_media(color_scheme="light")
    await fits_every_screen(page, "jump-drop", "light")
    await page.goto(f"{viewer.url}/session/plate?tab=jump")
    await expect(body).to_contain_text("One plate does not tell left from right.")
