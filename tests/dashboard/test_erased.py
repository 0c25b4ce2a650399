"""Erased, and over: sockets, links, pictures and pages of a session that is gone, or whose shared link is."""

from __future__ import annotations

import asyncio
import time

import pytest
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from barograph import settings as settings_module
from barograph.frames import Stream
from barograph.store.ports import About
from dashboard.compare import callbacks as compare
from dashboard.feed import hub
from dashboard.history import callbacks as history
from dashboard.pages import show

HERE = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}
ASKED = {"view": "athlete", "query": "", "life_s": 3600}


@pytest.fixture
def settings(tmp_path):
    return settings_module.load(data_dir=tmp_path, ingest_port=1, max_share_sockets=2)


@pytest.fixture
async def app(app, monkeypatch):
    """The application, started, with a feed that looks often."""
    monkeypatch.setattr(hub, "REFRESH_S", 0.05)
    async with app.test_app():
        yield app


class Browser:
    def __init__(self, app) -> None:
        self.client = app.test_client()

    async def get(self, path: str, **headers: str):
        return await self.client.get(path, headers=HEADERS | headers, scope_base=HERE)

    async def post(self, path: str, content: dict | None = None):
        return await self.client.post(path, json=content or {}, headers=HEADERS, scope_base=HERE)

    def watch(self, workout_id: str = "walk"):
        return self.client.websocket(f"/feed/{workout_id}", headers=HEADERS, scope_base=HERE)

    async def closes(self, workout_id: str = "walk") -> int:
        """The code with which the server ends a socket."""
        with pytest.raises(WebsocketDisconnectError) as closed:
            async with asyncio.timeout(10), self.watch(workout_id) as socket:
                while True:
                    await socket.receive()
        return int(closed.value.args[0])


@pytest.fixture
async def owner(app, access):
    someone = Browser(app)
    await someone.post(access.new_link("http://x").removeprefix("http://x"))
    return someone


@pytest.fixture
async def walk(remembered):
    walking = await remembered().begin("left")
    await walking.send("left", 20)
    return walking


async def guest_of(app, owner, **changes) -> Browser:
    made = await (await owner.post("/data/walk/share", ASKED | changes)).get_json()
    someone = Browser(app)
    assert (await someone.get(made["address"].removeprefix("http://127.0.0.1:8050"))).status_code == 302
    return someone


async def test_a_socket_of_a_shared_link_ends_with_the_link(app, owner, walk):
    guest = await guest_of(app, owner, life_s=2)
    assert await guest.closes() == 4403
    with pytest.raises(WebsocketResponseError):
        async with guest.watch() as socket:
            await socket.receive()
    assert (await guest.get("/athlete/walk")).status_code == 403


