"""Keys of a page work wherever the focus is, and a control that was reached by keyboard keeps what it needs."""

from __future__ import annotations

import re

from playwright.async_api import expect


async def test_keys_of_the_page_work_after_a_click_and_a_button_reached_by_keyboard_keeps_its_own(viewer, walks):
    page = await viewer.open("/session/walk-a?tab=gait&from=3&to=9")
    await page.wait_for_selector(".session[data-shown]")
    playing = page.locator('[data-slot="play"]')
    for control in ("4×", "¼×"):
        await page.get_by_role("button", name=control).click()
        await page.keyboard.press("Space")
        await expect(playing).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("Space")
        await expect(playing).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_role("button", name="¼×")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("tab", name="Data").click()
    await page.keyboard.press("Space")
    await expect(playing).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="10×").focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="10×")).to_have_attribute("aria-pressed", "true")
    await expect(playing).to_have_attribute("aria-pressed", "false")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="4×")).to_have_attribute("aria-pressed", "true")


async def test_keys_of_the_live_page_work_after_a_menu_a_chip_and_a_choice(viewer, athlete):
    await athlete(seconds=120.0, ago=20.0).walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    behind = page.locator('[data-slot="behind"]')
    await page.get_by_role("button", name="Total", exact=True).click()
    await page.keyboard.press("ArrowLeft")
    await expect(behind).to_have_text(re.compile(r"−0:1\d"))
    add = page.get_by_label("Add a curve")
    await add.click()
    await page.keyboard.press("Escape")  # its list closes; it has the focus still
    await add.select_option("contact")
    await expect(add).to_be_focused()
    await page.keyboard.press("End")
    await expect(behind).to_have_text("0:00.0")
    await page.locator(".layers summary").click()
    await page.get_by_label("Peak cell").click()
    await page.keyboard.press("Space")
    await page.wait_for_selector('.live[data-view="paused"]')
    await page.locator('[data-slot="mark"]').click()
    await page.keyboard.type("a m")
    await expect(page.get_by_role("textbox", name="Name of the marker")).to_have_value("a m")
