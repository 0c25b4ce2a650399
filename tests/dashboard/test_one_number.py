"""One number, one value: what has one name on two pages is one number on both."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from shown import named, rows

from analytics import arrival_stats, sim
from barograph import settings as settings_module
from barograph.frames import Block, Recording, Stream
from dashboard.compare import callbacks as compare
from dashboard.dialogs.callbacks import DIALOGS
from dashboard.drawing import words
from dashboard.reading.overview import Span, as_opened
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import metric
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make
from dashboard.sessions import session_list


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


async def tab(pages: Sources, workout: str, search: str) -> str:
    body, _ = await session.tab(pages, f"/session/{workout}", search)
    return getattr(body, "data-markup")


async def test_a_regions_peak_is_one_number_on_the_session_page_in_compare_and_in_the_report(pages, keep):
    await keep("one", sim.walk(6.0))
    await keep("two", sim.walk(6.0, seed=4))
    regions = rows(await tab(pages, "one", "?tab=regions"), "Measures by region")
    at = next(i for i, head in enumerate(regions[0]) if head.startswith("Peak pressure"))
    left = {row[0]: row[at].replace(" ", "") for row in regions[1:] if row[1] == "L"}
    assert {"Heel", "Metatarsal 1", "Toes 2–5"} <= set(left)
    paired = rows(await compare.body(pages, "?a=one&b=two&foot=left"), "Paired measures")
    peaks = [row for row in paired[1:] if row[0].startswith("Peak, ")]
    of_a = {re.sub(r"Peak, |\s*kPa$", "", row[0]): row[1].replace(" ", "") for row in peaks}
    assert of_a == left
    reported = rows(await make(Parts(pages.archive), "one"), "Measures by region")
    assert [row[at] for row in reported] == [row[at] for row in regions]


async def test_measures_of_steps_have_one_value_on_session_compare_history_and_report(pages, keep):
    await keep("one", sim.walk(9.0), athlete="A")
    await keep("two", sim.walk(9.0, seed=4), athlete="A")
    on_page = named(rows(await tab(pages, "one", "?tab=gait"), "Left and right"), 1)
    compared = named(rows(await compare.body(pages, "?a=one&b=two&foot=left"), "Paired measures"), 1)
    reported = named(rows(await make(Parts(pages.archive), "one"), "Left and right"), 1)
    entry = await pages.measures.entry(await pages.archive.workout("one"))
    past = {metric(name).title: value[0] for (name, where), value in entry.values.items() if where == "left"}
    assert on_page == reported
    shared = set(on_page) & set(compared)
    assert {"Contact time", "Peak force", "Peak pressure", "Impulse", "Stride time"} <= shared & set(past)
    for name in shared:
        assert compared[name] == on_page[name], name
        if name in past:
            assert on_page[name] == pytest.approx(past[name], abs=0.51), name


async def test_a_session_has_one_duration_on_its_page_its_selection_its_report_and_the_list(pages, keep):
    await keep("one", sim.walk(9.37))
    workout = await pages.archive.workout("one")
    text = words.duration((workout.streams[0].last_us - workout.streams[0].first_us) / 1e6)
    _, said = await session.tab(pages, "/session/one", "?tab=maps")
    assert said == f" · {text} · all of it"
    report = await make(Parts(pages.archive), "one")
    assert f"{text} recorded" in report
    assert f"{text}, all of it" in report
    assert session_list.length_s(workout) == pytest.approx((await pages.measures.entry(workout)).length_s)


async def test_a_page_of_a_running_session_stays_with_the_time_that_it_was_opened_with(pages, keep):
    whole = sim.walk(9.0)
    await keep("one", {side: foot.part(0, 500) for side, foot in whole.items()})
    opened = await session.show(pages, "one", "?tab=maps")
    stores = {part.id: part.data for part in opened.children if hasattr(part, "data")}
    assert opened.to_plotly_json()["props"]["data-to-s"] == "4.990"
    for side, foot in whole.items():
        await add(pages, "one", side, foot, 500)
    _, said = await session.tab(pages, "/session/one", stores["part"])
    assert said == " · 4.99 s · all of it"
    figure = await session.figure(pages, "/session/one", stores["window"], "dark")
    assert figure.layout.xaxis.range == (0, 4.99)
    _, afterwards = await session.tab(pages, "/session/one", "?tab=maps")
    assert afterwards == " · 8.99 s · all of it"


async def add(pages: Sources, workout: str, side: str, foot: Recording, at: int) -> None:
    """The frames of a recording that were sampled after a page was opened."""
    stream, rest = Stream(workout, side), foot.part(at, len(foot))
    stats = arrival_stats(rest.frames, rest.layout)
    last_us = int(rest.times_us[-1])
    block = Block(0, at, rest.times_us, last_us, np.array(rest.frames), stats)
    await pages.archive.append([(stream, block)])
    await pages.archive.mark(
        stream, 0, next_seq=len(foot), frames=len(foot), first_us=int(foot.times_us[0]), last_us=last_us, now_us=last_us
    )


@pytest.mark.parametrize("text", ["", "1", "9-1", "5-99", "0-10", "x-y", "²-³", "1" * 30 + "-2"])
def test_a_time_that_no_page_was_opened_with_is_the_whole_session(text):
    assert as_opened(Span(1, 12), text) == Span(1, 12)
    assert as_opened(Span(1, 12), "1-9") == Span(1, 9)


async def test_beside_downloads_stands_the_unit_that_is_stored(pages, keep):
    foot = sim.walk(3.0)["left"]
    await keep("one", {"left": foot, "bed": replace(foot, layout=replace(foot.layout, unit="raw", scale=1.0))})
    sentence = "every cell of every frame as it was stored: counts or kPa = 0.1 × cell."
    assert sentence in await tab(pages, "one", "?tab=data")
    for search in ("", "?from=0&to=1"):
        _, dialog = await DIALOGS["export"](pages, [await pages.archive.workout("one")], search)
        assert sentence in str(dialog)
