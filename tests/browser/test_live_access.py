"""The live page and the athlete's, as axe-core sees them: at every size and in both themes, while someone walks."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import Page
from screens import axe, fits

SIZES = ((1440, 900), (1024, 768), (390, 844))
SCHEME = "() => document.documentElement.dataset.mantineColorScheme"


@pytest_asyncio.fixture(loop_scope="session")
async def walking(athlete):
    """Someone who has walked for ten seconds and goes on."""
    sender = athlete(athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0, seconds=120.0, ago=10.0)
    await sender.walk()


async def clean(page: Page, what: str) -> None:
    found = await axe(page)
    assert found.violations_count == 0, f"{what}: {found.generate_report()}"


async def seen(page: Page, screenshot, name: str) -> None:
    """In the theme that is shown, at every size: nothing wider than the screen, and axe is content."""
    scheme = await page.evaluate(SCHEME)
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await fits(page)
        await clean(page, f"{name} at {width}, {scheme}")
        await screenshot(page, f"{name}-{width}-{scheme}", full=True)


@pytest.mark.usefixtures("walking")
async def test_live_is_for_everyone_at_every_size_in_both_themes(viewer, screenshot):
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.wait_for_function("() => document.querySelector('[data-tile=force] .value')?.textContent !== '–'")
    await seen(page, screenshot, "live-access")
    dark = await page.evaluate(SCHEME)
    await page.keyboard.press("t")
    await page.wait_for_function(f"() => ({SCHEME})() !== '{dark}'")
    await seen(page, screenshot, "live-access")


@pytest.mark.usefixtures("walking")
async def test_what_opens_over_live_is_for_everyone(viewer, screenshot):
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.keyboard.press("m")
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_selector('.live[data-view="paused"]')
    await clean(page, "rewound, alarms being set")
    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("button", name="Make a link").wait_for()
    await clean(page, "sharing")


@pytest.mark.usefixtures("walking")
async def test_the_athletes_page_is_for_everyone_at_every_size_in_both_themes(viewer, screenshot):
    page = await viewer.open("/athlete/walk")
    await page.wait_for_selector('#athlete[data-state="live"] [data-word="in"]')
    await seen(page, screenshot, "athlete-access")
    await page.evaluate("() => (document.documentElement.dataset.mantineColorScheme = 'light')")
    await seen(page, screenshot, "athlete-access")
