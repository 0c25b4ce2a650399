"""Which cells are in contact is decided once, by the layout, and said wherever a number hangs on it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analytics import frame_stats, sim
from barograph.frames import Recording
from dashboard.live.page import page
from dashboard.reading import part_query
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts
from dashboard.session import callbacks
from dashboard.session.report_routes import make


def with_threshold(recording: Recording, kpa: float | None) -> Recording:
    return replace(recording, layout=replace(recording.layout, contact_kpa=kpa))


@pytest.fixture
async def walks(keep):
    """One walk, stored with the usual threshold, with 30 kPa, and as counts."""
    feet = sim.walk(4.0, seed=3)
    await keep("usual", feet)
    await keep("high", {side: with_threshold(foot, 30.0) for side, foot in feet.items()})
    await keep("raw", {side: replace(foot, layout=replace(foot.layout, unit="raw")) for side, foot in feet.items()})
    return feet


def shown(markup: str) -> str:
    return re.sub(r"<[^>]*>", " ", markup).replace("\u202f", "")


SAID = {"maps": "cells {}", "gait": "{}", "regions": "cells {} count as loaded", "data": "{}"}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize(
    ("workout", "search", "text"),
    [
        ("usual", "", "above 10 kPa"), ("high", "", "above 30 kPa"), ("raw", "", "above 0 counts"),
        ("high", "&p0=0", "above 0 kPa"), ("usual", "&p0=12.5", "above 12.5 kPa"),
        ("usual", "&pressure=mmHg", "above 75 mmHg"),
    ],
)  # fmt: skip
async def test_a_tab_says_which_cells_are_loaded(pages, walks, name, workout, search, text):
    body, _ = await callbacks.tab(pages, f"/session/{workout}", f"?tab={name}&curve=area{search}")
    markup = getattr(body, "data-markup")
    if name == "gait":
        assert f"cells {text}" in shown(markup)
    elif name == "maps" and workout == "raw":
        assert text not in shown(markup)  # a raw sensor has no integral over a loaded area
    else:
        assert SAID[name].format(text) in markup


async def test_a_page_has_the_same_area_as_the_analyst(pages, walks):
    for workout, kpa in (("usual", None), ("high", 30.0)):
        (info, *_) = (await pages.archive.workout(workout)).streams
        table = await Parts(pages.archive).stats(info, Span(info.first_us, info.last_us))
        known = frame_stats(with_threshold(walks["left"], kpa))["contact_area_cm2"].to_numpy()
        assert table["contact_area_cm2"].to_numpy() == pytest.approx(known, rel=1e-6)
        anew = await Parts(pages.archive).stats(info, Span(info.first_us, info.last_us), p0=0.0)
        every = frame_stats(walks["left"], loaded_above=0.0)["contact_area_cm2"].to_numpy()
        assert anew["contact_area_cm2"].to_numpy() == pytest.approx(every, rel=1e-6)
        assert every.max() > known.max()


async def test_the_report_and_the_live_page_say_it_too(pages, walks):
    report = shown(await make(Parts(pages.archive), "high", ""))
    assert re.search(r"Cell loaded\s+above 30 kPa", report)
    assert "cells above 30 kPa" in report
    workout = await pages.archive.workout("raw")
    assert "largest in 5 s, cells above 0 counts" in str(page("raw", workout))


def test_an_address_names_a_threshold_or_leaves_it_to_the_layout():
    assert [part_query.read(search, 10.0).p0 for search in ("", "?p0=", "?p0=0", "?p0=7.5", "?p0=x")] == [
        None, None, 0.0, 7.5, None,
    ]  # fmt: skip
