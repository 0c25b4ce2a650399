"""What charts say at a place: the values of their lines, in words, at the places where they are drawn."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import numpy as np
import pytest

from analytics import frame_stats, sim
from barograph.frames import Layout, Stream
from barograph.store.records import StreamInfo
from dashboard.dialogs.calibration_forms import curve_picture
from dashboard.drawing.crosshair import (
    MOST_PLACES,
    Across,
    Read,
    crosshair,
    crosshair_at,
    crosshair_of_shares,
    crosshair_on_track,
    fine,
)
from dashboard.drawing.markup import paper
from dashboard.drawing.svg import Plot, picture
from dashboard.reading.feet import foot
from dashboard.reading.part_query import read
from dashboard.results.gait_charts import gait_lines

PLOT = Plot(10.0, 20.0, 100.0, 50.0, (0.0, 4.0), (0.0, 10.0))
ACROSS = Across("s", 1)


def said(markup: str) -> dict[str, Any]:
    found = re.search(r'data-crosshair="([^"]*)"', markup)
    assert found
    return dict(json.loads(unescape(found[1])))


def test_values_stand_where_their_line_is_drawn() -> None:
    left = Read("L", "var(--left)", np.array([0.0, 5.0, 10.0]), "N")
    right = Read("R", "var(--right)", np.array([1.0, np.nan, 3.0]), "N", 1)
    one = said(crosshair(PLOT, np.array([0.0, 2.0, 4.0]), [left, right], ACROSS))
    assert one["box"] == [10.0, 20.0, 100.0, 50.0]
    assert one["at"] == [10.0, 60.0, 110.0]
    assert one["x"] == ["0.0 s", "2.0 s", "4.0 s"]
    assert one["lines"][0] == {
        "name": "L", "colour": "var(--left)", "at": [70.0, 45.0, 20.0], "says": ["0 N", "5 N", "10 N"]
    }  # fmt: skip
    assert one["lines"][1]["at"] == [65.0, None, 55.0]
    assert one["lines"][1]["says"] == ["1.0 N", "– N", "3.0 N"]


def test_places_without_any_value_are_left_out() -> None:
    values = Read("", "red", np.array([np.nan, 5.0, np.nan]), "N")
    assert said(crosshair(PLOT, np.array([0.0, 1.0, 2.0]), [values], ACROSS))["x"] == ["1.0 s"]
    assert crosshair(PLOT, np.array([0.0, 1.0, 2.0]), [Read("", "red", np.full(3, np.nan), "N")], ACROSS) == ""
    assert crosshair(PLOT, np.arange(3.0), [], ACROSS) == ""


@pytest.mark.parametrize("n", [1, 399, 400, 401, 100_000])
def test_a_long_line_is_read_at_some_of_its_values_with_both_ends(n: int) -> None:
    x = np.linspace(0.0, 4.0, n)
    one = said(crosshair(PLOT, x, [Read("", "red", x, "N", 3)], Across("s", 3)))
    assert len(one["at"]) == min(n, MOST_PLACES)
    assert (one["x"][0], one["x"][-1]) == ("0.000 s", "4.000 s" if n > 1 else "0.000 s")
    assert [words.replace(" N", " s") for words in one["lines"][0]["says"]] == one["x"]


def test_a_way_across_a_plane_says_both_its_places() -> None:
    one = said(crosshair_on_track(PLOT, np.array([0.0, np.nan, 4.0]), np.array([0.0, 1.0, 10.0]), "mm", 1))
    assert one["at"] == [10.0, 110.0]
    assert one["lines"][0]["says"] == ["x 0.0, y 0.0 mm", "x 4.0, y 10.0 mm"]
    assert one["x"] == []


def test_a_picture_that_can_be_read_takes_the_focus_and_another_does_not() -> None:
    read = crosshair(PLOT, np.arange(3.0), [Read("<b>", "red", np.arange(3.0), "N")], ACROSS)
    assert 'tabindex="0"' in picture(1, 1, title="", reads=[read])
    assert "<b>" not in picture(1, 1, title="", reads=[read])
    assert "tabindex" not in picture(1, 1, title="", reads=[""])


def test_paper_has_none() -> None:
    with paper():
        assert crosshair_on_track(PLOT, np.arange(3.0), np.arange(3.0), "mm", 1) == ""


@pytest.mark.parametrize(("top", "digits"), [(1500.0, 0), (80.0, 1), (3.0, 2), (0.4, 3)])
def test_small_values_have_more_decimals(top: float, digits: int) -> None:
    assert fine(top) == digits


def test_places_of_a_drawing_say_what_they_are_given_and_bars_lie_by_shares_of_the_width() -> None:
    places = np.array([[1.0, 2.0], [np.nan, 3.0], [5.0, 6.0]])
    one = said(crosshair_at((0.0, 0.0, 9.0, 9.0), places, "red", ["a", "b", "c"]))
    assert (one["at"], one["lines"][0]["at"], one["lines"][0]["says"]) == ([1.0, 5.0], [2.0, 6.0], ["a", "c"])
    assert crosshair_at((0.0, 0.0, 9.0, 9.0), np.full((2, 2), np.nan), "red", ["a", "b"]) == ""
    bars = said(crosshair_of_shares(16.0, 120.0, np.array([0.25, 0.75]), np.array([30.0, 60.0]), "red", ["a", "b"]))
    assert (bars["share"], bars["box"], bars["at"], len(bars["x"])) == (True, [0.0, 16.0, 1.0, 120.0], [0.25, 0.75], 2)


def test_gait_lines_say_where_the_centre_is_on_the_line_that_is_drawn() -> None:
    walk = sim.walk(6.0, rows=20, cols=8)
    feet = [foot(StreamInfo(Stream("w", side), layout=one.layout), frame_stats(one), read("", 6.0))
            for side, one in walk.items()]  # fmt: skip
    drawn = gait_lines(feet)
    found = [json.loads(unescape(text)) for text in re.findall(r'data-crosshair="([^"]*)"', drawn)]
    assert [len(one["at"]) for one in found] == [101, 101]
    for one, of in zip(found, feet, strict=True):
        left, top, width, height = one["box"]
        assert left <= min(one["at"]) < max(one["at"]) <= left + width
        assert top <= min(one["lines"][0]["at"]) < max(one["lines"][0]["at"]) <= top + height
        x, y = of.centre
        assert one["lines"][0]["says"][50] == f"50 % of stance: x {x.mean[50]:.1f}, y {y.mean[50]:.1f} mm"
    assert 'tabindex="0"' in drawn


def test_the_curve_of_a_calibration_says_what_a_stored_value_reads_before_and_now() -> None:
    before, now = (Layout(rows=2, cols=2, unit="kPa", dtype="uint16", scale=scale) for scale in (0.1, 0.2))
    one = said(curve_picture(before, now))
    assert [line["name"] for line in one["lines"]] == ["Before", "Now"]
    ends = [line["says"][-1].replace("\u202f", "") for line in one["lines"]]
    assert (one["x"][-1].replace("\u202f", ""), ends) == ("stored 65535", ["6554 kPa", "13107 kPa"])
