"""The page of one athlete in a real browser: facts, measurements, the timeline, keys, three sizes, both themes."""

from __future__ import annotations

import re
import time

import pytest_asyncio
from playwright.async_api import expect

from barograph.store.roster import Athlete, Consent, Involved, Measurement
from barograph.times import day_of

DAY_US = 86_400_000_000
KEPT_OUT = re.compile("status of 4")  # a browser says in its console what the page says beside the field


@pytest_asyncio.fixture(loop_scope="session")
async def one(athlete, mongo_archive):
    """An athlete with three weeks of sessions in two kinds."""
    now_us = time.time_ns() // 1000
    team = await mongo_archive.roster.add_team("Track", now_us=now_us)
    known = Athlete(
        "Athlete 12", sex="F", born="2002-05-14", dominant="right", teams=(team.uid,), notes="Brings own shoes.",
        measurements=tuple(Measurement("mass_kg", 66.0 + i, now_us - (90 - 30 * i) * DAY_US) for i in range(3)),
        involved=(Involved("left", day_of(now_us - 100 * DAY_US), "", "knee"),),
        consents=(Consent("record and keep", day_of(now_us - 90 * DAY_US), by="A. Example"),),
    )  # fmt: skip
    made = await mongo_archive.roster.add(known, now_us=now_us)
    for i in range(4):
        sender = athlete(
            f"walk-{i}", 4.0, ago=(28 - 7 * i) * 86_400.0, athlete="Athlete 12", kind=("Walk", "Run")[i % 2]
        )
        await sender.begin()
        n = len(sender.recordings["left"])
        await sender.store(0, n, received_us=int(sender.recordings["left"].times_us[-1]))
    return made


async def test_one_athlete_is_looked_at_changed_and_narrowed_to_a_time(viewer, one, fits_every_screen, mongo_archive):
    page = await viewer.open("/session/walk-3")
    await page.get_by_role("link", name="Athlete 12").click()
    await expect(page).to_have_url(re.compile(f"/athletes/{one.uid}$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Athlete 12")
    await expect(page.get_by_label("Profile", exact=True)).to_contain_text("14 May 2002")
    await expect(page.locator(".one-strip a")).to_have_count(4)
    await expect(page.locator(".one-measure svg").first).to_be_visible()
    await wrong_and_right_measurement(page, viewer)
    await expect(page.locator("#one-head")).to_contain_text("69.5 kg")
    assert (await mongo_archive.roster.athlete(one.uid)).latest("mass_kg").value == 69.5
    await removed(page)
    await withdrawn(page, mongo_archive, one.uid)
    await narrowed(page)
    await page.keyboard.press("Escape")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await fits_every_screen(page, "one-athlete", scheme)
    await by_keys(page)


async def wrong_and_right_measurement(page, viewer):
    await page.get_by_text("Add a measurement").click()
    form = page.locator("details[open] > form")
    await form.get_by_label("Value").fill("heavy")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_role("alert")).to_have_text("value: expected a number as 68.4, got 'heavy'")
    await expect(form.get_by_label("Value")).to_be_focused()
    await expect(form.get_by_label("Value")).to_have_attribute("aria-invalid", "true")
    assert [one for one in viewer.errors if not KEPT_OUT.search(one)] == []
    viewer.errors.clear()
    await form.get_by_label("Value").fill("69,5")
    await form.get_by_role("button", name="Save").click()
    await expect(page.locator(".one-saved")).to_have_text("Saved.")


async def removed(page):
    listed = page.locator('[aria-label="Measurements"] li')
    await page.get_by_text("4 measurements, each with its day").click()
    await expect(listed).to_have_count(4)
    await listed.last.locator("summary").click()
    await listed.last.get_by_role("button", name="Remove").click()
    await expect(listed).to_have_count(3)


async def withdrawn(page, archive, uid: str):
    consent = page.get_by_label("Consent", exact=True)
    await consent.locator("summary", has_text="Withdraw").click()
    form = consent.locator("details[open] > form")
    await form.get_by_label("Written down by").fill("B. Example")
    await form.get_by_role("button", name="Withdraw").click()
    await expect(consent).to_contain_text("by B. Example")
    statement = (await archive.roster.athlete(uid)).consents[-1]
    assert (statement.what, statement.state, statement.by) == ("record and keep", "withdrawn", "B. Example")


async def narrowed(page):
    """A drag over the last tenth of the time leaves what was recorded there."""
    await page.locator(".one-strip").scroll_into_view_if_needed()
    box = await page.locator(".one-strip").bounding_box()
    await page.mouse.move(box["x"] + 0.93 * box["width"], box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 8, steps=4)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(r"since=\d{4}-\d\d-\d\d&until="))
    await expect(page.locator(".one-part")).to_contain_text("1 session in this time")
    bars = page.get_by_label("Load a week", exact=True).locator("rect")  # two weeks, or three on a Monday or Tuesday
    await expect(bars.nth(3)).to_have_count(0)
    await expect(bars.nth(1)).to_be_attached()
    await page.reload()
    await expect(page.locator(".one-part")).to_contain_text("1 session in this time")
    await page.get_by_role("button", name="All that is shown").click()
    await expect(page.locator(".one-part")).to_contain_text("Drag to choose a time")


async def by_keys(page):
    """The newest dot has the focus first; an arrow leads to the one before, and Enter opens it."""
    await page.locator(".one-strip a[tabindex='0']").focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/session/walk-2"))
