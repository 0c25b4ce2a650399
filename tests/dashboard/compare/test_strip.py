"""The strip of a session on Compare says its load at each place, in the viewer's unit, and nothing in a gap."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from analytics import sim
from dashboard.compare.strip import chart, strip
from dashboard.drawing.units import Units
from dashboard.reading import overview
from dashboard.reading.context import Context
from dashboard.reading.part_query import read

T0 = 1_790_000_000_000_000


def said(markup: str) -> dict:
    found = re.search(r'data-crosshair="([^"]*)"', markup)
    return json.loads(unescape(found[1])) if found else {}


def most(line: dict) -> float:
    """The largest number that a line says."""
    words = [text.rpartition(" ")[0] if "%" not in text else text.split(" ")[0] for text in line["says"]]
    return max(float(re.sub(r"[^\d.]", "", word)) for word in words if re.search(r"\d", word))


async def test_each_place_of_the_strip_says_the_highest_load_of_each_foot(pages, keep):
    await keep("walk", sim.walk(20.0, rows=8, cols=4, start_us=T0), mass_kg=70.0)
    workout = await pages.archive.workout("walk")
    whole = overview.span(workout)
    context = Context(pages.parts, workout, whole, read("", whole.length_s))
    drawn = await strip(context)
    found = said(drawn)
    assert "tabindex" in drawn
    assert [line["name"] for line in found["lines"]] == ["Left", "Right"]
    assert found["x"][0] == "00:00.000"
    assert len(found["at"]) <= 400
    lanes = await overview.lanes(pages.archive, workout)
    for line, lane in zip(found["lines"], lanes, strict=True):
        assert most(line) == pytest.approx(float(np.nanmax(lane.high)), rel=0.03)
        assert line["says"][0].endswith(" N")
    weighed = said(await strip(replace(context, units=Units(force="% BW"))))
    assert weighed["lines"][0]["says"][0].endswith("% BW")
    assert most(weighed["lines"][0]) == pytest.approx(most(found["lines"][0]) / (70.0 * 9.80665) * 100, abs=0.6)


async def test_nothing_is_said_in_a_gap(pages, keep):
    await keep("walk", sim.walk(20.0, rows=8, cols=4, start_us=T0))
    lanes = await overview.lanes(pages.archive, await pages.archive.workout("walk"))
    known = [(lane.start_s < 5) | (lane.start_s > 15) for lane in lanes]
    holes = [
        replace(lane, start_s=lane.start_s[at], stop_s=lane.stop_s[at], low=lane.low[at], high=lane.high[at])
        for lane, at in zip(lanes, known, strict=True)
    ]
    units = [Units().display("N", None)] * len(holes)
    places = np.array(said(chart(holes, 20.0, units))["at"], float) / 1000 * 20.0
    assert ((places < 5.2) | (places > 14.8)).all()
    assert (places < 5).any()
    assert (places > 15).any()
