"""The compare page: its numbers are those of analytics, and whatever is missing or unlike is said."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics import compare, frame_stats, sim, stance_map, stances
from barograph.frames import Block, Layout, Recording
from dashboard.compare import callbacks, charts, pairs
from dashboard.compare import query as compare_query
from dashboard.drawing import units
from dashboard.drawing.words import sign
from dashboard.reading.overview import Span
from dashboard.reading.step_maps import StepMapsFold
from dashboard.routes import compare_path

START_US = 1_790_000_000_000_000


@cache
def walk(seconds: float = 12.0, **how: object) -> dict[str, Recording]:
    return sim.walk(seconds, start_us=START_US, **how)


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).replace("\u202f", "")


def mat(n: int = 100, *, unit: str = "raw", kind: str = "mat", rows: int = 12) -> Recording:
    frames = np.random.default_rng(1).uniform(5, 50, (n, rows, 10)).astype(np.float32)
    layout = Layout(rows=rows, cols=10, dtype="float32", unit=unit, kind=kind, pitch_mm=(10.0, 10.0))
    return Recording(frames, START_US + np.arange(n) * 20_000, layout)


async def test_the_table_says_what_analytics_computes(pages, keep):
    one, other = walk(seed=1), walk(seed=2)
    await keep("one", one, athlete="A", mass_kg=75.0)
    await keep("other", other, athlete="A", mass_kg=75.0)
    text = plain(await callbacks.body(pages, "?a=one&b=other"))
    steps = [stances(frame_stats(recording["left"])) for recording in (one, other)]
    known = compare(*steps).loc["max_total_force_n"]
    assert f"{known['mean_a']:.0f} ± {known['sd_a']:.0f}" in text
    assert f"{known['mean_b']:.0f} ± {known['sd_b']:.0f}" in text
    assert sign(known["hedges_g"], 2) in text
    assert sign(known["difference_low"], 1) in text
    assert "nan" not in text


async def test_parts_of_one_session_are_compared(pages, keep):
    await keep("one", walk(20.0))
    text = plain(await callbacks.body(pages, "?a=one&b=one&a0=0&a1=8&b0=10&b1=19"))
    assert "00:00 – 00:08" in text
    assert "00:10 – 00:19" in text
    assert "Hedges" in text


async def test_the_same_part_twice_differs_in_nothing_and_says_so(pages, keep):
    await keep("one", walk())
    markup = await callbacks.body(pages, "?a=one&b=one")
    assert "the same part of one session" in plain(markup)
    assert "largest rise and fall" in markup
    assert "B − A, in kPa. Left: none; Right: none" in markup


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("", "Choose two sessions"),
        ("?a=one", "Choose B"),
        ("?b=one", "Choose A"),
        ("?a=one&b=nobody", "Nothing is stored under the name nobody"),
        ("?a=one&b=empty", "Nothing has been stored of empty yet"),
        ("?a=%00&b=one", "A is no session"),
        ("?" + "&".join(f"x{i}=1" for i in range(200)), "Choose two sessions"),
    ],
)
async def test_whatever_is_missing_is_said(pages, keep, search, said):
    await keep("one", walk(4.0))
    await keep("empty", {"left": walk(1.0)["left"].part(0, 0)})
    assert said in plain(await callbacks.body(pages, search))


async def test_sensors_that_do_not_go_together_say_why(pages, keep):
    await keep("walk", walk(4.0))
    await keep("mat", {"main": mat()})
    text = plain(await callbacks.body(pages, "?a=walk&b=mat"))
    assert "none of A’s goes with one of B’s" in text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (mat(unit="kPa"), "A is not calibrated"),
        (mat(kind="seat"), "A is recorded by a mat, B by a seat"),
        (mat(rows=9), "A has 12 × 10 cells, B 9 × 10"),
    ],
)
async def test_what_a_difference_of_layouts_rules_out_is_said(pages, keep, other, said):
    await keep("one", {"main": mat()})
    await keep("other", {"main": other})
    text = plain(await callbacks.body(pages, "?a=one&b=other"))
    assert said in text
    assert "Paired measures" in text


async def test_standing_is_compared_without_steps(pages, keep):
    for name in ("one", "other"):
        await keep(name, sim.stand(20.0, start_us=START_US))
    text = plain(await callbacks.body(pages, "?a=one&b=other"))
    assert "no steps" in text
    assert "there is no spread between recordings" in text
    assert "nan" not in text


async def test_a_name_stays_a_text(pages, keep):
    await keep("one", walk(4.0), athlete="<script>alert(1)</script>")
    assert "<script>" not in await callbacks.body(pages, "?a=one&b=%3Cscript%3E")


async def test_units_are_the_viewers(pages, keep):
    await keep("one", walk(), mass_kg=75.0)
    await keep("other", walk(seed=3), mass_kg=80.0)
    text = plain(await callbacks.body(pages, "?a=one&b=other", {"force": "% BW", "pressure": "mmHg"}))
    assert "Peak force % BW" in text
    assert "Peak pressure mmHg" in text
    await keep("light", walk(seed=3))
    text = plain(await callbacks.body(pages, "?a=one&b=light", {"force": "% BW"}))
    assert "% BW needs the mass of both" in text
    assert "Peak force N" in text


def test_nonsense_units_are_the_usual_ones():
    assert units.read({"force": "stone", "pressure": 3}) == units.Units()
    assert units.read(None) == units.Units()


@pytest.mark.parametrize(
    ("unit", "factor", "shown"),
    [("N", 1 / 9.80665, "kgf"), ("N·s", 1 / 9.80665, "kgf·s"), ("kN/s", 1000 / 9.80665, "kgf/s"),
     ("kPa", 0.1, "N/cm²"), ("kPa·s", 0.1, "N/cm²·s"), ("ms", 1.0, "ms"), ("counts", 1.0, "counts")],
)  # fmt: skip
def test_a_unit_is_turned_with_what_follows_it(unit, factor, shown):
    display = units.Units("kgf", "N/cm²").display(unit, None)
    assert (display.factor, display.unit) == (pytest.approx(factor), shown)


def test_an_address_names_both_sessions_and_their_parts():
    query = compare_query.read("?a=one&b=two&a0=1&a1=2&b0=3&b1=4&on=30&map=pti&align=x&foot=both")
    assert (query.a, query.b, query.map, query.align, query.foot) == ("one", "two", "pti", "outline", "both")
    assert query.of("a") == "?from=1&to=2&on=30"
    assert query.of("b") == "?from=3&to=4&on=30"


def test_a_path_survives_any_name():
    assert compare_path("a b", "c/d") == "/compare?a=a%20b&b=c%2Fd"
    assert compare_path() == "/compare"


@pytest.mark.parametrize("of", ["peak", "pti"])
def test_maps_of_steps_are_those_of_analytics_however_blocks_are_cut(of):
    recording = walk(6.0)["left"]
    stats = frame_stats(recording)
    found = stances(stats)
    whole = found[~found["cut"]]
    rows = whole[["first", "after"]].to_numpy()
    us = recording.times_us
    during = np.column_stack([us[rows[:, 0]], us[rows[:, 1] - 1] + 1])
    fold = StepMapsFold(recording.layout, during)
    for first in range(0, len(recording), 37):
        part = recording.part(first, min(first + 37, len(recording)))
        fold.update(Block(0, first, part.times_us, 0, np.array(part.frames), None))
    made = fold.get()
    np.testing.assert_allclose(getattr(made, of), stance_map(recording, found, of).to_numpy(), rtol=1e-12)
    assert made.n == len(whole)


def test_too_many_maps_of_steps_are_refused_with_what_to_do():
    layout = Layout(rows=720, cols=240, dtype="uint16", unit="kPa", kind="plate")
    during = np.column_stack([np.arange(100), np.arange(100) + 1])
    with pytest.raises(ValueError, match="select less"):
        StepMapsFold(layout, during)


def test_an_effect_is_hollow_when_its_interval_holds_zero():
    assert 'fill="var(--surface)"' in charts.effect(0.1, -0.2, 0.4, holds_zero=True, end=2)
    assert 'fill="var(--text)" stroke' in charts.effect(1.0, 0.5, 1.5, holds_zero=False, end=2)


def test_the_scale_of_effects_holds_them_all():
    assert charts.effect_end([0.3, -1.9]) == 2
    assert charts.effect_end([0.3, -2.1, np.nan]) == 4


def test_curves_over_time_begin_with_each_part():
    index = pd.DatetimeIndex(pd.to_datetime(START_US + np.arange(100) * 10_000, unit="us"), tz="UTC")
    half = type("Half", (), {})()
    half.context = type("Context", (), {"part": Span(START_US + 500_000, START_US + 1_000_000)})()
    half.foot = type("Foot", (), {"stats": pd.DataFrame({"v": np.arange(100.0)}, index=index)})()
    found = pairs.over_time(half, "v", 0.5, 5)
    assert list(found["mean"].round()) == [54, 64, 74, 84, 94]


async def test_sessions_to_choose_from_begin_with_those_of_the_athlete(pages, keep):
    await keep("one", walk(2.0), athlete="Athlete 12")
    await keep("two", walk(2.0), athlete="Someone")
    text = plain(await callbacks.found(pages, "", "b", "Athlete 12"))
    assert text.index("Of Athlete 12") < text.index("one ·") < text.index("Newest") < text.index("two ·")
    assert "No session matches" in plain(await callbacks.found(pages, "zebra", "b", ""))
