"""An archived session in a real browser: its mark and its numbers, and the sentence while its files are away."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import Page, expect

from barograph.store.retention_rules import Rule, Rules


@pytest_asyncio.fixture(loop_scope="session")
async def stored(athlete):
    """Ten seconds of walking, long over."""
    sender = athlete("walk-0398", 10.0, ago=3600, athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0)
    await sender.begin()
    await sender.store(0, 1000, received_us=int(sender.recordings["left"].times_us[-1]))
    return sender


async def numbers(page: Page) -> list[str]:
    await page.wait_for_selector(".session[data-shown]")
    await expect(page.locator("#tab-body table").first).to_be_visible()
    return await page.locator("[data-value], #tab-body table").all_inner_texts()


async def test_an_archived_session_has_its_mark_and_the_same_numbers_and_says_when_it_cannot_be_read(
    viewer, stored, mongo_archive, cold_place, dashboard, fits_every_screen
):
    page = await viewer.open("/session/walk-0398?t=5")
    before = await numbers(page)
    assert len(before) > 4
    await mongo_archive.archiving.put(Rules((Rule("Treadmill walk", days=365), Rule("Stance"))))
    await mongo_archive.cold.archive("walk-0398")
    await dashboard.stop()  # a process that has read nothing yet
    mongo_archive.cold.forget("")
    await dashboard.start()
    await page.reload()
    await expect(page.get_by_text("archived on")).to_be_visible()
    assert await numbers(page) == before
    await fits_every_screen(page, "archived", "dark")
    cold_place.root.rename(cold_place.root.with_name("away"))
    await dashboard.stop()
    mongo_archive.cold.forget("")
    await dashboard.start()
    await page.goto(f"{dashboard.url}/system")
    card = page.locator("section.card", has=page.get_by_role("heading", name="Cold storage"))
    await expect(card).to_contain_text("after 365 days")
    await expect(card).to_contain_text("It does not answer")
    await fits_every_screen(page, "cold-system", "dark")
