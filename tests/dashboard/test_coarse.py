"""A loading rate from fewer than 200 rows a second carries its mark wherever it is shown; one from enough has none."""

from __future__ import annotations

import re
from html import unescape

import pytest

from analytics import loading_rates, sim, stances
from analytics.columns import definition
from analytics.frames.frame_stats import frame_stats
from barograph import settings as settings_module
from dashboard.compare import callbacks as compare
from dashboard.history import callbacks as history
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

MARK = '<span class="chip" title="coarse: sampled below 200 Hz, too few rows in a rise">coarse</span>'
COPIED = {
    "session page": ["Loading rate, average, N/s\tCoarse\n", "\tTrue\n"],
    "report": [],
    "compare": ["Loading rate (coarse)\tkN/s"],
    "history": ["\tcoarse\n"],
}
GAIT, HISTORY = "?tab=gait", "?metric=average_loading_rate_n_s"


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


async def shown(pages: Sources) -> dict[str, str]:
    """Every place that shows the loading rates of the session `one`, or of it and `two`."""
    body, _ = await session.tab(pages, "/session/one", GAIT)
    return {
        "session page": getattr(body, "data-markup"),
        "report": await make(Parts(pages.archive), "one"),
        "compare": await compare.body(pages, "?a=one&b=two&foot=left"),
        "history": await history.body(pages, "/athlete/A/history", HISTORY),
    }


def marked(markup: str) -> list[str]:
    """What stands before each mark: the name of the measure in its row, or the head of its card."""
    before = (part.rpartition("<tr")[2] for part in markup.split(MARK)[:-1])
    return [re.sub(r"<[^>]*>", " ", f"<{part}") for part in before]


@pytest.mark.parametrize(("rate_hz", "coarse"), [(100.0, True), (250.0, False)])
async def test_every_place_that_shows_a_loading_rate_says_whether_it_is_coarse(pages, keep, rate_hz, coarse):
    for name, seed in (("one", 1), ("two", 4)):
        walk = sim.walk(6.0, rate_hz=rate_hz, rows=20, cols=8, seed=seed)
        await keep(name, walk, athlete="A")
    for place, markup in (await shown(pages)).items():
        assert "Loading rate" in markup, place
        assert (MARK in markup) is coarse, place
        if coarse and place != "history":
            assert all("Loading rate" in text for text in marked(markup)), place
        if coarse:
            assert all(text in unescape(markup) for text in COPIED[place]), place


def test_a_table_of_loading_rates_has_the_column_and_its_definitions_name_the_rule():
    stats = frame_stats(sim.walk(4.0, rows=20, cols=8)["left"])
    assert loading_rates(stats, stances(stats))["coarse"].all()
    for name in ("max_loading_rate_n_s", "average_loading_rate_n_s"):
        assert "coarse below 200 Hz" in definition(name).source
