"""An athlete's history: its numbers are those of analytics, its trend Theil–Sen's, and what is missing is said."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats as distributions

from analytics import frame_stats, gait, sim, stances
from barograph.frames import Recording
from barograph.store.ports import About, Workout
from dashboard.compare import callbacks as compare
from dashboard.drawing.units import Units
from dashboard.history import callbacks, page
from dashboard.history.chart import Series, chart, extent
from dashboard.page import notices
from dashboard.reading import session_measures
from dashboard.routes import history_path
from tests.dashboard.shown import rows

DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000


@cache
def walk(seconds: float = 6.0) -> dict[str, Recording]:
    return sim.walk(seconds, start_us=START_US)


def on_day(day: int, harder: float = 1.0) -> dict[str, Recording]:
    """The walk of another day, every cell that much higher."""
    return {
        name: replace(
            one, times_us=one.times_us + day * DAY_US,
            frames=np.round(one.frames * harder).astype(one.frames.dtype),
        )
        for name, one in walk().items()
    }  # fmt: skip


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).replace("\u202f", "")


async def test_numbers_of_a_session_are_those_of_analytics(pages, keep):
    await keep("one", on_day(0), athlete="A 12")
    text = plain(await callbacks.body(pages, "/athlete/A%2012/history", "?metric=max_total_force_n"))
    found = stances(frame_stats(walk()["left"]))
    force = found[~found["cut"]]["max_total_force_n"]
    assert f"{force.mean():.0f} ± {force.std():.0f}" in text
    feet = {side: stances(frame_stats(one)) for side, one in walk().items()}
    known = gait(feet["left"], feet["right"]).loc["both", "cadence_spm"]
    text = plain(await callbacks.body(pages, "/athlete/A%2012/history", "?metric=cadence_spm"))
    assert f"{known:.1f}" in text


async def test_sessions_come_in_order_with_their_change_and_only_of_this_athlete(pages, keep):
    await keep("late", on_day(7, 1.1), athlete="A")
    await keep("early", on_day(0), athlete="A")
    await keep("stranger", on_day(3), athlete="B")
    markup = await callbacks.body(pages, "/athlete/A/history", "?metric=max_peak_kpa")
    assert markup.index("/session/late") < markup.index("/session/early")
    assert "/compare?a=early&amp;b=late" in markup
    assert "stranger" not in markup


async def test_a_kind_is_looked_at_alone(pages, keep):
    await keep("walked", on_day(0), athlete="A", kind="Walk")
    await keep("ran", on_day(1), athlete="A", kind="Run")
    markup = await callbacks.body(pages, "/athlete/A/history", "?kind=Run")
    assert "/session/ran" in markup
    assert "/session/walked" not in markup
    assert "No numbers" in await callbacks.body(pages, "/athlete/A/history", "?kind=Swim")


async def test_a_session_without_frames_takes_nothing_from_the_others(pages, keep):
    await keep("empty", {"left": walk()["left"].part(0, 0)}, athlete="A")
    assert "No numbers" in await callbacks.body(pages, "/athlete/A/history", "")
    await keep("one", on_day(0), athlete="A")
    assert "/session/one" in await callbacks.body(pages, "/athlete/A/history", "?metric=nobody")


async def test_an_athlete_without_sessions_is_said_to_have_none(pages, keep):
    assert "No sessions" in str(await callbacks.show(pages, "Nobody/history", ""))
    assert str(await callbacks.show(pages, "Nobody", "")) == str(notices.nowhere())


async def test_a_name_with_markup_stays_a_text(pages, keep):
    name = "<script>alert(1)</script>/הבא"
    await keep("one", on_day(0), athlete=name)
    shown = await callbacks.show(pages, f"{name}/history", "")
    assert shown.children[1].children[0].children == name
    markup = await callbacks.body(pages, history_path(name), "")
    assert "<script>" not in markup
    assert "/session/one" in markup


async def test_numbers_are_made_once_and_again_when_more_is_stored(pages, keep):
    await keep("one", on_day(0), athlete="A")
    workout = await pages.archive.workout("one")
    first, second = [await pages.measures.entry(workout) for _ in range(2)]
    assert first.values is second.values
    renamed = replace(workout, about=replace(workout.about, kind="Run"))
    assert (await pages.measures.entry(renamed)).workout.about.kind == "Run"


def test_a_trend_is_theil_and_sens_a_day():
    days = np.arange(12.0) * 7
    values = 300 + 0.5 * days + np.random.default_rng(1).normal(0, 2, 12)
    values[4] = 900.0
    found = session_measures.trend(list(days), list(values))
    known = distributions.theilslopes(values, days, 0.95)
    assert found.slope == pytest.approx(known.slope)
    assert (found.low, found.high) == (pytest.approx(known.low_slope), pytest.approx(known.high_slope))


def test_fewer_than_ten_sessions_have_no_trend():
    assert np.isnan(session_measures.trend([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).slope)


def test_every_measure_has_a_definition():
    for one in session_measures.MEASURES:
        assert session_measures.metric(one.name).about[0]
        assert session_measures.metric(f"si:{one.name}").title.startswith("Symmetry index of ")
    assert session_measures.metric("mean:peak_kpa").title == "Mean of peak pressure"
    assert session_measures.metric("max:total_force_n").unit == "N"


def test_a_chart_of_one_session_has_a_range():
    trend = session_measures.trend([1.0], [5.0])
    one = Series("Left", "var(--left)", np.array([1.0]), np.array([5.0]), np.array([np.nan]), trend)
    low, high = extent([one])
    assert low < 5.0 < high
    assert "Left: from 5.0 to 5.0 N over 1 session" in chart([one], "Force", "N")


def test_body_weight_is_shown_only_when_every_mass_is_known():
    values = {("max_total_force_n", "left"): (800.0, 10.0, 5)}
    with_mass, without = (
        session_measures.Entry(_workout(mass), START_US + i * DAY_US, 60.0, True, values)
        for i, mass in enumerate((80.0, None))
    )
    asked = page.HistoryQuery("max_total_force_n")
    assert "% BW" in plain(page.body([with_mass], asked, Units("% BW")))
    text = plain(page.body([with_mass, without], asked, Units("% BW")))
    assert "Shown in N" in text
    assert "800 ± 10" in text


def _workout(mass: float | None):
    return Workout(workout_id="one", created_us=START_US, about=About(mass_kg=mass), streams=())


async def test_eyes_closed_over_eyes_open_of_a_day_are_a_quotient_on_history_and_compare(pages, keep):
    def plate(seconds: float, hour: int, seed: int) -> dict[str, Recording]:
        start_us = 1_790_000_000_000_000 + hour * 3_600_000_000
        one = sim.stand(seconds, seed=seed, rows=12, cols=6, start_us=start_us)["left"]
        return {"plate": replace(one, layout=replace(one.layout, kind="plate", side=None))}

    await keep("open", plate(20.0, 0, 1), athlete="A", kind="Standing, eyes open")
    await keep("closed", plate(20.0, 1, 2), athlete="A", kind="standing-eyes-closed")
    await keep("short", plate(12.0, 2, 3), athlete="A", tags=("eyes closed",))
    markup = await callbacks.body(pages, "/athlete/A/history", "?metric=path_mm")
    shown = rows(markup, "Romberg quotient")
    paths = [(await pages.measures.entry(await pages.archive.workout(name))).values["path_mm", "plate"][0]
             for name in ("open", "closed")]  # fmt: skip
    assert [row[1] for row in shown[1:]] == ["–", f"{paths[1] / paths[0]:.2f}"]
    assert "the durations differ: 20.0 s and 12.0 s" in markup
    assert "Romberg" in shown[0][1]
    compared = rows(await compare.body(pages, "?a=closed&b=open"), "Romberg quotients")
    assert compared[1][1] == f"{paths[1] / paths[0]:.2f}"
    assert "Romberg quotient" not in await compare.body(pages, "?a=closed&b=short")
