"""The roster in a real browser: a file, a new athlete, filters and keys, a name from a device, merging; both themes."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import expect

from barograph.store.ports import About
from barograph.store.roster import Athlete, Consent, Measurement

NOW_US = time.time_ns() // 1000
DAY_US = 86_400_000_000
SHOW = "(scheme) => (document.documentElement.dataset.mantineColorScheme = scheme)"
CSV = "name,sex,born,teams\nAthlete 31,M,1999-02-03,Sprint\nAthlete 32,K,,Sprint\n"


async def lab(archive) -> dict[str, Athlete]:
    """Thirty athletes in two teams, and a text that nobody is called."""
    roster = archive.roster
    teams = [(await roster.add_team(name, now_us=NOW_US)).uid for name in ("Masters", "Sprint")]
    for i in range(30):
        newest = Measurement("mass_kg", 50.0 if i == 7 else 62.0 + i, NOW_US - 2 * DAY_US)
        masses = tuple(Measurement("mass_kg", 60.0 + i + day, NOW_US - day * DAY_US) for day in (5, 4, 3))
        consents = (Consent("record and keep", "2026-01-01"),) if i % 3 else ()
        await roster.add(Athlete(f"Athlete {i:02d}", sex="FM"[i % 2], born=f"{1970 + i}", teams=(teams[i % 2],),
                                 measurements=(*masses, newest), consents=consents), now_us=NOW_US)  # fmt: skip
    await archive.note("run-4", now_us=NOW_US - DAY_US, about=About("Athlete 04", "Track run"))
    await archive.note("unknown", now_us=NOW_US, about=About("A four"))
    return {one.name: one for one in await roster.athletes()}


@pytest.mark.timeout(300)
async def test_the_roster_is_filled_read_and_put_in_order(viewer, mongo_archive, fits_every_screen):
    page = await viewer.open("/athletes")
    await expect(page.get_by_role("heading", name="No athletes yet")).to_be_visible()
    await looked_at(page, fits_every_screen, "roster-empty")
    known = await lab(mongo_archive)
    await imported(page, fits_every_screen)
    await added(page, fits_every_screen)
    await narrowed(page)
    await page.goto(f"{viewer.url}/athletes")
    await expect(links(page).first).to_be_attached()
    await changed(page)
    await looked_at(page, fits_every_screen, "roster")
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.locator(".athlete-card")).to_have_count(32)
    await expect(page.locator(".athlete-card", has_text="Athlete 00")).to_contain_text("Consent missing")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await confirmed(page, fits_every_screen, mongo_archive, known["Athlete 04"])
    await merged(page, fits_every_screen, mongo_archive)


async def changed(page):
    """Who has changed stands first, or alone; the load is shown when it is asked for."""
    first = page.locator(".roster-grid [row-index='0']")
    await page.locator("#count-changed").click()
    await expect(links(page)).to_have_text([re.compile("Athlete 07")])
    await expect(first).to_contain_text("beyond MDC −21.0")
    await page.locator("#count-all").click()
    await page.locator("#roster-load").select_option("steps")
    await expect(page).to_have_url(re.compile("load=steps"))
    await expect(page.get_by_role("button", name="Steps 7 · 28 d")).to_be_attached()
    await page.locator("#roster-baseline").select_option("5")
    await expect(first).to_contain_text("not known")
    await page.locator("#roster-baseline").select_option("3")
    await expect(first).to_contain_text("within noise")
    await page.get_by_role("button", name="Is it a change?").click()
    await expect(first).to_contain_text("Athlete 07")


async def looked_at(page, fits_every_screen, name):
    for scheme in ("light", "dark"):
        await page.evaluate(SHOW, scheme)
        await fits_every_screen(page, name, scheme)
    await page.set_viewport_size({"width": 1440, "height": 900})


def links(page):
    """The athletes in the rows of the grid."""
    return page.locator(".roster-grid .athlete-link")


async def imported(page, fits_every_screen):
    await page.goto(page.url.replace("/athletes", "/athletes/import"))
    await page.locator("#roster-file").set_input_files(
        {"name": "roster.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    await expect(page.locator('[data-count="added"] b')).to_have_text("1")
    row = page.get_by_role("row").filter(has_text="expected F, M, X or nothing")
    await expect(row).to_contain_text("3")
    await expect(row).to_contain_text("sex")
    await looked_at(page, fits_every_screen, "roster-import")
    await page.get_by_role("button", name="Import 1 row").click()
    await expect(page.locator('.import-counts[data-done="true"] [data-count="added"] b')).to_have_text("1")
    await page.get_by_role("link", name="To the roster").click()
    await expect(page.locator("#count-all")).to_have_text(re.compile("31"))


async def added(page, fits_every_screen):
    await expect(links(page).first).to_be_visible()
    await page.keyboard.press("n")
    await page.get_by_label("Name", exact=True).fill("Athlete 4")
    await page.get_by_label("Mass, kg").fill("heavy")
    await looked_at(page, fits_every_screen, "roster-new")
    await page.get_by_label("Mass, kg").fill("68.5")
    await page.get_by_label("Sprint").check()
    await page.get_by_role("button", name="Add athlete").click()
    await expect(page).to_have_url(re.compile(r"/athletes/[0-9a-f]{32}$"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Athlete 4")


async def narrowed(page):
    await page.locator("#nav-athletes").click()
    await expect(page.locator("#count-all")).to_have_text(re.compile("32"))
    await page.get_by_role("button", name=re.compile("^Sprint")).click()
    await expect(page).to_have_url(re.compile("team="))
    await expect(links(page).first).to_contain_text("Athlete 01")
    await page.get_by_role("button", name="Mass kg").click()
    await expect(page).to_have_url(re.compile("sort=mass"))
    await page.get_by_role("button", name="Mass kg ↑").click()
    await expect(links(page).first).to_contain_text("Athlete 29")
    await page.get_by_role("button", name="Hide names").click()
    await expect(links(page).first).to_contain_text("a-0030")
    await expect(page.get_by_text("Athlete 29")).to_have_count(0)
    await page.get_by_role("button", name="Hide names", pressed=True).click()
    await page.keyboard.press("/")
    await page.keyboard.type("athlete 2")
    await expect(links(page)).to_have_count(5)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Athlete 27")
    await page.go_back()
    await expect(links(page)).to_have_count(5)


async def confirmed(page, fits_every_screen, archive, athlete):
    await page.locator("#count-proposals").click()
    await expect(page.get_by_role("heading", name="A four")).to_be_visible()
    await looked_at(page, fits_every_screen, "roster-proposals")
    await page.get_by_label("“A four” is").fill(f"Athlete 04 · {athlete.short_id}")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("No name waits to be confirmed.")).to_be_visible()
    assert (await archive.workout("unknown")).athlete_uid == athlete.uid


async def merged(page, fits_every_screen, archive):
    await page.goto(re.sub(r"/athletes.*", "/athletes?text=4", page.url))
    for name in ("Athlete 04", "Athlete 4"):
        row = page.locator(".roster-grid .ag-row").filter(has=page.get_by_role("link", name=re.compile(f"^{name} ?a-")))
        await row.locator("input[type=checkbox]").check()
    await expect(page.locator("#roster-merge")).to_be_visible()
    await page.keyboard.press("m")
    await expect(page.get_by_role("link", name="Leave both as they are")).to_be_focused()
    await looked_at(page, fits_every_screen, "roster-merge")
    await expect(page.get_by_role("row").filter(has_text="Sessions")).to_contain_text("2")
    await page.get_by_role("button", name=re.compile("^Merge into Athlete 04")).click()
    await expect(page).to_have_url(re.compile(r"/athletes/[0-9a-f]{32}$"))
    assert [one.name for one in await archive.roster.match("Athlete 4")] == ["Athlete 04"]
