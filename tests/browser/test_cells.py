"""Sensors whose cells are no grid, in a browser: drawn where they are, live and at the cursor, in both themes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect
from soles import walked

from analytics import sim
from barograph.frames import Recording

NOTES = {
    "outlined": "", "relative": "assumed proportions", "forces": "no centre of pressure", "nowhere": "not known",
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTES)
async def test_cells_are_drawn_and_what_their_places_lack_is_said(
    kind: str, kept: Any, viewer: Any, fits_every_screen: Any
) -> None:
    sender = kept("soles", walked(kind))
    await sender.begin()
    await sender.store(0, len(sender.recordings["left"]), received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/soles?tab=maps")
    await expect(page.locator("#tab-body svg").first).to_be_visible()
    await expect(page.locator("canvas").first).to_have_attribute("aria-label", re.compile("Left|Right"))
    if kind == "outlined":
        await fits_every_screen(page, "cells-maps", "dark")
        await page.locator("#tab-body [data-spots]").first.click(position={"x": 40, "y": 60})
        await expect(page.locator("#tab-body").get_by_text("row 0, column")).to_be_visible()
    await page.goto(f"{viewer.url}/live/soles")
    note = page.locator('[data-slot="places"]')
    if NOTES[kind]:
        await expect(note).to_contain_text(NOTES[kind])
    else:
        await expect(note).to_be_hidden()
    await expect(page.locator('[data-slot="layers-text"]')).to_contain_text("cells")
    painted = "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert await page.locator("canvas").first.evaluate(painted) > 20


async def test_many_cells_are_smoothed_until_plain_ones_are_chosen(athlete: Any, kept: Any, viewer: Any) -> None:
    now = athlete("now", 30.0)
    sender = kept("pedar", moved(sim.walk(30.0, geometry="pedar-x", start_us=0), now))
    await sender.walk()
    page = await viewer.open("/live/pedar")
    text = page.locator('[data-slot="layers-text"]')
    await expect(text).to_contain_text("smoothed")
    await expect(page.locator("#drawn-fps")).not_to_have_text("0")
    await page.locator('[data-slot="layers"] summary').click()
    await page.get_by_label("Plain cells, not smoothed").check()
    await expect(text).to_contain_text("cells")
    await expect(page).to_have_url(re.compile("layers=cop,trail,peak,cells"))
    await sender.stop()


def moved(walk: dict[str, Recording], now: Any) -> dict[str, Recording]:
    """The walk, begun when another one began."""
    start_us = int(now.recordings["left"].times_us[0])
    return {side: replace(one, times_us=one.times_us + start_us) for side, one in walk.items()}
