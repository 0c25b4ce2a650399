"""The home page and the door in a real browser."""

from __future__ import annotations

import json

import numpy as np
import pytest
from axe_playwright_python.async_playwright import Axe
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
    await expect(page.locator(".sessions-grid .ag-center-cols-container .ag-row")).to_have_count(2)
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


async def kept(make, name: str, ago: float, **about) -> None:
    one = make(name, 5.0, ago=ago, **about)
    await one.begin()
    await one.store(0, 500, received_us=int(one.recordings["left"].times_us[-1]))


async def test_the_list_is_searched_sorted_and_filtered_and_the_address_keeps_it(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="Athlete 12", kind="Treadmill walk", tags=("rehab",))
    await kept(athlete, "walk-2", 5000, athlete="Athlete 07", kind="Track run", tags=("season",))
    page = await viewer.open("/")
    names = page.locator(".session-link b")
    await expect(names).to_have_text(["Athlete 07", "Athlete 12"])
    await page.locator(".sort", has_text="Athlete").click()
    await page.wait_for_url("**sort=athlete**")
    await page.wait_for_selector('.sort[data-order="ascending"]')
    await page.keyboard.press("/")
    await page.keyboard.type("rehab")
    await page.wait_for_url("**text=rehab**")
    await expect(names).to_have_text(["Athlete 12"])
    await page.reload()
    await expect(names).to_have_text(["Athlete 12"])
    await page.locator("#home-find").fill("nobody")
    await expect(page.locator("h2", has_text="No session matches")).to_be_visible()
    await page.get_by_role("link", name="Clear filters").first.click()
    await expect(names).to_have_count(2)


async def test_a_session_is_described_anew_and_erased_only_when_its_name_is_typed(viewer, athlete, mongo_archive):
    await kept(athlete, "walk-1", 9000, athlete="<script>alert(1)</script>", tags=("rehab",))
    page = await viewer.open("/")
    await page.get_by_role("button", name="Edit or erase").click()
    await page.get_by_label("Athlete").fill("Athlete 12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".session-link b")).to_have_text("Athlete 12")
    await page.get_by_role("button", name="Edit or erase").click()
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("#edit-said")).to_contain_text("Nothing was erased")
    await page.get_by_label("Type walk-1 to erase it").fill("walk-1")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("h1")).to_be_visible()
    assert await mongo_archive.workouts() == []


async def test_a_dropped_file_becomes_a_session_and_a_wrong_one_says_why(viewer, athlete, tmp_path):
    await kept(athlete, "walk-1", 9000)
    page = await viewer.open("/")
    frames = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)
    layout = json.dumps({"rows": 3, "cols": 4, "dtype": "uint16", "unit": "raw"})
    np.savez(tmp_path / "plate.npz", frames=frames, times_us=np.array([10**15, 10**15 + 10_000]), layout=layout)
    (tmp_path / "notes.txt").write_text("nothing")
    files = [tmp_path / "plate.npz", tmp_path / "notes.txt"]
    await page.locator("#home-import input").set_input_files(files)
    await expect(page.locator("#home-import-said")).to_contain_text("2 frames stored in plate")
    await expect(page.locator("#home-import-said .warn")).to_contain_text("notes.txt")
    await expect(page.locator(".session-link b", has_text="plate")).to_be_visible()


async def test_the_list_is_accessible(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="رياضي ١٢", tags=("rehab",))
    page = await viewer.open("/")
    await page.wait_for_selector(".session-link")
    found = await Axe().run(page, context="#page")
    assert found.violations_count == 0, found.generate_report()


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
