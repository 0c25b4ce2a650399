"""Sensors whose cells are no grid, on every tab and sheet: what places carry is there, and what they do not is said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from soles import KINDS, walked

from dashboard.compare.report_routes import make_comparison
from dashboard.live.page import page as live_page
from dashboard.reading.thumbs import drawn
from dashboard.session import callbacks
from dashboard.session.report_routes import make

WRONG = re.compile(r"cannot be computed|went wrong|\bnan\b")


@pytest.fixture(params=KINDS)
async def kind(request, keep):
    await keep("soles", walked(request.param), mass_kg=70.0)
    return request.param


def plain(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(markup)))


async def tab(pages, name):
    body, _ = await callbacks.tab(pages, "/session/soles", f"?tab={name}")
    text = plain(getattr(body, "data-markup"))
    assert not WRONG.search(text), (name, text[:300])
    return text


async def test_every_tab_says_what_the_places_carry(pages, kind):
    found = {
        name: await tab(pages, name) for name in ("maps", "gait", "footprints", "jump", "balance", "regions", "data")
    }
    places = KINDS[kind][0]("left").places
    assert "cells as they are" in found["maps"]
    assert ("Places of the cells are not known" in found["balance"]) == (places == "none")
    assert ("Length and width of the sensor are not known" in found["balance"]) == (places == "relative")
    assert ("Butterfly" in found["gait"] and "crossing" in found["gait"]) == (places == "mm")
    assert ("Places of the cells are not known" in found["regions"]) == (kind == "nowhere")
    assert ("Lateral" in found["regions"]) == (kind == "forces")
    assert ("Hallux" in found["regions"]) == (places in ("mm", "relative"))
    assert f"{KINDS[kind][0]('left').cells or 24} cells" in found["data"]


async def test_forces_of_areas_never_carry_kpa(pages, keep):
    await keep("soles", walked("forces"), mass_kg=70.0)
    for name in ("maps", "gait", "regions"):
        assert "kPa" not in await tab(pages, name), name


async def test_the_sheet_and_the_comparison_of_every_kind_are_made(pages, kind):
    sheet = plain(await make(pages.parts, "soles"))
    assert not WRONG.search(sheet), sheet[:300]
    compared = plain(await make_comparison(pages.parts, "?a=soles&b=soles&a0=0&a1=6&b0=6&b1=12"))
    assert not WRONG.search(compared), compared[:300]
    assert "cells as they are" in compared
    assert "smoothed between cells" not in compared
    # Without places no map lies over another, and the page says so.
    nowhere = KINDS[kind][0]("left").places == "none"
    assert ("maps cannot be laid over each other" in compared) == nowhere


def in_a_sole(sole_mm2, dead=(), first=600):
    """The outlined walk under a sole of a known area; the left foot has dead cells from a frame on."""
    out = walked("outlined")
    for side, one in out.items():
        layout = replace(one.layout, geometry=replace(one.layout.geometry, sole_mm2=sole_mm2))
        frames = one.frames.copy()
        if side == "left":
            frames[first:, 0, list(dead)] = np.nan
        out[side] = replace(one, frames=frames, layout=layout)
    return out


async def test_a_force_that_cells_carry_in_part_is_called_an_estimate_everywhere(pages, keep):
    await keep("soles", in_a_sole(55 * 330.0 / 0.6), mass_kg=70.0)
    assert "Peak force, est." in await tab(pages, "gait")
    assert "60 % of the sole: total force is an estimate" in await tab(pages, "maps")
    sheet = plain(await make(pages.parts, "soles"))
    assert "Peak force, est." in sheet and "Impulse, est." in sheet  # noqa: PT018
    assert "Peak pressure, est." not in sheet
    compared = plain(await make_comparison(pages.parts, "?a=soles&b=soles&a0=0&a1=6&b0=6&b1=12"))
    assert "Peak force, est." in compared
    shown = str(live_page("soles", await pages.archive.workout("soles")))
    assert "Peak force, est." in shown or "Total force, est." in shown


async def test_a_sole_with_many_dead_cells_has_no_total_and_every_page_says_why(pages, keep):
    await keep("soles", in_a_sole(55 * 330.0, dead=(1, 2, 3)), mass_kg=70.0)
    why = re.compile(r"Left: in [\d ]+ of [\d ]+ frames cells without a value are more than 5 % of the sole")
    for name in ("maps", "gait", "balance", "regions", "data"):
        said = await tab(pages, name)
        assert why.search(said), name
        assert "est." not in said
        assert "Right: in" not in said
    assert why.search(plain(await make(pages.parts, "soles")))


async def test_a_foot_without_any_step_keeps_its_empty_column(pages, keep):
    await keep("soles", in_a_sole(55 * 330.0, dead=(1, 2, 3), first=0), mass_kg=70.0)
    said = await tab(pages, "gait")
    assert re.search(r"Contact time ms – \d+ ± \d+ –", said)


async def test_a_comparison_says_of_which_part_there_is_no_total(pages, keep):
    await keep("soles", in_a_sole(55 * 330.0, dead=(1, 2, 3)), mass_kg=70.0)
    compared = plain(await make_comparison(pages.parts, "?a=soles&b=soles&a0=0&a1=5&b0=7&b1=12"))
    assert re.search(r"B: Left: in [\d ]+ of", compared)
    assert "A: Left: in" not in compared


async def test_the_small_picture_shows_the_cells(pages, kind, memory_archive):
    workout = await memory_archive.workout("soles")
    peaks = [abs(walked(kind)[info.stream.stream].frames).max(axis=0) for info in workout.streams]
    svg = drawn(list(workout.streams), peaks).decode()
    assert svg.count("<path") > 2 * (KINDS[kind][0]("left").cells or 24)
