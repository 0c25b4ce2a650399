"""The athlete's page: it can be read by everyone, and says what it does while it is offline."""

from __future__ import annotations

import re

from playwright.async_api import expect
from screens import axe


async def test_an_athlete_sees_when_an_offline_page_tries_again_and_a_tap_tries_at_once(athlete, viewer, dashboard):
    await athlete(seconds=120, ago=20, athlete="Athlete 12").walk()
    page = await viewer.open("/athlete/walk", size=(390, 844))
    await expect(page.locator("#athlete")).to_have_attribute("data-state", "live")
    found = await axe(page)
    assert found.violations_count == 0, found.generate_report()
    await dashboard.stop()
    await expect(page.locator('[data-slot="pill-text"]')).to_have_text(
        re.compile(r"Offline, (again in \d+ s|trying now)")
    )
    await expect(page.locator('[data-slot="word-text"]')).to_have_text("Page offline, tap to try now")
    await dashboard.start()
    await page.locator('[data-slot="word"]').click()
    await expect(page.locator("#athlete")).to_have_attribute("data-state", "live")
