"""Panels of settings stay open while what is set in them is drawn anew."""

from __future__ import annotations

from playwright.async_api import expect


async def contact_from(viewer, path, newtons):
    """The panel of thresholds of a page, opened; contact counts from so many N now."""
    page = await viewer.open(path)
    panel = page.locator('details[data-panel="thresholds"]')
    await panel.locator("summary").click()
    await page.locator('[data-param="on"]').fill(newtons)
    await page.keyboard.press("Enter")
    return panel


async def test_a_panel_stays_open_until_it_is_closed_and_enter_and_leaving_a_field_apply(viewer, walks):
    panel = await contact_from(viewer, "/session/walk-a?tab=gait", "35")
    page = panel.page
    await expect(panel.locator("summary")).to_contain_text("from 35 N")
    await expect(panel).to_have_attribute("open", "")
    await expect(page.locator('[data-param="on"]')).to_be_focused()
    await page.locator('[data-param="off"]').fill("15")
    await page.locator('[data-param="shortest"]').focus()
    await page.keyboard.type("250")  # while the server answers
    await expect(panel.locator("summary")).to_contain_text("until 15 N")
    await expect(page.locator('[data-param="shortest"]')).to_have_value("250")
    await page.keyboard.press("Enter")
    await expect(panel.locator("summary")).to_contain_text("250 ms")
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Maps").click()
    await expect(page.locator("#tab-body")).to_contain_text("Peak map")
    await page.get_by_role("tab", name="Gait").click()
    await expect(panel).to_have_attribute("open", "")
    await panel.locator("summary").click()
    await page.get_by_role("tab", name="Maps").click()
    await expect(page.locator("#tab-body")).to_contain_text("Peak map")
    await page.get_by_role("tab", name="Gait").click()
    await expect(panel).not_to_have_attribute("open", "")


async def test_panels_of_compare_stay_open(viewer, walks):
    panel = await contact_from(viewer, "/compare?a=walk-a&b=walk-b", "30")
    await expect(panel.locator("summary")).to_contain_text("changed")
    await expect(panel).to_have_attribute("open", "")
