"""One number, one value: what has one name on two pages is one number on both."""

from __future__ import annotations

import re
from html import unescape

import pytest

from analytics import sim
from barograph import settings as settings_module
from dashboard.callbacks import compare, session
from dashboard.parts import Parts
from dashboard.reports import make
from dashboard.sources import Sources


def rows(markup: str, label: str) -> list[list[str]]:
    """The texts of a table's cells."""
    found = re.search(rf'<table[^>]*aria-label="{label}[^"]*".*?</table>', markup, re.S)
    assert found, label
    return [
        [
            unescape(re.sub(r"<[^>]*>", "", cell)).replace("\u2009", "").strip()
            for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.S)
        ]
        for row in re.findall(r"<tr.*?</tr>", found[0], re.S)
    ]


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
