"""The live page in a real browser, on the real stack."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect
from screens import fits

# Coloured pixels: neither transparent nor the bed, in the left and the right half of the canvas.
LOADED = """(canvas) => {
  const { width, height } = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const halves = [0, 0];
  for (let y = 0; y < height; y += 3) {
    for (let x = 0; x < width; x += 3) {
      const i = 4 * (y * width + x);
      const [r, g, b, a] = [data[i], data[i + 1], data[i + 2], data[i + 3]];
      if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 40) halves[x < width / 2 ? 0 : 1]++;
    }
  }
  return halves;
}"""


async def state(page: Page, *wanted: str) -> None:
    places = ", ".join(f'.live[data-state="{one}"]' for one in wanted)
    await page.wait_for_selector(places)


async def data_age_ms(page: Page) -> float:
    return float(await page.get_attribute("#data-age", "data-ms") or "nan")


async def test_both_feet_are_drawn_and_the_data_age_stays_small(viewer, athlete, screenshot):
    await athlete(athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0).walk()
    page = await viewer.open("/live/walk")
    await state(page, "live")
    canvas = page.locator('[data-slot="map"]')
    seen = [0, 0]
    for _ in range(40):
        seen = [max(a, b) for a, b in zip(seen, await canvas.evaluate(LOADED), strict=True)]
        await page.wait_for_timeout(50)
    assert min(seen) > 200, "pressure under the left and under the right foot"
    ages = []
    for _ in range(10):
        await page.wait_for_timeout(250)
        ages.append(await data_age_ms(page))
    assert max(ages) < 1000
    assert int(await page.inner_text("#drawn-fps")) > 0
    await expect(page.locator('.pill[data-slot="pill"]')).to_have_text("Live")
    await expect(page.locator('[data-slot="links"]')).to_contain_text("100 Hz")
    await screenshot(page, "live-1440-dark")


async def test_numbers_carry_what_was_sent_and_counts_rise(viewer, athlete):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await state(page, "live")
    await page.wait_for_function(
        "() => Number(document.querySelector('[data-slot=stored]').textContent.replace(/\\D/g, '')) > 1000"
    )
    received, stored = [
        int("".join(filter(str.isdigit, await page.inner_text(f"[data-slot={name}]"))))
        for name in ("received", "stored")
    ]
    assert received >= stored > 1000
    await expect(page.locator('[data-tile="force"] .value').first).not_to_have_text("–")
    force = await page.locator('[data-tile="force"] .value').all_inner_texts()
    assert all(600 < int(value) < 1100 for value in force), "two feet of 75 kg walking"
    symmetry = page.locator('[data-tile="symmetry"] [data-part="value"]')
    await expect(symmetry).not_to_have_text("–")
    value = page.locator('[data-tile="cadence"] [data-part="value"]')
    await expect(value).not_to_have_text("–")
    cadence = await value.inner_text()
    assert 105 < float(cadence) < 115, "the simulated athlete takes 110 steps a minute"


async def test_what_happened_before_the_page_was_opened_is_there(viewer, athlete):
    sender = athlete(ago=16)
    await sender.begin()
    await sender.store(0, 1500)
    sender.sent = 1500
    await sender.publish(1500, 1600)
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="stale"], .live[data-state="live"]')
    drawn = """(canvas) => {
      const { width, height } = canvas;
      const data = canvas.getContext("2d").getImageData(0, 0, Math.floor(width * 0.6), height).data;
      let coloured = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 200 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 2]) > 60) coloured++;
      }
      return coloured;
    }"""  # noqa: E501 - one expression of JavaScript
    await page.wait_for_function(
        f"() => ({drawn})(document.querySelector('[data-slot=traces]')) > 2000", timeout=20_000
    )


async def test_a_source_that_stops_is_stale_then_gone_and_live_again(viewer, athlete, screenshot):
    sender = athlete()
    await sender.walk()
    page = await viewer.open("/live/walk")
    await state(page, "live")
    await sender.stop()
    await state(page, "stale")
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("No new frames for")
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("spool")
    await expect(page.locator('[data-tile="force"] .hint')).to_contain_text("old")
    await screenshot(page, "live-stale-1440-dark")
    await state(page, "gone")
    assert await page.locator('[data-tile="force"] .value').all_inner_texts() == ["–", "–"]
    assert await data_age_ms(page) > 10_000
    await sender.walk()
    await state(page, "live")
    await expect(page.locator('[data-slot="notice"]')).to_be_hidden()


async def test_a_page_without_its_server_says_so_and_comes_back_by_itself(viewer, athlete, dashboard, screenshot):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await state(page, "live")
    await page.evaluate("() => { window.sameDocument = true; }")
    await dashboard.stop()
    await state(page, "offline")
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("is not known here")
    await screenshot(page, "live-offline-1440-dark")
    await dashboard.start()
    await page.get_by_role("button", name="Try now").click()
    await state(page, "live")
    assert await page.evaluate("() => window.sameDocument")
    assert int(await page.inner_text('[data-slot="gaps"]')) <= 1


async def test_a_workout_that_has_not_begun_is_waited_for_without_a_reload(viewer, athlete, screenshot):
    page = await viewer.open("/live/walk")
    await state(page, "waiting")
    await expect(page.locator('[data-slot="notice"]')).to_contain_text("No frames yet")
    await screenshot(page, "live-waiting-1440-dark")
    await athlete(athlete="Athlete 12").walk()
    await state(page, "live")
    await expect(page.locator("h1")).to_have_text("Athlete 12")


@pytest.mark.parametrize("late", ["announced", "published"])
async def test_frames_that_come_late_close_their_gap(viewer, athlete, late):
    sender = athlete(ago=5)
    await sender.begin()
    await sender.publish(0, 100)
    await sender.publish(200, 300)
    await sender.store(0, 100)
    await sender.store(200, 300)
    page = await viewer.open("/live/walk")
    gaps = page.locator('[data-slot="gaps"]')
    await expect(gaps).to_have_text("2")
    await sender.store(100, 200)
    if late == "published":
        await sender.publish(100, 200)
    else:
        await sender.say(type="backfilled")
    await expect(gaps).to_have_text("0", timeout=20_000)


async def test_an_uncalibrated_mat_shows_counts_never_newtons(viewer, mat, screenshot):
    await mat.begin()
    await mat.store(0, 398)
    await mat.publish(398, 400)
    page = await viewer.open("/live/mat")
    await page.wait_for_selector('.bar[data-map="cividis"]')
    await expect(page.locator(".tile-total .unit")).to_have_text("counts")
    await expect(page.locator(".tile-peak .term")).to_have_text("Raw peak")
    assert await page.locator(".tile-total .foot, .tile-contact_area .foot").count() == 0
    await expect(page.locator('[data-slot="bar-unit"]')).to_have_text("counts")
    words = re.split(r"\s+", await page.inner_text(".live"))
    assert {"kPa", "N", "force", "Force", "Pressure", "pressure"} & set(words) == set()
    await screenshot(page, "live-mat-1440-dark")


async def test_the_scale_is_chosen_by_button_and_key(viewer, athlete):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await state(page, "live")
    auto = page.get_by_role("button", name="Auto")
    await expect(auto).to_have_attribute("aria-pressed", "false")
    await auto.click()
    await expect(auto).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("s")
    await expect(auto).to_have_attribute("aria-pressed", "false")


async def test_every_number_has_its_definition(viewer, athlete):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await page.get_by_role("button", name="Peak force").focus()
    popover = page.locator(".definition")
    await expect(popover).to_contain_text("0.1 · Σ_V p·a")


async def test_the_picture_is_told_in_a_sentence(viewer, athlete):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_function(
        "() => /kPa in the|no load/.test(document.querySelector('[data-slot=map]')?.getAttribute('aria-label'))"
    )


async def test_two_viewers_on_two_workouts_see_their_own(viewer, athlete):
    await athlete("one").walk()
    await athlete("other").walk()
    pages = [await viewer.open(f"/live/{name}") for name in ("one", "other")]
    for page, name in zip(pages, ("one", "other"), strict=True):
        await state(page, "live")
        await expect(page.locator("h1")).to_have_text(name)


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark"), (1024, 768, "dark")])
async def test_pictures_of_the_live_page(viewer, athlete, screenshot, width, height, scheme):
    await athlete(athlete="Athlete 12", kind="Treadmill walk").walk()
    page = await viewer.open("/live/walk", size=(width, height))
    await page.emulate_media(color_scheme=scheme)
    await page.reload()
    await state(page, "live")
    await page.wait_for_timeout(1500)
    await fits(page)
    await screenshot(page, f"live-{width}-{scheme}")
