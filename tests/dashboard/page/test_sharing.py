"""A shared link: one workout, to look at, for a while; and nothing else."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from quart.testing.connections import WebsocketResponseError

from barograph.errors import InvalidData
from dashboard.page import sharing

HERE = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}


class Browser:
    def __init__(self, app) -> None:
        self.client = app.test_client()

    async def get(self, path: str):
        return await self.client.get(path, headers=HEADERS, scope_base=HERE)

    async def post(self, path: str, content: dict):
        return await self.client.post(path, json=content, headers=HEADERS, scope_base=HERE)


@pytest.fixture
async def owner(app, access):
    someone = Browser(app)
    await someone.post(f"/login/{access.new_link('http://127.0.0.1:8050').rpartition('/')[2]}", {})
    return someone


ASKED = {"view": "athlete", "query": "main=balance&low=47", "life_s": 3600}


@pytest.fixture
async def guest(app, owner, remembered):
    walk = await remembered().begin()
    await walk.send("left", 10)
    await remembered("other").begin()
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    someone = Browser(app)
    opened = await someone.get(made["address"].removeprefix("http://127.0.0.1:8050"))
    assert (opened.status_code, opened.headers["Location"]) == (302, "/athlete/walk?main=balance&low=47")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert re.search(r"Max-Age=3(600|599)", opened.headers["Set-Cookie"])
    return someone


async def test_a_link_comes_with_its_qr_code(owner):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    assert made["qr"].startswith("data:image/svg+xml")
    assert made["life_s"] == 3600


OPEN = ["/athlete/walk", "/live/walk", "/data/walk", "/data/walk/glance?start_us=0&stop_us=1", "/assets/core/main.mjs",
        "/_dash-layout", "/_dash-dependencies"]  # fmt: skip
CLOSED = ["/", "/session/walk", "/live/other", "/athlete/other", "/data/other", "/data/other/glance", "/nothing"]


async def test_a_guest_reads_what_was_shared_and_sees_nothing_else(guest):
    for path in OPEN:
        assert (await guest.get(path)).status_code == 200, path
    for path in CLOSED:
        answer = await guest.get(path)
        assert answer.status_code == 403, path
        assert "one session only" in await answer.get_data(as_text=True)


async def test_a_guest_changes_nothing(guest, memory_archive):
    for path in ("/data/walk/markers", "/data/walk/share", "/data/other/share"):
        answer = await guest.post(path, ASKED | {"t_us": time.time_ns() // 1000, "label": "mine"})
        assert answer.status_code == 403, path
    assert await memory_archive.markers("walk") == []


async def test_a_guest_may_not_listen_to_another_workout(app, guest):
    with pytest.raises(WebsocketResponseError):
        async with guest.client.websocket("/feed/other", headers=HEADERS, scope_base=HERE) as socket:
            await socket.receive()
    async with guest.client.websocket("/feed/walk", headers=HEADERS, scope_base=HERE) as socket:
        assert await socket.receive()


def asks(output: str, path: str, *others: dict) -> dict:
    first = {"id": "address", "property": "pathname", "value": path}
    return {"output": output, "inputs": [*others, first, {"id": "again", "property": "data"}]}


REFUSED = [
    asks("page.children", "/"),
    asks("page.children", "/live/other"),
    asks("page.children", "/session/walk"),
    asks("home-body.children", "/live/walk"),
    asks("..live-number.children...nav-live.href..", "/live/walk"),
    asks("page.children", "/live/walk", {"id": "x", "property": "value", "value": "/"}),
    {"output": "page.children", "inputs": []},
    {"output": "page.children", "inputs": "text"},
    {},
]


async def test_a_guest_gets_one_page_from_dash_and_no_other(guest):
    for content in REFUSED:
        answer = await guest.post("/_dash-update-component", content)
        assert answer.status_code == 204, content
        assert await answer.get_data() == b""


async def test_a_link_ends(app, access):
    token = access.new_share("walk", "/athlete/walk", 1)
    assert access.shared(token) is not None
    while access.shared(token):
        await asyncio.sleep(0.05)
    answer = await Browser(app).get(f"/share/{token}")
    assert answer.status_code == 403
    assert "does not open any more" in await answer.get_data(as_text=True)


async def test_a_link_that_is_not_ours_opens_nothing(app):
    for token in ("nonsense", "a.b.c", "%00"):
        assert (await Browser(app).get(f"/share/{token}")).status_code == 403


async def test_whoever_owns_the_dashboard_keeps_all_of_it_after_opening_a_shared_link(owner):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    await owner.get(made["address"].removeprefix("http://127.0.0.1:8050"))
    assert (await owner.get("/")).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"view": "session"}, "view"), ({"view": None}, "view"), ({"query": "é"}, "query"),
        ({"query": "x" * 301}, "query"), ({"query": 5}, "query"),
        ({"life_s": "1"}, "life_s"), ({"life_s": True}, "life_s"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_with_its_field(change, field):
    with pytest.raises(InvalidData) as refused:
        sharing.asked("walk", ASKED | change)
    assert refused.value.field == field


async def test_a_link_lives_a_week_at_most(owner):
    for life_s in (0, -1, 8 * 86400):
        answer = await owner.post("/data/walk/share", ASKED | {"life_s": life_s})
        assert answer.status_code == 400
        assert "life_s" in (await answer.get_json())["message"]
