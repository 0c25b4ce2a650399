"""While nobody answers: no page fills its console, and none says more than it has heard."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.async_api import expect

from dashboard.reading.vitals import Vitals
from dashboard.sessions import page as sessions_page

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from served import serving

PAGES = ("/", "/live/walk", "/session/walk-a", "/system")


async def all_notice(pages):
    """Every page has asked whether the dashboard answers, as it does before it sends anything, and knows."""
    for page in pages:
        await page.evaluate("() => { barographReach.ask(); }")
    for page in pages:
        await page.wait_for_function("() => barographReach.away")


async def test_consoles_stay_empty_while_the_server_is_away_and_everything_comes_back(
    viewer, athlete, walks, dashboard
):
    await athlete(seconds=120.0, ago=20.0).walk()
    pages = [await viewer.open(path) for path in PAGES]
    await pages[0].wait_for_selector(".session-link")
    await pages[1].wait_for_selector('.live[data-state="live"]')
    await pages[2].wait_for_selector(".session[data-shown]")
    await pages[2].wait_for_selector("#tab-body > :not(.tab-loading)")
    await pages[3].wait_for_selector(".system-head")
    await pages[0].wait_for_timeout(1_000)  # what was asked for is answered
    assert viewer.errors == []
    await dashboard.stop()
    await all_notice(pages)
    # A request that was on its way at that moment may have broken off: one a page, and nothing else is said of it.
    broken = [said for said in viewer.errors if said.startswith("Failed to load resource: net::ERR_")]
    assert viewer.errors == broken
    assert len(broken) <= len(pages)
    viewer.errors.clear()
    await pages[1].wait_for_selector('.live[data-state="offline"]')
    await expect(pages[0].locator(".offline-line")).to_contain_text("Page offline. This list is as it was at ")
    await expect(pages[1].locator('[data-slot="notice"]')).to_contain_text("what is recorded since is not known here")
    await pages[1].get_by_role("button", name="Try now").click()
    await pages[2].keyboard.press("2")  # a tab that the server makes, when it is back
    await pages[2].keyboard.press("ArrowRight")
    await pages[0].wait_for_timeout(6_000)  # every page has asked for something by now
    assert viewer.errors == [], viewer.errors
    await dashboard.start()
    await pages[1].wait_for_selector('.live[data-state="live"]')
    await expect(pages[0].locator(".offline-line")).to_be_hidden()
    await expect(pages[2].locator("#tab-body")).to_contain_text("Stance curve")
    assert viewer.errors == [], viewer.errors


async def test_an_ingest_that_died_is_said_and_nothing_is_claimed_of_what_it_does(
    viewer, athlete, dashboard, mongo_archive, redis_live, place, monkeypatch, screenshot
):
    monkeypatch.setattr(Vitals, "every_s", 0.5)
    monkeypatch.setattr(sessions_page, "REFRESH_MS", 500)
    walker = athlete(seconds=120.0, ago=20.0)
    async with serving(mongo_archive, redis_live, place[0]) as ingest:
        dashboard.ingest_port = ingest.port
        await dashboard.stop()
        await dashboard.start()
        await walker.walk()
        page, sessions = await viewer.open("/live/walk"), await viewer.open("/")
        await page.wait_for_selector('.live[data-state="live"]')
        await sessions.wait_for_selector(".session-link")
        await expect(sessions.locator("#home-body .health")).to_have_count(0)
    await walker.stop()
    notice = page.locator('[data-slot="notice"]')
    await expect(notice).to_contain_text("The ingest has not answered since ")
    await expect(page.locator('[data-slot="trouble"]')).to_contain_text("The ingest has not answered since ")
    await expect(sessions.locator("#home-body .health.away")).to_contain_text("last answer")
    for one in (page, sessions):
        assert "goes on" not in await one.inner_text("body")
    await screenshot(page, "live-ingest-away-1440-dark")
    await screenshot(sessions, "sessions-ingest-away-1440-dark")


async def test_the_row_of_a_running_session_shows_its_id_and_whose_it_is(viewer, athlete, screenshot):
    about = {"athlete": "Simulated athlete 12", "kind": "Treadmill walk"}
    await athlete("walk-2026-11-28-225521", seconds=120.0, ago=20.0, **about).walk()
    for width in (1440, 1024):
        page = await viewer.open("/", size=(width, 800))
        for part, text in (("code", "walk-2026-11-28-225521"), ("b", "Simulated athlete 12")):
            name = page.locator(f".session-link {part}")
            await expect(name).to_have_text(text)
            assert await name.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1"), (part, width)
            box, cell = await name.bounding_box(), await page.locator(".ag-cell", has=name).first.bounding_box()
            assert box
            assert cell
            assert box["x"] + box["width"] <= cell["x"] + cell["width"]
            assert cell["y"] <= box["y"]
            assert box["y"] + box["height"] <= cell["y"] + cell["height"]
        await expect(page.locator(".live-card code")).to_have_text("walk-2026-11-28-225521")
        await screenshot(page, f"sessions-live-row-{width}-dark")
    phone = await viewer.open("/", size=(390, 844))
    for part in ("h2", "code", ".kind"):
        whole = "(node) => node.scrollWidth <= node.clientWidth + 1 && node.scrollHeight <= node.clientHeight + 1"
        assert await phone.locator(f".live-card {part}").evaluate(whole), part
    await expect(phone.locator(".session-card code")).to_have_text("walk-2026-11-28-225521")
    await screenshot(phone, "sessions-live-row-390-dark")
