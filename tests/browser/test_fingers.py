"""Record, feedback and wall on a phone: what is pressed is large enough for a finger, and Tab goes through and out."""

from __future__ import annotations

import re
import time

from playwright.async_api import Page, expect
from screens import axe, fits

from barograph.store.goals import Goal
from barograph.store.roster import Athlete, Consent

GIVEN = Consent("record and keep", "2020-01-01")
# What is pressed and is smaller than a finger: a box counts by its label, a search by its frame, a link by its tile.
SMALL = """() => [...document.querySelectorAll(
    "main :is(button, summary, a[href], input, select, textarea, [role=button], [role=switch], [role=slider])")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
  .map((one) => one.closest(one.matches("[type=checkbox], [type=radio]") ? "label" : ".find, .wall-tile") ?? one)
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
  .map(([one, { width, height }]) =>
    `${one.className} ${one.textContent.trim().slice(0, 30)}: ${Math.round(width)} × ${Math.round(height)}`)"""
MOST_STOPS = 80


async def through_and_out(page: Page, key: str) -> list[str]:
    """What Tab comes by until it leaves the page."""
    await page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(MOST_STOPS):
        await page.keyboard.press(key)
        here = await page.evaluate(
            "() => document.activeElement === document.body ? '' : document.activeElement.outerHTML.slice(0, 120)"
        )
        if not here:
            return seen
        seen.append(here)
    raise AssertionError(f"{key} never leaves {page.url}: {seen[-10:]}")


async def for_fingers_and_keys(page: Page, what: str) -> None:
    await fits(page, what)
    small = await page.evaluate(SMALL)
    assert not small, f"{what}: {small}"
    there, back = await through_and_out(page, "Tab"), await through_and_out(page, "Shift+Tab")
    assert there, what
    assert len(back) >= len(there) - 1, f"{what}: the way back misses some"
    found = await axe(page)
    assert found.violations_count == 0, f"{what}: {found.generate_report()}"


async def test_record_feedback_and_wall_do_with_fingers_and_with_keys(viewer, athlete, mongo_archive, screenshot):
    now_us = time.time_ns() // 1000
    team = await mongo_archive.roster.add_team("Volleyball", now_us=now_us)
    goal = Goal("force", "left", "body_weight", 60.0, 160.0, "2026-01-01", sets=2)
    made = Athlete("Ada Longname", teams=(team.uid,), consents=(GIVEN,), goals=(goal,))
    await mongo_archive.roster.add(made, now_us=now_us)
    await athlete("walk", athlete="Ada Longname", seconds=120.0, ago=8.0, mass_kg=75.0).walk()
    phone = (390, 844)

    page = await viewer.open("/record", size=phone)
    await page.get_by_role("button", name=re.compile("test day")).first.click()
    await page.wait_for_selector('.record[data-phase="setup"]')
    await page.locator("#record-find").fill("Ada")
    await page.locator(".found-one[data-do=add]", has_text="Ada Longname").click()
    await expect(page.locator(".entry-choose", has_text="Ada Longname")).to_be_visible()
    await page.locator("#record-find").fill("")
    await page.locator(".test-choose").first.click()
    await expect(page.locator('.test[data-chosen="true"]')).to_be_visible()
    await screenshot(page, "fingers-record-390", full=True)
    await for_fingers_and_keys(page, "Record")

    await page.goto(f"{viewer.url}/feedback/walk")
    await expect(page.locator("#feedback")).to_have_attribute("data-state", "live")
    await screenshot(page, "fingers-feedback-390", full=True)
    await for_fingers_and_keys(page, "feedback")

    await page.goto(f"{viewer.url}/wall/{team.uid}")
    await expect(page.locator('.wall-tile[data-state="live"]')).to_have_count(1)
    await screenshot(page, "fingers-wall-390", full=True)
    await for_fingers_and_keys(page, "wall")
