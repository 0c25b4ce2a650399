"""What one does on the live page: look back, mark, choose curves, units and alarms, share; and what keys do."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as OutOfTime


async def opened(viewer, athlete, search: str = "", *, ago: float = 20.0) -> Page:
    sender = athlete(athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0, seconds=120.0, ago=ago)
    await sender.walk()
    page = await viewer.open(f"/live/walk{search}")
    await page.wait_for_selector('.live[data-state="live"]')
    return page


def pill(page: Page):
    return page.locator('.pill[data-slot="pill"]')


async def test_a_pause_freezes_the_view_while_recording_goes_on(viewer, athlete, mongo_archive, screenshot):
    page = await opened(viewer, athlete)
    await page.keyboard.press("Space")
    await expect(pill(page)).to_have_text("Rewound")
    await page.wait_for_timeout(300)
    picture = """() => document.querySelector('[data-slot="map"]').toDataURL()"""
    before, stored = await page.evaluate(picture), (await mongo_archive.workout("walk")).frames
    await expect(page.locator('[data-slot="behind"]')).to_have_text(re.compile(r"−0:0[2-9]"))
    assert await page.evaluate(picture) == before, "new data never moves what is paused"
    assert (await mongo_archive.workout("walk")).frames > stored
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator('[data-slot="behind"]')).to_have_text(re.compile(r"−0:1\d"))
    await screenshot(page, "live-rewound-1440-dark")
    await page.get_by_role("button", name="Go live").click()
    await expect(pill(page)).to_have_text("Live")


async def test_the_last_minutes_are_dragged_stepped_and_played(viewer, athlete):
    page = await opened(viewer, athlete)
    area = page.get_by_role("slider", name="Moment shown")
    box = await area.bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] * (1 - 15 / 600), box["y"] + 20)
    await expect(area).to_have_attribute("aria-valuetext", re.compile(r"0:1\d behind live"))
    place = "() => new URLSearchParams(location.search).get('at')"
    first = int(await page.evaluate(place))
    await page.keyboard.press("Shift+ArrowLeft")
    assert first - int(await page.evaluate(place)) == 1_000_000
    behind = page.locator('[data-slot="behind"]')
    await page.locator('[data-slot="pause"]').click()
    await page.wait_for_selector('.live[data-view="playing"]')
    await page.wait_for_timeout(1200)
    assert re.match(r"−0:1\d", await behind.inner_text()), "what plays keeps its distance"
    await page.keyboard.press("End")
    await page.wait_for_selector('.live[data-view="live"]')


async def test_a_phone_shows_one_curve_and_a_swipe_or_a_button_turns_to_the_next(viewer, athlete, screenshot):
    page = await opened(viewer, athlete)
    said, canvas = page.locator(".turning span"), page.locator('[data-slot="traces"]')
    await expect(page.locator(".turning")).to_be_hidden()
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(said).to_have_text("Total force, 1 of 4")
    tiles = page.locator(".tile:visible .term")
    assert sorted(await tiles.all_inner_texts()) == ["Peak force", "Peak pressure", "Symmetry"]
    await page.get_by_role("button", name="More numbers").click()
    await expect(tiles).to_have_count(5)
    await page.get_by_role("button", name="Next curve").click()
    await expect(said).to_have_text("CoP front–back, 2 of 4")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    for start, end, shown in ((0.8, 0.2, "CoP side, 3 of 4"), (0.2, 0.8, "CoP front–back, 2 of 4")):
        await page.mouse.move(box["x"] + start * box["width"], y)
        await page.mouse.down()
        await page.mouse.move(box["x"] + end * box["width"], y)
        await page.mouse.up()
        await expect(said).to_have_text(shown)
    await screenshot(page, "live-one-curve-390-dark")


async def test_an_address_shows_the_moment_and_the_view_that_were_shown(viewer, athlete):
    page = await opened(viewer, athlete, "?window=10&traces=peak,area&layers=cop,cells&scale=250&alarms=peak:300:0.1")
    await page.keyboard.press("ArrowLeft")
    await expect(pill(page)).to_have_text("Rewound")
    again = await viewer.open(await page.evaluate("() => location.pathname + location.search"))
    await expect(pill(again)).to_have_text("Rewound")
    await expect(again.locator(".chip-name")).to_have_text(["Peak", "Area"])
    await expect(again.locator('[data-slot="layers-text"]')).to_have_text("CoP, cells")
    await expect(again.get_by_role("button", name="0–250 kPa")).to_have_attribute("aria-pressed", "true")


async def test_a_marker_stamps_the_time_shown_and_asks_for_a_name_afterwards(viewer, athlete, mongo_archive):
    page = await opened(viewer, athlete)
    await page.keyboard.press("m")
    field = page.get_by_role("textbox", name="Name of the marker")
    await expect(field).to_be_focused()
    await page.keyboard.type("5.0 km/h, tired")  # keys are off while typing
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-slot="said"]')).to_have_text("Marker kept: 5.0 km/h, tired")
    await page.locator('[data-slot="mark"]').click()
    await page.keyboard.press("Escape")
    await expect(page.locator('[data-slot="said"]')).to_have_text("Marker kept: Marker 2")
    labels = [marker.label for marker in await mongo_archive.markers("walk")]
    assert labels == ["5.0 km/h, tired", "Marker 2"]


async def test_curves_are_removed_and_added_and_their_window_chosen(viewer, athlete):
    page = await opened(viewer, athlete)
    await page.get_by_role("button", name="Remove CoP side").click()
    await page.get_by_label("Add a curve").select_option("contact")
    await expect(page.locator(".chip-name")).to_have_text(["Total", "CoP front–back", "Peak", "Contact"])
    await page.get_by_role("button", name="10 s", exact=True).click()
    await expect(page.locator('[data-slot="traces-title"]')).to_have_text("Last 10 s")
    assert await page.evaluate("() => location.search") == "?window=10&traces=total,y,peak,contact"


async def test_a_curve_is_moved_by_keys_and_its_place_is_spoken(viewer, athlete):
    page = await opened(viewer, athlete)
    names, peak = page.locator(".chip-name"), page.get_by_role("button", name="Peak", exact=True)
    await peak.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(names).to_have_text(["Total", "CoP front–back", "Peak", "CoP side"])
    await expect(page.locator('[data-slot="moved"]')).to_have_text("Peak pressure, curve 3 of 4")
    await expect(peak).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(names).to_have_text(["Peak", "Total", "CoP front–back", "CoP side"])
    await expect(pill(page)).to_have_text("Live")  # the arrow keys moved the curve, not the moment
    await page.get_by_role("button", name="Total", exact=True).click()
    await expect(names).to_have_text(["Total", "Peak", "CoP front–back", "CoP side"])
    assert await page.evaluate("() => location.search") == "?traces=total,peak,y,x"


async def test_what_the_line_of_health_says_explains_itself_on_hover_and_on_focus(viewer, athlete):
    page = await opened(viewer, athlete)
    await page.get_by_role("button", name="Data age").hover()
    await expect(page.get_by_role("tooltip")).to_contain_text("Server clock minus the time of the newest frame drawn.")
    await page.mouse.move(0, 0)
    await page.get_by_role("button", name="Stored").focus()
    await expect(page.get_by_role("tooltip", name="Stored")).to_contain_text("the archive's journal")


async def test_an_alarm_is_set_rings_and_is_acknowledged(viewer, athlete, screenshot):
    page = await opened(viewer, athlete)
    line = page.locator(".alarm-line")
    await expect(line).to_contain_text("No alarm is set")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.locator(".alarm-row input").first.fill("200")
    await page.get_by_role("button", name="Set", exact=True).click()
    await expect(line).to_have_attribute("data-ringing", "true")
    await expect(line.get_by_role("alert")).to_contain_text(re.compile(r"(Left|Right): peak pressure above 200 kPa"))
    await screenshot(page, "live-alarm-1440-dark")
    await page.keyboard.press("a")
    await expect(line).to_have_attribute("data-ringing", "false")
    assert "alarms=peak:200:0" in await page.evaluate("() => location.search")


# Red, dashed: what is drawn over the bed of the map for an alarm.
RINGS = """() => {
  const canvas = document.querySelector('[data-slot="map"]');
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > 220 && data[i + 1] > 80 && data[i + 1] < 150 && data[i + 2] > 110 && data[i + 2] < 170) n++;
  }
  return n;
}"""


async def test_an_alarm_on_a_region_names_it_rings_it_and_shows_its_curve_also_when_looking_back(
    viewer, athlete, screenshot
):
    page = await opened(viewer, athlete)
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.get_by_label("Quantity").select_option("heel.peak")
    await page.locator(".alarm-row input").first.fill("120")
    await page.get_by_role("button", name="Set", exact=True).click()
    said = page.locator(".alarm-line").get_by_role("alert")
    await expect(said).to_contain_text(re.compile(r"(Left|Right), heel: peak pressure above 120 kPa"))
    await expect(page.locator(".chip-name").last).to_have_text("Heel peak")
    assert await page.evaluate("() => location.search") == "?traces=total,y,x,peak,heel.peak&alarms=heel.peak:120:0"
    await expect(page.locator(".bar-alarm")).to_have_count(1)
    assert await page.locator(".bar-alarm").get_attribute("style") == "top: 70%;"
    await page.wait_for_function(f"() => ({RINGS})() > 40")
    await screenshot(page, "live-region-alarm-1440-dark")
    await page.wait_for_timeout(2_500)  # until what is looked back at is stored
    await page.keyboard.press("Shift+ArrowLeft")
    await page.wait_for_selector('.live[data-view="paused"]')
    for _ in range(12):  # in one of these moments a heel bears load
        await page.keyboard.press("Shift+ArrowLeft")
        with suppress(OutOfTime):
            await page.wait_for_function(f"() => ({RINGS})() > 40", timeout=1_500)
            break
    else:
        pytest.fail("the moments of the past have no rings")
    await screenshot(page, "live-region-alarm-rewound-1440-dark")


async def test_a_rolling_curve_is_there_at_once_with_the_seconds_before_and_in_the_address(viewer, athlete, screenshot):
    page = await opened(viewer, athlete, ago=40.0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    add = page.get_by_label("Add a curve")
    assert await add.locator("optgroup").evaluate_all("(all) => all.map((one) => one.label)") == [
        "Each frame", "Rolling", "Regions by proportion",
    ]  # fmt: skip
    await add.select_option("mean.total")
    await expect(page.locator(".chip-name").last).to_have_text("Total mean")
    curve = """() => {
      const canvas = document.querySelector('[data-slot="traces"]');
      const { width, height } = canvas;
      const top = Math.round(height * 0.82);
      const { data } = canvas.getContext("2d").getImageData(0, top, width, Math.round(height * 0.12));
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) {
        if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 90) {
          seen.add((i / 4) % width);
        }
      }
      return seen.size / width;
    }"""
    await page.wait_for_function(f"() => ({curve})() > 0.6")  # all thirty seconds
    await screenshot(page, "live-rolling-1440-dark")
    again = await viewer.open("/live/walk?traces=total,ewma.peak,rate.total,heel.peak")
    await expect(again.locator(".chip-name")).to_have_text(["Total", "Peak EWMA", "Total rate", "Heel peak"])
    await again.wait_for_selector('.live[data-state="live"]')
    await screenshot(again, "live-columns-1440-dark")
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_selector('.live[data-view="paused"]')
    await page.keyboard.press("Shift+ArrowLeft")
    await page.wait_for_timeout(500)
    assert await page.evaluate(curve) > 0.6, "looking back it is there too"


async def test_units_are_kept_by_the_browser_and_numbers_follow(viewer, athlete):
    page = await opened(viewer, athlete)
    await page.locator("#units summary").click()
    await page.get_by_role("button", name="mmHg").click()
    await expect(page.locator('[data-slot="bar-unit"]')).to_have_text("mmHg")
    await expect(page.locator('[data-tile="pressure"] .unit')).to_have_text("mmHg")
    force = page.locator('[data-tile="force"] .unit')
    for unit in ("kgf", "% BW"):
        await page.get_by_role("button", name=unit).click()
        await expect(force).to_have_text(unit)
    await page.reload()
    await expect(page.locator('[data-slot="bar-unit"]')).to_have_text("mmHg")
    await expect(force).to_have_text("% BW")


async def test_body_weight_says_what_it_needs_where_no_mass_is_known(viewer, athlete):
    await athlete(seconds=60.0, ago=10.0).walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.locator("#units summary").click()
    await expect(page.get_by_role("button", name="% BW")).to_be_disabled()
    await expect(page.locator("#units .drop")).to_contain_text("% BW needs the athlete’s mass")
    await page.get_by_role("button", name="kgf").click()
    await expect(page.locator('[data-tile="force"] .unit')).to_have_text("kgf")


async def test_all_keys_are_on_a_sheet(viewer, athlete):
    page = await opened(viewer, athlete)
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    await expect(sheet.locator("dt")).to_contain_text(["Space", "M", "←", "→", "End", "A", "S", "F", "T", "?"])
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    before = await page.evaluate("() => document.documentElement.dataset.mantineColorScheme")
    await page.keyboard.press("t")
    await page.wait_for_function(f"() => document.documentElement.dataset.mantineColorScheme !== '{before}'")


async def test_a_shared_link_opens_the_athletes_page_for_someone_else(viewer, athlete, chromium, screenshot):
    page = await opened(viewer, athlete)
    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("radio", name="Athlete").check()
    await page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True)
    await expect(link).to_have_value(re.compile("/share/"))
    await screenshot(page, "live-share-1440-dark")
    phone = await chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    guest = await phone.new_page()
    errors: list[str] = []
    guest.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    guest.on("pageerror", lambda error: errors.append(str(error)))
    await guest.goto(await link.input_value())
    await guest.wait_for_selector('#athlete[data-state="live"]')
    word = guest.locator('[data-slot="word-text"]')
    await expect(word).to_have_text("In balance", timeout=20_000)
    left, right = [int(await guest.inner_text(f'[data-slot="big-{side}"]')) for side in ("left", "right")]
    assert left + right == 100
    assert abs(left - 50) <= 2
    await screenshot(guest, "athlete-390-dark")
    await guest.set_viewport_size({"width": 1280, "height": 720})
    await screenshot(guest, "athlete-wall-dark")
    assert errors == []
    assert (await guest.goto(viewer.url)).status == 403
    await phone.close()
