"""Sharing in a real browser: the dialog with its links, a guest's pages, revoking, and the wall of a team."""

from __future__ import annotations

import re
import time

from guests import guest_of, shared
from playwright.async_api import Page, expect
from screens import axe, fits

from barograph.store.goals import Goal
from barograph.store.roster import Athlete


async def clean(page: Page, what: str) -> None:
    for scheme in ("dark", "light"):
        await page.evaluate("scheme => { document.documentElement.dataset.mantineColorScheme = scheme; }", scheme)
        found = await axe(page)
        assert found.violations_count == 0, f"{what}, {scheme}: {found.generate_report()}"
    await page.evaluate("() => { document.documentElement.dataset.mantineColorScheme = 'dark'; }")


async def test_a_session_is_shared_looked_at_and_revoked(viewer, athlete, chromium, screenshot):
    sender = athlete("walk", athlete="Ada Longname", kind="Treadmill walk", ago=30.0)
    await sender.begin()
    await sender.store(0, 500)
    page = await viewer.open("/live/walk")
    await page.get_by_role("button", name="Share", exact=True).click()
    await expect(page.locator('[data-slot="share-links"]')).to_contain_text("None is open")
    address = await shared(page, "Athlete", "For the coach")
    item = page.locator(".share-item")
    await expect(item).to_contain_text("For the coach")
    await expect(item).to_contain_text("never opened")
    await clean(page, "the dialog")
    await screenshot(page, "share-dialog-1440-dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    await fits(page)
    await screenshot(page, "share-dialog-390-dark")

    guest, errors = await guest_of(chromium, address)
    await expect(guest.locator('[data-slot="name"]')).to_have_text("walk")  # and not whose it is
    assert await guest.locator("button").count() == 0

    await page.get_by_role("button", name="Revoke For the coach").click()
    asking = page.get_by_role("dialog", name="Revoke this link?")
    await expect(asking.get_by_role("button", name="Keep it")).to_be_focused()
    await screenshot(page, "share-revoke-390-dark")
    await page.keyboard.press("Enter")
    await expect(asking).to_have_count(0)
    await expect(item).to_contain_text("For the coach")
    await page.get_by_role("button", name="Revoke For the coach").click()
    await asking.get_by_role("button", name="Revoke").click()
    await expect(page.locator('[data-slot="share-links"]')).to_contain_text("None is open")
    await expect(guest.locator("h1")).to_have_text("This shared link does not open any more")
    assert errors == []
    await guest.context.close()


# What of a tile but a long name would be cut off if there were 24; measured at once, before the grid is set anew.
AMONG_24 = """() => {
  const place = document.querySelector(".wall-tiles");
  place.classList.add("many");
  place.style.setProperty("--rows", "4");
  place.style.setProperty("--columns", "6");
  const cut = (one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
  const parts = ".wall-tile, .wall-tile dl, .wall-goal > span:not(.wall-gauge)";
  return [...place.querySelectorAll(parts)].filter(cut).map((one) => `${one.className} ${one.textContent}`);
}"""


async def test_a_wall_grows_and_shrinks_with_what_a_team_does(viewer, athlete, chromium, mongo_archive, screenshot):
    now_us = time.time_ns() // 1000
    team = await mongo_archive.roster.add_team("Volleyball", now_us=now_us)
    goals = {"Ben Elsewhere": (Goal("weight", "left", "kg", 15.0, 25.0, "2026-01-01"),)}
    for name in ("Ada Longname", "Ben Elsewhere"):
        made = Athlete(name, teams=(team.uid,), goals=goals.get(name, ()))
        await mongo_archive.roster.add(made, now_us=now_us)
    page = await viewer.open("/account")
    await page.get_by_label("Name of the link").fill("Hall 2")
    await page.get_by_role("button", name="Make a link to the wall").click()
    address = await page.locator("#shares code.once").inner_text()
    await expect(page.locator("#shares")).to_contain_text("any live of Volleyball, wall")
    await clean(page, "the account page")
    await screenshot(page, "share-account-1440-dark", full=True)

    wall, errors = await guest_of(chromium, address, (1920, 1080))
    await expect(wall.get_by_role("heading", name="Nothing is live now")).to_be_visible()
    await clean(wall, "an empty wall")
    await screenshot(wall, "wall-empty-1920-dark")
    senders = [
        athlete("one", athlete="Ada Longname", kind="Treadmill walk", seconds=120.0, ago=8.0),
        athlete("two", athlete="Ben Elsewhere", kind="Walk", seconds=120.0, ago=8.0),
    ]
    for sender in senders:
        await sender.walk()
    tiles = wall.locator(".wall-tile")
    await expect(tiles).to_have_count(2)
    await expect(wall.locator('.wall-tile[data-state="live"]')).to_have_count(2)
    assert "Longname" not in await wall.inner_text("body")
    limited = wall.locator('.wall-tile[data-urgency="0"]')
    await expect(limited).to_contain_text("above the limit")
    await expect(tiles.first.locator('[data-slot="goal-name"]')).to_have_text(
        "Weight on the foot left"
    )  # it comes first
    await expect(tiles.last.locator("dd b").first).to_have_text(re.compile(r"^\d+$"))
    await clean(wall, "a wall")
    await screenshot(wall, "wall-1920-dark")
    await wall.set_viewport_size({"width": 1440, "height": 900})
    assert await wall.evaluate(AMONG_24) == []
    await wall.set_viewport_size({"width": 390, "height": 844})
    await fits(wall)
    await screenshot(wall, "wall-390-dark", full=True)
    await senders[1].stop()
    await expect(wall.locator('.wall-tile[data-state="stale"]')).to_have_count(1)
    await mongo_archive.note("two", now_us=time.time_ns() // 1000 + 1, left=True)
    await expect(tiles).to_have_count(1)
    assert await wall.locator("button, a, input").count() == 0, "a guest has nothing to press"
    await page.goto(f"{viewer.url}/wall/{team.uid}")
    await page.get_by_role("link", name="Ada Longname").press("Enter")
    await expect(page).to_have_url(re.compile("/live/one$"))
    [share] = [one for one in await mongo_archive.accounts.shares() if one.team]
    await mongo_archive.accounts.revoke(share.uid, time.time_ns() // 1000)
    await expect(wall.locator("h1")).to_have_text("This shared link does not open any more")
    assert errors == []
    await wall.context.close()
