"""Regions drawn by hand on a map: by clicks, by dragging, with the last corner taken back, one after the other."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Page, expect

BAR = ".drawing-bar"


def drawn(page: Page) -> list[list[str]]:
    """Corners of the regions in the address."""
    return [text.split("|")[2].split() for text in parse_qs(urlsplit(page.url).query).get("draw", [])]


async def test_regions_are_drawn_by_clicks_and_by_dragging_until_it_is_ended(viewer, walks, screenshot):
    page = await viewer.open("/session/walk-a?tab=regions&from=3&to=9")
    picture = page.locator("[data-pick]").first
    await page.get_by_role("button", name="Draw", exact=True).click()
    said = page.locator(BAR).get_by_role("status")
    await expect(said).to_have_text("Click the corners of a region on a map, or drag around it.")
    for x, y in ((30, 200), (90, 200), (90, 260), (20, 100)):
        await picture.click(position={"x": x, "y": y})
    await expect(said).to_contain_text("4 corners")
    await screenshot(page, "session-drawing-1440-dark")
    await page.keyboard.press("Backspace")
    await expect(said).to_contain_text("3 corners")
    await page.keyboard.press("Enter")
    await expect(page.locator("#tab-body")).to_contain_text("Region 1")
    assert [len(one) for one in drawn(page)] == [3]
    await expect(page.get_by_role("button", name="Draw", exact=True)).to_have_attribute("aria-pressed", "true")
    box = await picture.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 40, box["y"] + 40)
    await page.mouse.down()
    for x, y in ((90, 40), (90, 110), (40, 110), (40, 45)):
        await page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    await page.mouse.up()
    await expect(page.locator("#tab-body")).to_contain_text("Region 2")
    assert 8 <= len(drawn(page)[1]) <= 64
    await page.get_by_role("button", name="End").click()
    await expect(page.locator(BAR)).to_have_count(0)
    await picture.click(position={"x": 50, "y": 50})
    assert len(drawn(page)) == 2


async def test_drawing_says_what_is_missing_and_escape_gives_up_first_the_region_then_the_mode(viewer, walks):
    page = await viewer.open("/session/walk-a?tab=regions&from=3&to=9")
    await page.get_by_role("button", name="Draw", exact=True).click()
    said = page.locator(BAR).get_by_role("status")
    left, right = (page.locator("[data-pick]").nth(i) for i in (0, 1))
    await left.click(position={"x": 40, "y": 60})
    await right.click(position={"x": 40, "y": 60})
    await expect(said).to_contain_text("Close this region first")
    await left.click(position={"x": 80, "y": 60})
    await page.keyboard.press("Enter")
    await expect(said).to_have_text("A region has three corners at least.")
    await page.keyboard.press("Escape")
    await expect(said).to_contain_text("Click the corners")
    await page.keyboard.press("Escape")
    await expect(page.locator(BAR)).to_have_count(0)
    assert drawn(page) == []
    await page.get_by_role("button", name="Draw", exact=True).click()
    await expect(page.locator(BAR)).to_be_visible()
    await page.get_by_role("tab", name="Gait").click()
    await expect(page.locator(BAR)).to_have_count(0)
    assert not re.search("draw=", page.url)
