"""Sway is of quiet standing, by one filter on every page; what is not quiet standing says so before its numbers."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from analytics import balance, frame_stats, sim, standing
from barograph import settings as settings_module
from barograph.errors import InvalidData
from dashboard.compare import callbacks as compare
from dashboard.compare.report_routes import make_comparison
from dashboard.drawing import units
from dashboard.feed import numbers
from dashboard.history import callbacks as history
from dashboard.history import page as history_page
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make


def plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r'data-about="[^"]*"', "", markup))).replace("\u202f", "")


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


async def tab(pages: Sources, workout: str, search: str) -> str:
    body, _ = await session.tab(pages, f"/session/{workout}", search)
    return getattr(body, "data-markup")


def plate(seconds: float = 12.0, seed: int = 1):
    """Someone who stands on a plate: slow sway, and a tremor that a low-pass takes away."""
    t = np.arange(round(seconds * 100)) / 100
    rng = np.random.default_rng(seed)
    path = np.column_stack([150 + 6 * np.sin(1.3 * t), 150 + 9 * np.sin(0.7 * t + seed)])
    return sim.gaussian(path + 0.4 * rng.standard_normal(path.shape), sd_mm=14.0, start_us=1_790_000_000_000_000)


async def test_balance_of_a_walk_says_first_that_nobody_stands(pages, keep):
    await keep("walk", sim.walk(8.0))
    text = plain(await tab(pages, "walk", "?tab=balance"))
    assert text.strip().startswith("This is not quiet standing.")
    assert re.search(r"Left: \d+ steps, the centre of pressure moves at \d+ mm/s, in quiet standing below 100", text)
    await keep("stand", sim.stand(8.0))
    assert "not quiet standing" not in plain(await tab(pages, "stand", "?tab=balance"))


async def test_the_part_that_has_a_centre_of_pressure_is_explained(pages, keep):
    await keep("walk", sim.walk(8.0))
    text = plain(await tab(pages, "walk", "?tab=balance"))
    assert re.search(r"\d\.\d of 8\.0 s have a centre of pressure; in the rest the load is below", text)
    assert "Time with a centre of pressure" in text


async def test_a_report_leaves_balance_of_a_walk_out_unless_it_is_asked_for(pages, keep):
    await keep("walk", sim.walk(8.0))
    usual = plain(await make(Parts(pages.archive), "walk"))
    assert "Left out, because this is not quiet standing: Left:" in usual
    assert "Ellipse area" not in usual.partition("Definitions")[0]
    assert "Mean velocity" not in usual.partition("Definitions")[0]
    asked = plain(await make(Parts(pages.archive), "walk", "?balance=1"))
    assert "This is not quiet standing." in asked
    assert "Mean velocity" in asked.partition("Definitions")[0]
    await keep("stand", sim.stand(8.0))
    assert "Mean velocity" in plain(await make(Parts(pages.archive), "stand")).partition("Definitions")[0]


async def test_sway_is_one_number_on_balance_compare_history_and_the_live_tiles(pages, keep):
    one, other = plate(), plate(seed=2)
    await keep("one", {"plate": one}, athlete="A", kind="stand")
    await keep("two", {"plate": other}, athlete="A", kind="stand")
    known = balance(frame_stats(one), cutoff_hz=10.0).iloc[0]
    raw = balance(frame_stats(one)).iloc[0]
    assert raw["mean_velocity_mm_s"] > 1.3 * known["mean_velocity_mm_s"]
    velocity, path = f"{known['mean_velocity_mm_s']:.1f}", f"{known['path_mm']:.1f}"
    on_tab = plain(await tab(pages, "one", "?tab=balance"))
    assert re.search(rf"Mean velocity +mm/s +{re.escape(velocity)} ", on_tab)
    compared = plain(await compare.body(pages, "?a=one&b=two"))
    assert re.search(rf"Mean velocity +mm/s +{re.escape(velocity)} ", compared)
    for text in (on_tab, compared):
        assert re.search(rf"Path length +mm +{re.escape(path)} ", text)
    past = plain(await history.body(pages, "/athlete/A/history", "?metric=mean_velocity_mm_s"))
    assert f" {velocity} " in past
    said = "low-pass 10 Hz (Butterworth, order 4, zero phase), sampled at 100 Hz"
    assert all(said in text for text in (on_tab, compared, past))
    tiles = numbers.of_standing(standing({"plate": frame_stats(one)}))
    assert f"{tiles['velocity']['plate']:.1f}" == velocity
    assert said in plain(await make(Parts(pages.archive), "one"))


async def test_someone_who_moves_has_no_sway_on_compare_history_and_the_live_tiles(pages, keep):
    t = np.arange(1200) / 100
    moving = sim.gaussian(np.column_stack([150 + 60 * np.sin(4 * t), np.full(1200, 150.0)]), sd_mm=14.0)
    await keep("one", {"plate": plate()}, athlete="A")
    await keep("moves", {"plate": moving}, athlete="A")
    compared = plain(await compare.body(pages, "?a=one&b=moves"))
    assert "B: not quiet standing, so sway is left out: the centre of pressure moves at" in compared
    assert "Path length" not in compared
    past = plain(await history.body(pages, "/athlete/A/history", "?metric=path_mm"))
    assert "Left out, because it is not quiet standing: moves (the centre of pressure moves at" in past
    assert numbers.of_standing(standing({"plate": frame_stats(moving)}))["velocity"] == {"plate": None}


@pytest.mark.parametrize("part", ["", "whole", "last"])
async def test_history_says_which_part_of_each_session_counts_and_lets_one_choose(pages, keep, part):
    long = plate(200.0)
    await keep("long", {"plate": long}, athlete="A")
    text = plain(await history.body(pages, "/athlete/A/history", f"?metric=mean_velocity_mm_s&part={part}"))
    assert history_page.PARTS[part].lower() in text
    start = {"": 0, "whole": 0, "first": 0, "middle": 6995, "last": 13_990}[part]
    stop = {"": 20_000, "whole": 20_000}.get(part, start + 6001)
    known = balance(frame_stats(long.part(start, stop)), cutoff_hz=10.0)["mean_velocity_mm_s"].iloc[0]
    shown = float(re.search(r"Both +from|mean ± SD", text) is not None)
    assert shown
    entry = await pages.measures.entry(await pages.archive.workout("long"), part)
    assert entry.values["mean_velocity_mm_s", "plate"][0] == pytest.approx(known, rel=0.02)


async def test_a_part_or_a_measure_that_history_does_not_have_is_said(pages, keep):
    await keep("one", {"plate": plate()}, athlete="A")
    text = plain(await history.body(pages, "/athlete/A/history", "?part=best&metric=luck"))
    assert "part: expected one of" in text
    assert "metric: expected a measure that these sessions have, got 'luck'" in text


BEYOND = [
    ("hz=60", "hz: expected above 0 and below 50 Hz, half the sampling rate of 100 Hz, got 60"),
    ("hz=50", "hz: expected above 0 and below 50 Hz"),
    ("on=9000", r"on: expected at most \d+, the highest load here, got 9000"),
    ("on=100&off=300", "off: expected at most 100, where contact begins, got 300"),
    ("p0=5000", r"p0: expected at most \d+, the highest value here, got 5000"),
    ("shortest=60000", r"shortest: expected at most \d+ ms, the length of the part, got 60000"),
    ("hz=-1", "hz: expected Hz above 0, got '-1'"),
    ("from=9&to=2", "from, to: expected seconds, 0 ≤ from < to"),
]


@pytest.mark.parametrize(("query", "said"), BEYOND)
async def test_a_parameter_beyond_what_the_data_have_is_said_on_its_tab_and_refused_by_a_report(
    pages, keep, query, said
):
    await keep("walk", sim.walk(6.0))
    for name in ("balance", "gait"):
        assert re.search(said, plain(await tab(pages, "walk", f"?tab={name}&{query}")))
    with pytest.raises(InvalidData, match=said):
        await make(Parts(pages.archive), "walk", f"?{query}")


async def test_compare_says_and_its_report_refuses_the_same(pages, keep):
    await keep("one", sim.walk(6.0))
    await keep("two", sim.walk(6.0, seed=2))
    search = "?a=one&b=two&on=9000&map=best&b0=5&b1=1"
    text = plain(await compare.body(pages, search))
    for said in ("A: on: expected at most", "B: from, to: expected seconds", "map: expected one of peak, mean, pti"):
        assert said in text
        with pytest.raises(InvalidData, match=re.escape(said)):
            await make_comparison(Parts(pages.archive), search, units.Units())


async def test_slow_sampling_is_not_filtered_and_says_so(pages, keep):
    slow = plate(30.0)
    slow = type(slow)(frames=slow.frames[::8], times_us=slow.times_us[::8], layout=slow.layout)
    await keep("slow", {"plate": slow})
    text = plain(await tab(pages, "slow", "?tab=balance"))
    assert "not filtered, sampled at 12.5 Hz" in text
    assert "problem" not in text
