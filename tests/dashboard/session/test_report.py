"""The report is one file that needs nothing else, and says what the page says."""

from __future__ import annotations

import re
from functools import partial

import pytest
from quart import Quart

from analytics import frame_stats, sim, stances
from barograph.access.acting import ITSELF
from barograph.access.principals import Principal
from barograph.errors import NotFound
from barograph.store.ports import About
from barograph.store.roster import Athlete
from dashboard.compare.report_routes import make_comparison
from dashboard.page.visitors import remember
from dashboard.reading.parts import Parts
from dashboard.reading.summarising import Summariser
from dashboard.session import among
from dashboard.session.report_routes import make
from tests.dashboard.published import WALKING_ADULTS

T0 = 1_790_000_000_000_000
HOSTILE = "<script>alert(1)</script> " + "x" * 160


@pytest.fixture
async def walk(remembered):
    about = About(athlete=HOSTILE, kind="رياضي", tags=("<b>rehab",), mass_kg=75.0)
    one = await remembered("walk", seconds_ago=60, about=about).begin()
    for side in ("left", "right"):
        await one.store(side, one.block(side, 800))
    return one


async def test_a_report_loads_nothing_and_runs_nothing(walk):
    html = await make(Parts(walk.archive), "walk")
    assert "<script" not in html
    assert "<b>rehab" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r'(?:src|href)="(?!data:image/png;base64,)', html)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", html)


async def test_a_report_has_pictures_numbers_definitions_and_where_they_come_from(walk):
    html = await make(Parts(walk.archive), "walk", "?on=30&hz=8")
    for title in ("Peak map", "Mean map", "PTI map", "Stance curve", "Gait line", "Butterfly", "Left and right",
                  "Measures", "Peak by region", "Gaps", "Definitions", "Parameters and provenance"):  # fmt: skip
        assert title in html
    found = stances(frame_stats(walk.recordings["left"].part(0, 800)), on=30)
    whole = found[~found["cut"]]
    assert f"{whole['max_total_force_n'].mean():.0f}" in html
    assert "0.1 · Σ_V p·a" in html
    epochs = (await walk.archive.workout("walk")).streams[0].epochs
    assert epochs[0].epoch in html
    assert "8 Hz, Butterworth" in html
    assert "nan" not in re.sub(r'base64,[^"]*|<style>.*?</style>', "", html, flags=re.S).lower().split()


async def test_a_session_without_frames_has_no_report(remembered):
    one = await remembered().begin("left")
    with pytest.raises(NotFound, match="nothing to report"):
        await make(Parts(one.archive), "walk")


async def test_a_name_in_the_head_of_a_table_is_no_button_that_a_repeated_head_would_lose(walk):
    html = await make(Parts(walk.archive), "walk")
    assert 'class="term"' in html
    assert not re.search(r'<button[^>]*class="term"', html)


async def test_definitions_with_one_meaning_stand_once_under_all_their_names(pages_of_two):
    html = await make_comparison(pages_of_two, "?a=one&b=two")
    definitions = html.partition("<h2>Definitions</h2>")[2]
    named = re.findall(r"<b>([^<]*Peak, Heel[^<]*)</b>", definitions)
    assert len(named) == 1
    assert "Peak, Hallux" in named[0]


@pytest.fixture
async def pages_of_two(memory_archive, keep):
    await keep("one", sim.walk(6.0))
    await keep("two", sim.walk(6.0, seed=4))
    return Parts(memory_archive)


async def test_a_report_says_where_others_lie_for_the_band_of_its_address_and_for_no_guest(pages, keep, tmp_path):
    await keep("one", sim.walk(6.0, rows=12, cols=6), kind="walk", mass_kg=70.0)
    (tmp_path / "norms").mkdir()
    (tmp_path / "norms" / "adults.toml").write_text(WALKING_ADULTS)
    app = Quart(__name__)
    async with app.app_context():
        for who in (ITSELF, Principal("guest", kind="share", uid="g")):
            remember(who)
            html = await make(pages.parts, "one", "?band=adults", partial(among.reported, pages))
            found = html.partition("<h2>Is it unusual?</h2>")[2].partition("<h2>")[0]
            if who is ITSELF:
                assert "of 40 people of Walking adults" in found
                assert "Source: A paper that this test made up; not a diagnosis." in found
                assert among.WHAT in found
                assert found.count("<svg") == 2
            else:
                assert found == ""
        assert "unusual" not in await make(pages.parts, "one", "", partial(among.reported, pages))


async def test_a_report_has_the_change_marks_of_jumps_with_their_words(pages, keep):
    await pages.archive.roster.add(Athlete("Ada"), now_us=T0)
    for day in range(4):
        jumped = sim.simulate("jump", 20.0, seed=day, rows=12, cols=6, start_us=T0 + day * 86_400_000_000)
        await keep(f"j{day}", jumped, kind="jump", mass_kg=70.0, athlete="Ada")
    await Summariser(pages.archive, lambda _: True).catch_up()
    html = await make(pages.parts, "j3")
    assert html.count('class="change-flag"') >= 2
    assert "within noise" in html or "beyond MDC" in html or "above SWC" in html
