"""Sensors whose cells are no grid, in a browser: drawn where they are, live and at the cursor, in both themes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect
from soles import walked

from analytics import sim
from barograph.frames import Recording

NOTES = {
    "outlined": "", "relative": "assumed proportions", "forces": "no centre of pressure", "nowhere": "not known",
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTES)
async def test_cells_are_drawn_and_what_their_places_lack_is_said(
    kind: str, kept: Any, viewer: Any, fits_every_screen: Any
) -> None:
    sender = kept("soles", walked(kind))
    await sender.begin()
    await sender.store(0, len(sender.recordings["left"]), received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/soles?tab=maps")
    await expect(page.locator("#tab-body svg").first).to_be_visible()
    await expect(page.locator("canvas").first).to_have_attribute("aria-label", re.compile("Left|Right"))
    if kind == "outlined":
        await fits_every_screen(page, "cells-maps", "dark")
        await page.locator("#tab-body [data-spots]").first.click(position={"x": 40, "y": 60})
        await expect(page.locator("#tab-body").get_by_text("row 0, column")).to_be_visible()
    await page.goto(f"{viewer.url}/live/soles")
    note = page.locator('[data-slot="places"]')
    if NOTES[kind]:
        await expect(note).to_contain_text(NOTES[kind])
    else:
        await expect(note).to_be_hidden()
    await expect(page.locator('[data-slot="layers-text"]')).to_contain_text("cells")
    painted = "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert await page.locator("canvas").first.evaluate(painted) > 20


async def test_a_cell_says_its_words_by_pointer_and_by_keyboard(
    kept: Any, viewer: Any, screenshot: Any, fits_every_screen: Any
) -> None:
    sender = kept("words", sim.walk(6.0, geometry="pedar-x", start_us=1_700_000_000_000_000))
    await sender.begin()
    await sender.store(0, len(sender.recordings["left"]), received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/words")
    words, said = page.locator('[data-slot="cell-words"]'), page.locator('[data-slot="cell-said"]')
    canvas = page.locator('[data-slot="map"]')
    await expect(canvas).to_have_attribute("aria-label", re.compile("Left.*Right"))
    box = await canvas.bounding_box()
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    await expect(words).to_have_text(
        re.compile(r"Left, cell \d+: \d+ kPa\d\.\d\d cm², row \d+ of 15\s*x [\d.]+, y [\d.]+ mm")
    )
    assert await said.text_content() == ""  # what a pointer shows is not announced
    await screenshot(page, "cell-words-dark")
    await page.mouse.move(5, 5)
    await expect(words).to_be_hidden()
    await canvas.focus()
    first = await said.text_content() or ""
    assert re.match(r"(Left|Right), cell \d+: \d+ kPa, ", first)
    at = await page.locator('[data-baro="session"]').get_attribute("data-shown")
    await page.keyboard.press("ArrowDown")
    await expect(said).not_to_have_text(first)
    assert await page.locator('[data-baro="session"]').get_attribute("data-shown") == at  # the arrows are the map's
    await fits_every_screen(page, "cell-words", "dark")
    await page.emulate_media(media="print")
    await expect(words).to_be_hidden()
    await page.emulate_media(media="screen")
    await page.keyboard.press("Escape")
    await expect(words).to_be_hidden()


async def test_many_cells_are_smoothed_until_plain_ones_are_chosen(athlete: Any, kept: Any, viewer: Any) -> None:
    now = athlete("now", 30.0)
    sender = kept("pedar", moved(sim.walk(30.0, geometry="pedar-x", start_us=0), now))
    await sender.walk()
    page = await viewer.open("/live/pedar")
    text = page.locator('[data-slot="layers-text"]')
    await expect(text).to_contain_text("smoothed")
    await expect(page.locator("#drawn-fps")).not_to_have_text("0")
    await page.locator('[data-slot="layers"] summary').click()
    await page.get_by_label("Plain cells, not smoothed").check()
    await expect(text).to_contain_text("cells")
    await expect(page).to_have_url(re.compile("layers=cop,trail,peak,cells"))
    await page.locator('[data-slot="map"]').focus()
    await expect(page.locator('[data-slot="cell-words"]')).to_contain_text(re.compile(r"cell \d+: \d+ kPa"))
    await sender.stop()


def moved(walk: dict[str, Recording], now: Any) -> dict[str, Recording]:
    """The walk, begun when another one began."""
    start_us = int(now.recordings["left"].times_us[0])
    return {side: replace(one, times_us=one.times_us + start_us) for side, one in walk.items()}
