"""The session page in a real browser: the whole session, and any moment of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from screens import axe, fits

from analytics import frame_stats
from barograph import read_file


@pytest_asyncio.fixture(loop_scope="session")
async def stored(athlete):
    """Forty seconds of walking, long over, with half a second missing."""
    sender = athlete("walk-0398", 40.0, ago=3600, athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0)
    await sender.begin()
    received_us = int(sender.recordings["left"].times_us[-1])
    await sender.store(0, 2000, received_us=received_us)
    await sender.store(2050, 4000, received_us=received_us)
    return sender


async def shown(page: Page) -> float:
    """Seconds of the moment that is drawn, once one is."""
    return float(await page.get_attribute(".session[data-shown]", "data-shown") or "nan")


async def values(page: Page, side: str) -> dict[str, str]:
    cells = page.locator(f'[data-value][data-stream="{side}"]')
    return {await cell.get_attribute("data-value"): await cell.inner_text() for cell in await cells.all()}


async def test_the_overview_is_drawn_with_its_gap(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector("#overview .scatterlayer path")
    await expect(page.locator("#gaps-fact")).to_contain_text("gaps, 1.02 s")
    await expect(page.locator(".session h1")).to_have_text("Athlete 12")
    await expect(page.locator("#overview .annotation-text").first).to_have_text("L")
    await screenshot(page, "session-1440-dark")


async def test_a_click_shows_the_map_and_the_numbers_of_that_moment(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector(".session[data-shown]")
    box = await page.locator('[data-slot="scrub"]').bounding_box()
    await page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 10) < 0.1")
    seconds = await shown(page)
    frame = int(seconds * 100 + 1e-6)
    for side, recording in stored.recordings.items():
        known = frame_stats(recording.part(frame, frame + 1)).iloc[0]
        seen = await values(page, side)
        assert seen["total"].replace("\u202f", "") == f"{known['total_force_n']:.0f}"
        assert seen["peak"] == f"{known['peak_kpa']:.0f}"
        assert seen["area"] == f"{known['contact_area_cm2']:.0f}"
    description = await page.get_attribute('[data-slot="map"]', "aria-label")
    assert "kPa" in description
    await screenshot(page, "session-moment-1440-dark")


async def test_the_cursor_is_dragged_and_moved_by_keys(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=5")
    await page.wait_for_function("() => document.querySelector('.session')?.dataset.shown === '5.000'")
    slider = page.get_by_role("slider", name="Moment")
    await slider.focus()
    for key, moment in (("ArrowRight", 6.0), ("Shift+ArrowLeft", 5.9), ("PageUp", 15.9), ("Home", 0.0), ("End", 39.99)):
        await page.keyboard.press(key)
        await page.wait_for_function(
            "(moment) => Math.abs(document.querySelector('.session')?.dataset.shown - moment) < 0.006", arg=moment
        )
    box = await slider.bounding_box()
    knob = await page.locator('[data-slot="cursor"]').bounding_box()
    await page.mouse.move(knob["x"] + 1, knob["y"] + 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 30, steps=5)
    await page.mouse.up()
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 30) < 0.1")
    assert "after the start" in await slider.get_attribute("aria-valuetext")


async def test_frame_by_frame_goes_from_frame_to_frame(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=7.003")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("slider", name="Moment").focus()
    for key, moment in ((".", 7.01), (".", 7.02), (",", 7.01)):
        await page.keyboard.press(key)
        await page.wait_for_function(
            "(m) => document.querySelector('.session')?.dataset.shown === m", arg=f"{moment:.3f}"
        )


async def test_the_address_keeps_the_moment(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=0")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("slider", name="Moment").focus()
    await page.keyboard.press("PageUp")
    await page.wait_for_url("**/session/walk-0398?t=10.00")
    await page.reload()
    await page.wait_for_function("() => document.querySelector('.session')?.dataset.shown === '10.000'")


async def test_curves_are_drawn_and_move_the_cursor(viewer, stored):
    page = await viewer.open("/session/walk-0398?t=5&tab=data")
    await page.wait_for_selector(".session[data-shown]")
    curves = page.locator('[data-slot="traces"]')
    box = await curves.bounding_box()
    await page.mouse.click(box["x"] + 50 + (box["width"] - 122) * 0.8, box["y"] + 60)
    await page.wait_for_function("() => Math.abs(document.querySelector('.session')?.dataset.shown - 8) < 0.1")


async def test_the_overview_follows_the_theme(viewer, stored):
    page = await viewer.open("/session/walk-0398")
    line = "() => document.querySelector('#overview .scatterlayer .js-line')?.style.stroke"
    await page.wait_for_function(f"() => ({line})() === 'rgb(98, 182, 242)'")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await page.wait_for_function(f"() => ({line})() === 'rgb(10, 102, 174)'")


async def drag(page: Page, start: float, stop: float) -> None:
    """Drag over the overview, from one part of its width to another."""
    box = await page.locator('[data-slot="timeline"]').bounding_box()
    await page.mouse.move(box["x"] + box["width"] * start, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * stop, box["y"] + 40, steps=6)
    await page.mouse.up()


async def test_a_drag_selects_a_part_that_can_be_moved_resized_and_given_up(viewer, stored):
    page = await viewer.open("/session/walk-0398?tab=gait")
    await page.wait_for_selector(".stance-counts")
    whole = await page.inner_text(".stance-counts")
    await drag(page, 0.25, 0.5)
    await page.wait_for_url(re.compile("from=(9\\.9|10\\.0).*to=(19\\.9|20\\.0)"))
    await page.wait_for_function("(old) => document.querySelector('.stance-counts')?.innerText !== old", arg=whole)
    await drag(page, 0.4, 0.5)
    await page.wait_for_url(re.compile("from=(13\\.9|14\\.0).*to=(23\\.9|24\\.0)"))
    await page.get_by_role("slider", name="End of the selection").focus()
    await page.keyboard.press("PageUp")
    await page.wait_for_url(re.compile("to=(33\\.9|34\\.0)"))
    await page.reload()
    await expect(page.locator('[data-slot="selection"]')).to_contain_text("– 00:3")
    await page.keyboard.press("0")
    await page.wait_for_url(re.compile("from=0\\.000.*to=39\\.990"))


async def test_the_wheel_zooms_the_overview_and_its_column_can_be_chosen(viewer, stored):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector("#overview .scatterlayer path")
    box = await page.locator('[data-slot="timeline"]').bounding_box()
    await page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    await page.mouse.wheel(0, -900)
    await page.wait_for_url(re.compile("a=1\\d\\.\\d+.*b=2\\d\\."))
    await page.wait_for_function("() => document.querySelector('#overview .xtick text')?.textContent !== '0:00'")
    await page.get_by_role("button", name="Peak", exact=True).first.click()
    await expect(page.locator("#overview .annotation-text", has_text="kPa").first).to_be_visible()


async def test_it_plays_in_the_selection_and_stops(viewer, stored):
    page = await viewer.open("/session/walk-0398?from=12&to=14&t=13")
    await page.wait_for_selector(".session[data-shown]")
    await page.keyboard.press("Space")
    await page.wait_for_function("() => Number(document.querySelector('.session').dataset.shown) > 13.3")
    await page.wait_for_function("() => Number(document.querySelector('.session').dataset.shown) < 12.9")
    assert 12 <= await shown(page) <= 14.02
    await page.get_by_role("button", name="10×").click()
    await page.wait_for_function("() => Number(document.querySelector('.session').dataset.shown) > 13")
    await page.get_by_role("button", name="Pause").click()
    still = await shown(page)
    await page.wait_for_timeout(300)
    assert await shown(page) == still


async def test_tabs_go_by_click_and_key_and_stand_in_the_address(viewer, stored):
    page = await viewer.open("/session/walk-0398?from=5&to=25")
    for key, name, said in (("1", "maps", "Peak map"), ("2", "gait", "Stance curve"), ("5", "balance", "Measures"),
                            ("6", "regions", "Peak by region"), ("7", "data", "In a notebook")):  # fmt: skip
        await page.wait_for_selector(".session[data-shown]")
        await page.keyboard.press(key)
        await expect(page.locator("#tab-body")).to_contain_text(said)
        await page.wait_for_url(f"**tab={name}**")
    await expect(page.locator("#tab-data")).to_have_attribute("aria-selected", "true")
    await page.get_by_role("tab", name="Data").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#tab-regions")).to_have_attribute("aria-selected", "true")


async def test_a_step_moves_the_cursor_and_is_tinted_under_it(viewer, stored):
    page = await viewer.open("/session/walk-0398?tab=gait&from=5&to=15")
    row = page.locator("tr[data-start-us]").nth(4)
    await row.click()
    await expect(row).to_have_class(re.compile("under"))
    assert 5 < await shown(page) < 15


async def test_a_chart_is_read_by_pointer_and_by_keys(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398?tab=gait&from=5&to=15")
    chart = page.get_by_role("img", name=re.compile("Stance curve"))
    box = await chart.bounding_box()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = page.locator(".crosshair-label")
    await expect(label).to_have_text(re.compile(r"^\d+ % of stanceL[\d\s]+ NR[\d\s]+ N$"))
    await expect(chart.locator(".crosshair ellipse")).to_have_count(2)
    await screenshot(page, "crosshair")
    await page.mouse.move(2, 2)
    await expect(label).to_have_count(0)
    before = await shown(page)
    await chart.focus()
    for key in ("ArrowRight", "Shift+ArrowRight"):
        await page.keyboard.press(key)
    await expect(label).to_contain_text("10 % of stance")
    scrolled = await page.evaluate("() => [scrollY, scrollBy(0, 40), scrollY]")
    assert scrolled[0] != scrolled[2]
    await chart.evaluate("(svg) => { const root = svg.closest('[data-markup]'); root.dataset.markup += ' '; }")
    await expect(chart).to_be_focused()  # drawn anew, and read where it was
    await expect(chart.locator(".crosshair ellipse")).to_have_count(2)
    await expect(label).to_contain_text("10 % of stance")
    await page.keyboard.press("ArrowRight")
    await expect(label).to_contain_text("11 % of stance")
    await page.keyboard.press("End")
    await expect(label).to_contain_text("100 % of stance")
    assert await shown(page) == before
    await page.keyboard.press("Escape")
    await expect(label).to_have_count(0)


async def test_a_cell_has_its_curve_and_a_region_is_drawn_by_hand(viewer, stored):
    page = await viewer.open("/session/walk-0398?tab=maps&from=5&to=10")
    await page.locator("[data-pick]").first.click(position={"x": 60, "y": 330})
    await expect(page.locator(".cell-curve svg")).to_be_visible()
    assert "cell=left" in page.url
    await page.keyboard.press("6")
    await page.get_by_role("button", name="Draw", exact=True).click()
    for x, y in ((30, 300), (110, 300), (110, 370), (30, 370)):
        await page.locator("[data-pick]").first.click(position={"x": x, "y": y})
    await page.keyboard.press("Enter")
    await expect(page.locator("#tab-body")).to_contain_text("Region 1")
    assert "regions=drawn" in page.url


async def test_exports_come_in_again_unchanged(viewer, stored, tmp_path):
    page = await viewer.open("/session/walk-0398?tab=data&from=5&to=6")
    for name, title in (("npz", "NPZ"), ("parquet", "Parquet")):
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name=title).first.click()
        download = await waiting.value
        await download.save_as(tmp_path / f"left.{name}")
        (back,) = read_file(tmp_path / f"left.{name}")
        np.testing.assert_array_equal(back.frames, stored.recordings["left"].frames[500:601])


async def test_tags_are_put_on_and_taken_off_and_the_session_is_described_anew(viewer, stored, mongo_archive):
    page = await viewer.open("/session/walk-0398?from=5&to=6")
    field = page.get_by_label("New tag")
    for tag in ("rehab", "block 2"):
        await field.fill(tag)
        await field.press("Enter")
        await expect(page.locator(".chip.tag").last).to_have_text(tag)
    await page.get_by_role("button", name="Take off the tag rehab").click()
    await expect(page.locator(".chip.tag")).to_have_text(["block 2"])
    await page.get_by_role("button", name="Edit name").click()
    await page.get_by_label("Athlete", exact=True).fill("Athlete 13")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".session h1")).to_have_text("Athlete 13")
    about = (await mongo_archive.workout("walk-0398")).about
    assert (about.athlete, about.tags, about.mass_kg) == ("Athlete 13", ("block 2",), 75.0)
    assert "from=5" in page.url


async def test_e_exports_the_selection_the_whole_or_the_picture(viewer, stored, tmp_path, screenshot):
    page = await viewer.open("/session/walk-0398?from=5&to=6&t=5.2")
    await page.wait_for_selector(".session[data-shown]")
    await page.keyboard.press("e")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="NPZ of Selection, left").click()
    await (await waiting.value).save_as(tmp_path / "left.npz")
    (back,) = read_file(tmp_path / "left.npz")
    np.testing.assert_array_equal(back.frames, stored.recordings["left"].frames[500:601])
    await expect(page.get_by_role("link", name="CSV of All of it, right")).to_be_visible()
    await screenshot(page, "session-export-1440-dark")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="PNG").click()
    assert (await waiting.value).suggested_filename == "walk-0398-5.200s.png"
    found = await axe(page, context="[role=dialog]")
    assert found.violations_count == 0, found.generate_report()


async def test_every_tab_is_accessible_in_both_themes(viewer, stored):
    page = await viewer.open("/session/walk-0398?from=5&to=8.5")
    await page.wait_for_selector(".session[data-shown]")
    for key, tab in enumerate(("maps", "gait", "footprints", "jump", "balance", "regions", "data"), 1):
        if tab == "footprints":
            continue  # insoles leave none
        await page.keyboard.press(str(key))
        await page.wait_for_selector(f".tab-{tab}")
        where = "#page" if tab == "maps" else "#tab-body"
        await accessible(page, where)
        # The other theme has the same elements; only what is seen against what is another.
        await in_scheme(page, "light")
        await accessible(page, where, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
        await in_scheme(page, "dark")


async def accessible(page: Page, where: str, options: dict[str, object] | None = None) -> None:
    """Looks at the first rows of each table: the others are made by the same code, and a hundred take axe a second."""
    await page.evaluate("() => document.querySelectorAll('tbody tr:nth-child(n+5)').forEach((row) => row.remove())")
    found = await axe(page, context=where, options={"resultTypes": ["violations"], **(options or {})})
    assert found.violations_count == 0, found.generate_report()


async def in_scheme(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.wait_for_selector(f'html[data-mantine-color-scheme="{scheme}"]')


async def test_a_window_made_narrow_or_wide_again_is_filled_and_never_left_over(viewer, stored):
    page = await viewer.open("/session/walk-0398?from=5&to=8.5&tab=gait")
    await page.wait_for_selector(".tab-gait")
    await page.wait_for_selector("#overview .scatterlayer path")
    for width in (390, 1024, 1440):
        await page.set_viewport_size({"width": width, "height": 844})
        await page.wait_for_function(FILLED)
        await fits(page, str(width))


# The plot, its axis and both canvases are as wide as where they are.
FILLED = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [card, plot, axis] = ["#overview", "#overview .main-svg", "#overview .bglayer .bg, #overview .xy .plot"]
    .map(box);
  const timeline = box('[data-slot="timeline"]');
  const canvas = document.querySelector('[data-slot="map"]');
  const drawn = canvas.width / Math.min(devicePixelRatio, 2);
  return Math.abs(card.width - plot.width) < 2 && timeline.right <= plot.right && card.right <= innerWidth &&
    Math.abs(drawn - canvas.clientWidth) < 2;
}"""


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "dark")])
async def test_pictures_of_the_session_page(viewer, stored, screenshot, width, height, scheme):
    page = await viewer.open("/session/walk-0398?t=12.4", size=(width, height))
    await page.emulate_media(color_scheme=scheme)
    await page.reload()
    await page.wait_for_selector("#overview .scatterlayer path")
    await page.wait_for_selector(".session[data-shown]")
    await page.wait_for_timeout(500)
    await fits(page)
    await screenshot(page, f"session-{width}-{scheme}", full=width < 700)


async def test_the_head_over_the_map_stays_within_its_card(viewer, walks):
    page = await viewer.open("/session/walk-a?from=2&to=4&t=9")
    await page.wait_for_selector(".session[data-shown]")
    for width in (1920, 1440, 1024, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        beyond = await page.evaluate("""() => {
          const card = document.querySelector(".cursor-card").getBoundingClientRect();
          return [...document.querySelectorAll(".cursor-card .card-head *")].filter((one) => {
            const { left, right, width } = one.getBoundingClientRect();
            return width > 1 && (left < card.left || right > card.right);
          }).map((one) => one.outerHTML.slice(0, 80));
        }""")
        assert beyond == [], width


async def test_an_open_page_says_that_its_session_was_erased_elsewhere(viewer, stored, mongo_archive):
    page = await viewer.open("/session/walk-0398")
    await page.wait_for_selector(".session[data-shown]")
    await mongo_archive.delete("walk-0398")
    await expect(page.get_by_role("heading", name="This session was erased")).to_be_visible(timeout=15_000)
    await expect(page.get_by_role("link", name="All sessions")).to_be_visible()
