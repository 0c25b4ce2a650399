"""What one has set for a workout is there when one comes back, in this browser, until it is reset."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect


async def search(page: Page) -> str:
    return str(await page.evaluate("() => decodeURIComponent(location.search)"))


async def leave(page: Page) -> None:
    """To the sessions, as one goes there."""
    await page.get_by_role("link", name="Sessions", exact=True).click()
    await page.wait_for_selector("#home-list")


async def test_alarms_and_curves_of_a_workout_come_back_until_they_are_reset(viewer, athlete, screenshot):
    await athlete(seconds=120.0, ago=20.0, athlete="Athlete 7").walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    reset = page.get_by_role("button", name="Reset view")
    await expect(reset).to_be_hidden()
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.locator(".alarm-row input").first.fill("250")
    await page.get_by_role("button", name="Set", exact=True).click()
    await page.get_by_label("Add a curve").select_option("area")
    await page.get_by_role("button", name="10 s", exact=True).click()
    await leave(page)
    await page.get_by_role("link", name=re.compile("Watch")).first.click()
    await page.wait_for_selector('.live[data-state="live"]')
    assert await search(page) == "?window=10&traces=total,y,x,peak,area&alarms=peak:250:0"
    await expect(page.locator(".chip-name")).to_have_text(["Total", "CoP front–back", "CoP side", "Peak", "Area"])
    again = await viewer.open("/live/walk")
    await expect(again.locator(".chip-name").last).to_have_text("Area")
    await again.goto(f"{viewer.url}/live/walk?window=60")
    await expect(again.locator(".chip-name")).to_have_count(4)
    assert await search(again) == "?window=60", "an address that says something wins"
    await again.close()
    await screenshot(page, "live-reset-1440-dark")
    await reset.click()
    await page.wait_for_selector('.live[data-state="live"]')
    await expect(page.locator(".chip-name")).to_have_count(4)
    await expect(reset).to_be_hidden()
    await leave(page)
    await page.get_by_role("link", name=re.compile("Watch")).first.click()
    await page.wait_for_selector('.live[data-state="live"]')
    assert await search(page) == ""


async def test_a_session_a_comparison_and_a_history_come_back_as_they_were_set(viewer, walks, screenshot):
    page = await viewer.open("/session/walk-a")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("tab", name="Data").click()
    await page.keyboard.press("0")
    await page.wait_for_url(re.compile("from="))
    await leave(page)
    await page.goto(f"{viewer.url}/session/walk-a")
    await expect(page.locator("#tab-data")).to_have_attribute("aria-selected", "true")
    assert "tab=data" in await search(page)
    other = await viewer.open("/session/walk-b")
    await expect(other.locator("#tab-gait")).to_have_attribute("aria-selected", "true")
    await page.get_by_role("button", name="Reset view").click()
    await expect(page.locator("#tab-gait")).to_have_attribute("aria-selected", "true")
    pair = "/compare?a=walk-a&b=walk-b"
    await other.goto(f"{viewer.url}{pair}")
    await other.locator('details[data-panel="thresholds"] summary').click()
    await other.locator('[data-param="on"]').fill("30")
    await other.keyboard.press("Enter")
    await expect(other.locator('details[data-panel="thresholds"] summary')).to_contain_text("changed")
    await other.goto(f"{viewer.url}{pair}")
    await expect(other.locator('details[data-panel="thresholds"] summary')).to_contain_text("changed")
    await screenshot(other, "compare-reset-1440-dark")
    await other.get_by_role("button", name="Reset view").click()
    await expect(other.locator('details[data-panel="thresholds"] summary')).not_to_contain_text("changed")
    await other.goto(f"{viewer.url}/athlete/Athlete%207/history")
    choice = other.locator("select[data-param]").first
    await choice.select_option(index=2)
    await other.wait_for_url(re.compile("metric="))
    chosen, there = await choice.input_value(), other.url.partition("?")[0]
    assert "Athlete" not in there, "the address is the one without the name"
    await leave(other)
    await other.goto(there)
    await expect(other.locator("select[data-param]").first).to_have_value(chosen)
