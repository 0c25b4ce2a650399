"""Sensors whose cells are no grid, on every tab and sheet: what places carry is there, and what they do not is said."""

from __future__ import annotations

import re

import pytest
from soles import KINDS, walked

from dashboard.compare.report_routes import make_comparison
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
    found = {name: await tab(pages, name) for name in ("maps", "gait", "balance", "regions", "data")}
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


async def test_the_small_picture_shows_the_cells(pages, kind, memory_archive):
    workout = await memory_archive.workout("soles")
    peaks = [abs(walked(kind)[info.stream.stream].frames).max(axis=0) for info in workout.streams]
    svg = drawn(list(workout.streams), peaks).decode()
    assert svg.count("<path") > 2 * (KINDS[kind][0]("left").cells or 24)
