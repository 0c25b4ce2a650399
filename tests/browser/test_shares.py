"""Sharing in a real browser: the dialog with its links, a guest's pages, revoking, and the wall of a team."""

from __future__ import annotations

import re
import time

from playwright.async_api import Page, expect
from screens import axe, fits

from barograph.store.roster import Athlete

BASE_OF = re.compile(r"/share/bgs_[\w-]{43}$")
PATIENCE_MS = 20_000


async def clean(page: Page, what: str) -> None:
    for scheme in ("dark", "light"):
        await page.evaluate("scheme => { document.documentElement.dataset.mantineColorScheme = scheme; }", scheme)
        found = await axe(page)
        assert found.violations_count == 0, f"{what}, {scheme}: {found.generate_report()}"
    await page.evaluate("() => { document.documentElement.dataset.mantineColorScheme = 'dark'; }")


async def guest_of(chromium, address: str, size=(390, 844)) -> tuple[Page, list[str]]:
    """A browser of somebody else that opens a link, and what its console says."""
    context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme="dark")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.set_default_navigation_timeout(3 * PATIENCE_MS)  # all of Dash, into an empty cache
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address)
    return page, errors


async def shared(page: Page, view: str, name: str, *ticked: str) -> str:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("radio", name=view).check()
    for one in ticked:
        await page.get_by_label(one).check()
    await page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True)
    await expect(link).to_have_value(BASE_OF)
    return await link.input_value()


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


async def test_a_wall_grows_and_shrinks_with_what_a_team_does(viewer, athlete, chromium, mongo_archive, screenshot):
    now_us = time.time_ns() // 1000
    team = await mongo_archive.roster.add_team("Volleyball", now_us=now_us)
    for name in ("Ada Longname", "Ben Elsewhere"):
        await mongo_archive.roster.add(Athlete(name, teams=(team.uid,)), now_us=now_us)
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
    await expect(tiles.first.locator("dd b").first).to_have_text(re.compile(r"^\d+$"))
    assert "Longname" not in await wall.inner_text("body")
    await clean(wall, "a wall")
    await screenshot(wall, "wall-1920-dark")
    await wall.set_viewport_size({"width": 390, "height": 844})
    await fits(wall)
    await screenshot(wall, "wall-390-dark", full=True)
    await senders[1].stop()
    await expect(wall.locator('.wall-tile[data-state="stale"]')).to_have_count(1)
    await mongo_archive.note("two", now_us=time.time_ns() // 1000 + 1, left=True)
    await expect(tiles).to_have_count(1)
    assert await wall.locator("button, a, input").count() == 0, "a wall has nothing to press"
    [share] = [one for one in await mongo_archive.accounts.shares() if one.team]
    await mongo_archive.accounts.revoke(share.uid, time.time_ns() // 1000)
    await expect(wall.locator("h1")).to_have_text("This shared link does not open any more")
    assert errors == []
    await wall.context.close()
