"""The calibration of a stored session in a real browser: looked at, kept, listed, undone."""

from __future__ import annotations

from dataclasses import replace

import pytest_asyncio
from playwright.async_api import expect
from screens import axe, fits

from analytics import sim
from barograph.frames import Geometry, Stream


@pytest_asyncio.fixture(loop_scope="session")
async def stored(athlete):
    """Twelve seconds of walking, long over."""
    sender = athlete("walk-0398", 12.0, ago=3600, athlete="Athlete 12")
    await sender.begin()
    await sender.store(0, 1200, received_us=int(sender.recordings["left"].times_us[-1]))
    return sender


async def test_a_step_is_looked_at_kept_and_undone(viewer, stored, mongo_archive, screenshot):
    left = Stream("walk-0398", "left")
    before = (await mongo_archive.stream_info(left)).layout
    page = await viewer.open("/session/walk-0398?from=1&to=9")
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("button", name="Calibrate").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_label("What is known").click()
    await page.get_by_role("option", name="Somebody stepped on with one foot and stood").click()
    await expect(dialog).to_contain_text("The scale at which the foot that carries all weighs the person.")
    await dialog.get_by_label("Mass, kg", exact=True).fill("60")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("Residual")
    await expect(dialog.locator("svg[aria-label^='Curve of the calibration']")).to_be_visible()
    await screenshot(page, "session-calibrate-1440-dark")
    found = await axe(page, context="[role=dialog]")
    assert found.violations_count == 0, found.generate_report()
    assert (await mongo_archive.stream_info(left)).layout == before
    await dialog.get_by_role("button", name="Keep it", exact=True).click()
    await expect(dialog).to_have_count(0)
    await page.wait_for_selector(".session[data-shown]")
    (record,) = await mongo_archive.calibrations(left)
    assert (record.made.method, record.made.source) == ("step", "walk-0398/left 1 to 9 s, 60 kg")
    assert (await mongo_archive.stream_info(left)).layout.scale != before.scale
    await page.get_by_role("button", name="Calibrate").click()
    await expect(dialog).to_contain_text("left · step from walk-0398/left 1 to 9 s, 60 kg, residual")
    await dialog.get_by_role("button", name="Undo").click()
    await expect(dialog).to_have_count(0)
    assert (await mongo_archive.stream_info(left)).layout == before


async def test_what_cannot_be_is_said_in_the_dialog_and_unloaded_cells_are_listed(viewer, stored, screenshot):
    page = await viewer.open("/session/walk-0398?from=1&to=9", size=(390, 844))
    await page.wait_for_selector(".session[data-shown]")
    await page.get_by_role("button", name="Calibrate").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text("kg: expected a number, got nothing. Nothing was changed.")
    await dialog.get_by_role("button", name="Check unloaded cells").click()
    await expect(dialog).to_contain_text("in walk-0398/left 1 to 9 s")
    await screenshot(page, "session-calibrate-390-dark")


async def test_a_geometry_is_chosen_or_brought_as_a_table_and_seen_before_it_is_taken(
    viewer, kept, mongo_archive, screenshot, tmp_path
):
    bare = {}
    for side, one in sim.walk(4.0, geometry="pedar-x", start_us=1_700_000_000_000_000).items():
        layout = replace(one.layout, geometry=Geometry(places="none"), cell_area_mm2=None, side=None)
        bare[side] = replace(one, layout=layout)
    sender = kept("nowhere", bare)
    await sender.begin()
    await sender.store(0, 400, received_us=int(bare["left"].times_us[-1]))
    page = await viewer.open("/session/nowhere?tab=balance")
    offered = page.locator("#tab-body").get_by_role("button", name="Choose a geometry")
    await offered.click()
    dialog = page.locator("[role=dialog]")
    own = tmp_path / "mine.csv"
    own.write_text("# side: left\ncell,x_mm,y_mm\n1,0,0\n2,0,0\n", "utf-8")
    await dialog.locator("input[type=file]").set_input_files(own)
    await expect(dialog.locator("textarea")).to_have_value(own.read_text("utf-8"))
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog).to_contain_text(
        "geometry: expected one of 99 cells, as the stream has, got 1 x 2. Nothing was changed."
    )
    await dialog.locator("textarea").fill("")
    await dialog.get_by_label("Known geometry of as many cells").click()
    await page.get_by_role("option", name="novel pedar insole, size X (pedar-x)").click()
    await dialog.get_by_role("button", name="See what comes of it").click()
    await expect(dialog.locator(".geometry-ways figcaption")).to_have_text(["Left", "Right"])
    await expect(dialog).to_contain_text("Right: places in mm")
    await screenshot(page, "session-geometry-1440-dark")
    found = await axe(page, context="[role=dialog]")
    assert found.violations_count == 0, found.generate_report()
    await page.set_viewport_size({"width": 390, "height": 844})
    await fits(page, "the dialog of a geometry at 390")
    await screenshot(page, "session-geometry-390-dark")
    await dialog.get_by_role("button", name="Keep it", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator("#tab-body")).not_to_contain_text("Places of the cells are not known")
    assert (await mongo_archive.stream_info(Stream("nowhere", "right"))).layout.side == "right"