async def test_whoever_watches_is_let_go_when_the_session_is_erased_and_nothing_more_is_shown(
    app, owner, walk, memory_archive
):
    guest = await guest_of(app, owner)
    watching = [asyncio.create_task(each.closes()) for each in (owner, guest)]
    await asyncio.sleep(0.2)
    await memory_archive.delete("walk")
    assert await asyncio.gather(*watching) == [4410, 4410]
    assert await owner.closes() == 4410  # again, and at once
    assert (await owner.get("/athlete/walk")).status_code == 410
    assert (await owner.get("/data/walk")).status_code == 404
    assert (await owner.post("/data/walk/share", ASKED)).status_code == 410
    marked = await owner.post("/data/walk/markers", {"t_us": time.time_ns() // 1000, "label": "late"})
    assert marked.status_code == 404
    for path in ("/athlete/walk", "/live/walk", "/data/walk", "/data/walk/left/export?start_us=0&stop_us=1&format=csv"):
        assert (await guest.get(path)).status_code == 403


async def test_a_link_never_opens_another_workout_of_the_name(app, owner, walk, memory_archive):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    path = made["address"].removeprefix("http://127.0.0.1:8050")
    guest = await guest_of(app, owner)
    watching = asyncio.create_task(guest.closes())
    await asyncio.sleep(0.2)
    await memory_archive.delete("walk")
    await memory_archive.note("walk", now_us=time.time_ns() // 1000 + 5_000_000, renew=True)
    assert await watching == 4410
    answer = await Browser(app).get(path)
    assert answer.status_code == 403
    assert "does not open any more" in await answer.get_data(as_text=True)
    assert (await guest.get("/athlete/walk")).status_code == 403
    with pytest.raises(WebsocketResponseError):
        async with guest.watch() as socket:
            await socket.receive()
    assert (await owner.get("/athlete/walk")).status_code == 200


async def test_a_session_that_has_not_begun_is_shared_and_then_it_begins(app, owner, memory_archive, remembered):
    guest = await guest_of(app, owner)
    assert (await guest.get("/athlete/walk")).status_code == 200
    walking = await remembered().begin("left")
    await walking.send("left", 5)
    assert (await guest.get("/athlete/walk")).status_code == 200


async def test_feeds_of_a_shared_link_are_bounded_and_given_back(app, owner, walk):
    guest = await guest_of(app, owner)
    async with guest.watch() as one, guest.watch() as two:
        await one.receive()
        await two.receive()
        assert await guest.closes() == 4429
        async with owner.watch() as mine:
            await mine.receive()
    async with asyncio.timeout(10), guest.watch() as again:
        await again.receive()


async def test_a_picture_is_asked_for_anew_and_is_gone_with_its_session(owner, walk, memory_archive):
    first = await owner.get("/thumb/walk?v=1")
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = await owner.get("/thumb/walk?v=1", **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    await memory_archive.delete("walk")
    late = await owner.get("/thumb/walk?v=1", **{"If-None-Match": first.headers["ETag"]})
    assert late.status_code == 404


async def test_an_open_page_hears_that_its_session_was_erased_and_not_of_another_of_its_name(
    app, owner, walk, memory_archive
):
    async def stored(uid: str) -> bool:
        return (await (await owner.get(f"/stored?workout=walk&uid={uid}")).get_json())["gone"] == []

    first = (await memory_archive.workout("walk")).uid
    assert await stored(first)
    assert not await stored("")
    await memory_archive.delete("walk")
    assert not await stored(first)
    await memory_archive.note("walk", now_us=time.time_ns() // 1000 + 5_000_000, renew=True)
    assert not await stored(first)
    assert await stored((await memory_archive.workout("walk")).uid)


async def test_a_page_asks_of_some_sessions_at_once(owner, walk, memory_archive):
    uid = (await memory_archive.workout("walk")).uid
    asked = f"/stored?workout=walk&uid={uid}&workout=never&uid=x"
    assert await (await owner.get(asked)).get_json() == {"gone": ["never"]}
    for wrong in ("", "?workout=walk", "?" + "workout=w&uid=u&" * 41):
        answer = await owner.get(f"/stored{wrong}")
        assert answer.status_code == 400
        assert "expected 1 to 40 sessions" in (await answer.get_json())["message"]


async def test_a_comparison_says_which_of_its_sessions_was_erased(pages, walk):
    await pages.erase("walk")
    found = await compare.body(pages, "?a=walk&b=never")
    assert "This session was erased" in found
    assert "A was erased" in found
    assert "No such session" in found


async def test_the_history_of_an_athlete_whose_last_session_was_erased_says_so(pages, walk, memory_archive):
    await memory_archive.describe("walk", About(athlete="Ada"))
    assert (await history.drawn(pages, "/athlete/Ada/history", ""))[1] == "1 session"
    await pages.erase("walk")
    found, count = await history.drawn(pages, "/athlete/Ada/history", "")
    assert "No session is stored under the athlete Ada any more" in found
    assert count == "0 sessions"


@pytest.mark.parametrize("page", ["session", "live"])
async def test_the_page_of_an_erased_session_says_so(pages, walk, page):
    assert "was erased" not in str(await show(pages, f"/{page}/walk", ""))
    await pages.erase("walk")
    assert "This session was erased" in str(await show(pages, f"/{page}/walk", ""))
    assert "This session was erased" not in str(await show(pages, f"/{page}/never", ""))


async def test_what_was_made_of_an_erased_session_is_forgotten(pages, walk, memory_live):
    workout = await pages.archive.workout("walk")
    await pages.thumbs.get(workout)
    await pages.measures.entry(workout)
    await pages.parts.cache.get(("stats", Stream("walk", "left"), 1), lambda: asyncio.sleep(0, b"x" * 1000))
    await pages.parts.cache.get(("stats", Stream("other", "left"), 1), lambda: asyncio.sleep(0, b"x" * 10))
    other = pages.parts.cache.nbytes
    await pages.erase("walk")
    assert 0 < pages.parts.cache.nbytes < other - 900
    assert pages.measures.cache.nbytes == 0
    assert pages.thumbs.cache.nbytes == 0
    assert await memory_live.recent(Stream("walk", "left"), 3600) == []


async def test_what_another_process_erased_is_forgotten_here_too(pages, walk):
    workout = await pages.archive.workout("walk")
    await pages.thumbs.get(workout)
    await pages.forget_erased(pages.archive)
    assert pages.thumbs.cache.nbytes > 0, "it is there yet"
    await pages.archive.delete("walk")
    await pages.forget_erased(pages.archive)
    assert pages.thumbs.cache.nbytes == 0
