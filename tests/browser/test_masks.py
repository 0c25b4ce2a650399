"""Masks drawn by hand in a real browser: a border dragged and moved by keys, kept as a version, used again."""

from __future__ import annotations

from playwright.async_api import Page, expect
from screens import axe


async def accessible(page: Page) -> None:
    found = await axe(page)
    assert found.violations_count == 0, found.generate_report()


async def now(page: Page, mask: str) -> list[str]:
    """The numbers of now of a mask in the table of what changes."""
    row = page.get_by_role("row", name=mask)
    return await row.locator("td.now").all_inner_texts()


async def test_masks_are_drawn_kept_and_used_again(viewer, walks, screenshot, fits_every_screen):
    page = await viewer.open("/session/walk-a?tab=regions&from=3&to=9")
    measures = page.get_by_role("table", name="Measures by region")
    await expect(page.locator("#tab-body")).not_to_contain_text("version 2")
    before = await measures.get_by_role("row", name="Metatarsal 2 R").inner_text()
    await page.get_by_role("link", name="Masks R").click()
    editor = page.locator(".masks[data-ready]")
    await expect(editor.get_by_role("heading", name="Masks of the right foot")).to_be_visible()
    said = editor.locator('[data-slot="said"]')
    await page.keyboard.press("5")
    await page.keyboard.press("b")
    await expect(said).to_contain_text("Border")
    await page.keyboard.press("ArrowRight")
    await expect(said).to_contain_text("1 cell to the right")
    await expect(editor.locator("td.now b").first).to_be_visible()
    by_key = await now(page, "5 Metatarsal 2")
    assert any(by_key)
    points = editor.locator(".mask-points circle")
    box = await points.nth(1).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 30, y, steps=4)
    await expect(said).to_contain_text("change")
    await expect(page.get_by_role("row", name="5 Metatarsal 2").locator("td.now").first).not_to_have_text(by_key[0])
    await page.mouse.up()
    await page.keyboard.press("z")
    await expect(said).to_have_text("Taken back.")
    await page.keyboard.press("y")
    await expect(said).to_have_text("Done again.")
    await page.keyboard.press("s")
    await expect(said).to_have_text("Say why: it stands with the version.")
    await editor.get_by_label("Why").fill("border by palpation")
    await editor.get_by_role("button", name="Save as version 2").click()
    await expect(said).to_have_text("Saved as version 2.")
    await expect(editor.locator(".masks-versions")).to_contain_text("2 by hand, this session border by palpation")
    await page.reload()
    await expect(editor.get_by_role("button", name="Use version 1")).to_be_visible()
    await screenshot(page, "masks-1440-dark")
    await accessible(page)
    await page.emulate_media(color_scheme="light")
    await accessible(page)
    await fits_every_screen(page, "masks", "light")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.get_by_role("link", name="Regions").first.click()
    await expect(page.locator("#tab-body")).to_contain_text("masks version 2 (by hand)")
    assert await measures.get_by_role("row", name="Metatarsal 2 R").inner_text() != before


async def test_masks_are_drawn_by_keys_alone_and_a_version_is_used_again(viewer, walks):
    page = await viewer.open("/masks/walk-a?stream=left&side=left&tab=regions&from=3&to=9")
    editor = page.locator(".masks[data-ready]")
    said = editor.locator('[data-slot="said"]')
    await expect(said).to_contain_text("Press a mask")
    stage = editor.get_by_role("application")
    await stage.focus()
    await page.keyboard.press("9")
    await page.keyboard.press("j")
    await page.keyboard.press("0")
    await expect(said).to_contain_text("becomes part of 9 Hallux")
    await page.keyboard.press("Enter")
    await expect(said).to_have_text("10 Toes 2–5 is part of 9 Hallux.")
    await page.keyboard.press("p")
    await page.keyboard.press("1")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    await expect(said).to_have_text("1 cell given to 1 Heel, inner.")
    await page.keyboard.press("a")
    await page.keyboard.press("Shift+ArrowLeft")
    await expect(said).to_have_text("The masks are divided along this axis.")
    await editor.get_by_label("Why").fill("axis by the second toe")
    await editor.get_by_role("button", name="Save as version").click()
    await expect(said).to_contain_text("Saved as version")
    await editor.get_by_role("button", name="Use version 1").click()
    await expect(said).to_have_text("Version 1 is used.")
    await page.set_viewport_size({"width": 390, "height": 800})
    await expect(page.get_by_text("Masks are drawn on larger screens")).to_be_visible()
    await expect(editor.get_by_role("button", name="Move border")).to_be_hidden()
