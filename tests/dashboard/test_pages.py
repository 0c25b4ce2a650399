"""What an address shows: a page, or a sentence; never nothing."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from plotly.utils import PlotlyJSONEncoder

from barograph import settings as settings_module
from barograph.errors import LiveAway, StorageAway
from barograph.frames import Stream
from barograph.store.ports import About
from barograph.store.records import Clock, Epoch, StreamInfo
from dashboard.pages import show
from dashboard.reading.doubts import doubts
from dashboard.reading.sources import Sources
from dashboard.routes import session_path
from dashboard.session import callbacks as session
from dashboard.sessions import callbacks as sessions
from dashboard.sessions import page as sessions_page
from dashboard.sessions.query import PAGE_SIZE


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


def said(component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


async def test_without_sessions_the_home_page_teaches_commands_that_exist(pages):
    text = said(await show(pages, "/", ""))
    assert "No sessions yet" in text
    for command in ("barograph demo", "barograph send walk.asf --workout first-walk --stream left"):
        assert command in text
    assert "Try it without a device" in text
    assert "ws://127.0.0.1:1/ws" in text
    assert "Nothing listens on port 1" in text


async def test_live_sessions_are_cards_and_others_rows_newest_first(pages, remembered):
    for number, ago in ((1, 9000.0), (2, 5000.0)):
        old = await remembered(f"old-{number}", seconds_ago=ago, about=About(athlete=f"Athlete {number}")).begin("left")
        await old.store("left", old.block("left", 100))
    now = await remembered("now", about=About(athlete="Athlete 9")).begin()
    await now.send("left", 10)
    text = said(await show(pages, "/", ""))
    assert "Live now" in text
    rows = text[text.index("rowData") :]
    assert text.index("Live now") < text.index("Athlete 9")
    assert rows.index("Athlete 2") < rows.index("Athlete 1")
    assert "/live/now" in text
    assert "/session/old-1" in text
    assert "/session/now" in text


async def test_what_was_recorded_long_ago_is_not_live_because_it_was_imported_now(pages, remembered):
    old = await remembered("old", seconds_ago=9000.0).begin("left")
    await old.store("left", replace(old.block("left", 100), received_us=time.time_ns() // 1000))
    assert "Live now" not in said(await show(pages, "/", ""))
    assert "Watch live" not in said(await show(pages, "/session/old", ""))


async def test_the_list_has_pages(pages, remembered):
    for number in range(PAGE_SIZE + 5):
        walk = await remembered(f"walk-{number:03}", seconds_ago=9000.0 - number).begin("left")
        await walk.store("left", walk.block("left", 1))
    first, second = said(await show(pages, "/", "")), said(await show(pages, "/", "?page=2"))
    assert "walk-054" in first
    assert "walk-004" not in first
    assert "walk-004" in second
    assert "After" in first
    assert "After" not in second


@pytest.mark.parametrize("search", ["?page=0", "?page=-1", "?page=x", "?page=99999999999", "?page=²", "?other"])
async def test_nonsense_in_the_address_shows_the_first_page(pages, remembered, search):
    walk = await remembered().begin("left")
    await walk.send("left", 1)
    assert "walk" in said(await show(pages, "/", search))


@pytest.mark.parametrize("path", ["/nowhere", "/session/", "/session/a%2Fb", "/live/%20", "/session/%00"])
async def test_an_address_without_a_page_says_so_and_shows_a_way_out(pages, path):
    text = said(await show(pages, path, ""))
    assert "Nothing at this address" in text
    assert "All sessions" in text


async def test_an_unknown_session_says_so(pages):
    assert "No such session" in said(await show(pages, "/session/nobody", ""))


async def test_a_live_page_of_an_unknown_workout_waits_for_it(pages):
    page = await show(pages, "/live/soon", "")
    assert getattr(page, "data-workout") == "soon"


async def test_a_session_without_frames_says_so(pages, remembered):
    await remembered().begin("left")
    assert "No frames in this session" in said(await show(pages, "/session/walk", ""))


async def test_a_session_with_one_frame_has_a_page(pages, remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.store("left", walk.block("left", 1))
    assert "At cursor" in said(await show(pages, "/session/walk", ""))
    figure = await session.figure(pages, "/session/walk", {}, "dark")
    assert len(figure.data) >= 1


async def test_a_session_tells_its_facts(pages, remembered):
    about = About(athlete="Athlete 12", kind="Treadmill walk", mass_kg=72.0, tags=("rehab", "block 2"))
    walk = await remembered("walk-7", seconds_ago=60, about=about).begin()
    for side in ("left", "right"):
        await walk.store(side, walk.block(side, 500))
    text = said(await show(pages, "/session/walk-7", ""))
    for fact in ("Athlete 12", "Treadmill walk", "rehab", "block 2", "walk-7", "72 kg", "2 streams, 60 × 21, 100 Hz",
                 "1\u202f000", "4.99 s"):  # fmt: skip
        assert fact in text


async def test_gaps_are_counted_with_their_time(pages, remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.store("left", walk.block("left", 100))
    assert "no gaps" in said(await session.gaps(pages, "/session/walk"))
    await walk.store("left", walk.block("left", 100, skip=50))
    assert "1 gap, 0.51 s" in said(await session.gaps(pages, "/session/walk"))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "رياضي ١٢", "x" * 128, "a b?c#d%"])
async def test_any_name_finds_its_own_page(pages, remembered, name):
    walk = await remembered(name.replace("/", ""), seconds_ago=3600, about=About(athlete=name)).begin("left")
    await walk.store("left", walk.block("left", 1))
    listed = await show(pages, "/", "")
    path = session_path(walk.workout_id)
    assert path in said(listed)
    assert getattr(await show(pages, path, ""), "data-workout") == walk.workout_id


async def test_an_archive_that_is_away_is_a_page_too(pages, monkeypatch):
    async def away(*_given, **_named):
        raise StorageAway("no answer")

    for name in ("workouts", "workout"):
        monkeypatch.setattr(pages.archive, name, away)
    for path in ("/", "/live/walk", "/session/walk"):
        text = said(await show(pages, path, ""))
        assert "archive does not answer" in text
        assert "is not known here; a device that keeps a spool" in text


async def test_a_feed_that_is_away_is_said(pages, monkeypatch):
    async def away():
        raise LiveAway("no answer")

    monkeypatch.setattr(pages.live, "ping", away)
    assert "live feed away" in said(await show(pages, "/", ""))


async def test_an_ingest_elsewhere_is_asked_where_the_setting_says(pages, memory_archive, memory_live, tmp_path):
    assert str(await sessions.health(pages)).startswith("Nothing listens on port 1 of this machine")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        given = settings_module.load(data_dir=tmp_path, ingest_port=1, ingest_url=f"http://{address}")
        elsewhere = Sources(given, memory_archive, memory_live)
        assert str(await sessions.health(elsewhere)).startswith(f"Ingest is listening on {address}")
    assert str(await sessions.health(elsewhere)).startswith(f"{address} does not answer")


async def test_the_list_changes_only_when_what_it_says_changes(pages, remembered):
    walk = await remembered().begin("left")
    await walk.send("left", 10)
    health = await sessions.health(pages)
    before = sessions_page.signature(await sessions.sessions(pages, ""), health)
    await walk.send("left", 10)
    assert sessions_page.signature(await sessions.sessions(pages, ""), health) == before, "a card counts for itself"
    other = await remembered("other", seconds_ago=time.time() % 1 + 100).begin("left")
    await other.store("left", other.block("left", 1))
    assert sessions_page.signature(await sessions.sessions(pages, ""), health) != before


def test_a_stream_of_two_devices_and_one_of_a_lying_clock_say_so():
    assert doubts(StreamInfo(Stream("w", "left"), None)) == []
    lying = Epoch(0, "a", True, first_us=0, last_us=10, clock=Clock(10**12, suspect=True))
    twice = Epoch(1, "b", True, first_us=5, last_us=15)
    said_of = doubts(StreamInfo(Stream("w", "left"), None, epochs=(lying, twice)))
    assert said_of == [
        "two devices sent as left at the same time; both are kept",
        "left: the device's clock was off, its first frame is put at its arrival",
    ]
