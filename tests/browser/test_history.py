"""The athlete's history in a real browser, reached from a session by the athlete's name."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect


@pytest_asyncio.fixture(loop_scope="session")
async def months(athlete):
    """Twelve short walks, one a week."""
    for week in range(12):
        name = f"walk-{week:02}"
        kind = "Treadmill walk" if week % 3 else "Walk outside"
        sender = athlete(name, 4.0 + 0.1 * week, ago=(12 - week) * 7 * 86_400.0, athlete="Athlete 12", kind=kind)
        await sender.begin()
        n = len(sender.recordings["left"])
        await sender.store(0, n, received_us=int(sender.recordings["left"].times_us[-1]))


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_a_measure_is_seen_over_all_sessions(viewer, months, fits_every_screen, scheme):
    page = await viewer.open("/session/walk-11")
    await page.emulate_media(color_scheme=scheme)
    await page.get_by_role("link", name="Athlete 12").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Athlete 12")
    await expect(page.locator('.history [aria-label="Sessions"] tbody tr')).to_have_count(12)
    await page.get_by_label("Measure").select_option(label="Peak pressure, kPa")
    await expect(page.locator(".history h2").first).to_contain_text("Peak pressure")
    await expect(page.locator('[aria-label="Trend"]').first).to_contain_text("…")
    assert "metric=max_peak_kpa" in page.url
    await fits_every_screen(page, "history", scheme)


async def test_kinds_are_chosen_and_a_session_leads_to_its_comparison(viewer, months):
    page = await viewer.open("/athlete/Athlete%2012/history?metric=contact_s")
    await page.wait_for_url("**/history?metric=contact_s")
    await expect(page.get_by_role("heading", name="Athlete 12")).to_be_visible()
    assert "Athlete" not in page.url, "an address of before gives way to one without the name"
    await page.get_by_role("button", name="Walk outside").click()
    await expect(page.locator('.history [aria-label="Sessions"] tbody tr')).to_have_count(4)
    await expect(page.locator('[aria-label="Trend"]').first).to_contain_text("ten sessions needed")
    await page.get_by_label("Band").select_option(label="This lab’s athletes")
    await expect(page.locator(".band-said")).to_contain_text(
        "No reference band: no other athlete belongs to the cohort"
    )
    age = page.locator('select[data-param="age"]')
    await age.select_option(label="18–25")
    await expect(page).to_have_url(re.compile("band=lab.*age=18-25"))
    await expect(age).to_have_value("18-25")
    await page.get_by_role("link", name="Compare", exact=True).nth(1).click()
    await page.wait_for_selector(".compare-maps figure[data-page=d] svg")
    page = await viewer.open("/session/walk-11?tab=gait")
    await page.locator('.among select[data-param="band"]').select_option(label="This lab’s athletes")
    await expect(page.locator(".among .band-said")).to_contain_text("No reference band: no other athlete belongs")


async def test_a_session_that_is_erased_elsewhere_leaves_the_history_with_a_note(viewer, months, mongo_archive):
    page = await viewer.open("/athlete/Athlete%2012/history")
    rows = page.locator('.history [aria-label="Sessions"] tbody tr')
    await expect(rows).to_have_count(12)
    await mongo_archive.delete("walk-03")
    await expect(page.get_by_text("walk-03 was erased. Nothing of it is stored any more.")).to_be_visible(
        timeout=15_000
    )
    await expect(rows).to_have_count(11, timeout=15_000)
    await expect(page.locator("#history-count")).to_have_text("11 sessions")


async def test_nobody_has_no_history(viewer, months, screenshot):
    page = await viewer.open("/athlete/Nobody/history")
    await expect(page.get_by_role("heading", name="No sessions")).to_be_visible()
    await screenshot(page, "history-nobody-1440-dark")
