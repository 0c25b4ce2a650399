"""Where the name of a session's athlete leads, for whoever sees it, on every page that says it."""

from __future__ import annotations

from dataclasses import replace

from quart import Quart

from analytics import sim
from barograph.access.principals import Principal, Share
from barograph.store.ports import About, Workout
from barograph.store.roster import Athlete
from dashboard.history import callbacks as history
from dashboard.live.bar import title as live_title
from dashboard.page.visitors import remember
from dashboard.page.whose import whose_path
from dashboard.results import exporting
from dashboard.routes import history_path
from dashboard.session.head import title as session_title

MINE = Workout("run-1", 1, uid="u", about=About("Ada"), athlete_uid="f" * 32)
PAGE = f"/athletes/{'f' * 32}"
START_US = 1_790_000_000_000_000


def test_a_name_leads_to_the_athlete_a_text_to_its_history_and_nothing_to_nobody():
    assert whose_path(MINE) == PAGE
    assert whose_path(replace(MINE, athlete_uid="")) == "/athlete/Ada/history"
    assert whose_path(replace(MINE, about=About())) == ""


async def test_behind_a_shared_link_a_name_leads_nowhere():
    app = Quart("test")
    async with app.app_context():
        remember(Principal("shared link", "run-1", Share(1.0, uid="u"), kind="share"))
        assert whose_path(MINE) == ""
        assert "href" not in str(live_title("run-1", MINE))
        remember(Principal("A. Example", kind="user"))
        assert whose_path(MINE) == PAGE


async def test_every_place_that_names_a_sessions_athlete_leads_to_the_page(pages, keep, memory_archive):
    ada = await memory_archive.roster.add(Athlete("Ada"), now_us=START_US)
    await keep("run-1", sim.walk(1.0, start_us=START_US), athlete="Ada")
    workout = await memory_archive.workout("run-1")
    for said in (session_title(workout), live_title("run-1", workout), exporting.sessions([workout]),
                 await history.show(pages, f"{ada.uid}/history", "")):  # fmt: skip
        assert f"/athletes/{ada.uid}" in str(said), str(said)[:60]


async def test_the_history_of_an_athlete_goes_by_the_record_whatever_sessions_said(pages, keep, memory_archive):
    ada = await memory_archive.roster.add(Athlete("Ada", aliases=("A 12",)), now_us=START_US)
    await keep("first", sim.walk(2.0, start_us=START_US), athlete="A 12")
    await keep("second", sim.walk(2.0, start_us=START_US), athlete="Ada")
    await keep("other", sim.walk(2.0, start_us=START_US), athlete="Ben")
    markup, count = await history.drawn(pages, history_path(ada.uid), "")
    assert count == "2 sessions"
    assert "/session/first" in markup
    assert "/session/second" in markup
    assert "/session/other" not in markup
    assert "No sessions" in str(await history.show(pages, f"{'0' * 32}/history", ""))
