"""The printed comparison is one file that needs nothing else, and says what the compare page says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analytics import compare, frame_stats, sim, stances
from barograph.errors import InvalidData, NotFound
from dashboard.compare.query import read
from dashboard.compare.report_routes import make_comparison
from dashboard.drawing import units
from dashboard.drawing.words import sign

START_US = 1_790_000_000_000_000
HOSTILE = "<script>alert(1)</script> " + "x" * 160


@pytest.fixture
async def two(pages, keep):
    made = [sim.walk(12.0, start_us=START_US + i * 86_400_000_000, seed=i + 1) for i in range(2)]
    await keep("one", made[0], athlete=HOSTILE, kind="رياضي", tags=("<b>rehab",), mass_kg=75.0)
    await keep("other", made[1], athlete=HOSTILE, mass_kg=80.0)
    return made


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).replace("\u202f", "")


async def test_a_comparison_loads_nothing_and_runs_nothing(pages, two):
    html = await make_comparison(pages.parts, "?a=one&b=other")
    assert "<script" not in html
    assert "<b>rehab" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r'(?:src|href)="(?!data:image/png;base64,)', html)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", html)


async def test_it_has_every_map_curve_and_table_whatever_the_page_showed(pages, two):
    text = plain(await make_comparison(pages.parts, "?a=one&b=other&map=pti&foot=right&align=cop&on=30"))
    for title in ("Peak maps", "Mean maps", "PTI maps", "aligned by CoP", "Peak by region", "Force", "Area",
                  "Paired measures", "Left", "Right", "Both", "Hedges", "Definitions", "Welch"):  # fmt: skip
        assert title in text
    known = compare(*(stances(frame_stats(one["left"]), on=30) for one in two)).loc["max_total_force_n"]
    assert f"{known['mean_a']:.0f} ± {known['sd_a']:.0f}" in text
    assert sign(known["hedges_g"], 2) in text
    assert "nan" not in text.split()


async def test_it_says_by_what_it_was_made(pages, two):
    text = plain(await make_comparison(pages.parts, "?a=one&b=other&a0=1&a1=9&on=30"))
    assert "00:01.000 – 00:09.000, 8.00 s of 12.0 s" in text
    assert "lab.recording(&quot;one&quot;, &quot;left&quot;, start=1.000, stop=9.000)" in text
    for name in ("one", "other"):
        for info in (await pages.archive.workout(name)).streams:
            assert info.epochs[0].epoch in text


async def test_identities_of_drawings_are_unique_so_that_no_map_is_clipped_by_another(pages, two):
    html = await make_comparison(pages.parts, "?a=one&b=other")
    clips = re.findall(r'<clipPath id="([^"]+)"', html)
    assert len(clips) == 3 * 3 * 2
    assert len(set(clips)) == len(clips)


async def test_the_pages_address_and_units_are_those_of_its_report(pages, two):
    query = read("?a=one&b=other&a0=1&a1=9&on=30&map=mean&foot=both")
    address = query.report(units.Units("% BW", "N/cm²"))
    path, _, search = address.partition("?")
    assert path == "/compare/report"
    assert read(search) == query
    assert address.isascii()
    text = plain(await make_comparison(pages.parts, search, units.Units("% BW", "N/cm²")))
    assert "Peak force % BW" in text
    assert "N/cm²" in text


async def test_standing_is_printed_without_steps(pages, keep):
    for name in ("one", "other"):
        await keep(name, sim.stand(20.0, start_us=START_US))
    text = plain(await make_comparison(pages.parts, "?a=one&b=other"))
    assert "Over time" in text
    assert "there is no spread between recordings" in text


@pytest.mark.parametrize(
    ("search", "said"), [("", "session A, which is not named"), ("?a=one&b=gone", "gone: nothing")]
)
async def test_without_both_there_is_nothing_to_compare(pages, two, search, said):
    with pytest.raises(NotFound, match=said):
        await make_comparison(pages.parts, search)


async def test_what_does_not_go_together_is_said(pages, two, keep):
    sole = two[0]["left"].part(0, 50)
    await keep("sole", {"main": replace(sole, layout=replace(sole.layout, side=None))})
    with pytest.raises(InvalidData, match="none of A’s goes with one of B’s"):
        await make_comparison(pages.parts, "?a=other&b=sole")
