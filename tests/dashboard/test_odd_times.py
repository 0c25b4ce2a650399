"""Sessions whose times are not what one expects: every tab, report and comparison comes, and says what is odd."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from analytics import frame_stats, sim, stances
from barograph.frames import Layout, Recording
from barograph.store.ports import Archive
from dashboard.compare.report_routes import make_comparison
from dashboard.reading import overview
from dashboard.reading.context import Context
from dashboard.reading.part_query import read
from dashboard.reading.parts import Parts
from dashboard.session import tabs
from dashboard.session.callbacks import figure, gaps
from dashboard.session.report_routes import make

TABS = ("gait", "jump", "balance", "maps", "regions", "data")


def walk(back_s: float = 0.0) -> dict[str, Recording]:
    """Three seconds of two feet that end now, the second half on a clock that was set back."""
    start_us = time.time_ns() // 1000 - 60_000_000
    feet = sim.walk(6.0, start_us=start_us)
    back = {side: foot.times_us - (np.arange(600) >= 300) * round(back_s * 1e6) for side, foot in feet.items()}
    return {side: replace(foot, times_us=back[side]) for side, foot in feet.items()}


def bed(period_s: float, n: int = 60, origin_us: int | None = None) -> Recording:
    layout = Layout(rows=6, cols=4, unit="kPa", dtype="float32", pitch_mm=(40, 40), kind="mat")
    at = np.arange(n) * period_s
    frames = (3 + np.sin(at)[:, None, None] * np.ones((6, 4))).astype("f4")
    origin_us = time.time_ns() // 1000 - round(n * period_s * 1e6) if origin_us is None else origin_us
    return Recording(frames, origin_us + np.rint(at * 1e6).astype(np.int64), layout)


async def said(archive: Archive, name: str, search: str = "") -> dict[str, str]:
    """The text of every tab and of the report."""
    workout = await archive.workout(name)
    whole = overview.span(workout, overview.piece_of(search))
    found = {}
    for tab in TABS:
        query = read(f"?tab={tab}&{search.lstrip('?')}", whole.length_s)
        found[tab] = str(await tabs.show(Context(Parts(archive), workout, whole, query)))
    return {**found, "report": await make(Parts(archive), name, search)}


@pytest.mark.parametrize("back_s", [0.02, 2.0, 7.0])
async def test_a_clock_that_was_set_back_costs_no_page_and_is_named(keep, memory_archive, pages, back_s):
    feet = walk(back_s)
    await keep("walk", feet)
    found = await said(memory_archive, "walk")
    for place in ("data", "report"):
        assert "Clock set back" in found[place]
    assert found["data"].count(f"{back_s - 0.01:.2f}") >= 2
    whole = [of[~of["cut"]] for of in (stances(frame_stats(foot)) for foot in feet.values())]
    assert min(map(len, whole)) >= 3
    for table in whole:
        assert f"{table['max_total_force_n'].mean():.0f}" in found["report"]
    assert "clock set back 2 times" in str(await gaps(pages, "/session/walk"))
    assert await make_comparison(Parts(memory_archive), "?a=walk&b=walk")
    assert (await figure(pages, "/session/walk", {}, "dark")).data


@pytest.mark.parametrize("period_s", [1.0, 10.0])
async def test_a_slow_bed_has_its_rate_duration_and_integrals(keep, memory_archive, period_s):
    await keep("bed", {"bed": bed(period_s)})
    found = await said(memory_archive, "bed")
    assert f"{1 / period_s:g} Hz" in found["report"]
    assert "nan" not in found["maps"].lower()
    lasting = 59 * period_s
    assert f"{lasting:.1f} s" in found["report"] or f"{int(lasting // 60)}:{int(lasting % 60):02}" in found["report"]


async def test_streams_that_are_decades_apart_are_shown_one_part_at_a_time(keep, memory_archive, pages):
    await keep("both", {"left": bed(0.1, 40), "right": bed(0.1, 30, origin_us=0)})
    found = await said(memory_archive, "both")
    assert "date unknown" not in found["report"]
    other = await said(memory_archive, "both", "?piece=1")
    assert "date unknown" in other["report"]
    drawn = await figure(pages, "/session/both", {"piece": "1"}, "dark")
    assert len(drawn.layout.xaxis.tickvals) < 20
    assert sum(len(one.x or ()) for one in drawn.data) < 200
