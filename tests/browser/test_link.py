"""The one-time link, as somebody opens it who was never here."""

from __future__ import annotations

import pytest

PATIENCE_MS = 20_000


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_link_opens_the_dashboard_by_itself_and_without_scripts_by_its_button(
    chromium, dashboard, screenshot, scripts
):
    context = await chromium.new_context(java_script_enabled=scripts, color_scheme="dark")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(dashboard.link)
    if not scripts:
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 800})
            box = await page.get_by_role("button", name="Open the dashboard").bounding_box()
            assert box is not None
            await screenshot(page, f"link-{width}")
            assert 0 < box["x"] < box["x"] + box["width"] < width
        await page.get_by_role("button", name="Open the dashboard").click()
    await page.wait_for_url(f"{dashboard.url}/")
    assert [cookie["name"] for cookie in await context.cookies()] == [dashboard.access.cookie_name]
    await context.close()


async def test_a_tab_that_nobody_has_seen_does_not_use_the_link_up(chromium, dashboard):
    context = await chromium.new_context()
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', {get: () => window.seen ?? 'hidden'})"
    )
    link = dashboard.link
    await page.goto(link)
    await page.get_by_role("button", name="Open the dashboard").wait_for()
    assert page.url == link
    assert dashboard.access.redeemable(link.rpartition("/")[2])
    await page.evaluate("window.seen = 'visible'; document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_url(f"{dashboard.url}/")
    await context.close()
