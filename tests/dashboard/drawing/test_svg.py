"""Drawings: lines that lie over each other can both be seen."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from dashboard.compare.charts import Axis, curves
from dashboard.drawing.svg import over
from dashboard.history.chart import Series, chart
from dashboard.reading.session_measures import Trend

POINTS = np.column_stack([np.arange(20.0), np.ones(20)])


def strokes(svg: str) -> list[tuple[str, str | None]]:
    """Stroke and dashes of every line, from the lowest to the uppermost."""
    lines = re.findall(r'<path [^>]*fill="none"[^>]*>', svg)
    found = [(re.search(r'stroke="([^"]+)"', one), re.search(r'stroke-dasharray="([^"]+)"', one)) for one in lines]
    return [(stroke[1], dash[1] if dash else None) for stroke, dash in found if stroke]


def test_where_lines_coincide_their_colours_take_turns():
    assert strokes(over([(POINTS, "blue"), (POINTS, "orange")])) == [("blue", None), ("orange", None), ("blue", "7 7")]
    three = strokes(over([(POINTS, "a"), (POINTS, "b"), (POINTS, "c")]))
    assert three[3:] == [("a", "7 14"), ("b", "7 14")]
    assert strokes(over([(POINTS, "alone")])) == [("alone", None)]
    assert len(strokes(over([(POINTS, str(i)) for i in range(40)]))) == 40, "of very many none is drawn twice"


def test_the_history_of_two_feet_that_are_alike_shows_both():
    days, means = np.array([20_000.0, 20_007.0, 20_014.0]), np.array([700.0, 720.0, 710.0])
    nothing = Trend(np.nan, np.nan, np.nan, 3, (np.nan, np.nan))
    both = [Series(name, f"var(--{name})", days, means, means * np.nan, nothing) for name in ("left", "right")]
    assert strokes(chart(both, "Peak force", "N"))[-1] == ("var(--left)", "7 7")


def test_b_over_an_equal_a_has_a_ground_that_tells_it():
    mean = np.linspace(0.0, 800.0, 101)
    columns = {f"{what}_{which}": mean for what in ("mean", "sd") for which in "ab"}
    table = pd.DataFrame({**columns, "difference": mean * 0, "difference_low": mean * 0, "difference_high": mean * 0})
    drawn = strokes(curves(table, Axis("Left", "var(--left)"), 1000.0))
    assert drawn[:3] == [("var(--left)", None), ("var(--surface)", "5 3.5"), ("var(--left)", "5 3.5")]
