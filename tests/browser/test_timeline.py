"""What a drag over a session does: it selects, it moves what was selected, and it takes an edge."""

from __future__ import annotations

import re

from playwright.async_api import Page


async def drag(page: Page, selector: str, start: float, stop: float) -> None:
    box = await page.locator(selector).first.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * stop, box["y"] + box["height"] / 2, steps=6)
    await page.mouse.up()


async def part(page: Page, names: tuple[str, str]) -> tuple[float, float]:
    start, stop = [
        float(await page.evaluate("(name) => new URLSearchParams(location.search).get(name) ?? NaN", name))
        for name in names
    ]
    return start, stop


async def test_the_first_drag_selects_and_one_in_the_middle_of_a_selection_moves_it(viewer, walks):
    page = await viewer.open("/session/walk-a?tab=data")
    await page.wait_for_selector(".session[data-shown]")
    await drag(page, '[data-slot="timeline"]', 0.25, 0.5)
    await page.wait_for_url(re.compile("from="))
    start, stop = await part(page, ("from", "to"))
    assert abs(start - 0.25 * 12.34) < 0.1
    assert abs(stop - 0.5 * 12.34) < 0.1
    await drag(page, '[data-slot="timeline"]', 0.4, 0.5)
    await page.wait_for_function(
        "(old) => new URLSearchParams(location.search).get('from') !== old", arg=f"{start:.3f}"
    )
    moved = await part(page, ("from", "to"))
    assert abs(moved[0] - start - 0.1 * 12.34) < 0.1
    assert abs(moved[1] - moved[0] - (stop - start)) < 0.01
    await page.keyboard.press("0")
    await page.wait_for_url(re.compile(r"from=0\.000"))
    await drag(page, '[data-slot="timeline"]', 0.6, 0.8)
    await page.wait_for_url(re.compile(r"from=7\."))
    assert abs((await part(page, ("from", "to")))[0] - 0.6 * 12.34) < 0.1, "all of it is not grabbed"


async def test_the_part_that_a_long_session_opens_with_is_not_grabbed(viewer, athlete):
    sender = athlete("long", 400.0, ago=7200.0)
    await sender.begin()
    await sender.store(0, 100)
    await sender.store(39_900, 40_000, received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/long?tab=data")
    await page.wait_for_selector(".session[data-shown]")
    await drag(page, '[data-slot="timeline"]', 0.5, 0.9)
    await page.wait_for_url(re.compile("from="))
    start, stop = await part(page, ("from", "to"))
    assert abs(start - 200) < 3
    assert abs(stop - 360) < 3


async def test_the_first_drag_on_a_strip_of_compare_chooses_a_part(viewer, walks):
    page = await viewer.open("/compare?a=walk-a&b=walk-b")
    strip = '.compare-strip[data-which="b"] [data-slot="timeline"]'
    await page.wait_for_selector(strip)
    await drag(page, strip, 0.3, 0.7)
    await page.wait_for_url(re.compile("b0="))
    start, stop = await part(page, ("b0", "b1"))
    assert abs(start - 0.3 * 12.34) < 0.2
    assert abs(stop - 0.7 * 12.34) < 0.2
