"""A vendor's recording, from its files to its numbers on the page: two F-Scan insoles of one walk."""

from __future__ import annotations

from playwright.async_api import expect


async def test_a_walk_in_two_files_has_its_steps_on_the_page(viewer, vendor, screenshot):
    pair = [vendor(f"tekscan-fscan/FrasP01{side}.asf") for side in "LR"]
    page = await viewer.open("/")
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Import files").click()
    await (await choosing.value).set_files(pair)
    lines = page.locator(".import-line")
    for nth in (0, 1):
        await expect(lines.nth(nth)).to_contain_text("205 frames stored in FrasP01")
    whose = page.get_by_label("Athlete", exact=True)
    await whose.fill("Athlete 3")
    await whose.press("Enter")
    await expect(page.locator(".import-whose")).to_contain_text("kept")
    await expect(page.locator(".session-link b")).to_have_text("Athlete 3")
    await page.locator(".session-link").click()
    await page.wait_for_selector("#overview .scatterlayer path")
    await expect(page.locator(".session h1")).to_have_text("Athlete 3")
    body = page.locator("#tab-body")
    # The vendor's pair: 6 + 6 stances at 50 N, of which the first and the last are cut; a step in 576 ms.
    # The right shoe presses on the foot in the air too: each foot's contact counts from its own floor.
    thresholds = body.locator('[data-panel="thresholds"] summary')
    await expect(thresholds).to_contain_text("Left from 20 N, until 16 N; Right from 30 N, until 26 N over a floor")
    await thresholds.click()
    await body.get_by_label("Contact from").fill("50")
    await body.get_by_label("Contact from").press("Enter")
    await expect(body).to_contain_text("Left 5, Right 5 whole stances; 2 cut by an edge or a gap left out")
    await expect(body).to_contain_text("Cadence 104.2 steps/min")
    await expect(body.locator("tr", has_text="Peak force").first).to_contain_text("880 ± 30")
    await screenshot(page, "fscan-1440-dark", full=True)
