"""The home page and the door in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from barograph.errors import StorageAway


async def test_without_the_link_a_browser_is_told_what_to_do(chromium, dashboard, screenshot):
    context = await chromium.new_context(color_scheme="dark", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    answer = await page.goto(dashboard.url)
    assert answer.status == 403
    await expect(page.locator("h1")).to_have_text("Open the link that Barograph printed")
    await screenshot(page, "refused-1440-dark")
    await context.close()


async def test_the_first_steps_turn_into_the_list_by_themselves(viewer, athlete, screenshot):
    page = await viewer.open("/")
    await expect(page.locator("h1")).to_have_text("No sessions yet")
    await page.get_by_role("button", name="Copy: barograph demo").click()
    await expect(page.locator(".copy").first).to_have_text("Copied")
    assert await page.evaluate("() => navigator.clipboard.readText()") == "barograph demo"
    await screenshot(page, "sessions-empty-1440-dark")
    await athlete(athlete="Athlete 12").walk()
    await expect(page.locator(".live-card h2")).to_have_text("Athlete 12")


async def test_a_live_session_has_a_moving_picture_and_opens(viewer, athlete, screenshot):
    await athlete(athlete="Athlete 12", kind="Treadmill walk").walk()
    old = athlete("walk-0398", 30.0, ago=4000, athlete="Athlete 07", kind="Track run", tags=("season", "block 2"))
    await old.begin()
    await old.store(0, 3000, received_us=int(old.recordings["left"].times_us[-1]))
    page = await viewer.open("/")
    await expect(page.locator(".live-card .pill")).to_have_text("Live")
    picture = "() => document.querySelector('.live-card canvas').toDataURL()"
    first = await page.evaluate(picture)
    await page.wait_for_function(f"(first) => ({picture})() !== first", arg=first)
    await screenshot(page, "sessions-1440-dark")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Watch").click()
    await page.wait_for_url("**/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.get_by_role("link", name="Sessions").click()
    await page.get_by_role("link", name="Athlete 07").click()
    await page.wait_for_url("**/session/walk-0398*")


async def test_leaving_a_live_page_closes_its_socket(viewer, athlete, dashboard):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    closed = []
    page.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(socket.url)))
    await page.reload()
    await page.wait_for_selector('.live[data-state="live"]')
    await page.get_by_role("link", name="Sessions").click()
    await page.wait_for_selector(".live-card")
    async with page.expect_event("close") as gone:
        assert any("/feed/walk" in url and "rate_hz" not in url for url in closed)
        await page.close()
    await gone.value


async def test_the_theme_follows_the_system_until_it_is_chosen(viewer):
    page = await viewer.open("/")
    scheme = "() => document.documentElement.dataset.mantineColorScheme"
    await expect(page.locator("h1")).to_be_visible()
    assert await page.evaluate(scheme) == "dark"
    await page.get_by_role("button", name="Switch between light and dark").click()
    assert await page.evaluate(scheme) == "light"
    await page.reload()
    assert await page.evaluate(scheme) == "light"


async def test_a_page_whose_archive_was_away_comes_back_by_itself(viewer, dashboard, athlete, monkeypatch):
    await athlete(athlete="Athlete 12").walk()
    workouts = dashboard.archive.workouts

    async def away(**_named):
        raise StorageAway("no answer")

    monkeypatch.setattr(dashboard.archive, "workouts", away)
    page = await viewer.open("/")
    await expect(page.locator("h1")).to_have_text("The archive does not answer")
    monkeypatch.setattr(dashboard.archive, "workouts", workouts)
    await expect(page.locator(".live-card h2")).to_have_text("Athlete 12")


@pytest.mark.parametrize("path", ["/nowhere", "/session/nobody", "/live/"])
async def test_an_address_without_a_page_says_so(viewer, path, screenshot):
    page = await viewer.open(path)
    await expect(page.locator(".page-notice h1")).to_be_visible()
    await expect(page.get_by_role("link", name="All sessions")).to_be_visible()


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark"), (390, 844, "light")])
async def test_pictures_of_the_home_page(viewer, athlete, screenshot, width, height, scheme):
    await athlete(athlete="Athlete 12", kind="Treadmill walk").walk()
    for number in range(3):
        old = athlete(f"walk-{number}", 5.0, ago=4000 * (number + 1), athlete=f"Athlete 0{number}", kind="Track run")
        await old.begin()
        await old.store(0, 500, received_us=int(old.recordings["left"].times_us[-1]))
    page = await viewer.open("/", size=(width, height))
    await page.emulate_media(color_scheme=scheme)
    await page.reload()
    await expect(page.locator(".live-card .pill")).to_have_text("Live")
    assert await page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await screenshot(page, f"sessions-{width}-{scheme}")
