"""The editor of protocols by keyboard: what Record will ask stands beside it while one types, and it is kept."""

from __future__ import annotations

from playwright.async_api import expect

from barograph import protocols


async def test_a_protocol_is_written_by_keyboard_and_seen_before_it_is_kept(viewer, dashboard, fits_every_screen):
    page = await viewer.open("/protocols")
    await fits_every_screen(page, "protocols", "dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.get_by_role("link", name="Copy drop-jump").press("Enter")
    await page.get_by_label("Name").press_sequentially("box-jump")
    said = page.get_by_role("complementary", name="What Record will ask")
    await expect(said.get_by_role("heading", name="Drop jump")).to_be_visible()
    trials = page.get_by_label("Trials wanted")
    await trials.fill("0")
    await said.get_by_role("link", name="Trials wanted").press("Enter")
    await expect(trials).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("5")
    await expect(said).to_contain_text("5 trials of 8 s")
    box = page.get_by_label("weighing stable")
    await box.press("Space")
    await expect(said).to_contain_text("SD of the force while weighing at most 1 % of its mean")
    await fits_every_screen(page, "protocol", "dark")
    await page.evaluate("() => document.getElementById('theme').click()")
    await fits_every_screen(page, "protocol", "light")
    await page.keyboard.press("Shift+Tab")
    await trials.press("Enter")
    await expect(page).to_have_url(f"{viewer.url}/protocols#box-jump")
    kept = protocols.named("box-jump", dashboard.data_dir)
    assert (kept.trials, kept.criteria[-1].name) == (5, "weighing_stable")
