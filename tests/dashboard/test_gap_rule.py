"""The gap rule in use stands beside every number that hangs on it, in one wording."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from analytics import frame_stats, sim, stances
from analytics.base.gaps import GAP_S
from barograph.frames import Recording
from dashboard.compare import callbacks as compare
from dashboard.drawing import gap_rule
from dashboard.drawing.units import Units
from dashboard.history.page import HistoryQuery
from dashboard.history.page import body as history
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import SessionMeasures
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

FIRST_US = 1_790_000_000_000_000


def slow(recording: Recording, step_s: float) -> Recording:
    """The same frames, one every `step_s`."""
    times_us = FIRST_US + np.arange(len(recording)) * round(step_s * 1e6)
    return replace(recording, times_us=times_us)


def shown(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


@pytest.fixture
async def kept(keep):
    """A walk at the usual rate, the same at one frame in 0.2 s, and a minute on a plate."""
    walk = sim.walk(4.0, start_us=FIRST_US)
    await keep("usual", walk, athlete="A. Seidel")
    await keep("slow", {side: slow(foot, 0.2) for side, foot in walk.items()}, athlete="A. Seidel")
    stood = sim.stand(20.0, start_us=FIRST_US)
    plates = {"main": replace(stood["left"], layout=replace(stood["left"].layout, kind="plate", side=None))}
    await keep("stood", plates, athlete="A. Seidel")


async def tab(pages, workout: str, name: str) -> str:
    body, _ = await session.tab(pages, f"/session/{workout}", f"?tab={name}")
    return getattr(body, "data-markup")


@pytest.mark.parametrize("name", ["gait", "maps", "regions"])
@pytest.mark.parametrize(("workout", "limit"), [("usual", "0.5 s"), ("slow", "1 s")])
async def test_a_tab_says_the_gap_rule_with_its_definition(pages, kept, name, workout, limit):
    markup = await tab(pages, workout, name)
    assert f"gaps above {limit}" in shown(markup)
    about = re.search(r'data-about="([^"]*)"[^>]*>gaps above', markup)
    assert about is not None
    assert "usual step" in about[1]


async def test_balance_says_it_beside_its_filter(pages, kept):
    assert "Hz, gaps above 0.5 s" in shown(await tab(pages, "stood", "balance"))


@pytest.mark.parametrize(("workout", "limit"), [("usual", "0.5 s"), ("slow", "1 s"), ("stood", "0.5 s")])
async def test_the_report_has_it_in_its_parameters(pages, kept, workout, limit):
    markup = shown(await make(Parts(pages.archive), workout))
    assert f"Gap in timea step above {limit}," in markup
    assert "Gap in timestep > max(" in markup  # the definition


async def test_two_sessions_of_two_rules_say_both(pages, kept):
    assert "gaps above 0.5 or 1 s" in shown(await compare.body(pages, "?a=usual&b=slow"))


async def test_the_history_says_it_of_steps_and_of_sway_and_not_of_frames(pages, kept):
    past = SessionMeasures(Parts(pages.archive))
    entries = [await past.entry(await pages.archive.workout(name)) for name in ("usual", "slow", "stood")]

    def of(measure: str) -> str:
        return shown(history(entries, HistoryQuery(measure), Units()))

    assert {"gaps above 0.5 s", "gaps above 1 s"} <= set(re.findall(r"gaps above [\d.]+ s", of("contact_s")))
    assert "Hz, gaps above 0.5 s" in of("path_mm")
    assert "gaps above" not in of("mean:peak_kpa")


def test_the_rule_is_that_of_the_analysis():
    table = stances(sim_stats())
    assert gap_rule.gap_text(table) == f"gaps above {GAP_S:g} s"
    assert gap_rule.gap_text(stances(sim_stats(), gap_s=0.25)) == "gaps above 0.25 s"


def sim_stats():
    return frame_stats(sim.walk(2.0)["left"])
