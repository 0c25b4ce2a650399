"""The calibration of a stored session in a real browser: looked at, kept, listed, undone."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import expect
from screens import axe

from barograph.frames import Stream


@pytest_asyncio.fixture(loop_scope="session")
async def stored(athlete):
    """Twelve seconds of walking, long over."""
    sender = athlete("walk-0398", 12.0, ago=3600, athlete="Athlete 12")
    await sender.begin()
    await sender.store(0, 1200, received_us=int(sender.recordings["left"].times_us[-1]))
    return sender


async def test_a_step_is_looked_at_kept_and_undone(viewer, stored, mongo_archive, screenshot):
    left = Stream("walk-0398", "left")
    before = (await mongo_archive.stream_info(left)).layout
    page = await viewer.open("/session/walk-0398?from=1&to=9")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("button", name="Calibrate").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_label("What is known").click()
    await page.get_by_role("option", name="Somebody stepped on with one foot and stood").click()
    await expect(dialog).to_contain_text("The scale at which the foot that carries all weighs the person.")
    await dialog.get_by_label("Mass, kg", exact=True).fill("60")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("Residual")
    await expect(dialog.locator("svg[aria-label^='Curve of the calibration']")).to_be_visible()
    await screenshot(page, "session-calibrate-1440-dark")
    found = await axe(page, context="[role=dialog]")
    assert found.violations_count == 0, found.generate_report()
    assert (await mongo_archive.stream_info(left)).layout == before
    await dialog.get_by_role("button", name="Keep it", exact=True).click()
    await expect(dialog).to_have_count(0)
    await page.wait_for_selector(".session[data-shown]")
    (record,) = await mongo_archive.calibrations(left)
    assert (record.made.method, record.made.source) == ("step", "walk-0398/left 1 to 9 s, 60 kg")
    assert (await mongo_archive.stream_info(left)).layout.scale != before.scale
    await page.get_by_role("button", name="Calibrate").click()
    await expect(dialog).to_contain_text("left · step from walk-0398/left 1 to 9 s, 60 kg, residual")
    await dialog.get_by_role("button", name="Undo").click()
    await expect(dialog).to_have_count(0)
    assert (await mongo_archive.stream_info(left)).layout == before


async def test_what_cannot_be_is_said_in_the_dialog_and_unloaded_cells_are_listed(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398?from=1&to=9", size=(390, 844))
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("button", name="Calibrate").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("kg: expected a number, got nothing. Nothing was changed.")
    await dialog.get_by_role("button", name="Check unloaded cells").click()
    await expect(dialog).to_contain_text("in walk-0398/left 1 to 9 s")
    await screenshot(page, "session-calibrate-390-dark")
