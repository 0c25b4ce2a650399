"""A stream that does not say which foot it is, is nowhere taken for a left one."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analytics import sim
from barograph import settings as settings_module
from barograph.frames import Recording
from dashboard.compare import callbacks as compare
from dashboard.history import callbacks as history
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

CLAIM = re.compile(r'>\s*(?:L|Left)\s*<|data-side="left"|\bleft:')


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


def body(markup: str) -> str:
    """A page without its style sheet."""
    return re.sub(r"<style.*?</style>", "", markup, flags=re.S)


def plate(seed: int) -> Recording:
    """Steps of one foot on a plate, whose file says no side."""
    one = sim.walk(6.0, rows=20, cols=8, seed=seed)["right"]
    return replace(one, layout=replace(one.layout, kind="plate", side=None))


async def test_a_plate_without_a_side_is_no_left_foot_on_any_page(pages, keep):
    for name, seed in (("one", 1), ("two", 4)):
        await keep(name, {"lab": plate(seed)}, athlete="A")
    tabs = {tab: getattr((await session.tab(pages, "/session/one", f"?tab={tab}"))[0], "data-markup")
            for tab in ("gait", "maps", "regions", "data")}  # fmt: skip
    places = {
        **tabs,
        "report": await make(Parts(pages.archive), "one"),
        "compare": await compare.body(pages, "?a=one&b=two"),
        "history": await history.body(pages, "/athlete/A/history", "?metric=contact_s"),
    }
    found = {place: [m[0] for m in CLAIM.finditer(body(markup))]
             for place, markup in places.items()}  # fmt: skip
    assert {place: texts for place, texts in found.items() if texts} == {}
    assert "side unknown" in places["gait"]
    assert "\nunknown\t" in places["gait"]
