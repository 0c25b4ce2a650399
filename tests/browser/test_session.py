"""The session page in a real browser: the whole session, and any moment of it."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from analytics import frame_stats


@pytest_asyncio.fixture(loop_scope="session")
async def stored(athlete):
    """Forty seconds of walking, long over, with half a second missing."""
    sender = athlete("walk-0398", 40.0, ago=3600, athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0)
    await sender.begin()
    received_us = int(sender.recordings["left"].times_us[-1])
    await sender.store(0, 2000, received_us=received_us)
    await sender.store(2050, 4000, received_us=received_us)
    return sender


async def shown(page: Page) -> float:
    """Seconds of the moment that is drawn."""
    return float(await page.get_attribute(".session", "data-shown") or "nan")


async def values(page: Page, side: str) -> dict[str, str]:
    cells = page.locator(f'[data-value][data-stream="{side}"]')
    return {await cell.get_attribute("data-value"): await cell.inner_text() for cell in await cells.all()}


async def test_the_overview_is_drawn_with_its_gap(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector("#overview .scatterlayer path")
    await expect(page.locator("#gaps-fact")).to_contain_text("gaps, 1.02 s")
    await expect(page.locator(".session h1")).to_have_text("Athlete 12")
    await expect(page.locator("#overview .annotation-text").first).to_have_text("L")
    await screenshot(page, "session-1440-dark")


async def test_a_click_shows_the_map_and_the_numbers_of_that_moment(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector(".session[data-shown]")
    box = await page.locator('[data-slot="scrub"]').bounding_box()
    await page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 10) < 0.1")
    seconds = await shown(page)
    frame = int(seconds * 100 + 1e-6)
    for side, recording in stored.recordings.items():
        known = frame_stats(recording.part(frame, frame + 1)).iloc[0]
        seen = await values(page, side)
        assert seen["total"].replace("\u2009", "") == f"{known['total_force_n']:.0f}"
        assert seen["peak"] == f"{known['peak_kpa']:.0f}"
        assert seen["area"] == f"{known['contact_area_cm2']:.0f}"
    description = await page.get_attribute('[data-slot="map"]', "aria-label")
    assert "kPa" in description
    await screenshot(page, "session-moment-1440-dark")


async def test_the_cursor_is_dragged_and_moved_by_keys(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=5")
    await page.wait_for_function("() => document.querySelector('.session')?.dataset.shown === '5.000'")
    slider = page.get_by_role("slider")
    await slider.focus()
    for key, moment in (("ArrowRight", 6.0), ("Shift+ArrowLeft", 5.9), ("PageUp", 15.9), ("Home", 0.0), ("End", 39.99)):
        await page.keyboard.press(key)
        await page.wait_for_function(
            "(moment) => Math.abs(document.querySelector('.session')?.dataset.shown - moment) < 0.006", arg=moment
        )
    box = await slider.bounding_box()
    await page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20, steps=8)
    await page.mouse.up()
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 30) < 0.1")
    assert "after the start" in await slider.get_attribute("aria-valuetext")


async def test_frame_by_frame_goes_from_frame_to_frame(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=7.003")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("slider").focus()
    for key, moment in ((".", 7.01), (".", 7.02), (",", 7.01)):
        await page.keyboard.press(key)
        await page.wait_for_function(
            "(m) => document.querySelector('.session')?.dataset.shown === m", arg=f"{moment:.3f}"
        )


async def test_the_address_keeps_the_moment(viewer, stored):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("slider").focus()
    await page.keyboard.press("PageUp")
    await page.wait_for_url("**/session/walk-0398?t=10.00")
    await page.reload()
    await page.wait_for_function("() => document.querySelector('.session')?.dataset.shown === '10.000'")


async def test_curves_are_drawn_and_move_the_cursor(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=5")
    await page.wait_for_selector(".session[data-shown]")
    curves = page.locator('[data-slot="traces"]')
    box = await curves.bounding_box()
    await page.mouse.click(box["x"] + 50 + (box["width"] - 122) * 0.8, box["y"] + 60)
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 8) < 0.1")


async def test_the_overview_follows_the_theme(viewer, stored):
    page = await viewer.open("/session/walk-0398")
    line = "() => document.querySelector('#overview .scatterlayer .js-line')?.style.stroke"
    await page.wait_for_function(f"() => ({line})() === 'rgb(98, 182, 242)'")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await page.wait_for_function(f"() => ({line})() === 'rgb(10, 102, 174)'")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark")])
async def test_pictures_of_the_session_page(viewer, stored, screenshot, width, height, scheme):
    page = await viewer.open("/session/walk-0398?t=12.4", size=(width, height))
    await page.emulate_media(color_scheme=scheme)
    await page.reload()
    await page.wait_for_selector("#overview .scatterlayer path")
    await page.wait_for_selector(".session[data-shown]")
    await page.wait_for_timeout(500)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await screenshot(page, f"session-{width}-{scheme}", full=width < 700)
